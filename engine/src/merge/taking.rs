//! Events that may have to wait are copied to pages: a run as it is, or event by event.

use super::Merge;
use super::page::{Page, Shape};
use crate::format::Decode;
use crate::record::Record;
use crate::run::Run;

impl<D: Decode + ?Sized> Merge<D> {
    /// Whether the run in hand is held as a whole: it is one frame, so that its extent does not
    /// depend on chunks, and there is room for several like it.
    pub(super) fn takes_whole(&mut self, run: &Run<D>) -> bool {
        if let Some(page) = self.whole.and_then(|slot| self.pages.get(slot as usize)) {
            if page.cost <= self.max_held / 8 {
                return true;
            }
            // It has more events than expected.
            self.end_run();
            return false;
        }
        run.is_one_frame() && run.len() as u64 <= self.max_held / 16
    }

    pub(super) fn take_whole(&mut self, run: &Run<D>, records: &[Record]) {
        let slot = self.whole.unwrap_or_else(|| {
            self.close_segment();
            let slot = self.open_page(run, false);
            if let Some(page) = self.pages.get_mut(slot as usize) {
                page.hold_run(run);
            }
            self.whole = Some(slot);
            slot
        });
        let Some(page) = self.pages.get_mut(slot as usize) else {
            return;
        };
        let first = u32::try_from(page.records.len()).unwrap_or(u32::MAX);
        page.records.extend_from_slice(records);
        self.count(slot);
        if self.bytes() > self.max_held {
            self.make_room();
        }
        let (decoder, tag) = (run.decoder(), run.view().tag);
        let (mut at, mut rest) = (first, records);
        while let Some((record, behind)) = rest.split_first() {
            let is_watermark = decoder.is_watermark(tag, record);
            let count = if is_watermark || record.ticks <= self.low_water {
                self.pass(slot, at, record.ticks, is_watermark);
                if record.ticks == 0 && decoder.ends_round(record) {
                    self.end_round();
                }
                1
            } else {
                self.hold(slot, at, record.ticks);
                let mut waits = waits_behind(decoder, tag, record, self.low_water);
                let count = behind.iter().take_while(|record| waits(record)).count();
                self.hold_more(behind.get(..count).unwrap_or_default());
                1 + count
            };
            at += u32::try_from(count).unwrap_or(u32::MAX);
            rest = rest.get(count..).unwrap_or_default();
        }
    }

    pub(super) fn take_singly(&mut self, run: &Run<D>, records: &[Record]) {
        let (decoder, view) = (run.decoder(), run.view());
        let is_for = |merge: &Self, slot: &u32| {
            merge.pages.get(*slot as usize).is_some_and(|page| page.is_for(decoder, view))
        };
        self.holding = self.holding.filter(|slot| is_for(self, slot));
        if let Some(other) = self.passing.filter(|slot| !is_for(self, slot)) {
            self.departed.push(other);
            self.passing = None;
        }
        let mut rest = records;
        while let Some((record, behind)) = rest.split_first() {
            let is_watermark = decoder.is_watermark(view.tag, record);
            if !is_watermark && record.ticks > self.low_water {
                let count = self.wait(run, rest);
                rest = rest.get(count..).unwrap_or_default();
                continue;
            }
            let (slot, at) = self.copy(run, record, self.passing);
            if let Some(full) = self.passing.replace(slot).filter(|full| *full != slot) {
                self.departed.push(full);
            }
            self.pass(slot, at, record.ticks, is_watermark);
            if record.ticks == 0 && decoder.ends_round(record) {
                self.end_round();
            }
            rest = behind;
        }
    }

    /// The first of these events has to wait; and so do those behind it, as far as they are in order
    /// and fit its page. How many that were.
    fn wait(&mut self, run: &Run<D>, records: &[Record]) -> usize {
        let (decoder, tag) = (run.decoder(), run.view().tag);
        let Some((first, behind)) = records.split_first() else { return 0 };
        if self.has_room(self.holding, decoder, first).is_none()
            && self.bytes() + self.shape.reserved() > self.max_held
        {
            self.make_room();
        }
        let (slot, at) = self.copy(run, first, self.holding);
        self.holding = Some(slot);
        self.hold(slot, at, first.ticks);
        self.count(slot);
        if self.bytes() > self.max_held {
            self.make_room();
        }
        if self.open.as_ref().is_none_or(|(segment, _)| segment.page != slot) {
            return 1;
        }
        let Some(page) = self.pages.get_mut(slot as usize) else { return 1 };
        let waits = waits_behind(decoder, tag, first, self.low_water);
        let count = page.push_while(run, behind, self.shape, waits);
        self.hold_more(behind.get(..count).unwrap_or_default());
        1 + count
    }

    /// Copies an event to `slot` if that has room, else to a new page.
    fn copy(&mut self, run: &Run<D>, record: &Record, slot: Option<u32>) -> (u32, u32) {
        let slot =
            self.has_room(slot, run.decoder(), record).unwrap_or_else(|| self.open_page(run, true));
        let page = self.pages.get_mut(slot as usize);
        let at = page.map_or(0, |page| page.push(run, record));
        (slot, at)
    }

    /// The page if it has room for this event.
    fn has_room(&self, slot: Option<u32>, decoder: &D, record: &Record) -> Option<u32> {
        let page = self.pages.get(slot? as usize)?;
        slot.filter(|_| page.has_room(decoder, record, self.shape))
    }

    fn open_page(&mut self, run: &Run<D>, is_for_single: bool) -> u32 {
        self.opened += 1;
        let slot = self.free.pop().unwrap_or_else(|| {
            self.pages.push(Page::new());
            u32::try_from(self.pages.len() - 1).unwrap_or(u32::MAX)
        });
        let shape = if is_for_single { self.shape } else { Shape::default() };
        if let Some(page) = self.pages.get_mut(slot as usize) {
            self.free_bytes = self.free_bytes.saturating_sub(page.reserved());
            page.open(run, self.opened, shape);
            page.cost = page.content();
        }
        slot
    }

    /// Counts what a page has come to cost.
    fn count(&mut self, slot: u32) {
        if let Some(page) = self.pages.get_mut(slot as usize) {
            let cost = page.content();
            if page.waiting > 0 {
                self.held += cost - page.cost;
            }
            page.cost = cost;
        }
    }
}

/// Whether the next event waits too and follows in order, asked of one event after the other behind
/// `first`.
fn waits_behind<D: Decode + ?Sized>(
    decoder: &D,
    tag: u32,
    first: &Record,
    low_water: u64,
) -> impl FnMut(&Record) -> bool {
    let mut before = first.ticks;
    move |record| {
        let is_next = record.ticks >= before && record.ticks > low_water;
        before = record.ticks;
        is_next && !decoder.is_watermark(tag, record)
    }
}
