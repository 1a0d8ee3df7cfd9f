//! Text and numbers of variable size, borrowed as they stand in the payload.

use std::fmt::{self, Write};

use tracemill_engine::{utf8, utf16};

/// Text in UTF-16, little-endian, as on the wire. Nothing is converted before it is shown, compared
/// or read by characters.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Utf16<'a>(pub(crate) &'a [u8]);

impl<'a> Utf16<'a> {
    /// Its bytes, without the NUL.
    #[inline]
    pub fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// Its characters; what is ill-formed becomes U+FFFD.
    pub fn chars(self) -> impl Iterator<Item = char> + 'a {
        utf16(self.0)
    }

    /// Whether it is empty.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Utf16<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.chars().try_for_each(|letter| f.write_char(letter))
    }
}

impl fmt::Debug for Utf16<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        self.chars().flat_map(char::escape_debug).try_for_each(|letter| f.write_char(letter))?;
        f.write_char('"')
    }
}

impl PartialEq<str> for Utf16<'_> {
    fn eq(&self, other: &str) -> bool {
        self.chars().eq(other.chars())
    }
}

impl PartialEq<&str> for Utf16<'_> {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

/// Text in UTF-8 as on the wire: it may be ill-formed.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Utf8<'a>(pub(crate) &'a [u8]);

impl<'a> Utf8<'a> {
    /// Its bytes, without length or NUL.
    #[inline]
    pub fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// It as a string.
    ///
    /// # Errors
    /// If it is ill-formed.
    pub fn to_str(self) -> Result<&'a str, std::str::Utf8Error> {
        std::str::from_utf8(self.0)
    }

    /// Whether it is empty.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Utf8<'_> {
    /// What is ill-formed becomes U+FFFD.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        utf8(self.0).try_for_each(|letter| f.write_char(letter))
    }
}

impl fmt::Debug for Utf8<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

impl PartialEq<str> for Utf8<'_> {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl PartialEq<&str> for Utf8<'_> {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

/// Text at the start of `bytes`, up to a NUL or the end: it, and the bytes it takes with the NUL.
pub(crate) fn utf16z(bytes: &[u8]) -> (&[u8], usize) {
    match bytes.chunks_exact(2).position(|unit| unit == [0, 0]) {
        Some(len) => (bytes.get(..2 * len).unwrap_or_default(), 2 * len + 2),
        None => (bytes.get(..bytes.len() & !1).unwrap_or_default(), bytes.len()),
    }
}

/// The same for text in single bytes.
pub(crate) fn utf8z(bytes: &[u8]) -> (&[u8], usize) {
    match bytes.iter().position(|byte| *byte == 0) {
        Some(len) => (bytes.get(..len).unwrap_or_default(), len + 1),
        None => (bytes, bytes.len()),
    }
}

/// Text behind its length in bytes, 16 bits: it, and the bytes it takes with its length.
pub(crate) fn counted(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let (len, rest) = bytes.split_first_chunk::<2>()?;
    let len = usize::from(u16::from_le_bytes(*len));
    Some((rest.get(..len)?, len + 2))
}

/// An LEB128 number and the bytes it takes, 10 at most.
pub(crate) fn var_u64(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0;
    for (place, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * place);
        if *byte < 0x80 {
            return Some((value, place + 1));
        }
    }
    None
}
