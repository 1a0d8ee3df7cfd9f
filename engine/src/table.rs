//! A table from ids to values that is cheap to share with runs in flight.
//!
//! Ids that are dense from 0 live in pages behind a directory; the few that are not, in a map.
//! Cloning a table copies two pointers. Changing a table of which a clone is in use copies the
//! directory and the one page that changes; changing one that is not shared copies nothing, and
//! clearing it keeps its pages for the next epoch. So one thread alone never allocates here once its
//! tables have their size.
//!
//! Whoever keeps clones for long has to know what they keep alive: what was copied since. That is
//! counted as if every change met a clone, so that the count depends on the stream alone.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

const PAGE: usize = 64;
/// Ids from here on go to the map: 1,024 pages at most, however far apart the ids are.
const DENSE: u64 = 1 << 16;

const SHARDS: usize = 64;

#[derive(Clone, Debug)]
struct Page<T> {
    slots: [Option<T>; PAGE],
    /// The change that last touched it.
    change: u64,
}

#[derive(Clone, Debug)]
struct Shard<T> {
    values: HashMap<u64, T>,
    change: u64,
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self { slots: [const { None }; PAGE], change: 0 }
    }
}

impl<T> Default for Shard<T> {
    fn default() -> Self {
        Self { values: HashMap::new(), change: 0 }
    }
}

/// Values by id.
#[derive(Debug)]
pub struct Table<T> {
    directory: Arc<Vec<Option<Arc<Page<T>>>>>,
    /// A map for each remainder of the id, so that a change copies one of many. Empty at first.
    sparse: Arc<Vec<Arc<Shard<T>>>>,
    sparse_len: usize,
    /// Pages of an epoch that ended. Not shared with clones.
    free: Vec<Arc<Page<T>>>,
    len: usize,
    pages: usize,
    /// Ids that surely all have a value: most tables are filled in order, and then this is all.
    solid: Range<u64>,
    /// Number of the change that is going on.
    change: u64,
    /// The change that last copied the directory.
    directory_change: u64,
    copied: u64,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            directory: Arc::default(),
            sparse: Arc::default(),
            sparse_len: 0,
            free: Vec::new(),
            len: 0,
            pages: 0,
            solid: 0..0,
            change: 1,
            directory_change: 0,
            copied: 0,
        }
    }
}

impl<T> Clone for Table<T> {
    fn clone(&self) -> Self {
        Self {
            directory: Arc::clone(&self.directory),
            sparse: Arc::clone(&self.sparse),
            sparse_len: self.sparse_len,
            free: Vec::new(),
            len: self.len,
            pages: self.pages,
            solid: self.solid.clone(),
            change: self.change,
            directory_change: self.directory_change,
            copied: self.copied,
        }
    }
}

impl<T: Clone> Table<T> {
    /// The value of `id`. Constant time.
    #[inline]
    pub fn get(&self, id: u64) -> Option<&T> {
        if id < DENSE {
            let (page, slot) = place(id);
            self.directory.get(page)?.as_ref()?.slots.get(slot)?.as_ref()
        } else {
            self.sparse.get(shard(id))?.values.get(&id)
        }
    }

    /// Whether `id` has a value. Constant time.
    #[inline]
    pub fn contains(&self, id: u64) -> bool {
        self.solid.contains(&id) || self.get(id).is_some()
    }

    /// Ids that all have a value, for a loop that asks often. Others may have one too.
    #[inline]
    pub fn solid(&self) -> Range<u64> {
        self.solid.clone()
    }

    /// Gives `id` a value and returns the one it had.
    pub fn insert(&mut self, id: u64, value: T) -> Option<T> {
        let old = if id < DENSE {
            self.slot(id).replace(value)
        } else {
            let old = self.shard_mut(id).insert(id, value);
            self.sparse_len += usize::from(old.is_none());
            old
        };
        self.len += usize::from(old.is_none());
        if self.len == 1 {
            self.solid = id..id;
        }
        if id == self.solid.end {
            self.solid.end = id.saturating_add(1);
        }
        old
    }

    /// Takes the value of `id` away.
    pub fn remove(&mut self, id: u64) -> Option<T> {
        // Nothing is copied for an id that is not there.
        self.get(id)?;
        self.len -= 1;
        if self.solid.contains(&id) {
            self.solid.end = id;
        }
        if id >= DENSE {
            self.sparse_len -= 1;
            return self.shard_mut(id).remove(&id);
        }
        let removed = self.slot(id).take();
        self.release_page(place(id).0);
        removed
    }

