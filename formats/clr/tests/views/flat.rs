//! Values that can be compared.

use tracemill_engine::{Value, Values};

/// Name and value of a field or element.
pub type Row<'a> = (&'a str, Flat<'a>);

/// A value that is neither an array nor an object.
#[derive(Debug, PartialEq)]
pub enum Flat<'a> {
    /// Its kind and bits.
    Number(&'static str, u64),
    /// Its kind and bytes.
    Bytes(&'static str, &'a [u8]),
    Guid([u8; 16]),
}

pub fn flat<'a>(value: &Value<'a>) -> Flat<'a> {
    match *value {
        Value::Bool(value) => Flat::Number("bool", value.into()),
        Value::Unsigned(value) => Flat::Number("unsigned", value),
        Value::Signed(value) => Flat::Number("signed", value.cast_unsigned()),
        Value::Float32(value) => Flat::Number("f32", value.to_bits().into()),
        Value::Float64(value) => Flat::Number("f64", value.to_bits()),
        Value::FileTime(value) => Flat::Number("time", value),
        Value::Guid(bytes) => Flat::Guid(bytes),
        Value::Utf16(bytes) => Flat::Bytes("utf-16", bytes),
        Value::Utf8(bytes) => Flat::Bytes("utf-8", bytes),
        Value::Bytes(bytes) => Flat::Bytes("bytes", bytes),
        ref other => panic!("{other:?}"),
    }
}

/// All that the engine's reader reads, in the order of views, and what is behind it. `None` if
/// something does not fit.
pub fn flatten<'a>(mut values: Values<'a>, rows: &mut Vec<Row<'a>>) -> Option<&'a [u8]> {
    for field in values.by_ref() {
        let (field, value) = field.ok()?;
        push(&field.name, value, rows);
    }
    Some(values.rest())
}

fn push<'a>(name: &'a str, value: Value<'a>, rows: &mut Vec<Row<'a>>) {
    match value {
        Value::Array(elements) => elements.for_each(|element| push(name, element, rows)),
        Value::Object(fields) => {
            flatten(fields, rows).expect("an array is whole");
        }
        simple => rows.push((name, flat(&simple))),
    }
}
