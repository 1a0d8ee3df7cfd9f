//! Copies of events that wait, in pages that are freed as a whole and used again.

use std::sync::Arc;

use crate::batch::{Record, StackRef};
use crate::format::Decode;
use crate::run::RunView;

/// A record with places in its page instead of references.
#[derive(Clone, Copy, Debug)]
struct Kept {
    ticks: u64,
    thread: u64,
    payload_at: u32,
    payload_len: u32,
    class: u32,
    processor: u32,
    stack: StackRef,
    detail: [u32; 8],
}

/// Bytes in front of each payload: where it begins in the stream.
pub(crate) const OFFSET: usize = 8;

/// Events of one snapshot of the state, and what they refer to.
#[derive(Debug)]
pub(crate) struct Page<D: ?Sized> {
    /// `None` while it is free.
    decoder: Option<Arc<D>>,
    tag: u32,
    cut: bool,
    records: Vec<Kept>,
    bytes: Vec<u8>,
    recent: Recent,
    /// Events that wait.
    pub waiting: u32,
    /// Events that have not been handed out.
    pub left: u32,
    /// The latest time in it.
    pub latest: u64,
    /// Which page it was of all so far.
    pub number: u64,
}

/// What was copied last, since most events refer to what the one before referred to.
type Recent = [(u64, u32, u32); 2];

/// How large pages are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    records: usize,
    bytes: usize,
}

impl Shape {
    /// A sixteenth of what may be held, from 4 to 128 KiB.
    pub(crate) fn new(max_held: usize) -> Self {
        let page = (max_held / 16).clamp(4 << 10, 128 << 10);
        Self { records: page / 2 / size_of::<Kept>(), bytes: page / 2 }
    }

    /// Bytes that a page takes.
    pub(crate) fn reserved(self) -> u64 {
        (self.records * size_of::<Kept>() + self.bytes) as u64
    }
}

impl<D: Decode + ?Sized> Page<D> {
    pub(crate) fn new(shape: Shape) -> Self {
        Self {
            decoder: None,
            tag: 0,
            cut: false,
            records: Vec::with_capacity(shape.records),
            bytes: Vec::with_capacity(shape.bytes),
            recent: Recent::default(),
            waiting: 0,
            left: 0,
            latest: 0,
            number: 0,
        }
    }

    /// Begins anew, for events of such runs.
    pub(crate) fn open(&mut self, decoder: Arc<D>, run: RunView<'_>, number: u64) {
        self.decoder = Some(decoder);
        (self.tag, self.cut, self.number) = (run.tag, run.cut, number);
        (self.waiting, self.left, self.latest) = (0, 0, 0);
        self.recent = [(u64::MAX, 0, 0); 2];
    }

    /// Forgets all, and gives back what is more than usual.
    pub(crate) fn free(&mut self, shape: Shape) {
        self.decoder = None;
        self.records.clear();
        self.bytes.clear();
        self.bytes.shrink_to(shape.bytes);
    }

    pub(crate) fn is_free(&self) -> bool {
        self.decoder.is_none()
    }

    /// Whether it takes another event of such a run.
    pub(crate) fn takes(
        &self,
        decoder: &D,
        run: RunView<'_>,
        record: &Record<'_>,
        shape: Shape,
    ) -> bool {
        let stack = if record.stack.is_by_id() { 0 } else { record.stack.place().1 };
        let bytes = self.bytes.len() + OFFSET + record.payload.len() + stack + SLACK;
        let has_room = self.records.len() < shape.records && bytes <= shape.bytes;
        let is_same = self
            .decoder
            .as_ref()
            .is_some_and(|own| own.state().changes() == decoder.state().changes());
        (has_room || self.records.is_empty())
            && is_same
            && (self.tag, self.cut) == (run.tag, run.cut)
    }

    /// Copies an event in; its place.
    pub(crate) fn push(&mut self, decoder: &D, run: RunView<'_>, record: &Record<'_>) -> u32 {
        let bytes = &mut self.bytes;
        let at = run.place_of(record.payload);
        let offset = at.map_or(u64::MAX, |at| run.offset + at as u64);
        bytes.extend_from_slice(&offset.to_le_bytes());
        let payload_at = bytes.len();
        bytes.extend_from_slice(record.payload);
        let stack = match record.stack {
            by_id if by_id.is_by_id() => by_id,
            inline => {
                let (at, len) = inline.place();
                let stack_at = bytes.len();
                bytes.extend_from_slice(run.bytes.get(at..at + len).unwrap_or_default());
                StackRef::inline(small(stack_at), small(bytes.len() - stack_at))
            }
        };
        let mut detail = record.detail;
        let mut keeper = Keeper { run, bytes, recent: &mut self.recent };
        decoder.keep(&mut detail, &mut keeper);
        self.records.push(Kept {
            ticks: record.ticks,
            thread: record.thread,
            payload_at: small(payload_at),
            payload_len: small(record.payload.len()),
            class: record.class,
            processor: record.processor,
            stack,
            detail,
        });
        self.left += 1;
        small(self.records.len() - 1)
    }

    /// Bytes that it has reserved.
    pub(crate) fn reserved(&self) -> u64 {
        let records = self.records.capacity() * size_of::<Kept>();
        (records + self.bytes.capacity() + size_of::<Self>()) as u64
    }

    /// What its events are read against. There are none in a page that is free.
    pub(crate) fn decoder(&self) -> &D {
        self.decoder.as_deref().expect("pages in use have one")
    }

    /// Its bytes, as if they were a run.
    pub(crate) fn run(&self) -> RunView<'_> {
        RunView { bytes: &self.bytes, offset: 0, tag: self.tag, cut: self.cut }
    }

    /// The event at a place.
    pub(crate) fn record(&self, at: u32) -> Record<'_> {
        let kept = self.records.get(at as usize).expect("places are those that push gave");
        let (start, len) = (kept.payload_at as usize, kept.payload_len as usize);
        Record {
            payload: self.bytes.get(start..start + len).unwrap_or_default(),
            ticks: kept.ticks,
            thread: kept.thread,
            class: kept.class,
            processor: kept.processor,
            stack: kept.stack,
            detail: kept.detail,
        }
    }
}

/// Copies what an event that has to wait refers to in its run.
#[derive(Debug)]
pub struct Keeper<'k> {
    run: RunView<'k>,
    bytes: &'k mut Vec<u8>,
    recent: &'k mut Recent,
}

impl Keeper<'_> {
    /// Copies `len` bytes of the run from `at` on; where they are then. Bytes beyond the run are
    /// left out.
    #[inline]
    pub fn run_bytes(&mut self, at: u32, len: u32) -> u32 {
        let from = self.run.offset + u64::from(at);
        if let Some((_, _, place)) =
            self.recent.iter().find(|(known, size, _)| (*known, *size) == (from, len))
        {
            return *place;
        }
        let place = small(self.bytes.len());
        let (at, end) = (at as usize, at as usize + len as usize);
        self.bytes.extend_from_slice(self.run.bytes.get(at..end).unwrap_or_default());
        self.recent.swap(0, 1);
        if let Some(oldest) = self.recent.first_mut() {
            *oldest = (from, len, place);
        }
        place
    }
}

/// Room left in a page for what an event refers to beside payload and stack.
const SLACK: usize = 64;

/// A place in a page: it holds one frame at most, which has at most 1 GiB.
fn small(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
