//! An expression, read but not yet made for a class.

use super::own::Own;
use super::test::Test;

/// What is to hold of an event. Comparisons by their place among the [`Leaf`]s.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expr {
    Not(Box<Expr>),
    All(Vec<Expr>),
    Any(Vec<Expr>),
    Leaf(usize),
}

/// A comparison.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Leaf {
    pub subject: Subject,
    pub test: Test,
}

/// What is compared.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Subject {
    /// What every event has.
    Own(Own),
    /// A field of the payload.
    Field(Path),
}

impl Subject {
    /// It as it stands in the expression, or could.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Own(own) => own.text(),
            Self::Field(path) => &path.text,
        }
    }
}

/// A field, with the names before it that the expression gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path {
    /// At least one.
    pub names: Vec<Box<str>>,
    /// As it stands in the expression.
    pub text: Box<str>,
}
