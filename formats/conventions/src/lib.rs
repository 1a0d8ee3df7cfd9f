//! What .NET's event sources mean by their plain fields: counters, metrics, logs, spans.
//!
//! Each convention has a module with a `Reader`. A reader is made once for a class, and says whether
//! the class follows the convention; it finds the fields it needs then. It is `Copy`, and reads an
//! event in one pass over the payload: what it gives is borrowed, nothing is allocated. Lists
//! ([`Pairs`], [`Tags`]) are iterators.
//!
//! ```
//! use tracemill_conventions::{counters, logging};
//! use tracemill_engine::EventView;
//!
//! fn show(event: EventView<'_>) -> Option<()> {
//!     let class = event.class()?;
//!     // A program that reads many events keeps its readers in a table, by the id of the class.
//!     if let Some(reader) = counters::Reader::for_class(class) {
//!         let counter = reader.read(event)?;
//!         println!("{} = {:?}", counter.display_name, counter.kind);
//!     } else if let Some(reader) = logging::Reader::for_class(class) {
//!         println!("{:?}", reader.read(event)?);
//!     }
//!     Some(())
//! }
//! ```
//!
//! A payload that ends before the field without which it says nothing gives `None`. What else is
//! missing, since the runtime is older or the payload is cut, is empty or `None`.

pub mod activity_path;
mod builder;
pub mod counters;
pub mod diagnostic_source;
mod ids;
pub mod logging;
#[cfg(feature = "manifests")]
pub mod manifest;
pub mod metrics;
mod pairs;
mod quantiles;
pub mod self_describing;
mod slots;
mod span;
mod tags;
mod text;
mod time_span;
pub mod trace_logging;

pub use ids::{SpanId, TraceId};
pub use pairs::Pairs;
pub use quantiles::Quantiles;
pub use tags::Tags;
pub use text::Text;
