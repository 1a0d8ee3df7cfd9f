//! Structures and scalars as they stand in messages, little-endian, without padding.

use zerocopy::little_endian::{U16, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::error::Error;

/// First bytes of a message.
pub(crate) const MAGIC: [u8; 14] = *b"DOTNET_IPC_V1\0";
/// First bytes of what a runtime says when it dials in.
pub(crate) const ADVERTISE: [u8; 8] = *b"ADVR_V1\0";

/// In front of every message and answer.
#[derive(Clone, Copy, Debug, FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct Header {
    pub magic: [u8; 14],
    /// Bytes of header and payload.
    pub size: U16,
    pub set: u8,
    pub id: u8,
    pub reserved: U16,
}
pub(crate) const HEADER: usize = size_of::<Header>();
const _: () = assert!(HEADER == 20);

/// What a runtime says when it dials in.
#[derive(Clone, Copy, Debug, FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct Advertise {
    pub magic: [u8; 8],
    pub cookie: [u8; 16],
    pub pid: U64,
    pub reserved: U16,
}
pub(crate) const ADVERTISE_LEN: usize = size_of::<Advertise>();
const _: () = assert!(ADVERTISE_LEN == 34);

/// Reads what a runtime sent. Nothing is read twice, nothing beyond the end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    left: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { left: bytes }
    }

    pub(crate) fn take(&mut self, len: usize, what: &'static str) -> Result<&'a [u8], Error> {
        let (taken, left) = self.left.split_at_checked(len).ok_or(Error::Reply(what))?;
        self.left = left;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], Error> {
        let (taken, left) = self.left.split_first_chunk::<N>().ok_or(Error::Reply(what))?;
        self.left = left;
        Ok(*taken)
    }

    pub(crate) fn u16(&mut self, what: &'static str) -> Result<u16, Error> {
        self.array(what).map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self, what: &'static str) -> Result<u32, Error> {
        self.array(what).map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self, what: &'static str) -> Result<u64, Error> {
        self.array(what).map(u64::from_le_bytes)
    }

    /// Text behind the number of its UTF-16 units, of which the last is a NUL. What is not UTF-16
    /// becomes U+FFFD.
    pub(crate) fn string(&mut self, what: &'static str) -> Result<String, Error> {
        let units = usize::try_from(self.u32(what)?).map_err(|_| Error::Reply(what))?;
        let bytes = self.take(units.checked_mul(2).ok_or(Error::Reply(what))?, what)?;
        let bytes = bytes.strip_suffix(&[0, 0]).unwrap_or(bytes);
        let (pairs, _) = bytes.as_chunks::<2>();
        let units = pairs.iter().map(|pair| u16::from_le_bytes(*pair));
        Ok(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
    }

    pub(crate) fn left(&self) -> &'a [u8] {
        self.left
    }
}

/// Writes a payload.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub(crate) fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn u64(&mut self, value: u64) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    /// The number of elements that follow.
    pub(crate) fn count(&mut self, count: usize) -> Result<(), Error> {
        self.u32(u32::try_from(count).map_err(|_| TOO_LONG)?);
        Ok(())
    }

    /// Text behind the number of its UTF-16 units, its NUL counted; no text is a 0 alone.
    pub(crate) fn string(&mut self, text: &str) -> Result<(), Error> {
        if text.is_empty() {
            self.u32(0);
            return Ok(());
        }
        self.count(text.encode_utf16().count() + 1)?;
        for unit in text.encode_utf16().chain([0]) {
            self.bytes.extend_from_slice(&unit.to_le_bytes());
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

/// More than the size field of a header can say.
pub(crate) const TOO_LONG: Error = Error::Request("a message of more than 65535 bytes");
