//! What waits becomes ready: as nothing older will come, or to make room.

use super::ready::Part;
use super::segments::Segment;
use super::{Merge, is_live};
use crate::format::Decode;
use crate::order::Place;

impl<D: Decode + ?Sized> Merge<D> {
    /// Lets all go that wait. `is_certain`: none older will come.
    pub(crate) fn release_all(&mut self, is_certain: bool) {
        if is_certain {
            self.certain = u64::MAX;
        }
        self.release(u64::MAX);
    }

    /// A round of the writer ends: nothing older will come than what came before the last one.
    pub(super) fn end_round(&mut self) {
        self.close_segment();
        self.certain = self.certain.max(self.round);
        self.release(self.round);
        self.round = self.newest;
    }

    /// Delivers early: the oldest pages, until half of the bound is free. Their events go with all
    /// that are older.
    #[cold]
    pub(super) fn make_room(&mut self) {
        self.close_segment();
        let mut bytes = self.bytes();
        self.high_water = self.high_water.max(bytes);
        let mut limit = self.low_water;
        for entry in self.live.iter().filter(|entry| is_live(&self.pages, **entry)) {
            if bytes <= self.max_held / 2 {
                break;
            }
            if let Some(page) = self.pages.get(entry.0 as usize) {
                limit = limit.max(page.latest);
                bytes = bytes.saturating_sub(page.cost);
            }
        }
        self.release(limit);
        // What old snapshots keep alive goes with the last page that refers to them.
        if self.bytes() > self.max_held {
            self.release(u64::MAX);
        }
    }

    /// Makes all ready that wait and are not later than `limit`.
    pub(super) fn release(&mut self, limit: u64) {
        self.low_water = self.low_water.max(self.certain);
        self.close_segment();
        if !self.segments.has_until(limit) {
            return;
        }
        let mut segments = std::mem::take(&mut self.segments);
        while segments.has_until(limit) {
            if !self.take_bulk(&mut segments, limit) {
                segments.release_first(limit, |segment, until| self.take(segment, until));
            }
        }
        self.segments = segments;
        while let Some(oldest) = self.live.front()
            && !is_live(&self.pages, *oldest)
        {
            self.live.pop_front();
        }
        let oldest = self.live.front().and_then(|(slot, _)| self.pages.get(*slot as usize));
        self.copied_before = oldest.map_or(self.copied, |page| page.decoder().copied());
    }

    /// Makes the first events of a segment ready, those not later than `until`; how many, and the
    /// time of the next.
    fn take(&mut self, segment: &Segment, until: u64) -> (u32, Option<u64>) {
        let Segment { page, next, .. } = *segment;
        let Some(of) = self.pages.get(page as usize) else {
            return (segment.end - next, None);
        };
        // What refers to other bytes is left for the next time.
        let (piece, end) = of.piece_of(next);
        let records = of.records.get(next as usize..segment.end as usize).unwrap_or_default();
        let (mut count, mut last, mut following) = (0, segment.ticks, None);
        for (at, record) in (next..).zip(records) {
            if record.ticks > until || at >= end {
                following = Some(record.ticks);
                break;
            }
            last = record.ticks;
            count += 1;
        }
        let part = Part { page, piece, first: next };
        if segment.ticks >= self.delivered && last <= self.certain {
            self.delivered = last;
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            self.ready.push(part, std::iter::repeat_n(Place::InOrder, count));
        } else {
            let (delivered, certain) = (&mut self.delivered, self.certain);
            let taken = records.get(..count as usize).unwrap_or_default();
            let places = taken.iter().map(|record| place(record.ticks, delivered, certain));
            self.ready.push(part, places);
        }
        self.low_water = self.low_water.max(last);
        self.waiting -= u64::from(count);
        self.depart(page, count);
        (count, following)
    }

    /// So many events of this page wait no longer.
    pub(super) fn depart(&mut self, slot: u32, count: u32) {
        let Some(page) = self.pages.get_mut(slot as usize) else {
            return;
        };
        page.waiting -= count;
        if page.waiting > 0 {
            return;
        }
        if count > 0 {
            self.held -= page.cost;
            self.live_count -= 1;
        }
        self.holding = self.holding.filter(|holding| *holding != slot);
        if self.whole != Some(slot) {
            self.departed.push(slot);
        }
    }

    /// The place of an event that is delivered now.
    pub(super) fn deliver(&mut self, ticks: u64) -> Place {
        place(ticks, &mut self.delivered, self.certain)
    }
}

/// The place of an event after those of `delivered`, which it then is the last of or is late.
pub(super) fn place(ticks: u64, delivered: &mut u64, certain: u64) -> Place {
    if ticks < *delivered {
        // 0 is no time at all.
        return if ticks == 0 { Place::InOrder } else { Place::Late };
    }
    *delivered = ticks;
    if ticks > certain { Place::Early } else { Place::InOrder }
}
