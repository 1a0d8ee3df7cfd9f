//! What an event was opened with: `perf_event_attr` (specification section 1).

use tracemill_engine::Fault;

use crate::decode::FIRST_OF_SAMPLES;
use crate::wire::Reader;

/// Bits of `sample_type`.
pub mod bit {
    /// `PERF_SAMPLE_IP`.
    pub const IP: u64 = 1;
    /// `PERF_SAMPLE_TID`.
    pub const TID: u64 = 1 << 1;
    /// `PERF_SAMPLE_TIME`.
    pub const TIME: u64 = 1 << 2;
    /// `PERF_SAMPLE_ADDR`.
    pub const ADDR: u64 = 1 << 3;
    /// `PERF_SAMPLE_READ`.
    pub const READ: u64 = 1 << 4;
    /// `PERF_SAMPLE_CALLCHAIN`.
    pub const CALLCHAIN: u64 = 1 << 5;
    /// `PERF_SAMPLE_ID`.
    pub const ID: u64 = 1 << 6;
    /// `PERF_SAMPLE_CPU`.
    pub const CPU: u64 = 1 << 7;
    /// `PERF_SAMPLE_PERIOD`.
    pub const PERIOD: u64 = 1 << 8;
    /// `PERF_SAMPLE_STREAM_ID`.
    pub const STREAM_ID: u64 = 1 << 9;
    /// `PERF_SAMPLE_RAW`.
    pub const RAW: u64 = 1 << 10;
    /// `PERF_SAMPLE_BRANCH_STACK`.
    pub const BRANCH_STACK: u64 = 1 << 11;
    /// `PERF_SAMPLE_REGS_USER`.
    pub const REGS_USER: u64 = 1 << 12;
    /// `PERF_SAMPLE_STACK_USER`.
    pub const STACK_USER: u64 = 1 << 13;
    /// `PERF_SAMPLE_WEIGHT`.
    pub const WEIGHT: u64 = 1 << 14;
    /// `PERF_SAMPLE_DATA_SRC`.
    pub const DATA_SRC: u64 = 1 << 15;
    /// `PERF_SAMPLE_IDENTIFIER`.
    pub const IDENTIFIER: u64 = 1 << 16;
    /// `PERF_SAMPLE_TRANSACTION`.
    pub const TRANSACTION: u64 = 1 << 17;
    /// `PERF_SAMPLE_REGS_INTR`.
    pub const REGS_INTR: u64 = 1 << 18;
    /// `PERF_SAMPLE_PHYS_ADDR`.
    pub const PHYS_ADDR: u64 = 1 << 19;
    /// `PERF_SAMPLE_AUX`.
    pub const AUX: u64 = 1 << 20;
    /// `PERF_SAMPLE_CGROUP`.
    pub const CGROUP: u64 = 1 << 21;
    /// `PERF_SAMPLE_DATA_PAGE_SIZE`.
    pub const DATA_PAGE_SIZE: u64 = 1 << 22;
    /// `PERF_SAMPLE_CODE_PAGE_SIZE`.
    pub const CODE_PAGE_SIZE: u64 = 1 << 23;
    /// `PERF_SAMPLE_WEIGHT_STRUCT`.
    pub const WEIGHT_STRUCT: u64 = 1 << 24;
}

/// An event of the recording: what was asked of the kernel. The numbers are those of
/// `perf_event_attr`; what its writer did not know is 0.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attribute {
    /// Who counts: 0 hardware, 1 software, 2 tracepoint, 3 cache, 4 raw, 5 breakpoint, else a PMU.
    pub kind: u32,
    /// What is counted; of a tracepoint, the id of its description.
    pub config: u64,
    /// Period, or frequency if [`is_frequency`](Self::is_frequency).
    pub sample_period: u64,
    /// What samples hold: [`bit`]s.
    pub sample_type: u64,
    /// What counter values consist of: bits 0 enabled, 1 running, 2 id, 3 group, 4 lost.
    pub read_format: u64,
    /// `disabled` and all that follow it, the first in bit 0.
    pub flags: u64,
    /// What branch stacks hold.
    pub branch_sample_type: u64,
    /// Registers of user space that samples hold.
    pub sample_regs_user: u64,
    /// Bytes of user stack that samples ask for.
    pub sample_stack_user: u32,
    /// Registers at the interrupt that samples hold.
    pub sample_regs_intr: u64,
    /// Clock of the times, if [`uses_clock_id`](Self::uses_clock_id).
    pub clock_id: i32,
    /// As it stands in the stream.
    pub(crate) bytes: Box<[u8]>,
    pub(crate) shape: Shape,
    /// Id of the class of its samples.
    pub(crate) class: u32,
    /// Whether that class was kept.
    pub(crate) is_known: bool,
    /// Whether the payload of its samples are their raw data, which a tracepoint describes.
    pub(crate) is_raw: bool,
    /// Whether its samples describe themselves.
    pub(crate) is_event_header: bool,
    /// Its name, from wherever the stream tells it.
    pub(crate) name: Option<Box<str>>,
}

impl Attribute {
    /// Whether [`sample_period`](Self::sample_period) is a frequency, in hertz.
    pub fn is_frequency(&self) -> bool {
        self.flags >> 10 & 1 != 0
    }

    /// Whether records other than samples end with what identifies them.
    pub fn has_sample_ids(&self) -> bool {
        self.flags >> 18 & 1 != 0
    }

    /// Whether times are those of [`clock_id`](Self::clock_id).
    pub fn uses_clock_id(&self) -> bool {
        self.flags >> 25 & 1 != 0
    }

