//! The events that streams of .NET refer to by provider, id and version alone, those of the runtime
//! itself: their layouts, and typed views of their payloads. Both are made from its event manifests,
//! by `cargo run -p xtask -- schemas`.
//!
//! [`Clr`] is for a parser, so that [`EventView::fields`](tracemill_engine::EventView::fields) can
//! read them. What else is known of an event, [`event`] and [`nearest`] tell.
//!
//! ```
//! let event = tracemill_clr::event("Microsoft-Windows-DotNETRuntime", 1, 2).unwrap();
//! assert_eq!((event.name, event.title), ("GCStart", "GC/Start"));
//! let names: Vec<_> = event.layout.fields().iter().map(|field| &*field.name).collect();
//! assert_eq!(names[..3], ["Count", "Depth", "Reason"]);
//! ```
//!
//! # Typed views
//!
//! Each provider has a module ([`runtime`], [`runtime_rundown`], ...) with a type for each version of
//! each event, and an `Event` of all of them. Their `of` gives a view, if an event is that one: a
//! borrowed payload with an accessor for each field. Events with the same layout share a view, and
//! all of those are in [`views`].
//!
//! ```
//! use tracemill_clr::{runtime, views};
//! use tracemill_engine::Batch;
//!
//! /// Bytes in generation 0 after the last collection, and the names of types that were allocated.
//! fn look(batch: &Batch<'_>) -> (u64, Vec<String>) {
//!     let (mut bytes, mut names) = (0, Vec::new());
//!     for event in batch {
//!         // One event: two comparisons if it is another.
//!         if let Some(stats) = runtime::GcHeapStatsV2::of(event) {
//!             bytes = stats.fixed().generation_size0.get();
//!         }
//!         // Many: one look-up in constant time.
//!         match runtime::Event::of(event) {
//!             Some(runtime::Event::GcAllocationTickV3(tick)) => names.push(tick.type_name().to_string()),
//!             Some(runtime::Event::GcAllocationTickV4(tick)) => names.push(tick.type_name().to_string()),
//!             _ => {}
//!         }
//!     }
//!     (bytes, names)
//! }
//!
//! // A payload from elsewhere, of a trace with pointers of 8 bytes.
//! let payload = [3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0];
//! let start = views::GcStartV1::read(&payload, 8).unwrap();
//! assert_eq!((start.count(), start.depth(), start.clr_instance_id()), (3, 2, 9));
//! assert_eq!((start.reason(), start.reason_names().to_string()), (1, "Induced".to_owned()));
//! assert!(views::GcStartV1::read(&payload[..17], 8).is_none(), "a field does not fit");
//! ```
//!
//! - **Fixed fields.** Those in front, up to the first pointer, text or counted array, are a structure
//!   over the bytes of the payload, `fixed()`. They have accessors as well, as those behind it.
//! - **Cost.** Making a view checks that all fields fit: an addition, and one pass over its text and
//!   over structures of variable size. Then all accessors take constant time; [text](Utf16) is
//!   converted only when it is shown.
//! - **Versions.** A payload may be longer: `rest()` is what is behind the fields. An event of a
//!   version that is not known is read as the newest one before it, and `is_exact()` is false. A
//!   payload that is too short has no view.
//! - **Names.** A field that is an enumeration or a set of bits has a second accessor, as
//!   `reason_names()`, for the [names](tracemill_engine::Names) of its value.
//! - **Streams that describe events.** Of the providers that are [`Described::Well`], an event has
//!   a view if the stream gives it the name and the fields of its version. That takes O(fields) for
//!   each event. `fields()` may show an enumeration with a sign where its view shows none.

mod built_in;
// Generated: long lines, one event after the other.
#[rustfmt::skip]
mod events;
mod schema;
#[rustfmt::skip]
mod tables;
#[cfg(test)]
mod tests;
mod typed;
#[rustfmt::skip]
pub mod views;

pub use built_in::{event_pipe, sample_profiler, universal_events, universal_system};
pub use events::*;
pub use schema::{Described, EventSchema, Provider};
use tracemill_engine::{Known, Schemas};
pub use typed::{Bool32, Element, FileTime, GuidBytes, Pointers, Structs, Utf8, Utf16, View};

/// The providers whose events are known, by name.
pub fn providers() -> &'static [Provider] {
    &tables::PROVIDERS
}

/// A provider by its name; or by its GUID as text (with hyphens, without braces), as netperf V1 has
/// it.
pub fn provider(name: &str) -> Option<&'static Provider> {
    let all = providers();
    if let Ok(place) = all.binary_search_by(|provider| provider.name.cmp(name)) {
        return all.get(place);
    }
    let guid = guid(name)?;
    all.iter().find(|provider| provider.guid == guid)
}

/// An event of exactly this version.
pub fn event(provider: &str, id: u32, version: u32) -> Option<&'static EventSchema> {
    self::provider(provider)?.event(id, version)
}

/// An event of this version (`true`), or of the newest one before it: newer versions begin with its
/// fields, as a rule.
pub fn nearest(provider: &str, id: u32, version: u32) -> Option<(&'static EventSchema, bool)> {
    let event = self::provider(provider)?.newest(id, version)?;
    Some((event, u32::from(event.version) == version))
}

/// For a parser: the events of those providers that streams do not describe well.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clr;

impl Schemas for Clr {
    fn find(&self, name: &str, event_id: u32, version: u32) -> Option<Known> {
        let provider = provider(name).filter(|found| found.described != Described::Well)?;
        let event = provider.newest(event_id, version)?;
        Some(Known {
            name: event.name,
            layout: &event.layout,
            is_exact: u32::from(event.version) == version,
            overrides: provider.described == Described::Wrongly,
        })
    }
}

/// A GUID as on the wire from its text, `00112233-4455-6677-8899-aabbccddeeff`.
fn guid(text: &str) -> Option<[u8; 16]> {
    let hyphens = [8, 13, 18, 23];
    if text.len() != 36
        || text.bytes().enumerate().any(|(at, byte)| (byte == b'-') != hyphens.contains(&at))
    {
        return None;
    }
    let mut guid = u128::from_str_radix(&text.replace('-', ""), 16).ok()?.to_be_bytes();
    for part in [0..4, 4..6, 6..8] {
        guid.get_mut(part)?.reverse();
    }
    Some(guid)
}
