//! The readers that are set beside each other.
#![allow(clippy::unnecessary_wraps, reason = "some readers cannot read everything")]

use std::hint::black_box;
use std::io::Cursor;

use bytes::Bytes;
use linux_perf_data::linux_perf_event_reader::{EventRecord, RawData};
use linux_perf_data::{PerfFileReader, PerfFileRecord};
use tracemill::perf::{Perf, Sample};
use tracemill::{Batch, Config, Order, Parser};

/// A reader.
pub struct Row {
    pub name: &'static str,
    /// Reads all; `None` if it cannot read such a recording.
    pub run: fn(&Bytes) -> Option<Sums>,
    /// Whether it delivers by time.
    pub is_by_time: bool,
}

/// The readers; the first reads everything.
pub const ROWS: &[Row] = &[
    Row { name: "time", run: time, is_by_time: true },
    Row { name: "time-bounded", run: bounded, is_by_time: false },
    Row { name: "file", run: file, is_by_time: false },
    Row { name: "bare", run: bare, is_by_time: false },
    Row { name: "linux-perf-data", run: linux_perf_data, is_by_time: true },
];

/// What was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub samples: u64,
    pub ip: u64,
    pub time: u64,
    /// Process, thread and CPU.
    pub places: u64,
    pub entries: u64,
    pub chain: u64,
    pub raw: u64,
    /// Depends on the order of the times.
    pub order: u64,
}

impl Sums {
    pub fn numbers(&self) -> [u64; 8] {
        let Self { samples, ip, time, places, entries, chain, raw, order } = *self;
        [samples, ip, time, places, entries, chain, raw, order]
    }

    pub fn from_numbers(numbers: &[u64]) -> Self {
        let [samples, ip, time, places, entries, chain, raw, order] = *numbers else {
            panic!("not sums: {numbers:?}");
        };
        Self { samples, ip, time, places, entries, chain, raw, order }
    }

    #[inline(always)]
    pub fn add(&mut self, ip: u64, time: u64, pid: u32, tid: u32, cpu: u32) {
        self.samples += 1;
        self.ip = self.ip.wrapping_add(ip);
        self.time = self.time.wrapping_add(time);
        let places = u64::from(pid) + (u64::from(tid) << 16) + (u64::from(cpu) << 48);
        self.places = self.places.wrapping_add(places);
        self.order = Self::in_order(self.order, time);
    }

    /// What the next time makes of [`order`](Self::order).
    #[inline(always)]
    pub fn in_order(order: u64, time: u64) -> u64 {
        order.rotate_left(5) ^ time
    }

    #[inline(always)]
    pub fn add_chain(&mut self, entries: impl Iterator<Item = u64>) {
        for entry in entries {
            self.entries += 1;
            self.chain = self.chain.wrapping_add(entry);
        }
    }

    /// Length of raw data, and what it begins with: type and process of the tracepoint.
    #[inline(always)]
    pub fn add_raw(&mut self, len: usize, kind: u16, pid: u32) {
        let fields = u64::from(kind) + (u64::from(pid) << 16);
        self.raw = self.raw.wrapping_add(fields + ((len as u64) << 48));
    }
}

impl Row {
    /// Whether the row found what is there.
    pub fn check(&self, expected: &Sums, found: &Sums, what: &str) {
        let order = if self.is_by_time { found.order } else { expected.order };
        assert_eq!(Sums { order, ..*found }, *expected, "{what}");
        assert!(found.samples > 0, "{what}: nothing was read");
    }
}

/// By time; what may wait is enough for the largest rounds of `perf record -m 64M`.
fn time(bytes: &Bytes) -> Option<Sums> {
    let mut config = Config::default();
    (config.order, config.max_held, config.budget) = (Order::Time, 512 << 20, 1 << 30);
    config.resident_chunks = true;
    Some(samples(bytes, &config))
}

/// By time, within the bound that is the default: what does not fit comes early.
fn bounded(bytes: &Bytes) -> Option<Sums> {
    let mut config = Config::default();
    config.order = Order::Time;
    config.resident_chunks = true;
    Some(samples(bytes, &config))
}

fn file(bytes: &Bytes) -> Option<Sums> {
    Some(samples(bytes, &Config::default()))
}

/// Every sample by its accessors.
fn samples(bytes: &Bytes, config: &Config) -> Sums {
    let mut parser = Parser::new(Perf::new(config), config);
    parser.push(bytes.clone()).expect("nothing is queued");
    parser.finish();
    let mut sums = Sums::default();
    while let Some(batch) = parser.next_batch().expect("a whole recording") {
        sums = add_batch(sums, batch);
    }
    sums
}

