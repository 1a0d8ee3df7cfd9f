//! Keys and values, as arrays of two texts each.

use std::borrow::Cow;

use tracemill_engine::{Count, Elements, Field, Type, Value};

use crate::text::Text;

/// Keys and values of an array, in order, read one by one. Keys may repeat.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pairs<'a>(Option<Elements<'a>>);

impl<'a> Pairs<'a> {
    /// The pairs that a value is; none if it is something else.
    pub(crate) fn of(value: Option<Value<'a>>) -> Self {
        match value {
            Some(Value::Array(elements)) => Self(Some(elements)),
            _ => Self(None),
        }
    }

    /// The first value of this key. O(pairs).
    pub fn get(mut self, key: &str) -> Option<Text<'a>> {
        self.find(|(found, _)| *found == *key).map(|(_, value)| value)
    }
}

#[expect(clippy::copy_iterator, reason = "pairs are a value, as what they are read from")]
impl<'a> Iterator for Pairs<'a> {
    type Item = (Text<'a>, Text<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let Value::Object(pair) = self.0.as_mut()?.next()? else {
            return None;
        };
        let mut texts = pair.map_while(|field| Text::of(field.ok()?.1));
        Some((texts.next()?, texts.next()?))
    }
}

/// For layouts of payloads that no stream describes: a number, a text, an array of pairs, a pair.
/// The fields of a pair are [`KEY`] and [`VALUE`], the first after the `count` of the payload.
pub(crate) const fn types(count: u32) -> [Type; 4] {
    [
        Type::Int32,
        Type::Utf16Z,
        Type::Array { element: 3, count: Count::U16 },
        Type::Object { first: count, count: 2 },
    ]
}

pub(crate) const INT: u32 = 0;
pub(crate) const TEXT: u32 = 1;
pub(crate) const PAIRS: u32 = 2;
pub(crate) const KEY: Field = field("Key", TEXT);
pub(crate) const VALUE: Field = field("Value", TEXT);

/// A field of such a layout.
pub(crate) const fn field(name: &'static str, type_index: u32) -> Field {
    Field { name: Cow::Borrowed(name), type_index, map: None }
}
