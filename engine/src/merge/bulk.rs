//! Many at once: what may leave of a few segments is sorted by merging keys, two runs at a time.
//!
//! Threads that write at the same time take turns after two or three events, so that a merge which
//! asks after each of them where to go on guesses wrong most of the time. Here nothing is guessed:
//! which of two keys is next is a number that is added. It is done from both ends, so that neither
//! waits for the other.

use super::Merge;
use super::leaving::place;
use super::ready::{Entry, PARTS, Part, SPAN};
use crate::format::Decode;
use crate::merge::segments::{Segment, Segments};
use crate::order::Place;

/// Keys at once, about: what fits the first-level cache, together with the merged ones.
const STEP: usize = SPAN;
/// Keys at once of one segment, at most.
const MAX_AHEAD: usize = SPAN / 2;
/// Times of one step are less than this apart, so that there is room below them in a key.
const MAX_SPREAD: u64 = 1 << 47;

/// Memory for it, used again each time.
#[derive(Debug, Default)]
pub(crate) struct Bulk {
    /// Segments, oldest first.
    parts: Vec<Segment>,
    /// Of each of them, how many leave, and the time of the next.
    taken: Vec<(u32, Option<u64>)>,
    /// How many of each may leave. The busiest one ends the step for all, so that this is more than an
    /// equal share.
    ahead: usize,
    keys: Keys,
}

/// Sorted runs of keys: time, place of the segment among those that leave, place in that. So no two
/// are the same, and of the same time those of the older segment come first.
#[derive(Debug, Default)]
struct Keys {
    /// The time that the others are counted from, plus 1.
    base: u64,
    /// Keys and merged keys, `len` in all; what is behind them is of before, so that room need not be
    /// cleared.
    all: Vec<u64>,
    len: usize,
    /// Where the runs are that are not merged yet.
    runs: Vec<(usize, usize)>,
}

impl<D: Decode + ?Sized> Merge<D> {
    /// Makes events ready that are not later than `limit`, of several segments at once, as many as
    /// are sorted well together. `false`, and none, if that is no gain.
    pub(super) fn take_bulk(&mut self, segments: &mut Segments, limit: u64) -> bool {
        let Some(heads) =
            segments.heads_until(limit).filter(|heads| heads.len() > 1 && heads.len() <= PARTS)
        else {
            return false;
        };
        let count = heads.len();
        let mut bulk = std::mem::take(&mut self.bulk);
        bulk.parts.clear();
        bulk.parts.extend_from_slice(heads);
        bulk.parts.sort_unstable_by_key(|segment| segment.number);
        let first = heads.last().map_or(0, |head| head.ticks);
        let limit = limit.min(first.saturating_add(MAX_SPREAD));
        let ahead = bulk.ahead();
        let until = self.until(segments, &bulk.parts, limit, ahead);
        let is_some = first <= until;
        if is_some {
            self.take_parts(&mut bulk, first, until);
            bulk.adapt();
            segments.go_on(count, |number| {
                let at = bulk.parts.binary_search_by_key(&number, |segment| segment.number);
                at.ok().and_then(|at| bulk.taken.get(at).copied()).unwrap_or_default()
            });
        }
        self.bulk = bulk;
        is_some
    }

    /// A time until which each of these segments has no more than `ahead` events, in one piece of its
    /// page, and until which none of those that wait behind them have any.
    fn until(&self, segments: &Segments, parts: &[Segment], limit: u64, ahead: u32) -> u64 {
        parts.iter().fold(limit, |until, part| {
            let page = self.pages.get(part.page as usize);
            let end = page.map_or(0, |page| page.piece_of(part.next).1);
            let far = end.min(part.next.saturating_add(ahead));
            let beyond = if far < part.end {
                page.and_then(|page| page.records.get(far as usize)).map(|record| record.ticks)
            } else {
                segments.ticks_behind(part)
            };
            // Those of the same time leave together.
            beyond.map_or(until, |ticks| until.min(ticks.saturating_sub(1)))
        })
    }

    /// Makes the events of `parts` ready from the time `first` until `until`.
    fn take_parts(&mut self, bulk: &mut Bulk, first: u64, until: u64) {
        bulk.taken.clear();
        bulk.keys.begin(first);
        for (rank, part) in (0..).zip(&bulk.parts) {
            let page = self.pages.get(part.page as usize);
            let records = page.map(|page| &*page.records).unwrap_or_default();
            let records = records.get(part.next as usize..part.end as usize).unwrap_or_default();
            let times = records.iter().map(|record| record.ticks);
            bulk.taken.push(bulk.keys.add(times, until, rank));
        }
        let base = bulk.keys.base;
        let ticks = |key: &u64| base.wrapping_add(*key >> KEY_BITS);
        let keys = bulk.keys.merge();
        let Some(last) = keys.last().map(ticks) else { return };
        let parts = bulk.parts.iter().map(|part| {
            let Segment { page, next: first, .. } = *part;
            let piece = self.pages.get(page as usize).map_or(0, |page| page.piece_of(first).0);
            Part { page, piece, first }
        });
        if first >= self.delivered && last <= self.certain {
            self.delivered = last;
            let entries = keys.iter().map(|key| Entry::of_bits(*key, Place::InOrder));
            self.ready.push_group(parts, entries);
        } else {
            let (delivered, certain) = (&mut self.delivered, self.certain);
            let entries =
                keys.iter().map(|key| Entry::of_bits(*key, place(ticks(key), delivered, certain)));
            self.ready.push_group(parts, entries);
        }
        self.low_water = self.low_water.max(last);
        for (part, (count, _)) in bulk.parts.iter().zip(&bulk.taken) {
            self.waiting -= u64::from(*count);
            if *count > 0 {
                self.depart(part.page, *count);
            }
        }
    }
}

