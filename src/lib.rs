//! Parses streams of trace data for ever, in flat memory.
//!
//! Push chunks of a trace, cut anywhere; take batches of events, which borrow from the chunk and
//! from an arena that is reset in one step when the next batch is asked for. Nothing is allocated
//! per event, and what is kept beside is bounded by [`Config`].
//!
//! ```
//! use tracemill::{Auto, Config, Parser};
//!
//! # fn next_chunk() -> Option<bytes::Bytes> { None }
//! let config = Config::default();
//! let mut parser = Parser::new(Auto::new(&config), &config);
//! let mut payload_bytes = 0;
//! while let Some(chunk) = next_chunk() {
//!     parser.push(chunk).expect("drained below");
//!     while let Some(batch) = parser.next_batch()? {
//!         for fault in batch.faults() {
//!             eprintln!("damaged: {fault}");
//!         }
//!         for event in &batch {
//!             payload_bytes += event.payload().len();
//!         }
//!     }
//! }
//! # Ok::<(), tracemill::Error>(())
//! ```
//!
//! The engine is format-agnostic ([`Format`], [`Decode`]); [`Auto`] recognises a format by its
//! magic; what only events of one format have is in that format's module, as [`nettrace::Event`].

mod auto;
mod filter;
mod modules;
mod names;

pub use auto::Auto;
pub use bytes::Bytes;
pub use filter::{Filter, FilterError, FilterSpec, Glob, Instant, Mismatch, TimeRange};
pub use modules::{Frame, Module, Modules};
pub use names::ThreadNames;
pub use tracemill_engine::*;

/// Layouts of the events of the .NET runtime, which its streams do not describe.
pub mod clr {
    pub use tracemill_clr::*;
}

/// What .NET's event sources mean by their plain fields: counters, metrics, logs, spans.
pub mod conventions {
    pub use tracemill_conventions::*;
}

/// .NET `EventPipe` traces: netperf V1 to V3, nettrace V4 to V6.
pub mod nettrace {
    pub use tracemill_nettrace::*;
}

/// Linux perf.data: files and pipes.
pub mod perf {
    pub use tracemill_perf::*;
}

/// Client of the diagnostics protocol of running .NET processes.
#[cfg(feature = "live")]
pub mod ipc {
    pub use tracemill_ipc::*;
}

/// The README's examples compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
