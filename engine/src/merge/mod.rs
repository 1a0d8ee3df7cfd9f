//! Time order: events wait until none can come that is older, within a bound.
//!
//! Each event gets an effective time, its own or that of the low-water mark if that is later, and
//! what is delivered is sorted by it, ties as they stand in the stream. The low-water mark rises
//! when the stream says that nothing older will come ([`Decode::is_watermark`],
//! [`Decode::ends_round`], its end), and when the bound is reached; at a sequence point all goes and
//! the mark begins anew. Events without a time do not wait. So the order depends on the events alone,
//! and not on how they were cut into chunks and batches.
//!
//! ```text
//! batch -> pages      of a run as a whole, or, where that is too large, event by event; copies, or
//!                     references where chunks stay
//!          segments   of a page's events that wait, in order as they came
//!          bulk       of several segments what may leave, merged
//!          ready      what need not wait any more, in order; lent out as batches
//! ```
//!
//! What counts for the bound are pages with events that wait, in full, segments, and what the
//! snapshots of the state keep alive that pages refer to.

mod bulk;
mod keeper;
mod leaving;
mod lend;
mod page;
mod ready;
mod segments;
mod taking;

use std::collections::VecDeque;

use crate::batch::Batch;
use crate::format::Decode;
use crate::record::Record;
use crate::run::Run;
use crate::span::SpanKind;
use crate::stats::Memory;
use bulk::Bulk;
pub use keeper::Keeper;
use page::{Page, Shape};
use ready::{Part, Ready};
use segments::{Segment, Segments};

/// Events that wait, and those that are ready to be handed out.
#[derive(Debug)]
pub(crate) struct Merge<D: ?Sized> {
    max_held: u64,
    /// The most bytes that a page keeps while it is free.
    max_page: usize,
    /// Bytes reserved by pages that are free.
    free_bytes: u64,
    shape: Shape,
    pages: Vec<Page<D>>,
    free: Vec<u32>,
    /// Pages with events that wait, oldest first; those that have none any more are dropped later.
    live: VecDeque<(u32, u64)>,
    live_count: usize,
    /// Pages none of whose events wait any more, to be freed once all that is ready is out.
    departed: Vec<u32>,
    opened: u64,
    /// Where single events that wait, and those that do not, are copied to.
    holding: Option<u32>,
    passing: Option<u32>,
    /// The page of the run in hand, if that is held as a whole.
    whole: Option<u32>,
    segments: Segments,
    bulk: Bulk,
    /// The segment that the next event may belong to, and the time of its last one.
    open: Option<(Segment, u64)>,
    numbered: u64,
    waiting: u64,
    ready: Ready,
    /// Nothing older will come.
    certain: u64,
    /// What is not later need not wait.
    low_water: u64,
    /// The latest time that was delivered.
    delivered: u64,
    /// The latest time so far, and that of when the last round ended.
    newest: u64,
    round: u64,
    /// Bytes reserved by pages with events that wait.
    held: u64,
    high_water: u64,
    /// [`Decode::copied`] of the newest snapshot.
    copied: u64,
    /// That of the oldest snapshot of an event that waits.
    copied_before: u64,
}

impl<D: Decode + ?Sized> Merge<D> {
    pub(crate) fn new(max_held: usize) -> Self {
        Self {
            max_held: max_held as u64,
            max_page: max_held / 16,
            free_bytes: 0,
            shape: Shape::new(max_held),
            pages: Vec::new(),
            free: Vec::new(),
            live: VecDeque::new(),
            live_count: 0,
            departed: Vec::new(),
            opened: 0,
            holding: None,
            passing: None,
            whole: None,
            segments: Segments::default(),
            bulk: Bulk::default(),
            open: None,
            numbered: 0,
            waiting: 0,
            ready: Ready::default(),
            certain: 0,
            low_water: 0,
            delivered: 0,
            newest: 0,
            round: 0,
            held: 0,
            high_water: 0,
            copied: 0,
            copied_before: 0,
        }
    }

    /// Takes in the events of a batch. Whether they may be delivered as they are, at once: then
    /// nothing was taken.
    pub(crate) fn absorb(&mut self, run: &Run<D>, batch: &Batch<'_>) -> bool {
        let decoder = run.decoder_handle();
        let is_as_it_is =
            self.is_idle() && self.is_in_order(&**decoder, run.view().tag, batch.records());
        if !is_as_it_is && !batch.is_empty() {
            self.copied = decoder.copied();
            if self.takes_whole(run) {
                self.take_whole(run, batch.records());
            } else {
                self.take_singly(run, batch.records());
            }
        }
        for span in batch.spans() {
            if span.kind == SpanKind::Settled {
                self.release_all(true);
                (self.certain, self.low_water) = (0, 0);
            }
        }
        self.high_water = self.high_water.max(self.bytes());
        is_as_it_is
    }

