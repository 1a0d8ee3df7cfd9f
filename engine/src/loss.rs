//! What is missing: folded, in stream order, from the summaries that batches carry.
//!
//! Decoding is pure and knows nothing of the events before. So a batch says, for each capture
//! thread, which sequence numbers it holds, as spans without a gap inside; and folding these spans
//! in stream order finds the same gaps whether batches were decoded one by one or in parallel.

use std::collections::{HashMap, HashSet};

use crate::span::{Gap, Span, SpanKind};
use crate::windows::{LossWindow, Windows};

/// Loss of a stream, per capture thread, by time, and in all. Bounded in the number of threads.
#[derive(Debug)]
pub struct Loss {
    threads: HashMap<u64, Row>,
    /// Threads removed by the block that is being read.
    removed: HashSet<u64>,
    max_threads: usize,
    total: ThreadLoss,
    recycled: u64,
    forgotten: u64,
    sequence_points: u64,
    after_damage: bool,
    begun: bool,
    /// Rows of an earlier epoch stand at 0.
    epoch: u64,
    clock: u64,
    /// Those that the spans folded last have shown.
    gaps: Vec<Gap>,
    windows: Windows,
}

/// Loss of one capture thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ThreadLoss {
    /// Events delivered.
    pub events: u64,
    /// Events lost, those of `lost_after_damage` included.
    pub lost: u64,
    /// Events that are missing between damage and the next sequence point: lost by the producer or
    /// hidden by the damage, which cannot be told apart.
    pub lost_after_damage: u64,
    /// Those of `lost` that the writer told without a time: they are in no window, and in none of the
    /// times below.
    pub lost_untimed: u64,
    /// Sequence numbers that went back.
    pub anomalies: u64,
    /// Gaps that `lost` is made of.
    pub gaps: u64,
    /// Those of them whose time is known.
    pub timed_gaps: u64,
    /// Ticks of the event before the first gap, 0 if that was the first event of all.
    pub gap_from: u64,
    /// Ticks of the event or sequence point after the first gap.
    pub gap_first: u64,
    /// Ticks of the event or sequence point after the last gap.
    pub gap_to: u64,
    /// Times that the writer paused recording; what it left out then is not in `lost`.
    pub pauses: u64,
    /// Ticks that these pauses took, as far as their ends are known.
    pub paused_ticks: u64,
}

