//! All that a stream says, in a form that can be compared: with a truth, or with another way of
//! reading the same stream.

use std::collections::{BTreeMap, HashSet};

use tracemill_engine::{Batch, Error, EventView, Fault};
use tracemill_nettrace::Event;
use tracemill_perf::{Attribute, Record, Sample};
use tracemill_testkit::Fnv;

use crate::forms;

/// Sums over the events of a stream, in stream order. The hashes are those of the corpus's truths.
#[derive(Default)]
pub struct Digest {
    /// Events.
    pub events: u64,
    /// Their payload bytes.
    pub payload_bytes: u64,
    /// Events of unknown class.
    pub undescribed: u64,
    /// Events whose stack is not defined.
    pub unresolved_stacks: u64,
    /// Faults, those not kept included.
    pub fault_count: u64,
    /// Faults kept, with their offsets.
    pub faults: Vec<Fault>,
    /// How it ended.
    pub error: Option<Error>,
    /// Lost, lost after damage, anomalies, sequence points.
    pub loss: [u64; 4],
    /// Events delivered early, and late.
    pub placed: [u64; 2],
    hashes: [Fnv; 4],
}

impl Digest {
    /// Takes in a batch.
    pub fn batch(&mut self, batch: &Batch<'_>) {
        self.fault_count += batch.fault_count();
        self.faults.extend_from_slice(batch.faults());
        self.undescribed += batch.counts().undescribed;
        self.unresolved_stacks += batch.counts().unresolved_stacks;
        self.placed[0] += batch.counts().early;
        self.placed[1] += batch.counts().late;
        for event in batch {
            self.folded(&Folded::of(event));
        }
    }

    /// Takes in an event.
    pub fn folded(&mut self, event: &Folded) {
        self.events += 1;
        self.payload_bytes += event.payload_bytes;
        for (hash, bytes) in self.hashes.iter_mut().zip(&event.hashed) {
            hash.bytes(bytes);
        }
    }

    /// `fnv1a64`, `fnv1a64_header` and `fnv1a64_stacks` of the truths, and one over all fields.
    pub fn hashes(&self) -> [u64; 4] {
        self.hashes.each_ref().map(Fnv::finish)
    }

    /// All of it, to be compared.
    pub fn summary(&self) -> Summary {
        Summary {
            events: self.events,
            payload_bytes: self.payload_bytes,
            undescribed: self.undescribed,
            unresolved_stacks: self.unresolved_stacks,
            fault_count: self.fault_count,
            faults: self.faults.clone(),
            error: self.error,
            loss: self.loss,
            placed: self.placed,
            hashes: self.hashes(),
        }
    }
}

/// An event by value: the bytes that each of the hashes takes in.
pub struct Folded {
    hashed: [Vec<u8>; 4],
    payload_bytes: u64,
}

impl Folded {
    /// All of it as a number.
    pub fn digest(&self) -> u64 {
        let mut hash = Fnv::default();
        self.hashed.iter().for_each(|bytes| hash.bytes(bytes));
        hash.finish()
    }

    /// Reads all that an event says.
    ///
    /// # Panics
    /// If it is of a format that is not known here.
    pub fn of(view: EventView<'_>) -> Self {
        let payload = view.payload();
        let mut plain = Vec::with_capacity(128);
        plain.extend_from_slice(&view.thread_key().to_le_bytes());
        plain.extend_from_slice(&view.ticks().to_le_bytes());
        plain.extend_from_slice(&view.class_id().to_le_bytes());
        plain.extend_from_slice(payload);
        let mut header = Vec::with_capacity(128);
        match Event::of(view) {
            Some(event) => header_of(event, view, &mut header),
            None => record_of(view, &mut header),
        }
        let mut stacks = Vec::with_capacity(128);
        let stack = view.stack().unwrap_or_default();
        let len = u32::try_from(stack.len()).expect("below 4 GiB");
        stacks.extend_from_slice(&len.to_le_bytes());
        stacks.extend_from_slice(stack);
        let mut lines = String::new();
        if let Some(mut values) = view.fields() {
            let whole = forms::lines(&mut values, &mut lines);
            lines.push_str(if whole { "whole" } else { "ill-formed" });
        }
        Self {
            hashed: [plain, header, stacks, lines.into_bytes()],
            payload_bytes: payload.len() as u64,
        }
    }
}

/// What only EventPipe events have, as the truths hash it.
fn header_of(event: Event<'_>, view: EventView<'_>, header: &mut Vec<u8>) {
    let len = u32::try_from(view.payload_len()).expect("below 4 GiB");
    let header_ids = view.state().trace.version.0 < 6;
    let ids = [event.activity_id(), event.related_activity_id()];
    let [activity, related] = ids.map(|id| id.filter(|_| header_ids).unwrap_or_default());
    for bytes in [
        &view.class_id().to_le_bytes()[..],
        &event.sequence_number().to_le_bytes(),
        &view.thread_key().to_le_bytes(),
        &event.capture_thread().to_le_bytes(),
        &view.processor().unwrap_or(u32::MAX).to_le_bytes(),
        &view.stack_id().to_le_bytes(),
        &view.ticks().to_le_bytes(),
        &activity,
        &related,
        &event.label_list_id().to_le_bytes(),
        &[u8::from(event.is_sorted())],
        &len.to_le_bytes(),
    ] {
        header.extend_from_slice(bytes);
    }
}

