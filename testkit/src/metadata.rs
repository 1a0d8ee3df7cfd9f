//! Event classes and their fields, in the record shapes of all versions (specification, section 4).

use crate::bytes::Put;
use crate::event::Event;

mod field;

pub use field::{Field, Type};
use field::{put_fields_v1, put_fields_v2, put_fields_v6};

/// A class of events. Each version writes the parts it has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata {
    /// Metadata id. V1 and V2 have none: there it is the stream offset of the record.
    pub id: u32,
    /// Provider name. V1 writes `provider_guid` instead.
    pub provider: String,
    /// Event id within the provider.
    pub event_id: u32,
    /// Event name.
    pub name: String,
    /// Keywords; V6: left out if 0.
    pub keywords: u64,
    /// Version; V6: 8 bits, left out if 0.
    pub version: u32,
    /// Level; V6: 8 bits, left out if 0.
    pub level: u32,
    /// V4/V5: the Opcode tag; V6: the optional part.
    pub opcode: Option<u8>,
    /// Fields of the payload in their order.
    pub fields: Vec<Field>,
    /// V4/V5: write the fields as a V2Params tag behind an empty V1 list ("V5"), not as that list.
    pub v2_params: bool,
    /// V6: message template.
    pub template: Option<String>,
    /// V6: description.
    pub description: Option<String>,
    /// V6: key-values.
    pub key_values: Vec<(String, String)>,
    /// V1, and V6 where there is one: GUID of the provider.
    pub provider_guid: Option<[u8; 16]>,
    /// V6: bytes at the end of the optional parts (which carry no length: a reader stops at an unknown kind).
    pub optional_extra: Vec<u8>,
    /// Bytes at the end of the record: behind fields and tags up to V5, the part to be ignored in V6.
    pub extra: Vec<u8>,
    /// Up to V5: time stamp of the record's own event header, in ticks.
    pub ticks: u64,
    /// Up to V5: OS thread id of the record's own event header.
    pub thread: u64,
}

impl Metadata {
    /// A class without name, fields or anything optional.
    pub fn new(id: u32, provider: &str, event_id: u32) -> Self {
        Self { id, provider: provider.into(), event_id, ..Self::default() }
    }

    /// The payload of a V3, V4 or V5 metadata record: V1 field list, then the tags asked for.
    pub fn payload_v3_v5(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.put_u32(self.id);
        out.put_utf16z(&self.provider);
        self.put_description(&mut out, !self.v2_params);
        if let Some(opcode) = self.opcode {
            put_tag(&mut out, TAG_OPCODE, &[opcode]);
        }
        if self.v2_params {
            let mut params = Vec::new();
            put_fields_v2(&mut params, &self.fields);
            put_tag(&mut out, TAG_V2_PARAMS, &params);
        }
        out.put_bytes(&self.extra);
        out
    }

    /// The payload of a V1 (`guid`: provider as GUID) or V2 metadata record.
    pub fn payload_v1_v2(&self, guid: bool) -> Vec<u8> {
        let mut out = Vec::new();
        if guid {
            out.put_bytes(&self.provider_guid.unwrap_or_default());
        } else {
            out.put_utf16z(&self.provider);
        }
        out.put_u32(self.event_id);
        out.put_u32(self.version);
        let mut described = Vec::new();
        // The runtime's own providers describe nothing: length 0.
        if self.keywords != 0
            || self.level != 0
            || !(self.name.is_empty() && self.fields.is_empty())
        {
            self.put_description(&mut described, true);
        }
        described.put_bytes(&self.extra);
        out.put_u32(described.len() as u32);
        out.put_bytes(&described);
        out
    }

    /// A row of a V6 metadata block, its size in front.
    pub fn row_v6(&self) -> Vec<u8> {
        let mut row = Vec::new();
        row.put_varu32(self.id);
        row.put_string(&self.provider);
        row.put_varu32(self.event_id);
        row.put_string(&self.name);
        put_fields_v6(&mut row, &self.fields);
        row.put_sized16(&self.optional_v6());
        row.put_bytes(&self.extra);
        let mut out = Vec::new();
        out.put_sized16(&row);
        out
    }

    /// The event that carries `payload` as a metadata record.
    pub(crate) fn record(&self, payload: Vec<u8>) -> Event {
        Event {
            metadata_id: 0,
            sequence: 0,
            capture_thread: 0,
            thread: self.thread,
            ticks: self.ticks,
            payload,
            ..Event::default()
        }
    }

    /// Event id, name, keywords, version, level, V1 field list.
    fn put_description(&self, out: &mut Vec<u8>, with_fields: bool) {
        out.put_u32(self.event_id);
        out.put_utf16z(&self.name);
        out.put_u64(self.keywords);
        out.put_u32(self.version);
        out.put_u32(self.level);
        put_fields_v1(out, if with_fields { &self.fields } else { &[] });
    }

    fn optional_v6(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if let Some(opcode) = self.opcode {
            out.put_bytes(&[1, opcode]);
        }
        if self.keywords != 0 {
            out.put_u8(3);
            out.put_u64(self.keywords);
        }
        for (kind, text) in [(4, &self.template), (5, &self.description)] {
            if let Some(text) = text {
                out.put_u8(kind);
                out.put_string(text);
            }
        }
        for (key, value) in &self.key_values {
            out.put_u8(6);
            out.put_string(key);
            out.put_string(value);
        }
        if let Some(guid) = &self.provider_guid {
            out.put_u8(7);
            out.put_bytes(guid);
        }
        for (kind, number) in [(8, self.level), (9, self.version)] {
            if number != 0 {
                out.put_bytes(&[kind, number as u8]);
            }
        }
        out.put_bytes(&self.optional_extra);
        out
    }
}

/// The length counts neither itself nor the kind.
fn put_tag(out: &mut Vec<u8>, kind: u8, bytes: &[u8]) {
    out.put_u32(bytes.len() as u32);
    out.put_u8(kind);
    out.put_bytes(bytes);
}

const TAG_OPCODE: u8 = 1;
const TAG_V2_PARAMS: u8 = 2;

#[cfg(test)]
mod tests;
