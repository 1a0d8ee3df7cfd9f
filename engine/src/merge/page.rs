//! Copies of what waits, in pages that are freed as a whole and used again.
//!
//! A page holds a run as it is, with the records of its events; or, where a run is too large for
//! that, events one by one, each with its payload and what it refers to. Where chunks stay for as long
//! as they are referred to, nothing is copied, but all is counted as if it were.

use std::sync::Arc;

use bytes::Bytes;

use super::keeper::{Keeper, NONE_RECENT, Recent, size_of_own, small};
use crate::format::Decode;
use crate::record::{Origins, Record};
use crate::run::{Run, RunView};

/// Events of one snapshot of the state.
#[derive(Debug)]
pub(crate) struct Page<D: ?Sized> {
    /// `None` while it is free.
    decoder: Option<Arc<D>>,
    tag: u32,
    cut: bool,
    /// Whether it is for one run, and all of its events.
    is_whole: bool,
    pub records: Vec<Record>,
    /// Where the payload of each begins in the stream, if they were copied one by one.
    offsets: Vec<u64>,
    pieces: Vec<Piece>,
    /// Copies.
    bytes: Vec<u8>,
    /// What all that its events refer to takes, were it copied.
    len: usize,
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

/// Records of a page that refer to the same bytes.
#[derive(Debug)]
struct Piece {
    /// The first of them.
    first: u32,
    /// A run that stays, else they refer to copies.
    run: Option<Bytes>,
    /// Where the run begins in the stream; unknown if it was not copied as a whole.
    offset: Option<u64>,
}

/// Bytes of a single event beside what it refers to: with its offset.
const SINGLE: usize = size_of::<Record>() + size_of::<u64>();

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
        Self { records: page / 2 / SINGLE, bytes: page / 2 }
    }

    /// Bytes that a page takes.
    pub(crate) fn reserved(self) -> u64 {
        (self.records * SINGLE + self.bytes) as u64
    }
}

impl<D: Decode + ?Sized> Page<D> {
    pub(crate) fn new() -> Self {
        Self {
            decoder: None,
            tag: 0,
            cut: false,
            is_whole: false,
            records: Vec::new(),
            offsets: Vec::new(),
            pieces: Vec::new(),
            bytes: Vec::new(),
            len: 0,
            shape: Shape::default(),
            recent: Recent::default(),
            waiting: 0,
            latest: 0,
            number: 0,
            cost: 0,
        }
    }

    /// Begins anew, for single events of runs like this.
    pub(crate) fn open(&mut self, run: &Run<D>, number: u64, shape: Shape) {
        self.decoder = Some(Arc::clone(run.decoder_handle()));
        (self.tag, self.cut, self.is_whole) = (run.tag, run.cut, false);
        (self.waiting, self.latest, self.number) = (0, 0, number);
        self.recent = NONE_RECENT;
        self.shape = shape;
        let copies = if run.is_resident { Shape::default() } else { shape };
        self.make_room(shape.records, copies.bytes);
        self.offsets.reserve_exact(copies.records);
    }

    /// Makes room for so much; gives back what is more than twice that, since what is held is
    /// counted by content.
    fn make_room(&mut self, records: usize, bytes: usize) {
        if records > 0 && self.records.capacity() > 2 * records {
            self.records.shrink_to(records);
            self.offsets.shrink_to(records);
        }
        if bytes > 0 && self.bytes.capacity() > 2 * bytes {
            self.bytes.shrink_to(bytes);
        }
        self.records.reserve_exact(records);
        self.bytes.reserve_exact(bytes);
    }

    /// Takes in a whole run, for all of its events.
    pub(crate) fn hold_run(&mut self, run: &Run<D>) {
        (self.is_whole, self.len) = (true, run.bytes.len());
        let stays = run.is_resident.then(|| run.bytes.clone());
        if stays.is_none() {
            self.make_room(0, run.bytes.len());
            self.bytes.extend_from_slice(&run.bytes);
        }
        self.pieces.push(Piece { first: 0, run: stays, offset: Some(run.offset) });
    }

    /// Forgets all, and gives back what is more than `most` bytes.
    pub(crate) fn free(&mut self, most: usize) {
        self.decoder = None;
        self.records.clear();
        self.offsets.clear();
        self.pieces.clear();
        self.bytes.clear();
        self.len = 0;
        self.pieces.shrink_to(most / size_of::<Piece>());
        self.bytes.shrink_to(most);
        self.records.shrink_to(most / size_of::<Record>());
        self.offsets.shrink_to(most / size_of::<Record>());
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
        !self.is_whole && is_same && (self.tag, self.cut) == (run.tag, run.cut)
    }

    /// Whether it has room for this event.
    pub(crate) fn has_room(&self, decoder: &D, record: &Record, shape: Shape) -> bool {
        self.records.is_empty()
            || self.records.len() < shape.records
                && self.len + size_of_own(decoder, record) + SLACK <= shape.bytes
    }

