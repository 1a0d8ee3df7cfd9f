//! Records of machines in big-endian, turned into little-endian in place (specification section 10).
//!
//! Text, stacks, build ids and what is not known stay as they are. Raw data is turned as far as a
//! tracepoint describes it.

use tracemill_engine::{Count, Field, Layout, Type};

use crate::attribute::{Attribute, Place, bit};
use crate::decode::Decoder;
use crate::kinds::{self, kind};
use crate::parts;
use crate::wire::{Head, u64_at};

/// Turns whole records, one after the other.
pub(crate) fn records(decoder: &Decoder, mut bytes: &mut [u8]) {
    while let Some(head) = Head::read(bytes, 0, true) {
        let size = usize::from(head.size).max(Head::LEN).min(bytes.len());
        let (record, rest) = bytes.split_at_mut(size);
        self::record(decoder, record);
        bytes = rest;
    }
}

/// Turns a record.
pub(crate) fn record(decoder: &Decoder, record: &mut [u8]) {
    let Some(head) = Head::read(record, 0, true) else {
        return;
    };
    for (at, size) in [(0, 4), (4, 2), (6, 2)] {
        turn(record, at, size);
    }
    let body = record.get_mut(Head::LEN..).unwrap_or_default();
    if head.kind == kind::SAMPLE {
        let place = decoder.sample_id.and_then(Place::get);
        if let Some(attribute) = attribute(decoder, body, place) {
            let _ = sample(decoder, attribute, body);
        }
        return;
    }
    let end = if head.kind < kind::FIRST_OF_TOOLS {
        let place = decoder.end_id.and_then(|place| place.before(body.len()));
        trailer(decoder, place, body)
    } else {
        body.len()
    };
    let described = match head.kind {
        kind::MMAP2 if head.misc >> 14 & 1 != 0 => Some(&kinds::MMAP2_WITH_BUILD_ID),
        number => kinds::of(number),
    };
    if let Some(described) = described {
        let own = body.get_mut(..end).unwrap_or_default();
        let layout = described.layout();
        let at = fields(&layout, layout.fields(), own, 0, 0).unwrap_or(0);
        if head.kind == kind::READ {
            numbers(own, at, own.len());
        }
    }
}

/// The attribute of the id at `place`, which has not been turned yet.
fn attribute<'d>(decoder: &'d Decoder, body: &[u8], place: Option<usize>) -> Option<&'d Attribute> {
    let first = decoder.attributes.first()?;
    let id = place.and_then(|at| u64_at(body, at)).map_or(0, u64::swap_bytes);
    if decoder.attributes.len() == 1 || id == 0 {
        return Some(first);
    }
    decoder.attributes.get(*decoder.ids.get(id)? as usize)
}

/// Turns what identifies a record, at its end; where that begins.
fn trailer(decoder: &Decoder, place: Option<usize>, body: &mut [u8]) -> usize {
    let len = body.len();
    let Some(shape) = attribute(decoder, body, place).map(|attribute| attribute.shape) else {
        return len;
    };
    let start = len.saturating_sub(shape.trailer.into());
    numbers(body, start, len);
    for pair in [shape.end_tid, shape.end_cpu] {
        if let Some(at) = pair.before(len) {
            halves(body, at);
        }
    }
    start
}

fn sample(decoder: &Decoder, attribute: &Attribute, body: &mut [u8]) -> Option<()> {
    let shape = &attribute.shape;
    let mut at = usize::from(shape.fixed);
    numbers(body, 0, at);
    for pair in [shape.tid, shape.cpu] {
        if let Some(at) = pair.get() {
            halves(body, at);
        }
    }
    // The number that a part begins with tells how long it is.
    for part in parts::ORDER {
        if attribute.sample_type & part == 0 {
            continue;
        }
        let width = if *part == bit::RAW { 4 } else { 8 };
        turn(body, at, width);
        let end = at.checked_add(parts::len(attribute, body, at, *part)?)?;
        let end = Some(end).filter(|end| *end <= body.len())?;
        match *part {
            bit::RAW => {
                let raw = body.get_mut(at + 4..end)?;
                if let Some(class) = decoder.state.classes.get(attribute.class)
                    && let Some(layout) = class.layout().filter(|_| attribute.is_raw)
                {
                    fields(layout, layout.fields(), raw, 0, 0);
                }
            }
            bit::STACK_USER if end > at + 8 => turn(body, end - 8, 8),
            bit::STACK_USER | bit::AUX => {}
            bit::BRANCH_STACK => {
                numbers(body, at + 8, end);
                let stack = parts::branches(attribute, body, at)?;
                for entry in body.get_mut(stack.entries..stack.end)?.chunks_exact_mut(24) {
                    if let Some((_, flags)) = entry.split_last_chunk_mut::<8>() {
                        *flags = branch_flags(u64::from_le_bytes(*flags)).to_le_bytes();
                    }
                }
            }
            _ => numbers(body, at + 8, end),
        }
        at = end;
    }
    Some(())
}

