//! What the tables are made of.

use std::borrow::Cow;

use tracemill_engine::{Field, Layout, Map};

/// Who emits events.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Provider {
    /// Its name.
    pub name: &'static str,
    /// Its GUID as on the wire: the first three parts are little-endian.
    pub guid: [u8; 16],
    /// Its events, by id and version.
    pub events: &'static [EventSchema],
    /// What streams say of its events.
    pub described: Described,
}

/// Whether streams describe the events of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Described {
    /// They do not.
    No,
    /// They do, but wrongly: what is known here holds.
    Wrongly,
    /// They do. What is known here is not for reading them: an `EventSource` numbers some events as
    /// it comes to them, and the same number may be another event (`EventCounters` is 2, 3, 4 of
    /// `System.Runtime`, where 2 is `ProcessorCount`).
    Well,
}

/// A version of an event.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EventSchema {
    /// Its number within its provider.
    pub id: u32,
    /// Version of its payload.
    pub version: u8,
    /// Its name, without the version: `GCStart`.
    pub name: &'static str,
    /// What it belongs to: `GarbageCollection`; empty if nothing.
    pub task: &'static str,
    /// What happens, as text: `Start`; empty if that is not said.
    pub opcode: &'static str,
    /// Texts of task and opcode, as .NET tools show them: `GC/Start`.
    pub title: &'static str,
    /// Verbosity: 0 always, 1 critical, 2 error, 3 warning, 4 informational, 5 verbose.
    pub level: u8,
    /// Keywords of the provider, a bit set.
    pub keywords: u64,
    /// A sentence with `%1` for the first field and so on, and `%n` for a new line.
    pub message: Option<&'static str>,
    /// Its fields.
    pub layout: Layout,
}

impl Provider {
    /// An event of exactly this version.
    pub fn event(&self, id: u32, version: u32) -> Option<&'static EventSchema> {
        let event = self.newest(id, version)?;
        (u32::from(event.version) == version).then_some(event)
    }

    /// An event of this version, or of the newest one before it.
    pub(crate) fn newest(&self, id: u32, version: u32) -> Option<&'static EventSchema> {
        self.events.get(newest(self.events, id, version)?)
    }
}

/// The place of an event of this version, or of the newest one before it.
pub(crate) fn newest(events: &[EventSchema], id: u32, version: u32) -> Option<usize> {
    let key = |event: &EventSchema| (event.id, u32::from(event.version));
    let place = events.partition_point(|event| key(event) <= (id, version)).checked_sub(1)?;
    (events.get(place)?.id == id).then_some(place)
}

/// A field, as a constant.
pub(crate) const fn field(name: &'static str, type_index: u32) -> Field {
    Field { name: Cow::Borrowed(name), type_index, map: None }
}

/// A field whose values have names, as a constant.
pub(crate) const fn mapped(name: &'static str, type_index: u32, map: &'static Map) -> Field {
    Field { name: Cow::Borrowed(name), type_index, map: Some(map) }
}
