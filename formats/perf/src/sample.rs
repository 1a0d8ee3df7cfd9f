//! Samples, part by part: each is found when it is asked for.

use tracemill_engine::EventView;

use crate::attribute::{Attribute, bit};
use crate::parts::{self, format};
use crate::plan::Places;
use crate::record::Record;
use crate::wire::{u16_at, u32_at, u64_at};

/// A sample. `Copy`; valid as long as the view it was made of.
///
/// Each accessor gives `None` if samples of its event do not hold that, or if it does not fit in the
/// record.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    record: Record<'a>,
}

impl<'a> Sample<'a> {
    /// Reads `view` as a sample; `None` if it is none, or of an event that the recording does not
    /// describe. Constant time.
    #[inline]
    pub fn of(view: EventView<'a>) -> Option<Self> {
        let record = Record::of(view)?;
        record.is_known_sample().then_some(Self { record })
    }

    /// The record that it is.
    pub fn record(&self) -> Record<'a> {
        self.record
    }

    /// The event it is of. Constant time, but more than reading one of the fixed parts takes.
    ///
    /// # Panics
    /// Never: there is no sample of an event that the recording does not describe.
    pub fn attribute(&self) -> &'a Attribute {
        self.record.attribute().expect("a sample is of an event that is described")
    }

    /// Instruction pointer.
    #[inline]
    pub fn ip(&self) -> Option<u64> {
        self.fixed(Places::IP)
    }

    /// Process, -1 for none.
    #[inline]
    pub fn pid(&self) -> Option<i32> {
        self.thread().map(|(pid, _)| pid)
    }

    /// Thread, -1 for none.
    #[inline]
    pub fn tid(&self) -> Option<i32> {
        self.thread().map(|(_, tid)| tid)
    }

    /// Time, in nanoseconds of the recording's clock.
    #[inline]
    pub fn time(&self) -> Option<u64> {
        match self.record.view().ticks() {
            // None, or one that stands for none.
            0 => self.fixed(Places::TIME),
            ticks => Some(ticks),
        }
    }

    /// Address that was accessed.
    #[inline]
    pub fn addr(&self) -> Option<u64> {
        self.fixed(Places::ADDR)
    }

    /// Id of the event on its CPU or thread.
    #[inline]
    pub fn id(&self) -> Option<u64> {
        self.fixed(Places::ID)
    }

    /// Id of the stream of events.
    #[inline]
    pub fn stream_id(&self) -> Option<u64> {
        self.fixed(Places::STREAM_ID)
    }

    /// CPU.
    #[inline]
    pub fn cpu(&self) -> Option<u32> {
        let cpu = self.record.view().processor();
        cpu.or_else(|| u32::try_from(self.fixed(Places::CPU)? & u64::from(u32::MAX)).ok())
    }

    /// How much was counted since the sample before.
    #[inline]
    pub fn period(&self) -> Option<u64> {
        self.fixed(Places::PERIOD)
    }

    /// Values of the counter, or of all counters of its group.
    pub fn read(&self) -> Option<Read<'a>> {
        Some(Read { format: self.attribute().read_format, bytes: self.part(bit::READ)? })
    }

    /// Addresses, the innermost first, with marks between them that say where they are.
    #[inline]
    pub fn callchain(&self) -> Option<Callchain<'a>> {
        Some(Callchain { bytes: self.record.view().stack()? })
    }

    /// Raw data: of a tracepoint, what its description says. Padding included.
    #[inline]
    pub fn raw(&self) -> Option<&'a [u8]> {
        self.record.raw().or_else(|| self.part(bit::RAW)?.get(4..))
    }

    /// Branches, the latest first.
    pub fn branches(&self) -> Option<Branches<'a>> {
        let body = self.record.body();
        let (at, _) = parts::find(self.attribute(), body, bit::BRANCH_STACK)?;
        let stack = parts::branches(self.attribute(), body, at)?;
        let hw_idx = if stack.entries == at + 16 { u64_at(body, at + 8) } else { None };
        let counters = stack.counters.then(|| body.get(stack.end..stack.end + 8 * stack.nr));
        Some(Branches {
            entries: body.get(stack.entries..stack.end)?,
            hw_idx,
            counters: counters.flatten().unwrap_or_default(),
        })
    }

    /// Registers of user space.
    pub fn user_registers(&self) -> Option<Registers<'a>> {
        Registers::new(self.part(bit::REGS_USER)?, self.attribute().sample_regs_user)
    }

    /// Registers at the interrupt.
    pub fn interrupt_registers(&self) -> Option<Registers<'a>> {
        Registers::new(self.part(bit::REGS_INTR)?, self.attribute().sample_regs_intr)
    }

    /// The part of the user's stack that was copied, from the stack pointer up.
    pub fn user_stack(&self) -> Option<&'a [u8]> {
        let bytes = self.part(bit::STACK_USER)?;
        if bytes.len() < 16 {
            return Some(&[]);
        }
        let (stack, valid) = bytes.get(8..)?.split_last_chunk::<8>()?;
        let valid = usize::try_from(u64::from_le_bytes(*valid)).ok()?;
        stack.get(..valid)
    }

    /// Weight: of a memory access, its latency.
    pub fn weight(&self) -> Option<u64> {
        self.number(bit::WEIGHT)
    }

    /// Weight in three parts: 32, 16 and 16 bits.
    pub fn weight_parts(&self) -> Option<(u32, u16, u16)> {
        let bytes = self.part(bit::WEIGHT_STRUCT)?;
        Some((u32_at(bytes, 0)?, u16_at(bytes, 4)?, u16_at(bytes, 6)?))
    }

    /// Where data came from: `perf_mem_data_src`.
    pub fn data_src(&self) -> Option<u64> {
        self.number(bit::DATA_SRC)
    }

    /// Flags of a hardware transaction.
    pub fn transaction(&self) -> Option<u64> {
        self.number(bit::TRANSACTION)
    }

    /// Physical address of [`addr`](Self::addr).
    pub fn phys_addr(&self) -> Option<u64> {
        self.number(bit::PHYS_ADDR)
    }

    /// Id of the control group.
    pub fn cgroup(&self) -> Option<u64> {
        self.number(bit::CGROUP)
    }

    /// Bytes of the page of [`addr`](Self::addr).
    pub fn data_page_size(&self) -> Option<u64> {
        self.number(bit::DATA_PAGE_SIZE)
    }

    /// Bytes of the page of [`ip`](Self::ip).
    pub fn code_page_size(&self) -> Option<u64> {
        self.number(bit::CODE_PAGE_SIZE)
    }

    /// Data of the AUX area.
    pub fn aux(&self) -> Option<&'a [u8]> {
        self.part(bit::AUX)?.get(8..)
    }

    /// Whether all parts fit in the record.
    pub fn is_whole(&self) -> bool {
        parts::end(self.attribute(), self.record.body()).is_some()
    }

    /// What follows the parts that are known here: of a newer kernel, if it is not empty.
    pub fn rest(&self) -> &'a [u8] {
        let end = parts::end(self.attribute(), self.record.body());
        let has_more = parts::has_unknown(self.attribute());
        end.filter(|_| has_more).and_then(|end| self.record.body().get(end..)).unwrap_or_default()
    }

    #[inline]
    fn part(&self, part: u64) -> Option<&'a [u8]> {
        if !self.record.has(part) {
            return None;
        }
        found(self.record.view(), part)
    }

    /// Process and thread. The key of the event has both.
    #[inline]
    fn thread(&self) -> Option<(i32, i32)> {
        let key = self.record.view().thread_key();
        if key == u64::MAX && !self.record.has(bit::TID) {
            return None;
        }
        let half = |half: u64| u32::try_from(half & u64::from(u32::MAX)).map(u32::cast_signed);
        half(key >> 32).ok().zip(half(key).ok())
    }

    #[inline]
    fn fixed(&self, part: u32) -> Option<u64> {
        self.record.fixed(part)
    }

    fn number(&self, part: u64) -> Option<u64> {
        u64_at(self.part(part)?, 0)
    }
}

