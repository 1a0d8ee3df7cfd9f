//! Event blocks of V4 to V6: their header and both kinds of event headers (specification, section 3).

use crate::bytes::Put;
use crate::event::Event;

/// The two shapes of event headers since V4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// V4 and V5: activity ids in the header, uncompressed header of 80 bytes.
    V4,
    /// V6: a label list in the header, uncompressed header of 52 bytes.
    V6,
}

/// An event or V4 metadata block under construction, from its 20-byte header on.
#[derive(Clone, Debug)]
pub struct EventBlock {
    dialect: Dialect,
    compressed: bool,
    bytes: Vec<u8>,
    last: Last,
    /// Oldest and newest time stamp, compared as signed numbers.
    times: Option<(i64, i64)>,
}

impl EventBlock {
    /// An empty block with compressed or uncompressed event headers.
    pub fn new(dialect: Dialect, compressed: bool) -> Self {
        Self { dialect, compressed, bytes: vec![0; HEADER], last: Last::default(), times: None }
    }

    /// Appends an event.
    pub fn push(&mut self, event: &Event) {
        let ticks = event.ticks as i64;
        let (min, max) = self.times.unwrap_or((ticks, ticks));
        self.times = Some((min.min(ticks), max.max(ticks)));
        if self.compressed {
            self.compressed_header(event);
        } else {
            self.plain_header(event);
        }
        self.bytes.put_bytes(&event.payload);
        if !self.compressed && self.dialect == Dialect::V4 {
            self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        }
    }

    /// Bytes so far, the block's header included.
    pub fn byte_len(&self) -> usize {
        self.bytes.len()
    }

    /// True if no event was pushed.
    pub fn is_empty(&self) -> bool {
        self.times.is_none()
    }

    /// The block's bytes, its header filled in. Min and max time stamp of an empty block are 0.
    pub fn into_bytes(mut self) -> Vec<u8> {
        let (min, max) = self.times.unwrap_or((0, 0));
        let mut header = Vec::with_capacity(HEADER);
        header.put_u16(HEADER as u16);
        header.put_u16(u16::from(self.compressed));
        header.put_i64(min);
        header.put_i64(max);
        self.bytes[..HEADER].copy_from_slice(&header);
        self.bytes
    }

    /// Writes a field only when it differs from the event before, as the runtime does.
    fn compressed_header(&mut self, event: &Event) {
        let (out, last) = (&mut self.bytes, &mut self.last);
        let flags_at = out.len();
        let mut flags = 0;
        out.push(0);
        if event.metadata_id != last.metadata_id {
            flags |= METADATA_ID;
            out.put_varu32(event.metadata_id);
        }
        let step = u32::from(event.metadata_id != 0);
        if last.sequence.wrapping_add(step) != event.sequence
            || event.capture_thread != last.capture_thread
            || event.processor != last.processor
        {
            flags |= CAPTURE_THREAD_AND_SEQUENCE;
            // A reader adds 1 whatever the metadata id: 0 after 0 is written as 0xffffffff.
            out.put_varu32(event.sequence.wrapping_sub(last.sequence).wrapping_sub(1));
            out.put_varu64(event.capture_thread);
            out.put_varu32(event.processor);
        }
        if event.thread != last.thread {
            flags |= THREAD_ID;
            out.put_varu64(event.thread);
        }
        if event.stack_id != last.stack_id {
            flags |= STACK_ID;
            out.put_varu32(event.stack_id);
        }
        out.put_varu64(event.ticks.wrapping_sub(last.ticks));
        match self.dialect {
            Dialect::V4 => {
                if event.activity_id != last.activity_id {
                    flags |= ACTIVITY_ID;
                    out.put_bytes(&event.activity_id);
                }
                if event.related_activity_id != last.related_activity_id {
                    flags |= RELATED_ACTIVITY_ID;
                    out.put_bytes(&event.related_activity_id);
                }
            }
            Dialect::V6 => {
                if event.label_list != last.label_list {
                    flags |= ACTIVITY_ID;
                    out.put_varu32(event.label_list);
                }
            }
        }
        if event.sorted {
            flags |= SORTED;
        }
        let payload_size = event.payload.len() as u32;
        if payload_size != last.payload_size {
            flags |= PAYLOAD_SIZE;
            out.put_varu32(payload_size);
        }
        out[flags_at] = flags;
        *last = Last {
            metadata_id: event.metadata_id,
            sequence: event.sequence,
            capture_thread: event.capture_thread,
            thread: event.thread,
            processor: event.processor,
            stack_id: event.stack_id,
            ticks: event.ticks,
            activity_id: event.activity_id,
            related_activity_id: event.related_activity_id,
            label_list: event.label_list,
            payload_size,
        };
    }

    fn plain_header(&mut self, event: &Event) {
        let out = &mut self.bytes;
        let size = event.payload.len();
        out.put_u32(match self.dialect {
            // EventSize counts the padding behind the payload.
            Dialect::V4 => (76 + size).next_multiple_of(4),
            Dialect::V6 => 48 + size,
        } as u32);
        // The sign bit means NOT sorted, the other way round than the flag of compressed headers.
        out.put_u32(event.metadata_id | if event.sorted { 0 } else { 1 << 31 });
        out.put_u32(event.sequence);
        out.put_u64(event.thread);
        out.put_u64(event.capture_thread);
        out.put_u32(event.processor);
        out.put_u32(event.stack_id);
        out.put_u64(event.ticks);
        match self.dialect {
            Dialect::V4 => {
                out.put_bytes(&event.activity_id);
                out.put_bytes(&event.related_activity_id);
            }
            Dialect::V6 => out.put_u32(event.label_list),
        }
        out.put_u32(size as u32);
    }
}

/// The state of compressed headers: zero at the start of a block.
#[derive(Clone, Debug, Default)]
struct Last {
    metadata_id: u32,
    sequence: u32,
    capture_thread: u64,
    thread: u64,
    processor: u32,
    stack_id: u32,
    ticks: u64,
    activity_id: [u8; 16],
    related_activity_id: [u8; 16],
    label_list: u32,
    payload_size: u32,
}

const HEADER: usize = 20;

const METADATA_ID: u8 = 0x01;
const CAPTURE_THREAD_AND_SEQUENCE: u8 = 0x02;
const THREAD_ID: u8 = 0x04;
const STACK_ID: u8 = 0x08;
/// V6: label list.
const ACTIVITY_ID: u8 = 0x10;
const RELATED_ACTIVITY_ID: u8 = 0x20;
const SORTED: u8 = 0x40;
const PAYLOAD_SIZE: u8 = 0x80;

#[cfg(test)]
mod tests;
