//! Fields of a payload and their types, as each version describes them.

use crate::bytes::Put;

/// A field of a payload.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Field name.
    pub name: String,
    /// Field type.
    pub kind: Type,
}

/// The type codes of fields.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// 1: the fields one behind the other.
    Object(Vec<Field>),
    /// 3: 4 bytes.
    Boolean32,
    /// 4: 2 bytes; an array of it is text.
    Utf16CodeUnit,
    /// 5: 1 byte.
    SByte,
    /// 6: 1 byte.
    Byte,
    /// 7: 2 bytes.
    Int16,
    /// 8: 2 bytes.
    UInt16,
    /// 9: 4 bytes.
    Int32,
    /// 10: 4 bytes.
    UInt32,
    /// 11: 8 bytes.
    Int64,
    /// 12: 8 bytes.
    UInt64,
    /// 13: 4 bytes.
    Single,
    /// 14: 8 bytes.
    Double,
    /// 15: 16 bytes.
    Decimal,
    /// 16: 8 bytes, FILETIME.
    DateTime,
    /// 17: 16 bytes.
    Guid,
    /// 18: UTF-16 up to a zero code unit.
    Utf16Z,
    /// 19: u16 count, then the elements. Not legal in a V1 field list, where it is written all the same.
    Array(Box<Type>),
    /// 20: zig-zag LEB128 (V6).
    VarInt,
    /// 21: LEB128 (V6).
    VarUInt,
    /// 22: a fixed number of elements (V6).
    FixedLengthArray(Box<Type>, u16),
    /// 23: 1 byte; an array of it is text (V6).
    Utf8CodeUnit,
    /// 24: u32 of byte length << 16 | offset from behind itself (V6).
    RelLoc(Box<Type>),
    /// 25: u32 of byte length << 16 | offset from the payload's start (V6).
    DataLoc(Box<Type>),
    /// 26: 1 byte (V6).
    Boolean8,
    /// Any other code, 8 bits of it in V6, without anything behind it.
    Other(u32),
}

impl Field {
    /// A field.
    pub fn new(name: &str, kind: Type) -> Self {
        Self { name: name.into(), kind }
    }
}

impl Type {
    /// An array, `u16` count on the wire.
    pub fn array(element: Type) -> Self {
        Self::Array(Box::new(element))
    }

    /// The type's code.
    pub fn code(&self) -> u32 {
        match self {
            Self::Object(_) => 1,
            Self::Boolean32 => 3,
            Self::Utf16CodeUnit => 4,
            Self::SByte => 5,
            Self::Byte => 6,
            Self::Int16 => 7,
            Self::UInt16 => 8,
            Self::Int32 => 9,
            Self::UInt32 => 10,
            Self::Int64 => 11,
            Self::UInt64 => 12,
            Self::Single => 13,
            Self::Double => 14,
            Self::Decimal => 15,
            Self::DateTime => 16,
            Self::Guid => 17,
            Self::Utf16Z => 18,
            Self::Array(_) => 19,
            Self::VarInt => 20,
            Self::VarUInt => 21,
            Self::FixedLengthArray(..) => 22,
            Self::Utf8CodeUnit => 23,
            Self::RelLoc(_) => 24,
            Self::DataLoc(_) => 25,
            Self::Boolean8 => 26,
            Self::Other(code) => *code,
        }
    }
}

/// Type before name.
pub(super) fn put_fields_v1(out: &mut Vec<u8>, fields: &[Field]) {
    out.put_u32(fields.len() as u32);
    for field in fields {
        put_type_v5(out, &field.kind, put_fields_v1);
        out.put_utf16z(&field.name);
    }
}

/// Name before type, each field led by its size, which counts itself.
pub(super) fn put_fields_v2(out: &mut Vec<u8>, fields: &[Field]) {
    out.put_u32(fields.len() as u32);
    for field in fields {
        let mut body = Vec::new();
        body.put_utf16z(&field.name);
        put_type_v5(&mut body, &field.kind, put_fields_v2);
        out.put_u32(body.len() as u32 + 4);
        out.put_bytes(&body);
    }
}

/// Up to V5: 32-bit codes. The types of V6 have no legal shape here and are written alike.
fn put_type_v5(out: &mut Vec<u8>, kind: &Type, nested: fn(&mut Vec<u8>, &[Field])) {
    out.put_u32(kind.code());
    match kind {
        Type::Object(fields) => nested(out, fields),
        Type::Array(element) | Type::RelLoc(element) | Type::DataLoc(element) => {
            put_type_v5(out, element, nested);
        }
        Type::FixedLengthArray(element, count) => {
            put_type_v5(out, element, nested);
            out.put_u16(*count);
        }
        _ => {}
    }
}

pub(super) fn put_fields_v6(out: &mut Vec<u8>, fields: &[Field]) {
    out.put_u16(fields.len() as u16);
    for field in fields {
        let mut body = Vec::new();
        body.put_string(&field.name);
        put_type_v6(&mut body, &field.kind);
        out.put_sized16(&body);
    }
}

fn put_type_v6(out: &mut Vec<u8>, kind: &Type) {
    out.put_u8(kind.code() as u8);
    match kind {
        Type::Object(fields) => put_fields_v6(out, fields),
        Type::Array(element) | Type::RelLoc(element) | Type::DataLoc(element) => {
            put_type_v6(out, element);
        }
        Type::FixedLengthArray(element, count) => {
            put_type_v6(out, element);
            out.put_u16(*count);
        }
        _ => {}
    }
}
