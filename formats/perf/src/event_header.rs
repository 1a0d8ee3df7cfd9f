//! `EventHeader`: events of user programs (`user_events`) that describe themselves (specification
//! section 11).
//!
//! ```text
//! raw data    common fields | flags version id tag opcode level | extensions | payload
//! extension   size, kind (bit 15: another follows), bytes       ; 1 metadata, 2 activity ids
//! metadata    name;attributes NUL, then for each field: name NUL, encoding [format [tag]] [count]
//! ```

use tracemill_engine::{EventView, Value};

use crate::sample::Sample;
use crate::wire::text;

/// An event that describes itself. `Copy`; valid as long as the view it was made of.
#[derive(Clone, Copy, Debug)]
pub struct EventHeader<'a> {
    head: [u8; 8],
    /// Name and fields.
    metadata: &'a [u8],
    activity: &'a [u8],
    payload: &'a [u8],
}

/// What comes next in such an event.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// Name of the field, as on the wire; the same for each element of an array.
    pub name: &'a [u8],
    /// How its value is meant to be shown: 0 as is usual, 1 unsigned, 2 signed, 3 hexadecimal, 4
    /// errno, 5 process, 6 time, 7 boolean, 8 floating point, 9 bytes, 10 Latin-1, 11 and 12 UTF-8,
    /// 13 XML, 14 JSON, 15 UUID, 16 port, 17 and 18 address.
    pub format: u8,
    /// A number of the writer's own.
    pub tag: u16,
    /// What it is.
    pub what: What<'a>,
}

/// What an [`Item`] is.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum What<'a> {
    /// A value, or an element of an array.
    Value(Value<'a>),
    /// An array begins: so many elements follow.
    Array(u16),
    /// A structure begins; its fields follow.
    Begin,
    /// A structure ends.
    End,
}

impl<'a> EventHeader<'a> {
    /// Reads `view` as such an event; `None` if it is none, or ill-formed in front of its fields.
    pub fn of(view: EventView<'a>) -> Option<Self> {
        let sample = Sample::of(view)?;
        if !sample.attribute().is_event_header {
            return None;
        }
        Self::read(view.payload().get(COMMON..)?)
    }

    fn read(raw: &'a [u8]) -> Option<Self> {
        let (head, mut rest) = raw.split_first_chunk::<8>()?;
        let is_big = head.first()? & LITTLE == 0;
        let (mut metadata, mut activity) = (&[][..], &[][..]);
        let mut has_more = head.first()? & EXTENDED != 0;
        while has_more {
            let (size, behind) = u16_of(rest, is_big)?;
            let (kind, behind) = u16_of(behind, is_big)?;
            let (bytes, behind) = behind.split_at_checked(size.into())?;
            match kind & 0x7fff {
                1 => metadata = bytes,
                2 => activity = bytes,
                _ => {}
            }
            (rest, has_more) = (behind, kind & 0x8000 != 0);
        }
        Some(Self { head: *head, metadata, activity, payload: rest })
    }

    /// Whether its numbers are in big-endian.
    pub fn is_big_endian(&self) -> bool {
        self.byte(0) & LITTLE == 0
    }

    /// Version of the event.
    pub fn version(&self) -> u8 {
        self.byte(1)
    }

    /// Number of the event within its provider, 0 if it has none.
    pub fn id(&self) -> u16 {
        u16::from_le_bytes([self.byte(2), self.byte(3)])
    }

    /// A number of the writer's own.
    pub fn tag(&self) -> u16 {
        u16::from_le_bytes([self.byte(4), self.byte(5)])
    }

    /// Opcode.
    pub fn opcode(&self) -> u8 {
        self.byte(6)
    }

    /// Verbosity: 1 critical to 5 verbose.
    pub fn level(&self) -> u8 {
        self.byte(7)
    }