    /// Takes in an event; its place.
    pub(crate) fn push(&mut self, run: &Run<D>, record: &Record) -> u32 {
        let place = small(self.records.len());
        self.begin_piece(run);
        self.take(run, record);
        place
    }

    /// Takes in the first of these events, as long as they wait and there is room; how many. The
    /// last one that came in is of the same run.
    pub(crate) fn push_while(
        &mut self,
        run: &Run<D>,
        records: &[Record],
        shape: Shape,
        mut waits: impl FnMut(&Record) -> bool,
    ) -> usize {
        let (decoder, room) = (run.decoder(), shape.records.saturating_sub(self.records.len()));
        let mut count = 0;
        for record in records.iter().take(room) {
            if self.len + size_of_own(decoder, record) + SLACK > shape.bytes || !waits(record) {
                break;
            }
            self.take(run, record);
            count += 1;
        }
        count
    }

    /// Takes in an event of the piece that was begun last: refers to its bytes, or copies them.
    #[inline]
    fn take(&mut self, run: &Run<D>, record: &Record) {
        if run.is_resident {
            self.count(run, record);
            self.records.push(*record);
        } else {
            self.copy(run, record);
        }
    }

    /// What comes next is of this run.
    fn begin_piece(&mut self, run: &Run<D>) {
        let offset = run.is_resident.then_some(run.offset);
        if self.pieces.last().is_none_or(|piece| piece.offset != offset) {
            let stays = run.is_resident.then(|| run.bytes.clone());
            self.pieces.push(Piece { first: small(self.records.len()), run: stays, offset });
        }
    }

    /// Copies an event in.
    fn copy(&mut self, run: &Run<D>, record: &Record) {
        let (view, copies) = (run.view(), Some(&mut self.bytes));
        let moved =
            Keeper::keep(run.decoder(), view, record, copies, &mut self.len, &mut self.recent);
        self.records.push(moved);
        self.offsets.push(view.offset + u64::from(record.payload_at));
    }

    /// Counts an event as if it were copied.
    #[inline]
    fn count(&mut self, run: &Run<D>, record: &Record) {
        let (decoder, len) = (run.decoder(), &mut self.len);
        if decoder.is_within_extents() {
            *len += size_of_own(decoder, record);
            return;
        }
        Keeper::keep(decoder, run.view(), record, None, len, &mut self.recent);
    }

    /// Bytes that its content takes. Not what is reserved for it, which depends on what it held
    /// before: what may wait must not depend on how the stream was cut into chunks.
    pub(crate) fn content(&self) -> u64 {
        let records = if self.is_whole {
            self.records.len().next_power_of_two() * size_of::<Record>()
        } else {
            // Room for all of them was made at first.
            self.records.len().max(self.shape.records) * SINGLE
        };
        (records + self.len.max(self.shape.bytes) + size_of::<Self>()) as u64
    }

    /// Bytes that it has reserved.
    pub(crate) fn reserved(&self) -> u64 {
        let records = self.records.capacity() * size_of::<Record>()
            + self.offsets.capacity() * size_of::<u64>();
        let pieces = self.pieces.capacity() * size_of::<Piece>();
        (records + pieces + self.bytes.capacity() + size_of::<Self>()) as u64
    }

    /// What its events are read against. There are none in a page that is free.
    pub(crate) fn decoder(&self) -> &D {
        self.decoder.as_deref().expect("pages in use have one")
    }

    /// Which piece a record is in, and where that ends.
    #[inline]
    pub(crate) fn piece_of(&self, at: u32) -> (u32, u32) {
        if self.pieces.len() < 2 {
            return (0, u32::MAX);
        }
        let next = self.pieces.partition_point(|piece| piece.first <= at);
        let end = self.pieces.get(next).map_or(u32::MAX, |piece| piece.first);
        (small(next.saturating_sub(1)), end)
    }

    /// What the records of a piece refer to, as a run; and where that was copied from, if it was one by
    /// one.
    pub(crate) fn run(&self, piece: u32) -> (RunView<'_>, Option<Origins<'_>>) {
        let piece = self.pieces.get(piece as usize);
        let bytes = piece.and_then(|piece| piece.run.as_ref()).map_or(&*self.bytes, |run| &**run);
        let offset = piece.and_then(|piece| piece.offset);
        let run = RunView {
            bytes,
            offset: offset.unwrap_or_default(),
            tag: self.tag,
            cut: self.cut,
            open: false,
        };
        let origins = Origins { records: &self.records, offsets: &self.offsets };
        (run, offset.is_none().then_some(origins))
    }
}

/// Room left in a page for what an event refers to beside payload and stack.
const SLACK: usize = 64;
