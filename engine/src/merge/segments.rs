//! Waiting events by time: runs of them that are in order as they came, merged when they leave.
//!
//! Writers put whole runs of one thread after each other, so that segments are long. One that goes on
//! where another ended, in another page, waits behind it as a chain, of which the first alone is
//! looked at; so few are there at once, about as many as the writer has buffers. Those few are kept
//! sorted and leave [together](super::bulk). Where a stream makes many, those beyond 16 wait in a
//! heap, so that an event never costs more than O(log segments): all is taken from the first that
//! comes before the head of the second, and then it finds its place anew.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// Waiting events of one page, in order of time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    /// Time of the first.
    pub ticks: u64,
    /// Which segment it is of all so far: events of the same time stay as they came.
    pub number: u64,
    pub page: u32,
    /// Places in the page: that of the first, and the one behind the last.
    pub next: u32,
    pub end: u32,
    /// Its own, for what follows it; given when it is added.
    pub slot: u32,
}

/// Segments, none of them empty.
#[derive(Debug, Default)]
pub(crate) struct Segments {
    /// Heads of chains. The last comes first.
    few: Vec<Segment>,
    many: BinaryHeap<Reverse<Segment>>,
    /// One for each segment; those that are free are linked through `follower`.
    slots: Vec<Slot>,
    free: u32,
    live: usize,
    /// Ends of chains, some of them over.
    tails: Vec<Tail>,
}

/// What there is beside a segment.
#[derive(Clone, Copy, Debug)]
struct Slot {
    /// Of whom; nobody's if it is free.
    number: u64,
    /// The slot of the segment that goes on where this one ends; [`NONE`] for none.
    follower: u32,
    /// The segment itself, as long as it waits behind another.
    waiting: Segment,
}

/// The last segment of a chain, and the time of its last event.
#[derive(Clone, Copy, Debug)]
struct Tail {
    slot: u32,
    number: u64,
    last: u64,
}

const FEW: usize = 16;
/// Ends of chains that are looked at for one that a segment goes on with.
const TAILS: usize = 8;
/// Beyond all slots, of which there are fewer than there are events.
const NONE: u32 = u32::MAX;

impl Segments {
    /// Adds one, the newest of all, whose last event has the time `last`. It waits behind that chain
    /// which ends the least before it.
    pub(crate) fn push(&mut self, mut segment: Segment, last: u64) {
        segment.slot = self.put(segment);
        let slots = &mut self.slots;
        let is_over = |tail: &Tail| {
            slots.get(tail.slot as usize).is_none_or(|slot| slot.number != tail.number)
        };
        self.tails.retain(|tail| !is_over(tail));
        let new = Tail { slot: segment.slot, number: segment.number, last };
        let before = self.tails.iter_mut().filter(|tail| tail.last <= segment.ticks);
        if let Some(before) = before.max_by_key(|tail| tail.last) {
            if let Some(before) = slots.get_mut(before.slot as usize) {
                before.follower = segment.slot;
            }
            *before = new;
            return;
        }
        if self.tails.len() == TAILS {
            self.tails.remove(0);
        }
        self.tails.push(new);
        if self.few.len() < FEW {
            self.few.push(segment);
            self.settle();
        } else {
            self.many.push(Reverse(segment));
        }
    }

    /// Whether there is an event that is not later than `limit`.
    #[inline]
    pub(crate) fn has_until(&self, limit: u64) -> bool {
        self.few.last().is_some_and(|segment| segment.ticks <= limit)
            || self.many.peek().is_some_and(|Reverse(segment)| segment.ticks <= limit)
    }

    /// Bytes they take at most.
    pub(crate) fn bytes(&self) -> u64 {
        (self.live * 2 * (size_of::<Slot>() + size_of::<Segment>())) as u64
    }

    /// Heads of chains with events that are not later than `limit`; `None` if there are too many of
    /// them to leave together.
    pub(crate) fn heads_until(&self, limit: u64) -> Option<&[Segment]> {
        if self.many.peek().is_some_and(|Reverse(segment)| segment.ticks <= limit) {
            return None;
        }
        let later = self.few.iter().position(|head| head.ticks <= limit);
        self.few.get(later.unwrap_or(self.few.len())..)
    }

    /// The time of the first event behind a segment in its chain.
    pub(crate) fn ticks_behind(&self, segment: &Segment) -> Option<u64> {
        let slot = self.slots.get(segment.slot as usize)?;
        Some(self.slots.get(slot.follower as usize)?.waiting.ticks)
    }

