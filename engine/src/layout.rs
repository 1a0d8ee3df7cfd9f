//! How the payload of an event class is laid out: fields in order, types by index.
//!
//! A layout is two flat lists, so that it can be a constant as well as built from a stream. Fields of
//! the payload come first; the fields of objects follow wherever an object's type says.

use std::borrow::Cow;
use std::fmt;

use crate::payload::fixed;

/// Types inside of each other that are followed.
pub const MAX_DEPTH: u32 = 32;

/// Fields of a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    fields: Cow<'static, [Field]>,
    types: Cow<'static, [Type]>,
    /// How many of `fields` are those of the payload itself.
    count: u32,
    repeats_names: bool,
}

/// A field of a payload, or of an object in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name; may be empty.
    pub name: Cow<'static, str>,
    /// Its type, an index of [`Layout::types`].
    pub type_index: u32,
    /// Names of its values, if it is an enumeration or a set of bits.
    pub map: Option<&'static Map>,
}

/// Names of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Map {
    /// Whether values are sets of bits.
    pub is_bits: bool,
    /// Value and name.
    pub names: &'static [(u64, &'static str)],
}

impl Map {
    /// The name of exactly this value. O(names).
    pub fn name(&self, value: u64) -> Option<&'static str> {
        self.names.iter().find(|(known, _)| *known == value).map(|(_, name)| *name)
    }

    /// The names that a value has: that of the value; of a set of bits, those whose bits all are in
    /// it. They are looked up as they are asked for.
    pub fn names(&self, value: u64) -> Names {
        Names { left: self.names.iter(), value, is_bits: self.is_bits }
    }
}

/// The names that a value has, in the order of the [`Map`].
///
/// As text they are joined by `|`; bits without a name follow in hexadecimal. A value without a
/// name is its number.
#[derive(Clone, Debug)]
pub struct Names {
    left: std::slice::Iter<'static, (u64, &'static str)>,
    value: u64,
    is_bits: bool,
}

impl Names {
    fn has(&self, known: u64) -> bool {
        let is_in = self.is_bits && known != 0 && self.value & known == known;
        is_in || self.value == known
    }

    fn next_pair(&mut self) -> Option<(u64, &'static str)> {
        let found = self.left.clone().position(|(known, _)| self.has(*known))?;
        self.left.nth(found).copied()
    }
}

impl Iterator for Names {
    type Item = &'static str;

    fn next(&mut self) -> Option<&'static str> {
        self.next_pair().map(|(_, name)| name)
    }
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut names, mut unnamed, mut separator) = (self.clone(), self.value, "");
        while let Some((bits, name)) = names.next_pair() {
            write!(f, "{separator}{name}")?;
            (separator, unnamed) = ("|", unnamed & !bits);
        }
        match (separator, self.is_bits) {
            ("", false) => write!(f, "{}", self.value),
            (_, true) if unnamed != 0 || separator.is_empty() => {
                write!(f, "{separator}{unnamed:#x}")
            }
            _ => Ok(()),
        }
    }
}

/// What stands in the payload. Little-endian, not aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Type {
    /// 4 bytes; true if the lowest is not 0.
    Bool32,
    /// 1 byte; true if not 0.
    Bool8,
    /// A UTF-16 code unit. An array of them is text.
    Char16,
    /// A UTF-8 code unit. An array of them is text.
    Char8,
    /// 1 byte, signed.
    Int8,
    /// 1 byte. An array of them is bytes.
    UInt8,
    /// 2 bytes, signed.
    Int16,
    /// 2 bytes.
    UInt16,
    /// 4 bytes, signed.
    Int32,
    /// 4 bytes.
    UInt32,
    /// 8 bytes, signed.
    Int64,
    /// 8 bytes.
    UInt64,
    /// 4 or 8 bytes, as the trace's pointer size.
    Pointer,
    /// 4 bytes, IEEE 754.
    Float32,
    /// 8 bytes, IEEE 754.
    Float64,
    /// 16 bytes, a .NET decimal.
    Decimal,
    /// 8 bytes: 100 ns since 1601-01-01 UTC.
    FileTime,
    /// 16 bytes.
    Guid,
    /// UTF-16 up to a NUL, or to the end of the payload.
    Utf16Z,
    /// 8-bit text up to a NUL, or to the end of the payload.
    AnsiZ,
    /// UTF-8 behind its length in bytes, 16 bits.
    Utf8Counted,
    /// 8-bit text in so many bytes, up to a NUL if there is one.
    Text(u16),
    /// So many bytes that say nothing: not given as a field.
    Pad(u16),
    /// All that is left, and says nothing by itself: padding, and what located fields refer to. Not
    /// given as a field.
    Tail,
    /// LEB128 with zig-zag.
    VarInt,
    /// LEB128.
    VarUInt,
    /// The fields `first..first + count` of [`Layout::fields`], one after the other.
    Object {
        /// Index of the first.
        first: u32,
        /// How many.
        count: u32,
    },
    /// Elements one after the other.
    Array {
        /// Their type, an index of [`Layout::types`].
        element: u32,
        /// How many.
        count: Count,
    },
    /// 4 bytes: length in bytes (high half) and place of elements, from the end of these 4 bytes.
    RelLoc {
        /// Their type.
        element: u32,
    },
    /// 4 bytes: length in bytes (high half) and place of elements, from the start of the payload.
    /// Of [`AnsiZ`](Self::AnsiZ), it is one text, as is one of [`RelLoc`](Self::RelLoc).
    DataLoc {
        /// Their type.
        element: u32,
    },
}

