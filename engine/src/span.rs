//! What batches say of sequence numbers, and what was found to be missing.

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