impl Bulk {
    /// How many events of each segment may leave: between its share of a step and the most.
    fn ahead(&mut self) -> u32 {
        let share = STEP / self.parts.len().max(1);
        self.ahead = self.ahead.clamp(share.min(MAX_AHEAD), MAX_AHEAD);
        u32::try_from(self.ahead).unwrap_or(1)
    }

    /// Lets more leave the next time if these were few, and fewer if they were many.
    fn adapt(&mut self) {
        let taken: usize = self.taken.iter().map(|(count, _)| *count as usize).sum();
        if taken < STEP / 2 {
            self.ahead *= 2;
        } else if taken > STEP {
            self.ahead /= 2;
        }
    }
}

/// Bits of a key below the time.
const KEY_BITS: u32 = 16;

impl Keys {
    /// Begins anew, with the first time of all.
    fn begin(&mut self, first: u64) {
        self.base = first.wrapping_sub(1);
        self.len = 0;
        self.runs.clear();
    }

    /// Adds a run: those of `times` that are not later than `until`, at most [`SPAN`]. How many, and
    /// the time of the next.
    fn add(
        &mut self,
        times: impl Iterator<Item = u64>,
        until: u64,
        rank: u16,
    ) -> (u32, Option<u64>) {
        let (start, base) = (self.len, self.base);
        let (mut count, mut following) = (0u16, None);
        for (ticks, key) in times.zip(self.room(SPAN)) {
            if ticks > until {
                following = Some(ticks);
                break;
            }
            let entry = Entry::new(rank, count, Place::InOrder);
            *key = ticks.wrapping_sub(base) << KEY_BITS | u64::from(entry.bits());
            count += 1;
        }
        self.len += usize::from(count);
        if start < self.len {
            self.runs.push((start, self.len));
        }
        (count.into(), following)
    }

    /// All of them, in order. The shortest two runs become one, until one is left.
    fn merge(&mut self) -> &[u64] {
        while self.runs.len() > 1 {
            self.runs.sort_unstable_by_key(|(start, end)| start.abs_diff(*end));
            let (one, other) = (self.runs.swap_remove(1), self.runs.swap_remove(0));
            let len = (one.1 - one.0) + (other.1 - other.0);
            self.room(len);
            let start = self.len;
            let (before, behind) = self.all.split_at_mut(start);
            let run = |(start, end)| before.get(start..end).unwrap_or_default();
            merge(run(one), run(other), behind.get_mut(..len).unwrap_or_default());
            self.len += len;
            self.runs.push((start, self.len));
        }
        let all = self.runs.first().and_then(|(start, end)| self.all.get(*start..*end));
        all.unwrap_or_default()
    }

    /// Room for so many more.
    fn room(&mut self, more: usize) -> &mut [u64] {
        let end = self.len + more;
        if self.all.len() < end {
            self.all.resize(end.next_power_of_two(), 0);
        }
        self.all.get_mut(self.len..end).unwrap_or_default()
    }
}

/// Merges two sorted runs from both ends. All keys differ, and none is 0 or has all bits
/// set.
fn merge(one: &[u64], other: &[u64], merged: &mut [u64]) {
    let (mut next, mut other_next) = (0, 0);
    let (mut end, mut other_end) = (one.len(), other.len());
    let (front, back) = merged.split_at_mut(merged.len() / 2);
    let (middle, back) = back.split_at_mut(back.len() - front.len());
    for (least, most) in front.iter_mut().zip(back.iter_mut().rev()) {
        let x = one.get(next).copied().unwrap_or(u64::MAX);
        let y = other.get(other_next).copied().unwrap_or(u64::MAX);
        let is_other = y < x;
        *least = if is_other { y } else { x };
        next += usize::from(!is_other);
        other_next += usize::from(is_other);
        let x = one.get(end.wrapping_sub(1)).copied().unwrap_or(0);
        let y = other.get(other_end.wrapping_sub(1)).copied().unwrap_or(0);
        let is_other = y > x;
        *most = if is_other { y } else { x };
        end -= usize::from(!is_other);
        other_end -= usize::from(is_other);
    }
    for middle in middle {
        let rest = if next < end { one.get(next) } else { other.get(other_next) };
        *middle = rest.copied().unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_become_one_that_is_sorted() {
        let mut state = 1u64;
        let mut number = |modulus: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % modulus
        };
        for round in 0..500 {
            let mut keys = Keys::default();
            let mut expected = Vec::new();
            keys.begin(1);
            for rank in 0..=number(9) {
                let mut times: Vec<u64> = (0..number(40)).map(|_| 1 + number(30)).collect();
                times.sort_unstable();
                let until = if round % 2 == 0 { 1000 } else { 1 + number(30) };
                let rank = u16::try_from(rank).unwrap();
                let (count, following) = keys.add(times.iter().copied(), until, rank);
                let count = usize::try_from(count).unwrap();
                assert_eq!(count, times.iter().filter(|ticks| **ticks <= until).count());
                assert_eq!(following, times.get(count).copied());
                expected.extend(
                    (0..).zip(times).take(count).map(|(at, ticks)| (ticks, usize::from(rank), at)),
                );
            }
            expected.sort_unstable();
            let found = keys.merge().iter().map(|key| {
                let entry = Entry::of_bits(*key, Place::InOrder);
                (*key >> KEY_BITS, entry.part(), entry.offset())
            });
            assert_eq!(found.collect::<Vec<_>>(), expected);
        }
    }
}