impl ThreadLoss {
    fn pause(&mut self, begun: u32, ticks: u64) {
        self.pauses = self.pauses.saturating_add(begun.into());
        self.paused_ticks = self.paused_ticks.saturating_add(ticks);
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Row {
    loss: ThreadLoss,
    last: u32,
    last_ticks: u64,
    epoch: u64,
    seen: u64,
}

impl Loss {
    /// Follows at most `max_threads` capture threads; the one not seen for longest is forgotten.
    pub fn new(max_threads: usize) -> Self {
        Self {
            threads: HashMap::new(),
            removed: HashSet::new(),
            max_threads: max_threads.max(2),
            total: ThreadLoss::default(),
            recycled: 0,
            forgotten: 0,
            sequence_points: 0,
            after_damage: false,
            begun: false,
            epoch: 0,
            clock: 0,
            gaps: Vec::new(),
            windows: Windows::default(),
        }
    }

    /// Takes in the spans of the next batch. O(spans).
    pub fn fold(&mut self, spans: &[Span]) {
        self.gaps.clear();
        self.fold_more(spans);
    }

    /// The same, and keeps the gaps shown so far.
    pub(crate) fn fold_more(&mut self, spans: &[Span]) {
        for span in spans {
            match span.kind {
                SpanKind::Numbers | SpanKind::Restart => self.numbers(span),
                SpanKind::Removals => self.removed.clear(),
                // Twice in one block: it ended already, and what it lost was counted then.
                SpanKind::Removed if !self.removed.insert(span.thread) => {}
                SpanKind::Stands | SpanKind::Removed => self.stands(span),
                SpanKind::Cleared => self.epoch += 1,
                SpanKind::Damaged => self.after_damage = true,
                SpanKind::Lost => self.told(span),
                SpanKind::Paused => self.paused(span),
                SpanKind::Settled => {
                    self.after_damage = false;
                    self.sequence_points += 1;
                }
            }
        }
    }

    /// The gaps that the spans folded last have shown, in order of the stream; at most one a span.
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// What was lost when: at most 64 windows of one width, in order, without those in which nothing
    /// was lost. What was [told without a time](ThreadLoss::lost_untimed) is in none of them.
    pub fn windows(&self) -> &[LossWindow] {
        self.windows.as_slice()
    }

    /// All threads together, those forgotten included.
    pub fn total(&self) -> ThreadLoss {
        self.total
    }

    /// Loss of each thread that is still followed, in no order.
    pub fn threads(&self) -> impl Iterator<Item = (u64, ThreadLoss)> {
        self.threads.iter().map(|(thread, row)| (*thread, row.loss))
    }

    /// Thread ids that were given to a new thread.
    pub fn recycled(&self) -> u64 {
        self.recycled
    }

    /// Threads forgotten because the table was full. What one of them lost before it is seen again
    /// is not known, and not counted.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Sequence points passed.
    pub fn sequence_points(&self) -> u64 {
        self.sequence_points
    }

    /// Threads that are followed.
    pub fn len(&self) -> usize {
        self.threads.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.threads.is_empty()
    }

    fn numbers(&mut self, span: &Span) {
        self.begun = true;
        let events = u64::from(span.last.wrapping_sub(span.first)) + 1;
        self.total.events += events;
        let (row, known) = self.row(span.thread);
        row.loss.events += events;
        if span.kind == SpanKind::Restart && row.last != 0 {
            (row.last, row.last_ticks) = (span.last, span.last_ticks);
            self.recycled += 1;
            return;
        }
        let expected = if known { row.last.wrapping_add(1) } else { span.first };
        let (missing, from) = (span.first.wrapping_sub(expected), row.last_ticks);
        (row.last, row.last_ticks) = (span.last, span.last_ticks);
        self.missing(span.thread, missing, from, span.first_ticks);
    }

    fn stands(&mut self, span: &Span) {
        // Before any event, a sequence point is the base of a stream that goes on from another.
        let begun = self.begun || span.kind == SpanKind::Removed;
        let (row, known) = self.row(span.thread);
        let expected = if known && begun { row.last } else { span.last };
        let (missing, from) = (span.last.wrapping_sub(expected), row.last_ticks);
        row.last = span.last;
        // A removal has no time of its own.
        let to = if span.kind == SpanKind::Removed { from } else { span.last_ticks };
        self.missing(span.thread, missing, from, to);
        if span.kind == SpanKind::Removed
            && let Some(row) = self.threads.get_mut(&span.thread)
        {
            if row.loss.lost == 0 && row.loss.anomalies == 0 {
                self.threads.remove(&span.thread);
            } else {
                row.last = 0;
            }
        }
    }

    /// Counts what the writer says was lost.
    fn told(&mut self, span: &Span) {
        let (row, _) = self.row(span.thread);
        let (from, to) = (row.last_ticks, Some(span.first_ticks).filter(|ticks| *ticks != 0));
        row.last_ticks = to.unwrap_or(from);
        self.gap(span.thread, span.count(), false, from, to);
    }

    /// Counts what the writer says of a pause.
    fn paused(&mut self, span: &Span) {
        let ticks = span.last_ticks.saturating_sub(span.first_ticks);
        let (row, _) = self.row(span.thread);
        row.loss.pause(span.last, ticks);
        self.total.pause(span.last, ticks);
    }

    /// Counts a gap of `missing` events, which is one backwards if it is negative.
    fn missing(&mut self, thread: u64, missing: u32, from: u64, to: u64) {
        self.gap(thread, missing.into(), missing.cast_signed() < 0, from, Some(to));
    }

    /// `to`: none if nobody knows when.
    fn gap(&mut self, thread: u64, missing: u64, backwards: bool, from: u64, to: Option<u64>) {
        if missing == 0 {
            return;
        }
        let after_damage = self.after_damage;
        let row = self.threads.get_mut(&thread).map(|row| &mut row.loss);
        for loss in row.into_iter().chain([&mut self.total]) {
            if backwards {
                loss.anomalies += 1;
                continue;
            }
            match to {
                Some(to) => {
                    if loss.timed_gaps == 0 {
                        (loss.gap_from, loss.gap_first) = (from, to);
                    }
                    loss.gap_to = to;
                    loss.timed_gaps += 1;
                }
                None => loss.lost_untimed = loss.lost_untimed.saturating_add(missing),
            }
            loss.gaps += 1;
            loss.lost = loss.lost.saturating_add(missing);
            let missing = if after_damage { missing } else { 0 };
            loss.lost_after_damage = loss.lost_after_damage.saturating_add(missing);
        }
        if !backwards {
            let lost = missing;
            let to_ticks = to.unwrap_or(0);
            let gap = Gap { thread, lost, after_damage, from_ticks: from, to_ticks };
            if to.is_some() {
                self.windows.add(&gap);
            }
            self.gaps.push(gap);
        }
    }

    /// The row of `thread`, and whether the number it stands at can be relied on.
    fn row(&mut self, thread: u64) -> (&mut Row, bool) {
        self.clock += 1;
        let (clock, epoch) = (self.clock, self.epoch);
        if self.threads.len() >= self.max_threads && !self.threads.contains_key(&thread) {
            self.forget_half();
        }
        let forgotten = self.forgotten > 0;
        let mut known = true;
        let row = self.threads.entry(thread).or_insert_with(|| {
            known = !forgotten;
            Row { epoch, ..Row::default() }
        });
        if row.epoch != epoch {
            (row.epoch, row.last) = (epoch, 0);
        }
        row.seen = clock;
        (row, known)
    }

    /// Forgets the half that was not seen for longest. Amortised O(1) for each new thread.
    fn forget_half(&mut self) {
        let mut seen: Vec<u64> = self.threads.values().map(|row| row.seen).collect();
        let half = seen.len() / 2;
        let (_, oldest, _) = seen.select_nth_unstable(half);
        let before = self.threads.len();
        self.threads.retain(|_, row| row.seen >= *oldest);
        self.forgotten += (before - self.threads.len()) as u64;
    }
}

#[cfg(test)]
mod tests;
