//! Checked reads with a stream offset: the only place that says "too short".

use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

use crate::error::Fault;

/// Bytes of the stream from an offset on. Reading moves it forward; nothing is ever read past its
/// end.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
    bytes: &'a [u8],
    offset: u64,
}

impl<'a> Cursor<'a> {
    /// `offset` is where `bytes` begins in the stream.
    pub fn new(bytes: &'a [u8], offset: u64) -> Self {
        Self { bytes, offset }
    }

    /// Offset in the stream of the next byte to be read.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// What has not been read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    /// Bytes not read yet.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether all has been read.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The next `len` bytes.
    ///
    /// # Errors
    /// Damage in `what` if there are fewer; nothing is read then.
    pub fn take(&mut self, len: usize, what: &'static str) -> Result<&'a [u8], Fault> {
        let Some((taken, rest)) = self.bytes.split_at_checked(len) else {
            return Err(Fault::damage(self.offset, what));
        };
        self.bytes = rest;
        self.offset += len as u64;
        Ok(taken)
    }

    /// The next `len` bytes as a cursor of their own.
    ///
    /// # Errors
    /// Damage in `what` if there are fewer.
    pub fn split(&mut self, len: usize, what: &'static str) -> Result<Self, Fault> {
        let offset = self.offset;
        Ok(Self::new(self.take(len, what)?, offset))
    }

    /// The next bytes as a wire structure.
    ///
    /// # Errors
    /// Damage in `what` if there are too few.
    pub fn view<T>(&mut self, what: &'static str) -> Result<&'a T, Fault>
    where
        T: FromBytes + Immutable + KnownLayout + Unaligned,
    {
        let Ok((view, rest)) = T::ref_from_prefix(self.bytes) else {
            return Err(Fault::damage(self.offset, what));
        };
        self.bytes = rest;
        self.offset += size_of::<T>() as u64;
        Ok(view)
    }

    /// One byte.
    ///
    /// # Errors
    /// Damage in `what` if there is none.
    pub fn u8(&mut self, what: &'static str) -> Result<u8, Fault> {
        self.array(what).map(|[byte]| byte)
    }

    /// A little-endian 16-bit number.
    ///
    /// # Errors
    /// Damage in `what` if there are too few bytes.
    pub fn u16(&mut self, what: &'static str) -> Result<u16, Fault> {
        self.array(what).map(u16::from_le_bytes)
    }

    /// A little-endian 32-bit number.
    ///
    /// # Errors
    /// Damage in `what` if there are too few bytes.
    pub fn u32(&mut self, what: &'static str) -> Result<u32, Fault> {
        self.array(what).map(u32::from_le_bytes)
    }

    /// A little-endian 64-bit number.
    ///
    /// # Errors
    /// Damage in `what` if there are too few bytes.
    pub fn u64(&mut self, what: &'static str) -> Result<u64, Fault> {
        self.array(what).map(u64::from_le_bytes)
    }

    /// An LEB128 number of at most 5 bytes; bits beyond 32 are masked.
    ///
    /// # Errors
    /// Damage in `what` if it is longer or not whole.
    pub fn varu32(&mut self, what: &'static str) -> Result<u32, Fault> {
        let (mut value, start) = (0u32, self.offset);
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.u8(what)?;
            value |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Fault::damage(start, what))
    }

    /// An LEB128 number of at most 10 bytes; bits beyond 64 are masked.
    ///
    /// # Errors
    /// Damage in `what` if it is longer or not whole.
    pub fn varu64(&mut self, what: &'static str) -> Result<u64, Fault> {
        let (mut value, start) = (0u64, self.offset);
        for shift in (0..70).step_by(7) {
            let byte = self.u8(what)?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Fault::damage(start, what))
    }

    fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], Fault> {
        let Some((array, rest)) = self.bytes.split_first_chunk::<N>() else {
            return Err(Fault::damage(self.offset, what));
        };
        self.bytes = rest;
        self.offset += N as u64;
        Ok(*array)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_end_or_fail() {
        let mut cursor = Cursor::new(&[0x80, 0x01, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x80], 10);
        assert_eq!(cursor.varu32("v"), Ok(128));
        assert_eq!(cursor.varu32("v"), Ok(u32::MAX), "excess bits are masked");
        assert_eq!(cursor.varu32("v"), Err(Fault::damage(18, "v")));
        let mut cursor = Cursor::new(&[0x80; 12], 0);
        assert_eq!(cursor.varu64("v"), Err(Fault::damage(0, "v")));
    }

    #[test]
    fn nothing_is_read_past_the_end() {
        let mut cursor = Cursor::new(&[1, 2, 3], 5);
        assert_eq!(cursor.u32("w"), Err(Fault::damage(5, "w")));
        assert_eq!(cursor.take(2, "w"), Ok(&[1u8, 2][..]));
        assert_eq!((cursor.offset(), cursor.len()), (7, 1));
    }
}
