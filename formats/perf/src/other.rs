//! Records that are no samples: what all of them tell of themselves, by type.

use tracemill_engine::{Record, StackRef};

use crate::attribute::Place;
use crate::decode::{Decoder, small};
use crate::kinds::{self, MMAP2_BUILD_ID, kind};
use crate::record::Detail;
use crate::wire::{Head, u32_at, u64_at};

impl Decoder {
    /// A record that is no sample.
    pub(crate) fn other(&self, head: Head, body: &[u8], body_at: u32) -> Record {
        if body.is_empty() && head.kind >= kind::FIRST_OF_TOOLS {
            return raw(head, body, body_at);
        }
        if head.kind >= kind::FIRST_OF_TOOLS {
            return trimmed(raw(head, body, body_at), head, body, body.len());
        }
        let Some((index, attribute)) = self.of_other(body) else {
            return raw(head, body, body_at);
        };
        let shape = &attribute.shape;
        let number = |place: Place| place.before(body.len()).and_then(|at| u64_at(body, at));
        let cpu = shape.end_cpu.before(body.len()).and_then(|at| u32_at(body, at));
        let ticks = match head.kind {
            kind::FORK | kind::EXIT => number(shape.end_time).or_else(|| u64_at(body, 16)),
            kind::THROTTLE | kind::UNTHROTTLE => number(shape.end_time).or_else(|| u64_at(body, 0)),
            _ => number(shape.end_time),
        };
        // Whom a record is about; only the kernel tells whom it was in.
        let key = match head.kind {
            kind::MMAP
            | kind::MMAP2
            | kind::COMM
            | kind::READ
            | kind::ITRACE_START
            | kind::NAMESPACES => u64_at(body, 0),
            kind::FORK | kind::EXIT => u32_at(body, 0)
                .zip(u32_at(body, 8))
                .map(|(pid, tid)| u64::from(tid) << 32 | u64::from(pid)),
            _ => number(shape.end_tid),
        };
        let mut record = raw(head, body, body_at);
        record.ticks = time(ticks);
        record.thread = thread(key);
        record.processor = cpu.unwrap_or(u32::MAX);
        record.detail = detail(body, body_at, index);
        let end = body.len().saturating_sub(shape.trailer.into());
        trimmed(record, head, body, end)
    }

    /// Whether the class of such a record was kept.
    pub(crate) fn is_known(&self, class: u32) -> bool {
        class < 128 && self.known >> class & 1 != 0 || self.is_other_known(class)
    }

    #[cold]
    fn is_other_known(&self, class: u32) -> bool {
        class != kind::SAMPLE && self.state.classes.contains(class)
    }
}

/// A record of which nothing is known but its type.
pub(crate) fn raw(head: Head, body: &[u8], body_at: u32) -> Record {
    Record {
        payload_at: body_at,
        payload_len: small(body.len()),
        ticks: 0,
        thread: u64::MAX,
        class: class(head),
        processor: u32::MAX,
        stack: StackRef::NONE,
        detail: detail(body, body_at, u32::MAX),
    }
}

fn class(head: Head) -> u32 {
    match head.kind {
        kind::MMAP2 if head.misc >> 14 & 1 != 0 => MMAP2_BUILD_ID,
        // Below the classes of samples there is room for types that are not known.
        number if number < 256 => number,
        _ => 255,
    }
}

/// The same with a payload that ends where its fields do: before `end`, and behind its text.
fn trimmed(mut record: Record, head: Head, body: &[u8], end: usize) -> Record {
    let mut len = end;
    if let Some(start) = kinds::of(head.kind).and_then(|kind| kind.text) {
        let text = body.get(start.into()..end).unwrap_or_default();
        let nul = text.iter().position(|byte| *byte == 0);
        len = nul.map_or(end, |nul| usize::from(start) + nul + 1);
    }
    record.payload_len = small(len.min(body.len()));
    record
}

fn detail(body: &[u8], body_at: u32, attribute: u32) -> [u32; 6] {
    let detail =
        Detail { body_at, body_len: small(body.len()), attribute, flags: 0, places: 0, parts: 0 };
    detail.into_words()
}

/// Time as events have it: 0 for none.
#[inline]
fn time(time: Option<u64>) -> u64 {
    time.filter(|time| *time != u64::MAX).unwrap_or(0)
}

/// The key of a thread: process above thread. On the wire the process comes first.
#[inline]
fn thread(pair: Option<u64>) -> u64 {
    pair.map_or(u64::MAX, |pair| pair.rotate_left(32))
}
