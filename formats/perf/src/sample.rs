//! Samples, part by part: each is found when it is asked for.

use tracemill_engine::EventView;

use crate::attribute::{Attribute, bit};
use crate::callchain::Callchain;
use crate::parts;
use crate::plan::Places;
use crate::record::Record;
use crate::values::{Branches, Read, Registers};
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
        Some(Read::new(self.attribute(), self.part(bit::READ)?))
    }

    /// Addresses, the innermost first, with marks between them that say where they are.
    #[inline]
    pub fn callchain(&self) -> Option<Callchain<'a>> {
        Some(Callchain::new(self.record.view().stack()?))
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
