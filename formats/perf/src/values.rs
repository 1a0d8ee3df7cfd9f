//! Parts of samples that are lists of their own: values of counters, branches, registers.

use crate::attribute::Attribute;
use crate::parts::format;
use crate::wire::u64_at;

/// Values of counters.
#[derive(Clone, Copy, Debug)]
pub struct Read<'a> {
    format: u64,
    bytes: &'a [u8],
}

/// A value of a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter {
    /// What it stands at.
    pub value: u64,
    /// The id of its event, if the format has it.
    pub id: Option<u64>,
    /// Samples of it that were lost so far, if the format has that.
    pub lost: Option<u64>,
}

impl<'a> Read<'a> {
    /// Values that a READ record holds, whose event is `attribute`.
    pub(crate) fn new(attribute: &Attribute, bytes: &'a [u8]) -> Self {
        Self { format: attribute.read_format, bytes }
    }

    /// Whether they are those of a group.
    pub fn is_group(&self) -> bool {
        self.format & format::GROUP != 0
    }

    /// Nanoseconds that the event was enabled.
    pub fn time_enabled(&self) -> Option<u64> {
        (self.format & format::ENABLED != 0).then(|| u64_at(self.bytes, 8)).flatten()
    }

    /// Nanoseconds that it was counted.
    pub fn time_running(&self) -> Option<u64> {
        let at = 8 + self.size(format::ENABLED);
        (self.format & format::RUNNING != 0).then(|| u64_at(self.bytes, at)).flatten()
    }

    /// The values; one, if it is no group.
    pub fn counters(&self) -> impl Iterator<Item = Counter> + use<'a> {
        let times = self.size(format::ENABLED | format::RUNNING);
        let (format, bytes) = (self.format, self.bytes);
        let size = 8 + self.size(format::ID | format::LOST);
        let group = bytes.get(8 + times..).filter(|_| self.is_group()).unwrap_or_default();
        let single = (!self.is_group()).then(|| counter(format, bytes, 8 + times)).flatten();
        let group = group.chunks_exact(size).filter_map(move |bytes| counter(format, bytes, 8));
        single.into_iter().chain(group)
    }

    fn size(&self, bits: u64) -> usize {
        8 * (self.format & bits).count_ones() as usize
    }
}

/// A value at the head of `bytes`, with what follows it from `at` on.
fn counter(format: u64, bytes: &[u8], mut at: usize) -> Option<Counter> {
    let mut next = |bit: u64| {
        (format & bit != 0).then(|| {
            at += 8;
            u64_at(bytes, at - 8)
        })
    };
    let [id, lost] = [next(format::ID), next(format::LOST)].map(Option::flatten);
    Some(Counter { value: u64_at(bytes, 0)?, id, lost })
}

/// A branch stack.
#[derive(Clone, Copy, Debug)]
pub struct Branches<'a> {
    pub(crate) entries: &'a [u8],
    /// Index of the hardware's, if the recording has it.
    pub hw_idx: Option<u64>,
    pub(crate) counters: &'a [u8],
}

/// A branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Branch {
    /// From where.
    pub from: u64,
    /// To where.
    pub to: u64,
    /// Flags as the kernel writes them in little-endian: bit 0 mispredicted, 1 predicted, 2 in a
    /// transaction, 3 it aborted, 4 to 19 cycles, 20 to 23 type.
    pub flags: u64,
}

impl<'a> Branches<'a> {
    /// The branches.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = Branch> + use<'a> {
        self.entries.chunks_exact(24).map(|entry| {
            let number = |at| u64_at(entry, at).unwrap_or(0);
            Branch { from: number(0), to: number(8), flags: number(16) }
        })
    }

    /// Counters of each branch; none unless the recording has them.
    pub fn counters(&self) -> impl ExactSizeIterator<Item = u64> + use<'a> {
        self.counters.chunks_exact(8).map(|entry| u64_at(entry, 0).unwrap_or(0))
    }
}

/// Registers.
#[derive(Clone, Copy, Debug)]
pub struct Registers<'a> {
    /// 0 none, 1 of 32 bits, 2 of 64 bits.
    pub abi: u64,
    mask: u64,
    bytes: &'a [u8],
}

impl<'a> Registers<'a> {
    /// Registers of `mask` that a sample holds, behind their ABI; `None` if not even that fits.
    pub(crate) fn new(bytes: &'a [u8], mask: u64) -> Option<Self> {
        Some(Self { abi: u64_at(bytes, 0)?, mask, bytes: bytes.get(8..)? })
    }

    /// Number of each register, as the architecture's `perf_event_regs` has it, and its value.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u64)> + use<'a> {
        let mask = self.mask;
        let numbers = (0..64).filter(move |number| mask >> number & 1 != 0);
        let values = self.bytes.chunks_exact(8).map(|value| u64_at(value, 0).unwrap_or(0));
        numbers.zip(values)
    }
}