    /// Its name and, behind semicolons, attributes, as on the wire.
    pub fn name(&self) -> &'a [u8] {
        let name = text(self.metadata);
        name.split(|byte| *byte == b';').next().unwrap_or_default()
    }

    /// The activity it belongs to, in order as it is written as text.
    pub fn activity_id(&self) -> Option<[u8; 16]> {
        self.activity.first_chunk().copied()
    }

    /// The activity that started its own.
    pub fn related_activity_id(&self) -> Option<[u8; 16]> {
        self.activity.get(16..)?.first_chunk().copied()
    }

    /// Its fields, one by one. Ends at the first that is ill-formed, and after 4,096 items.
    pub fn items(&self) -> Items<'a> {
        let fields = self.metadata.get(text(self.metadata).len() + 1..).unwrap_or_default();
        Items {
            metadata: fields,
            payload: self.payload,
            is_big: self.is_big_endian(),
            inside: [Inside::default(); MAX_DEPTH],
            depth: 0,
            array: None,
            left: MAX_ITEMS,
        }
    }

    fn byte(&self, at: usize) -> u8 {
        self.head.get(at).copied().unwrap_or(0)
    }
}

/// The fields of an [`EventHeader`], one by one.
#[derive(Clone, Copy, Debug)]
pub struct Items<'a> {
    metadata: &'a [u8],
    payload: &'a [u8],
    is_big: bool,
    inside: [Inside<'a>; MAX_DEPTH],
    depth: usize,
    /// The field whose elements come next, and how many.
    array: Option<(Described<'a>, u16)>,
    left: u32,
}

/// A structure that has begun.
#[derive(Clone, Copy, Debug, Default)]
struct Inside<'a> {
    of: Described<'a>,
    /// Fields of it to come.
    fields: u8,
    /// Structures of an array to come.
    again: u16,
    /// Its fields in the metadata.
    metadata: &'a [u8],
}

/// A field as the metadata describes it.
#[derive(Clone, Copy, Debug, Default)]
struct Described<'a> {
    name: &'a [u8],
    encoding: u8,
    format: u8,
    tag: u16,
    count: u16,
}

