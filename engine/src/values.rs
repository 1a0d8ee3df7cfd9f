//! Payloads, read field by field: lazily, borrowed, and never beyond their end.

use crate::layout::{Count, Field, FieldId, Layout, MAX_DEPTH, Type};
use crate::payload::{Payload, fixed, until_nul};
use crate::value::Value;

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
    types: &'a [Type],
    fields: &'a [Field],
    payload: Payload<'a>,
    start: usize,
    at: usize,
    next: u32,
    pointer_size: u8,
    depth: u8,
    failed: bool,
}

impl<'a> Values<'a> {
    /// Reads `payload` as `layout` says; pointers have 4 or 8 bytes.
    #[inline]
    pub fn new(layout: &'a Layout, payload: &'a [u8], pointer_size: u8) -> Self {
        Self {
            layout,
            types: layout.types(),
            fields: layout.fields(),
            payload: Payload { bytes: payload },
            start: 0,
            at: 0,
            next: 0,
            pointer_size,
            depth: 0,
            failed: false,
        }
    }

    /// The bytes that have not been read: behind the last field, those that are not described.
    pub fn rest(&self) -> &'a [u8] {
        self.payload.from(self.at).unwrap_or_default()
    }

    /// Hands all fields that are left to `put`, in order. Faster than to ask for one after the other.
    ///
    /// # Errors
    /// A field does not fit; those before it were handed over.
    #[inline]
    pub fn each(&mut self, mut put: impl FnMut(&'a Field, Value<'a>)) -> Result<(), IllFormed> {
        while let Some(begun) = self.begin() {
            let (field, of) = begun?;
            let read = self.read_for(of, self.at, self.depth, |value, size| {
                put(field, value);
                size
            });
            let Some(size) = read else {
                return Err(self.fail());
            };
            (self.at, self.next) = (self.at + size, self.next + 1);
        }
        Ok(())
    }

    /// The value of one field of a payload. O(fields before it, from the first that does not always
    /// take the same bytes).
    #[inline]
    pub fn get(mut self, id: FieldId) -> Option<Value<'a>> {
        (self.next, self.at) = id.start(self.pointer_size);
        while (self.next as usize) < id.index() {
            self.step_over()?;
        }
        let of = self.types.get(self.fields.get(id.index())?.type_index as usize)?;
        self.read_for(of, self.at, self.depth, |value, _| value)
    }

    /// The next field that is given, and its type.
    #[inline]
    fn begin(&mut self) -> Option<Result<(&'a Field, &'a Type), IllFormed>> {
        if self.failed {
            return None;
        }
        let mut field = self.fields.get(self.next as usize)?;
        let mut of = self.types.get(field.type_index as usize);
        while let Some(Type::Pad(_) | Type::Tail) = of {
            if self.step_over().is_none() {
                return Some(Err(self.fail()));
            }
            field = self.fields.get(self.next as usize)?;
            of = self.types.get(field.type_index as usize);
        }
        Some(of.map(|of| (field, of)).ok_or_else(|| self.fail()))
    }

    #[cold]
    fn fail(&mut self) -> IllFormed {
        self.failed = true;
        IllFormed { at: self.at }
    }

    /// What they are described by.
    pub fn layout(&self) -> &'a Layout {
        self.layout
    }

    #[inline]
    fn type_at(&self, index: u32) -> Option<Type> {
        self.types.get(index as usize).copied()
    }

    /// Bytes of a type that always takes as many.
    #[inline]
    fn fixed(&self, of: Type) -> Option<usize> {
        fixed(of, self.pointer_size.into())
    }

    /// Passes over a field without reading it.
    #[inline]
    fn step_over(&mut self) -> Option<()> {
        let of = self.type_at(self.fields.get(self.next as usize)?.type_index)?;
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
            Count::If { field, count } => {
                Some((at, if self.number(field)? == 0 { 0 } else { count.into() }))
            }
        }
    }

    /// Bytes that a value of a type takes at `at`. The work is bounded by the payload: elements
    /// without bytes are not counted one by one.
    fn size(&self, of: Type, at: usize, depth: u8) -> Option<usize> {
        let size = match of {
            Type::Utf16Z => self.payload.utf16z(at)?.1,
            Type::AnsiZ => self.payload.ansiz(at)?.1,
            Type::Utf8Counted => 2 + usize::from(self.payload.u16(at)?),
            Type::Tail => self.payload.bytes.len().checked_sub(at)?,
            Type::VarInt | Type::VarUInt => self.payload.varint(at)?.1,
            Type::Object { first, count } => {
                let mut object = self.object(first, count, at, depth)?;
                while (object.next as usize) < object.fields.len() {
                    object.step_over()?;
                }
                object.at - at
            }
            Type::Array { element, count } => {
                let element = self.type_at(element)?;
                let (start, count) = self.elements(count, at)?;
                let end = self.end_of(element, start, count, depth.checked_add(1)?)?;
                end - at
            }
            _ => self.fixed(of)?,
        };
        (size <= self.payload.bytes.len().checked_sub(at)?).then_some(size)
    }

    /// Where `count` elements end that begin at `at`.
    fn end_of(&self, element: Type, at: usize, count: usize, depth: u8) -> Option<usize> {
        if u32::from(depth) > MAX_DEPTH {
            return None;
        }
        if let Some(size) = self.stride(element, depth) {
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

    /// Bytes of an element, if each takes as many: objects too whose fields all do.
    fn stride(&self, element: Type, depth: u8) -> Option<usize> {
        let Type::Object { first, count } = element else {
            return self.fixed(element);
        };
        if u32::from(depth) >= MAX_DEPTH {
            return None;
        }
        let fields = self.layout.object(first, count).iter();
        let sizes = fields.map(|field| self.fixed(self.type_at(field.type_index)?));
        sizes.sum::<Option<usize>>().filter(|size| *size > 0)
    }

    #[inline]
    fn object(&self, first: u32, count: u32, at: usize, depth: u8) -> Option<Values<'a>> {
        let depth = depth + 1;
        let fields = self.layout.object(first, count);
        let (next, start, failed) = (0, at, false);
        let is_seen = u32::from(depth) <= MAX_DEPTH;
        is_seen.then_some(Values { fields, start, at, next, depth, failed, ..*self })
    }

    /// Reads a value at `at`, and how many bytes it took.
    #[inline]
    fn read(&self, of: &Type, at: usize, depth: u8) -> Option<(Value<'a>, usize)> {
        self.read_for(of, at, depth, |value, size| (value, size))
    }

    /// Reads a value at `at` and hands it, and how many bytes it took, to `put`: where its type is
    /// known, so that the value need not be moved. To write it in parts and then to copy it as a
    /// whole costs more than all the rest.
    #[inline(always)]
    fn read_for<R>(
        &self,
        of: &Type,
        at: usize,
        depth: u8,
        put: impl FnOnce(Value<'a>, usize) -> R,
    ) -> Option<R> {
        let payload = self.payload;
        Some(match *of {
            Type::Bool8 => put(Value::Bool(payload.array(at)? != [0]), 1),
            Type::Int8 => put(Value::Signed(i8::from_le_bytes(payload.array(at)?).into()), 1),
            Type::UInt8 | Type::Char8 => {
                put(Value::Unsigned(u8::from_le_bytes(payload.array(at)?).into()), 1)
            }
            Type::Int16 => put(Value::Signed(i16::from_le_bytes(payload.array(at)?).into()), 2),
            Type::UInt16 => put(Value::Unsigned(payload.u16(at)?.into()), 2),
            Type::Bool32 => put(Value::Bool(payload.u32(at)? & 0xff != 0), 4),
            Type::Int32 => put(Value::Signed(i32::from_le_bytes(payload.array(at)?).into()), 4),
            Type::UInt32 => put(Value::Unsigned(payload.u32(at)?.into()), 4),
            Type::Int64 => put(Value::Signed(payload.u64(at)?.cast_signed()), 8),
            Type::UInt64 => put(Value::Unsigned(payload.u64(at)?), 8),
            Type::Float64 => put(Value::Float64(f64::from_le_bytes(payload.array(at)?)), 8),
            Type::Pointer if self.pointer_size == 8 => put(Value::Unsigned(payload.u64(at)?), 8),
            Type::Utf16Z => {
                let (text, size) = payload.utf16z(at)?;
                put(Value::Utf16(text), size)
            }
            _ => {
                let (value, size) = self.read_rest(of, at, depth)?;
                put(value, size)
            }
        })
    }

    /// The types that are met less often.
    #[inline(never)]
    fn read_rest(&self, of: &Type, at: usize, depth: u8) -> Option<(Value<'a>, usize)> {
        let payload = self.payload;
        Some(match *of {
            Type::Pointer => (Value::Unsigned(payload.u32(at)?.into()), 4),
            Type::Char16 => (Value::Char(payload.u16(at)?), 2),
            Type::Float32 => (Value::Float32(f32::from_le_bytes(payload.array(at)?)), 4),
            Type::FileTime => (Value::FileTime(payload.u64(at)?), 8),
            Type::Decimal => (Value::Decimal(payload.array(at)?), 16),
            Type::Guid => (Value::Guid(payload.array(at)?), 16),
            Type::AnsiZ => {
                let (text, size) = payload.ansiz(at)?;
                (Value::Utf8(text), size)
            }
            Type::Utf8Counted => {
                let size = self.size(*of, at, depth)?;
                (Value::Utf8(payload.bytes.get(at + 2..at + size)?), size)
            }
            Type::Text(len) => {
                let len = usize::from(len);
                (Value::Utf8(until_nul(payload.bytes.get(at..at + len)?)), len)
            }
            Type::VarUInt => {
                let (value, size) = payload.varint(at)?;
                (Value::Unsigned(value), size)
            }
            Type::VarInt => {
                let (value, size) = payload.varint(at)?;
                (Value::Signed((value >> 1).cast_signed() ^ -(value & 1).cast_signed()), size)
            }
            Type::Object { first, count } => {
                let size = self.size(*of, at, depth)?;
                (Value::Object(self.object(first, count, at, depth)?), size)
            }
            Type::Array { element, count } => {
                let size = self.size(*of, at, depth)?;
                let (start, count) = self.elements(count, at)?;
                (self.array(element, start, at + size, count, depth)?, size)
            }
            Type::RelLoc { element } => (self.located(element, at, at + 4, depth)?, 4),
            Type::DataLoc { element } => (self.located(element, at, 0, depth)?, 4),
            _ => return None,
        })
    }

    /// Elements elsewhere: a length in bytes and a distance from `base`, 16 bits each.
    fn located(&self, element: u32, at: usize, base: usize, depth: u8) -> Option<Value<'a>> {
        let (distance, len) = (self.payload.u16(at)?, usize::from(self.payload.u16(at + 2)?));
        let start = base + usize::from(distance);
        let end = start + len;
        let of = self.type_at(element)?;
        if of == Type::AnsiZ {
            return self.payload.bytes.get(start..end).map(|bytes| Value::Utf8(until_nul(bytes)));
        }
        let size = self.fixed(of)?;
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
        depth: u8,
    ) -> Option<Value<'a>> {
        let bytes = self.payload.bytes.get(start..end)?;
        let element = self.type_at(element)?;
        Some(match element {
            Type::Char16 => Value::Utf16(bytes),
            Type::Char8 => Value::Utf8(bytes),
            Type::UInt8 => Value::Bytes(bytes),
            _ => {
                let values = Values { at: start, depth: depth + 1, ..*self };
                let stride = self.stride(element, values.depth).unwrap_or(0);
                Value::Array(Elements { values, element, stride, left })
            }
        })
    }
}

