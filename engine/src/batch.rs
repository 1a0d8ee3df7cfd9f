//! Decoded events, borrowed from the input and from an arena.

use std::any::{Any, TypeId};

use bumpalo::collections::Vec as ArenaVec;

use crate::arena::Arena;
use crate::error::Fault;
use crate::format::{Decode, FAULTS_PER_FRAME, Framing};
use crate::loss::{Gap, Span, SpanKind};
use crate::order::Place;
use crate::run::RunView;
use crate::state::State;
use crate::view::{EventView, Events};

/// One event, as a decoder leaves it in the arena: a line of the cache. It holds places instead of
/// references, so that it can be kept with a copy of its run.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub struct Record {
    /// Where its payload begins in the run.
    pub payload_at: u32,
    /// Bytes of its payload. Payload and run are checked against each other by the decoder.
    pub payload_len: u32,
    /// Raw time; 0 if it has none: then it does not wait in time order, and is never late.
    pub ticks: u64,
    /// Key of the thread.
    pub thread: u64,
    /// Id of the class.
    pub class: u32,
    /// Logical processor, [`u32::MAX`] if unknown.
    pub processor: u32,
    /// Where its stack is.
    pub stack: StackRef,
    /// What only events of this format have.
    pub detail: [u32; 6],
}

const _: () = assert!(size_of::<Record>() == 64);

/// Where the stack of an event is: nowhere, in the table of stacks, or in the run itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StackRef {
    at: u32,
    len: u32,
}

impl StackRef {
    /// No stack.
    pub const NONE: Self = Self { at: 0, len: Self::BY_ID };
    const BY_ID: u32 = u32::MAX;

    /// The stack of this id in [`State::stacks`]; 0 is none.
    #[inline]
    pub fn id(id: u32) -> Self {
        Self { at: id, len: Self::BY_ID }
    }

    /// `len` bytes of the run from `at` on.
    #[inline]
    pub fn inline(at: u32, len: u32) -> Self {
        Self { at, len }
    }

    #[inline]
    pub(crate) fn is_by_id(self) -> bool {
        self.len == Self::BY_ID
    }

    #[inline]
    pub(crate) fn as_id(self) -> u32 {
        if self.is_by_id() { self.at } else { 0 }
    }

    /// The same where it is in the run.
    #[inline]
    pub(crate) fn inline_place(self) -> Option<(u32, u32)> {
        (!self.is_by_id()).then_some((self.at, self.len))
    }

    #[inline]
    pub(crate) fn place(self) -> (usize, usize) {
        (self.at as usize, self.len as usize)
    }
}

/// Counts beside the events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Payload bytes of the events.
    pub payload_bytes: u64,
    /// Events whose class is not known.
    pub undescribed: u64,
    /// Events whose stack is not defined at their place.
    pub unresolved_stacks: u64,
    /// Events delivered [early](crate::Place::Early). Not a decoder's to count, nor is the next.
    pub early: u64,
    /// Events delivered [late](crate::Place::Late).
    pub late: u64,
}

/// What all events of a batch share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    pub(crate) state: &'a State,
    /// That of its classes, so that it is asked for without a look at the state.
    pub(crate) generation: u64,
    pub(crate) decoder: &'a (dyn Any + Send + Sync),
    /// The type of `decoder`, so that an event is known as a format's own without a call.
    pub(crate) decoder_type: TypeId,
    pub(crate) run: RunView<'a>,
    pub(crate) place: Place,
    /// Where the events were copied from, if `run` is a page of such that were copied one by one.
    pub(crate) origins: Option<Origins<'a>>,
}

/// Where the payloads of some records begin in the stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origins<'a> {
    pub(crate) records: &'a [Record],
    /// One for each.
    pub(crate) offsets: &'a [u64],
}

impl Origins<'_> {
    /// That of one of the records.
    pub(crate) fn offset(&self, record: &Record) -> u64 {
        let distance = std::ptr::from_ref(record).addr() - self.records.as_ptr().addr();
        self.offsets.get(distance / size_of::<Record>()).copied().unwrap_or_default()
    }
}

