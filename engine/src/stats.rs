//! Memory and progress at work, so that a fault in either is seen at once.

use std::ops::AddAssign;

use crate::batch::Batch;
use crate::loss::Loss;

/// What a parser has done so far. Plain numbers; `+=` joins those of several parsers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Bytes pushed.
    pub bytes_in: u64,
    /// Bytes copied because a frame straddled chunks.
    pub bytes_copied: u64,
    /// Frames found, of every kind.
    pub frames: u64,
    /// Runs of frames handed to the decoder.
    pub runs: u64,
    /// Batches lent.
    pub batches: u64,
    /// Events delivered.
    pub events: u64,
    /// Payload bytes of these events.
    pub payload_bytes: u64,
    /// Damage stepped over, that beyond the faults kept per frame included.
    pub faults: u64,
    /// Sequence points passed.
    pub sequence_points: u64,
    /// Events delivered raw, since their class is not known or was not kept.
    pub undescribed: u64,
    /// Definitions of classes not kept because a limit was reached.
    pub classes_refused: u64,
    /// Events whose stack is not defined at their place.
    pub unresolved_stacks: u64,
    /// Events delivered before it was certain that none older would come.
    pub early: u64,
    /// Events that are older than one delivered before.
    pub late: u64,
    /// Events lost by the producer.
    pub lost: u64,
    /// Those of `lost` that may be hidden by damage rather than lost.
    pub lost_after_damage: u64,
    /// Sequence numbers that went back.
    pub anomalies: u64,
    /// Threads whose number was given to a new thread.
    pub recycled_threads: u64,
    /// Threads that the loss table forgot because it was full.
    pub forgotten_threads: u64,
    /// Bytes behind the end of the stream, not read.
    pub bytes_trailing: u64,
    /// Memory held now.
    pub memory: Memory,
}

/// Memory held by a parser, in bytes unless it says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Memory {
    /// Chunks pushed and not yet parsed.
    pub queued: u64,
    /// The most that was ever queued.
    pub queued_high_water: u64,
    /// What is there of a frame that straddles chunks.
    pub carry: u64,
    /// The most that was ever there of one; the buffer behind it has twice as much at most.
    pub carry_high_water: u64,
    /// Classes, threads and stacks.
    pub tables: u64,
    /// The most the tables ever held.
    pub tables_high_water: u64,
    /// Arenas: out, free, high-water mark, resets, bytes.
    pub arenas: PoolStats,
    /// What waits to be delivered in time order, as it counts for
    /// [`Config::max_held`](crate::Config::max_held).
    pub held: u64,
    /// The most that ever waited.
    pub held_high_water: u64,
    /// Events that wait, in number.
    pub waiting: u64,
    /// Event classes, in number.
    pub classes: u64,
    /// Threads, in number.
    pub threads: u64,
    /// Stacks, in number.
    pub stacks: u64,
}

/// A pool at work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolStats {
    /// In use now.
    pub out: usize,
    /// Free now.
    pub free: usize,
    /// The most that was ever in use at once.
    pub high_water: usize,
    /// How often one was reset and used again.
    pub resets: u64,
    /// Bytes reserved from the system.
    pub bytes: usize,
}

impl Stats {
    pub(crate) fn count(&mut self, batch: &Batch<'_>) {
        let counts = batch.counts();
        self.batches += 1;
        self.events += batch.len() as u64;
        self.payload_bytes += counts.payload_bytes;
        self.undescribed += counts.undescribed;
        self.unresolved_stacks += counts.unresolved_stacks;
        self.faults += batch.fault_count();
        self.early += counts.early;
        self.late += counts.late;
    }

    pub(crate) fn set_loss(&mut self, loss: &Loss) {
        let total = loss.total();
        self.lost = total.lost;
        self.lost_after_damage = total.lost_after_damage;
        self.anomalies = total.anomalies;
        self.sequence_points = loss.sequence_points();
        self.recycled_threads = loss.recycled();
        self.forgotten_threads = loss.forgotten();
    }
}

impl AddAssign for Stats {
    fn add_assign(&mut self, other: Self) {
        self.bytes_in += other.bytes_in;
        self.bytes_copied += other.bytes_copied;
        self.frames += other.frames;
        self.runs += other.runs;
        self.batches += other.batches;
        self.events += other.events;
        self.payload_bytes += other.payload_bytes;
        self.faults += other.faults;
        self.sequence_points += other.sequence_points;
        self.undescribed += other.undescribed;
        self.classes_refused += other.classes_refused;
        self.unresolved_stacks += other.unresolved_stacks;
        self.early += other.early;
        self.late += other.late;
        self.lost += other.lost;
        self.lost_after_damage += other.lost_after_damage;
        self.anomalies += other.anomalies;
        self.recycled_threads += other.recycled_threads;
        self.forgotten_threads += other.forgotten_threads;
        self.bytes_trailing += other.bytes_trailing;
        self.memory += other.memory;
    }
}

impl AddAssign for Memory {
    fn add_assign(&mut self, other: Self) {
        self.queued += other.queued;
        self.queued_high_water += other.queued_high_water;
        self.carry += other.carry;
        self.carry_high_water += other.carry_high_water;
        self.tables += other.tables;
        self.tables_high_water += other.tables_high_water;
        self.arenas += other.arenas;
        self.held += other.held;
        self.held_high_water += other.held_high_water;
        self.waiting += other.waiting;
        self.classes += other.classes;
        self.threads += other.threads;
        self.stacks += other.stacks;
    }
}

impl AddAssign for PoolStats {
    fn add_assign(&mut self, other: Self) {
        self.out += other.out;
        self.free += other.free;
        self.high_water += other.high_water;
        self.resets += other.resets;
        self.bytes += other.bytes;
    }
}
