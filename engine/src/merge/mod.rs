//! Time order: events wait until none can come that is older, within a bound.
//!
//! Each event gets an effective time, its own or that of the low-water mark if that is later, and
//! what is delivered is sorted by it, ties as they stand in the stream. The low-water mark rises
//! when the stream says that nothing older will come ([`Decode::is_watermark`], its end), and when
//! the bound is reached; at a sequence point all goes and the mark begins anew. So the order depends
//! on the events alone, and not on how they were cut into chunks and batches.
//!
//! An event at or below the mark, and one that is a mark itself, goes straight to those that are
//! ready; others are copied to pages, which are freed as a whole once all their events are out.
//! What counts for the bound are pages in full, keys, and what the snapshots of the state keep alive
//! that pages refer to.

mod lend;

use std::collections::VecDeque;
use std::sync::Arc;

use crate::batch::{Batch, Record};
use crate::format::Decode;
use crate::keys::{Key, Keys};
use crate::loss::SpanKind;
use crate::order::Place;
use crate::page::{Page, Shape};
use crate::run::Run;
use crate::stats::Memory;
pub(crate) use lend::Scratch;

/// Events that wait, and those that are ready to be handed out.
#[derive(Debug)]
pub(crate) struct Merge<D: ?Sized> {
    max_held: u64,
    shape: Shape,
    pages: Vec<Page<D>>,
    free: Vec<u32>,
    /// Pages with events that wait, oldest first; those that have none any more are dropped later.
    live: VecDeque<(u32, u64)>,
    live_count: usize,
    opened: u64,
    /// Where events that wait, and events that do not, are copied to.
    holding: Option<u32>,
    passing: Option<u32>,
    keys: Keys,
    ready: Vec<Ready>,
    /// Ready ones that have been handed out.
    handed_out: usize,
    /// Nothing older will come.
    certain: u64,
    /// What is not later need not wait.
    low_water: u64,
    /// The latest time that was delivered.
    delivered: u64,
    /// Bytes reserved by pages with events that wait.
    held: u64,
    high_water: u64,
    /// [`Decode::copied`] of the newest snapshot.
    copied: u64,
    /// That of the oldest snapshot of an event that waits.
    copied_before: u64,
}

#[derive(Clone, Copy, Debug)]
struct Ready {
    page: u32,
    at: u32,
    place: Place,
}

impl<D: Decode + ?Sized> Merge<D> {
    pub(crate) fn new(max_held: usize) -> Self {
        Self {
            max_held: max_held as u64,
            shape: Shape::new(max_held),
            pages: Vec::new(),
            free: Vec::new(),
            live: VecDeque::new(),
            live_count: 0,
            opened: 0,
            holding: None,
            passing: None,
            keys: Keys::new(),
            ready: Vec::new(),
            handed_out: 0,
            certain: 0,
            low_water: 0,
            delivered: 0,
            held: 0,
            high_water: 0,
            copied: 0,
            copied_before: 0,
        }
    }

    /// Takes in the events of a batch. Whether they may be delivered as they are, at once: then
    /// nothing was taken.
    pub(crate) fn absorb(&mut self, run: &Run<D>, batch: &Batch<'_>) -> bool {
        let (decoder, view) = (run.decoder_handle(), run.view());
        let is_as_it_is = self.is_idle() && self.is_in_order(&**decoder, view.tag, batch);
        if !is_as_it_is {
            self.take(decoder, run, batch);
        }
        if batch.spans().iter().any(|span| span.kind == SpanKind::Settled) {
            self.release_all(true);
            (self.certain, self.low_water) = (0, 0);
        }
        self.high_water = self.high_water.max(self.bytes());
        is_as_it_is
    }

    /// Lets all go that wait. `is_certain`: none older will come.
    pub(crate) fn release_all(&mut self, is_certain: bool) {
        if is_certain {
            self.certain = u64::MAX;
        }
        self.release(u64::MAX);
    }

    /// Whether nothing waits and nothing is ready.
    pub(crate) fn is_idle(&self) -> bool {
        self.keys.len() == 0 && self.ready_count() == 0
    }

