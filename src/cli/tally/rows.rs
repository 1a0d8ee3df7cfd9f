//! The rows of a table: counts by whatever was asked for, the largest first.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::Hash;

use serde::Serialize;

use super::threads::{ThreadId, ThreadRow};
use super::{Count, Tally, ratio};
use crate::cli::args::By;
use crate::cli::json::Int;

/// One row. Only what tells it from others of its table is there.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub process: Option<Int>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread: Option<Int>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread_name: Option<Cow<'a, str>>,
    /// The row is the sum of those beyond a limit.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub others: bool,
    pub events: Int,
    pub payload_bytes: Int,
    pub share: f64,
    pub events_per_second: Option<f64>,
    #[serde(skip)]
    pub count: Count,
}

impl<'a> Row<'a> {
    fn new(count: Count) -> Self {
        Self {
            provider: None,
            event: None,
            id: None,
            version: None,
            process: None,
            thread: None,
            thread_name: None,
            others: false,
            events: count.events.into(),
            payload_bytes: count.payload_bytes.into(),
            share: 0.0,
            events_per_second: None,
            count,
        }
    }

    fn thread(id: ThreadId, count: Count) -> Self {
        let mut row = Self::new(count);
        match id {
            ThreadId::Known { process, thread } => {
                (row.process, row.thread) = (process.map(Int::from), thread.map(Int::from));
            }
            ThreadId::Others => row.others = true,
        }
        row
    }

    /// What it is sorted by among rows of the same count.
    fn names(&self) -> impl Ord + use<'a> {
        (self.provider, self.event, self.id, self.version)
    }
}

/// The name of a thread: what the stream has, or the last that events told.
fn name<'a>(tally: &'a Tally, row: &'a ThreadRow) -> Option<Cow<'a, str>> {
    if !row.name.is_empty() {
        return Some(Cow::Borrowed(&row.name));
    }
    let ThreadId::Known { process: Some(process), thread: Some(thread) } = row.id else {
        return None;
    };
    tally.names.told(process, thread).map(String::from_utf8_lossy)
}

/// The rows of `tally` by `by`.
pub(crate) fn rows(tally: &Tally, by: By) -> Vec<Row<'_>> {
    let classes = || tally.classes.iter().filter(|(_, count)| count.events > 0);
    let mut rows: Vec<Row<'_>> = match by {
        By::Provider => sum(classes().map(|(key, count)| (&*key.provider, *count)))
            .map(|(provider, count)| Row { provider: Some(provider), ..Row::new(count) })
            .collect(),
        By::Event => classes()
            .map(|(key, count)| Row {
                provider: Some(&key.provider),
                event: Some(&key.name),
                id: Some(key.event_id),
                version: Some(key.version),
                ..Row::new(*count)
            })
            .collect(),
        By::Thread => tally
            .threads
            .iter()
            .map(|thread| Row {
                thread_name: name(tally, thread),
                ..Row::thread(thread.id, thread.count)
            })
            .collect(),
        By::Process => sum(tally.threads.iter().map(|row| (row.id.process_only(), row.count)))
            .map(|(id, count)| Row::thread(id, count))
            .collect(),
    };
    let total: u64 = rows.iter().map(|row| row.count.events).sum();
    for row in &mut rows {
        row.share = ratio(row.count.events, total);
        row.events_per_second = tally.rate(row.count.events);
    }
    rows.sort_by(|a, b| {
        (b.count.events.cmp(&a.count.events))
            .then_with(|| a.names().cmp(&b.names()))
            .then_with(|| (a.process.cmp(&b.process)).then(a.thread.cmp(&b.thread)))
    });
    rows
}

impl ThreadId {
    fn process_only(self) -> Self {
        match self {
            Self::Known { process, .. } => Self::Known { process, thread: None },
            Self::Others => Self::Others,
        }
    }
}

/// The counts of each key together.
fn sum<K: Eq + Hash>(counts: impl Iterator<Item = (K, Count)>) -> impl Iterator<Item = (K, Count)> {
    let mut sums: HashMap<K, Count> = HashMap::new();
    for (key, count) in counts {
        *sums.entry(key).or_default() += count;
    }
    sums.into_iter()
}
