//! What `TraceEvent` read, as its files say.

use std::fmt;
use std::path::Path;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value as Json;

/// All of a capture.
#[derive(Deserialize)]
pub struct Golden {
    pub events: u64,
    pub events_lost: u64,
    pub error: Option<String>,
    pub time_decreases: u64,
    pub undecodable: u64,
    pub order_hash: String,
    pub kinds: Vec<Kind>,
}

/// The events of a provider, id and version.
#[derive(Deserialize)]
pub struct Kind {
    pub provider: String,
    pub id: u32,
    pub version: u32,
    pub event: String,
    pub count: u64,
    pub payload_bytes: u64,
    pub values_hash: String,
    first: Vec<Sample>,
    #[serde(default)]
    last: Vec<Sample>,
}

impl Kind {
    /// The samples, each with its place among the events of the kind.
    pub fn samples(&self) -> impl Iterator<Item = (usize, &Sample)> {
        let end = usize::try_from(self.count).unwrap() - self.last.len();
        self.first.iter().enumerate().chain((end..).zip(&self.last))
    }
}

/// One event.
#[derive(Deserialize)]
pub struct Sample {
    pub qpc: String,
    pub ms: f64,
    pub pid: i64,
    pub tid: i64,
    pub cpu: u32,
    pub activity: Option<String>,
    pub related: Option<String>,
    pub level: u8,
    pub keywords: String,
    pub bytes: u64,
    pub fields: Fields,
}

/// Fields in order.
pub struct Fields(pub Vec<(String, Json)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        from.deserialize_map(InOrder)
    }
}

/// Reads the file; `None` if there is none.
pub fn read(path: &Path) -> Option<Golden> {
    let text = std::fs::read(path).ok()?;
    let golden = serde_json::from_slice(&text);
    Some(golden.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}