    /// Events that are ready and have not been handed out.
    pub(crate) fn ready_count(&self) -> usize {
        self.ready.len() - self.handed_out
    }

    /// Frees what was handed out. No batch is left that borrows from here.
    pub(crate) fn reclaim(&mut self) {
        for at in 0..self.handed_out {
            if let Some(ready) = self.ready.get(at).copied() {
                self.with_page(ready.page, |page| page.left -= 1);
                self.free_if_done(ready.page);
            }
        }
        self.ready.drain(..self.handed_out);
        self.handed_out = 0;
        if self.ready.is_empty() {
            // So that no run that is over is held on to.
            if let Some(page) = self.passing.take() {
                self.free_if_done(page);
            }
        }
    }

    /// Bytes held, by what counts for the bound.
    fn bytes(&self) -> u64 {
        self.held + self.keys.bytes() + self.kept_alive()
    }

    /// Says what it holds.
    pub(crate) fn describe(&self, memory: &mut Memory) {
        (memory.held, memory.held_high_water) = (self.bytes(), self.high_water);
        memory.waiting = self.keys.len() as u64;
    }

    fn take(&mut self, decoder: &Arc<D>, run: &Run<D>, batch: &Batch<'_>) {
        self.copied = decoder.copied();
        let tag = run.view().tag;
        for record in batch.records() {
            let is_watermark = decoder.is_watermark(tag, record);
            if is_watermark || record.ticks <= self.low_water {
                self.pass(decoder, run, record, is_watermark);
            } else {
                self.hold(decoder, run, record);
            }
        }
    }

    /// An event that need not wait: those before it go first.
    fn pass(&mut self, decoder: &Arc<D>, run: &Run<D>, record: &Record<'_>, is_watermark: bool) {
        if is_watermark {
            self.certain = self.certain.max(record.ticks);
            self.release(record.ticks);
        }
        let slot = self.passing.filter(|slot| self.takes(*slot, decoder, run, record));
        let slot = slot.unwrap_or_else(|| {
            let slot = self.open(decoder, run);
            if let Some(full) = self.passing.replace(slot) {
                self.free_if_done(full);
            }
            slot
        });
        let Some(page) = self.pages.get_mut(slot as usize) else {
            return;
        };
        let at = page.push(decoder, run.view(), record);
        let place = self.deliver(record.ticks);
        self.ready.push(Ready { page: slot, at, place });
    }

    fn hold(&mut self, decoder: &Arc<D>, run: &Run<D>, record: &Record<'_>) {
        let slot = self.holding.filter(|slot| self.takes(*slot, decoder, run, record));
        let slot = slot.unwrap_or_else(|| {
            if self.bytes() + self.shape.reserved() > self.max_held {
                self.make_room();
            }
            let slot = self.open(decoder, run);
            self.holding = Some(slot);
            self.live_count += 1;
            if self.live.len() > 2 * self.live_count + 16 {
                let pages = &self.pages;
                self.live.retain(|entry| is_live(pages, *entry));
            }
            if self.live.is_empty() {
                self.copied_before = self.copied;
            }
            self.live.push_back((slot, self.opened));
            self.held += self.pages.get(slot as usize).map_or(0, Page::reserved);
            slot
        });
        let Some(page) = self.pages.get_mut(slot as usize) else {
            return;
        };
        let before = page.reserved();
        let at = page.push(decoder, run.view(), record);
        page.waiting += 1;
        page.latest = page.latest.max(record.ticks);
        // A payload larger than a page.
        self.held += page.reserved() - before;
        self.keys.push(Key { ticks: record.ticks, page: slot, at });
        if self.bytes() > self.max_held {
            self.make_room();
        }
    }

