//! The fields of a payload as a JSON object, and what is to be said beside it.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use tracemill::{Elements, Value, Values};

use super::fields;
use crate::cli::json::Int;
use crate::cli::text;

/// What was met while an event was printed. Kept from event to event for its memory.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// Bytes that no field describes.
    pub undescribed: Cell<u64>,
    /// Where in the payload the first field is that does not fit.
    pub ill_formed_at: Cell<Option<u64>>,
    /// Whether text was not well-formed and has U+FFFD in its place.
    pub lossy: Cell<bool>,
    text: RefCell<String>,
}

impl Notes {
    /// To be called before each event.
    pub(super) fn begin(&self) {
        self.undescribed.set(0);
        self.ill_formed_at.set(None);
        self.lossy.set(false);
    }
}

/// The fields of a payload that are whole, as an object in their order.
pub(super) struct Fields<'a> {
    pub values: Values<'a>,
    pub notes: &'a Notes,
}

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut values = self.values;
        let done = object(serializer, &mut values, self.notes)?;
        if self.notes.ill_formed_at.get().is_none() {
            self.notes.undescribed.set(values.rest().len() as u64);
        }
        Ok(done)
    }
}

/// Fields of one name are told apart by a number: `Name`, `Name#2`; no key is there twice.
fn object<S: Serializer>(
    serializer: S,
    values: &mut Values<'_>,
    notes: &Notes,
) -> Result<S::Ok, S::Error> {
    let may_repeat = values.layout().repeats_names();
    let mut keys: Vec<Cow<'_, str>> = Vec::new();
    let mut map = serializer.serialize_map(None)?;
    for field in values.by_ref() {
        let (field, value) = match field {
            Ok(field) => field,
            Err(error) => {
                notes.ill_formed_at.set(Some(error.at as u64));
                break;
            }
        };
        let value = Json { value, notes };
        if !may_repeat {
            map.serialize_entry(&*field.name, &value)?;
            continue;
        }
        let key = free_key(&field.name, &keys);
        map.serialize_entry(&*key, &value)?;
        keys.push(key);
    }
    map.end()
}

/// The name, or the name and the first number of which no key is made yet: a field may be called
/// `Name#2` itself.
fn free_key<'a>(name: &'a str, keys: &[Cow<'_, str>]) -> Cow<'a, str> {
    let (mut key, mut number) = (Cow::Borrowed(name), 1);
    while keys.contains(&key) {
        number += 1;
        key = Cow::Owned(format!("{name}#{number}"));
    }
    key
}

struct Json<'a> {
    value: Value<'a>,
    notes: &'a Notes,
}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let notes = self.notes;
        match self.value {
            Value::Bool(value) => serializer.serialize_bool(value),
            Value::Unsigned(value) => Int::from(value).serialize(serializer),
            Value::Signed(value) => Int::from(value).serialize(serializer),
            Value::Float32(value) if value.is_finite() => serializer.serialize_f32(value),
            Value::Float64(value) if value.is_finite() => serializer.serialize_f64(value),
            // JSON has no such numbers, and null is for what the trace does not tell.
            Value::Float32(value) => serializer.serialize_str(not_finite(value.into())),
            Value::Float64(value) => serializer.serialize_str(not_finite(value)),
            Value::Char(unit) => utf16_json(serializer, &unit.to_le_bytes(), notes),
            Value::Utf16(bytes) => utf16_json(serializer, bytes, notes),
            Value::Utf8(bytes) => {
                if let Ok(text) = std::str::from_utf8(bytes) {
                    return serializer.serialize_str(text);
                }
                notes.lossy.set(true);
                serializer.serialize_str(&String::from_utf8_lossy(bytes))
            }
            Value::Array(elements) => array(serializer, elements, notes),
            Value::Object(mut values) => object(serializer, &mut values, notes),
            value => {
                serializer.serialize_str(&text::collect(|out| fields::write_value(out, value)))
            }
        }
    }
}

fn not_finite(value: f64) -> &'static str {
    match value {
        f64::INFINITY => "Infinity",
        f64::NEG_INFINITY => "-Infinity",
        _ => "NaN",
    }
}

fn array<S: Serializer>(
    serializer: S,
    elements: Elements<'_>,
    notes: &Notes,
) -> Result<S::Ok, S::Error> {
    let mut list = serializer.serialize_seq(None)?;
    for value in elements {
        list.serialize_element(&Json { value, notes })?;
    }
    list.end()
}

fn utf16_json<S: Serializer>(
    serializer: S,
    bytes: &[u8],
    notes: &Notes,
) -> Result<S::Ok, S::Error> {
    let mut text = notes.text.take();
    text.clear();
    let (units, rest) = bytes.as_chunks::<2>();
    let mut is_lossy = !rest.is_empty();
    text.extend(char::decode_utf16(units.iter().map(|unit| u16::from_le_bytes(*unit))).map(
        |char| {
            is_lossy |= char.is_err();
            char.unwrap_or(char::REPLACEMENT_CHARACTER)
        },
    ));
    notes.lossy.set(notes.lossy.get() || is_lossy);
    let done = serializer.serialize_str(&text);
    notes.text.replace(text);
    done
}