impl<'a> Context<'a> {
    /// That of events of this snapshot.
    pub(crate) fn of<D: Decode + ?Sized>(
        decoder: &'a D,
        run: RunView<'a>,
        place: Place,
        origins: Option<Origins<'a>>,
    ) -> Self {
        let (state, decoder) = (decoder.state(), decoder.as_any());
        let generation = state.classes.generation();
        Self { state, generation, decoder, decoder_type: decoder.type_id(), run, place, origins }
    }
}

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
        Batch {
            context: self.context,
            records: self.records.into_bump_slice(),
            views: &[],
            spans: self.spans.into_bump_slice(),
            gaps: &[],
            faults: self.faults.into_bump_slice(),
            faults_dropped: self.faults_dropped,
            counts: self.counts,
        }
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

/// Views lent out at once, at most [`Config::batch_events`](crate::Config::batch_events). Where one
/// batch ends and the next begins means nothing: it follows chunks, frames and limits.
#[derive(Clone, Copy)]
pub struct Batch<'a> {
    context: &'a Context<'a>,
    records: &'a [Record],
    /// The events instead, where each has a context of its own.
    views: &'a [EventView<'a>],
    spans: &'a [Span],
    gaps: &'a [Gap],
    faults: &'a [Fault],
    faults_dropped: u64,
    counts: Counts,
}

impl<'a> Batch<'a> {
    /// Events that waited, each in its own context.
    pub(crate) fn merged(views: &'a [EventView<'a>], counts: Counts) -> Self {
        let last = views.last().expect("a batch of those that waited is not empty");
        Self {
            context: last.context(),
            records: &[],
            views,
            spans: &[],
            gaps: &[],
            faults: &[],
            faults_dropped: 0,
            counts,
        }
    }

    /// All but the events.
    pub(crate) fn without_events(self) -> Self {
        Self { records: &[], views: &[], ..self }
    }

    pub(crate) fn with_gaps(self, gaps: &'a [Gap]) -> Self {
        Self { gaps, ..self }
    }

    pub(crate) fn records(&self) -> &'a [Record] {
        self.records
    }

    /// The events, in the order that was [asked for](crate::Config::order).
    #[inline]
    pub fn iter(&self) -> Events<'a> {
        let (records, views) = (self.records.iter(), self.views.iter());
        Events { context: self.context, records, views }
    }

    /// How many events.
    pub fn len(&self) -> usize {
        self.records.len() + self.views.len()
    }

    /// Whether there are no events. There may be faults.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The damage met, in stream order.
    pub fn faults(&self) -> &'a [Fault] {
        self.faults
    }

    /// How many faults, those beyond 64 of a frame included.
    pub fn fault_count(&self) -> u64 {
        self.faults.len() as u64 + self.faults_dropped
    }

    /// The sequence numbers of the events, for [`Loss::fold`](crate::Loss::fold).
    pub fn spans(&self) -> &'a [Span] {
        self.spans
    }

    /// What is missing before or between these events, one by one. Known only to who has seen all
    /// that came before: empty for a batch that was decoded elsewhere, as on the workers of a
    /// `ParallelParser`, which has [gaps](crate::Loss::gaps) of its own.
    pub fn gaps(&self) -> &'a [Gap] {
        self.gaps
    }

    /// Counts beside the events.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The state that the events are read against; in time order, that of the last one, and
    /// [each event](EventView::state) has its own.
    pub fn state(&self) -> &'a State {
        self.context.state
    }
}

impl std::fmt::Debug for Batch<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batch")
            .field("events", &self.len())
            .field("faults", &self.faults)
            .field("counts", &self.counts)
            .finish_non_exhaustive()
    }
}

impl<'a> IntoIterator for Batch<'a> {
    type Item = EventView<'a>;
    type IntoIter = Events<'a>;

    fn into_iter(self) -> Events<'a> {
        self.iter()
    }
}

impl<'a> IntoIterator for &Batch<'a> {
    type Item = EventView<'a>;
    type IntoIter = Events<'a>;

    fn into_iter(self) -> Events<'a> {
        self.iter()
    }
}