#[expect(clippy::copy_iterator, reason = "a value is `Copy`, and these are values")]
impl<'a> Iterator for Values<'a> {
    type Item = Result<(&'a Field, Value<'a>), IllFormed>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (field, of) = match self.begin()? {
            Ok(begun) => begun,
            Err(error) => return Some(Err(error)),
        };
        let read = self.read_for(of, self.at, self.depth, |value, size| (size, Ok((field, value))));
        let Some((size, item)) = read else {
            return Some(Err(self.fail()));
        };
        (self.at, self.next) = (self.at + size, self.next + 1);
        Some(item)
    }
}

/// The elements of an array, in order. Those that take no bytes are given once.
#[derive(Clone, Copy, Debug)]
pub struct Elements<'a> {
    values: Values<'a>,
    element: Type,
    /// Bytes of each, if they all take as many; else 0.
    stride: usize,
    left: usize,
}

#[expect(clippy::copy_iterator, reason = "a value is `Copy`, and these are values")]
impl<'a> Iterator for Elements<'a> {
    type Item = Value<'a>;

    #[inline]
    fn next(&mut self) -> Option<Value<'a>> {
        self.left = self.left.checked_sub(1)?;
        let Values { at, depth, .. } = self.values;
        let (value, size) = match self.element {
            // Its fields need not be passed over to see whether they fit.
            Type::Object { first, count } if self.stride > 0 => {
                (Value::Object(self.values.object(first, count, at, depth)?), self.stride)
            }
            ref element => self.values.read(element, at, depth)?,
        };
        if size == 0 {
            self.left = 0;
        }
        self.values.at += size;
        Some(value)
    }
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
