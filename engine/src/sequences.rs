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
    /// Bytes of sequences that were replaced or removed; freed when the store is next rebuilt.
    dead: usize,
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
    /// At most `limit` bytes, the index included.
    pub fn new(limit: usize) -> Self {
        Self { table: Table::default(), store: Store::default(), limit, dead: 0 }
    }

    /// Copies `bytes` in under `id`.
    pub fn insert(&mut self, id: u64, bytes: &[u8]) -> Added {
        self.sweep();
        let index = self.table.bytes() + self.table.cost_of(id);
        let room = self.limit.saturating_sub(index);
        let Some(stored) = self.store.push(bytes, room) else {
            return Added::Refused;
        };
        match self.table.insert(id, stored) {
            None => Added::New,
            Some(old) => {
                self.dead += old.len();
                Added::Replaced
            }
        }
    }

    /// Takes the sequence of `id` away. Whether there was one.
    pub fn remove(&mut self, id: u64) -> bool {
        let removed = self.table.remove(id);
        self.dead += removed.map_or(0, |stored| stored.len());
        removed.is_some()
    }

    /// The bytes of `id`.
    #[inline]
    pub fn get(&self, id: u64) -> Option<&[u8]> {
        self.table.get(id).map(|stored| self.store.get(*stored))
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
        self.dead = 0;
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// Bytes in use.
    pub fn bytes(&self) -> usize {
        self.table.bytes() + self.store.bytes()
    }

    /// Bytes reserved from the system.
    pub fn reserved(&self) -> usize {
        self.table.reserved() + self.store.reserved()
    }

    /// Rebuilds the store once most of it is dead, so that a stream which removes one by one and
    /// never ends an epoch stays flat. O(live bytes), paid for by as many dead ones.
    fn sweep(&mut self) {
        if self.dead < (64 << 10) || self.dead * 2 < self.store.bytes() {
            return;
        }
        let old = std::mem::take(&mut self.store);
        let ids: Vec<u64> = self.table.iter().map(|(id, _)| id).collect();
        for id in ids {
            let bytes = self.table.get(id).map_or(&[][..], |stored| old.get(*stored));
            if let Some(moved) = self.store.push(bytes, usize::MAX) {
                self.table.insert(id, moved);
            }
        }
        self.dead = 0;
    }
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
        assert!(rows.store.bytes() < 512 << 10, "{}", rows.store.bytes());
    }

    #[test]
    fn the_limit_is_the_callers_to_name() {
        let mut rows = Sequences::new(8 << 10);
        let mut id = 0;
        while rows.insert(id, &[1; 100]) != Added::Refused {
            id += 1;
        }
        assert!(rows.bytes() <= 8 << 10 && id > 20, "{id}: {}", rows.bytes());
        assert_eq!(rows.get(0), Some(&[1; 100][..]), "what is there stays");
    }
}
