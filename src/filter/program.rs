//! What is left of an expression once the class is known.
//!
//! Paths become places in the payload; what the class alone tells is decided. So most classes end as
//! [`Decision::Never`] or [`Decision::Always`], and their events are not read.

use tracemill_engine::{EventClass, EventView, Map};

use super::expr::{Expr, Leaf, Subject};
use super::kind::Kind;
use super::own::Own;
use super::place::Place;
use crate::ThreadNames;

/// What an expression comes to for the events of a class.
#[derive(Clone, Debug)]
pub(super) enum Decision {
    /// None fits.
    Never,
    /// All fit.
    Always,
    /// It depends on the event.
    Test(Program),
}

/// What has to be looked at in an event.
#[derive(Clone, Debug)]
pub(super) enum Program {
    Not(Box<Program>),
    All(Box<[Program]>),
    Any(Box<[Program]>),
    /// Comparison, by its place among the leaves, of something every event has.
    Own(usize, Own),
    /// The same of a field.
    Field(usize, Place),
}

/// What the classes so far have said of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Met {
    /// None has its field.
    No,
    /// It can hold of none that has: its values are these.
    Never(Kind, Option<&'static Map>),
    /// It can hold.
    Yes,
}

impl Met {
    fn note(&mut self, can_hold: bool, kind: Kind, map: Option<&'static Map>) {
        match self {
            _ if can_hold => *self = Self::Yes,
            Self::No => *self = Self::Never(kind, map),
            Self::Never(..) | Self::Yes => {}
        }
    }
}

impl From<bool> for Decision {
    fn from(holds: bool) -> Self {
        if holds { Self::Always } else { Self::Never }
    }
}

/// Makes the expressions of a filter for a class.
pub(super) struct Maker<'a> {
    /// The comparisons.
    pub leaves: &'a [Leaf],
    /// The class, if it is known.
    pub class: Option<&'a EventClass>,
    /// Whether labels of its events may say otherwise than the class.
    pub labelled: bool,
    /// To be told of each comparison what the class says of it.
    pub met: &'a mut [Met],
}

impl Maker<'_> {
    /// As deep as the parser lets expressions be. Every comparison is looked at, so that `met` is
    /// told of all.
    pub(super) fn make(&mut self, expr: &Expr) -> Decision {
        match expr {
            Expr::Not(inner) => match self.make(inner) {
                Decision::Never => Decision::Always,
                Decision::Always => Decision::Never,
                Decision::Test(inner) => Decision::Test(Program::Not(Box::new(inner))),
            },
            Expr::All(parts) => self.join(parts, true),
            Expr::Any(parts) => self.join(parts, false),
            Expr::Leaf(at) => self.leaf(*at),
        }
    }

    /// All of the parts, or any. One that decides makes the others idle; one that does not is left
    /// out.
    fn join(&mut self, parts: &[Expr], all: bool) -> Decision {
        let (mut open, mut is_decided) = (Vec::new(), false);
        for part in parts {
            match self.make(part) {
                Decision::Test(program) => open.push(program),
                Decision::Always => is_decided |= !all,
                Decision::Never => is_decided |= all,
            }
        }
        if is_decided || open.is_empty() {
            return Decision::from(is_decided != all);
        }
        Decision::Test(match open.pop() {
            Some(only) if open.is_empty() => only,
            last => {
                open.extend(last);
                if all { Program::All(open.into()) } else { Program::Any(open.into()) }
            }
        })
    }

    fn leaf(&mut self, at: usize) -> Decision {
        let Some(leaf) = self.leaves.get(at) else {
            return Decision::Never;
        };
        let mut met = self.met.get_mut(at);
        let mut note = |kind, map| {
            if let Some(met) = &mut met {
                met.note(leaf.test.can_hold(kind, map), kind, map);
            }
        };
        match &leaf.subject {
            Subject::Own(own) => {
                note(Kind::of_own(*own), None);
                if !own.is_of_class() || (self.labelled && own.may_be_labelled()) {
                    return Decision::Test(Program::Own(at, *own));
                }
                let value = self.class.and_then(|class| own.of_class(class));
                value.is_some_and(|value| leaf.test.holds(&value, None)).into()
            }
            Subject::Field(path) => {
                let Some(place) = self.class.and_then(|class| Place::find(path, class)) else {
                    return Decision::Never;
                };
                note(place.kind, place.map);
                Decision::Test(Program::Field(at, place))
            }
        }
    }
}

impl Program {
    /// Whether an event of the class fits. Reads what it needs, from left to right, until that is
    /// decided.
    pub(super) fn holds(
        &self,
        leaves: &[Leaf],
        event: EventView<'_>,
        names: Option<&ThreadNames>,
    ) -> bool {
        match self {
            Self::Not(inner) => !inner.holds(leaves, event, names),
            Self::All(parts) => parts.iter().all(|part| part.holds(leaves, event, names)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(leaves, event, names)),
            Self::Own(at, own) => leaves.get(*at).is_some_and(|leaf| {
                own.of(event, names).is_some_and(|value| leaf.test.holds(&value, None))
            }),
            Self::Field(at, place) => leaves.get(*at).is_some_and(|leaf| {
                event.fields().is_some_and(|fields| {
                    place.any(fields, |value| leaf.test.holds(value, place.map))
                })
            }),
        }
    }
}
