//! The fields of an event by their names.

use tracemill_engine::{Value, Values};

use crate::forms;

/// The fields of an event or of an object, in order: those that are whole.
pub struct Row<'a>(pub Vec<(&'a str, Value<'a>)>);

impl<'a> Row<'a> {
    /// Reads them all; none if nobody describes them.
    pub fn new(values: Option<Values<'a>>) -> Self {
        let fields = values.into_iter().flatten().map_while(Result::ok);
        Self(fields.map(|(field, value)| (&*field.name, value)).collect())
    }

    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<Value<'a>> {
        self.0.iter().find(|(found, _)| *found == name).map(|(_, value)| *value)
    }

    /// The value as the truths write it; empty if there is no such field.
    pub fn text(&self, name: &str) -> String {
        self.get(name).map_or_else(String::new, text)
    }

    /// The value as a number; 0 if it is none.
    pub fn number(&self, name: &str) -> u64 {
        self.get(name).and_then(|value| value.as_u64()).unwrap_or(0)
    }

    /// The value as bytes; empty if it is none.
    pub fn bytes(&self, name: &str) -> &'a [u8] {
        match self.get(name) {
            Some(Value::Bytes(bytes) | Value::Utf8(bytes)) => bytes,
            _ => &[],
        }
    }

    /// The fields of an object; none if it is none.
    pub fn object(&self, name: &str) -> Row<'a> {
        match self.get(name) {
            Some(Value::Object(values)) => Row::new(Some(values)),
            _ => Row(Vec::new()),
        }
    }

    /// The fields of the first object of an array of them.
    pub fn first(&self, name: &str) -> Row<'a> {
        let first = match self.get(name) {
            Some(Value::Array(mut objects)) => objects.next(),
            _ => None,
        };
        match first {
            Some(Value::Object(values)) => Row::new(Some(values)),
            _ => Row(Vec::new()),
        }
    }
}

/// A value as the truths write it.
pub fn text(value: Value<'_>) -> String {
    let mut text = String::new();
    forms::write(value, &mut text);
    text
}
