//! The fields of a payload as a JSON object, and what is to be said beside it.
//!
//! Numbers, text and keys are written by `serde_json`; but for text of the usual characters, which is
//! its own JSON.

use std::borrow::Cow;

use serde::Serialize;
use tracemill::{IllFormed, Layout, Type, Value, Values};

use super::fields;
use crate::cli::json::Int;
use crate::cli::text;

/// What was met while a payload was printed.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// Bytes that no field describes.
    pub undescribed: u64,
    /// Where in the payload the first field is that does not fit.
    pub ill_formed_at: Option<u64>,
    /// Whether text was not well-formed and has U+FFFD in its place.
    pub lossy: bool,
    /// Kept for its memory.
    pub text: String,
}

/// The keys of a payload's fields, in order: `"Name":`, with a comma in front of all but the first.
///
/// Fields of one name are told apart by a number: `Name`, `Name#2`; no key is there twice.
#[derive(Debug, Default)]
pub(super) struct Keys {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Keys {
    pub(super) fn of(layout: Option<&Layout>) -> Self {
        let mut keys = Self::default();
        let Some(layout) = layout else {
            return keys;
        };
        let is_given = |of: Option<Type>| !matches!(of, Some(Type::Pad(_) | Type::Tail));
        let given =
            layout.fields().iter().filter(|field| is_given(layout.type_at(field.type_index)));
        let mut taken = Vec::new();
        for field in given {
            let key = free_key(&field.name, layout.repeats_names(), &taken);
            if !taken.is_empty() {
                keys.bytes.push(b',');
            }
            put(&mut keys.bytes, &*key);
            keys.bytes.push(b':');
            keys.ends.push(keys.bytes.len());
            taken.push(key);
        }
        keys
    }
}

/// Appends a value as `serde_json` writes it.
#[inline]
pub(super) fn put(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    // Writing to memory does not fail, and all keys are text.
    let _ = serde_json::to_writer(out, value);
}

/// Appends an integer. The same as [`put`], but for its cost.
#[inline]
pub(super) fn put_int(out: &mut Vec<u8>, value: Int) {
    match value {
        Int::Small(value @ 0..=Int::EXACT) => text::decimal(out, value.unsigned_abs(), 1),
        value => put(out, &value),
    }
}

/// Appends the fields of a payload that are whole, as an object in their order.
pub(super) fn payload(out: &mut Vec<u8>, mut values: Values<'_>, keys: &Keys, notes: &mut Notes) {
    out.push(b'{');
    let (mut start, mut ends) = (0, keys.ends.iter());
    let read = values.each(|_, value| {
        let end = *ends.next().unwrap_or(&start);
        out.extend_from_slice(keys.bytes.get(start..end).unwrap_or_default());
        start = end;
        put_value(out, &value, notes);
    });
    out.push(b'}');
    match read {
        Ok(()) => notes.undescribed = values.rest().len() as u64,
        Err(IllFormed { at, .. }) => notes.ill_formed_at = Some(at as u64),
    }
}

/// An object within a payload.
fn object(out: &mut Vec<u8>, mut values: Values<'_>, notes: &mut Notes) {
    let may_repeat = values.layout().repeats_names();
    let (mut is_first, mut taken) = (true, Vec::new());
    out.push(b'{');
    let read = values.each(|field, value| {
        if !std::mem::take(&mut is_first) {
            out.push(b',');
        }
        let key = free_key(&field.name, may_repeat, &taken);
        put(out, &*key);
        out.push(b':');
        put_value(out, &value, notes);
        if may_repeat {
            taken.push(key);
        }
    });
    out.push(b'}');
    if let Err(error) = read {
        notes.ill_formed_at = Some(error.at as u64);
    }
}

/// The name, or the name and the first number of which no key is made yet: a field may be called
/// `Name#2` itself.
fn free_key<'a>(name: &'a str, may_repeat: bool, taken: &[Cow<'_, str>]) -> Cow<'a, str> {
    let (mut key, mut number) = (Cow::Borrowed(name), 1);
    while may_repeat && taken.contains(&key) {
        number += 1;
        key = Cow::Owned(format!("{name}#{number}"));
    }
    key
}

fn put_value(out: &mut Vec<u8>, value: &Value<'_>, notes: &mut Notes) {
    match *value {
        Value::Bool(value) => put(out, &value),
        Value::Unsigned(value) => put_int(out, value.into()),
        Value::Signed(value) => put_int(out, value.into()),
        Value::Float32(value) if value.is_finite() => put(out, &value),
        Value::Float64(value) if value.is_finite() => put(out, &value),
        // JSON has no such numbers, and null is for what the trace does not tell.
        Value::Float32(value) => put(out, not_finite(value.into())),
        Value::Float64(value) => put(out, not_finite(value)),
        Value::Char(unit) => put_utf16(out, &unit.to_le_bytes(), notes),
        Value::Utf16(bytes) => put_utf16(out, bytes, notes),
        Value::Utf8(bytes) => {
            let text = String::from_utf8_lossy(bytes);
            notes.lossy |= matches!(text, Cow::Owned(_));
            put(out, &*text);
        }
        Value::Array(elements) => {
            out.push(b'[');
            for (at, element) in elements.enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                put_value(out, &element, notes);
            }
            out.push(b']');
        }
        Value::Object(values) => object(out, values, notes),
        value => put(out, &text::collect(|out| fields::write_value(out, value))),
    }
}

fn not_finite(value: f64) -> &'static str {
    match value {
        f64::INFINITY => "Infinity",
        f64::NEG_INFINITY => "-Infinity",
        _ => "NaN",
    }
}

fn put_utf16(out: &mut Vec<u8>, bytes: &[u8], notes: &mut Notes) {
    let (units, rest) = bytes.as_chunks::<2>();
    // Neither quotes nor backslashes.
    let is_plain = |unit: &[u8; 2]| matches!(unit, [b' ' | b'!' | b'#'..=b'[' | b']'..=b'~', 0]);
    if rest.is_empty() && units.iter().all(is_plain) {
        out.push(b'"');
        out.extend(units.iter().map(|[low, _]| *low));
        out.push(b'"');
        return;
    }
    let mut is_lossy = !rest.is_empty();
    notes.text.clear();
    let units = units.iter().map(|unit| u16::from_le_bytes(*unit));
    notes.text.extend(char::decode_utf16(units).map(|char| {
        is_lossy |= char.is_err();
        char.unwrap_or(char::REPLACEMENT_CHARACTER)
    }));
    notes.lossy |= is_lossy;
    put(out, &notes.text);
}