    /// The run in hand is over.
    pub(crate) fn end_run(&mut self) {
        if let Some(slot) = self.whole.take() {
            self.close_segment();
            self.depart(slot, 0);
        }
    }

    /// Whether nothing waits and nothing is ready.
    pub(crate) fn is_idle(&self) -> bool {
        self.waiting == 0 && self.ready_count() == 0
    }

    /// Events that are ready and have not been handed out.
    pub(crate) fn ready_count(&self) -> usize {
        self.ready.len()
    }

    /// Frees what was handed out. No batch is left that borrows from here.
    pub(crate) fn reclaim(&mut self) {
        if self.ready.len() > 0 {
            return;
        }
        self.ready.clear();
        // So that no run that is over is held on to.
        self.departed.extend(self.passing.take());
        while let Some(slot) = self.departed.pop() {
            if let Some(page) = self.pages.get_mut(slot as usize)
                && !page.is_free()
            {
                let is_too_much = self.held + self.free_bytes + page.reserved() > self.max_held;
                page.free(if is_too_much { 0 } else { self.max_page });
                self.free_bytes += page.reserved();
                self.free.push(slot);
            }
        }
    }

    /// Says what it holds.
    pub(crate) fn describe(&self, memory: &mut Memory) {
        (memory.held, memory.held_high_water) = (self.bytes(), self.high_water);
        memory.waiting = self.waiting;
    }

    /// An event that need not wait: those before it go first.
    fn pass(&mut self, page: u32, at: u32, ticks: u64, is_watermark: bool) {
        self.close_segment();
        self.newest = self.newest.max(ticks);
        if is_watermark {
            self.certain = self.certain.max(ticks);
            self.release(ticks);
        }
        let place = self.deliver(ticks);
        let piece = self.pages.get(page as usize).map_or(0, |page| page.piece_of(at).0);
        self.ready.push(Part { page, piece, first: at }, std::iter::once(place));
    }

    #[inline]
    fn hold(&mut self, page: u32, at: u32, ticks: u64) {
        self.waiting += 1;
        if let Some((segment, last)) = &mut self.open
            && (segment.page, segment.end) == (page, at)
            && *last <= ticks
        {
            (segment.end, *last) = (at + 1, ticks);
            return;
        }
        self.close_segment();
        self.numbered += 1;
        let segment =
            Segment { ticks, number: self.numbered, page, next: at, end: at + 1, slot: 0 };
        self.open = Some((segment, ticks));
    }

    /// What follows in order on the event last held, in the same page.
    fn hold_more(&mut self, records: &[Record]) {
        if let Some((segment, last)) = &mut self.open
            && let Some(record) = records.last()
        {
            *last = record.ticks;
            segment.end += u32::try_from(records.len()).unwrap_or(u32::MAX);
            self.waiting += records.len() as u64;
        }
    }

    fn close_segment(&mut self) {
        let Some((segment, last)) = self.open.take() else {
            return;
        };
        self.segments.push(segment, last);
        if let Some(page) = self.pages.get_mut(segment.page as usize) {
            page.latest = page.latest.max(last);
            self.newest = self.newest.max(last);
            if page.waiting == 0 {
                // The first that wait in it.
                self.held += page.cost;
                self.live_count += 1;
                if self.live.is_empty() {
                    self.copied_before = page.decoder().copied();
                }
                self.live.push_back((segment.page, page.number));
            }
            page.waiting += segment.end - segment.next;
        }
        if self.live.len() > 2 * self.live_count + 16 {
            let pages = &self.pages;
            self.live.retain(|entry| is_live(pages, *entry));
        }
    }

    /// Whether these events are in order as they are.
    fn is_in_order(&mut self, decoder: &D, tag: u32, records: &[Record]) -> bool {
        let mut last = self.low_water.max(self.delivered);
        for record in records {
            if record.ticks < last || !decoder.is_watermark(tag, record) {
                return false;
            }
            last = record.ticks;
        }
        if let Some(last) = records.last() {
            self.certain = self.certain.max(last.ticks);
            (self.low_water, self.delivered) = (self.low_water.max(last.ticks), last.ticks);
        }
        true
    }

    /// Bytes held, by what counts for the bound.
    fn bytes(&self) -> u64 {
        let open =
            self.open.as_ref().and_then(|(segment, _)| self.pages.get(segment.page as usize));
        let open = open.filter(|page| page.waiting == 0).map_or(0, |page| page.cost);
        self.held + open + self.segments.bytes() + self.kept_alive()
    }

    /// Bytes that the snapshots of waiting events keep alive.
    fn kept_alive(&self) -> u64 {
        if self.live.is_empty() { 0 } else { self.copied.saturating_sub(self.copied_before) }
    }
}

fn is_live<D: ?Sized>(pages: &[Page<D>], (slot, number): (u32, u64)) -> bool {
    let page = pages.get(slot as usize);
    page.is_some_and(|page| page.number == number && page.waiting > 0)
}