/// What only records of perf have.
fn record_of(view: EventView<'_>, header: &mut Vec<u8>) {
    let record = Record::of(view).expect("a record of perf");
    header.extend_from_slice(&record.kind().to_le_bytes());
    header.extend_from_slice(&record.misc().to_le_bytes());
    let index = record.attribute().map_or(usize::MAX, Attribute::index);
    header.extend_from_slice(&index.to_le_bytes());
    header.extend_from_slice(&view.processor().unwrap_or(u32::MAX).to_le_bytes());
    header.extend_from_slice(record.body());
    let number = |header: &mut Vec<u8>, number: Option<u64>| {
        header.extend_from_slice(&number.unwrap_or(u64::MAX).to_le_bytes());
    };
    number(header, record.id());
    number(header, record.stream_id());
    if let Some(sample) = Sample::of(view) {
        header.push(sample.is_whole().into());
        let chain = sample.callchain().into_iter().flat_map(|chain| chain.entries());
        number(header, Some(chain.fold(0, u64::wrapping_add)));
        let read = sample.read().into_iter().flat_map(|read| read.counters());
        number(header, Some(read.fold(0, |sum, counter| sum.wrapping_add(counter.value))));
        let user = sample.user_registers().into_iter();
        let registers = user.chain(sample.interrupt_registers()).flat_map(|of| of.iter());
        number(header, Some(registers.fold(0, |sum, (_, value)| sum.wrapping_add(value))));
        let branches = sample.branches().into_iter().flat_map(|of| of.entries());
        number(header, Some(branches.fold(0, |sum, branch| sum.wrapping_add(branch.to))));
        for bytes in [sample.raw(), sample.user_stack(), sample.aux(), Some(sample.rest())] {
            number(header, bytes.map(|bytes| bytes.len() as u64));
        }
        for value in [sample.weight(), sample.phys_addr(), sample.code_page_size()] {
            number(header, value);
        }
    }
}

/// A finished [`Digest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    events: u64,
    payload_bytes: u64,
    undescribed: u64,
    unresolved_stacks: u64,
    fault_count: u64,
    faults: Vec<Fault>,
    error: Option<Error>,
    loss: [u64; 4],
    placed: [u64; 2],
    hashes: [u64; 4],
}

impl Summary {
    /// How the stream ended.
    pub fn error(&self) -> Option<Error> {
        self.error
    }

    /// Faults, those not kept included.
    pub fn fault_count(&self) -> u64 {
        self.fault_count
    }

    /// Events.
    pub fn events(&self) -> u64 {
        self.events
    }
}

/// What a truth counts beside the hashes.
#[derive(Default)]
pub struct Census {
    /// Events and payload bytes by provider, event id, name and version.
    pub classes: BTreeMap<(String, u32, String, u32), (u64, u64)>,
    /// Distinct threads.
    pub threads: HashSet<u64>,
    /// Distinct capture threads.
    pub capture_threads: HashSet<u64>,
    /// Events by raw processor number, where recorded at all.
    pub processors: BTreeMap<u32, u64>,
    /// Events with a stack id, with frames; frames in all.
    pub stacks: [u64; 3],
    /// Events with the sorted flag.
    pub sorted: u64,
    /// Events earlier than the one before.
    pub out_of_order: u64,
    /// First and last time.
    pub range: Option<(u64, u64)>,
    /// Events with an activity id in their header.
    pub with_activity: u64,
    last_ticks: u64,
}

impl Census {
    /// Takes in a batch.
    pub fn batch(&mut self, batch: &Batch<'_>) {
        for view in batch {
            let event = Event::of(view).expect("an EventPipe event");
            if let Some(class) = view.class() {
                let key = (
                    class.provider().to_owned(),
                    class.event_id,
                    class.name().to_owned(),
                    class.version,
                );
                let count = self.classes.entry(key).or_default();
                count.0 += 1;
                count.1 += view.payload().len() as u64;
            }
            let version = view.state().trace.version.0;
            self.threads.insert(view.thread_key());
            if version > 3 {
                self.capture_threads.insert(event.capture_thread());
                *self.processors.entry(view.processor().unwrap_or(u32::MAX)).or_default() += 1;
            }
            let stack = view.stack();
            let bytes = stack.unwrap_or_default().len() as u64;
            let has_id = view.stack_id() != 0 || (version <= 3 && bytes > 0);
            self.stacks[0] += u64::from(has_id);
            self.stacks[1] += u64::from(bytes > 0);
            self.stacks[2] += bytes / u64::from(view.state().trace.pointer_size);
            self.sorted += u64::from(event.is_sorted());
            self.with_activity += u64::from(version < 6 && event.activity_id().is_some());
            let ticks = view.ticks();
            let (first, last) = self.range.unwrap_or((ticks, ticks));
            self.out_of_order += u64::from(ticks < self.last_ticks);
            self.last_ticks = ticks;
            self.range = Some((first.min(ticks), last.max(ticks)));
        }
    }
}
