//! Byte sequences by id: stacks, label lists, rows of threads.

use crate::store::{Store, Stored};
use crate::table::Table;

/// Byte sequences by id, in an arena of their own that is freed at once when their epoch ends.
///
/// Looking one up takes constant time; a clone is a snapshot that later changes do not reach.
#[derive(Clone, Debug)]
pub struct Sequences {
    table: Table<Stored>,
    store: Store,
    limit: usize,
    /// What the sequences cost. Counted by what they are and not by what was reserved for them,
    /// which depends on who shares it: what is kept must not.
    cost: usize,
    /// Bytes of sequences that were replaced or removed; freed when the store is next rebuilt.
    dead: usize,
    /// Bytes of stores that were rebuilt.
    rebuilt: u64,
}

/// What became of a sequence that was to be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is new.
    New,
    /// One of this id was there; the new one holds.
    Replaced,
    /// The limit is reached: it was not kept.
    Refused,
}

impl Sequences {
    /// At most `limit` bytes, 48 for each sequence included.
    pub fn new(limit: usize) -> Self {
        let (table, store) = (Table::default(), Store::default());
        Self { table, store, limit, cost: 0, dead: 0, rebuilt: 0 }
    }

    /// Copies `bytes` in under `id`.
    pub fn insert(&mut self, id: u64, bytes: &[u8]) -> Added {
        let old = self.table.get(id).copied();
        let cost = self.cost - old.map_or(0, cost) + bytes.len() + ENTRY;
        if cost > self.limit {
            return Added::Refused;
        }
        self.sweep();
        let Some(stored) = self.store.push(bytes) else {
            return Added::Refused;
        };
        self.cost = cost;
        self.table.insert(id, stored);
        self.dead += old.map_or(0, |stored| stored.len());
        if old.is_some() { Added::Replaced } else { Added::New }
    }

    /// Takes the sequence of `id` away. Whether there was one.
    pub fn remove(&mut self, id: u64) -> bool {
        let Some(removed) = self.table.remove(id) else {
            return false;
        };
        self.cost -= cost(removed);
        self.dead += removed.len();
        true
    }

    /// The bytes of `id`.
    #[inline]
    pub fn get(&self, id: u64) -> Option<&[u8]> {
        self.table.get(id).map(|stored| self.store.get(*stored))
    }

    /// Ids that all are there, for a loop that asks often. Others may be there too.
    #[inline]
    pub fn solid(&self) -> std::ops::Range<u64> {
        self.table.solid()
    }

    /// Whether `id` is there.
    #[inline]
    pub fn contains(&self, id: u64) -> bool {
        self.table.contains(id)
    }

    /// The sequences with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.table.iter().map(|(id, stored)| (id, self.store.get(*stored)))
    }

    /// Frees all at once.
    pub fn clear(&mut self) {
        self.table.clear();
        self.store.clear();
        (self.cost, self.dead) = (0, 0);
    }

    /// Begins a change, as [`Table::begin_change`].
    pub fn begin_change(&mut self) {
        self.table.begin_change();
        self.store.begin_change();
    }

    /// Bytes copied by changes, as [`Table::copied`].
    pub fn copied(&self) -> u64 {
        self.table.copied() + self.store.copied() + self.rebuilt
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// Bytes reserved from the system.
    pub fn reserved(&self) -> usize {
        self.table.reserved() + self.store.reserved()
    }

    /// Rebuilds the store once most of it is dead, so that a stream which removes one by one and
    /// never ends an epoch stays flat. O(live bytes), paid for by as many dead ones.
    fn sweep(&mut self) {
        if self.dead < (64 << 10) || self.dead < self.cost {
            return;
        }
        let old = std::mem::take(&mut self.store);
        self.rebuilt += (self.cost + self.dead) as u64 + old.copied();
        let ids: Vec<u64> = self.table.iter().map(|(id, _)| id).collect();
        for id in ids {
            let bytes = self.table.get(id).map_or(&[][..], |stored| old.get(*stored));
            if let Some(moved) = self.store.push(bytes) {
                self.table.insert(id, moved);
            }
        }
        self.dead = 0;
    }
}

/// What a sequence costs beside its bytes.
const ENTRY: usize = 48;

fn cost(stored: Stored) -> usize {
    stored.len() + ENTRY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_removed_one_by_one_is_freed_too() {
        let mut rows = Sequences::new(1 << 20);
        for id in 0..100_000u64 {
            assert_eq!(rows.insert(id, &id.to_le_bytes().repeat(8)), Added::New);
            if id >= 100 {
                assert!(rows.remove(id - 100));
            }
        }
        assert_eq!(rows.len(), 100);
        assert_eq!(rows.get(99_950), Some(&99_950u64.to_le_bytes().repeat(8)[..]));
        assert!(rows.store.reserved() < 512 << 10, "{}", rows.store.reserved());
    }

    #[test]
    fn the_limit_is_the_callers_to_name() {
        let mut rows = Sequences::new(8 << 10);
        let mut id = 0;
        while rows.insert(id, &[1; 100]) != Added::Refused {
            id += 1;
        }
        assert_eq!(id, (8 << 10) / 148);
        assert_eq!(rows.get(0), Some(&[1; 100][..]), "what is there stays");
    }
}