    /// The last `count` heads of chains go on: `on` says how many were taken of each, and the time
    /// of the next one of it.
    pub(crate) fn go_on(&mut self, count: usize, on: impl Fn(u64) -> (u32, Option<u64>)) {
        let first = self.few.len().saturating_sub(count);
        for at in (first..self.few.len()).rev() {
            let Some(head) = self.few.get_mut(at) else { return };
            if advance(head, on(head.number)) {
                continue;
            }
            let slot = head.slot;
            match self.follow(slot) {
                Some(next) => self.few.get_mut(at).into_iter().for_each(|head| *head = next),
                None => drop(self.few.remove(at)),
            }
        }
        self.few.sort_unstable_by(|one, other| other.cmp(one));
    }

    /// Takes out the first events that are not later than `limit`, those of one segment. `take` takes
    /// them, as long as they are not later than the time given; it answers how many, at least one,
    /// and what the time of the next one is if there is one left.
    pub(crate) fn release_first(
        &mut self,
        limit: u64,
        take: impl FnOnce(&Segment, u64) -> (u32, Option<u64>),
    ) {
        let top = self.many.peek().map(|Reverse(segment)| *segment);
        let first = self.few.last().copied();
        let is_in_heap = match (first, top) {
            (Some(first), Some(top)) => top < first,
            (first, _) => first.is_none(),
        };
        if is_in_heap {
            let Some(Reverse(mut segment)) = self.many.pop() else {
                return;
            };
            let top = self.many.peek().map(|Reverse(segment)| *segment);
            let until = until(&segment, limit, [top, first]);
            let taken = take(&segment, until);
            if advance(&mut segment, taken) {
                self.many.push(Reverse(segment));
            } else if let Some(next) = self.follow(segment.slot) {
                self.many.push(Reverse(next));
            }
            return;
        }
        let second = self.few.len().checked_sub(2).and_then(|at| self.few.get(at).copied());
        let Some(segment) = self.few.last_mut() else {
            return;
        };
        let until = until(segment, limit, [top, second]);
        let taken = take(segment, until);
        if advance(segment, taken) {
            self.settle();
            return;
        }
        let slot = segment.slot;
        self.few.pop();
        if let Some(next) = self.follow(slot) {
            self.few.push(next);
            self.settle();
        }
    }

    /// Frees the slot of a segment of which nothing is left; what waited behind it.
    fn follow(&mut self, slot: u32) -> Option<Segment> {
        let ended = self.slots.get_mut(slot as usize)?;
        ended.number = u64::MAX;
        let follower = std::mem::replace(&mut ended.follower, self.free);
        self.free = slot;
        self.live -= 1;
        Some(self.slots.get(follower as usize)?.waiting)
    }

    fn put(&mut self, mut waiting: Segment) -> u32 {
        if self.live == 0 {
            self.slots.clear();
            self.free = NONE;
        }
        self.live += 1;
        let new = u32::try_from(self.slots.len()).unwrap_or(NONE);
        let free = self.slots.get_mut(self.free as usize);
        waiting.slot = if free.is_some() { self.free } else { new };
        let slot = Slot { number: waiting.number, follower: NONE, waiting };
        match free {
            Some(free) => self.free = std::mem::replace(free, slot).follower,
            None => self.slots.push(slot),
        }
        waiting.slot
    }

    /// Moves the last of the few to where it belongs.
    #[inline]
    fn settle(&mut self) {
        let Some((moved, rest)) = self.few.split_last() else {
            return;
        };
        let place = rest.iter().rposition(|other| moved < other).map_or(0, |at| at + 1);
        if let Some(tail) = self.few.get_mut(place..) {
            tail.rotate_right(1);
        }
    }
}

/// The latest time at which events of a segment come before those of all others.
#[inline]
fn until(segment: &Segment, limit: u64, others: [Option<Segment>; 2]) -> u64 {
    others.into_iter().flatten().fold(limit, |until, other| {
        // Of the same time, those of the older segment come first.
        until.min(other.ticks - u64::from(other.number < segment.number))
    })
}

/// Whether some of a segment is left after `taken`.
#[inline]
fn advance(segment: &mut Segment, (count, ticks): (u32, Option<u64>)) -> bool {
    segment.next += count;
    segment.ticks = ticks.unwrap_or(segment.ticks);
    ticks.is_some()
}

impl Ord for Segment {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        (self.ticks, self.number).cmp(&(other.ticks, other.number))
    }
}

impl PartialOrd for Segment {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Segment {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Segment {}

#[cfg(test)]
mod tests;
