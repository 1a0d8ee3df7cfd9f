//! What is missing: folded, in stream order, from the summaries that batches carry.
//!
//! Decoding is pure and knows nothing of the events before. So a batch says, for each capture
//! thread, which sequence numbers it holds, as spans without a gap inside; and folding these spans
//! in stream order finds the same gaps whether batches were decoded one by one or in parallel.

use std::collections::{HashMap, HashSet};

use crate::windows::{LossWindow, Windows};

/// Consecutive sequence numbers of one capture thread, or what a stream says about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The capture thread.
    pub thread: u64,
    /// Ticks of the first event.
    pub first_ticks: u64,
    /// Ticks of the last event.
    pub last_ticks: u64,
    /// Number of the first event.
    pub first: u32,
    /// Number of the last event.
    pub last: u32,
    /// What it says.
    pub kind: SpanKind,
}

/// What a [`Span`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpanKind {
    /// Events `first` to `last` are here.
    Numbers,
    /// The same, and `first` is where a recycled thread id begins: no loss.
    Restart,
    /// The thread stands at `last` (a sequence point).
    Stands,
    /// A block of removals begins.
    Removals,
    /// The thread ended at `last`.
    Removed,
    /// All threads begin anew.
    Cleared,
    /// A damaged or cut frame: gaps from here to [`Settled`](Self::Settled) may be its doing.
    Damaged,
    /// A sequence point has been passed in full.
    Settled,
    /// The writer says that events of this thread were lost: [`Span::count`] of them, noticed at
    /// `first_ticks`.
    Lost,
    /// The writer says that it recorded less or nothing of this thread from `first_ticks` to
    /// `last_ticks`; how many events it left out is not known. `last`: pauses that begin here.
    Paused,
}

impl Span {
    /// Says that `count` events of a capture thread were lost, which was noticed at `ticks`; 0 if
    /// nobody knows when.
    pub fn lost(thread: u64, count: u64, ticks: u64) -> Self {
        let half = |half: u64| u32::try_from(half & u64::from(u32::MAX)).unwrap_or(u32::MAX);
        let (first, last) = (half(count >> 32), half(count));
        Self { thread, first_ticks: ticks, last_ticks: ticks, first, last, kind: SpanKind::Lost }
    }

    /// Says that recording a capture thread paused, which began at `from` and is known up to `to`. One
    /// pause may be told in several spans: the first of them `begins` it.
    pub fn paused(thread: u64, from: u64, to: u64, begins: bool) -> Self {
        let (first, last) = (0, u32::from(begins));
        Self { thread, first_ticks: from, last_ticks: to, first, last, kind: SpanKind::Paused }
    }

    /// Events lost, of [`SpanKind::Lost`].
    pub fn count(&self) -> u64 {
        u64::from(self.first) << 32 | u64::from(self.last)
    }
}

impl SpanKind {
    /// A span of this kind that is about no thread.
    pub fn mark(self, ticks: u64) -> Span {
        Span { thread: 0, first_ticks: ticks, last_ticks: ticks, first: 0, last: 0, kind: self }
    }
}

/// Events that are missing between two of one capture thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The capture thread.
    pub thread: u64,
    /// How many.
    pub lost: u64,
    /// Whether they are missing between damage and the next sequence point: lost by the producer, or
    /// hidden by the damage, which cannot be told apart.
    pub after_damage: bool,
    /// Ticks of the event before; 0 if there is none.
    pub from_ticks: u64,
    /// Ticks of the event or sequence point after, or of what tells of the loss; 0 if that has no time.
    pub to_ticks: u64,
}

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
mod tests {
    use super::*;

    fn numbers(thread: u64, first: u32, last: u32) -> Span {
        let kind = SpanKind::Numbers;
        Span { thread, first_ticks: first.into(), last_ticks: last.into(), first, last, kind }
    }

    fn stands(thread: u64, last: u32) -> Span {
        Span { kind: SpanKind::Stands, ..numbers(thread, last, last) }
    }

