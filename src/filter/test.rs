//! What is asked of one value.

use std::cmp::Ordering;

use tracemill_engine::{Map, Value};

use super::number::Number;
use super::text::{self, Ask, Glob, Pattern};

/// A comparison, without what is compared.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    /// Whether there is a value.
    Exists,
    /// How it compares with one literal.
    Is(Relation, Literal),
    /// Whether it is one of several.
    In(Box<[Literal]>),
    /// Whether it has any of these bits.
    Bits(u64),
    /// Whether it is text that has this in it.
    Contains(Pattern),
    /// Whether it is text that begins with this.
    Begins(Pattern),
    /// Whether it is text that ends with this.
    Ends(Pattern),
    /// Whether it is text that fits this.
    Fits(Glob),
}

/// How two values may compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What a value is compared with.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    /// A number; true is 1 and false is 0.
    Number(Number),
    /// Text, and the GUID it is, as on the wire.
    Text(Box<str>, Option<[u8; 16]>),
}

impl Test {
    /// Whether it holds of a value: of an array, whether of any element. `map` names values.
    pub(super) fn holds(&self, value: &Value<'_>, map: Option<&Map>) -> bool {
        if let Self::Exists = self {
            return true;
        }
        if let Value::Array(elements) = value {
            // As deep as types are, which the engine bounds.
            return { *elements }.any(|element| self.holds(&element, map));
        }
        match self {
            Self::Exists => true,
            Self::Is(relation, literal) => is(*relation, literal, value, map),
            Self::In(literals) => {
                literals.iter().any(|literal| is(Relation::Equal, literal, value, map))
            }
            Self::Bits(mask) => bits(value).is_some_and(|bits| bits & mask != 0),
            Self::Contains(_) | Self::Begins(_) | Self::Ends(_) | Self::Fits(_) => {
                ask(self, value, map)
            }
        }
    }
}

impl Test {
    /// Whether it holds of a value of this name.
    pub(super) fn fits_name(&self, name: &str) -> bool {
        let is = |relation, literal: &Literal| match literal {
            Literal::Text(text, _) => Compared(relation, text).ask(name.chars()),
            Literal::Number(_) => false,
        };
        match self {
            Self::Is(relation, literal) => is(*relation, literal),
            Self::In(all) => all.iter().any(|literal| is(Relation::Equal, literal)),
            _ => self.ask(name.chars()),
        }
    }
}

impl Ask for Test {
    fn ask(&self, mut text: impl Iterator<Item = char>) -> bool {
        match self {
            Self::Contains(pattern) => pattern.is_in(&mut text),
            Self::Begins(pattern) => pattern.begins(&mut text),
            Self::Ends(pattern) => pattern.ends(text),
            Self::Fits(glob) => glob.fits(text),
            _ => false,
        }
    }
}

impl Relation {
    /// Whether it holds of two values that compare so; of those that do not compare, only that they
    /// are not equal.
    fn holds(self, order: Option<Ordering>) -> bool {
        match self {
            Self::Equal => order == Some(Ordering::Equal),
            Self::NotEqual => order != Some(Ordering::Equal),
            Self::Less => order == Some(Ordering::Less),
            Self::LessOrEqual => order.is_some_and(Ordering::is_le),
            Self::Greater => order == Some(Ordering::Greater),
            Self::GreaterOrEqual => order.is_some_and(Ordering::is_ge),
        }
    }
}

/// How a text compares with another, character by character.
struct Compared<'a>(Relation, &'a str);

impl Ask for Compared<'_> {
    fn ask(&self, text: impl Iterator<Item = char>) -> bool {
        match self.0 {
            Relation::Equal => text.eq(self.1.chars()),
            Relation::NotEqual => text.ne(self.1.chars()),
            relation => relation.holds(Some(text.cmp(self.1.chars()))),
        }
    }
}

/// Values of different kinds do not compare: nothing holds of them.
fn is(relation: Relation, literal: &Literal, value: &Value<'_>, map: Option<&Map>) -> bool {
    match (literal, value) {
        (Literal::Number(literal), value) => {
            Number::of(value).is_some_and(|number| relation.holds(number.compare(*literal)))
        }
        (Literal::Text(_, guid), Value::Guid(value)) => {
            guid.is_some_and(|guid| relation.holds((*value == guid).then_some(Ordering::Equal)))
        }
        (Literal::Text(text, _), value) => ask(&Compared(relation, text), value, map),
    }
}

/// Asks a text, or the names of a number; of a set of bits, whether it holds of any.
fn ask(question: &impl Ask, value: &Value<'_>, map: Option<&Map>) -> bool {
    if let Some(answer) = text::ask(value, question) {
        return answer;
    }
    let (Some(map), Some(value)) = (map, value.as_u64()) else {
        return false;
    };
    let is_it = |name: u64| {
        if map.is_bits && name != 0 { value & name == name } else { value == name }
    };
    map.names.iter().any(|(name, text)| is_it(*name) && question.ask(text.chars()))
}

/// A whole number as its bits.
fn bits(value: &Value<'_>) -> Option<u64> {
    match *value {
        Value::Signed(value) => Some(value.cast_unsigned()),
        Value::Char(unit) => Some(unit.into()),
        _ => value.as_u64(),
    }
}
