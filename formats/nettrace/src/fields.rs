//! How metadata describes payloads (specification section 4).

use tracemill_engine::{Cursor, EventClass, Fault};

use crate::metadata;
use crate::rows::text;

/// Objects and arrays inside of each other that are followed.
const MAX_DEPTH: u32 = 32;

/// A field of a payload, or of an object in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type.
    pub field_type: FieldType,
}

/// Type of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldType {
    /// A type without parts, by its code: 3 to 18, 20, 21, 23 and 26 of the specification.
    Plain(u8),
    /// Fields one after the other.
    Object(Fields),
    /// A 16-bit number of elements, and the elements.
    Array(Box<FieldType>),
    /// A number of elements that the metadata tells.
    FixedLengthArray(Box<FieldType>, u16),
    /// Elements elsewhere in the payload, relative to this place.
    RelLoc(Box<FieldType>),
    /// Elements elsewhere in the payload, relative to its start.
    DataLoc(Box<FieldType>),
}

/// Fields in the order of the payload.
pub type Fields = Vec<Field>;

/// The fields that the stream describes for a class; none where it describes none or where their
/// description is ill-formed. Reads the description anew and allocates; O(bytes of it).
pub fn fields(class: &EventClass) -> Fields {
    metadata::fields_of(class.definition(), class.dialect())
}

/// How a list of fields is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// V1 to V5: type before name.
    V1,
    /// The `V2Params` tag of V5: size, name, type.
    V2,
    /// V6: size, name, type.
    V6,
}

/// Reads a list of fields. Makes a tree of them only if it is to be kept: checking a description
/// costs no memory, however large it is.
///
/// # Errors
/// The first place that does not fit.
pub(crate) fn list(
    cursor: &mut Cursor<'_>,
    layout: Layout,
    keep: bool,
    depth: u32,
) -> Result<Fields, Fault> {
    let what = "field list: runs past the end of the metadata";
    if depth > MAX_DEPTH {
        return Err(Fault::damage(cursor.offset(), "field list: nested too deep"));
    }
    let count = match layout {
        Layout::V6 => cursor.u16(what)?.into(),
        Layout::V1 | Layout::V2 => cursor.u32(what)?,
    };
    let mut fields = Vec::new();
    for _ in 0..count {
        let field = match layout {
            Layout::V1 => {
                let field_type = field_type(cursor, layout, keep, depth)?;
                Field { name: utf16z(cursor, keep, what)?, field_type }
            }
            Layout::V2 => {
                let size = cursor.u32(what)?;
                // The size counts itself.
                let size = size.checked_sub(4).ok_or(Fault::damage(cursor.offset(), what))?;
                let mut inner = cursor.split(size as usize, what)?;
                let name = utf16z(&mut inner, keep, what)?;
                Field { name, field_type: field_type(&mut inner, layout, keep, depth)? }
            }
            Layout::V6 => {
                let size = cursor.u16(what)?;
                let mut inner = cursor.split(size.into(), what)?;
                let name = text(&mut inner)?;
                let name = if keep { String::from_utf8_lossy(name).into() } else { String::new() };
                Field { name, field_type: field_type(&mut inner, layout, keep, depth)? }
            }
        };
        if keep {
            fields.push(field);
        }
    }
    Ok(fields)
}

fn field_type(
    cursor: &mut Cursor<'_>,
    layout: Layout,
    keep: bool,
    depth: u32,
) -> Result<FieldType, Fault> {
    let what = "field type: runs past the end of the metadata";
    let offset = cursor.offset();
    if depth > MAX_DEPTH {
        return Err(Fault::damage(offset, "field type: nested too deep"));
    }
    let code = match layout {
        Layout::V6 => cursor.u8(what)?,
        Layout::V1 | Layout::V2 => u8::try_from(cursor.u32(what)?).unwrap_or(0),
    };
    let mut element = || field_type(cursor, layout, keep, depth + 1).map(Box::new);
    Ok(match (code, layout) {
        (1, _) => FieldType::Object(list(cursor, layout, keep, depth + 1)?),
        (3..=18, _) | (20 | 21 | 23 | 26, Layout::V6) => FieldType::Plain(code),
        (19, Layout::V2 | Layout::V6) => FieldType::Array(element()?),
        (22, Layout::V6) => {
            let element = element()?;
            FieldType::FixedLengthArray(element, cursor.u16(what)?)
        }
        (24, Layout::V6) => FieldType::RelLoc(element()?),
        (25, Layout::V6) => FieldType::DataLoc(element()?),
        _ => return Err(Fault::damage(offset, "field type: unknown code")),
    })
}

/// Text in UTF-16 up to a NUL, which is read too. Empty if it is not to be kept.
pub(crate) fn utf16z(
    cursor: &mut Cursor<'_>,
    keep: bool,
    what: &'static str,
) -> Result<String, Fault> {
    let units = cursor.rest().chunks_exact(2);
    let Some(len) = units.clone().position(|unit| unit == [0, 0]) else {
        return Err(Fault::damage(cursor.offset(), what));
    };
    let bytes = cursor.take(2 * len + 2, what)?;
    if !keep {
        return Ok(String::new());
    }
    let units = bytes.chunks_exact(2).take(len);
    let units = units.map(|unit| unit.try_into().map_or(0, u16::from_le_bytes));
    Ok(char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}
