//! Values as `TraceEvent`'s samples show them.

use serde_json::Value as Json;
use tracemill::{Guid, Value, utf16};
use tracemill_test_support::forms;

/// Elements that a sample shows of an array.
const ELEMENTS: usize = 32;
/// Bytes that a sample shows of an array of bytes.
const BYTES: usize = 64;
/// Ticks of 100 ns from 0001-01-01 to 1601-01-01.
const DOTNET_EPOCH: u64 = 504_911_232_000_000_000;

/// Whether a sample shows this value.
pub fn agrees(theirs: &Json, ours: Value<'_>) -> bool {
    let integer = |value: &dyn std::fmt::Display| match theirs {
        Json::Number(number) => number.to_string() == value.to_string(),
        // Those of more than 15 digits.
        Json::String(text) => *text == value.to_string(),
        _ => false,
    };
    let text = |ours: String| theirs.as_str() == Some(&*ours);
    match ours {
        Value::Bool(value) => theirs.as_bool() == Some(value),
        Value::Unsigned(value) => integer(&value),
        Value::Signed(value) => integer(&value),
        Value::Float32(value) => same(theirs, value.into(), f32::EPSILON.into()),
        Value::Float64(value) => same(theirs, value, f64::EPSILON),
        Value::FileTime(ticks) => text(format!("ticks:{}", ticks.wrapping_add(DOTNET_EPOCH))),
        Value::Guid(wire) => text(Guid(wire).to_string()),
        Value::Char(unit) => text(utf16(&unit.to_le_bytes()).collect()),
        Value::Utf16(bytes) => text(utf16(bytes).collect()),
        Value::Utf8(bytes) => text(String::from_utf8_lossy(bytes).into_owned()),
        Value::Bytes(bytes) => {
            let mut shown = format!("hex:{}:", bytes.len());
            forms::write(Value::Bytes(&bytes[..bytes.len().min(BYTES)]), &mut shown);
            text(shown)
        }
        Value::Array(elements) => theirs.as_array().is_some_and(|theirs| {
            let ours: Vec<_> = elements.collect();
            let all = ours.len() == theirs.len() && ours.len() <= ELEMENTS;
            let more = theirs.get(ELEMENTS).and_then(Json::as_str);
            let shown = theirs.iter().zip(&ours).take(ELEMENTS);
            (all || more == Some(&format!("... {} in all", ours.len())))
                && shown.into_iter().all(|(theirs, ours)| agrees(theirs, *ours))
        }),
        Value::Object(fields) => theirs.as_object().is_some_and(|theirs| {
            let ours: Vec<_> = fields.flatten().collect();
            theirs.len() == ours.len()
                && ours.iter().all(|(field, value)| {
                    theirs.get(&*field.name).is_some_and(|theirs| agrees(theirs, *value))
                })
        }),
        _ => false,
    }
}

fn same(theirs: &Json, ours: f64, epsilon: f64) -> bool {
    if !ours.is_finite() {
        // "Infinity", "-Infinity", "NaN".
        return theirs.as_str().and_then(|text| text.parse::<f64>().ok()).map(f64::to_bits)
            == Some(ours.to_bits());
    }
    theirs.as_f64().is_some_and(|theirs| (theirs - ours).abs() <= ours.abs() * epsilon)
}

/// A field that only `TraceEvent` has, as its hash takes it in: always this value.
pub fn text(theirs: &Json) -> String {
    match theirs {
        Json::String(text) => text.strip_prefix("ticks:").unwrap_or(text).to_owned(),
        other => other.to_string(),
    }
}
