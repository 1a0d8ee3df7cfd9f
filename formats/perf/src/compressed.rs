//! Where a `COMPRESSED2` ends, which its 16 bits of size cannot always tell (specification section 7).
//!
//! ```text
//! size | data_size | data | padding        as it should be
//! ?    | data_size | data                  where padded it would be above 65,535
//! ?    | data_size | 65,519 bytes | size | ? | data | size | ? | data ...
//! ```
//!
//! In the last case the writer made several of them and let the first one tell of all: those inside
//! have a size that is right and nothing else that is. Each is taken as a record of its own.

use crate::kinds::kind;
use crate::wire::{Head, Reader};

/// Bytes of a record's head, and of the number of bytes that follow it.
const HEAD: usize = 16;
/// The most that the writer puts in one.
const MAX_DATA: usize = 65_519;

/// How long a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    /// Bytes of it.
    pub size: u64,
    /// Compressed bytes behind the first 16.
    pub data: usize,
    /// If it goes on in others: where they end, from where it begins.
    pub beyond: Option<u64>,
}

impl Extent {
    /// That of the record at the head of `visible`. `is_inner`: another one goes on in it. One of more
    /// than `max` bytes is not looked into.
    ///
    /// # Errors
    /// So many more bytes are needed to tell.
    pub(crate) fn of(
        head: Head,
        visible: &[u8],
        is_big: bool,
        is_inner: bool,
        max: u64,
    ) -> Result<Self, usize> {
        if visible.len() < HEAD {
            return Err(HEAD - visible.len());
        }
        let size = usize::from(head.size);
        if is_inner && size >= HEAD {
            return Ok(Self { size: size as u64, data: size - HEAD, beyond: None });
        }
        let data = Reader::new(visible, 0, is_big).at_u64(8);
        let whole = data.saturating_add(HEAD as u64);
        let padded = whole.checked_next_multiple_of(8).filter(|padded| *padded <= size as u64);
        let size = if padded.is_some() { size as u64 } else { whole };
        let data = usize::try_from(data).unwrap_or(usize::MAX);
        if data >= MAX_DATA + HEAD && whole <= max {
            let next = HEAD + MAX_DATA;
            let Some(inner) = Head::read(visible, next, is_big) else {
                return Err(next + Head::LEN - visible.len());
            };
            if inner.kind == kind::COMPRESSED2 && usize::from(inner.size) >= HEAD {
                return Ok(Self { size: next as u64, data: MAX_DATA, beyond: Some(whole) });
            }
        }
        Ok(Self { size, data, beyond: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extent(size: u16, data: u64, inner: &[u8], is_inner: bool) -> Result<Extent, usize> {
        let mut bytes = vec![83, 0, 0, 0, 0, 0];
        bytes.extend_from_slice(&size.to_le_bytes());
        bytes.extend_from_slice(&data.to_le_bytes());
        if !inner.is_empty() {
            bytes.resize(HEAD + MAX_DATA, 7);
            bytes.extend_from_slice(inner);
        }
        Extent::of(Head::at(&bytes, 0).unwrap(), &bytes, false, is_inner, 80_000)
    }

    #[test]
    fn extents_are_those_of_the_writer() {
        let at = |size, data, beyond| Ok(Extent { size, data, beyond });
        assert_eq!(extent(32, 9, &[], false), at(32, 9, None));
        // 65,520 bytes padded are 65,536.
        assert_eq!(extent(0, 65_519, &[], false), at(65_535, 65_519, None));
        assert_eq!(extent(8, 65_530, &[], false), at(65_546, 65_530, None));
        let inner = [83, 0, 0, 0, 0, 0, 20, 0];
        assert_eq!(extent(8, 70_000, &inner, false), at(65_535, 65_519, Some(70_016)));
        assert_eq!(extent(8, 70_000, b"not one!", false), at(70_016, 70_000, None));
        assert_eq!(extent(8, 70_000, &[], false), Err(65_527));
        assert_eq!(extent(8, 80_000, &[], false), at(80_016, 80_000, None));
        assert_eq!(extent(20, u64::MAX, &[], true), at(20, 4, None));
    }
}