    /// Whether samples hold this, one of [`bit`].
    #[inline]
    pub fn has(&self, bit: u64) -> bool {
        self.sample_type & bit != 0
    }

    /// Its place among those of the recording.
    pub fn index(&self) -> usize {
        (self.class - FIRST_OF_SAMPLES) as usize
    }

    /// Its name as the stream tells it, modifiers included; `None` if it does not, or not yet.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Whether it is a tracepoint.
    pub fn is_tracepoint(&self) -> bool {
        self.kind == 2
    }

    /// Reads what a writer of whatever version wrote: `bytes` is all of it.
    ///
    /// # Errors
    /// It is shorter than the first version.
    pub(crate) fn read(bytes: &[u8], offset: u64, is_big: bool) -> Result<Self, Fault> {
        let what = "perf_event_attr: shorter than 64 bytes";
        if bytes.len() < MIN_LEN {
            return Err(Fault::damage(offset, what));
        }
        let mut reader = Reader::new(bytes, offset, is_big);
        let kind = reader.u32(what)?;
        let size = reader.u32(what)?;
        let declared = if size == 0 { MIN_LEN } else { size as usize };
        // What follows is not the attribute's.
        let known = bytes.get(..declared.max(MIN_LEN)).unwrap_or(bytes);
        reader.bytes = known.get(8..).unwrap_or_default();
        let mut next = || reader.u64(what).unwrap_or(0);
        let [config, sample_period, sample_type, read_format] = [next(), next(), next(), next()];
        let flags = next();
        let _wakeup = next();
        let _config1 = next();
        let _config2 = next();
        let [branch_sample_type, sample_regs_user] = [next(), next()];
        let sample_stack_user = reader.u32(what).unwrap_or(0);
        let clock_id = reader.u32(what).unwrap_or(0).cast_signed();
        let sample_regs_intr = reader.u64(what).unwrap_or(0);
        // The kernel's bit fields begin at the other end there.
        let flags = if is_big { turned(flags) } else { flags };
        Ok(Self {
            kind,
            config,
            sample_period,
            sample_type,
            read_format,
            flags,
            branch_sample_type,
            sample_regs_user,
            sample_stack_user,
            sample_regs_intr,
            clock_id,
            bytes: known.into(),
            shape: Shape::of(sample_type, flags >> 18 & 1 != 0),
            class: FIRST_OF_SAMPLES,
            is_known: false,
            is_raw: false,
            is_event_header: false,
            name: None,
        })
    }
}

/// Flags whose bits begin at the other end; all but `precise_ip`, of two bits, are one.
fn turned(flags: u64) -> u64 {
    let flags = flags.reverse_bits();
    let precise = flags >> 15 & 3;
    flags & !(3 << 15) | (precise >> 1 | (precise & 1) << 1) << 15
}

/// Where the parts of a fixed size are: in a sample, and in what other records end with. Computed
/// once, since every event asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub identifier: Place,
    pub ip: Place,
    pub tid: Place,
    pub time: Place,
    pub addr: Place,
    pub id: Place,
    pub stream_id: Place,
    pub cpu: Place,
    pub period: Place,
    /// Bytes of these.
    pub fixed: u16,
    /// Bytes that other records end with.
    pub trailer: u16,
    /// Where they begin, from the end: thread, time, stream id, CPU, id.
    pub end_tid: Place,
    pub end_time: Place,
    pub end_stream_id: Place,
    pub end_cpu: Place,
    pub end_id: Place,
}

/// A place, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place(u16);

impl Place {
    pub(crate) const NONE: Self = Self(u16::MAX);

    #[inline]
    pub(crate) fn get(self) -> Option<usize> {
        (self != Self::NONE).then_some(self.0.into())
    }

    /// The place that is so far from the end.
    #[inline]
    pub(crate) fn before(self, len: usize) -> Option<usize> {
        len.checked_sub(self.get()?)
    }
}

impl Shape {
    fn of(sample_type: u64, has_trailer: bool) -> Self {
        let mut at = 0;
        let mut next = |bit: u64| {
            if sample_type & bit == 0 {
                return Place::NONE;
            }
            at += 8;
            Place(at - 8)
        };
        let identifier = next(bit::IDENTIFIER);
        let [ip, tid, time] = [next(bit::IP), next(bit::TID), next(bit::TIME)];
        let [addr, id, stream_id] = [next(bit::ADDR), next(bit::ID), next(bit::STREAM_ID)];
        let [cpu, period] = [next(bit::CPU), next(bit::PERIOD)];
        let fixed = at;
        let mut back = 0;
        let mut before = |bit: u64| {
            if sample_type & bit == 0 || !has_trailer {
                return Place::NONE;
            }
            back += 8;
            Place(back)
        };
        let end_identifier = before(bit::IDENTIFIER);
        let [end_cpu, end_stream_id, end_id] =
            [before(bit::CPU), before(bit::STREAM_ID), before(bit::ID)];
        let [end_time, end_tid] = [before(bit::TIME), before(bit::TID)];
        Self {
            identifier,
            ip,
            tid,
            time,
            addr,
            id,
            stream_id,
            cpu,
            period,
            fixed,
            trailer: back,
            end_tid,
            end_time,
            end_stream_id,
            end_cpu,
            end_id: if end_identifier == Place::NONE { end_id } else { end_identifier },
        }
    }

    /// Where samples have their id.
    pub(crate) fn sample_id(&self) -> Place {
        if self.identifier == Place::NONE { self.id } else { self.identifier }
    }
}

/// Bytes of the first version.
pub(crate) const MIN_LEN: usize = 64;

#[cfg(test)]
mod tests;
