//! Events that need not wait any more, in the order in which they leave.
//!
//! Of each no more is kept than 16 bits: in which of the few pages of its group it is, where in it,
//! and how it came to its place.

use std::ops::Range;

use crate::order::Place;

/// What is ready, and what of it has been handed out.
#[derive(Debug, Default)]
pub(super) struct Ready {
    entries: Vec<Entry>,
    groups: Vec<Group>,
    parts: Vec<Part>,
    handed_out: usize,
}

/// Entries that refer to the same parts, at most [`PARTS`] of them.
#[derive(Clone, Copy, Debug)]
struct Group {
    /// Behind its last entry.
    end: usize,
    /// Where its parts begin; they end where those of the next group do.
    parts: usize,
}

/// [`SPAN`] events of a piece of a page, from the place `first` on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub page: u32,
    pub piece: u32,
    pub first: u32,
}

/// One event: two bits say how it came to its place, four which part it is in, ten where there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry(u16);

/// Parts of a group.
pub(super) const PARTS: usize = 16;
/// Events of a part.
pub(super) const SPAN: usize = 1 << AT_BITS;
const AT_BITS: u32 = 10;
const PART_BITS: u32 = 4;

impl Ready {
    /// Events that have not been handed out.
    pub(super) fn len(&self) -> usize {
        self.entries.len() - self.handed_out
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.groups.clear();
        self.parts.clear();
        self.handed_out = 0;
    }

    /// Adds the first events of a part, however many, one for each of `places`.
    pub(super) fn push(&mut self, part: Part, mut places: impl ExactSizeIterator<Item = Place>) {
        let mut new = part;
        while places.len() > 0 {
            let (part, offset) = self.part_for(new);
            let count = places.len().min(SPAN - usize::from(offset));
            let added = (offset..).zip(places.by_ref().take(count));
            self.entries.extend(added.map(|(offset, place)| Entry::new(part, offset, place)));
            self.end_group();
            new.first += u32::try_from(count).unwrap_or(u32::MAX);
        }
    }

    /// Adds events of some parts, at most [`PARTS`].
    pub(super) fn push_group(
        &mut self,
        parts: impl Iterator<Item = Part>,
        entries: impl Iterator<Item = Entry>,
    ) {
        self.groups.push(Group { end: 0, parts: self.parts.len() });
        self.parts.extend(parts);
        self.entries.extend(entries);
        self.end_group();
    }

    /// Takes the next ones, at most `max`; `None` if there are none.
    pub(super) fn hand_out(&mut self, max: usize) -> Option<Range<usize>> {
        let start = self.handed_out;
        self.handed_out = self.entries.len().min(start + max);
        (start < self.handed_out).then_some(start..self.handed_out)
    }

    /// The entries of a range, by group, each with the parts of that.
    pub(super) fn groups(&self, range: Range<usize>) -> impl Iterator<Item = (&[Part], &[Entry])> {
        let first = self.groups.partition_point(|group| group.end <= range.start);
        let mut start = range.start;
        let ends = self.groups.iter().skip(first + 1).map(|group| group.parts);
        let ends = ends.chain(std::iter::once(self.parts.len()));
        let groups = self.groups.iter().skip(first).zip(ends);
        groups.map_while(move |(group, parts_end)| {
            let entries = self.entries.get(start..group.end.min(range.end))?;
            start = group.end;
            Some((self.parts.get(group.parts..parts_end)?, entries))
        })
    }

    /// The part of the last group that `new` goes on with, or else that itself; and the offset there.
    fn part_for(&mut self, new: Part) -> (u16, u16) {
        let parts = self.groups.last().map_or(PARTS, |group| self.parts.len() - group.parts);
        let offset = |part: &Part| {
            let offset = u16::try_from(new.first.checked_sub(part.first)?).ok()?;
            let is_same = (part.page, part.piece) == (new.page, new.piece);
            (is_same && usize::from(offset) < SPAN).then_some(offset)
        };
        let number = |part: usize| u16::try_from(part).unwrap_or(u16::MAX);
        if parts > 0
            && let Some(offset) = self.parts.last().and_then(offset)
        {
            return (number(parts - 1), offset);
        }
        let part = if parts == PARTS {
            self.groups.push(Group { end: 0, parts: self.parts.len() });
            0
        } else {
            parts
        };
        self.parts.push(new);
        (number(part), 0)
    }