/// How many elements an array has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Count {
    /// A 16-bit number in front of them.
    U16,
    /// Always so many.
    Fixed(u16),
    /// As many as the value of an earlier field of the same object, by its place in it.
    Field(u16),
    /// So many if the value of an earlier field is not 0, else none.
    If {
        /// The place of that field in the same object.
        field: u16,
        /// How many.
        count: u16,
    },
}

impl Layout {
    /// A layout of constant lists. The first `count` fields are the payload's. No two fields of one
    /// object have the same name.
    pub const fn of(fields: &'static [Field], types: &'static [Type], count: u32) -> Self {
        let (fields, types) = (Cow::Borrowed(fields), Cow::Borrowed(types));
        Self { fields, types, count, repeats_names: false }
    }

    /// A layout of lists made at run time. The first `count` fields are the payload's.
    pub fn new(fields: Vec<Field>, types: Vec<Type>, count: u32) -> Self {
        let mut names: Vec<&str> = fields.iter().map(|field| &*field.name).collect();
        names.sort_unstable();
        let repeats_names = names.windows(2).any(|pair| matches!(pair, [a, b] if a == b));
        Self { fields: Cow::Owned(fields), types: Cow::Owned(types), count, repeats_names }
    }

    /// The fields of the payload itself.
    pub fn fields(&self) -> &[Field] {
        self.fields.get(..self.count as usize).unwrap_or_default()
    }

    /// The fields of an object.
    pub fn object(&self, first: u32, count: u32) -> &[Field] {
        let fields = self.fields.get(first as usize..);
        fields.and_then(|fields| fields.get(..count as usize)).unwrap_or_default()
    }

    /// All types, those of elements included.
    pub fn types(&self) -> &[Type] {
        &self.types
    }

    /// The type at an index.
    pub fn type_at(&self, index: u32) -> Option<Type> {
        self.types.get(index as usize).copied()
    }

    /// The field of this name, to be looked up once for each class.
    pub fn field(&self, name: &str) -> Option<FieldId> {
        self.field_at(self.fields().iter().position(|field| field.name == name)?)
    }

    /// The field at this place of the payload.
    pub fn field_at(&self, index: usize) -> Option<FieldId> {
        let fields = self.fields();
        fields.get(index)?;
        let mut id = FieldId { index: u32::try_from(index).ok()?, first: 0, bytes: 0, pointers: 0 };
        for field in fields.iter().take(index) {
            match self.type_at(field.type_index)? {
                Type::Pointer => id.pointers = id.pointers.checked_add(1)?,
                of => match fixed(of, 0).and_then(|size| u32::try_from(size).ok()) {
                    Some(size) => id.bytes = id.bytes.checked_add(size)?,
                    None => break,
                },
            }
            id.first += 1;
        }
        Some(id)
    }

    /// Whether two fields have the same name, of one object or of different ones. If so,
    /// [`field`](Self::field) finds the first of them in the payload.
    pub fn repeats_names(&self) -> bool {
        self.repeats_names
    }

    /// Whether it describes no field.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Bytes it takes.
    pub fn bytes(&self) -> usize {
        let names: usize = self.fields.iter().map(|field| field.name.len()).sum();
        names + size_of_val(&*self.fields) + size_of_val(&*self.types)
    }
}

/// A field of a class, found by its name once. It is the field of that layout alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FieldId {
    index: u32,
    /// The first field whose beginning differs between payloads, or this one; and how many bytes and
    /// pointers are in front of it.
    first: u32,
    bytes: u32,
    pointers: u32,
}

impl FieldId {
    /// Its place among the fields of the payload.
    #[inline]
    pub fn index(self) -> usize {
        self.index as usize
    }

    /// A field from which on one has to look for it, and where that begins.
    #[inline]
    pub(crate) fn start(self, pointer_size: u8) -> (u32, usize) {
        (self.first, self.bytes as usize + self.pointers as usize * usize::from(pointer_size))
    }
}

#[cfg(test)]
mod tests;
