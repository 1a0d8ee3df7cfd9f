//! Manifests that event sources send of themselves, as event 65534: what ETW has instead of the
//! descriptions in an `EventPipe` stream. Feature `manifests`.
//!
//! A manifest comes in one chunk or several, which an [`Assembler`] puts together; [`parse`] reads
//! the XML. All of it is bounded: XML comes from whoever writes events.
//!
//! ```
//! use tracemill_conventions::manifest::{Assembler, Limits, parse};
//!
//! let xml = br#"<provider name="Shop" guid="{00000000-0000-0000-0000-000000000001}">
//!   <events><event value="7" version="0" symbol="Sold" template="SoldArgs"/></events>
//!   <templates><template tid="SoldArgs"><data name="what" inType="win:UnicodeString"/></template>
//!   </templates></provider>"#;
//! let payload = [&[1, 1, 0, 0x5b, 1, 0, 0, 0], &xml[..]].concat();
//! let mut assembler = Assembler::new(&Limits::default());
//! let whole = assembler.push("a provider", &payload).expect("the only chunk");
//! let manifests = parse(&whole, &Limits::default())?;
//! let event = manifests[0].event(7, 0).expect("it is listed");
//! assert_eq!(event.layout.as_ref().unwrap().fields()[0].name, "what");
//! # Ok::<(), tracemill_conventions::manifest::Malformed>(())
//! ```

use std::fmt;
use std::sync::Arc;

use tracemill_engine::{FieldId, Layout};

mod assembler;
mod read;
mod template;
mod xml;

pub use assembler::{Assembler, Chunk};
pub use read::parse;

/// The number of the event that carries a chunk, in whatever provider.
pub const EVENT_ID: u32 = 0xfffe;

/// What manifests may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of chunks that wait for others, of all providers together. 16 MiB.
    pub bytes: usize,
    /// Elements of a manifest. 131,072.
    pub elements: usize,
    /// Elements in each other. 32.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 16 << 20, elements: 1 << 17, depth: 32 }
    }
}

/// What a provider says of its events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The provider's name.
    pub provider: Arc<str>,
    /// The provider's GUID as on the wire, if there is one.
    pub guid: Option<[u8; 16]>,
    /// Its events, by number and version.
    pub events: Vec<Event>,
    /// Its keywords: bits and name.
    pub keywords: Vec<(u64, Arc<str>)>,
    /// Names of values.
    pub maps: Vec<ValueMap>,
}

/// An event of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its number.
    pub id: u16,
    /// Version of its payload.
    pub version: u8,
    /// Its name; for an `EventSource`, that of the method that writes it.
    pub name: Arc<str>,
    /// Its task. `EventSource` makes one up for an event without: of the event's own name.
    pub task: Option<Arc<str>>,
    /// Its opcode; 0 is the usual one.
    pub opcode: u8,
    /// Name of its opcode: `Start`.
    pub opcode_name: Option<Arc<str>>,
    /// Verbosity, 0 to 5.
    pub level: u8,
    /// Its keywords, a bit set.
    pub keywords: u64,
    /// Its text, in which `%1` stands for the first field.
    pub message: Option<Arc<str>>,
    /// Its fields. `None` if they cannot be understood; empty if it has none.
    pub layout: Option<Arc<Layout>>,
    /// By place of the field: the place of its map.
    field_maps: Arc<[(usize, usize)]>,
}

/// Names of values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueMap {
    /// Its own name.
    pub name: Arc<str>,
    /// Whether values are sets of bits.
    pub is_bits: bool,
    /// Value and name.
    pub names: Vec<(u64, Arc<str>)>,
}

impl Manifest {
    /// The event of this number and version. O(log events).
    pub fn event(&self, id: u16, version: u8) -> Option<&Event> {
        let key = (id, version);
        let place = self.events.binary_search_by(|event| (event.id, event.version).cmp(&key));
        self.events.get(place.ok()?)
    }

    /// The names of the values of a field.
    pub fn map(&self, event: &Event, field: FieldId) -> Option<&ValueMap> {
        let of = event.field_maps.iter().find(|(place, _)| *place == field.index());
        self.maps.get(of?.1)
    }
}

/// A manifest that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// What is wrong.
    pub what: &'static str,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "manifest: {}", self.what)
    }
}

impl std::error::Error for Malformed {}

#[cfg(test)]
mod tests;
