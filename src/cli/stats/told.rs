//! Loss as the writer tells it, where events have no numbers: by what it is told, out of how many
//! events, and by event.

use std::io::{self, Write};

use serde::Serialize;
use tracemill::{Format, ThreadLoss, ToldLoss};

use crate::cli::json::Int;
use crate::cli::pump::Pass;
use crate::cli::{table, text};

/// The same in JSON.
#[derive(Serialize)]
pub(crate) struct ToldRecord {
    /// What capture threads are.
    capture: &'static str,
    /// What loss is a part of: events that could be lost, and those that were.
    lost_of: Int,
    lost_untimed: Int,
    loss_by_event: Vec<EventRecord>,
}

/// Loss of an event.
#[derive(Serialize)]
struct EventRecord {
    provider: Option<String>,
    event: Option<String>,
    lost: Int,
    #[serde(skip)]
    number: u64,
}

/// What the format tells, if it is the writer that tells of loss.
pub(crate) fn record(pass: &Pass) -> Option<ToldRecord> {
    let told = pass.parser.format().told_loss()?;
    let total = pass.parser.loss().total();
    Some(ToldRecord {
        capture: told.of[0],
        lost_of: told.events.saturating_add(total.lost).into(),
        lost_untimed: total.lost_untimed.into(),
        loss_by_event: by_event(pass, &told),
    })
}

/// When loss of a CPU, or of all of them, was noticed; `None` if it tells no time.
pub(crate) fn noticed(pass: &Pass, loss: &ThreadLoss) -> Option<(Option<i64>, Option<i64>)> {
    let clock = &pass.parser.format().state().clock;
    (loss.timed_gaps > 0).then(|| (clock.ns(loss.gap_first), clock.ns(loss.gap_to)))
}

/// The table of `threads` with their loss.
pub(super) fn print<'a>(
    out: &mut impl Write,
    pass: &Pass,
    told: &ToldLoss,
    threads: impl Iterator<Item = &'a (u64, ThreadLoss)> + Clone,
) -> io::Result<()> {
    let times = [("noticed from", true), ("to", true), ("at an unknown time", true)];
    let heads = [&[(told.of[0], true), ("lost", true), ("gaps", true)][..], &times].concat();
    let rows = threads.map(|(thread, loss)| {
        let name = if *thread == u64::MAX { "?".to_owned() } else { thread.to_string() };
        let times = noticed(pass, loss);
        let [from, to] = match times {
            Some((from, to)) => [from, to].map(text::span),
            None => [const { String::new() }; 2],
        };
        let untimed = text::grouped(loss.lost_untimed);
        vec![name, text::grouped(loss.lost), text::grouped(loss.gaps), from, to, untimed]
    });
    table::print(out, &heads, rows)
}

/// Prints the loss of each event, if there is any.
pub(super) fn print_events(out: &mut impl Write, pass: &Pass, told: &ToldLoss) -> io::Result<()> {
    let events = by_event(pass, told);
    if events.is_empty() {
        return Ok(());
    }
    let name =
        |name: &Option<String>| name.as_deref().map_or_else(|| "?".to_owned(), text::escaped);
    let rows = events
        .iter()
        .map(|row| vec![name(&row.provider), name(&row.event), text::grouped(row.number)]);
    writeln!(out)?;
    table::print(out, &[("provider", false), ("event", false), ("lost", true)], rows)
}

/// The events, the greatest loss first.
fn by_event(pass: &Pass, told: &ToldLoss) -> Vec<EventRecord> {
    let classes = &pass.parser.format().state().classes;
    let mut lost = told.by_class.clone();
    lost.sort_by_key(|(class, lost)| (std::cmp::Reverse(*lost), *class));
    let rows = lost.into_iter().map(|(id, lost)| {
        let class = classes.get(id);
        EventRecord {
            provider: class.map(|class| class.provider().to_owned()),
            event: class.map(|class| class.display_name().to_owned()),
            lost: lost.into(),
            number: lost,
        }
    });
    rows.collect()
}
