//! Payloads, read field by field: lazily, borrowed, and never beyond their end.

use crate::arena::Arena;
use crate::layout::{Count, Field, FieldId, Layout, MAX_DEPTH, Type};

/// A value of a payload, borrowed from it. `Copy`; nothing is converted before it is asked for.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
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
    /// Text in UTF-8, as on the wire: it may be ill-formed.
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
                Err(_) => arena.alloc_chars(bytes.utf8_chunks().flat_map(|chunk| {
                    let ill_formed = !chunk.invalid().is_empty();
                    let replaced = ill_formed.then_some(char::REPLACEMENT_CHARACTER);
                    chunk.valid().chars().chain(replaced)
                })),
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

/// A payload ends inside of a field, or a length in it points outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IllFormed {
    /// Where the field begins, in bytes from the start of the payload.
    pub at: usize,
}

impl std::fmt::Display for IllFormed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "payload: field does not fit (at byte {} of the payload)", self.at)
    }
}

impl std::error::Error for IllFormed {}

/// The fields of a payload or of an object, in order. Stops at the first that does not fit.
#[derive(Clone, Copy, Debug)]
pub struct Values<'a> {
    layout: &'a Layout,
    fields: &'a [Field],
    next: usize,
    payload: Payload<'a>,
    start: usize,
    at: usize,
    depth: u32,
    failed: bool,
}

/// A payload, whole: places in it may be relative to its start.
#[derive(Clone, Copy, Debug)]
struct Payload<'a> {
    bytes: &'a [u8],
    pointer_size: usize,
}

impl<'a> Values<'a> {
    /// Reads `payload` as `layout` says; pointers have 4 or 8 bytes.
    pub fn new(layout: &'a Layout, payload: &'a [u8], pointer_size: u8) -> Self {
        let payload = Payload { bytes: payload, pointer_size: pointer_size.into() };
        let fields = layout.fields();
        Self { layout, fields, next: 0, payload, start: 0, at: 0, depth: 0, failed: false }
    }

