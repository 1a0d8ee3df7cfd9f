//! What stands in a field, and its text.

use crate::arena::Arena;
use crate::values::{Elements, Values};

/// A value of a payload, borrowed from it. `Copy`; nothing is converted before it is asked for.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
// A tag of its own, as wide as what follows it: parts that are written narrow and read wide make the
// processor wait, and a tag in a niche of `Elements` was written as two bytes.
#[repr(u64)]
pub enum Value<'a> {
    /// True or false.
    Bool(bool),
    /// A UTF-16 code unit.
    Char(u16),
    /// An integer without sign, of whatever width.
    Unsigned(u64),
    /// An integer with sign, of whatever width.
    Signed(i64),
    /// IEEE 754, 32 bits.
    Float32(f32),
    /// IEEE 754, 64 bits.
    Float64(f64),
    /// A .NET decimal as on the wire.
    Decimal([u8; 16]),
    /// 100 ns since 1601-01-01 UTC.
    FileTime(u64),
    /// A GUID as on the wire: its first three parts are little-endian.
    Guid([u8; 16]),
    /// Text in UTF-16, little-endian, as on the wire; see [`utf16`].
    Utf16(&'a [u8]),
    /// Text in UTF-8, as on the wire: it may be ill-formed; see [`utf8`].
    Utf8(&'a [u8]),
    /// Bytes.
    Bytes(&'a [u8]),
    /// Elements of one type.
    Array(Elements<'a>),
    /// Fields of an object.
    Object(Values<'a>),
}

impl Value<'_> {
    /// The value as a number without sign, if it is one.
    pub fn as_u64(&self) -> Option<u64> {
        match *self {
            Self::Unsigned(value) | Self::FileTime(value) => Some(value),
            Self::Signed(value) => u64::try_from(value).ok(),
            Self::Bool(value) => Some(value.into()),
            _ => None,
        }
    }
}

impl<'a> Value<'a> {
    /// The value as UTF-8, if it is text. Borrowed from the payload if it is well-formed UTF-8
    /// there, else converted into `arena`, with U+FFFD for what is ill-formed. `None` too if the
    /// arena's limit is reached. O(bytes).
    ///
    /// ```
    /// use tracemill_engine::{Arena, Value};
    ///
    /// let arena = Arena::with_limit(1 << 16);
    /// assert_eq!(Value::Utf16(b"h\0\xe9\0").to_utf8(&arena), Some("hé"));
    /// assert_eq!(Value::Utf8("hé".as_bytes()).to_utf8(&arena), Some("hé"));
    /// assert_eq!(Value::Unsigned(5).to_utf8(&arena), None);
    /// ```
    pub fn to_utf8<'s>(&self, arena: &'s Arena) -> Option<&'s str>
    where
        'a: 's,
    {
        match *self {
            Self::Utf16(bytes) => arena.alloc_chars(utf16(bytes)),
            Self::Utf8(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Some(text),
                Err(_) => arena.alloc_chars(utf8(bytes)),
            },
            _ => None,
        }
    }
}

/// Decodes UTF-16 as it stands on the wire; what is ill-formed becomes U+FFFD.
pub fn utf16(bytes: &[u8]) -> impl Iterator<Item = char> + Clone + '_ {
    let units = bytes.chunks_exact(2).map(|unit| unit.try_into().map_or(0, u16::from_le_bytes));
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
}

/// Decodes UTF-8 as it stands on the wire; what is ill-formed becomes U+FFFD, as
/// [`String::from_utf8_lossy`] has it.
///
/// ```
/// assert!(tracemill_engine::utf8(b"h\xc3\xa9\xff").eq(['h', 'é', '\u{fffd}']));
/// ```
pub fn utf8(bytes: &[u8]) -> impl Iterator<Item = char> + Clone + '_ {
    bytes.utf8_chunks().flat_map(|chunk| {
        let replaced = (!chunk.invalid().is_empty()).then_some(char::REPLACEMENT_CHARACTER);
        chunk.valid().chars().chain(replaced)
    })
}
