//! Linux perf.data: files of `perf record`, and what it writes to a pipe.
//!
//! | engine | here |
//! |---|---|
//! | frame | record |
//! | event class | type of record; of samples, the event that they are of |
//! | class id | type; of samples, 256 and up |
//! | thread key | process above thread |
//! | capture thread | CPU, where loss is told |
//! | ticks | nanoseconds of the recording's clock; 0 for records without a time |
//!
//! The payload of a tracepoint's sample is its raw data, which its description tells the fields of;
//! that of all other records is what they hold before the part that identifies them. A stack is the
//! call chain as on the wire, with [context](Context) marks. What a record has beside is read by
//! [`Record`] and [`Sample`].
//!
//! Records of a stream in big-endian are converted as they are framed: what is handed out is in
//! little-endian.
//!
//! ```
//! use tracemill_engine::{Config, Parser};
//! use tracemill_perf::{Perf, Sample};
//!
//! # let recording = b"PERFILE2".to_vec();
//! let config = Config::default();
//! let mut parser = Parser::new(Perf::new(&config), &config);
//! parser.push(recording.into()).expect("nothing is queued");
//! parser.finish();
//! let end = loop {
//!     match parser.next_batch() {
//!         Ok(Some(batch)) => {
//!             for sample in batch.iter().filter_map(Sample::of) {
//!                 let chain = sample.callchain().map_or(0, |chain| chain.len());
//!                 println!("{:?} at {:x?}, {chain} entries", sample.tid(), sample.ip());
//!             }
//!         }
//!         Ok(None) => break None,
//!         Err(error) => break Some(error),
//!     }
//! };
//! assert_eq!(end.unwrap().to_string(), "the stream ends inside of its header (at byte 0x0)");
//! ```

mod attribute;
mod build_ids;
mod callchain;
mod compressed;
mod container;
mod decode;
mod describe;
mod detect;
mod event_header;
mod events;
mod features;
mod field_types;
mod frame;
mod header;
mod inflate;
mod items;
mod kinds;
mod loss;
mod machine;
mod mappings;
mod names;
mod other;
mod packed;
mod parts;
mod plan;
mod processes;
mod record;
mod records;
mod sample;
mod scan;
mod sections;
mod shape;
mod swap;
mod thread_names;
mod tools;
mod tracing;
mod usual;
mod values;
mod wire;

pub use attribute::{Attribute, bit};
pub use callchain::{Callchain, Context, Frame};
pub use decode::Decoder;
pub use detect::detect;
pub use event_header::EventHeader;
pub use frame::Perf;
pub use items::{Item, Items, What};
pub use mappings::Mapping;
pub use processes::Processes;
pub use record::Record;
pub use sample::Sample;
pub use thread_names::ThreadNames;
pub use tracemill_engine::Detection;
pub use values::{Branch, Branches, Counter, Read, Registers};
