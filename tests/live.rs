//! The binary against a real runtime, whose test program says itself what it emitted.
#![cfg(all(feature = "cli", unix))]
#![allow(clippy::indexing_slicing, clippy::missing_panics_doc, reason = "tests may panic")]
#![allow(dead_code, reason = "what is shared with other tests is not all used here")]

#[path = "../ipc/tests/dotnet10/child.rs"]
mod child;
#[path = "live/collect.rs"]
mod collect;
#[path = "live/proxy.rs"]
mod proxy;
#[path = "cli/run.rs"]
mod run;
#[path = "../ipc/tests/strict/mod.rs"]
mod strict;
