//! Recordings of `perf`, against what other readers and `perf` itself found in them.

#![allow(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "tests")]

#[path = "perf/laws.rs"]
mod laws;
#[path = "perf/made.rs"]
mod made;
#[path = "perf/reading.rs"]
mod reading;
#[path = "perf/truths.rs"]
mod truths;
#[path = "perf/writer.rs"]
mod writer;
