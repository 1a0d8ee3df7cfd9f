//! The head of the stream: clock, process, machine (specification sections 1, 1.1, 2 and 7).

use std::sync::Arc;

use tracemill_engine::{Clock, Cursor, Fault, Faults, State, TraceInfo, utc_ns};

use crate::rows::text;
use crate::wire::{Sync, Trace};

/// Key-values of a V6 trace block that are kept.
const MAX_PROPERTIES: u32 = 256;
/// Bytes of all of them.
const MAX_PROPERTY_BYTES: usize = 64 << 10;

/// Trace object of V1 and V2: what it does not tell is assumed (section 1.1).
pub(crate) fn v1(state: &mut State, mut cursor: Cursor<'_>, version: u32, faults: &mut Faults) {
    let start = cursor.offset();
    if let Ok(sync) = cursor.view::<Sync>("Trace") {
        state.clock = clock(sync, start, faults);
    }
    (state.threads_by_id, state.has_sequence_numbers) = (true, false);
    let mut trace = TraceInfo::default();
    (trace.format, trace.version, trace.pointer_size) = ("netperf", (version, 0), 8);
    state.trace = Arc::new(trace);
}

/// Trace object of V3 to V5.
pub(crate) fn v3(state: &mut State, mut cursor: Cursor<'_>, version: u32, faults: &mut Faults) {
    let start = cursor.offset();
    (state.threads_by_id, state.has_sequence_numbers) = (true, version > 3);
    let Ok(wire) = cursor.view::<Trace>("Trace") else {
        return;
    };
    state.clock = clock(&wire.sync, start, faults);
    let mut trace = TraceInfo::default();
    trace.format = if version < 4 { "netperf" } else { "nettrace" };
    trace.version = (version, 0);
    trace.pointer_size = pointer_size(wire.pointer_size.get(), start + 32, faults);
    trace.process_id = u64::try_from(wire.process_id.get()).ok();
    trace.processors = u32::try_from(wire.processors.get()).ok().filter(|count| *count > 0);
    let interval = u64::try_from(wire.sampling_interval_ns.get()).ok();
    trace.sampling_interval_ns = interval.filter(|interval| *interval > 0);
    state.trace = Arc::new(trace);
}

/// Trace block of V6.
///
/// # Errors
/// The first row that does not fit; what comes before it is kept.
pub(crate) fn v6(
    state: &mut State,
    mut cursor: Cursor<'_>,
    version: (u32, u32),
    faults: &mut Faults,
) -> Result<(), Fault> {
    let start = cursor.offset();
    let mut trace = TraceInfo::default();
    (trace.format, trace.version, trace.pointer_size) = ("nettrace", version, 8);
    state.trace = Arc::new(trace.clone());
    state.clock = clock(cursor.view::<Sync>("Trace")?, start, faults);
    let size = cursor.u32("PointerSize")?.cast_signed();
    trace.pointer_size = pointer_size(size, start + 32, faults);
    let count = cursor.u32("KeyValueCount")?;
    let (mut left, mut result) = (MAX_PROPERTY_BYTES, Ok(()));
    for row in 0..count {
        let (key, value) = match text(&mut cursor).and_then(|key| Ok((key, text(&mut cursor)?))) {
            Ok(pair) => pair,
            Err(fault) => {
                result = Err(fault);
                break;
            }
        };
        let bytes = key.len() + value.len();
        if row >= MAX_PROPERTIES || bytes > left {
            result = Err(Fault::limit(cursor.offset(), "of key-values in the trace block"));
            break;
        }
        left -= bytes;
        let value = String::from_utf8_lossy(value);
        let number = value.trim().parse::<u64>().ok();
        match key {
            b"ProcessId" => trace.process_id = number,
            b"HardwareThreadCount" => {
                trace.processors = number.and_then(|count| u32::try_from(count).ok());
            }
            b"ExpectedCPUSamplingRate" => trace.sampling_interval_ns = number,
            _ => {}
        }
        let key = String::from_utf8_lossy(key);
        // The last of several values holds.
        trace.properties.retain(|(other, _)| *other != key);
        trace.properties.push((key.into_owned(), value.into_owned()));
    }
    state.trace = Arc::new(trace);
    result
}

fn clock(sync: &Sync, offset: u64, faults: &mut Faults) -> Clock {
    let time = &sync.time;
    let origin_utc_ns = utc_ns(
        (time.year.get(), time.month.get(), time.day.get()),
        (time.hour.get(), time.minute.get(), time.second.get()),
        time.millisecond.get(),
    );
    if origin_utc_ns.is_none() {
        faults.push(Fault::damage(offset, "SYSTEMTIME: no such date; wall clock unknown"));
    }
    let frequency = u64::try_from(sync.frequency.get()).ok().filter(|frequency| *frequency > 0);
    if frequency.is_none() {
        let what = "tick frequency: not above 0; time unknown, ticks remain";
        faults.push(Fault::damage(offset + 24, what));
    }
    Clock { frequency, origin_ticks: sync.ticks.get(), origin_utc_ns }
}

fn pointer_size(size: i32, offset: u64, faults: &mut Faults) -> u8 {
    match size {
        4 => 4,
        8 => 8,
        _ => {
            faults.push(Fault::damage(offset, "PointerSize: not 4 or 8; 8 assumed"));
            8
        }
    }
}
