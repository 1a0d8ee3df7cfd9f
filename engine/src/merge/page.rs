//! Copies of what waits, in pages that are freed as a whole and used again.
//!
//! A page holds a run as it is, with the records of its events; or, where a run is too large for
//! that, events one by one, each with its payload and what it refers to.

use std::sync::Arc;

use crate::batch::{Record, StackRef};
use crate::format::Decode;
use crate::run::RunView;

/// Events of one snapshot of the state.
#[derive(Debug)]
pub(crate) struct Page<D: ?Sized> {
    /// `None` while it is free.
    decoder: Option<Arc<D>>,
    tag: u32,
    cut: bool,
    /// Where its run begins in the stream, if it holds a whole one.
    pub run_offset: Option<u64>,
    pub records: Vec<Record>,
    bytes: Vec<u8>,
    /// Room that was made for single events.
    shape: Shape,
    recent: Recent,
    /// Events that wait.
    pub waiting: u32,
    /// The latest time of those that waited.
    pub latest: u64,
    /// Which page it was of all so far.
    pub number: u64,
    /// Bytes it is counted with.
    pub cost: u64,
}

/// What was copied last, since most events refer to what the one before referred to.
type Recent = [(u64, u32, u32); 2];

/// How large pages of single events are.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shape {
    records: usize,
    bytes: usize,
}

impl Shape {
    /// A sixteenth of what may be held, from 4 to 128 KiB.
    pub(crate) fn new(max_held: usize) -> Self {
        let page = (max_held / 16).clamp(4 << 10, 128 << 10);
        Self { records: page / 2 / size_of::<Record>(), bytes: page / 2 }
    }

    /// Bytes that a page takes.
    pub(crate) fn reserved(self) -> u64 {
        (self.records * size_of::<Record>() + self.bytes) as u64
    }
}

impl<D: Decode + ?Sized> Page<D> {
    pub(crate) fn new() -> Self {
        Self {
            decoder: None,
            tag: 0,
            cut: false,
            run_offset: None,
            records: Vec::new(),
            bytes: Vec::new(),
            shape: Shape::default(),
            recent: Recent::default(),
            waiting: 0,
            latest: 0,
            number: 0,
            cost: 0,
        }
    }

    /// Begins anew, for single events of runs like this.
    pub(crate) fn open(&mut self, decoder: &Arc<D>, run: RunView<'_>, number: u64, shape: Shape) {
        self.decoder = Some(Arc::clone(decoder));
        (self.tag, self.cut, self.run_offset) = (run.tag, run.cut, None);
        (self.waiting, self.latest, self.number) = (0, 0, number);
        self.recent = [(u64::MAX, 0, 0); 2];
        self.shape = shape;
        self.make_room(shape.records, shape.bytes);
    }

    /// Makes room for so much; gives back what is more than twice that, since what is held is
    /// counted by content.
    fn make_room(&mut self, records: usize, bytes: usize) {
        if records > 0 && self.records.capacity() > 2 * records {
            self.records.shrink_to(records);
        }
        if bytes > 0 && self.bytes.capacity() > 2 * bytes {
            self.bytes.shrink_to(bytes);
        }
        self.records.reserve_exact(records);
        self.bytes.reserve_exact(bytes);
    }

    /// Copies a whole run in, for all of its events.
    pub(crate) fn hold_run(&mut self, run: RunView<'_>) {
        self.run_offset = Some(run.offset);
        self.make_room(0, run.bytes.len());
        self.bytes.extend_from_slice(run.bytes);
    }

    /// Forgets all, and gives back what is more than `most` bytes.
    pub(crate) fn free(&mut self, most: usize) {
        self.decoder = None;
        self.records.clear();
        self.bytes.clear();
        self.bytes.shrink_to(most);
        self.records.shrink_to(most / size_of::<Record>());
    }

    pub(crate) fn is_free(&self) -> bool {
        self.decoder.is_none()
    }

    /// Whether it takes single events of such a run.
    pub(crate) fn is_for(&self, decoder: &D, run: RunView<'_>) -> bool {
        let is_same = self
            .decoder
            .as_ref()
            .is_some_and(|own| own.state().changes() == decoder.state().changes());
        self.run_offset.is_none() && is_same && (self.tag, self.cut) == (run.tag, run.cut)
    }

    /// Whether it has room for this event.
    pub(crate) fn has_room(&self, decoder: &D, record: &Record, shape: Shape) -> bool {
        if self.records.is_empty() {
            return true;
        }
        let own = Own::of(decoder.extent(record), 0);
        let outside =
            |at: u32, len: u32| if own.place(at, len).is_some() { 0 } else { len as usize };
        let payload = outside(record.payload_at, record.payload_len);
        let stack = record.stack.inline_place().map_or(0, |(at, len)| outside(at, len));
        let bytes = self.bytes.len() + own.len as usize + payload + stack + SLACK;
        bytes <= shape.bytes && self.records.len() < shape.records
    }

