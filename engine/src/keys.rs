//! Waiting events by time: what is new is sorted when it is first asked for, and what then remains
//! is a sorted segment to be merged.
//!
//! ```text
//! fresh      [ in stream order ... ]        sorted by radix, stable, when something may leave
//! segments   [ sorted ][ sorted ] ...       what remained each time; smallest heads in a heap
//! ```
//!
//! Writers put whole runs of one thread after each other, so that almost all that is fresh leaves at
//! once, and segments are few. Whatever the stream does, an event costs O(log segments).
//! Of the same time, events of an earlier segment stand earlier in the stream.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// One waiting event.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Key {
    pub ticks: u64,
    /// The page that holds it, and the place in it.
    pub page: u32,
    pub at: u32,
}

/// Waiting events.
#[derive(Debug)]
pub(crate) struct Keys {
    fresh: Vec<Key>,
    /// Whether `fresh` is in order as it is.
    is_sorted: bool,
    /// The smallest time in `fresh`.
    earliest: u64,
    scratch: Vec<Key>,
    segments: Vec<Segment>,
    /// Places in `segments` that are free.
    free: Vec<usize>,
    heap: BinaryHeap<Reverse<Head>>,
    /// Segments so far.
    count: u64,
    len: usize,
}

#[derive(Debug, Default)]
struct Segment {
    keys: Vec<Key>,
    next: usize,
}

/// The first key of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Head {
    ticks: u64,
    /// Which segment it was of all so far.
    number: u64,
    segment: usize,
}

impl Keys {
    pub(crate) fn new() -> Self {
        Self {
            fresh: Vec::new(),
            is_sorted: true,
            earliest: u64::MAX,
            scratch: Vec::new(),
            segments: Vec::new(),
            free: Vec::new(),
            heap: BinaryHeap::new(),
            count: 0,
            len: 0,
        }
    }

    /// Adds an event, the last in the stream so far.
    #[inline]
    pub(crate) fn push(&mut self, key: Key) {
        self.is_sorted &= self.fresh.last().is_none_or(|last| last.ticks <= key.ticks);
        self.earliest = self.earliest.min(key.ticks);
        self.fresh.push(key);
        self.len += 1;
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Bytes they take at most: a key may be in a segment, and room may be left where it was fresh,
    /// twice what it needs, and where it was sorted.
    pub(crate) fn bytes(&self) -> u64 {
        let segment = 2 * (size_of::<Segment>() + size_of::<Head>());
        (self.len * 4 * size_of::<Key>() + self.heap.len() * segment) as u64
    }

    /// Whether one is not later than `limit`.
    #[inline]
    pub(crate) fn has_until(&self, limit: u64) -> bool {
        let first = self.heap.peek().map_or(u64::MAX, |Reverse(head)| head.ticks);
        self.len > 0 && self.earliest.min(first) <= limit
    }

    /// Takes out all that are not later than `limit`, in order.
    pub(crate) fn release(&mut self, limit: u64, mut out: impl FnMut(Key)) {
        let out = &mut out;
        if !self.is_sorted {
            sort(&mut self.fresh, &mut self.scratch);
        }
        let mut taken = 0;
        loop {
            let fresh = self.fresh.get(taken..).unwrap_or_default();
            let fresh_ticks = fresh.first().map(|key| key.ticks);
            let top = self.heap.peek().map(|Reverse(head)| *head);
            let count = match top {
                Some(head) if fresh_ticks.is_none_or(|ticks| head.ticks <= ticks) => {
                    if head.ticks > limit {
                        break;
                    }
                    self.heap.pop();
                    self.take(head, limit.min(fresh_ticks.unwrap_or(u64::MAX)), out)
                }
                _ => {
                    // Of the same time, that of a segment comes first.
                    let is_before = |key: &Key| top.is_none_or(|head| key.ticks < head.ticks);
                    let wanted = |key: &&Key| key.ticks <= limit && is_before(key);
                    let count = fresh.iter().take_while(wanted).map(|key| out(*key)).count();
                    if count == 0 {
                        break;
                    }
                    taken += count;
                    count
                }
            };
            self.len -= count;
        }
        let rest = self.fresh.get(taken..).unwrap_or_default();
        if !rest.is_empty() {
            // No larger than it has to be.
            let segment = Segment { keys: rest.to_vec(), next: 0 };
            self.keep(segment);
        }
        self.fresh.clear();
        (self.is_sorted, self.earliest) = (true, u64::MAX);
    }

    /// Takes keys of one segment, up to `limit` and as long as they come before those of all other
    /// segments; how many.
    fn take(&mut self, head: Head, limit: u64, out: &mut impl FnMut(Key)) -> usize {
        let second = self.heap.peek().map(|Reverse(head)| *head);
        let Some(segment) = self.segments.get_mut(head.segment) else {
            return 0;
        };
        let is_before = |key: &Key| {
            second.is_none_or(|other| (key.ticks, head.number) < (other.ticks, other.number))
        };
        let keys = segment.keys.get(segment.next..).unwrap_or_default();
        let wanted = |key: &&Key| key.ticks <= limit && is_before(key);
        let count = keys.iter().take_while(wanted).map(|key| out(*key)).count();
        segment.next += count;
        if let Some(key) = segment.keys.get(segment.next) {
            self.heap.push(Reverse(Head { ticks: key.ticks, ..head }));
        } else {
            *segment = Segment::default();
            self.free.push(head.segment);
        }
        count
    }

    fn keep(&mut self, segment: Segment) {
        let Some(first) = segment.keys.first() else {
            return;
        };
        let at = self.free.pop().unwrap_or(self.segments.len());
        self.heap.push(Reverse(Head { ticks: first.ticks, number: self.count, segment: at }));
        self.count += 1;
        match self.segments.get_mut(at) {
            Some(place) => *place = segment,
            None => self.segments.push(segment),
        }
    }
}

const DIGIT: u32 = 11;

/// Sorts by time and leaves ties as they are: by digits of 11 bits, the lowest first, as many as the
/// range of times needs. O(keys) for each.
fn sort(keys: &mut Vec<Key>, scratch: &mut Vec<Key>) {
    if keys.len() < 64 {
        keys.sort_by_key(|key| key.ticks);
        return;
    }
    let (earliest, latest) = keys.iter().fold((u64::MAX, 0), |(earliest, latest), key| {
        (earliest.min(key.ticks), latest.max(key.ticks))
    });
    let bits = u64::BITS - (latest - earliest).leading_zeros();
    scratch.clear();
    scratch.resize(keys.len(), Key::default());
    for pass in 0..bits.div_ceil(DIGIT) {
        let mut places = [0usize; 1 << DIGIT];
        let digit = |key: &Key| {
            let digit = (key.ticks - earliest) >> (pass * DIGIT) & ((1 << DIGIT) - 1);
            usize::try_from(digit).unwrap_or_default()
        };
        for key in &*keys {
            if let Some(count) = places.get_mut(digit(key)) {
                *count += 1;
            }
        }
        let mut next = 0;
        for place in &mut places {
            next += std::mem::replace(place, next);
        }
        for key in &*keys {
            if let Some(place) = places.get_mut(digit(key)) {
                if let Some(slot) = scratch.get_mut(*place) {
                    *slot = *key;
                }
                *place += 1;
            }
        }
        std::mem::swap(keys, scratch);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look random.
    fn numbers(count: u32, modulus: u64) -> impl Iterator<Item = u64> {
        let mut state = 7u64;
        (0..count).map(move |_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 20) % modulus
        })
    }

