//! The fields of a payload as a JSON object, and what is to be said beside it.

use std::cell::{Cell, RefCell};

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use tracemill::{Elements, Value, Values, utf16};

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
        self.notes.undescribed.set(values.rest().len() as u64);
        Ok(done)
    }
}

/// Fields of one name are told apart by a number: `Name`, `Name#2`.
fn object<S: Serializer>(
    serializer: S,
    values: &mut Values<'_>,
    notes: &Notes,
) -> Result<S::Ok, S::Error> {
    let may_repeat = values.layout().repeats_names();
    let mut names: Vec<&str> = Vec::new();
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
        names.push(&field.name);
        match names.iter().filter(|name| **name == field.name).count() {
            1 => map.serialize_entry(&*field.name, &value)?,
            number => map.serialize_entry(&format!("{}#{number}", field.name), &value)?,
        }
    }
    map.end()
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
            // JSON has no numbers that are not finite: they are null.
            Value::Float32(value) => serializer.serialize_f32(value),
            Value::Float64(value) => serializer.serialize_f64(value),
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
    text.extend(utf16(bytes));
    if text.contains(char::REPLACEMENT_CHARACTER) {
        // It may stand for itself.
        let is_own = bytes.chunks_exact(2).any(|unit| unit == [0xfd, 0xff]);
        notes.lossy.set(notes.lossy.get() || !is_own);
    }
    let done = serializer.serialize_str(&text);
    notes.text.replace(text);
    done
}
