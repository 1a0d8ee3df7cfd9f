//! The bytes of one payload: numbers and text at a place, checked against its end.

use crate::layout::Type;

/// A payload, whole: places in it may be relative to its start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Payload<'a> {
    pub(crate) bytes: &'a [u8],
}

impl<'a> Payload<'a> {
    /// What stands at `at` and behind it.
    #[inline]
    pub(crate) fn from(self, at: usize) -> Option<&'a [u8]> {
        self.bytes.get(at..)
    }

    /// `N` bytes.
    #[inline]
    pub(crate) fn array<const N: usize>(self, at: usize) -> Option<[u8; N]> {
        self.from(at)?.first_chunk().copied()
    }

    #[inline]
    pub(crate) fn u16(self, at: usize) -> Option<u16> {
        self.array(at).map(u16::from_le_bytes)
    }

    #[inline]
    pub(crate) fn u32(self, at: usize) -> Option<u32> {
        self.array(at).map(u32::from_le_bytes)
    }

    #[inline]
    pub(crate) fn u64(self, at: usize) -> Option<u64> {
        self.array(at).map(u64::from_le_bytes)
    }

    /// Text in UTF-16 up to a NUL or the end, and the bytes it takes with the NUL.
    #[inline]
    pub(crate) fn utf16z(self, at: usize) -> Option<(&'a [u8], usize)> {
        let bytes = self.from(at)?;
        // Whole strides without a NUL first: they are compared all at once.
        let has_none = |stride: &&[u8]| {
            let units = stride.chunks_exact(2).map(|unit| u8::from(unit == [0, 0]));
            units.fold(0, |found, is_nul| found | is_nul) == 0
        };
        let passed = STRIDE * bytes.chunks_exact(STRIDE).take_while(has_none).count();
        let left = bytes.get(passed..)?;
        match left.chunks_exact(2).position(|unit| unit == [0, 0]) {
            Some(len) => Some((bytes.get(..passed + 2 * len)?, passed + 2 * len + 2)),
            None => Some((bytes.get(..bytes.len() & !1)?, bytes.len())),
        }
    }

    /// 8-bit text up to a NUL or the end, and the bytes it takes with the NUL.
    pub(crate) fn ansiz(self, at: usize) -> Option<(&'a [u8], usize)> {
        let bytes = self.from(at)?;
        let text = until_nul(bytes);
        Some((text, bytes.len().min(text.len() + 1)))
    }

    /// An LEB128 number and the bytes it takes, 10 at most.
    pub(crate) fn varint(self, at: usize) -> Option<(u64, usize)> {
        let mut value = 0;
        for (at, byte) in self.from(at)?.iter().take(10).enumerate() {
            value |= u64::from(byte & 0x7f) << (7 * at);
            if *byte < 0x80 {
                return Some((value, at + 1));
            }
        }
        None
    }
}

/// 8-bit text up to a NUL or the end.
pub(crate) fn until_nul(bytes: &[u8]) -> &[u8] {
    let len = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    bytes.get(..len).unwrap_or(bytes)
}

/// Bytes of a type that always takes as many.
#[inline]
pub(crate) fn fixed(of: Type, pointer_size: usize) -> Option<usize> {
    Some(match of {
        Type::Bool8 | Type::Char8 | Type::Int8 | Type::UInt8 => 1,
        Type::Char16 | Type::Int16 | Type::UInt16 => 2,
        Type::Bool32
        | Type::Int32
        | Type::UInt32
        | Type::Float32
        | Type::RelLoc { .. }
        | Type::DataLoc { .. } => 4,
        Type::Int64 | Type::UInt64 | Type::Float64 | Type::FileTime => 8,
        Type::Decimal | Type::Guid => 16,
        Type::Text(len) | Type::Pad(len) => len.into(),
        Type::Pointer => pointer_size,
        _ => return None,
    })
}

/// Bytes of text looked at together.
const STRIDE: usize = 16;

#[cfg(test)]
mod tests {
    use super::Payload;

    #[test]
    #[allow(clippy::indexing_slicing, reason = "the test knows how long it is")]
    fn text_ends_at_its_nul_wherever_that_is() {
        for len in 0..40 {
            let mut bytes = b"a\0".repeat(len);
            let whole = Payload { bytes: &bytes };
            assert_eq!(whole.utf16z(0), Some((&bytes[..], 2 * len)), "up to the end");
            bytes.extend(b"\0\0b\0\0\0");
            let ended = Payload { bytes: &bytes };
            assert_eq!(ended.utf16z(0), Some((&bytes[..2 * len], 2 * len + 2)));
            assert_eq!(ended.utf16z(2 * len + 2), Some((&b"b\0"[..], 4)), "the next one");
        }
        // Zero bytes of two units are no NUL, and an odd byte at the end is not text.
        let odd = Payload { bytes: b"\x00\x01\x00\x01\x05" };
        assert_eq!(odd.utf16z(0), Some((&b"\x00\x01\x00\x01"[..], 5)));
    }
}
