//! What threads are called, from `COMM` and `FORK`, in the order in which they are read.

use std::collections::{HashMap, VecDeque};

use tracemill_engine::EventView;

use crate::kinds::kind;
use crate::record::Record;
use crate::wire::{text, u32_at};

/// The names of threads, as they are at the event that was shown last.
///
/// Show it all events in order, best by time. A thread has the name that it was given last, or that of
/// the thread that made it. Bounded: where there are too many, the one that was named first is
/// forgotten.
///
/// ```
/// # use tracemill_engine::{Config, Parser};
/// # use tracemill_perf::{Perf, ThreadNames};
/// # let config = Config::default();
/// # let mut parser = Parser::new(Perf::new(&config), &config);
/// let mut names = ThreadNames::new(10_000);
/// while let Some(batch) = parser.next_batch()? {
///     for event in &batch {
///         names.take(event);
///         println!("{:?}", names.of(event).map(String::from_utf8_lossy));
///     }
/// }
/// # Ok::<(), tracemill_engine::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ThreadNames {
    names: HashMap<u64, Box<[u8]>>,
    /// In order of appearance, oldest first.
    order: VecDeque<u64>,
    max: usize,
}

/// Bytes of a name that are kept; the kernel has 15.
const MAX_NAME: usize = 64;
/// What the kernel does where nothing is to be done. No record names it.
const IDLE: &[u8] = b"swapper";

impl ThreadNames {
    /// At most `max` names, some 200 bytes each.
    pub fn new(max: usize) -> Self {
        Self { names: HashMap::new(), order: VecDeque::new(), max: max.max(1) }
    }

    /// Takes in what an event says about names; most say nothing. Constant time.
    #[inline]
    pub fn take(&mut self, view: EventView<'_>) {
        if matches!(view.class_id(), kind::COMM | kind::FORK) {
            // What does not fit in its record says nothing.
            let _ = self.record(view);
        }
    }

    /// The name of an event's thread, as on the wire; `None` if it is not known.
    pub fn of(&self, view: EventView<'_>) -> Option<&[u8]> {
        Record::of(view)?;
        self.get(view.thread_key())
    }

    /// The name of a thread by its [key](EventView::thread_key): process above thread.
    pub fn get(&self, key: u64) -> Option<&[u8]> {
        let idle = (key == 0).then_some(IDLE);
        self.names.get(&key).map(|name| &**name).or(idle).filter(|name| !name.is_empty())
    }

    #[cold]
    fn record(&mut self, view: EventView<'_>) -> Option<()> {
        let (record, payload) = (Record::of(view)?, view.payload());
        let id = |at| u32_at(record.body(), at).map(u64::from);
        let key = |pid, tid| Some(id(pid)? << 32 | id(tid)?);
        match record.kind() {
            kind::COMM => {
                let name = text(payload.get(8..)?);
                self.set(key(0, 4)?, name.get(..MAX_NAME).unwrap_or(name).into());
            }
            kind::FORK => {
                let (key, parent) = (key(0, 8)?, key(4, 12)?);
                match self.get(parent).map(Box::from) {
                    Some(name) => self.set(key, name),
                    // An id that was another thread's.
                    None => self.forget(key),
                }
            }
            _ => {}
        }
        Some(())
    }

    fn set(&mut self, key: u64, name: Box<[u8]>) {
        if self.names.insert(key, name).is_some() {
            return;
        }
        self.order.push_back(key);
        if self.order.len() > self.max
            && let Some(oldest) = self.order.pop_front()
        {
            self.names.remove(&oldest);
        }
    }

    /// Leaves it without a name, at its place in the order.
    fn forget(&mut self, key: u64) {
        if let Some(name) = self.names.get_mut(&key) {
            *name = Box::default();
        }
    }
}
