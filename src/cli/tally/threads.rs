//! Counts for each thread, found in a few operations for an event.
//!
//! A small cache, direct-mapped by thread key, stands before the table of threads. Where keys are
//! indexes that a stream may give to another thread (V6), what is cached holds for one batch only.

use std::collections::HashMap;

use tracemill::{EventView, State};

use super::Count;

const CACHE_BITS: u32 = 8;
/// Bytes of a name that are kept.
const MAX_NAME: usize = 64;

/// A thread and its counts.
#[derive(Clone, Debug)]
pub(crate) struct ThreadRow {
    pub id: ThreadId,
    /// Its name, empty if it has none.
    pub name: Box<str>,
    pub count: Count,
}

/// What tells a thread from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ThreadId {
    /// Process and thread, as far as the stream tells.
    Known { process: Option<u64>, thread: Option<u64> },
    /// All threads beyond the limit.
    Others,
}

/// Counts by thread. Bounded: threads beyond the limit are counted together.
pub(crate) struct ThreadTable {
    cache: Vec<Slot>,
    batch: u32,
    rows: Vec<ThreadRow>,
    index: HashMap<ThreadId, u32>,
    max_rows: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    key: u64,
    batch: u32,
    row: u32,
}

impl ThreadTable {
    /// At most `max_rows` threads.
    pub(crate) fn new(max_rows: usize) -> Self {
        let others =
            ThreadRow { id: ThreadId::Others, name: Box::default(), count: Count::default() };
        Self {
            cache: vec![Slot::default(); 1 << CACHE_BITS],
            batch: 1,
            rows: vec![others],
            index: HashMap::new(),
            max_rows,
        }
    }

    /// To be called before the events of each batch.
    pub(crate) fn begin_batch(&mut self, state: &State) {
        if state.threads_by_id {
            return;
        }
        self.batch = self.batch.wrapping_add(1);
        if self.batch == 0 {
            self.cache.fill(Slot::default());
            self.batch = 1;
        }
    }

    /// The counts of a thread that was [found](Self::find).
    #[inline]
    pub(crate) fn count(&mut self, row: usize) -> &mut Count {
        &mut self.rows.get_mut(row).expect("slots only hold rows that exist").count
    }

    /// The event's thread as a number, good for its batch.
    #[inline]
    pub(crate) fn find(&mut self, event: EventView<'_>) -> usize {
        let key = event.thread_key();
        let place = (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - CACHE_BITS)) as usize;
        let slot = self.cache.get(place).copied().unwrap_or_default();
        let mut row = slot.row as usize;
        if slot.key != key || slot.batch != self.batch {
            let found = self.resolve(event, (slot.key == key).then_some(slot.row));
            row = found as usize;
            if let Some(slot) = self.cache.get_mut(place) {
                *slot = Slot { key, batch: self.batch, row: found };
            }
        }
        row
    }

    /// The threads that had events; those beyond the limit are one of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &ThreadRow> {
        self.rows.iter().filter(|row| row.count.events > 0)
    }

    /// Bytes held, roughly.
    pub(crate) fn reserved(&self) -> usize {
        let row = size_of::<ThreadRow>() + size_of::<(ThreadId, u32)>() + 16;
        self.cache.len() * size_of::<Slot>() + self.rows.capacity() * row
    }

    #[cold]
    #[inline(never)]
    fn resolve(&mut self, event: EventView<'_>, before: Option<u32>) -> u32 {
        let thread = event.thread().unwrap_or_default();
        let id = ThreadId::Known { process: thread.process_id, thread: thread.id };
        // Most likely the key stands for the same thread as in the batch before.
        let is_it = |row: &u32| self.rows.get(*row as usize).is_some_and(|row| row.id == id);
        if let Some(row) = before.filter(is_it) {
            return row;
        }
        if let Some(row) = self.index.get(&id) {
            return *row;
        }
        let Ok(row) = u32::try_from(self.rows.len()) else {
            return 0;
        };
        if self.rows.len() >= self.max_rows {
            return 0;
        }
        let name = String::from_utf8_lossy(thread.name.get(..MAX_NAME).unwrap_or(thread.name));
        let count = Count::default();
        self.rows.push(ThreadRow { id, name: name.into(), count });
        self.index.insert(id, row);
        row
    }
}
