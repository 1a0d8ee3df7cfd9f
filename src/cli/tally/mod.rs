//! Counts over all events of a stream, in bounded memory: a few array operations an event.

mod classes;
mod rows;
mod threads;

use tracemill::{Batch, Clock, EventView, State, ThreadNames};

pub(crate) use classes::ClassTable;
pub(crate) use rows::{Row, rows};
pub(crate) use threads::ThreadTable;

/// Classes and threads counted one by one; those beyond are counted together.
pub(crate) const MAX_ROWS: usize = 1 << 15;

/// Events and their payload bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub events: u64,
    pub payload_bytes: u64,
}

impl std::ops::AddAssign for Count {
    #[inline]
    fn add_assign(&mut self, other: Self) {
        self.events += other.events;
        self.payload_bytes += other.payload_bytes;
    }
}

/// Counts by class and by thread, and the range of time.
pub(crate) struct Tally {
    pub classes: ClassTable<Count>,
    pub threads: ThreadTable,
    /// Those that events told.
    names: ThreadNames,
    /// The first and the last tick, relative to the clock's origin.
    range: Option<(i64, i64)>,
    clock: Clock,
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self {
            classes: ClassTable::new(MAX_ROWS, Count::default(), Count::default()),
            threads: ThreadTable::new(MAX_ROWS),
            names: ThreadNames::new(MAX_ROWS),
            range: None,
            clock: Clock::default(),
        }
    }

    /// Follows the names of threads in events, also in those that are not counted. Names that the
    /// stream keeps with its threads need no following.
    pub(crate) fn follow(&mut self, batch: &Batch<'_>) {
        if batch.state().processes_in_keys {
            batch.iter().for_each(|event| self.names.take(event));
        }
    }

    /// Counts events of one batch.
    pub(crate) fn batch<'a>(&mut self, state: &State, events: impl Iterator<Item = EventView<'a>>) {
        self.clock = state.clock;
        let origin = self.clock.origin_ticks;
        self.classes.begin_batch(state);
        self.threads.begin_batch(state);
        let (mut first, mut last) = self.range.unwrap_or((i64::MAX, i64::MIN));
        // Events of one class or thread that follow each other are added up before they are put down:
        // what has just been written would have to be waited for.
        let (mut class, mut entry, mut of_class) = (None, 0, Count::default());
        let (mut thread, mut row, mut of_thread) = (None, 0, Count::default());
        for event in events {
            let count = Count { events: 1, payload_bytes: event.payload_len() as u64 };
            if class != Some(event.class_id()) {
                *self.classes.value(entry) += std::mem::take(&mut of_class);
                class = Some(event.class_id());
                entry = self.classes.find(event, |_| Count::default());
            }
            of_class += count;
            if thread != Some(event.thread_key()) {
                *self.threads.count(row) += std::mem::take(&mut of_thread);
                thread = Some(event.thread_key());
                row = self.threads.find(event);
            }
            of_thread += count;
            // 0 is no time at all.
            if event.ticks() != 0 {
                let ticks = event.ticks().wrapping_sub(origin).cast_signed();
                (first, last) = (first.min(ticks), last.max(ticks));
            }
        }
        *self.classes.value(entry) += of_class;
        *self.threads.count(row) += of_thread;
        self.range = Some((first, last)).filter(|(first, last)| first <= last);
    }

    /// All that was counted.
    pub(crate) fn total(&self) -> Count {
        let mut total = Count::default();
        self.classes.iter().for_each(|(_, count)| total += *count);
        total
    }

    /// When the first and the last event were, in nanoseconds since the trace began. Not in the
    /// order of the stream but of time.
    pub(crate) fn range_ns(&self) -> Option<(i64, i64)> {
        let ns =
            |ticks: i64| self.clock.ns(self.clock.origin_ticks.wrapping_add(ticks.cast_unsigned()));
        let (first, last) = self.range?;
        Some((ns(first)?, ns(last)?))
    }

    /// Nanoseconds from the first to the last event.
    pub(crate) fn duration_ns(&self) -> Option<u64> {
        let (first, last) = self.range_ns()?;
        last.checked_sub(first).and_then(|ns| u64::try_from(ns).ok())
    }

    /// Events a second, if `events` happened over the whole of the time.
    pub(crate) fn rate(&self, events: u64) -> Option<f64> {
        let ns = self.duration_ns().filter(|ns| *ns > 0)?;
        Some(ratio(events, ns) * 1e9)
    }
}

/// `part` of `whole`, 0 of nothing.
#[expect(clippy::cast_precision_loss, reason = "for people, who read the first few digits")]
pub(crate) fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
