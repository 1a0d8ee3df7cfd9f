//! What somebody keeps for each class: made once, found in a nanosecond or two for each event.
//!
//! Ids may be defined anew, so that a value belongs to a class and not to its id. It was found under
//! an id in classes of one [generation](Classes::generation), and as long as an event's classes are
//! of that one, the id says enough. In another the class itself is compared: where it is the same,
//! the value stays.

use std::sync::Arc;

use crate::class::{Classes, EventClass};
use crate::view::EventView;

/// A value for each of the classes that events had so far.
///
/// Bounded: at most as many as the limit, and the classes they were made for. Those beyond take the
/// place of others, and are made anew when they come again.
///
/// ```
/// use tracemill_engine::{Batch, ClassMap};
///
/// fn shout(batch: &Batch<'_>, names: &mut ClassMap<String>) {
///     for event in batch {
///         if let Some(name) = names.get(event, |class| class.display_name().to_uppercase()) {
///             println!("{name}");
///         }
///     }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct ClassMap<T> {
    /// As many as a power of two.
    slots: Vec<Slot<T>>,
    limit: usize,
}

#[derive(Clone, Debug)]
struct Slot<T> {
    /// Of the classes in which the id was last looked up; 0 for none, which no classes have.
    generation: u64,
    id: u32,
    kept: Option<Kept<T>>,
}

#[derive(Clone, Debug)]
struct Kept<T> {
    class: Arc<EventClass>,
    value: T,
}

impl<T> Default for ClassMap<T> {
    fn default() -> Self {
        Self::with_limit(4_096)
    }
}

impl<T> ClassMap<T> {
    /// For up to 4,096 classes.
    pub fn new() -> Self {
        Self::default()
    }

    /// For up to so many classes: the next power of two, at least 64.
    pub fn with_limit(classes: usize) -> Self {
        Self { slots: Vec::new(), limit: classes.max(FEWEST).next_power_of_two() }
    }

    /// The value of the event's class; `make` makes it of a class that is new. `None` if the class is
    /// not known.
    #[inline]
    pub fn get(
        &mut self,
        event: EventView<'_>,
        make: impl FnOnce(&EventClass) -> T,
    ) -> Option<&mut T> {
        self.get_of(event.class_id(), &event.state().classes, make)
    }

    /// The value of the event's class, if it is found at once. Else it may be there nevertheless.
    #[inline]
    pub fn peek(&self, event: EventView<'_>) -> Option<&T> {
        let id = event.class_id();
        let slot = self.slots.get(home(id, self.slots.len()))?;
        let is_of = slot.id == id && slot.generation == event.context().generation;
        slot.kept.as_ref().filter(|_| is_of).map(|kept| &kept.value)
    }

    /// Bytes reserved from the system, without what values own and what classes take.
    pub fn reserved(&self) -> usize {
        self.slots.capacity() * size_of::<Slot<T>>()
    }

    /// Forgets all values.
    pub fn clear(&mut self) {
        self.slots.clear();
    }

    #[inline]
    fn get_of(
        &mut self,
        id: u32,
        classes: &Classes,
        make: impl FnOnce(&EventClass) -> T,
    ) -> Option<&mut T> {
        let mut place = home(id, self.slots.len());
        if !self.slots.get(place).is_some_and(|slot| slot.is_of(id, classes)) {
            place = self.find(id, classes, make)?;
        }
        self.slots.get_mut(place)?.kept.as_mut().map(|kept| &mut kept.value)
    }

    /// Where the value of a class is, after it has been looked for everywhere and made.
    #[cold]
    #[inline(never)]
    fn find(
        &mut self,
        id: u32,
        classes: &Classes,
        make: impl FnOnce(&EventClass) -> T,
    ) -> Option<usize> {
        let class = classes.handle(id)?;
        let places = places(id, self.slots.len());
        for place in places {
            let Some(slot) = self.slots.get_mut(place).filter(|slot| slot.id == id) else {
                continue;
            };
            let Some(kept) = &mut slot.kept else { continue };
            if Arc::ptr_eq(&kept.class, class) || kept.class == *class {
                (slot.generation, kept.class) = (classes.generation(), Arc::clone(class));
                return Some(place);
            }
        }
        let kept = Kept { class: Arc::clone(class), value: make(class) };
        let slot = Slot { generation: classes.generation(), id, kept: Some(kept) };
        Some(self.insert(slot))
    }

