//! `TraceLogging`: events that carry their own description, a blob of names and types.
//!
//! In a file of ETW it is the item `EVENT_SCHEMA_TL` beside an event. An event's number is 0 then, as
//! a rule: what tells kinds apart is the blob.
//!
//! ```text
//! u16 size of all | tags | name\0 | fields to the end
//! field:  name\0 | u8 type (5 bits), count (2), 0x80: out type follows
//!         [u8 out type (7 bits), 0x80: tags follow] [tags] [u16 count, if fixed]
//! tags:   7 bits a byte, 0x80: more follow
//! ```
//!
//! ```
//! let blob = [&[18, 0, 0][..], b"Moved\0", b"x\0", &[7], b"name\0", &[1]].concat();
//! let schema = tracemill_conventions::trace_logging::parse(&blob).unwrap();
//! assert_eq!(schema.name, "Moved");
//! assert_eq!(schema.layout.fields()[1].name, "name");
//! ```

use tracemill_engine::{Count, Field, Layout, Type};

use crate::builder::Builder;

/// What an event says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// Its name.
    pub name: String,
    /// Tags of the event, 28 bits, of whatever meaning to its provider.
    pub tags: u32,
    /// Its fields. Counted UTF-16 comes as bytes, since a layout has no type for it; a `SID` and a
    /// `SYSTEMTIME` as objects of their parts.
    pub layout: Layout,
}

/// Fields of an event at most, those of its structures included; Windows reads 128.
pub const MAX_FIELDS: usize = 1_024;

/// Structures in each other at most.
const MAX_NESTED: u32 = 8;

/// Reads a description. `None` if it is damaged. Takes memory in proportion to `blob`.
pub fn parse(blob: &[u8]) -> Option<Schema> {
    let (size, _) = blob.split_first_chunk::<2>()?;
    let mut blob = Blob(blob.get(2..usize::from(u16::from_le_bytes(*size)))?);
    let tags = blob.tags()?;
    let name = blob.text()?;
    let mut reader = Reader::default();
    let mut payload = Vec::new();
    while !blob.0.is_empty() {
        payload.push(reader.field(&mut blob, 0)?);
    }
    Some(Schema { name, tags, layout: reader.builder.layout(payload)? })
}

/// What is left of a blob.
struct Blob<'a>(&'a [u8]);

impl Blob<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    fn u16(&mut self) -> Option<u16> {
        let (bytes, rest) = self.0.split_first_chunk::<2>()?;
        self.0 = rest;
        Some(u16::from_le_bytes(*bytes))
    }

    /// Text up to a NUL.
    fn text(&mut self) -> Option<String> {
        let len = self.0.iter().position(|byte| *byte == 0)?;
        let text = String::from_utf8_lossy(self.0.get(..len)?).into_owned();
        self.0 = self.0.get(len + 1..)?;
        Some(text)
    }

    /// The upper 7 of 28 bits first.
    fn tags(&mut self) -> Option<u32> {
        let (mut tags, mut shift) = (0, 21_u32);
        loop {
            let byte = self.byte()?;
            tags |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(tags);
            }
            shift = shift.checked_sub(7)?;
        }
    }
}

#[derive(Default)]
struct Reader {
    builder: Builder,
    fields: usize,
}

impl Reader {
    /// Reads a field, and if it is a structure, those in it.
    fn field(&mut self, blob: &mut Blob<'_>, depth: u32) -> Option<Field> {
        self.fields += 1;
        if self.fields > MAX_FIELDS || depth > MAX_NESTED {
            return None;
        }
        let name = blob.text()?;
        let coded = blob.byte()?;
        let out = if coded & 0x80 != 0 { blob.byte()? } else { 0 };
        if out & 0x80 != 0 {
            blob.tags()?;
        }
        let count = match coded & 0x60 {
            0 => None,
            0x20 => Some(Count::Fixed(blob.u16()?)),
            0x40 => Some(Count::U16),
            // Of a form of its own: bytes behind their length.
            _ => {
                let len = blob.u16()?;
                blob.0 = blob.0.get(usize::from(len)..)?;
                let bytes = self.builder.array(Type::UInt8, Count::U16)?;
                return self.builder.named(name, bytes);
            }
        };
        let one = match coded & 0x1f {
            24 => {
                let count = out & 0x7f;
                let members: Option<Vec<_>> =
                    (0..count).map(|_| self.field(blob, depth + 1)).collect();
                self.builder.object(members?)?
            }
            code => self.simple(code, out & 0x7f)?,
        };
        let of = match count {
            Some(count) => self.builder.array(one, count)?,
            None => one,
        };
        self.builder.named(name, of)
    }

    /// A type other than a structure.
    fn simple(&mut self, code: u8, out: u8) -> Option<Type> {
        Some(match (code, out) {
            // Of no bytes.
            (0, _) => Type::Object { first: 0, count: 0 },
            (1, _) => Type::Utf16Z,
            (2, _) => Type::AnsiZ,
            (3, _) => Type::Int8,
            (4, TEXT) => Type::Char8,
            (4, BOOL) => Type::Bool8,
            (4, _) => Type::UInt8,
            (5, _) => Type::Int16,
            (6, TEXT) => Type::Char16,
            (6, _) => Type::UInt16,
            (7, _) => Type::Int32,
            (8 | 20, _) => Type::UInt32,
            (9, _) => Type::Int64,
            (10 | 21, _) => Type::UInt64,
            (11, _) => Type::Float32,
            (12, _) => Type::Float64,
            (13, _) => Type::Bool32,
            (14 | 22 | 25, _) => self.builder.array(Type::UInt8, Count::U16)?,
            (15, _) => Type::Guid,
            (16, _) => Type::Pointer,
            (17, _) => Type::FileTime,
            (18, _) => self.builder.system_time()?,
            (19, _) => self.builder.sid()?,
            (23, _) => self.builder.array(Type::Char8, Count::U16)?,
            _ => return None,
        })
    }
}

/// How numbers are to be shown.
const TEXT: u8 = 2;
const BOOL: u8 = 3;

#[cfg(test)]
mod tests;
