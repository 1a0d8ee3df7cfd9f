//! A value for each event class, found in a few operations for an event.
//!
//! Ids may be defined anew between two batches of a stream in file order, and within one never. So a
//! class is looked at in full at its first event since any was defined, and later ones trust the slot
//! of its id:
//!
//! ```text
//! slot[id] = (stamp, entry)      stamp is this one: entry is right
//!                                else: compare the class with the key of the entry, then stamp
//! ```
//!
//! That is less general than a `ClassMap`, and a nanosecond faster.

use std::collections::HashMap;
use std::rc::Rc;

use tracemill::{EventClass, EventView, State};

/// Ids below are looked up in an array.
const DENSE: u32 = 1 << 16;
/// Slots for larger ids; when there are more, all are found anew.
const MAX_SPARSE: usize = 1 << 14;
/// Bytes of all names.
const MAX_NAMES: usize = 4 << 20;
/// The entry of all classes that are beyond a limit.
const OTHERS: u32 = 0;
/// The entry of events whose class is not known.
const UNDESCRIBED: u32 = 1;

/// What tells a class from others, whatever its id in the stream.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ClassKey {
    pub provider: Box<str>,
    pub name: Box<str>,
    pub event_id: u32,
    pub version: u32,
}

impl ClassKey {
    fn of(class: &EventClass) -> Self {
        Self {
            provider: class.provider().into(),
            name: class.display_name().into(),
            event_id: class.event_id,
            version: class.version,
        }
    }

    fn is_of(&self, class: &EventClass) -> bool {
        self.event_id == class.event_id
            && self.version == class.version
            && *self.name == *class.display_name()
            && *self.provider == *class.provider()
    }
}

/// Values by class. Bounded: those beyond a limit share one.
pub(crate) struct ClassTable<T> {
    dense: Vec<Slot>,
    sparse: HashMap<u32, Slot>,
    stamp: u32,
    /// Of the classes that it stands for.
    generation: u64,
    keys: Vec<Rc<ClassKey>>,
    values: Vec<T>,
    index: HashMap<Rc<ClassKey>, u32>,
    name_bytes: usize,
    max_entries: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    stamp: u32,
    entry: u32,
}

impl<T> ClassTable<T> {
    /// At most `max_entries` classes, with two beside: one for the others, one for events whose
    /// class is not known.
    pub(crate) fn new(max_entries: usize, others: T, undescribed: T) -> Self {
        let none = |name: &str| {
            Rc::new(ClassKey { provider: name.into(), name: name.into(), event_id: 0, version: 0 })
        };
        Self {
            dense: Vec::new(),
            sparse: HashMap::new(),
            stamp: 0,
            generation: 0,
            keys: vec![none("(others)"), none("(undescribed)")],
            values: vec![others, undescribed],
            index: HashMap::new(),
            name_bytes: 0,
            max_entries: max_entries + 2,
        }
    }

    /// To be called before the events of each batch.
    pub(crate) fn begin_batch(&mut self, state: &State) {
        let generation = state.classes.generation();
        if self.generation == generation {
            return;
        }
        self.generation = generation;
        self.stamp = self.stamp.wrapping_add(1);
        if self.stamp == 0 {
            self.dense.clear();
            self.sparse.clear();
            self.stamp = 1;
        }
    }

    /// The event's class as a number, for [`value`](Self::value), which `make` makes if it is new; it is
    /// not asked for classes beyond the limit.
    #[inline]
    pub(crate) fn find(
        &mut self,
        event: EventView<'_>,
        make: impl FnOnce(&EventClass) -> T,
    ) -> usize {
        let slot = self.dense.get(event.class_id() as usize).copied().unwrap_or_default();
        if slot.stamp == self.stamp {
            slot.entry as usize
        } else {
            self.resolve(event, make) as usize
        }
    }

    /// The value of a class that was [found](Self::find).
    #[inline]
    pub(crate) fn value(&mut self, entry: usize) -> &mut T {
        self.values.get_mut(entry).expect("slots only hold entries that exist")
    }

    /// The classes with their values, the others and the undescribed first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&ClassKey, &T)> {
        self.keys.iter().map(|key| &**key).zip(&self.values)
    }

    /// Bytes held, roughly.
    pub(crate) fn reserved(&self) -> usize {
        let entry = size_of::<T>() + 2 * size_of::<Rc<ClassKey>>() + size_of::<ClassKey>() + 24;
        self.dense.capacity() * size_of::<Slot>()
            + self.sparse.capacity() * 2 * size_of::<Slot>()
            + self.keys.len() * entry
            + self.name_bytes
    }

    #[cold]
    #[inline(never)]
    fn resolve(&mut self, event: EventView<'_>, make: impl FnOnce(&EventClass) -> T) -> u32 {
        let (id, stamp) = (event.class_id(), self.stamp);
        let class = event.class();
        let place = id as usize;
        let old =
            if id < DENSE { self.dense.get(place).copied() } else { self.sparse.get(&id).copied() };
        if let Some(old) = old.filter(|old| id >= DENSE && old.stamp == stamp) {
            return old.entry;
        }
        let entry = match class {
            None => UNDESCRIBED,
            Some(class) => {
                let known = old.map(|old| old.entry).filter(|entry| {
                    *entry > UNDESCRIBED
                        && self.keys.get(*entry as usize).is_some_and(|key| key.is_of(class))
                });
                known.unwrap_or_else(|| self.intern(class, make))
            }
        };
        let slot = Slot { stamp, entry };
        if id < DENSE {
            if place >= self.dense.len() {
                self.dense.resize(place + 1, Slot::default());
            }
            if let Some(place) = self.dense.get_mut(place) {
                *place = slot;
            }
        } else if class.is_some() {
            // Unknown ids are not kept: a broken stream can have any number of them.
            if self.sparse.len() >= MAX_SPARSE {
                self.sparse.clear();
            }
            self.sparse.insert(id, slot);
        }
        entry
    }

    fn intern(&mut self, class: &EventClass, make: impl FnOnce(&EventClass) -> T) -> u32 {
        let key = ClassKey::of(class);
        if let Some(entry) = self.index.get(&key) {
            return *entry;
        }
        let bytes = self.name_bytes + key.provider.len() + key.name.len();
        let Ok(entry) = u32::try_from(self.keys.len()) else {
            return OTHERS;
        };
        if self.keys.len() >= self.max_entries || bytes > MAX_NAMES {
            return OTHERS;
        }
        let key = Rc::new(key);
        self.name_bytes = bytes;
        self.keys.push(Rc::clone(&key));
        self.values.push(make(class));
        self.index.insert(key, entry);
        entry
    }
}
