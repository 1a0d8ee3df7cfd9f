//! The sequential half: finds records, keeps the state (specification sections 1 to 4 and 9).
//!
//! Where in a file it stands is in `container.rs`; what a record means that changes the state, in
//! `tools.rs`.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use tracemill_engine::{
    Config, Error, Faults, Finish, Format, FrameKind, Framed, Position, State, Table, ToldLoss,
};

use crate::attribute::Attribute;
use crate::build_ids::BuildIds;
use crate::container::Stage;
use crate::decode::{Decoder, Passed, Tag, is_sample};
use crate::detect;
use crate::header::Header;
use crate::inflate::Inflate;
use crate::kinds::{self, kind};
use crate::loss::Losses;
use crate::tracing::Tracepoints;
use crate::wire::Head;

/// A perf.data: a file, what comes from a pipe, or a part of a recording in several.
#[derive(Debug)]
pub struct Perf {
    pub(crate) stage: Stage,
    pub(crate) is_big: bool,
    /// Where the records end, if that is known.
    pub(crate) data_end: Option<u64>,
    /// Whether it is a file, and not from a pipe.
    pub(crate) is_file: bool,
    /// Sections behind the records.
    pub(crate) features: [u64; 4],
    /// The same, read beforehand: where they begin, and what is there.
    pub(crate) index: Option<(u64, Bytes)>,
    /// Bytes of the files that follow.
    pub(crate) parts: VecDeque<u64>,
    /// Up to where bytes are passed over.
    pub(crate) skip_end: u64,
    /// Up to where a compressed record goes on in others.
    pub(crate) inner_end: u64,
    decoder: Arc<Decoder>,
    kinds: Vec<FrameKind>,
    pub(crate) limits: Limits,
    pub(crate) inflate: Inflate,
    pub(crate) tracepoints: Tracepoints,
    pub(crate) losses: Losses,
    /// Bytes of the fixed part of samples, if that is the same for all events.
    pub(crate) fixed: Option<u16>,
    /// The most bytes of that of any event.
    pub(crate) longest: u16,
    /// Whether there are samples that tell how many were lost.
    pub(crate) reads_lost: bool,
    /// How often it was of use that records were decoded unseen, less how often it was not since.
    pub(crate) opens: u8,
}

/// Bytes of records that are worth to be decoded unseen.
const LEAST_OPEN: usize = 4096;
/// How often fewer may be decoded before others are joined behind those that have to be looked at.
const OPENS: u8 = 8;

/// What is kept at most, beside the classes; and the bytes of a frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub frame: usize,
    pub attributes: usize,
    pub ids: usize,
}

impl Perf {
    /// Starts at the head of a stream, within the limits of `config`.
    pub fn new(config: &Config) -> Self {
        let config = config.fitted();
        let mut state = State::new(&config);
        (state.threads_by_id, state.processes_in_keys) = (true, true);
        state.clock.frequency = Some(1_000_000_000);
        let decoder = Decoder {
            state,
            attributes: Arc::default(),
            plans: Arc::default(),
            ids: Table::default(),
            cpus: Table::default(),
            build_ids: BuildIds::default(),
            sample_id: None,
            end_id: None,
            trailer: 0,
            known: 0,
            lost: None,
            is_big: false,
        };
        // There are no stacks by id: their room is for the ids of events.
        let ids = config.max_stack_bytes / 64;
        let limits = Limits { frame: config.max_frame, attributes: config.max_classes, ids };
        let mut inflate = Inflate::default();
        inflate.set_max_window(config.max_window);
        Self {
            stage: Stage::Magic,
            is_big: false,
            data_end: None,
            is_file: false,
            features: [0; 4],
            index: None,
            parts: VecDeque::new(),
            skip_end: 0,
            inner_end: 0,
            decoder: Arc::new(decoder),
            kinds: kinds::counters(),
            limits,
            inflate,
            tracepoints: Tracepoints::new(config.max_classes, config.max_strings / 4),
            losses: Losses::default(),
            fixed: None,
            longest: 0,
            reads_lost: false,
            opens: 0,
        }
    }

    /// Where in a file that begins with `head`, of 104 bytes or more, the sections begin that name
    /// events and describe tracepoints: behind all records. `None` if there are none, or if `head`
    /// is not that of a file.
    pub fn index_at(head: &[u8]) -> Option<u64> {
        Header::of(head)?.0.table()
    }

    /// Takes in beforehand what a file holds from [`index_at`](Self::index_at) on, so that events
    /// have their names and fields from the first on. Who reads in order learns them last.
    #[must_use]
    pub fn with_index(mut self, offset: u64, bytes: Bytes) -> Self {
        self.index = Some((offset, bytes));
        self
    }

    /// Reads a recording in a folder: the stream is its `data` and then, one behind the other, its
    /// `data.0`, `data.1` and so on, which have so many bytes.
    #[must_use]
    pub fn with_parts(mut self, bytes: impl IntoIterator<Item = u64>) -> Self {
        self.parts = bytes.into_iter().collect();
        self
    }