    fn end_group(&mut self) {
        if let Some(group) = self.groups.last_mut() {
            group.end = self.entries.len();
        }
    }
}

impl Entry {
    #[inline]
    pub(super) fn new(part: u16, offset: u16, place: Place) -> Self {
        Self((place as u16) << (PART_BITS + AT_BITS) | part << AT_BITS | offset)
    }

    /// As a number below 2^16.
    #[inline]
    pub(super) fn bits(self) -> u16 {
        self.0
    }

    /// Part and offset, in order, from the lowest bits of a number.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the lowest bits are what is asked for")]
    pub(super) fn of_bits(bits: u64, place: Place) -> Self {
        let mask = (1 << (PART_BITS + AT_BITS)) - 1;
        Self((place as u16) << (PART_BITS + AT_BITS) | (bits as u16 & mask))
    }

    #[inline]
    pub(super) fn place(self) -> Place {
        match self.0 >> (PART_BITS + AT_BITS) {
            0 => Place::InOrder,
            1 => Place::Early,
            _ => Place::Late,
        }
    }

    /// Place and part: a number below 64.
    #[inline]
    pub(super) fn place_and_part(self) -> usize {
        usize::from(self.0 >> AT_BITS)
    }

    #[inline]
    pub(super) fn part(self) -> usize {
        self.place_and_part() % PARTS
    }

    #[inline]
    pub(super) fn offset(self) -> usize {
        usize::from(self.0) % SPAN
    }
}

#[cfg(test)]
mod tests {
    use std::iter::repeat_n;

    use super::*;

    fn all(ready: &Ready, range: Range<usize>) -> Vec<(u32, u32, Place)> {
        let mut found = Vec::new();
        for (parts, entries) in ready.groups(range) {
            assert!(!entries.is_empty() && parts.len() <= PARTS);
            found.extend(entries.iter().map(|entry| {
                let part = parts.get(entry.part()).unwrap();
                (part.page, part.first + u32::try_from(entry.offset()).unwrap(), entry.place())
            }));
        }
        found
    }

    #[test]
    fn what_goes_in_comes_out_in_any_pieces() {
        let mut ready = Ready::default();
        let mut expected = Vec::new();
        for page in 0..40 {
            let places = [Place::InOrder, Place::Early, Place::Late];
            let place = *places.iter().cycle().nth(page.try_into().unwrap()).unwrap();
            for (at, count) in [(3, 2), (5, 2500), (9_000, 1)] {
                ready.push(Part { page, piece: 0, first: at }, repeat_n(place, count));
                expected.extend((at..).map(|at| (page, at, place)).take(count));
            }
            let next = Part { page: page + 1, piece: 0, first: 0 };
            let parts = [Part { page, piece: 0, first: 7 }, next];
            let entries = [(1, 1023), (0, 0), (1, 0)];
            let entries = entries.map(|(part, offset)| Entry::new(part, offset, place));
            ready.push_group(parts.into_iter(), entries.into_iter());
            expected.extend([(page + 1, 1023, place), (page, 7, place), (page + 1, 0, place)]);
            ready.push(Part { first: 1, ..next }, repeat_n(place, 1));
            expected.push((page + 1, 1, place));
        }
        assert_eq!(all(&ready, 0..expected.len()), expected);
        let mut found = Vec::new();
        while let Some(range) = ready.hand_out(97) {
            found.extend(all(&ready, range));
        }
        assert_eq!((found, ready.len()), (expected, 0));
    }
}
