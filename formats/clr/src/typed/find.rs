//! Which event of a table the events of a class are.

use std::fmt::{self, Write};
use std::ptr;

use tracemill_engine::{EventClass, EventView, Field, Guid, Known, Layout, Type};

use super::View;
use crate::schema::{EventSchema, Provider, newest};

/// The events of a provider.
///
/// A class whose layout was found by [`Clr`](crate::Clr) refers to that of an event in a table, and
/// so tells which one by its address. Where the stream describes a class, names and layouts are
/// compared: a number may stand for another event there.
#[derive(Clone, Copy)]
pub(crate) struct Table {
    pub name: &'static str,
    pub guid: Option<[u8; 16]>,
    pub events: &'static [EventSchema],
}

impl Table {
    pub(crate) const fn of(provider: &Provider) -> Self {
        Self { name: provider.name, guid: Some(provider.guid), events: provider.events }
    }

    /// The event at a place, for a constant: one that is not there does not compile.
    pub(crate) const fn event(&self, place: usize) -> &'static EventSchema {
        match self.events.split_at(place).1.first() {
            Some(event) => event,
            None => panic!("no such event"),
        }
    }

    /// A view of an event, if it is this one.
    #[inline]
    pub(crate) fn read<'a, T: View<'a>>(
        &self,
        event: EventView<'a>,
        schema: &'static EventSchema,
    ) -> Option<T> {
        let class = event.class().filter(|class| class.event_id == schema.id)?;
        let (is_this, is_exact) = match known(class) {
            Some(known) => (ptr::eq(known.layout, &raw const schema.layout), known.is_exact),
            None => (self.is_described(class, schema), true),
        };
        if !is_this {
            return None;
        }
        super::read(event.payload(), event.state().trace.pointer_size, is_exact)
    }

    /// The place of a class's event, and whether it is of just that version.
    pub(crate) fn find(&self, class: &EventClass) -> Option<(usize, bool)> {
        if let Some(known) = known(class) {
            let (first, found) = (self.events.as_ptr().addr(), ptr::from_ref(known.layout).addr());
            let place = found.checked_sub(first)? / size_of::<EventSchema>();
            let layout = &raw const self.events.get(place)?.layout;
            return ptr::eq(known.layout, layout).then_some((place, known.is_exact));
        }
        let (place, is_exact) = self.newest(class.event_id, class.version)?;
        let schema = self.events.get(place).filter(|_| is_exact)?;
        self.is_described(class, schema).then_some((place, true))
    }

    /// The place of an event of this version, or of the newest one before it (`false`).
    pub(crate) fn newest(&self, id: u32, version: u32) -> Option<(usize, bool)> {
        let place = newest(self.events, id, version)?;
        Some((place, u32::from(self.events.get(place)?.version) == version))
    }

    /// Whether a class is an event by what the stream says of it.
    #[cold]
    fn is_described(&self, class: &EventClass, schema: &EventSchema) -> bool {
        class.event_id == schema.id
            && class.version == u32::from(schema.version)
            && self.is_named(class.provider())
            && (class.name().is_empty() || class.name() == schema.name)
            && is_same(class.layout(), &schema.layout)
    }

    /// Whether this is the provider of a name, or of a GUID as text.
    fn is_named(&self, name: &str) -> bool {
        let is_guid = |guid| write!(Expected(name), "{}", Guid(guid)).is_ok() && name.len() == 36;
        name == self.name || self.guid.is_some_and(is_guid)
    }
}

/// What is known of a class, if its payloads are read by that.
#[inline]
fn known(class: &EventClass) -> Option<&Known> {
    class.known().filter(|known| class.layout().is_some_and(|layout| ptr::eq(layout, known.layout)))
}

/// Whether a stream describes a layout of simple types. It may say that an enumeration has a sign.
pub(crate) fn is_same(described: Option<&Layout>, known: &Layout) -> bool {
    let Some(described) = described else { return known.is_empty() };
    let (left, right) = (described.fields(), known.fields());
    left.len() == right.len()
        && left.iter().zip(right).all(|(left, right)| {
            let types = (described.type_at(left.type_index), known.type_at(right.type_index));
            left.name == right.name && is_same_type(types, right)
        })
}

fn is_same_type(types: (Option<Type>, Option<Type>), known: &Field) -> bool {
    let (Some(described), Some(of)) = types else { return false };
    match (described, of) {
        (Type::Int8, Type::UInt8)
        | (Type::Int16, Type::UInt16)
        | (Type::Int32, Type::UInt32)
        | (Type::Int64, Type::UInt64) => known.map.is_some(),
        // Their types are elsewhere in the layout.
        (Type::Object { .. } | Type::Array { .. }, _) => false,
        _ => described == of,
    }
}

/// Fails if what is written is not what is expected, in whatever case.
struct Expected<'a>(&'a str);

impl Write for Expected<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let (front, rest) = self.0.split_at_checked(text.len()).ok_or(fmt::Error)?;
        self.0 = rest;
        if front.eq_ignore_ascii_case(text) { Ok(()) } else { Err(fmt::Error) }
    }
}
