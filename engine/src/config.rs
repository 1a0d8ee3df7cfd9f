//! Every bound on memory, in one place.

use crate::order::Order;

/// Limits. What a stream can make tracemill hold is bounded by [`worst_case`](Self::worst_case).
///
/// ```
/// let mut config = tracemill_engine::Config::default();
/// config.max_frame = 1 << 20; // bytes
/// config.budget = 32 << 20;
/// assert!(config.fitted().worst_case() <= 32 << 20);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// Largest frame accepted, in bytes. At most 1 GiB. Default: 16 MiB, the most a nettrace V6
    /// block can have.
    pub max_frame: usize,
    /// Input queued before a push is refused, in bytes. A single chunk of any size is always taken
    /// when nothing is queued. Default: 16 MiB.
    pub max_buffered: usize,
    /// Event classes kept; those beyond are not, and their events come without one: no fault, but
    /// counted in [`Stats::classes_refused`](crate::Stats::classes_refused). Default: 65,536.
    pub max_classes: usize,
    /// Names and field descriptions of all classes and threads, in bytes. Default: 16 MiB.
    pub max_strings: usize,
    /// Threads kept in the thread table and in the loss table. Default: 16,384.
    pub max_threads: usize,
    /// Stacks and label lists between two sequence points, in bytes, their index included. Default:
    /// 32 MiB.
    pub max_stack_bytes: usize,
    /// Most events in a batch. 64 to 512 stay in the first-level cache. Default: 256.
    pub batch_events: usize,
    /// Largest arena of one batch, in bytes; a batch ends before it is reached. At least 16 KiB.
    /// Default: 8 MiB.
    pub max_arena: usize,
    /// A run is closed once it is this long, in bytes. Default: 256 KiB.
    pub run_target: usize,
    /// Threads that decode at once in parallel mode, each in an arena of its own; no more than the
    /// rayon pool has. Default: 8.
    pub threads: usize,
    /// In which order events are delivered. Default: as they stand in the stream.
    pub order: Order,
    /// In [time order](Order::Time), what events that wait may keep alive beyond the run in hand, in
    /// bytes: their copies, and what was copied of the state for their sake. Where it is reached,
    /// events are delivered [early](crate::Place::Early). At least 16 KiB. Default: 64 MiB.
    pub max_held: usize,
    /// Whether chunks are there anyway for as long as something refers to them, as those of a mapped
    /// file are: then events that wait in [time order](Order::Time) refer to them and are not copied.
    /// They are counted as if they were. Default: no.
    pub resident_chunks: bool,
    /// In formats with compressed content, what reading it may take beside the content, in bytes: its
    /// window, of which it says itself how large it is, and some buffers. Default: 130 MiB, enough for
    /// windows of 128 MiB, the largest that usual writers make.
    pub max_window: usize,
    /// All of the above together, in bytes: limits are lowered in proportion until they fit, as
    /// [`fitted`](Self::fitted) shows. At least [`MIN_BUDGET`](Self::MIN_BUDGET). Default: 450 MiB.
    pub budget: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_frame: 16 << 20,
            max_buffered: 16 << 20,
            max_classes: 1 << 16,
            max_strings: 16 << 20,
            max_threads: 1 << 14,
            max_stack_bytes: 32 << 20,
            batch_events: 256,
            max_arena: 8 << 20,
            run_target: 256 << 10,
            threads: 8,
            order: Order::File,
            max_held: 64 << 20,
            resident_chunks: false,
            max_window: 130 << 20,
            budget: 450 << 20,
        }
    }
}

impl Config {
    /// Bytes held at most by one parser, parallel or not, beside the chunk that is being parsed: a
    /// frame that straddles chunks is held once and, while its buffer grows, twice.
    pub fn worst_case(&self) -> usize {
        // A table of dense ids has a page for each 64 of them, and 1,024 pages at most.
        let pages = |entries: usize, bytes: usize| entries.min(1024) * 64 * bytes;
        let fixed = [
            self.max_buffered,
            self.max_frame.saturating_mul(2),
            self.max_strings.saturating_mul(2),
            self.max_classes.saturating_mul(CLASS_BYTES) + pages(self.max_classes, 8),
            self.max_threads.saturating_mul(THREAD_BYTES) + pages(self.max_threads, 56),
            // Sequences that were replaced are freed when there are as many as live ones.
            self.max_stack_bytes.saturating_mul(2) + pages(self.max_stack_bytes / 48, 32),
            self.max_window,
        ];
        // Pages are reserved in full, and a sixteenth each.
        let held = if self.order == Order::Time { self.max_held / 16 * 17 } else { 0 };
        let slots = self.threads.saturating_mul(self.max_arena).saturating_add(held);
        fixed.iter().fold(slots, |sum, bytes| sum.saturating_add(*bytes))
    }

