//! The fields of a payload as text.

use tracemill::{Map, Value, Values, utf16};

use crate::cli::text;

/// Appends `name=value` for each field that is whole, on one line, and how many bytes of the payload
/// are left that no field describes.
pub(super) fn write(out: &mut Vec<u8>, mut fields: Values<'_>) {
    let start = out.len();
    write_fields(out, &mut fields, b" ");
    let left = fields.rest().len() as u64;
    if left > 0 {
        out.extend_from_slice(if out.len() > start { b" (+" } else { b"(" });
        text::decimal(out, left, 1);
        out.extend_from_slice(b" bytes not described)");
    }
}

fn write_fields(out: &mut Vec<u8>, fields: &mut Values<'_>, between: &[u8]) {
    let mut is_first = true;
    for field in fields.by_ref() {
        if !std::mem::take(&mut is_first) {
            out.extend_from_slice(between);
        }
        match field {
            Ok((field, value)) => {
                text::escape(out, &field.name);
                out.push(b'=');
                match field.map.zip(number(value)) {
                    Some((map, number)) if map.is_bits || map.name(number).is_some() => {
                        write_names(out, map, number);
                    }
                    _ => write_value(out, value),
                }
            }
            Err(_) => out.extend_from_slice(b"(the next field does not fit)"),
        }
    }
}

/// The value of an enumeration or of a set of bits.
fn number(value: Value<'_>) -> Option<u64> {
    match value {
        Value::Signed(value) => Some(value.cast_unsigned()),
        value => value.as_u64(),
    }
}

fn write_names(out: &mut Vec<u8>, map: &Map, value: u64) {
    use std::io::Write;
    // Writing to memory does not fail.
    let _ = write!(out, "{}", map.names(value));
}

/// Appends a value: text in quotes, with `\\` before quotes and backslashes in it.
pub(super) fn write_value(out: &mut Vec<u8>, value: Value<'_>) {
    match value {
        Value::Bool(value) => out.extend_from_slice(if value { b"true" } else { b"false" }),
        Value::Unsigned(value) => text::decimal(out, value, 1),
        Value::Signed(value) => {
            if value < 0 {
                out.push(b'-');
            }
            text::decimal(out, value.unsigned_abs(), 1);
        }
        Value::Char(unit) => write_chars(out, utf16(&unit.to_le_bytes())),
        Value::Utf16(bytes) => {
            out.push(b'"');
            write_quoted(out, utf16(bytes));
            out.push(b'"');
        }
        Value::Utf8(bytes) => {
            out.push(b'"');
            let chunks = bytes.utf8_chunks();
            write_quoted(
                out,
                chunks.flat_map(|chunk| {
                    let bad = (!chunk.invalid().is_empty()).then_some(char::REPLACEMENT_CHARACTER);
                    chunk.valid().chars().chain(bad)
                }),
            );
            out.push(b'"');
        }
        Value::Guid(guid) => text::guid(out, guid),
        Value::FileTime(ticks) => match utc_ns(ticks) {
            Some(ns) => text::instant(out, ns),
            None => text::decimal(out, ticks, 1),
        },
        Value::Bytes(bytes) => text::hex(out, bytes),
        Value::Decimal(bytes) => text::hex(out, &bytes),
        Value::Array(elements) => {
            out.push(b'[');
            for (at, element) in elements.enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write_value(out, element);
            }
            out.push(b']');
        }
        Value::Object(mut fields) => {
            out.push(b'{');
            write_fields(out, &mut fields, b",");
            out.push(b'}');
        }
        value => {
            use std::io::Write;
            // Writing to memory does not fail.
            let _ = match value {
                Value::Float32(value) => write!(out, "{value}"),
                Value::Float64(value) => write!(out, "{value}"),
                _ => Ok(()),
            };
        }
    }
}

fn write_quoted(out: &mut Vec<u8>, chars: impl Iterator<Item = char>) {
    for char in chars {
        match char {
            ' ' | '!' | '#'..='[' | ']'..='~' => out.extend(u8::try_from(char)),
            '"' | '\\' => out.extend([b'\\', if char == '"' { b'"' } else { b'\\' }]),
            _ => text::escape(out, char.encode_utf8(&mut [0; 4])),
        }
    }
}

fn write_chars(out: &mut Vec<u8>, chars: impl Iterator<Item = char>) {
    for char in chars {
        text::escape(out, char.encode_utf8(&mut [0; 4]));
    }
}

/// FILETIME as nanoseconds since 1970, if it is one that fits.
fn utc_ns(ticks: u64) -> Option<i64> {
    let ticks = i64::try_from(ticks).ok()?.checked_sub(116_444_736_000_000_000)?;
    ticks.checked_mul(100)
}
