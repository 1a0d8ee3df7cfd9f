//! Event classes as real event sources have them: names, fields, and text that is like theirs.

use crate::bytes::Put;
use crate::metadata::{Field, Metadata, Type};
use crate::rng::Rng;

/// An event class, and how many of a hundred events or so are of it.
#[derive(Debug, PartialEq)]
pub(super) struct Shape {
    pub provider: &'static str,
    pub event_id: u32,
    pub name: &'static str,
    pub keywords: u64,
    pub version: u32,
    pub level: u32,
    pub opcode: Option<u8>,
    /// Whether its fields stand in a V2Params tag, as those do that V1 lists cannot describe.
    pub v2_params: bool,
    pub weight: usize,
    pub fields: &'static [(&'static str, Fill)],
}

/// What stands in a field.
#[derive(Debug, PartialEq)]
pub(super) enum Fill {
    /// 4 bytes: an integer below this.
    Int(u32),
    /// 8 bytes: a number of a thousand or less.
    Double,
    /// 8 bytes: a time.
    Time,
    /// One of these, with a number of up to five digits for each `#`.
    Text(&'static [&'static str]),
    /// Fields one behind the other.
    Object(&'static [(&'static str, Fill)]),
    /// One to six objects of these fields.
    Objects(&'static [(&'static str, Fill)]),
}

impl Shape {
    /// Makes `payload` a payload of this class.
    pub(super) fn fill(&self, payload: &mut Vec<u8>, rng: &mut Rng) {
        payload.clear();
        put_all(payload, self.fields, rng);
    }

    /// The class as metadata.
    pub(super) fn metadata(&self, id: u32) -> Metadata {
        Metadata {
            name: self.name.into(),
            keywords: self.keywords,
            version: self.version,
            level: self.level,
            opcode: self.opcode,
            v2_params: self.v2_params,
            fields: fields(self.fields),
            ..Metadata::new(id, self.provider, self.event_id)
        }
    }
}

fn fields(fields_of: &[(&str, Fill)]) -> Vec<Field> {
    fields_of.iter().map(|(name, fill)| Field::new(name, fill.kind())).collect()
}

fn put_all(out: &mut Vec<u8>, fields: &[(&str, Fill)], rng: &mut Rng) {
    for (_, fill) in fields {
        fill.put(out, rng);
    }
}

impl Fill {
    fn kind(&self) -> Type {
        match self {
            Self::Int(_) => Type::Int32,
            Self::Double => Type::Double,
            Self::Time => Type::DateTime,
            Self::Text(_) => Type::Utf16Z,
            Self::Object(of) => Type::Object(fields(of)),
            Self::Objects(of) => Type::array(Type::Object(fields(of))),
        }
    }

    fn put(&self, out: &mut Vec<u8>, rng: &mut Rng) {
        match self {
            Self::Int(below) => out.put_u32(rng.below((*below).into()) as u32),
            Self::Double => out.put_bytes(&(rng.below(1_000_000) as f64 / 1_000.0).to_le_bytes()),
            Self::Time => out.put_u64(FIRST_TIME + rng.below(1 << 32)),
            Self::Text(texts) => put_text(out, texts[rng.index(texts.len())], rng),
            Self::Object(fields) => put_all(out, fields, rng),
            Self::Objects(fields) => {
                let count = 1 + rng.below(6) as u16;
                out.put_u16(count);
                (0..count).for_each(|_| put_all(out, fields, rng));
            }
        }
    }
}

/// UTF-16 with a zero behind it; `#` is a number.
fn put_text(out: &mut Vec<u8>, text: &str, rng: &mut Rng) {
    for unit in text.encode_utf16() {
        if unit != u16::from(b'#') {
            out.put_u16(unit);
            continue;
        }
        let digits = 1 + rng.below(5) as u32;
        let number = rng.below(10u64.pow(digits));
        for place in (0..digits).rev() {
            out.put_u16(u16::from(b'0') + (number / 10u64.pow(place) % 10) as u16);
        }
    }
    out.put_u16(0);
}

/// Late in 2026, in units of 100 ns since 1601.
const FIRST_TIME: u64 = 134_000_000_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_numbers_in_it() {
        let mut out = Vec::new();
        put_text(&mut out, "ö# #", &mut Rng::new(1));
        let units: Vec<_> = out.as_chunks::<2>().0.iter().map(|u| u16::from_le_bytes(*u)).collect();
        let text = String::from_utf16(&units).unwrap();
        let numbers = text.strip_prefix('ö').and_then(|rest| rest.strip_suffix('\0'));
        let numbers: Vec<_> = numbers.unwrap().split(' ').collect();
        assert_eq!(numbers.len(), 2, "{text}");
        for number in numbers {
            assert!((1..=5).contains(&number.len()) && number.parse::<u32>().is_ok(), "{text}");
        }
    }

    #[test]
    fn a_payload_is_what_the_fields_say() {
        const INNER: &[(&str, Fill)] = &[("k", Fill::Text(&["a"])), ("v", Fill::Double)];
        const SHAPE: Shape = Shape {
            provider: "P",
            event_id: 3,
            name: "N",
            keywords: 0,
            version: 0,
            level: 0,
            opcode: None,
            v2_params: true,
            weight: 1,
            fields: &[("i", Fill::Int(1)), ("o", Fill::Object(INNER)), ("l", Fill::Objects(INNER))],
        };
        let mut payload = vec![9; 7];
        SHAPE.fill(&mut payload, &mut Rng::new(4));
        let count = usize::from(payload[16]);
        assert_eq!(payload.len(), 4 + 12 + 2 + 12 * count);
        assert_eq!(payload[..8], [0, 0, 0, 0, b'a', 0, 0, 0]);
        assert_eq!(payload[17..22], [0, b'a', 0, 0, 0]);
        let kinds: Vec<_> =
            SHAPE.metadata(1).fields.iter().map(|field| field.kind.code()).collect();
        assert_eq!(kinds, [9, 1, 19]);
    }
}
