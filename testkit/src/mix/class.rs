//! Event classes of a synthetic stream: payloads that are what their metadata says.

use std::ops::Range;

use super::shape::Shape;
use crate::metadata::{Field, Metadata, Type};
use crate::rng::Rng;

/// What events are filled with.
#[derive(Clone, Debug)]
pub(super) enum Class {
    Plain(Plain),
    Shaped(&'static Shape),
}

impl Class {
    /// Makes `payload` a payload of this class.
    pub(super) fn fill(&self, payload: &mut Vec<u8>, rng: &mut Rng) {
        match self {
            Self::Plain(class) => class.fill(payload, rng),
            Self::Shaped(class) => class.fill(payload, rng),
        }
    }

    /// The class as metadata, with `id` for metadata id.
    pub(super) fn metadata(&self, id: u32) -> Metadata {
        match self {
            Self::Plain(class) => class.metadata(id),
            Self::Shaped(class) => class.metadata(id),
        }
    }

    /// How many of a hundred events or so are of it, beside others.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Plain(_) => 1,
            Self::Shaped(class) => class.weight,
        }
    }
}

/// Integers, then bytes, then text; each may be absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plain {
    /// Fields of 8 bytes.
    ints: usize,
    /// Fields of 1 byte.
    bytes: usize,
    /// UTF-16 code units of the text, its zero counted; no text if empty.
    units: Range<usize>,
}

/// `count` classes: by turns of fixed size, those sizes spread evenly over `payload`, and of one text of any size in it.
pub(super) fn classes(count: u32, payload: &Range<usize>) -> Vec<Plain> {
    let (least, most) = (payload.start, payload.end.max(payload.start + 1) - 1);
    let fixed = count.div_ceil(2) as usize;
    (0..count as usize)
        .map(|place| {
            if place % 2 == 1 && most > least && most >= 2 {
                Plain::text(least, most)
            } else if fixed == 1 {
                Plain::fixed((least + most) / 2)
            } else {
                Plain::fixed(least + (most - least) * (place / 2) / (fixed - 1))
            }
        })
        .collect()
}

impl Plain {
    fn fixed(size: usize) -> Self {
        let ints = (size / 8).min(MAX_INTS);
        let rest = size - ints * 8;
        let (bytes, units) = if rest < 8 { (rest, 0) } else { (rest % 2, rest / 2) };
        Self { ints, bytes, units: units..units + usize::from(units > 0) }
    }

    fn text(least: usize, most: usize) -> Self {
        let bytes = least % 2;
        Self { ints: 0, bytes, units: (least / 2).max(1)..(most - bytes) / 2 + 1 }
    }

    fn fill(&self, payload: &mut Vec<u8>, rng: &mut Rng) {
        let head = self.ints * 8 + self.bytes;
        // Every byte is written below: what an earlier payload left need not be cleared.
        let units = if self.units.is_empty() {
            0
        } else {
            rng.range(self.units.start as u64..self.units.end as u64) as usize
        };
        payload.resize(head + units * 2, 0);
        let (numbers, text) = payload.split_at_mut(head);
        rng.fill(numbers);
        if let Some(letters) = units.checked_sub(1) {
            let (letters, end) = text.split_at_mut(letters * 2);
            for units in letters.chunks_mut(16) {
                let mut bits = rng.next_u64();
                for unit in units.chunks_exact_mut(2) {
                    unit.copy_from_slice(&[b'a' + (bits & 15) as u8, 0]);
                    bits >>= 4;
                }
            }
            end.fill(0);
        }
    }

    /// With `id` for metadata and event id.
    fn metadata(&self, id: u32) -> Metadata {
        let mut fields = Vec::new();
        for place in 0..self.ints {
            fields.push(Field::new(&format!("int{place}"), Type::Int64));
        }
        for place in 0..self.bytes {
            fields.push(Field::new(&format!("byte{place}"), Type::Byte));
        }
        if !self.units.is_empty() {
            fields.push(Field::new("text", Type::Utf16Z));
        }
        Metadata {
            name: format!("Event{id}"),
            keywords: 1 << (id % 8),
            version: id % 3,
            level: 1 + id % 5,
            fields,
            ..Metadata::new(id, PROVIDERS[id as usize % 3], id)
        }
    }
}

/// More fields than that say nothing new, and a V6 row is below 64 KiB.
const MAX_INTS: usize = 16;

const PROVIDERS: [&str; 3] = ["Mix-Alpha", "Mix-Beta", "Mix-Gamma"];

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(class: &Plain) -> Range<usize> {
        let mut rng = Rng::new(5);
        let (mut payload, mut least, mut most) = (vec![0xff; 9], usize::MAX, 0);
        for _ in 0..500 {
            class.fill(&mut payload, &mut rng);
            least = least.min(payload.len());
            most = most.max(payload.len());
        }
        least..most + 1
    }

    #[test]
    fn sizes_keep_to_the_range_and_reach_its_ends() {
        for range in [4..73, 0..1, 1..2, 0..3, 7..40, 1_000..1_031, 9..9] {
            let all: Vec<_> = classes(9, &range).iter().map(sizes).collect();
            let least = all.iter().map(|size| size.start).min();
            let most = all.iter().map(|size| size.end).max();
            let end = range.end.max(range.start + 1);
            assert_eq!((least, most), (Some(range.start), Some(end)), "{range:?}");
        }
    }

    #[test]
    fn payloads_are_what_the_fields_say() {
        let class = Plain::fixed(150);
        let fields = class.metadata(2).fields;
        assert_eq!((fields.len(), &fields[16].kind), (17, &Type::Utf16Z));
        let mut payload = Vec::new();
        class.fill(&mut payload, &mut Rng::new(1));
        let text = payload[128..].as_chunks::<2>().0;
        assert_eq!(text[10], [0, 0]);
        assert!(text[..10].iter().all(|unit| unit[0] >= b'a' && unit[1] == 0));
        let fields = Plain::fixed(11).metadata(1).fields;
        let kinds: Vec<_> = fields.iter().map(|field| field.kind.code()).collect();
        assert_eq!(kinds, [11, 6, 6, 6]);
    }
}
