//! Writes .NET EventPipe traces for tests, benches and fuzzing: netperf V1-V3, nettrace V4-V6. It does not parse.
//!
//! Every writer does as it is told: an impossible date, an unknown id or a gap in the sequence numbers is written as given.
//! What cannot be put into the format at all (a V6 block above 16 MiB, an empty label list) panics.
//!
//! ```
//! use tracemill_testkit::{Event, Metadata, TraceHeader, v4};
//!
//! let mut writer = v4::Writer::new(&TraceHeader::default());
//! writer.metadata_block(&[Metadata::new(1, "Demo", 7)]);
//! writer.event_block(&[Event { ticks: 1_000, payload: vec![1, 2, 3], ..Event::default() }]);
//! let stream = writer.finish();
//! assert!(stream.starts_with(b"Nettrace"));
//! ```
//!
//! For large streams see [`Mix`], for damaged ones [`mutate`].

mod block;
mod bytes;
mod event;
mod fnv;
mod label;
mod metadata;
mod mix;
mod mutate;
pub mod netperf;
mod rng;
mod trace;
pub mod v4;
pub mod v6;

pub use block::{Dialect, EventBlock};
pub use bytes::Put;
pub use event::Event;
pub use fnv::Fnv;
pub use label::{Label, Thread};
pub use metadata::{Field, Metadata, Type};
pub use mix::{Content, Generator, Mix, Truth};
pub use mutate::mutate;
pub use rng::Rng;
pub use trace::TraceHeader;
