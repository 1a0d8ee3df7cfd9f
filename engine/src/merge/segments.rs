//! Waiting events by time: runs of them that are in order as they came, merged when they leave.
//!
//! Writers put whole runs of one thread after each other, so that segments are long and few are
//! there at once. Those few are kept sorted: all is taken from the first that comes before the head
//! of the second, and then it finds its place anew. Where a stream makes many, those beyond 16 wait
//! in a heap, so that an event never costs more than O(log segments).

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
}

/// Segments, none of them empty.
#[derive(Debug, Default)]
pub(crate) struct Segments {
    /// The last comes first.
    few: Vec<Segment>,
    many: BinaryHeap<Reverse<Segment>>,
}

const FEW: usize = 16;

impl Segments {
    /// Adds one, the newest of all.
    pub(crate) fn push(&mut self, segment: Segment) {
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
        ((self.few.len() + 2 * self.many.len()) * size_of::<Segment>()) as u64
    }

    /// Takes out all events that are not later than `limit`, in order, a few of one segment at a
    /// time. `take` takes the first of a segment as long as they are not later than the time given;
    /// it answers how many, at least one, and what the time of the next one is if there is one left.
    pub(crate) fn release(
        &mut self,
        limit: u64,
        mut take: impl FnMut(&Segment, u64) -> (u32, Option<u64>),
    ) {
        while self.has_until(limit) {
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
                }
                continue;
            }
            let second = self.few.len().checked_sub(2).and_then(|at| self.few.get(at).copied());
            let Some(segment) = self.few.last_mut() else {
                return;
            };
            let until = until(segment, limit, [top, second]);
            let taken = take(segment, until);
            if advance(segment, taken) {
                self.settle();
            } else {
                self.few.pop();
            }
        }
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
mod tests {
    use super::*;

    /// Pages of times, each in order; and what is released of them.
    fn released(pages: &[Vec<u64>], limits: &[u64]) -> Vec<(u64, u32, u32)> {
        let mut segments = Segments::default();
        for (number, page) in pages.iter().enumerate() {
            let end = u32::try_from(page.len()).unwrap();
            let ticks = *page.first().unwrap();
            let number = u64::try_from(number).unwrap();
            let page = u32::try_from(number).unwrap();
            segments.push(Segment { ticks, number, page, next: 0, end });
        }
        let mut out = Vec::new();
        for limit in limits {
            segments.release(*limit, |segment, until| {
                let page = pages.get(segment.page as usize).unwrap();
                let mut at = segment.next;
                let ticks = |at: u32| page.get(at as usize).copied();
                while at < segment.end && ticks(at).is_some_and(|ticks| ticks <= until) {
                    out.push((ticks(at).unwrap(), segment.page, at));
                    at += 1;
                }
                assert!(at > segment.next, "at least one");
                (at - segment.next, if at < segment.end { ticks(at) } else { None })
            });
            assert!(!segments.has_until(*limit));
        }
        assert_eq!(segments.bytes(), 0);
        out
    }

    #[test]
    fn what_leaves_is_a_stable_sort() {
        for (count, modulus) in [(1, 10), (3, 4), (16, 50), (40, 7), (500, 1000)] {
            let mut state = 1u64;
            let mut number = |modulus: u64| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (state >> 33) % modulus
            };
            let pages: Vec<Vec<u64>> = (0..count)
                .map(|_| {
                    let mut page: Vec<u64> = (0..=number(20)).map(|_| number(modulus)).collect();
                    page.sort_unstable();
                    page
                })
                .collect();
            let mut expected = Vec::new();
            for (page, times) in (0..).zip(&pages) {
                expected.extend((0..).zip(times).map(|(at, ticks)| (*ticks, page, at)));
            }
            expected.sort_unstable();
            assert_eq!(released(&pages, &[u64::MAX]), expected);
            assert_eq!(released(&pages, &[0, modulus / 3, modulus / 2, u64::MAX]), expected);
        }
    }
}