    #[test]
    fn gaps_count_from_number_one() {
        let mut loss = Loss::new(8);
        loss.fold(&[numbers(7, 3, 5), numbers(8, 1, 1), numbers(7, 9, 9), stands(8, 4)]);
        assert_eq!(loss.total().lost, 2 + 3 + 3);
        let seven = loss.threads().find(|(thread, _)| *thread == 7).unwrap().1;
        assert_eq!((seven.events, seven.lost, seven.gaps), (4, 5, 2));
        assert_eq!((seven.gap_from, seven.gap_to), (0, 9));
        let gap = |thread, lost, from_ticks, to_ticks| Gap {
            thread,
            lost,
            after_damage: false,
            from_ticks,
            to_ticks,
        };
        assert_eq!(loss.gaps(), [gap(7, 2, 0, 3), gap(7, 3, 5, 9), gap(8, 3, 1, 4)]);
        assert_eq!(loss.windows().iter().map(|window| window.lost).sum::<u64>(), 8);
        loss.fold(&[numbers(7, 10, 10)]);
        assert_eq!(loss.gaps(), []);
    }

    #[test]
    fn numbers_wrap_and_may_go_back() {
        let mut loss = Loss::new(8);
        loss.fold(&[stands(1, u32::MAX - 1), numbers(1, u32::MAX, 2)]);
        assert_eq!(loss.total(), ThreadLoss { events: 4, ..ThreadLoss::default() });
        loss.fold(&[numbers(1, 2, 2)]);
        assert_eq!((loss.total().anomalies, loss.total().lost), (1, 0));
    }

    #[test]
    fn recycled_ids_and_cleared_epochs_lose_nothing() {
        let mut loss = Loss::new(8);
        let restart = Span { kind: SpanKind::Restart, ..numbers(1, 1, 3) };
        loss.fold(&[numbers(1, 1, 90), restart, SpanKind::Cleared.mark(0), numbers(1, 1, 1)]);
        assert_eq!((loss.total().lost, loss.recycled()), (0, 1));
    }

    #[test]
    fn what_the_writer_says_is_counted_as_it_is() {
        let mut loss = Loss::new(8);
        loss.fold(&[Span::lost(3, 7, 50), Span::lost(3, 5 << 32, 90), Span::lost(4, 0, 91)]);
        assert_eq!((loss.total().lost, loss.total().gaps), (7 + (5 << 32), 2));
        let gaps: Vec<_> = loss.gaps().iter().map(|gap| (gap.from_ticks, gap.to_ticks)).collect();
        assert_eq!(gaps, [(0, 50), (50, 90)]);
    }

    #[test]
    fn what_is_told_without_a_time_is_in_no_window() {
        let mut loss = Loss::new(8);
        loss.fold(&[Span::lost(3, 7, 0), Span::lost(3, 2, 1 << 40), Span::lost(3, 1, 0)]);
        let told = |loss: ThreadLoss| (loss.lost, loss.lost_untimed, loss.gaps, loss.timed_gaps);
        assert_eq!(told(loss.total()), (10, 8, 3, 1));
        let times = |loss: ThreadLoss| (loss.gap_from, loss.gap_first, loss.gap_to);
        assert_eq!(times(loss.total()), (0, 1 << 40, 1 << 40));
        let windows: Vec<_> =
            loss.windows().iter().map(|window| (window.from_ticks, window.lost)).collect();
        assert_eq!(windows, [(1 << 40, 2)]);
    }

    #[test]
    fn pauses_are_counted_and_lose_no_number_of_events() {
        let mut loss = Loss::new(8);
        let (begin, end) = (Span::paused(3, 50, 50, true), Span::paused(3, 50, 90, false));
        loss.fold(&[begin, end, Span::paused(4, 60, 60, true)]);
        assert_eq!((loss.total().pauses, loss.total().paused_ticks), (2, 40));
        assert_eq!((loss.total().lost, loss.gaps().len()), (0, 0));
        let four = loss.threads().find(|(thread, _)| *thread == 4).unwrap().1;
        assert_eq!((four.pauses, four.paused_ticks), (1, 0));
    }

    #[test]
    fn damage_is_named_as_a_cause_until_the_next_sequence_point() {
        let mut loss = Loss::new(8);
        let settled = SpanKind::Settled.mark(0);
        loss.fold(&[numbers(1, 1, 1), SpanKind::Damaged.mark(0), numbers(1, 5, 5), settled]);
        loss.fold(&[numbers(1, 7, 7)]);
        assert_eq!((loss.total().lost, loss.total().lost_after_damage), (4, 3));
    }

    #[test]
    fn a_full_table_forgets_and_does_not_invent_loss() {
        let mut loss = Loss::new(16);
        for thread in 0..1000 {
            loss.fold(&[numbers(thread, 1, 5)]);
        }
        loss.fold(&[numbers(0, 6, 6)]);
        assert!(loss.len() <= 16 && loss.forgotten() >= 984);
        assert_eq!((loss.total().lost, loss.total().events), (0, 5001));
    }
}
