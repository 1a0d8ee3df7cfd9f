//! How the samples of an event become events: what the hot loop needs of its attribute, made once.

use tracemill_engine::StackRef;

use crate::attribute::{Attribute, Place, bit};
use crate::parts;
use crate::wire::{u32_at, u64_at};

/// Of one attribute.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Which attribute, and the class of its samples.
    pub index: u32,
    pub class: u32,
    /// Bytes of the fixed part: a sample with fewer is none.
    pub fixed: u16,
    /// Whether the class was kept.
    pub is_known: bool,
    time: Place,
    tid: Place,
    cpu: Place,
    chain: Part,
    raw: Part,
}

/// Where a part is that has no fixed place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// Nowhere, or nobody asks.
    None,
    /// Behind the fixed part.
    First,
    /// Behind the call chain, which is the first.
    Second,
    /// Behind others.
    Later,
}

impl Plan {
    pub(crate) fn of(index: usize, attribute: &Attribute) -> Self {
        let shape = &attribute.shape;
        let has_read = attribute.has(bit::READ);
        let chain = match (attribute.has(bit::CALLCHAIN), has_read) {
            (false, _) => Part::None,
            (true, false) => Part::First,
            (true, true) => Part::Later,
        };
        let raw = match (attribute.is_raw, has_read, chain) {
            (false, ..) => Part::None,
            (true, false, Part::None) => Part::First,
            (true, false, _) => Part::Second,
            (true, true, _) => Part::Later,
        };
        Self {
            index: u32::try_from(index).unwrap_or(u32::MAX),
            class: attribute.class,
            fixed: shape.fixed,
            is_known: attribute.is_known,
            time: shape.time,
            tid: shape.tid,
            cpu: shape.cpu,
            chain,
            raw,
        }
    }

    /// The time as it stands there.
    #[inline(always)]
    pub(crate) fn time(&self, body: &[u8]) -> Option<u64> {
        u64_at(body, self.time.or_beyond())
    }

    /// Process and thread, the process in the low half.
    #[inline(always)]
    pub(crate) fn tid(&self, body: &[u8]) -> Option<u64> {
        u64_at(body, self.tid.or_beyond())
    }

    #[inline(always)]
    pub(crate) fn cpu(&self, body: &[u8]) -> Option<u32> {
        u32_at(body, self.cpu.or_beyond())
    }

    /// The call chain of a sample whose body begins at `body_at` of its run.
    #[inline(always)]
    pub(crate) fn stack<'a>(
        &self,
        attribute: impl Fn() -> Option<&'a Attribute>,
        body: &[u8],
        body_at: u32,
    ) -> StackRef {
        let place = match self.chain {
            Part::None => return StackRef::NONE,
            Part::First => chain_at(body, self.fixed.into()),
            _ => find(attribute(), body, bit::CALLCHAIN),
        };
        place.map_or(StackRef::NONE, |(at, len)| StackRef::inline(body_at + at + 8, len - 8))
    }

    /// Where raw data begin in a body, their bytes, and whether they are there; `None` if they are not
    /// what its payload is.
    #[inline(always)]
    pub(crate) fn raw<'a>(
        &self,
        attribute: impl Fn() -> Option<&'a Attribute>,
        body: &[u8],
    ) -> Option<(u32, u32, bool)> {
        let place = match self.raw {
            Part::None => return None,
            Part::First => raw_at(body, self.fixed.into()),
            Part::Second => {
                chain_at(body, self.fixed.into()).and_then(|(at, len)| raw_at(body, at + len))
            }
            Part::Later => find(attribute(), body, bit::RAW),
        };
        // A payload of which nothing is there has no fields.
        let end = (u32::try_from(body.len()).unwrap_or(u32::MAX), 0, false);
        Some(place.map_or(end, |(at, len)| (at + 4, len - 4, true)))
    }
}

/// The call chain at `at`, its length included: where it begins, and its bytes. `None` if it does not
/// fit.
#[inline(always)]
fn chain_at(body: &[u8], at: u32) -> Option<(u32, u32)> {
    // A record has less than 64 KiB.
    let nr = u64_at(body, at as usize).and_then(|nr| u16::try_from(nr).ok())?;
    fitting(body, at, 8 + 8 * u32::from(nr))
}

/// The same of raw data.
#[inline(always)]
fn raw_at(body: &[u8], at: u32) -> Option<(u32, u32)> {
    let size = u32_at(body, at as usize).and_then(|size| u16::try_from(size).ok())?;
    fitting(body, at, 4 + u32::from(size))
}

#[inline(always)]
fn fitting(body: &[u8], at: u32, len: u32) -> Option<(u32, u32)> {
    ((at + len) as usize <= body.len()).then_some((at, len))
}

/// A part that has to be looked for.
#[inline(never)]
fn find(attribute: Option<&Attribute>, body: &[u8], part: u64) -> Option<(u32, u32)> {
    let (start, end) = parts::find(attribute?, body, part)?;
    Some((u32::try_from(start).ok()?, u32::try_from(end - start).ok()?))
}

/// Plans of the ids that came last: most samples have the id of one shortly before.
#[derive(Default)]
pub(crate) struct Recent {
    known: [(u64, u32); Self::LEN],
}

impl Recent {
    const LEN: usize = 16;

    /// The number under which `id` was put; `None` if it has to be looked up.
    #[inline(always)]
    pub(crate) fn get(&self, id: u64) -> Option<u32> {
        let (known, number) = self.known.get(Self::place(id)).copied().unwrap_or_default();
        (known == id && id != 0).then_some(number)
    }

    pub(crate) fn put(&mut self, id: u64, number: u32) {
        if let Some(entry) = self.known.get_mut(Self::place(id)) {
            *entry = (id, number);
        }
    }

    #[inline(always)]
    fn place(id: u64) -> usize {
        (id & (Self::LEN as u64 - 1)) as usize
    }
}