    /// The bytes that have not been read: behind the last field, those that are not described.
    pub fn rest(&self) -> &'a [u8] {
        self.payload.bytes.get(self.at..).unwrap_or_default()
    }

    /// The value of one field. O(fields before it).
    pub fn get(mut self, id: FieldId) -> Option<Value<'a>> {
        for _ in 0..id.index() {
            self.step_over()?;
        }
        self.next()?.ok().map(|(_, value)| value)
    }

    /// What they are described by.
    pub fn layout(&self) -> &'a Layout {
        self.layout
    }

    fn type_of(&self, at: usize) -> Option<Type> {
        self.layout.type_at(self.fields.get(at)?.type_index)
    }

    /// Passes over a field without reading it.
    fn step_over(&mut self) -> Option<()> {
        let of = self.type_of(self.next)?;
        let len = self.size(of, self.at, self.depth)?;
        (self.at, self.next) = (self.at + len, self.next + 1);
        Some(())
    }

    /// The number in an earlier field of this object.
    fn number(&self, field: u16) -> Option<usize> {
        let mut before = Self { next: 0, at: self.start, ..*self };
        for _ in 0..field {
            before.step_over()?;
        }
        let (_, value) = before.next()?.ok()?;
        usize::try_from(value.as_u64()?).ok()
    }

    /// Elements of an array at `at`: where they begin and how many there are.
    fn elements(&self, count: Count, at: usize) -> Option<(usize, usize)> {
        match count {
            Count::U16 => Some((at + 2, self.payload.u16(at)?.into())),
            Count::Fixed(count) => Some((at, count.into())),
            Count::Field(field) => Some((at, self.number(field)?)),
        }
    }

    /// Bytes that a value of a type takes at `at`. The work is bounded by the payload: elements
    /// without bytes are not counted one by one.
    fn size(&self, of: Type, at: usize, depth: u32) -> Option<usize> {
        let size = match of {
            Type::Utf16Z => self.payload.utf16z(at)?.1,
            Type::AnsiZ => self.payload.ansiz(at)?.1,
            Type::Utf8Counted => 2 + usize::from(self.payload.u16(at)?),
            Type::Tail => self.payload.bytes.len().checked_sub(at)?,
            Type::VarInt | Type::VarUInt => self.payload.varint(at)?.1,
            Type::Object { first, count } => {
                let mut object = self.object(first, count, at, depth)?;
                while object.next < object.fields.len() {
                    object.step_over()?;
                }
                object.at - at
            }
            Type::Array { element, count } => {
                let element = self.layout.type_at(element)?;
                let (start, count) = self.elements(count, at)?;
                let end = self.end_of(element, start, count, depth.checked_add(1)?)?;
                end - at
            }
            _ => fixed(of, self.payload.pointer_size)?,
        };
        (size <= self.payload.bytes.len().checked_sub(at)?).then_some(size)
    }

    /// Where `count` elements end that begin at `at`.
    fn end_of(&self, element: Type, at: usize, count: usize, depth: u32) -> Option<usize> {
        if depth > MAX_DEPTH {
            return None;
        }
        if let Some(size) = fixed(element, self.payload.pointer_size) {
            return at.checked_add(size.checked_mul(count)?);
        }
        let mut end = at;
        for _ in 0..count {
            let size = self.size(element, end, depth)?;
            if size == 0 {
                // What took no bytes once never does.
                break;
            }
            end += size;
        }
        Some(end)
    }

    fn object(&self, first: u32, count: u32, at: usize, depth: u32) -> Option<Values<'a>> {
        let depth = depth + 1;
        let fields = self.layout.object(first, count);
        let (next, start, failed) = (0, at, false);
        (depth <= MAX_DEPTH).then_some(Values { fields, next, start, at, depth, failed, ..*self })
    }

    /// Reads a value at `at`, and how many bytes it took.
    fn read(&self, of: Type, at: usize, depth: u32) -> Option<(Value<'a>, usize)> {
        let size = self.size(of, at, depth)?;
        let bytes = self.payload.bytes.get(at..at + size)?;
        let unsigned =
            || bytes.iter().rev().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
        let value = match of {
            Type::Bool32 | Type::Bool8 => Value::Bool(bytes.first()? != &0),
            Type::Char16 => Value::Char(self.payload.u16(at)?),
            Type::Char8
            | Type::UInt8
            | Type::UInt16
            | Type::UInt32
            | Type::UInt64
            | Type::Pointer => Value::Unsigned(unsigned()),
            Type::Int8 | Type::Int16 | Type::Int32 | Type::Int64 => {
                let unused = 64 - 8 * size;
                Value::Signed((unsigned() << unused).cast_signed() >> unused)
            }
            Type::Float32 => Value::Float32(f32::from_le_bytes(bytes.try_into().ok()?)),
            Type::Float64 => Value::Float64(f64::from_le_bytes(bytes.try_into().ok()?)),
            Type::Decimal => Value::Decimal(bytes.try_into().ok()?),
            Type::FileTime => Value::FileTime(unsigned()),
            Type::Guid => Value::Guid(bytes.try_into().ok()?),
            Type::Utf16Z => Value::Utf16(self.payload.utf16z(at)?.0),
            Type::AnsiZ => Value::Utf8(self.payload.ansiz(at)?.0),
            Type::Utf8Counted => Value::Utf8(bytes.get(2..)?),
            Type::Text(_) => Value::Utf8(text(bytes)),
            Type::Pad(_) | Type::Tail => Value::Bytes(bytes),
            Type::VarUInt => Value::Unsigned(self.payload.varint(at)?.0),
            Type::VarInt => {
                let value = self.payload.varint(at)?.0;
                Value::Signed((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
            }
            Type::Object { first, count } => Value::Object(self.object(first, count, at, depth)?),
            Type::Array { element, count } => {
                let (start, count) = self.elements(count, at)?;
                self.array(element, start, at + size, count, depth)?
            }
            Type::RelLoc { element } => self.located(element, at, at + 4, depth)?,
            Type::DataLoc { element } => self.located(element, at, 0, depth)?,
        };
        Some((value, size))
    }

    /// Elements elsewhere: a length in bytes and a distance from `base`, 16 bits each.
    fn located(&self, element: u32, at: usize, base: usize, depth: u32) -> Option<Value<'a>> {
        let (distance, len) = (self.payload.u16(at)?, usize::from(self.payload.u16(at + 2)?));
        let start = base + usize::from(distance);
        let end = start + len;
        if self.layout.type_at(element)? == Type::AnsiZ {
            return self.payload.bytes.get(start..end).map(|bytes| Value::Utf8(text(bytes)));
        }
        let size = fixed(self.layout.type_at(element)?, self.payload.pointer_size)?;
        if end > self.payload.bytes.len() || size == 0 {
            return None;
        }
        self.array(element, start, end, len / size, depth)
    }

    fn array(
        &self,
        element: u32,
        start: usize,
        end: usize,
        left: usize,
        depth: u32,
    ) -> Option<Value<'a>> {
        let bytes = self.payload.bytes.get(start..end)?;
        let element = self.layout.type_at(element)?;
        Some(match element {
            Type::Char16 => Value::Utf16(bytes),
            Type::Char8 => Value::Utf8(bytes),
            Type::UInt8 => Value::Bytes(bytes),
            _ => {
                let values = Values { at: start, depth: depth + 1, ..*self };
                Value::Array(Elements { values, element, left })
            }
        })
    }
}