impl<'a> Items<'a> {
    fn item(of: Described<'a>, what: What<'a>) -> Item<'a> {
        Item { name: of.name, format: of.format, tag: of.tag, what }
    }

    fn step(&mut self) -> Option<Item<'a>> {
        if let Some((of, left)) = self.array {
            if left > 0 {
                self.array = Some((of, left - 1));
                return Some(Self::item(of, What::Value(self.value(of)?)));
            }
            self.array = None;
        }
        if let Some(top) = self.depth.checked_sub(1).and_then(|top| self.inside.get_mut(top)) {
            if top.fields == 0 {
                let of = top.of;
                if top.again == 0 {
                    self.depth -= 1;
                    return Some(Self::item(of, What::End));
                }
                // The next structure of an array: the same fields again.
                top.again -= 1;
                (top.fields, self.metadata) = (of.format & 0x7f, top.metadata);
                return Some(Self::item(of, What::Begin));
            }
            top.fields -= 1;
        } else if self.metadata.is_empty() {
            return None;
        }
        let of = self.described()?;
        let count = match of.encoding & (CONSTANT | VARIABLE) {
            0 => None,
            CONSTANT => Some(of.count),
            VARIABLE => {
                let (count, rest) = u16_of(self.payload, self.is_big)?;
                self.payload = rest;
                Some(count)
            }
            _ => return None,
        };
        if of.encoding & KIND == STRUCT {
            return self.begin(of, count);
        }
        match count {
            None => Some(Self::item(of, What::Value(self.value(of)?))),
            Some(count) => {
                self.array = Some((of, count));
                Some(Self::item(of, What::Array(count)))
            }
        }
    }

    /// A structure, or an array of them: each has its own beginning, and the last one the end.
    fn begin(&mut self, of: Described<'a>, count: Option<u16>) -> Option<Item<'a>> {
        let inside = self.inside.get_mut(self.depth)?;
        let fields = of.format & 0x7f;
        if fields == 0 {
            return None;
        }
        self.depth += 1;
        *inside = Inside { of, fields, again: 0, metadata: self.metadata };
        match count {
            None => Some(Self::item(of, What::Begin)),
            Some(count) => {
                (inside.fields, inside.again) = (0, count);
                if count == 0 {
                    // Its fields are described all the same.
                    self.pass_over(fields, 0)?;
                }
                Some(Self::item(of, What::Array(count)))
            }
        }
    }

    /// Passes over the descriptions of so many fields.
    fn pass_over(&mut self, fields: u8, depth: usize) -> Option<()> {
        for _ in 0..fields {
            let of = self.described()?;
            if of.encoding & KIND == STRUCT {
                (depth < MAX_DEPTH).then_some(())?;
                self.pass_over(of.format & 0x7f, depth + 1)?;
            }
        }
        Some(())
    }

    fn described(&mut self) -> Option<Described<'a>> {
        let name = text(self.metadata);
        let mut rest = self.metadata.get(name.len() + 1..)?;
        let mut byte = || {
            let (byte, behind) = rest.split_first()?;
            rest = behind;
            Some(*byte)
        };
        let encoding = byte()?;
        let format = if encoding & 0x80 != 0 { byte()? } else { 0 };
        let (mut tag, mut count) = (0, 0);
        if format & 0x80 != 0 {
            (tag, rest) = u16_of(rest, self.is_big)?;
        }
        if encoding & CONSTANT != 0 {
            (count, rest) = u16_of(rest, self.is_big)?;
        }
        self.metadata = rest;
        Some(Described { name, encoding, format: format & 0x7f, tag, count })
    }

    fn value(&mut self, of: Described<'a>) -> Option<Value<'a>> {
        let kind = of.encoding & KIND;
        let counted = matches!(kind, 10..=13);
        let width = match kind {
            2 | 7 | 10 | 13 => 1,
            3 | 8 | 11 => 2,
            4 | 9 | 12 => 4,
            5 => 8,
            6 => 16,
            _ => return None,
        };
        let mut behind = 0;
        let len = if counted {
            let (count, rest) = u16_of(self.payload, self.is_big)?;
            self.payload = rest;
            width * usize::from(count)
        } else if kind >= 7 {
            let mut units = self.payload.chunks_exact(width);
            behind = width;
            width * units.position(|unit| unit.iter().all(|byte| *byte == 0))?
        } else {
            width
        };
        let (bytes, rest) = self.payload.split_at_checked(len)?;
        self.payload = rest.get(behind..)?;
        Some(match kind {
            7 | 10 => Value::Utf8(bytes),
            8 | 11 if !self.is_big => Value::Utf16(bytes),
            2..=5 => self.number(of.format, bytes),
            _ => Value::Bytes(bytes),
        })
    }

    fn number(&self, format: u8, bytes: &'a [u8]) -> Value<'a> {
        let add = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        let value =
            if self.is_big { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) };
        let unused = 64 - 8 * bytes.len();
        match (format, bytes.len()) {
            (2 | 4 | 5 | 6, _) => Value::Signed((value << unused).cast_signed() >> unused),
            (7, _) => Value::Bool(value != 0),
            (8, 4) => Value::Float32(f32::from_bits(u32::try_from(value).unwrap_or(0))),
            (8, 8) => Value::Float64(f64::from_bits(value)),
            _ => Value::Unsigned(value),
        }
    }
}

#[expect(clippy::copy_iterator, reason = "it is as `Copy` as what it reads")]
impl<'a> Iterator for Items<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        self.left = self.left.checked_sub(1)?;
        let next = self.step();
        if next.is_none() {
            self.left = 0;
        }
        next
    }
}

fn u16_of(bytes: &[u8], is_big: bool) -> Option<(u16, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<2>()?;
    let number = if is_big { u16::from_be_bytes(*number) } else { u16::from_le_bytes(*number) };
    Some((number, rest))
}

