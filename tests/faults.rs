//! What is a fault, what ends a stream and what is lost: section 9 of the specification, row by
//! row, each stream also under the laws *cut* and *order*.

#![allow(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "tests")]

#[path = "faults/container.rs"]
mod container;
#[path = "faults/events.rs"]
mod events;
#[path = "faults/labels.rs"]
mod labels;
#[path = "faults/limits.rs"]
mod limits;
#[path = "faults/loss.rs"]
mod loss;
#[path = "faults/loss_after_damage.rs"]
mod loss_after_damage;
#[path = "faults/metadata.rs"]
mod metadata;
#[path = "faults/netperf.rs"]
mod netperf;
#[path = "faults/read.rs"]
mod read;
#[path = "faults/stacks.rs"]
mod stacks;
#[path = "faults/threads.rs"]
mod threads;
#[path = "faults/trace.rs"]
mod trace;
#[path = "faults/truncated.rs"]
mod truncated;
#[path = "faults/write.rs"]
mod write;