    /// What was recorded.
    pub fn attributes(&self) -> &[Attribute] {
        &self.decoder.attributes
    }

    pub(crate) fn view_handle(&self) -> Arc<Decoder> {
        Arc::clone(&self.decoder)
    }

    pub(crate) fn view(&self) -> &Decoder {
        &self.decoder
    }

    /// The state, to be changed: in place if no run holds it.
    pub(crate) fn change(&mut self) -> &mut Decoder {
        let decoder = Arc::make_mut(&mut self.decoder);
        decoder.state.begin_change();
        decoder.ids.begin_change();
        decoder.cpus.begin_change();
        decoder.build_ids.begin_change();
        decoder
    }

    pub(crate) fn count(&mut self, number: u32, bytes: usize) {
        self.count_many(number, 1, bytes);
    }

    pub(crate) fn count_many(&mut self, number: u32, frames: u64, bytes: usize) {
        if let Some(kind) = self.kinds.get_mut(kinds::place(number)) {
            kind.frames += frames;
            kind.bytes += bytes as u64;
        }
    }

    /// Events lost so far, of each event of the recording that has lost some: as their own counters
    /// have it, if the recording tells any; else by the events that noticed it.
    pub fn lost_by_event(&self) -> impl Iterator<Item = (&Attribute, u64)> {
        let losses = self.losses.events();
        losses.filter_map(|(index, lost)| Some((self.attributes().get(index as usize)?, lost)))
    }

    /// Bytes of records that are left, and what of them is in `input`.
    pub(crate) fn visible<'a>(&self, input: &'a [u8], offset: u64) -> (u64, &'a [u8]) {
        let left = self.data_end.map_or(u64::MAX, |end| end.saturating_sub(offset));
        let visible = usize::try_from(left).ok().and_then(|left| input.get(..left));
        (left, visible.unwrap_or(input))
    }

    /// Whether records from here on may be decoded unseen.
    pub(crate) fn may_open(&self, visible: &[u8], offset: u64) -> bool {
        // No record is then longer than a frame may be.
        let is_plain = !(self.is_big || self.reads_lost) && self.limits.frame > u16::MAX.into();
        let is_here = offset >= self.skip_end.max(self.inner_end);
        is_plain && is_here && visible.len() >= LEAST_OPEN && is_sample(visible)
    }

    /// A record that tells of loss: what it adds.
    pub(crate) fn tell_loss(&mut self, head: Head, body: &[u8]) {
        let lost = self.losses.told(&self.decoder, head, body);
        if self.decoder.lost != lost {
            self.change().lost = lost;
        }
    }
}

impl Format for Perf {
    type Decoder = Decoder;

    fn frame(
        &mut self,
        input: &[u8],
        offset: u64,
        run_open: bool,
        faults: &mut Faults,
    ) -> Result<Framed, Error> {
        if offset < self.skip_end {
            return Ok(Framed::Skip(self.skip_end - offset));
        }
        match self.stage {
            Stage::Records => self.records(input, offset, run_open, faults),
            _ => self.container(input, offset, run_open, faults),
        }
    }

    /// Samples, as long as they are as usual: then no two looks at them are needed.
    fn open(&mut self, input: &[u8], offset: u64) -> Option<(u32, usize)> {
        let (_, visible) = self.visible(input, offset);
        let may_open = self.stage == Stage::Records && self.may_open(visible, offset);
        may_open.then_some((Tag::Records as u32, visible.len()))
    }

    fn opened(&mut self, position: &Position) {
        let passed: Passed = position.carry;
        for (number, passed) in (0..).zip(passed).filter(|(_, passed)| *passed != 0) {
            let number = if number == 0 { kind::FINISHED_ROUND } else { number };
            let bytes = usize::try_from(passed & u64::from(u32::MAX)).unwrap_or(0);
            self.count_many(number, passed >> 32, bytes);
        }
        let is_much = position.at >= LEAST_OPEN;
        self.opens = if is_much { OPENS } else { self.opens.saturating_sub(1) };
    }

    fn finish(&mut self, rest: &[u8], offset: u64) -> Finish {
        Finish { cut: None, error: self.end(rest, offset) }
    }

    fn decoder(&self) -> Arc<Decoder> {
        Arc::clone(&self.decoder)
    }

    fn state(&self) -> &State {
        &self.decoder.state
    }

    fn frame_kinds(&self) -> &[FrameKind] {
        &self.kinds
    }

    /// By CPU, and of samples: other records tell of the recording itself.
    fn told_loss(&self) -> Option<ToldLoss> {
        let samples = self.kinds.get(kinds::place(kind::SAMPLE));
        let by_class = self.lost_by_event().map(|(event, lost)| (event.class, lost)).collect();
        let events = samples.map_or(0, |samples| samples.frames);
        Some(ToldLoss { of: ["CPU", "CPUs"], events, by_class })
    }
}

pub(crate) use detect::{BIG, LITTLE, OLD};
