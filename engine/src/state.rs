//! What a stream has told so far: the snapshot that events are read against.

use std::sync::Arc;

use crate::class::Classes;
use crate::clock::Clock;
use crate::config::Config;
use crate::schemas::Schemas;
use crate::sequences::Sequences;
use crate::table::Table;

/// State that outlives a batch. Each table is copied out of the input into memory of its own, is
/// bounded, and is cleared in one step when its epoch ends. A clone is a snapshot and costs a few
/// reference counts.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct State {
    /// The stream as a whole.
    pub trace: Arc<TraceInfo>,
    /// From ticks to time.
    pub clock: Clock,
    /// Layouts of events that the stream does not describe.
    pub schemas: Option<&'static dyn Schemas>,
    /// Whether events carry sequence numbers: if not, what was lost leaves no trace.
    pub has_sequence_numbers: bool,
    /// Event classes by the id events refer to.
    pub classes: Classes,
    /// Threads by the key events refer to.
    pub threads: Threads,
    /// Whether that key is the thread's own id, so that the table is not needed.
    pub threads_by_id: bool,
    /// Whether such a key has the thread's id in its lower half and that of its process above it;
    /// a half of ones is none.
    pub processes_in_keys: bool,
    /// Stacks by id, as on the wire: return addresses, leaf first.
    pub stacks: Sequences,
    changes: u64,
}

impl State {
    /// Empty, with the limits of `config`: of the bytes for strings, classes get three quarters and
    /// threads one; of the bytes for stacks, a quarter is left for what a format keeps beside them.
    pub fn new(config: &Config) -> Self {
        Self {
            trace: Arc::default(),
            clock: Clock::default(),
            schemas: None,
            has_sequence_numbers: true,
            classes: Classes::new(config.max_classes, config.max_strings / 4 * 3),
            threads: Threads::new(config.max_threads, config.max_strings / 4),
            threads_by_id: false,
            processes_in_keys: false,
            stacks: Sequences::new(config.max_stack_bytes / 4 * 3),
            changes: 0,
        }
    }

    /// The thread that events call `key`. Constant time.
    pub fn thread(&self, key: u64) -> Option<Thread<'_>> {
        if self.threads_by_id && self.processes_in_keys {
            let none = u64::from(u32::MAX);
            let [id, process_id] =
                [key & none, key >> 32].map(|half| Some(half).filter(|half| *half != none));
            return (key != u64::MAX).then_some(Thread { id, process_id, name: &[] });
        }
        if self.threads_by_id {
            let process_id = self.trace.process_id;
            return Some(Thread { id: Some(key), process_id, name: &[] });
        }
        self.threads.get(key)
    }

    /// Begins a change, that of a frame: to be said by the format before it changes anything.
    pub fn begin_change(&mut self) {
        self.changes += 1;
        self.classes.begin_change();
        self.threads.begin_change();
        self.stacks.begin_change();
    }

    /// Changes so far. Two snapshots of one stream with the same number are the same.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// Bytes copied by changes, as [`Table::copied`], the snapshots themselves included.
    pub fn copied(&self) -> u64 {
        self.changes * SNAPSHOT
            + self.classes.copied()
            + self.threads.copied()
            + self.stacks.copied()
    }

    /// Bytes reserved from the system.
    pub fn reserved(&self) -> usize {
        self.classes.reserved() + self.threads.reserved() + self.stacks.reserved()
    }
}

/// Bytes of a snapshot without its tables, and of what a format keeps beside.
const SNAPSHOT: u64 = 2048;

/// What the head of a stream says about all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TraceInfo {
    /// Name of the format.
    pub format: &'static str,
    /// Version of the format: major, minor.
    pub version: (u32, u32),
    /// Bytes of an address in a stack: 4 or 8.
    pub pointer_size: u8,
    /// The process that was traced, if it was one.
    pub process_id: Option<u64>,
    /// Logical processors of the machine.
    pub processors: Option<u32>,
    /// Interval between two CPU samples, in nanoseconds.
    pub sampling_interval_ns: Option<u64>,
    /// What else the stream says of itself: key and value.
    pub properties: Vec<(String, String)>,
}

/// A thread as the stream describes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Thread<'a> {
    /// Id of the operating system.
    pub id: Option<u64>,
    /// Its process.
    pub process_id: Option<u64>,
    /// Its name, as on the wire; empty if it has none.
    pub name: &'a [u8],
}

/// Threads by key, within limits of number and of bytes.
#[derive(Clone, Debug)]
pub struct Threads {
    table: Table<Ids>,
    rows: Sequences,
    limit: usize,
}

#[derive(Clone, Copy, Debug)]
struct Ids {
    id: Option<u64>,
    process_id: Option<u64>,
}

impl Threads {
    /// At most `max_threads` threads with together `max_strings` bytes of names.
    pub fn new(max_threads: usize, max_strings: usize) -> Self {
        Self { table: Table::default(), rows: Sequences::new(max_strings), limit: max_threads }
    }

    /// Describes the thread of `key`. `Some(true)` if there was one, which is replaced; `None` if
    /// the limit is reached and the thread was not kept. A name beyond the limit is left out.
    pub fn insert(&mut self, key: u64, thread: Thread<'_>) -> Option<bool> {
        let replaced = self.table.contains(key);
        if !replaced && self.table.len() >= self.limit {
            return None;
        }
        self.rows.remove(key);
        if !thread.name.is_empty() {
            self.rows.insert(key, thread.name);
        }
        let Thread { id, process_id, .. } = thread;
        self.table.insert(key, Ids { id, process_id });
        Some(replaced)
    }

    /// The thread of `key`.
    pub fn get(&self, key: u64) -> Option<Thread<'_>> {
        let Ids { id, process_id } = *self.table.get(key)?;
        Some(Thread { id, process_id, name: self.rows.get(key).unwrap_or_default() })
    }

    /// Keys that all are known, for a loop that asks often. Others may be known too.
    #[inline]
    pub fn solid(&self) -> std::ops::Range<u64> {
        self.table.solid()
    }

    /// Whether `key` is known. Constant time.
    #[inline]
    pub fn contains(&self, key: u64) -> bool {
        self.table.contains(key)
    }

    /// Forgets the thread of `key`. Whether there was one.
    pub fn remove(&mut self, key: u64) -> bool {
        self.rows.remove(key);
        self.table.remove(key).is_some()
    }

    /// Forgets all threads.
    pub fn clear(&mut self) {
        self.table.clear();
        self.rows.clear();
    }

    /// Begins a change, as [`Table::begin_change`].
    pub fn begin_change(&mut self) {
        self.table.begin_change();
        self.rows.begin_change();
    }

    /// Bytes copied by changes, as [`Table::copied`].
    pub fn copied(&self) -> u64 {
        self.table.copied() + self.rows.copied()
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
        self.table.reserved() + self.rows.reserved()
    }
}
