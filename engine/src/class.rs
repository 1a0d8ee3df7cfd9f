//! Event classes: who emits an event, what it is called, how its payload is described.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::layout::Layout;
use crate::schemas::Known;
use crate::table::Table;

/// What all events of one kind have in common.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventClass {
    /// The id by which events of the stream refer to it.
    pub id: u32,
    /// The event's number within its provider.
    pub event_id: u32,
    /// Version of the event's payload.
    pub version: u32,
    /// Verbosity: 0 always, 1 critical, 2 error, 3 warning, 4 informational, 5 verbose.
    pub level: u8,
    /// Opcode, if the stream gives one.
    pub opcode: Option<u8>,
    /// Keywords of the provider, a bit set.
    pub keywords: u64,
    /// The provider's GUID, if the stream gives one.
    pub provider_guid: Option<[u8; 16]>,
    /// The provider's name and then the event's, the latter from `split` on.
    text: Box<str>,
    split: usize,
    /// Its fields, as the stream describes them.
    described: Option<Arc<Layout>>,
    known: Option<Known>,
    /// The definition as it stands in the stream.
    definition: Box<[u8]>,
    /// The part of it that the format's crate reads when it is asked.
    attributes: Range<u32>,
}

impl EventClass {
    /// A class of which only the ids and names are known; the other fields are 0 or absent.
    pub fn new(id: u32, event_id: u32, provider: &str, name: &str) -> Self {
        let text = [provider, name].concat().into_boxed_str();
        Self {
            id,
            event_id,
            version: 0,
            level: 0,
            opcode: None,
            keywords: 0,
            provider_guid: None,
            text,
            split: provider.len(),
            described: None,
            known: None,
            definition: Box::default(),
            attributes: 0..0,
        }
    }

    /// Keeps the definition as it stands in the stream.
    #[must_use]
    pub fn with_definition(mut self, definition: &[u8]) -> Self {
        self.definition = definition.into();
        self
    }

    /// Says which part of the definition is for the format's crate to read when it is asked.
    pub fn place_attributes(&mut self, place: Range<usize>) {
        let [start, end] = [place.start, place.end].map(|at| u32::try_from(at).unwrap_or(u32::MAX));
        self.attributes = start..end;
    }

    /// Keeps the fields as the stream describes them.
    #[must_use]
    pub fn with_layout(mut self, layout: Layout) -> Self {
        self.described = (!layout.is_empty()).then(|| Arc::new(layout));
        self
    }

    /// Keeps what is known of the event beside the stream.
    #[must_use]
    pub fn with_known(mut self, known: Option<Known>) -> Self {
        self.known = known;
        self
    }

    /// Its fields: as the stream describes them, else as they are known. `None` if neither tells;
    /// an event without fields has a payload that is not described.
    pub fn layout(&self) -> Option<&Layout> {
        match (&self.described, &self.known) {
            (_, Some(known)) if known.overrides => Some(known.layout),
            (Some(described), _) => Some(described),
            (None, known) => known.as_ref().map(|known| known.layout),
        }
    }

    /// What is known of the event beside the stream.
    pub fn known(&self) -> Option<&Known> {
        self.known.as_ref()
    }

    /// Name of the event: the stream's, else the one it is known by; empty if neither tells.
    pub fn display_name(&self) -> &str {
        match (self.name(), &self.known) {
            ("", Some(known)) => known.name,
            (name, _) => name,
        }
    }

    /// Name of the provider; where a stream has none (netperf V1), its GUID as text.
    pub fn provider(&self) -> &str {
        self.text.split_at_checked(self.split).map_or("", |(provider, _)| provider)
    }

    /// Name of the event. Empty where the stream does not tell.
    pub fn name(&self) -> &str {
        self.text.split_at_checked(self.split).map_or("", |(_, name)| name)
    }

    /// The definition as it stands in the stream.
    pub fn definition(&self) -> &[u8] {
        &self.definition
    }

    /// The part of the definition that its format's crate reads; empty in most formats.
    pub fn attributes(&self) -> &[u8] {
        let Range { start, end } = self.attributes;
        self.definition.get(start as usize..end as usize).unwrap_or_default()
    }

    /// Bytes of its strings and of its definition.
    pub fn string_bytes(&self) -> usize {
        let described = self.described.as_ref().map_or(0, |layout| layout.bytes());
        self.text.len() + self.definition.len() + described
    }
}