    /// Copies an event in; its place.
    pub(crate) fn push(&mut self, decoder: &D, run: RunView<'_>, record: &Record) -> u32 {
        let own = Own::of(decoder.extent(record), small(self.bytes.len()));
        self.bytes.extend_from_slice(part(run, own.at, own.len));
        let (recent, bytes) = (&mut self.recent, &mut self.bytes);
        let mut keeper = Keeper { run, bytes, own, recent };
        self.records.push(*record);
        let place = small(self.records.len() - 1);
        let Some(moved) = self.records.last_mut() else {
            return place;
        };
        moved.offset = run.offset + u64::from(record.payload_at);
        moved.payload_at = keeper.moved(record.payload_at, record.payload_len);
        if let Some((at, len)) = record.stack.inline_place() {
            moved.stack = StackRef::inline(keeper.moved(at, len), len);
        }
        decoder.keep(&mut moved.detail, &mut keeper);
        place
    }

    /// Bytes that its content takes. Not what is reserved for it, which depends on what it held
    /// before: what may wait must not depend on how the stream was cut into chunks.
    pub(crate) fn content(&self) -> u64 {
        let records = self.records.len().next_power_of_two().max(self.shape.records);
        let bytes = self.bytes.len().max(self.shape.bytes);
        (records * size_of::<Record>() + bytes + size_of::<Self>()) as u64
    }

    /// Bytes that it has reserved.
    pub(crate) fn reserved(&self) -> u64 {
        let records = self.records.capacity() * size_of::<Record>();
        (records + self.bytes.capacity() + size_of::<Self>()) as u64
    }

    /// What its events are read against. There are none in a page that is free.
    pub(crate) fn decoder(&self) -> &D {
        self.decoder.as_deref().expect("pages in use have one")
    }

    /// Its bytes, as a run.
    pub(crate) fn run(&self) -> RunView<'_> {
        let offset = self.run_offset.unwrap_or_default();
        RunView { bytes: &self.bytes, offset, tag: self.tag, cut: self.cut }
    }
}

/// Copies what an event that has to wait refers to in its run.
#[derive(Debug)]
pub struct Keeper<'k> {
    run: RunView<'k>,
    bytes: &'k mut Vec<u8>,
    own: Own,
    recent: &'k mut Recent,
}

/// The [extent](Decode::extent) of an event, and where it was copied to.
#[derive(Clone, Copy, Debug)]
struct Own {
    at: u32,
    len: u32,
    to: u32,
}

impl Own {
    fn of((at, len): (u32, u32), to: u32) -> Self {
        Self { at, len, to }
    }

    /// Where these bytes of the run are, if they are part of it.
    #[inline]
    fn place(&self, at: u32, len: u32) -> Option<u32> {
        let ahead = at.checked_sub(self.at)?;
        let is_inside = u64::from(ahead) + u64::from(len) <= u64::from(self.len);
        is_inside.then_some(self.to + ahead)
    }
}

impl Keeper<'_> {
    /// Copies `len` bytes of the run from `at` on; where they are then. Bytes beyond the run are
    /// left out.
    #[inline]
    pub fn run_bytes(&mut self, at: u32, len: u32) -> u32 {
        if let Some(place) = self.own.place(at, len) {
            return place;
        }
        let from = self.run.offset + u64::from(at);
        if let Some((_, _, place)) =
            self.recent.iter().find(|(known, size, _)| (*known, *size) == (from, len))
        {
            return *place;
        }
        let place = self.moved(at, len);
        self.recent.swap(0, 1);
        if let Some(oldest) = self.recent.first_mut() {
            *oldest = (from, len, place);
        }
        place
    }

    /// The same, of bytes that no other event shares.
    #[inline]
    fn moved(&mut self, at: u32, len: u32) -> u32 {
        self.own.place(at, len).unwrap_or_else(|| {
            let place = small(self.bytes.len());
            self.bytes.extend_from_slice(part(self.run, at, len));
            place
        })
    }
}

fn part(run: RunView<'_>, at: u32, len: u32) -> &[u8] {
    let at = at as usize;
    run.bytes.get(at..at + len as usize).unwrap_or_default()
}

/// Room left in a page for what an event refers to beside payload and stack.
const SLACK: usize = 64;

/// A place in a page: it holds one frame at most, which has at most 1 GiB.
fn small(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
