//! .NET `EventPipe` traces: netperf V1 to V3, nettrace V4 to V6.
//!
//! | engine | here |
//! |---|---|
//! | frame | V1-V3: event; V4-V6: content of a block |
//! | event class | metadata |
//! | class id | metadata id |
//! | thread key | `ThreadId`; V6: `ThreadIndex` |
//! | capture thread | `CaptureThreadId`, `CaptureThreadIndex` |
//! | epoch | what lies between two sequence points |
//!
//! A chunk's way: [`Nettrace::frame`](tracemill_engine::Format::frame) in `frame.rs` and
//! `container/` finds blocks and keeps the state; [`Decoder`] in `decode.rs` and `header.rs` makes
//! events of them; [`Event`] in `view.rs` reads what only `EventPipe` events have.
//!
//! ```
//! use tracemill_engine::{Config, Parser};
//! use tracemill_nettrace::{Event, Nettrace};
//!
//! # let trace = b"Nettrace".to_vec();
//! let config = Config::default();
//! let mut parser = Parser::new(Nettrace::new(&config), &config);
//! parser.push(trace.into()).expect("nothing is queued");
//! parser.finish();
//! let end = loop {
//!     match parser.next_batch() {
//!         Ok(Some(batch)) => {
//!             for event in &batch {
//!                 let number = Event::of(event).map(|event| event.sequence_number());
//!                 println!("{:?} {number:?} {} bytes", event.ns(), event.payload().len());
//!             }
//!         }
//!         Ok(None) => break None,
//!         Err(error) => break Some(error),
//!     }
//! };
//! assert_eq!(end.unwrap().to_string(), "the stream ends inside of its header (at byte 0x0)");
//! ```

mod attributes;
mod container;
mod decode;
mod detect;
mod fields;
mod frame;
mod header;
mod labels;
mod metadata;
mod netperf_events;
mod points;
mod rows;
mod trace;
mod view;
mod wire;

pub use attributes::{Attribute, Attributes};
pub use decode::Decoder;
pub use detect::detect;
pub use frame::Nettrace;
pub use labels::{Label, Labels};
pub use tracemill_engine::Detection;
pub use view::Event;
