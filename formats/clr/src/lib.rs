//! Layouts of the events that streams of .NET refer to by provider, id and version alone: those of
//! the runtime itself. The tables are made from its event manifests, by
//! `cargo run -p xtask -- schemas`; [`Clr`] is for a parser.
//!
//! ```
//! let event = tracemill_clr::event("Microsoft-Windows-DotNETRuntime", 1, 2).unwrap();
//! assert_eq!((event.name, event.title), ("GCStart", "GC/Start"));
//! let names: Vec<_> = event.layout.fields().iter().map(|field| &*field.name).collect();
//! assert_eq!(names[..3], ["Count", "Depth", "Reason"]);
//! ```

mod built_in;
mod schema;
// Generated: long lines, one event after the other.
#[rustfmt::skip]
mod tables;
#[cfg(test)]
mod tests;

pub use schema::{Described, EventSchema, Provider};
use tracemill_engine::{Known, Schemas};

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