#[expect(clippy::copy_iterator, reason = "a value is `Copy`, and these are values")]
impl<'a> Iterator for Values<'a> {
    type Item = Result<(&'a Field, Value<'a>), IllFormed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let mut field = self.fields.get(self.next)?;
        let mut of = self.layout.type_at(field.type_index);
        while let Some(Type::Pad(_) | Type::Tail) = of {
            if self.step_over().is_none() {
                self.failed = true;
                return Some(Err(IllFormed { at: self.at }));
            }
            field = self.fields.get(self.next)?;
            of = self.layout.type_at(field.type_index);
        }
        let Some((value, size)) = of.and_then(|of| self.read(of, self.at, self.depth)) else {
            self.failed = true;
            return Some(Err(IllFormed { at: self.at }));
        };
        (self.at, self.next) = (self.at + size, self.next + 1);
        Some(Ok((field, value)))
    }
}

/// The elements of an array, in order. Those that take no bytes are given once.
#[derive(Clone, Copy, Debug)]
pub struct Elements<'a> {
    values: Values<'a>,
    element: Type,
    left: usize,
}

#[expect(clippy::copy_iterator, reason = "a value is `Copy`, and these are values")]
impl<'a> Iterator for Elements<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        self.left = self.left.checked_sub(1)?;
        let (value, size) = self.values.read(self.element, self.values.at, self.values.depth)?;
        if size == 0 {
            self.left = 0;
        }
        self.values.at += size;
        Some(value)
    }
}

impl<'a> Payload<'a> {
    fn u16(&self, at: usize) -> Option<u16> {
        self.bytes.get(at..)?.first_chunk::<2>().map(|bytes| u16::from_le_bytes(*bytes))
    }

    /// Text in UTF-16 up to a NUL or the end, and the bytes it takes with the NUL.
    fn utf16z(&self, at: usize) -> Option<(&'a [u8], usize)> {
        let bytes = self.bytes.get(at..)?;
        let len = bytes.chunks_exact(2).position(|unit| unit == [0, 0]);
        match len {
            Some(len) => Some((bytes.get(..2 * len)?, 2 * len + 2)),
            None => Some((bytes.get(..bytes.len() & !1)?, bytes.len())),
        }
    }

    /// 8-bit text up to a NUL or the end, and the bytes it takes with the NUL.
    fn ansiz(&self, at: usize) -> Option<(&'a [u8], usize)> {
        let bytes = self.bytes.get(at..)?;
        match bytes.iter().position(|byte| *byte == 0) {
            Some(len) => Some((bytes.get(..len)?, len + 1)),
            None => Some((bytes, bytes.len())),
        }
    }

    /// An LEB128 number and the bytes it takes, 10 at most.
    fn varint(&self, at: usize) -> Option<(u64, usize)> {
        let mut value = 0;
        for (at, byte) in self.bytes.get(at..)?.iter().take(10).enumerate() {
            value |= u64::from(byte & 0x7f) << (7 * at);
            if *byte < 0x80 {
                return Some((value, at + 1));
            }
        }
        None
    }
}

/// 8-bit text up to a NUL or the end.
fn text(bytes: &[u8]) -> &[u8] {
    let len = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    bytes.get(..len).unwrap_or(bytes)
}

/// Bytes of a type that always takes as many.
fn fixed(of: Type, pointer_size: usize) -> Option<usize> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_passed_over_and_text_ends_at_a_nul() {
        let types = vec![
            Type::UInt8,
            Type::Pad(3),
            Type::Text(4),
            Type::AnsiZ,
            Type::DataLoc { element: 3 },
            Type::Tail,
        ];
        let field =
            |name: &'static str, type_index| Field { name: name.into(), type_index, map: None };
        let fields = vec![field("a", 0), field("", 1), field("b", 2), field("c", 4), field("", 5)];
        let layout = Layout::new(fields, types, 5);
        let payload = b"\x07???ab\0c\x0c\0\x03\0xy\0--";
        let mut values = Values::new(&layout, payload, 8);
        let texts: Vec<(&str, String)> = values
            .by_ref()
            .map(|value| value.unwrap())
            .map(|(field, value)| (&*field.name, format!("{value:?}")))
            .collect();
        let text = |text: &[u8]| format!("{:?}", Value::Utf8(text));
        let expected = [("a", "Unsigned(7)".to_owned()), ("b", text(b"ab")), ("c", text(b"xy"))];
        assert_eq!(texts, expected);
        assert!(values.rest().is_empty());
        let mut short = Values::new(&layout, b"\x07??", 8);
        assert!(short.next().unwrap().is_ok());
        assert_eq!(short.next().map(|value| value.is_err()), Some(true));
        assert!(short.next().is_none());
    }
}
