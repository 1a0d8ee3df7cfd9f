//! What a decoder fills: records, faults and spans of sequence numbers, in an arena.

use bumpalo::collections::Vec as ArenaVec;

use crate::arena::Arena;
use crate::batch::{Batch, Context, Counts};
use crate::error::Fault;
use crate::format::{Decode, FAULTS_PER_FRAME, Framing};
use crate::order::Place;
use crate::record::Record;
use crate::run::RunView;
use crate::span::{Span, SpanKind};

/// Where a decoder puts what it finds.
pub struct Sink<'a> {
    context: &'a Context<'a>,
    arena: &'a Arena,
    records: ArenaVec<'a, Record>,
    spans: ArenaVec<'a, Span>,
    faults: ArenaVec<'a, Fault>,
    open: Option<Span>,
    /// Events before the one whose number was told last.
    numbered: usize,
    max_events: usize,
    max_spans: usize,
    run_faults: u32,
    faults_dropped: u64,
    /// Kept by the decoder as it goes.
    pub counts: Counts,
}

impl<'a> Sink<'a> {
    /// `framing`: what was met before the run, to be given with its first batch.
    pub(crate) fn new<D: Decode + ?Sized>(
        arena: &'a Arena,
        decoder: &'a D,
        run: RunView<'a>,
        framing: Option<&Framing>,
        run_faults: u32,
        max_events: usize,
        bytes_left: usize,
    ) -> Self {
        // All room is taken beforehand, so that what is kept never depends on how the arena grew:
        // faults and spans first, a quarter and an eighth of the smallest arena at most, and records
        // last, of which fewer will do. An event has two bytes or more, and makes two spans at most.
        let max_events =
            max_events.min(arena.limit() / 2 / size_of::<Record>()).min(bytes_left / 2 + 1);
        let max_spans = (2 * max_events).max(64).min(arena.limit() / 8 / size_of::<Span>());
        let framing_faults = framing.map_or(0, |framing| framing.faults.len());
        let room = "a fresh arena holds at least 16 KiB";
        let context = Context::of(decoder, run, Place::InOrder, None);
        let context = arena.alloc(context).expect(room);
        let mut faults = ArenaVec::new_in(arena.bump());
        if run_faults < FAULTS_PER_FRAME {
            faults.try_reserve_exact(FAULTS_PER_FRAME as usize + framing_faults).expect(room);
        }
        let mut spans = ArenaVec::new_in(arena.bump());
        // A few more than count, for what ends a block.
        spans.try_reserve_exact(max_spans + 4).expect(room);
        let mut records = ArenaVec::new_in(arena.bump());
        let mut max_events = max_events;
        while records.try_reserve_exact(max_events).is_err() && max_events > 0 {
            max_events /= 2;
        }
        let mut sink = Self {
            context,
            arena,
            records,
            spans,
            faults,
            open: None,
            numbered: 0,
            max_events,
            max_spans,
            run_faults,
            faults_dropped: 0,
            counts: Counts::default(),
        };
        if let Some(framing) = framing {
            sink.faults.extend_from_slice(&framing.faults);
            sink.faults_dropped = framing.dropped;
            if framing.hides_events {
                sink.push_span(SpanKind::Damaged.mark(0));
            }
        }
        sink
    }

    /// Events so far.
    #[inline]
    pub fn events(&self) -> usize {
        self.records.len()
    }

    /// Whether the batch ends here. To be asked before each event and each span.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.records.len() >= self.max_events
    }

    /// Adds an event. Not called when [full](Self::is_full).
    #[inline]
    pub fn event(&mut self, record: Record) {
        debug_assert!(self.records.len() < self.records.capacity(), "asked before each event");
        self.records.push(record);
    }

    /// Says that the event to be added next has this sequence number. Those behind it have the numbers
    /// that follow, until another is told. `recycles`: number 1 may be a new thread.
    #[inline]
    pub fn number(&mut self, thread: u64, number: u32, ticks: u64, recycles: bool) {
        self.follow_numbers();
        self.numbered = self.records.len();
        if let Some(open) = &mut self.open
            && open.thread == thread
            && number == open.last.wrapping_add(1)
        {
            (open.last, open.last_ticks) = (number, ticks);
            return;
        }
        self.open_span(thread, number, ticks, recycles);
    }

    /// Adds what the stream says about sequence numbers. Not called when
    /// [full](Self::is_full).
    pub fn span(&mut self, span: Span) {
        self.close_span();
        self.push_span(span);
    }

    /// Reports damage in the run.
    #[cold]
    pub fn fault(&mut self, fault: Fault) {
        if self.run_faults < FAULTS_PER_FRAME {
            self.run_faults += 1;
            self.faults.push(fault);
        } else {
            self.faults_dropped += 1;
        }
    }

    /// Memory for what the input does not hold in one piece.
    pub fn arena(&self) -> &'a Arena {
        self.arena
    }

    /// Whether a decoder has left nothing here.
    pub(crate) fn is_untouched(&self) -> bool {
        self.records.is_empty() && self.spans.is_empty() && self.faults.is_empty()
    }

    pub(crate) fn faults_of_run(&self) -> u32 {
        self.run_faults
    }

    pub(crate) fn finish(mut self) -> Batch<'a> {
        self.close_span();
        let Self { context, counts, faults_dropped, .. } = self;
        let (records, spans) = (self.records.into_bump_slice(), self.spans.into_bump_slice());
        Batch::decoded(
            context,
            records,
            spans,
            (self.faults.into_bump_slice(), faults_dropped),
            counts,
        )
    }

    #[inline(never)]
    fn open_span(&mut self, thread: u64, number: u32, ticks: u64, recycles: bool) {
        self.close_span();
        let kind = if recycles && number == 1 { SpanKind::Restart } else { SpanKind::Numbers };
        let (first, last) = (number, number);
        self.open = Some(Span { thread, first_ticks: ticks, last_ticks: ticks, first, last, kind });
    }

    /// Counts the events behind the one whose number was told last.
    #[inline]
    fn follow_numbers(&mut self) {
        let behind = self.records.len().saturating_sub(self.numbered + 1);
        if behind > 0
            && let (Some(open), Some(record)) = (&mut self.open, self.records.last())
        {
            open.last = open.last.wrapping_add(u32::try_from(behind).unwrap_or(u32::MAX));
            open.last_ticks = record.ticks;
        }
    }

    fn close_span(&mut self) {
        self.follow_numbers();
        if let Some(span) = self.open.take() {
            self.push_span(span);
        }
    }

    fn push_span(&mut self, span: Span) {
        debug_assert!(self.spans.len() < self.spans.capacity(), "asked before each span");
        self.spans.push(span);
        if self.spans.len() >= self.max_spans {
            // Nothing more is taken, so that one comparison is enough to ask.
            self.max_events = 0;
        }
    }
}
