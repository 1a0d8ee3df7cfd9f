//! What has been decided for each class, found in a few operations for an event.
//!
//! Ids may be defined anew, so that a decision is kept for a class and not for its id. A class is
//! known again by its address. An address could be used again for another class, but not as long as
//! the first is there: so the cache holds on to the table of classes that it was filled from (a
//! snapshot, which costs a few reference counts). These always hold:
//!
//! 1. The class of every slot in use is the one that `pinned` has for its id, at its address.
//! 2. So two classes never have the same address: that of the slot still exists.
//!
//! Where the table of an event is another one and has another class, the cache changes over to that
//! table. While it still has both, it looks through its slots and keeps those whose class is the same
//! in both, by address or by content.
//!
//! Bounded: 2,048 slots, and one table, which the limits of the stream bound.

use tracemill_engine::{Classes, EventClass};

use super::program::Decision;

/// Decisions by class.
#[derive(Clone, Debug)]
pub(super) struct Cache {
    slots: Box<[Slot; SLOTS]>,
    /// None before the first class.
    entries: Vec<Entry>,
    pinned: Classes,
    /// Whether events of these classes may have labels.
    may_be_labelled: bool,
}

/// What is looked at for each event.
#[derive(Clone, Copy, Debug)]
struct Slot {
    /// Of the class; 0 for none, which no class has.
    address: usize,
    verdict: Verdict,
}

impl Slot {
    const EMPTY: Self = Self { address: 0, verdict: Verdict::Never };
}

/// What has been decided, in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// No event of the class is taken, whatever its labels.
    Never,
    /// All are, whatever their labels.
    Always,
    /// That depends.
    Test,
}

/// The rest of a slot.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// For events without labels.
    pub plain: Decision,
    /// For events with labels that may say otherwise than the class; None if no labels matter.
    pub labelled: Option<Decision>,
    id: u32,
}

impl Entry {
    pub(super) fn new(id: u32, plain: Decision, labelled: Option<Decision>) -> Self {
        Self { plain, labelled, id }
    }

    fn verdict(&self) -> Verdict {
        match (&self.plain, &self.labelled) {
            (Decision::Never, None | Some(Decision::Never)) => Verdict::Never,
            (Decision::Always, None | Some(Decision::Always)) => Verdict::Always,
            _ => Verdict::Test,
        }
    }
}

impl Cache {
    pub(super) fn new() -> Self {
        Self {
            slots: vec![Slot::EMPTY; SLOTS].try_into().expect("as many as there are"),
            entries: Vec::new(),
            pinned: Classes::new(0, 0),
            may_be_labelled: false,
        }
    }

    /// What was decided for a class and where the rest of it is, if it is where it is looked for
    /// first.
    #[inline]
    pub(super) fn get(&self, class: &EventClass, id: u32) -> Option<(usize, Verdict)> {
        let place = home(id);
        let slot = self.slots.get(place)?;
        (slot.address == address(class)).then_some((place, slot.verdict))
    }

    /// The rest of a slot.
    #[inline]
    pub(super) fn entry(&self, place: usize) -> Option<&Entry> {
        self.entries.get(place)
    }

    /// The same as [`get`](Self::get), wherever it is; `make` decides if nothing has been decided.
    #[cold]
    #[inline(never)]
    pub(super) fn find(
        &mut self,
        class: &EventClass,
        id: u32,
        classes: &Classes,
        may_be_labelled: bool,
        make: impl FnOnce() -> Entry,
    ) -> (usize, Verdict) {
        if let Some(found) = self.seek(id, address(class)) {
            return found;
        }
        if self.pinned.get(id).map(address) != Some(address(class)) {
            self.change_over(classes, may_be_labelled);
            if let Some(found) = self.seek(id, address(class)) {
                return found;
            }
        }
        if self.entries.is_empty() {
            let none = || Entry::new(0, Decision::Never, None);
            self.entries = std::iter::repeat_with(none).take(SLOTS).collect();
        }
        let is_free = |place: &usize| self.slots.get(*place).is_some_and(|slot| slot.address == 0);
        let place = places(id).find(is_free).unwrap_or(home(id));
        let entry = make();
        let verdict = entry.verdict();
        if let (Some(slot), Some(old)) = (self.slots.get_mut(place), self.entries.get_mut(place)) {
            *slot = Slot { address: address(class), verdict };
            *old = entry;
        }
        (place, verdict)
    }

    fn seek(&self, id: u32, address: usize) -> Option<(usize, Verdict)> {
        places(id).find_map(|place| {
            let slot = self.slots.get(place).filter(|slot| slot.address == address)?;
            Some((place, slot.verdict))
        })
    }

    /// Pins another table, and keeps what holds there too. O(slots).
    fn change_over(&mut self, classes: &Classes, may_be_labelled: bool) {
        if self.may_be_labelled != may_be_labelled {
            // Another stream, for which other things were left out.
            self.slots.fill(Slot::EMPTY);
            self.may_be_labelled = may_be_labelled;
        }
        for (slot, entry) in self.slots.iter_mut().zip(&self.entries) {
            if slot.address == 0 {
                continue;
            }
            let (old, new) = (self.pinned.get(entry.id), classes.get(entry.id));
            slot.address = match (old, new) {
                (Some(old), Some(new)) if std::ptr::eq(old, new) || old == new => address(new),
                _ => 0,
            };
        }
        self.pinned = classes.clone();
    }
}

/// Where the decision for a class is looked for first. Small ids do not get into each other's way.
#[inline]
fn home(id: u32) -> usize {
    (id ^ id >> BITS) as usize % SLOTS
}

/// All places where it may be.
fn places(id: u32) -> impl Iterator<Item = usize> {
    (home(id)..home(id) + PROBES).map(|place| place % SLOTS)
}

#[inline]
fn address(class: &EventClass) -> usize {
    std::ptr::from_ref(class).addr()
}

const BITS: u32 = 11;
const SLOTS: usize = 1 << BITS;
/// Places tried before a decision gives way to another.
const PROBES: usize = 8;
