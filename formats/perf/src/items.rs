//! The fields of an event that describes itself, one by one (specification section 11).

use tracemill_engine::Value;

use crate::wire::text;

/// The fields of an [`EventHeader`](crate::EventHeader), one by one.
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

/// What comes next in an event that describes itself.
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
    /// The fields that `metadata` describes, of which `payload` holds the values.
    pub(crate) fn new(metadata: &'a [u8], payload: &'a [u8], is_big: bool) -> Self {
        Self {
            metadata,
            payload,
            is_big,
            inside: [Inside::default(); MAX_DEPTH],
            depth: 0,
            array: None,
            left: MAX_ITEMS,
        }
    }

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

/// A number at the head of `bytes`, and what follows it.
pub(crate) fn u16_of(bytes: &[u8], is_big: bool) -> Option<(u16, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<2>()?;
    let number = if is_big { u16::from_be_bytes(*number) } else { u16::from_le_bytes(*number) };
    Some((number, rest))
}

/// Parts of an encoding.
const KIND: u8 = 0x1f;
const CONSTANT: u8 = 0x20;
const VARIABLE: u8 = 0x40;
const STRUCT: u8 = 1;
/// Structures inside of each other, and items of an event, as the format's own readers have them.
const MAX_DEPTH: usize = 8;
pub(crate) const MAX_ITEMS: u32 = 4096;
