//! Decoded events, borrowed from the input and from an arena.

use std::any::{Any, TypeId};

use crate::error::Fault;
use crate::format::Decode;
use crate::order::Place;
use crate::record::{Origins, Record};
use crate::run::RunView;
use crate::span::{Gap, Span};
use crate::state::State;
use crate::view::{EventView, Events};

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
    /// What a decoder has left. `faults`: those, and how many more there were.
    pub(crate) fn decoded(
        context: &'a Context<'a>,
        records: &'a [Record],
        spans: &'a [Span],
        faults: (&'a [Fault], u64),
        counts: Counts,
    ) -> Self {
        let (faults, faults_dropped) = faults;
        Self { context, records, views: &[], spans, gaps: &[], faults, faults_dropped, counts }
    }

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
