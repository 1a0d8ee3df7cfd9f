//! The binary against a real runtime, whose test program says itself what it emitted.
#![cfg(all(feature = "cli", unix))]
#![allow(clippy::indexing_slicing, clippy::missing_panics_doc, reason = "tests may panic")]
#![allow(dead_code, reason = "what is shared with other tests is not all used here")]

#[path = "../ipc/tests/dotnet10/child.rs"]
mod child;
#[path = "live/collect.rs"]
mod collect;
#[path = "live/endings.rs"]
mod endings;
#[path = "live/losses.rs"]
mod losses;
#[path = "live/minutes.rs"]
mod minutes;
#[path = "live/old.rs"]
mod old;
#[path = "live/others.rs"]
mod others;
#[path = "live/ports.rs"]
mod ports;
#[path = "live/proxy.rs"]
mod proxy;
#[path = "cli/run.rs"]
mod run;
#[path = "live/scenarios.rs"]
mod scenarios;
#[path = "../ipc/tests/strict/mod.rs"]
mod strict;
#[path = "live/trace.rs"]
mod trace;
#[path = "live/watch.rs"]
mod watch;