    /// The smallest [`budget`](Self::budget) there is, in bytes; less is taken as this.
    pub const MIN_BUDGET: usize = 1 << 20;

    /// The limits as they are applied: each at least as large as is needed to work at all, and all
    /// lowered in proportion until [`worst_case`](Self::worst_case) is within the budget.
    ///
    /// The largest frame is lowered last, and not below 160 KiB: the .NET runtime writes blocks of
    /// 100 KiB. (V6 traces have blocks of 1 MiB and more, for which a budget has to be larger.)
    ///
    /// The budget is shared out beforehand, and not as memory is needed, because what is kept must
    /// not depend on how the stream was cut into chunks.
    #[must_use]
    pub fn fitted(mut self) -> Self {
        self.budget = self.budget.max(Self::MIN_BUDGET);
        self.max_frame = self.max_frame.clamp(MIN_BYTES, 1 << 30);
        self.batch_events = self.batch_events.max(1);
        self.max_arena = self.max_arena.max(MIN_ARENA);
        self.threads = self.threads.max(1);
        self.max_held = self.max_held.max(MIN_ARENA);
        self.run_target = self.run_target.clamp(1, 1 << 30);
        let min_frame = self.max_frame.min(MIN_FRAME);
        // Most streams need none of it.
        self.max_window = self.max_window.min(self.budget / 3);
        for _ in 0..64 {
            if self.worst_case() <= self.budget {
                break;
            }
            for bytes in [&mut self.max_buffered, &mut self.max_strings, &mut self.max_stack_bytes]
            {
                *bytes = (*bytes / 4 * 3).max(MIN_BYTES);
            }
            self.max_arena = (self.max_arena / 4 * 3).max(MIN_ARENA);
            self.max_window = self.max_window / 4 * 3;
            if self.order == Order::Time {
                self.max_held = (self.max_held / 4 * 3).max(MIN_ARENA);
            }
            self.max_classes = (self.max_classes / 4 * 3).max(16);
            self.max_threads = (self.max_threads / 4 * 3).max(16);
            // A frame that does not fit ends a stream; of the rest, there is only less.
            if self.max_frame.saturating_mul(2) > self.budget / 4 {
                self.max_frame = (self.max_frame / 4 * 3).max(min_frame);
            }
            if self.max_arena == MIN_ARENA {
                self.threads = (self.threads / 2).max(1);
            }
        }
        self
    }
}

/// Smallest limit in bytes that a budget leaves.
const MIN_BYTES: usize = 4 << 10;
/// Smallest frame limit that a budget leaves.
const MIN_FRAME: usize = 160 << 10;
/// Room for the records and spans of a few events.
const MIN_ARENA: usize = 16 << 10;
/// An `EventClass` with its place in the table, without its strings.
const CLASS_BYTES: usize = 256;
/// A thread with its place in the thread table and in the loss table.
const THREAD_BYTES: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_fits_its_budget() {
        for order in [Order::File, Order::Time] {
            let config = Config { order, ..Config::default() };
            assert_eq!(config.fitted(), config);
        }
    }

    #[test]
    fn limits_shrink_to_any_sane_budget() {
        for shift in 20..34 {
            let budget = 1usize << shift;
            for order in [Order::File, Order::Time] {
                let config = Config { order, budget, ..Config::default() }.fitted();
                assert!(config.worst_case() <= budget, "{budget}: {config:?}");
                assert!(config.max_frame >= MIN_FRAME, "{budget}: {config:?}");
            }
        }
        let nothing = Config { budget: 0, ..Config::default() }.fitted();
        assert!(nothing.worst_case() <= Config::MIN_BUDGET);
    }
}
