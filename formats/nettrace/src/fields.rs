//! How metadata describes payloads (specification section 4).

use tracemill_engine::{Count, Cursor, Fault, Field, Layout, MAX_DEPTH, Type};

use crate::rows::text;

/// How a list of fields is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// V1 to V5: type before name.
    V1,
    /// The `V2Params` tag of V5: size, name, type.
    V2,
    /// V6: size, name, type.
    V6,
}

/// Makes the layout of a class, field list by field list.
#[derive(Debug)]
pub(crate) struct Builder {
    /// Fields of objects, those of an object side by side.
    nested: Vec<Field>,
    /// Types; the plain ones come first, by code.
    types: Vec<Type>,
    /// Bytes that may still be taken.
    left: usize,
}

/// Why a list of fields did not become a layout.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Failure {
    /// It is ill-formed.
    IllFormed(Fault),
    /// It would take more bytes than are left.
    Limit,
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::IllFormed(fault)
    }
}

impl Builder {
    /// A layout of at most `limit` bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self { nested: Vec::new(), types: Vec::new(), left: limit }
    }

    /// Reads the list of fields of a payload.
    ///
    /// # Errors
    /// The first place that does not fit, or the limit.
    pub(crate) fn layout(
        mut self,
        cursor: &mut Cursor<'_>,
        written: Written,
    ) -> Result<Layout, Failure> {
        let mut fields = self.list(cursor, written, 0)?;
        // Fields of objects come behind those of the payload.
        let count = u32::try_from(fields.len()).map_err(|_| Failure::Limit)?;
        fields.append(&mut self.nested);
        for of in &mut self.types {
            if let Type::Object { first, .. } = of {
                *first += count;
            }
        }
        Ok(Layout::new(fields, self.types, count))
    }

    fn list(
        &mut self,
        cursor: &mut Cursor<'_>,
        written: Written,
        depth: u32,
    ) -> Result<Vec<Field>, Failure> {
        let what = "field list: runs past the end of the metadata";
        if depth > MAX_DEPTH {
            let what = "field list: nested too deep";
            return Err(Fault::damage(cursor.offset(), what).into());
        }
        let count = match written {
            Written::V6 => cursor.u16(what)?.into(),
            Written::V1 | Written::V2 => cursor.u32(what)?,
        };
        let mut fields = Vec::new();
        for _ in 0..count {
            let (name, type_index) = match written {
                Written::V1 => {
                    let type_index = self.field_type(cursor, written, depth)?;
                    (utf16z(cursor, what)?, type_index)
                }
                Written::V2 => {
                    // The size counts itself.
                    let size = cursor.u32(what)?.checked_sub(4);
                    let size = size.ok_or(Fault::damage(cursor.offset(), what))?;
                    let mut inner = cursor.split(size as usize, what)?;
                    let name = utf16z(&mut inner, what)?;
                    (name, self.field_type(&mut inner, written, depth)?)
                }
                Written::V6 => {
                    let size = cursor.u16(what)?;
                    let mut inner = cursor.split(size.into(), what)?;
                    let name = String::from_utf8_lossy(text(&mut inner)?).into_owned();
                    (name, self.field_type(&mut inner, written, depth)?)
                }
            };
            self.take(size_of::<Field>() + name.len())?;
            fields.push(Field { name: name.into(), type_index, map: None });
        }
        Ok(fields)
    }

    /// Reads a type and gives its index.
    fn field_type(
        &mut self,
        cursor: &mut Cursor<'_>,
        written: Written,
        depth: u32,
    ) -> Result<u32, Failure> {
        let what = "field type: runs past the end of the metadata";
        let offset = cursor.offset();
        if depth > MAX_DEPTH {
            return Err(Fault::damage(offset, "field type: nested too deep").into());
        }
        let code = match written {
            Written::V6 => cursor.u8(what)?,
            Written::V1 | Written::V2 => u8::try_from(cursor.u32(what)?).unwrap_or(0),
        };
        let of = match (code, written) {
            (1, _) => {
                let mut fields = self.list(cursor, written, depth + 1)?;
                let first = u32::try_from(self.nested.len()).map_err(|_| Failure::Limit)?;
                let count = u32::try_from(fields.len()).map_err(|_| Failure::Limit)?;
                self.nested.append(&mut fields);
                Type::Object { first, count }
            }
            (19, Written::V2 | Written::V6) => {
                let element = self.field_type(cursor, written, depth + 1)?;
                Type::Array { element, count: Count::U16 }
            }
            (22, Written::V6) => {
                let element = self.field_type(cursor, written, depth + 1)?;
                Type::Array { element, count: Count::Fixed(cursor.u16(what)?) }
            }
            (24, Written::V6) => {
                Type::RelLoc { element: self.field_type(cursor, written, depth + 1)? }
            }
            (25, Written::V6) => {
                Type::DataLoc { element: self.field_type(cursor, written, depth + 1)? }
            }
            _ => plain(code, written).ok_or(Fault::damage(offset, "field type: unknown code"))?,
        };
        self.take(size_of::<Type>())?;
        self.types.push(of);
        u32::try_from(self.types.len() - 1).map_err(|_| Failure::Limit)
    }

    fn take(&mut self, bytes: usize) -> Result<(), Failure> {
        self.left = self.left.checked_sub(bytes).ok_or(Failure::Limit)?;
        Ok(())
    }
}

/// A type without parts, by its code.
fn plain(code: u8, written: Written) -> Option<Type> {
    Some(match code {
        3 => Type::Bool32,
        4 => Type::Char16,
        5 => Type::Int8,
        6 => Type::UInt8,
        7 => Type::Int16,
        8 => Type::UInt16,
        9 => Type::Int32,
        10 => Type::UInt32,
        11 => Type::Int64,
        12 => Type::UInt64,
        13 => Type::Float32,
        14 => Type::Float64,
        15 => Type::Decimal,
        16 => Type::FileTime,
        17 => Type::Guid,
        18 => Type::Utf16Z,
        20 if written == Written::V6 => Type::VarInt,
        21 if written == Written::V6 => Type::VarUInt,
        23 if written == Written::V6 => Type::Char8,
        26 if written == Written::V6 => Type::Bool8,
        _ => return None,
    })
}

/// Text in UTF-16 up to a NUL, which is read too.
pub(crate) fn utf16z(cursor: &mut Cursor<'_>, what: &'static str) -> Result<String, Fault> {
    let units = cursor.rest().chunks_exact(2);
    let Some(len) = units.clone().position(|unit| unit == [0, 0]) else {
        return Err(Fault::damage(cursor.offset(), what));
    };
    let bytes = cursor.take(2 * len + 2, what)?;
    Ok(tracemill_engine::utf16(bytes.get(..2 * len).unwrap_or_default()).collect())
}
