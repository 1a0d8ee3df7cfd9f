//! The fields of a payload as text, on one line:
//!
//! ```text
//! fields = [ field *( " " field ) ] [ " " note ]
//! field  = name "=" value | value                       ; of a field without a name
//! name   = plain | quoted                               ; quoted where it has other characters
//! value  = number | word | quoted | "[" [ value *( "," value ) ] "]" | "{" [ field *( "," field ) ] "}"
//! quoted = '"' characters '"'                           ; \" \\ \n \r \t \u{1b} in it
//! ```

use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::fmt::temporal::DateTimePrinter;
use tracemill::{Field, Map, Value, Values, utf8, utf16};

use crate::cli::text;

/// Appends the fields that are whole, and a note on what is left of the payload: bytes that no field
/// describes, or those that the next field does not fit in.
pub(super) fn write(out: &mut Vec<u8>, mut fields: Values<'_>) {
    let start = out.len();
    let missing = write_fields(out, &mut fields, b" ");
    let left = fields.rest().len() as u64;
    if missing.is_none() && left == 0 {
        return;
    }
    if out.len() > start {
        out.push(b' ');
    }
    match missing {
        None => {
            out.extend_from_slice(b"(+");
            text::decimal(out, left, 1);
            out.extend_from_slice(b" bytes not described)");
        }
        Some(field) if left == 0 => {
            out.extend_from_slice(b"(the payload ends before ");
            write_name(out, &field.name);
            out.push(b')');
        }
        Some(field) => {
            out.push(b'(');
            write_name(out, &field.name);
            out.extend_from_slice(b" does not fit in the ");
            text::decimal(out, left, 1);
            out.extend_from_slice(b" bytes that are left)");
        }
    }
}

/// Appends fields; the first that does not fit, if there is one.
fn write_fields<'a>(
    out: &mut Vec<u8>,
    fields: &mut Values<'a>,
    between: &[u8],
) -> Option<&'a Field> {
    for (number, field) in fields.by_ref().enumerate() {
        let Ok((field, value)) = field else {
            return fields.layout().fields().get(number);
        };
        if number > 0 {
            out.extend_from_slice(between);
        }
        if !field.name.is_empty() {
            write_name(out, &field.name);
            out.push(b'=');
        }
        write_named(out, field, value);
    }
    None
}

/// Appends a name, in quotes if it could be taken for something else.
fn write_name(out: &mut Vec<u8>, name: &str) {
    let is_plain =
        |char: char| char.is_alphanumeric() || matches!(char, '_' | '.' | '-' | '$' | '@');
    if !name.is_empty() && name.chars().all(is_plain) {
        out.extend_from_slice(name.as_bytes());
    } else {
        write_quoted(out, name.chars());
    }
}

/// Appends the value of a field, by name where its values have names.
pub(super) fn write_named(out: &mut Vec<u8>, field: &Field, value: Value<'_>) {
    match field.map.zip(number(value)) {
        Some((map, number)) if map.is_bits || map.name(number).is_some() => {
            write_names(out, map, number);
        }
        _ => write_value(out, value),
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
        Value::Char(unit) => write_quoted(out, utf16(&unit.to_le_bytes())),
        Value::Utf16(bytes) => write_quoted(out, utf16(bytes)),
        Value::Utf8(bytes) => write_quoted(out, utf8(bytes)),
        Value::Guid(guid) => text::guid(out, guid),
        Value::FileTime(ticks) => write_time(out, ticks),
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
            // One that is to be read was whole when it was stepped over.
            let _ = write_fields(out, &mut fields, b",");
            out.push(b'}');
        }
        value => {
            use std::io::Write;
            // Writing to memory does not fail.
            let _ = match value {
                Value::Float32(value) if is_short(value.into()) => write!(out, "{value}"),
                Value::Float64(value) if is_short(value) => write!(out, "{value}"),
                // With an exponent.
                Value::Float32(value) => write!(out, "{value:?}"),
                Value::Float64(value) => write!(out, "{value:?}"),
                _ => Ok(()),
            };
        }
    }
}

/// Whether a number is written without an exponent: else it may have hundreds of digits.
fn is_short(value: f64) -> bool {
    value == 0.0 || (1e-5..1e16).contains(&value.abs())
}

/// Appends text in quotes, with `\\` before quotes and backslashes in it.
fn write_quoted(out: &mut Vec<u8>, chars: impl Iterator<Item = char>) {
    out.push(b'"');
    for char in chars {
        match char {
            ' ' | '!' | '#'..='[' | ']'..='~' => out.extend(u8::try_from(char)),
            '"' | '\\' => out.extend([b'\\', if char == '"' { b'"' } else { b'\\' }]),
            _ => text::escape(out, char.encode_utf8(&mut [0; 4])),
        }
    }
    out.push(b'"');
}

/// Appends 100 ns since 1601 as a time of RFC 3339, or as they are beyond the year 9999.
fn write_time(out: &mut Vec<u8>, ticks: u64) {
    const UNIX: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
    const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(9));
    let since = i128::from(ticks) - 116_444_736_000_000_000;
    match UNIX.checked_add(SignedDuration::from_nanos_i128(100 * since)) {
        Ok(time) => {
            let _ = PRINTER.print_datetime(&time, &mut *out);
            out.push(b'Z');
        }
        Err(_) => text::decimal(out, ticks, 1),
    }
}