/// A part of a sample. Not by the sample, which is nowhere in memory as long as nobody looks for it there.
#[inline(never)]
fn found(view: EventView<'_>, part: u64) -> Option<&[u8]> {
    let record = Record::of(view)?;
    let (start, end) = parts::find(record.attribute()?, record.body(), part)?;
    record.body().get(start..end)
}

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

/// The addresses of a call chain, with the marks between them.
#[derive(Clone, Copy, Debug)]
pub struct Callchain<'a> {
    bytes: &'a [u8],
}

/// An entry of a call chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// An address.
    Address(u64),
    /// What follows is elsewhere.
    Context(Context),
}

/// Where addresses are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Context {
    /// In the hypervisor.
    Hypervisor,
    /// In the kernel.
    Kernel,
    /// In user space.
    User,
    /// In user space, and told later: the next entry is a cookie.
    UserDeferred,
    /// In a guest.
    Guest,
    /// In the kernel of a guest.
    GuestKernel,
    /// In user space of a guest.
    GuestUser,
    /// A mark that is not known here.
    Unknown(u64),
}

impl Frame {
    /// Reads an entry as it stands in a chain.
    #[inline]
    pub fn of(entry: u64) -> Self {
        let back = entry.wrapping_neg();
        if back == 0 || back > 4095 {
            return Self::Address(entry);
        }
        Self::Context(match back {
            32 => Context::Hypervisor,
            128 => Context::Kernel,
            512 => Context::User,
            640 => Context::UserDeferred,
            2048 => Context::Guest,
            2176 => Context::GuestKernel,
            2560 => Context::GuestUser,
            _ => Context::Unknown(entry),
        })
    }
}

impl Callchain<'_> {
    /// Entries, marks included.
    pub fn len(&self) -> usize {
        self.bytes.len() / 8
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

impl<'a> Callchain<'a> {
    /// The chain that stands in `bytes`, as in [`EventView::stack`].
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// The entries as they stand there.
    #[inline]
    pub fn entries(&self) -> impl ExactSizeIterator<Item = u64> + use<'a> {
        let entries = self.bytes.chunks_exact(8);
        entries.map(|entry| entry.try_into().map_or(0, u64::from_le_bytes))
    }

    /// The entries, told apart.
    pub fn frames(&self) -> impl ExactSizeIterator<Item = Frame> + use<'a> {
        self.entries().map(Frame::of)
    }
}

/// A branch stack.
#[derive(Clone, Copy, Debug)]
pub struct Branches<'a> {
    entries: &'a [u8],
    /// Index of the hardware's, if the recording has it.
    pub hw_idx: Option<u64>,
    counters: &'a [u8],
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
    fn new(bytes: &'a [u8], mask: u64) -> Option<Self> {
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
