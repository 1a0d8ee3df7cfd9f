//! What kind a field's values are of, and so whether a comparison can ever hold.

use std::fmt;

use tracemill_engine::{Field, Layout, MAX_DEPTH, Map, Type};

use super::own::Own;
use super::test::{Literal, Relation, Test};

/// The kind of a value, as comparisons tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Int,
    Float,
    Text,
    /// A number, and a text.
    Char,
    Guid,
    /// Bytes, a decimal, an object.
    Other,
    /// Not known: anything may be.
    Any,
}

impl Kind {
    /// Of a field; of an array, its elements'.
    pub(super) fn of(field: &Field, layout: &Layout) -> Self {
        let mut of = layout.type_at(field.type_index);
        let mut is_element = false;
        for _ in 0..MAX_DEPTH {
            of = match of {
                Some(
                    Type::Array { element, .. }
                    | Type::RelLoc { element }
                    | Type::DataLoc { element },
                ) => layout.type_at(element),
                Some(of) => return Self::of_type(of, is_element),
                None => return Self::Any,
            };
            is_element = true;
        }
        Self::Any
    }

    fn of_type(of: Type, is_element: bool) -> Self {
        match of {
            Type::Char16 | Type::Char8 if is_element => Self::Text,
            Type::UInt8 if is_element => Self::Other,
            Type::Char16 => Self::Char,
            Type::Float32 | Type::Float64 => Self::Float,
            Type::Utf16Z | Type::AnsiZ | Type::Utf8Counted => Self::Text,
            Type::Guid => Self::Guid,
            Type::Decimal | Type::Object { .. } => Self::Other,
            Type::Bool32
            | Type::Bool8
            | Type::Char8
            | Type::Int8
            | Type::UInt8
            | Type::Int16
            | Type::UInt16
            | Type::Int32
            | Type::UInt32
            | Type::Int64
            | Type::UInt64
            | Type::Pointer
            | Type::FileTime
            | Type::VarInt
            | Type::VarUInt => Self::Int,
            _ => Self::Any,
        }
    }

    /// Of what every event has.
    pub(super) fn of_own(own: Own) -> Self {
        match own {
            Own::Provider | Own::Event | Own::ThreadName => Self::Text,
            _ => Self::Int,
        }
    }
}

impl Test {
    /// Whether it holds of any value of a kind, whose values have these names.
    pub(super) fn can_hold(&self, kind: Kind, map: Option<&Map>) -> bool {
        use Kind::{Any, Char, Float, Guid, Int, Text};
        let text = || match kind {
            Text | Char | Any => true,
            Int => map.is_some_and(|map| map.names.iter().any(|(_, name)| self.fits_name(name))),
            _ => false,
        };
        let literal = |relation: Relation, literal: &Literal| match (literal, kind) {
            (Literal::Number(_), _) => matches!(kind, Int | Float | Char | Any),
            (Literal::Text(_, guid), Guid) => guid.is_some() || relation == Relation::NotEqual,
            (Literal::Text(..), _) => text(),
        };
        match self {
            Self::Exists => true,
            Self::Is(relation, one) => literal(*relation, one),
            Self::In(all) => all.iter().any(|one| literal(Relation::Equal, one)),
            Self::Bits(_) => matches!(kind, Int | Char | Any),
            Self::Contains(_) | Self::Begins(_) | Self::Ends(_) | Self::Fits(_) => text(),
        }
    }
}

/// A comparison that holds for none of the classes that were met: what its field is, and why.
///
/// As text it is one line: `Count is a number, and no comparison with a text holds of it`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch<'a> {
    pub(super) subject: &'a str,
    pub(super) kind: Kind,
    pub(super) map: Option<&'static Map>,
}

impl<'a> Mismatch<'a> {
    /// What is compared, as it stands in the condition.
    pub fn subject(&self) -> &'a str {
        self.subject
    }
}

/// Names of values that are listed.
const LISTED: usize = 8;

impl fmt::Display for Mismatch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = self.subject;
        match (self.kind, self.map) {
            (Kind::Int, Some(map)) => {
                write!(f, "no value of {subject} has such a name: there are ")?;
                for (number, (_, name)) in map.names.iter().take(LISTED).enumerate() {
                    write!(f, "{}{name}", if number > 0 { ", " } else { "" })?;
                }
                f.write_str(if map.names.len() > LISTED { ", ..." } else { "" })
            }
            (Kind::Int | Kind::Float, _) => {
                write!(f, "{subject} is a number, and no such comparison holds of one")
            }
            (Kind::Text, _) => {
                write!(f, "{subject} is text, and no such comparison holds of one")
            }
            (Kind::Guid, _) => {
                write!(f, "{subject} is a GUID, and no such comparison holds of one")
            }
            _ => {
                write!(f, "{subject} is neither number nor text: nothing but 'exists' holds of it")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::number::Number;
    use crate::filter::text::Pattern;

    static MAP: Map = Map { is_bits: false, names: &[(0, "Small"), (1, "Induced")] };

    #[test]
    fn what_can_hold() {
        let number = Test::Is(Relation::Less, Literal::Number(Number::Int(3)));
        let text = |text: &str| Test::Is(Relation::Equal, Literal::Text(text.into(), None));
        let contains = |text: &str| Test::Contains(Pattern::new(text.chars()));
        assert!(number.can_hold(Kind::Int, None) && number.can_hold(Kind::Float, None));
        assert!(number.can_hold(Kind::Char, None) && number.can_hold(Kind::Int, Some(&MAP)));
        assert!(!number.can_hold(Kind::Text, None) && !number.can_hold(Kind::Guid, None));
        assert!(text("x").can_hold(Kind::Text, None) && !text("x").can_hold(Kind::Int, None));
        assert!(text("Small").can_hold(Kind::Int, Some(&MAP)));
        assert!(!text("small").can_hold(Kind::Int, Some(&MAP)), "case counts");
        assert!(contains("duce").can_hold(Kind::Int, Some(&MAP)));
        assert!(!contains("y").can_hold(Kind::Int, Some(&MAP)));
        assert!(!text("x").can_hold(Kind::Guid, None) && !text("x").can_hold(Kind::Other, None));
        assert!(!Test::Bits(1).can_hold(Kind::Float, None));
        assert!(Test::Exists.can_hold(Kind::Other, None));
        assert!(text("x").can_hold(Kind::Any, None));
    }
}
