//! The parts of a sample whose place depends on those before them (specification section 3.1).

use crate::attribute::{Attribute, bit};
use crate::wire::{u32_at, u64_at};

/// Parts behind the fixed ones, in order. The two kinds of weight take the same place.
pub(crate) const ORDER: &[u64] = &[
    bit::READ,
    bit::CALLCHAIN,
    bit::RAW,
    bit::BRANCH_STACK,
    bit::REGS_USER,
    bit::STACK_USER,
    bit::WEIGHT | bit::WEIGHT_STRUCT,
    bit::DATA_SRC,
    bit::TRANSACTION,
    bit::REGS_INTR,
    bit::PHYS_ADDR,
    bit::CGROUP,
    bit::DATA_PAGE_SIZE,
    bit::CODE_PAGE_SIZE,
    bit::AUX,
];

/// Bits whose place is known.
const KNOWN: u64 = (1 << 25) - 1;

/// Where a part begins and ends in the body of a sample. `None` if samples of this attribute have
/// none, or if it or a part before it does not fit. O(parts before it).
#[inline]
pub(crate) fn find(attribute: &Attribute, body: &[u8], part: u64) -> Option<(usize, usize)> {
    if attribute.sample_type & part == 0 {
        return None;
    }
    // The first of them is where most samples are asked for.
    if part == bit::CALLCHAIN && !attribute.has(bit::READ) {
        let at = usize::from(attribute.shape.fixed);
        let nr = usize::try_from(u64_at(body, at)?).ok()?;
        let end = nr.checked_mul(8)?.checked_add(at + 8)?;
        return (end <= body.len()).then_some((at, end));
    }
    walk(attribute, body, part)
}

fn walk(attribute: &Attribute, body: &[u8], part: u64) -> Option<(usize, usize)> {
    let mut at = usize::from(attribute.shape.fixed);
    for candidate in ORDER {
        if attribute.sample_type & candidate == 0 {
            continue;
        }
        let end = at.checked_add(len(attribute, body, at, *candidate)?)?;
        if end > body.len() {
            return None;
        }
        if candidate & part != 0 {
            return Some((at, end));
        }
        at = end;
    }
    None
}

/// Where the parts end that are known; what follows is of a newer kernel, or padding. `None` if one
/// does not fit.
pub(crate) fn end(attribute: &Attribute, body: &[u8]) -> Option<usize> {
    let mut at = usize::from(attribute.shape.fixed);
    for part in ORDER {
        if attribute.sample_type & part != 0 {
            at = at.checked_add(len(attribute, body, at, *part)?)?;
        }
    }
    (at <= body.len()).then_some(at)
}

/// Whether a sample has parts that are not known here.
pub(crate) fn has_unknown(attribute: &Attribute) -> bool {
    attribute.sample_type & !KNOWN != 0
}

/// Bytes of a part that begins at `at`; they may be more than there are.
pub(crate) fn len(attribute: &Attribute, body: &[u8], at: usize, part: u64) -> Option<usize> {
    let number = |at: usize| usize::try_from(u64_at(body, at)?).ok();
    let registers = |mask: u64| {
        let abi = u64_at(body, at)?;
        Some(if abi == 0 { 8 } else { 8 + 8 * mask.count_ones() as usize })
    };
    Some(match part {
        bit::READ => read_len(attribute.read_format, body, at)?,
        bit::CALLCHAIN => number(at)?.checked_mul(8)?.checked_add(8)?,
        bit::RAW => u32_at(body, at)? as usize + 4,
        bit::BRANCH_STACK => {
            let Branches { entries, counters, end: _, nr } = branches(attribute, body, at)?;
            let counted = if counters { nr.checked_mul(8)? } else { 0 };
            (entries - at).checked_add(nr.checked_mul(24)?)?.checked_add(counted)?
        }
        bit::REGS_USER => registers(attribute.sample_regs_user)?,
        bit::REGS_INTR => registers(attribute.sample_regs_intr)?,
        bit::STACK_USER => match number(at)? {
            0 => 8,
            size => size.checked_add(16)?,
        },
        bit::AUX => number(at)?.checked_add(8)?,
        _ => 8,
    })
}

/// A branch stack.
pub(crate) struct Branches {
    /// Where its entries begin.
    pub entries: usize,
    /// Whether counters follow them.
    pub counters: bool,
    /// Where they end.
    pub end: usize,
    /// How many there are.
    pub nr: usize,
}

/// The branch stack that begins at `at`.
pub(crate) fn branches(attribute: &Attribute, body: &[u8], at: usize) -> Option<Branches> {
    let nr = usize::try_from(u64_at(body, at)?).ok()?;
    let entries = at + 8 + if attribute.branch_sample_type >> 17 & 1 != 0 { 8 } else { 0 };
    let counters = attribute.branch_sample_type >> 19 & 1 != 0;
    let end = entries.checked_add(nr.checked_mul(24)?)?;
    Some(Branches { entries, counters, end, nr })
}

/// Bits of `read_format`.
pub(crate) mod format {
    pub(crate) const ENABLED: u64 = 1;
    pub(crate) const RUNNING: u64 = 1 << 1;
    pub(crate) const ID: u64 = 1 << 2;
    pub(crate) const GROUP: u64 = 1 << 3;
    pub(crate) const LOST: u64 = 1 << 4;
}

/// Bytes of counter values (section 3.2).
fn read_len(read_format: u64, body: &[u8], at: usize) -> Option<usize> {
    let count = |bits: u64| 8 * (read_format & bits).count_ones() as usize;
    let times = count(format::ENABLED | format::RUNNING);
    let value = 8 + count(format::ID | format::LOST);
    if read_format & format::GROUP == 0 {
        return Some(value + times);
    }
    let nr = usize::try_from(u64_at(body, at)?).ok()?;
    nr.checked_mul(value)?.checked_add(8 + times)
}