    /// Finds a place for a value: a free one, a new one, or that of another.
    fn insert(&mut self, slot: Slot<T>) -> usize {
        let id = slot.id;
        // A class that is defined anew leaves no other behind.
        let is_for = |old: &Slot<T>| old.kept.is_none() || old.id == id;
        while !self.slots.get(home(id, self.slots.len())).is_some_and(is_for)
            && self.slots.len() < self.limit
        {
            self.grow();
        }
        let len = self.slots.len();
        let is_free = |place: &usize| self.slots.get(*place).is_some_and(is_for);
        let place = places(id, len).find(is_free).unwrap_or(home(id, len));
        if let Some(old) = self.slots.get_mut(place) {
            *old = slot;
        }
        place
    }

    fn grow(&mut self) {
        let len = (2 * self.slots.len()).max(FEWEST);
        let empty = || Slot { generation: 0, id: 0, kept: None };
        let old =
            std::mem::replace(&mut self.slots, std::iter::repeat_with(empty).take(len).collect());
        for slot in old.into_iter().filter(|slot| slot.kept.is_some()) {
            let is_free =
                |place: &usize| self.slots.get(*place).is_some_and(|slot| slot.kept.is_none());
            // One for which there is no place is made anew when it is asked for.
            if let Some(place) = places(slot.id, len).find(is_free)
                && let Some(new) = self.slots.get_mut(place)
            {
                *new = slot;
            }
        }
    }
}

impl<T> Slot<T> {
    #[inline]
    fn is_of(&self, id: u32, classes: &Classes) -> bool {
        self.id == id && self.generation == classes.generation()
    }
}

/// Where the value of an id is looked for first, of `len` places. Small ids do not get into each
/// other's way.
#[inline]
fn home(id: u32, len: usize) -> usize {
    (id ^ (id >> 16)) as usize & len.wrapping_sub(1)
}

/// All places where it may be.
fn places(id: u32, len: usize) -> impl Iterator<Item = usize> {
    let first = home(id, len);
    (first..first + PROBES).map(move |place| place & len.wrapping_sub(1))
}

const FEWEST: usize = 64;
/// Places tried before a value gives way to another.
const PROBES: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    /// The value for an id in these classes, and whether it was made.
    fn value(map: &mut ClassMap<String>, classes: &Classes, id: u32) -> (Option<String>, bool) {
        let mut is_made = false;
        let make = |class: &EventClass| {
            is_made = true;
            class.name().to_owned()
        };
        (map.get_of(id, classes, make).cloned(), is_made)
    }

    fn define(classes: &mut Classes, id: u32, name: &str) {
        classes.define(EventClass::new(id, id, "P", name));
    }

    #[test]
    fn a_value_is_that_of_the_class_whatever_its_id_meant_before() {
        let (mut classes, mut map) = (Classes::new(100, 1 << 20), ClassMap::new());
        define(&mut classes, 7, "a");
        let before = classes.clone();
        assert_eq!(value(&mut map, &classes, 7), (Some("a".into()), true));
        assert_eq!(value(&mut map, &classes, 7), (Some("a".into()), false));
        assert_eq!(value(&mut map, &classes, 8), (None, false));
        define(&mut classes, 8, "b");
        assert_eq!(
            value(&mut map, &classes, 7),
            (Some("a".into()), false),
            "the class is the same"
        );
        assert_eq!(value(&mut map, &classes, 8), (Some("b".into()), true));
        assert_eq!(value(&mut map, &before, 8), (None, false), "it was not defined there");
        define(&mut classes, 7, "c");
        assert_eq!(value(&mut map, &classes, 7), (Some("c".into()), true));
        assert_eq!(value(&mut map, &before, 7), (Some("a".into()), true));
        classes.clear();
        define(&mut classes, 7, "a");
        assert_eq!(value(&mut map, &classes, 7), (Some("a".into()), false), "the same once more");
    }

    #[test]
    fn classes_beyond_the_limit_take_turns() {
        let (mut classes, mut map) = (Classes::new(10_000, 1 << 20), ClassMap::with_limit(256));
        let ids = (0..2_000).chain((0..500).map(|at| 1 << 20 | at << 9));
        for id in ids.clone() {
            define(&mut classes, id, &id.to_string());
        }
        for id in ids.clone().chain(ids) {
            assert_eq!(value(&mut map, &classes, id).0, Some(id.to_string()));
        }
        assert_eq!(map.slots.len(), 256);
        let (mut small, mut made) = (ClassMap::with_limit(256), 0);
        for id in (0..200).chain(0..200) {
            made += u32::from(value(&mut small, &classes, id).1);
        }
        assert_eq!(made, 200, "what fits is made once");
    }
}