    fn keys(ticks: impl Iterator<Item = u64>) -> Vec<Key> {
        ticks.zip(0..).map(|(ticks, at)| Key { ticks, page: 0, at }).collect()
    }

    fn pairs(keys: &[Key]) -> Vec<(u64, u32)> {
        keys.iter().map(|key| (key.ticks, key.at)).collect()
    }

    #[test]
    fn sorting_is_stable_for_every_range() {
        for modulus in [1, 2, 100, 1 << 20, 1 << 33, u64::MAX] {
            let mut sorted = keys(numbers(1000, modulus));
            let mut expected = pairs(&sorted);
            expected.sort_unstable();
            sort(&mut sorted, &mut Vec::new());
            assert_eq!(pairs(&sorted), expected);
        }
        let mut extremes = keys([u64::MAX, 0].into_iter().cycle().take(200));
        sort(&mut extremes, &mut Vec::new());
        assert!(extremes.is_sorted_by_key(|key| (key.ticks, key.at)));
    }

    #[test]
    fn what_leaves_is_in_order_and_nothing_is_lost() {
        for modulus in [3, 50, 5_000] {
            let mut waiting = Keys::new();
            let mut left = Vec::new();
            let mut expected = Vec::new();
            let mut released: Vec<Key> = Vec::new();
            for (key, limit) in keys(numbers(5000, modulus)).into_iter().zip(numbers(5000, 97)) {
                waiting.push(key);
                left.push((key.ticks, key.at));
                if limit % 7 == 0 {
                    let limit = limit * modulus / 97;
                    waiting.release(limit, |key| released.push(key));
                    left.sort_unstable();
                    let gone = left.partition_point(|(ticks, _)| *ticks <= limit);
                    expected.extend(left.drain(..gone));
                    assert_eq!(waiting.len(), left.len());
                }
            }
            waiting.release(u64::MAX, |key| released.push(key));
            left.sort_unstable();
            expected.extend(left);
            assert_eq!(pairs(&released), expected);
            assert_eq!((waiting.len(), waiting.bytes()), (0, 0));
        }
    }
}
