//! Where a class has what an expression names.
//!
//! A path is read from its right end. Its last names are a field of the payload, or a field of an
//! object in it; what stands before them, if anything, has to be the event, or the provider and the
//! event, whole. The first of these readings that the class has counts:
//!
//! ```text
//! A.B.C    field C of event A.B (provider A, event B; or event "A.B")
//!          field C of object B of event A
//!          field C of object B of object A of any event
//! ```
//!
//! Objects in arrays are entered like any; objects without a name are entered as if their fields
//! stood in their place.

use tracemill_clr::nearest;
use tracemill_engine::{EventClass, Field, FieldId, Layout, MAX_DEPTH, Map, Type, Value, Values};

use super::expr::Path;
use super::kind::Kind;

/// A field of a class.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// The field of the payload.
    id: FieldId,
    /// The places in the objects within each other.
    rest: Box<[usize]>,
    /// Names of its values.
    pub map: Option<&'static Map>,
    /// What its values are.
    pub kind: Kind,
}

impl Place {
    /// Where a class has the field of a path.
    pub(super) fn find(path: &Path, class: &EventClass) -> Option<Self> {
        let layout = class.layout()?;
        (0..path.names.len()).rev().find_map(|before| {
            let (event, names) = path.names.split_at_checked(before)?;
            if !event.is_empty() && !is_called(class, &event.join(".")) {
                return None;
            }
            let mut search = Search { layout, steps: Vec::new(), looks: 0 };
            let found = search.find(layout.fields(), names)?;
            let (&first, rest) = search.steps.split_first()?;
            let id = layout.field_at(first)?;
            let kind = Kind::of(found, layout);
            Some(Self { id, rest: rest.into(), map: found.map, kind })
        })
    }

    /// Whether `holds` of the value there; of values there, if arrays lie on the way, of any.
    pub(super) fn any(
        &self,
        fields: Values<'_>,
        mut holds: impl FnMut(&Value<'_>) -> bool,
    ) -> bool {
        fields.get(self.id).is_some_and(|value| reach(&value, &self.rest, &mut holds))
    }
}

/// Calls itself as deep as the path is long and as arrays are nested, which the engine bounds.
fn reach(value: &Value<'_>, steps: &[usize], holds: &mut impl FnMut(&Value<'_>) -> bool) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        return holds(value);
    };
    match *value {
        Value::Object(fields) => nth(fields, *step).is_some_and(|value| reach(&value, rest, holds)),
        Value::Array(mut elements) => elements.any(|element| reach(&element, steps, holds)),
        _ => false,
    }
}

fn nth(mut fields: Values<'_>, place: usize) -> Option<Value<'_>> {
    fields.nth(place)?.ok().map(|(_, value)| value)
}

/// Whether this is a name of the event, alone or behind the provider's. Case does not matter.
fn is_called(class: &EventClass, name: &str) -> bool {
    let event = name
        .get(class.provider().len()..)
        .filter(|_| {
            name.get(..class.provider().len())
                .is_some_and(|before| before.eq_ignore_ascii_case(class.provider()))
        })
        .and_then(|behind| behind.strip_prefix('.'));
    names(class).any(|is| {
        !is.is_empty()
            && (is.eq_ignore_ascii_case(name)
                || event.is_some_and(|event| is.eq_ignore_ascii_case(event)))
    })
}

/// What an event is called: by the stream, by those who know it, and as .NET tools show it.
pub(super) fn names(class: &EventClass) -> impl Iterator<Item = &str> {
    let known = class.known();
    let title = known.and_then(|known| {
        let (event, _) = nearest(class.provider(), class.event_id, class.version)?;
        (event.name == known.name).then_some(event.title)
    });
    [Some(class.name()), known.map(|known| known.name), title].into_iter().flatten()
}

/// Looks for a field, first by its very name, then in whatever case, then in objects without a name.
struct Search<'a> {
    layout: &'a Layout,
    steps: Vec<usize>,
    looks: u32,
}

impl<'a> Search<'a> {
    fn find(&mut self, fields: &'a [Field], names: &[Box<str>]) -> Option<&'a Field> {
        let (name, rest) = names.split_first()?;
        for way in [Way::Exact, Way::AnyCase, Way::Unnamed] {
            let names = if way == Way::Unnamed { names } else { rest };
            for (at, field) in fields.iter().enumerate() {
                self.looks += 1;
                if self.looks > MAX_LOOKS {
                    return None;
                }
                if !way.fits(name, field) {
                    continue;
                }
                self.steps.push(at);
                let found = if names.is_empty() {
                    Some(field)
                } else {
                    self.find(self.inner(field), names)
                };
                if found.is_some() {
                    return found;
                }
                self.steps.pop();
            }
        }
        None
    }

    /// The fields of an object, or of the objects in an array; none of what is neither.
    fn inner(&self, field: &Field) -> &'a [Field] {
        let mut of = self.layout.type_at(field.type_index);
        for _ in 0..MAX_DEPTH {
            of = match of {
                Some(Type::Object { first, count }) if self.steps.len() <= MAX_STEPS => {
                    return self.layout.object(first, count);
                }
                Some(
                    Type::Array { element, .. }
                    | Type::RelLoc { element }
                    | Type::DataLoc { element },
                ) => self.layout.type_at(element),
                _ => return &[],
            };
        }
        &[]
    }
}

/// How a field may fit a name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Exact,
    AnyCase,
    /// Its own fields may.
    Unnamed,
}

impl Way {
    fn fits(self, name: &str, field: &Field) -> bool {
        match self {
            Self::Exact => field.name == *name,
            Self::AnyCase => field.name.eq_ignore_ascii_case(name),
            Self::Unnamed => field.name.is_empty(),
        }
    }
}

/// Objects within each other.
const MAX_STEPS: usize = MAX_DEPTH as usize;
/// Fields looked at for one path: a stream may describe any number.
const MAX_LOOKS: u32 = 1 << 14;
