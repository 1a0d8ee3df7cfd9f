//! The sequential half: finds records, keeps the state (specification sections 1 to 4 and 9).
//!
//! Where in a file it stands is in `container.rs`; what a record means that changes the state, in
//! `tools.rs`.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use tracemill_engine::{
    Config, Error, EventClass, Fault, Faults, Finish, Format, FrameKind, Framed, Layout, State,
    Table, ToldLoss, TraceInfo,
};

use crate::attribute::{Attribute, bit};
use crate::build_ids::BuildIds;
use crate::container::{Header, Stage};
use crate::decode::{Decoder, FIRST_OF_SAMPLES};
use crate::inflate::Inflate;
use crate::kinds::{self, kind};
use crate::loss::Losses;
use crate::parts::format;
use crate::plan::Plan;
use crate::shape;
use crate::tracing::Tracepoints;
use crate::wire::Head;
use crate::{detect, names};

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
    /// Bytes that other records of the kernel end with, at least.
    pub(crate) trailer: u16,
    /// Whether there are samples that tell how many were lost.
    pub(crate) reads_lost: bool,
}

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
            trailer: 0,
            reads_lost: false,
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

    /// The head of the stream has been recognised: what is known of all of them.
    pub(crate) fn begin(&mut self, is_big: bool) {
        self.is_big = is_big;
        let decoder = self.change();
        decoder.is_big = is_big;
        let mut trace = TraceInfo::default();
        (trace.format, trace.version, trace.pointer_size) = ("perf.data", (2, 0), 8);
        decoder.state.trace = Arc::new(trace);
        let with_build_id = (kinds::MMAP2_BUILD_ID, 1, &kinds::MMAP2_WITH_BUILD_ID);
        let all = kinds::KINDS.iter().filter(|kind| kind.number != kind::SAMPLE);
        for (id, version, kind) in all.map(|kind| (kind.number, 0, kind)).chain([with_build_id]) {
            let mut class = EventClass::new(id, kind.number, "perf", kind.name);
            class.version = version;
            decoder.state.classes.define(class.with_layout(kind.layout()));
            if id < 128 && decoder.state.classes.contains(id) {
                decoder.known |= 1 << id;
            }
        }
    }

    /// Adds an event, with its ids.
    pub(crate) fn add(
        &mut self,
        mut attribute: Attribute,
        ids: impl Iterator<Item = u64>,
        offset: u64,
        faults: &mut Faults,
    ) {
        let (limits, is_first) = (self.limits, self.decoder.attributes.is_empty());
        let index = self.decoder.attributes.len();
        if index >= limits.attributes {
            faults.push(Fault::limit(offset, "max_classes"));
            return;
        }
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        attribute.class = FIRST_OF_SAMPLES.saturating_add(number);
        self.reads_lost |= attribute.has(bit::READ) && attribute.read_format & format::LOST != 0;
        let shape = attribute.shape;
        self.fixed = (is_first || self.fixed == Some(shape.fixed)).then_some(shape.fixed);
        self.longest = self.longest.max(shape.fixed);
        self.trailer = if is_first { shape.trailer } else { self.trailer.min(shape.trailer) };
        let decoder = self.change();
        if is_first {
            decoder.sample_id = Some(shape.sample_id());
            decoder.end_id = Some(shape.end_id);
        }
        let mut is_full = false;
        for id in ids {
            is_full = decoder.ids.len() >= limits.ids;
            if is_full {
                break;
            }
            decoder.ids.insert(id, number);
        }
        Arc::make_mut(&mut decoder.attributes).push(attribute);
        if is_full {
            faults.push(Fault::limit(offset, "max_stack_bytes"));
        }
        self.define(index);
    }

    /// Names an event as the stream does.
    pub(crate) fn name(&mut self, index: usize, name: &str) {
        let old = self.decoder.attributes.get(index).map(|attribute| attribute.name.as_deref());
        if old.is_none_or(|old| old == Some(name)) {
            return;
        }
        let attributes = Arc::make_mut(&mut self.change().attributes);
        if let Some(attribute) = attributes.get_mut(index) {
            attribute.name = Some(name.into());
        }
        self.define(index);
    }

    /// Defines the class of an event's samples, as far as the event is known.
    pub(crate) fn define(&mut self, index: usize) {
        let Some(attribute) = self.decoder.attributes.get(index) else {
            return;
        };
        let config = attribute.is_tracepoint().then_some(attribute.config);
        let described = config.and_then(|config| self.tracepoints.get(config)).cloned();
        let (provider, name) = names::of(attribute.kind, attribute.config);
        let (mut provider, mut name) = (provider, attribute.name.as_deref().unwrap_or(name));
        if let Some(described) = &described {
            (provider, name) = (&described.system, &described.name);
        } else if attribute.is_tracepoint()
            && let Some((system, event)) = name.split_once(':')
        {
            (provider, name) = (system, event);
        }
        let event_id = u32::try_from(attribute.config & 0xffff_ffff).unwrap_or(0);
        let class = EventClass::new(attribute.class, event_id, provider, name);
        // The description comes last in a file, but what a payload is does not change.
        let is_raw = attribute.is_tracepoint() && attribute.has(bit::RAW);
        let is_event_header =
            is_raw && described.as_ref().is_some_and(|described| described.is_event_header());
        let layout = match described {
            _ if !is_raw => shape::layout(attribute),
            Some(described) => described.layout.clone(),
            None => Layout::new(Vec::new(), Vec::new(), 0),
        };
        let class = class.with_definition(&attribute.bytes).with_layout(layout);
        let id = class.id;
        let decoder = self.change();
        decoder.state.classes.define(class);
        let is_known = decoder.state.classes.contains(id);
        if let Some(attribute) = Arc::make_mut(&mut decoder.attributes).get_mut(index) {
            (attribute.is_known, attribute.is_raw) = (is_known, is_raw);
            attribute.is_event_header = is_event_header;
            let plan = Plan::of(index, attribute);
            let plans = Arc::make_mut(&mut decoder.plans);
            match plans.get_mut(index) {
                Some(old) => *old = plan,
                None => plans.push(plan),
            }
        }
    }

    /// Events lost so far, of each event of the recording that has lost some: as their own counters
    /// have it, if the recording tells any; else by the events that noticed it.
    pub fn lost_by_event(&self) -> impl Iterator<Item = (&Attribute, u64)> {
        let losses = self.losses.events();
        losses.filter_map(|(index, lost)| Some((self.attributes().get(index as usize)?, lost)))
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
