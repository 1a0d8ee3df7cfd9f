//! Synthetic streams of any length, with the truth about them.

use std::ops::Range;

use crate::block::Dialect;

mod class;
mod content;
mod generator;
mod shape;
mod sink;

pub use content::Content;
pub use generator::Generator;

/// What a synthetic stream is like. The same `Mix` gives the same bytes.
///
/// Events come as the runtime writes them (specification, section 6): flush by flush, in each flush one run of every busy
/// capture thread, the thread with the oldest event first, the first event of a run flagged sorted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mix {
    /// V4 or V6.
    pub dialect: Dialect,
    /// Seed of everything random.
    pub seed: u64,
    /// What events say.
    pub content: Content,
    /// [`Content::Plain`]: bytes of a payload; an empty range means always its start. Payloads are what the metadata says: integers and text.
    pub payload: Range<usize>,
    /// Capture threads (at least 1).
    pub capture_threads: u32,
    /// [`Content::Plain`]: event classes (at least 1), spread over three providers.
    pub classes: u32,
    /// Stacks between two sequence points; 0: events have none. Stack 1 is empty, as in real traces.
    pub stacks: u32,
    /// Events of a block (at least 1). A block ends at 1 MiB too, and before a sequence point.
    pub events_per_block: u32,
    /// Events of one thread in one flush; at least 1.
    pub events_per_run: Range<u32>,
    /// Blocks between sequence points. The point comes with the end of the flush, so somewhat later.
    pub blocks_per_sequence_point: u32,
    /// Percent (0 to 99) of the emitted events that are missing: gaps in the sequence numbers.
    pub drop_percent: u32,
    /// Compressed event headers.
    pub compressed: bool,
}

impl Default for Mix {
    /// Like a .NET trace: V4, payloads of 38 bytes and headers of 7 on average, blocks of about 100 KB, a sequence point every 100 blocks.
    fn default() -> Self {
        Self {
            dialect: Dialect::V4,
            seed: 1,
            content: Content::Plain,
            payload: 4..73,
            capture_threads: 12,
            classes: 40,
            stacks: 200,
            events_per_block: 2_200,
            events_per_run: 1..800,
            blocks_per_sequence_point: 100,
            drop_percent: 0,
            compressed: true,
        }
    }
}

impl Mix {
    /// The stream in pieces, for ever.
    pub fn generator(&self) -> Generator {
        Generator::new(self.clone())
    }

    /// A whole stream of at least `target_len` bytes, with its end marker.
    pub fn bytes(&self, target_len: usize) -> (Vec<u8>, Truth) {
        let mut generator = self.generator();
        let mut out = Vec::with_capacity(target_len + (1 << 18));
        while out.len() < target_len {
            out.extend(generator.next().unwrap_or_default());
        }
        out.extend(generator.finish());
        (out, generator.truth().clone())
    }
}

/// What is in the pieces so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Truth {
    /// Events, metadata records not counted.
    pub events: u64,
    /// Bytes of their payloads.
    pub payload_bytes: u64,
    /// Their fields, those of objects not counted.
    pub fields: u64,
    /// Events missing by the sequence numbers, each thread counted from 1.
    pub lost: u64,
    /// The same for each capture thread (id up to V5, index in V6), those without loss included.
    pub lost_per_thread: Vec<(u64, u64)>,
    /// Sequence points.
    pub sequence_points: u64,
    /// The corpus' `fnv1a64`: see [`crate::Fnv::event`], events in stream order.
    pub fnv1a64: u64,
}
