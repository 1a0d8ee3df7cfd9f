//! Recordings of `perf`, against what other readers and `perf` itself found in them.

#![allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::missing_panics_doc,
    reason = "tests"
)]

#[path = "perf/laws.rs"]
mod laws;
#[path = "perf/loss.rs"]
mod loss;
#[path = "perf/made.rs"]
mod made;
#[path = "perf/odd.rs"]
mod odd;
#[path = "perf/places.rs"]
mod places;
#[path = "perf/reading.rs"]
mod reading;
#[cfg(feature = "cli")]
#[allow(dead_code, reason = "shared with the tests of the binary")]
#[path = "cli/run.rs"]
mod run;
#[cfg(feature = "cli")]
#[path = "perf/script.rs"]
mod script;
#[path = "perf/truths.rs"]
mod truths;
#[cfg(feature = "cli")]
#[path = "perf/verbs.rs"]
mod verbs;
#[path = "perf/writer.rs"]
mod writer;
