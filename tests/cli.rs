//! The binary, run as users run it.
#![cfg(feature = "cli")]
#![allow(clippy::indexing_slicing, clippy::missing_panics_doc, reason = "tests may panic")]

#[path = "cli/bad_input.rs"]
mod bad_input;
#[cfg(unix)]
#[path = "cli/collect.rs"]
mod collect;
#[path = "cli/counters.rs"]
mod counters;
#[path = "cli/events.rs"]
mod events;
#[path = "cli/filters.rs"]
mod filters;
#[path = "cli/info.rs"]
mod info;
#[cfg(target_os = "linux")]
#[path = "cli/interrupt.rs"]
mod interrupt;
#[path = "cli/logs.rs"]
mod logs;
#[path = "cli/manual.rs"]
mod manual;
#[path = "cli/order.rs"]
mod order;
#[path = "cli/output.rs"]
mod output;
#[path = "cli/run.rs"]
mod run;
#[path = "cli/stats.rs"]
mod stats;
#[cfg(unix)]
#[path = "../ipc/tests/strict/mod.rs"]
mod strict;