/// Fields of bits begin at the other end there, but each is what it is.
fn branch_flags(flags: u64) -> u64 {
    let (mut turned, mut at) = (0, 0);
    for width in [1, 1, 1, 1, 16, 4, 2, 4, 3, 31] {
        let value = flags >> (64 - at - width) & ((1 << width) - 1);
        turned |= value << at;
        at += width;
    }
    turned
}

/// Turns fields that begin at `at`; where they end, or `None` at the first that does not fit.
fn fields(
    layout: &Layout,
    list: &[Field],
    bytes: &mut [u8],
    mut at: usize,
    depth: u32,
) -> Option<usize> {
    if depth > MAX_DEPTH {
        return None;
    }
    let mut values: Vec<u64> = Vec::new();
    for field in list {
        let of = layout.type_at(field.type_index)?;
        let mut value = 0;
        match of {
            Type::Tail => return Some(at),
            Type::AnsiZ => {
                let rest = bytes.get(at..)?;
                at += rest.iter().position(|byte| *byte == 0).map_or(rest.len(), |nul| nul + 1);
            }
            Type::Array { element, count } => {
                let count = match count {
                    Count::Fixed(count) => count.into(),
                    Count::Field(field) => {
                        usize::try_from(*values.get(usize::from(field))?).ok()?
                    }
                    _ => return None,
                };
                at = elements(layout, layout.type_at(element)?, bytes, at, count, depth)?;
            }
            Type::DataLoc { element } | Type::RelLoc { element } => {
                turn(bytes, at, 4);
                let place = u64_low(bytes, at, 4)?;
                let base = if matches!(of, Type::RelLoc { .. }) { at + 4 } else { 0 };
                let start = base + usize::try_from(place & 0xffff).ok()?;
                let element = layout.type_at(element)?;
                if let Some(width) = width(element) {
                    let count = usize::try_from(place >> 16).ok()? / width;
                    elements(layout, element, bytes, start, count, depth);
                }
                at += 4;
            }
            Type::Text(len) | Type::Pad(len) => at += usize::from(len),
            number => {
                let width = width(number)?;
                turn(bytes, at, width);
                value = u64_low(bytes, at, width)?;
                at += width;
            }
        }
        values.push(value);
    }
    Some(at)
}

fn elements(
    layout: &Layout,
    element: Type,
    bytes: &mut [u8],
    mut at: usize,
    count: usize,
    depth: u32,
) -> Option<usize> {
    match element {
        Type::Object { first, count: own } => {
            for _ in 0..count {
                let before = at;
                at = fields(layout, layout.object(first, own), bytes, at, depth + 1)?;
                if at == before {
                    break;
                }
            }
        }
        number => {
            let width = width(number)?;
            let end = at.checked_add(count.checked_mul(width)?)?;
            bytes.get(at..end)?;
            if width > 1 {
                (at..end).step_by(width).for_each(|at| turn(bytes, at, width));
            }
            at = end;
        }
    }
    Some(at)
}

/// Objects inside of each other that are followed.
const MAX_DEPTH: u32 = 4;

fn width(of: Type) -> Option<usize> {
    Some(match of {
        Type::UInt8 | Type::Int8 | Type::Bool8 | Type::Char8 => 1,
        Type::UInt16 | Type::Int16 => 2,
        Type::UInt32 | Type::Int32 => 4,
        Type::UInt64 | Type::Int64 => 8,
        _ => return None,
    })
}

/// The number of `width` bytes at `at`, which has been turned.
fn u64_low(bytes: &[u8], at: usize, width: usize) -> Option<u64> {
    let bytes = bytes.get(at..at + width)?;
    Some(bytes.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte)))
}

/// Turns all numbers of 64 bits between two places.
fn numbers(bytes: &mut [u8], from: usize, to: usize) {
    for number in bytes.get_mut(from..to).unwrap_or_default().chunks_exact_mut(8) {
        number.reverse();
    }
}

/// Two numbers of 32 bits, which were turned as one of 64.
fn halves(bytes: &mut [u8], at: usize) {
    if let Some(pair) = bytes.get_mut(at..at + 8) {
        pair.rotate_left(4);
    }
}

fn turn(bytes: &mut [u8], at: usize, width: usize) {
    if let Some(number) = bytes.get_mut(at..at + width) {
        number.reverse();
    }
}
