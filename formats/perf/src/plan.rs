//! How the samples of an event become events: what the hot loop needs of its attribute, made once.

use tracemill_engine::StackRef;

use crate::attribute::{Attribute, Place, Shape, bit};
use crate::parts;
use crate::record::flag;
use crate::wire::u32_at;

/// Of one attribute.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Which attribute, and the class of its samples.
    pub index: u32,
    pub class: u32,
    /// 1 if the class was not kept.
    pub undescribed: u8,
    pub form: Form,
}

/// What samples look like. Most events of a recording have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Form {
    /// Bytes of the fixed part: a sample with fewer is none.
    pub fixed: u16,
    /// Where these are, in numbers of 64 bits; a sample never has as many as stand for none.
    pub time: u16,
    pub tid: u16,
    pub cpu: u16,
    pub has_chain: bool,
    /// Whether raw data are the payload.
    pub has_raw: bool,
    /// Whether parts come before these whose size is not the same for all.
    pub is_hidden: bool,
    pub places: Places,
    /// The low half of its `sample_type`.
    pub parts: u32,
}

/// The parts of a sample that have no fixed place: from the beginning of its run, if `body_at` is that
/// of its body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub stack: StackRef,
    pub payload_at: u32,
    pub payload_len: u32,
    pub flags: u32,
}

impl Plan {
    pub(crate) fn of(index: usize, attribute: &Attribute) -> Self {
        Self {
            index: u32::try_from(index).unwrap_or(u32::MAX),
            class: attribute.class,
            undescribed: u8::from(!attribute.is_known),
            form: Form::of(attribute),
        }
    }
}

impl Form {
    fn of(attribute: &Attribute) -> Self {
        let shape = &attribute.shape;
        let word = |place: Place| {
            place.get().and_then(|at| u16::try_from(at / 8).ok()).unwrap_or(u16::MAX)
        };
        Self {
            fixed: shape.fixed,
            time: word(shape.time),
            tid: word(shape.tid),
            cpu: word(shape.cpu),
            has_chain: attribute.has(bit::CALLCHAIN),
            has_raw: attribute.is_raw,
            is_hidden: attribute.has(bit::READ),
            places: Places::of(shape),
            parts: u32::try_from(attribute.sample_type & u64::from(u32::MAX)).unwrap_or(0),
        }
    }

    /// The time as it stands there, 0 for none.
    #[inline(always)]
    pub(crate) fn time(&self, words: &[[u8; 8]]) -> u64 {
        let time = word(words, self.time).unwrap_or(0);
        if time == u64::MAX { 0 } else { time }
    }

    /// Process and thread, the thread in the low half; all ones for none.
    #[inline(always)]
    pub(crate) fn thread(&self, words: &[[u8; 8]]) -> u64 {
        word(words, self.tid).map_or(u64::MAX, |pair| pair.rotate_left(32))
    }

    /// The CPU; all ones for none.
    #[inline(always)]
    pub(crate) fn cpu(&self, words: &[[u8; 8]]) -> u32 {
        let cpu = word(words, self.cpu).map(|word| word & u64::from(u32::MAX));
        cpu.and_then(|cpu| u32::try_from(cpu).ok()).unwrap_or(u32::MAX)
    }

    /// Finds the parts of a body of `len` bytes at `body_at` of its run.
    pub(crate) fn find(&self, body: &[u8], words: &[[u8; 8]], body_at: u32, len: u32) -> Found {
        let mut found =
            Found { stack: StackRef::NONE, payload_at: body_at, payload_len: len, flags: 0 };
        let mut at = u32::from(self.fixed);
        if self.is_hidden {
            return found;
        }
        if self.has_chain {
            let most = (len - at) / 8;
            match word(words, self.fixed / 8) {
                Some(nr) if nr < u64::from(most) => {
                    let bytes = 8 * u32::try_from(nr).unwrap_or(0);
                    found.stack = StackRef::inline(body_at + at + 8, bytes);
                    at += 8 + bytes;
                }
                // Nothing that follows can be found.
                _ => at = len,
            }
        }
        if self.has_raw {
            let size = u32_at(body, at as usize).filter(|size| *size < len && at + 4 + size <= len);
            // A payload of which nothing is there has no fields.
            let (start, size, flags) =
                size.map_or((len, 0, 0), |size| (at + 4, size, flag::PAYLOAD_IS_RAW));
            (found.payload_at, found.payload_len, found.flags) = (body_at + start, size, flags);
        }
        found
    }

    /// The same where other parts come first.
    #[inline(never)]
    pub(crate) fn find_hidden(
        &self,
        attribute: &Attribute,
        body: &[u8],
        body_at: u32,
        found: &mut Found,
    ) {
        let part = |part: u64| {
            let (start, end) = parts::find(attribute, body, part)?;
            Some((u32::try_from(start).ok()?, u32::try_from(end - start).ok()?))
        };
        if let Some((at, len)) = part(bit::CALLCHAIN) {
            found.stack = StackRef::inline(body_at + at + 8, len - 8);
        }
        if self.has_raw {
            let end = (u32::try_from(body.len()).unwrap_or(u32::MAX), 0, 0);
            let (start, size, flags) =
                part(bit::RAW).map_or(end, |(at, len)| (at + 4, len - 4, flag::PAYLOAD_IS_RAW));
            (found.payload_at, found.payload_len, found.flags) = (body_at + start, size, flags);
        }
    }
}

/// A number of 64 bits of a body.
#[inline(always)]
pub(crate) fn word(words: &[[u8; 8]], at: u16) -> Option<u64> {
    words.get(usize::from(at)).map(|word| u64::from_le_bytes(*word))
}

/// Where a sample has its fixed parts, so that each is read without a look at its attribute: four bits
/// a part, in numbers of 64 bits; 15 for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Places(pub u32);

impl Places {
    pub(crate) const IP: u32 = 0;
    pub(crate) const TID: u32 = 4;
    pub(crate) const TIME: u32 = 8;
    pub(crate) const ADDR: u32 = 12;
    pub(crate) const ID: u32 = 16;
    pub(crate) const STREAM_ID: u32 = 20;
    pub(crate) const CPU: u32 = 24;
    pub(crate) const PERIOD: u32 = 28;

    fn of(shape: &Shape) -> Self {
        let parts = [
            (Self::IP, shape.ip),
            (Self::TID, shape.tid),
            (Self::TIME, shape.time),
            (Self::ADDR, shape.addr),
            (Self::ID, shape.sample_id()),
            (Self::STREAM_ID, shape.stream_id),
            (Self::CPU, shape.cpu),
            (Self::PERIOD, shape.period),
        ];
        let number = |place: Place| place.get().and_then(|at| u32::try_from(at / 8).ok());
        Self(
            parts
                .iter()
                .fold(0, |all, (shift, place)| all | number(*place).unwrap_or(15).min(15) << shift),
        )
    }

    /// Where this part is, one of the constants.
    #[inline(always)]
    pub(crate) fn get(self, part: u32) -> Option<usize> {
        let number = self.0 >> part & 15;
        (number != 15).then_some(8 * number as usize)
    }
}