impl std::fmt::Debug for EventClass {
    /// Without the bytes of the definition.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventClass")
            .field("provider", &self.provider())
            .field("name", &self.name())
            .field("event_id", &self.event_id)
            .field("version", &self.version)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// The classes of a stream, within limits of number and of bytes.
#[derive(Clone, Debug)]
pub struct Classes {
    table: Table<Arc<EventClass>>,
    string_bytes: usize,
    limit: usize,
    max_strings: usize,
    refused: u64,
    complete: bool,
    /// Bytes of classes that were replaced.
    replaced: u64,
    generation: u64,
}

/// What became of a class that was to be defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defined {
    /// It is new.
    New,
    /// A class of this id with the same definition is there already.
    Same,
    /// A class of this id with another definition was there; the new one holds.
    Replaced,
    /// A limit is reached: it was not kept, and what is there stays.
    Refused,
}

impl Classes {
    /// At most `max_classes` classes with together `max_strings` bytes of names and definitions.
    pub fn new(max_classes: usize, max_strings: usize) -> Self {
        Self {
            table: Table::default(),
            string_bytes: 0,
            limit: max_classes,
            max_strings,
            refused: 0,
            complete: true,
            replaced: 0,
            generation: new_generation(),
        }
    }

    /// The class of `id`. Constant time.
    #[inline]
    pub fn get(&self, id: u32) -> Option<&EventClass> {
        self.handle(id).map(|class| &**class)
    }

    /// The class of `id`, to be kept. Constant time.
    #[inline]
    pub fn handle(&self, id: u32) -> Option<&Arc<EventClass>> {
        self.table.get(id.into())
    }

    /// A number that all classes of the process share only with copies that are the same: it changes
    /// with every definition.
    #[inline]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Ids that all are there, for a loop that asks often. Others may be there too.
    #[inline]
    pub fn solid(&self) -> Range<u64> {
        self.table.solid()
    }

    /// Whether `id` is defined. Constant time.
    #[inline]
    pub fn contains(&self, id: u32) -> bool {
        self.table.contains(id.into())
    }

    /// Whether the class of `id` was defined by just these bytes.
    pub fn is_same(&self, id: u32, definition: &[u8]) -> bool {
        self.get(id).is_some_and(|class| *class.definition == *definition)
    }

    /// Adds a class, or replaces the one of the same id.
    pub fn define(&mut self, class: EventClass) -> Defined {
        let id = class.id;
        let old = self.get(id).map(EventClass::string_bytes);
        if self.get(id) == Some(&class) {
            return Defined::Same;
        }
        let bytes = self.string_bytes - old.unwrap_or(0) + class.string_bytes();
        let full = old.is_none() && self.table.len() >= self.limit;
        if full || bytes > self.max_strings {
            self.refuse();
            return Defined::Refused;
        }
        self.string_bytes = bytes;
        self.replaced += old.map_or(0, |old| old + size_of::<EventClass>()) as u64;
        self.table.insert(id.into(), Arc::new(class));
        self.generation = new_generation();
        if old.is_some() { Defined::Replaced } else { Defined::New }
    }

    /// Bytes that names, definitions and layouts may still take.
    pub fn room(&self) -> usize {
        self.max_strings.saturating_sub(self.string_bytes)
    }

    /// Counts a definition that is not kept because it would take more than there is room for.
    pub fn refuse(&mut self) {
        self.refused += 1;
        self.complete = false;
    }

    /// Forgets all classes.
    pub fn clear(&mut self) {
        self.table.clear();
        (self.string_bytes, self.complete, self.generation) = (0, true, new_generation());
    }

    /// The classes; those with small ids first, in order.
    pub fn iter(&self) -> impl Iterator<Item = &EventClass> {
        self.table.iter().map(|(_, class)| &**class)
    }

    /// Begins a change, as [`Table::begin_change`].
    pub fn begin_change(&mut self) {
        self.table.begin_change();
    }

    /// Bytes copied by changes, as [`Table::copied`].
    pub fn copied(&self) -> u64 {
        self.table.copied() + self.replaced
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// Whether no definition was refused since the classes were last cleared: if so, an id that is
    /// not here was not defined.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Definitions not kept because a limit was reached.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Bytes reserved from the system.
    pub fn reserved(&self) -> usize {
        self.table.reserved() + self.table.len() * size_of::<EventClass>() + self.string_bytes
    }
}

fn new_generation() -> u64 {
    // Only that no two are the same matters.
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}