    /// Delivers early: the oldest pages, until half of the bound is free. Their events go with all
    /// that are older.
    #[cold]
    fn make_room(&mut self) {
        self.high_water = self.high_water.max(self.bytes());
        let mut bytes = self.bytes();
        let mut limit = self.low_water;
        let per_event = self.keys.bytes().checked_div(self.keys.len() as u64).unwrap_or(0);
        for (slot, number) in &self.live {
            if bytes <= self.max_held / 2 {
                break;
            }
            if let Some(page) = self.pages.get(*slot as usize)
                && page.number == *number
                && page.waiting > 0
            {
                limit = limit.max(page.latest);
                let events = u64::from(page.waiting) * per_event;
                bytes = bytes.saturating_sub(page.reserved() + events);
            }
        }
        self.release(limit);
        // What old snapshots keep alive goes with the last page that refers to them.
        if self.bytes() > self.max_held {
            self.release(u64::MAX);
        }
    }

    /// Makes all ready that wait and are not later than `limit`.
    fn release(&mut self, limit: u64) {
        self.low_water = self.low_water.max(self.certain);
        if !self.keys.has_until(limit) {
            return;
        }
        let mut keys = std::mem::replace(&mut self.keys, Keys::new());
        keys.release(limit, |key| {
            let place = self.deliver(key.ticks);
            self.ready.push(Ready { page: key.page, at: key.at, place });
            self.low_water = self.low_water.max(key.ticks);
            self.depart(key.page);
        });
        self.keys = keys;
        while let Some(oldest) = self.live.front()
            && !is_live(&self.pages, *oldest)
        {
            self.live.pop_front();
        }
        let oldest = self.live.front().and_then(|(slot, _)| self.pages.get(*slot as usize));
        self.copied_before = oldest.map_or(self.copied, |page| page.decoder().copied());
    }

    /// The place of an event that is delivered now.
    fn deliver(&mut self, ticks: u64) -> Place {
        if ticks < self.delivered {
            return Place::Late;
        }
        self.delivered = ticks;
        if ticks > self.certain { Place::Early } else { Place::InOrder }
    }

    /// An event of this page waits no longer.
    fn depart(&mut self, slot: u32) {
        let Some(page) = self.pages.get_mut(slot as usize) else {
            return;
        };
        page.waiting -= 1;
        if page.waiting == 0 {
            self.held -= page.reserved();
            self.live_count -= 1;
            self.holding = self.holding.filter(|holding| *holding != slot);
        }
    }

    /// Whether these events are in order as they are.
    fn is_in_order(&mut self, decoder: &D, tag: u32, batch: &Batch<'_>) -> bool {
        let mut last = self.low_water.max(self.delivered);
        for record in batch.records() {
            if record.ticks < last || !decoder.is_watermark(tag, record) {
                return false;
            }
            last = record.ticks;
        }
        if let Some(last) = batch.records().last() {
            self.certain = self.certain.max(last.ticks);
            (self.low_water, self.delivered) = (self.low_water.max(last.ticks), last.ticks);
        }
        true
    }

    fn takes(&self, slot: u32, decoder: &Arc<D>, run: &Run<D>, record: &Record<'_>) -> bool {
        let page = self.pages.get(slot as usize);
        page.is_some_and(|page| page.takes(decoder, run.view(), record, self.shape))
    }

    fn open(&mut self, decoder: &Arc<D>, run: &Run<D>) -> u32 {
        self.opened += 1;
        let slot = self.free.pop().unwrap_or_else(|| {
            self.pages.push(Page::new(self.shape));
            u32::try_from(self.pages.len() - 1).unwrap_or(u32::MAX)
        });
        let number = self.opened;
        self.with_page(slot, |page| page.open(Arc::clone(decoder), run.view(), number));
        slot
    }

    fn with_page(&mut self, slot: u32, change: impl FnOnce(&mut Page<D>)) {
        if let Some(page) = self.pages.get_mut(slot as usize) {
            change(page);
        }
    }

    fn free_if_done(&mut self, slot: u32) {
        if [self.holding, self.passing].contains(&Some(slot)) {
            return;
        }
        if let Some(page) = self.pages.get_mut(slot as usize)
            && page.left == 0
            && !page.is_free()
        {
            page.free(self.shape);
            self.free.push(slot);
        }
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