    /// Takes all values away. O(pages in use).
    pub fn clear(&mut self) {
        match Arc::get_mut(&mut self.directory) {
            Some(directory) => {
                for mut page in directory.drain(..).flatten() {
                    if let Some(emptied) = Arc::get_mut(&mut page) {
                        emptied.slots.fill(None);
                        self.free.push(page);
                    }
                }
            }
            None => self.directory = Arc::default(),
        }
        if self.sparse_len > 0 {
            match Arc::get_mut(&mut self.sparse) {
                Some(shards) => {
                    for shard in shards {
                        match Arc::get_mut(shard) {
                            Some(shard) => shard.values.clear(),
                            None => *shard = Arc::default(),
                        }
                    }
                }
                None => self.sparse = Arc::default(),
            }
            self.sparse_len = 0;
        }
        (self.len, self.pages, self.solid) = (0, 0, 0..0);
    }

    /// Begins a change, that of a frame say: what it copies is counted once however often it is
    /// touched.
    pub fn begin_change(&mut self) {
        self.change += 1;
    }

    /// Bytes that changes had to copy so far if each met a clone: what clones taken at one time keep
    /// alive at a later one is at most what was copied between.
    pub fn copied(&self) -> u64 {
        self.copied
    }

    /// Values in it.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The values with their ids; dense ids first, in order.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        let pages = self.directory.iter().enumerate();
        let dense =
            pages.filter_map(|(at, page)| Some((at, page.as_ref()?))).flat_map(|(at, page)| {
                let values = page.slots.iter().enumerate();
                values.filter_map(move |(slot, value)| {
                    Some(((at * PAGE + slot) as u64, value.as_ref()?))
                })
            });
        let sparse = self.sparse.iter().flat_map(|shard| &shard.values);
        dense.chain(sparse.map(|(id, value)| (*id, value)))
    }

    /// Bytes reserved from the system, pages kept for later included.
    pub fn reserved(&self) -> usize {
        (self.pages + self.free.len()) * size_of::<Page<T>>()
            + self.directory.capacity() * size_of::<usize>()
            + self.sparse_len * 2 * size_of::<(u64, T)>()
    }

    /// Keeps a page for later if nothing is left in it.
    fn release_page(&mut self, page: usize) {
        let directory = Arc::get_mut(&mut self.directory);
        let Some(entry) = directory.and_then(|directory| directory.get_mut(page)) else {
            return;
        };
        if let Some(empty) = entry.take_if(|page| page.slots.iter().all(Option::is_none)) {
            self.pages -= 1;
            self.free.push(empty);
        }
    }

    fn shard_mut(&mut self, id: u64) -> &mut HashMap<u64, T> {
        self.copy_directory();
        let shards = Arc::make_mut(&mut self.sparse);
        if shards.is_empty() {
            shards.resize_with(SHARDS, Arc::default);
        }
        let shard = Arc::make_mut(shards.get_mut(shard(id)).expect("a shard for each remainder"));
        if shard.change != self.change {
            shard.change = self.change;
            self.copied += ((shard.values.len() + 1) * 2 * size_of::<(u64, T)>()) as u64;
        }
        &mut shard.values
    }

    fn slot(&mut self, id: u64) -> &mut Option<T> {
        self.copy_directory();
        let (page, slot) = place(id);
        let directory = Arc::make_mut(&mut self.directory);
        if directory.len() <= page {
            directory.resize_with(page + 1, || None);
        }
        let (free, pages) = (&mut self.free, &mut self.pages);
        let page = directory.get_mut(page).expect("made above").get_or_insert_with(|| {
            *pages += 1;
            free.pop().unwrap_or_default()
        });
        let page = Arc::make_mut(page);
        if page.change != self.change {
            page.change = self.change;
            self.copied += size_of::<Page<T>>() as u64;
        }
        page.slots.get_mut(slot).expect("slots are below PAGE")
    }

    fn copy_directory(&mut self) {
        if self.directory_change != self.change {
            self.directory_change = self.change;
            let pointers = self.directory.len() + self.sparse.len();
            self.copied += (pointers * size_of::<usize>()) as u64;
        }
    }
}

/// The map of an id from [`DENSE`] on. Ids of V1 and V2 are offsets and multiples of no number.
#[expect(clippy::cast_possible_truncation, reason = "the remainder is below 64")]
fn shard(id: u64) -> usize {
    (id % SHARDS as u64) as usize
}

/// The page of an id below [`DENSE`] and the place in it.
#[expect(clippy::cast_possible_truncation, reason = "dense ids are below 2^16")]
fn place(id: u64) -> (usize, usize) {
    ((id as usize) / PAGE, (id as usize) % PAGE)
}

#[cfg(test)]
mod tests;