/// Adds the samples of a batch. Not a part of the loop around it, so that the sums stay in registers, as
/// they do in the other rows.
#[inline(never)]
fn add_batch(before: Sums, batch: Batch<'_>) -> Sums {
    let mut sums = Sums { ..before };
    for sample in batch.iter().filter_map(Sample::of) {
        let number = |number: Option<i32>| number.unwrap_or(0).cast_unsigned();
        let (pid, tid) = (number(sample.pid()), number(sample.tid()));
        let (ip, time) = (sample.ip().unwrap_or(0), sample.time().unwrap_or(0));
        sums.add(ip, time, pid, tid, sample.cpu().unwrap_or(0));
        if let Some(chain) = sample.callchain() {
            sums.add_chain(chain.entries());
        }
        if let Some(raw) = sample.raw() {
            add_raw(&mut sums, raw);
        }
    }
    sums
}

#[inline(always)]
fn add_raw(sums: &mut Sums, raw: &[u8]) {
    let kind = raw.first_chunk().map_or(0, |bytes| u16::from_le_bytes(*bytes));
    let pid = raw.get(4..).and_then(<[u8]>::first_chunk);
    sums.add_raw(raw.len(), kind, pid.map_or(0, |bytes| u32::from_le_bytes(*bytes)));
}

/// A bare walk over the records of a file, with nothing kept and nothing made: how fast it can be.
/// Only for recordings whose events all have the same parts, without compression.
fn bare(bytes: &Bytes) -> Option<Sums> {
    let number = |at: usize| u64_at(bytes, at).map(|number| number as usize);
    let (stride, attributes, len) = (number(16)?, number(24)?, number(32)?);
    let (start, size) = (number(40)?, number(48)?);
    let sample_type = number(attributes + 24)?;
    for at in (attributes..attributes + len).step_by(stride) {
        // One that only carries other records has no samples.
        let is_dummy = number(at)? as u32 == 1 && number(at + 8)? == 9;
        if number(at + 24)? != sample_type && !is_dummy {
            return None;
        }
    }
    let has = |bit: u32| sample_type >> bit & 1;
    // Of what comes before the call chain and raw data.
    let ip = 8 * has(16);
    let (tid, time) = (ip + 8 * has(0), ip + 8 * has(0) + 8 * has(1));
    let cpu = time + 8 * (has(2) + has(3) + has(6) + has(9));
    let fixed = cpu + 8 * (has(7) + has(8));
    if has(4) == 1 || has(0) & has(1) & has(2) & has(7) == 0 {
        return None;
    }
    let mut rest = bytes.get(start..start + size)?;
    let mut sums = Sums::default();
    while let Some(head) = u64_at(rest, 0) {
        let (record, following) = rest.split_at_checked((head >> 48) as usize)?;
        rest = following;
        if head as u32 == 81 {
            return None;
        }
        if head as u32 != 9 {
            continue;
        }
        let body = record.get(8..)?;
        let (head, mut body) = body.split_at_checked(fixed)?;
        let thread = u64_at(head, tid)?;
        let places = (thread as u32, (thread >> 32) as u32, u64_at(head, cpu)? as u32);
        sums.add(u64_at(head, ip)?, u64_at(head, time)?, places.0, places.1, places.2);
        if has(5) == 1 {
            let (entries, following) =
                body.get(8..)?.split_at_checked(8 * u64_at(body, 0)? as usize)?;
            let entries = entries.chunks_exact(8);
            sums.add_chain(entries.map(|entry| entry.try_into().map_or(0, u64::from_le_bytes)));
            body = following;
        }
        if has(10) == 1 {
            let len = *body.first_chunk()?;
            add_raw(&mut sums, body.get(4..)?.get(..u32::from_le_bytes(len) as usize)?);
        }
    }
    Some(black_box(sums))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}

fn linux_perf_data(bytes: &Bytes) -> Option<Sums> {
    let reader = PerfFileReader::parse_file(Cursor::new(&bytes[..])).expect("a file");
    let PerfFileReader { mut perf_file, mut record_iter } = reader;
    let mut sums = Sums::default();
    while let Some(record) = record_iter.next_record(&mut perf_file).expect("a whole recording") {
        let PerfFileRecord::EventRecord { record, .. } = record else {
            continue;
        };
        let Ok(EventRecord::Sample(sample)) = record.parse() else {
            continue;
        };
        let number = |number: Option<i32>| number.unwrap_or(0).cast_unsigned();
        let (ip, time) = (sample.ip.unwrap_or(0), sample.timestamp.unwrap_or(0));
        let (pid, tid) = (number(sample.pid), number(sample.tid));
        sums.add(ip, time, pid, tid, sample.cpu.unwrap_or(0));
        if let Some(chain) = sample.callchain {
            sums.add_chain((0..chain.len()).filter_map(|at| chain.get(at)));
        }
        match sample.raw {
            Some(RawData::Single(raw)) => add_raw(&mut sums, raw),
            Some(raw) => add_raw(&mut sums, &raw.as_slice()),
            None => {}
        }
    }
    Some(sums)
}