/// Bytes that all tracepoints begin with.
const COMMON: usize = 8;
/// Flags of the head.
const LITTLE: u8 = 2;
const EXTENDED: u8 = 4;
/// Parts of an encoding.
const KIND: u8 = 0x1f;
const CONSTANT: u8 = 0x20;
const VARIABLE: u8 = 0x40;
const STRUCT: u8 = 1;
/// Structures inside of each other, and items of an event, as the format's own readers have them.
const MAX_DEPTH: usize = 8;
const MAX_ITEMS: u32 = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    fn event(is_big: bool) -> Vec<u8> {
        let number = |value: u16| if is_big { value.to_be_bytes() } else { value.to_le_bytes() };
        let mut metadata = b"Name;attribute=1\0".to_vec();
        metadata.extend_from_slice(b"byte\0\x02");
        metadata.extend_from_slice(b"signed\0\x83\x82");
        metadata.extend_from_slice(&number(77));
        metadata.extend_from_slice(b"text\0\x07");
        metadata.extend_from_slice(b"array\0\x23");
        metadata.extend_from_slice(&number(2));
        // Structures with two fields, the second of which is counted text.
        metadata.extend_from_slice(b"rows\0\xc1\x02a\0\x02b\0\x0a");
        metadata.extend_from_slice(b"one\0\x81\x01c\0\x82\x07");
        metadata.extend_from_slice(b"none\0\xc1\x01d\0\x02last\0\x02");
        let mut out = vec![4 | if is_big { 0 } else { 2 }, 3, 5, 0, 6, 0, 7, 4];
        for (kind, bytes) in [(2 | 0x8000, &[9; 16][..]), (1, &metadata)] {
            out.extend_from_slice(&number(u16::try_from(bytes.len()).unwrap()));
            out.extend_from_slice(&number(kind));
            out.extend_from_slice(bytes);
        }
        out.push(200);
        out.extend_from_slice(&number(0xfffe));
        out.extend_from_slice(b"hello\0");
        out.extend_from_slice(&[number(1), number(2), number(2)].concat());
        for (a, b) in [(11, "x"), (12, "yz")] {
            out.push(a);
            out.extend_from_slice(&number(u16::try_from(b.len()).unwrap()));
            out.extend_from_slice(b.as_bytes());
        }
        out.push(1);
        out.extend_from_slice(&number(0));
        out.push(33);
        out
    }

    #[test]
    fn fields_are_what_the_event_says() {
        for is_big in [false, true] {
            let bytes = event(is_big);
            let event = EventHeader::read(&bytes).unwrap();
            assert_eq!((event.name(), event.version(), event.id()), (&b"Name"[..], 3, 5));
            assert_eq!((event.tag(), event.opcode(), event.level()), (6, 7, 4));
            assert_eq!((event.activity_id(), event.related_activity_id()), (Some([9; 16]), None));
            let found: Vec<String> = event
                .items()
                .map(|item| {
                    let what = match item.what {
                        What::Value(Value::Unsigned(value)) => value.to_string(),
                        What::Value(Value::Signed(value)) => format!("{value:+}#{}", item.tag),
                        What::Value(Value::Bool(value)) => value.to_string(),
                        What::Value(Value::Utf8(text)) => String::from_utf8_lossy(text).into(),
                        What::Value(other) => format!("{other:?}"),
                        What::Array(count) => format!("[{count}]"),
                        What::Begin => "{".into(),
                        What::End => "}".into(),
                    };
                    format!("{}={what}", String::from_utf8_lossy(item.name))
                })
                .collect();
            let expected = "byte=200 signed=-2#77 text=hello array=[2] array=1 array=2 rows=[2] \
                            rows={ a=11 b=x rows={ a=12 b=yz rows=} one={ c=true one=} \
                            none=[0] none=} last=33";
            assert_eq!(found.join(" "), expected);
        }
    }

    #[test]
    fn no_bytes_are_too_odd() {
        let whole = event(false);
        for at in 0..whole.len() {
            for value in [0, 1, 0x21, 0x41, 0x7f, 0xc1, 0xff] {
                let mut odd = whole.clone();
                if let Some(byte) = odd.get_mut(at) {
                    *byte = value;
                }
                let count = EventHeader::read(&odd).map_or(0, |event| event.items().count());
                assert!(count <= MAX_ITEMS as usize);
            }
            let cut = whole.get(..at).and_then(EventHeader::read);
            assert!(cut.is_none_or(|event| event.items().count() < 20));
        }
    }
}
