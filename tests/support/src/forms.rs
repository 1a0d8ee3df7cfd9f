//! Values as the corpus's truths write them.

use std::fmt::Write;

use tracemill_engine::{Guid, Value, Values, utf16};

/// Ticks of 100 ns from 0001-01-01, where .NET begins, to 1601-01-01.
const DOTNET_EPOCH: u64 = 504_911_232_000_000_000;

/// Lines `name=value` of the fields that are whole; the fields behind them are at `values` then.
pub fn lines(values: &mut Values<'_>, out: &mut String) -> bool {
    for field in values.by_ref() {
        let Ok((field, value)) = field else {
            return false;
        };
        out.push_str(&field.name);
        out.push('=');
        write(value, out);
        out.push('\n');
    }
    true
}

/// A value.
pub fn write(value: Value<'_>, out: &mut String) {
    // Writing to a string does not fail.
    let _ = match value {
        Value::Bool(value) => write!(out, "{value}"),
        Value::Char(unit) => {
            out.extend(utf16(&unit.to_le_bytes()));
            Ok(())
        }
        Value::Unsigned(value) => write!(out, "{value}"),
        Value::Signed(value) => write!(out, "{value}"),
        Value::Float32(value) => write!(out, "{:08x}", value.to_bits()),
        Value::Float64(value) => write!(out, "{:016x}", value.to_bits()),
        Value::Decimal(bytes) => hex(&bytes, out),
        Value::FileTime(ticks) => write!(out, "{}", ticks.wrapping_add(DOTNET_EPOCH)),
        Value::Guid(bytes) => write!(out, "{}", Guid(bytes)),
        Value::Utf16(bytes) => {
            out.extend(utf16(bytes));
            Ok(())
        }
        Value::Utf8(bytes) => {
            out.push_str(&String::from_utf8_lossy(bytes));
            Ok(())
        }
        Value::Bytes(bytes) => hex(bytes, out),
        Value::Array(elements) => {
            out.push('[');
            for (at, element) in elements.enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(element, out);
            }
            out.push(']');
            Ok(())
        }
        Value::Object(fields) => {
            out.push('{');
            for (at, (field, value)) in fields.flatten().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                out.push_str(&field.name);
                out.push('=');
                write(value, out);
            }
            out.push('}');
            Ok(())
        }
        _ => Ok(()),
    };
}

fn hex(bytes: &[u8], out: &mut String) -> std::fmt::Result {
    bytes.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
}
