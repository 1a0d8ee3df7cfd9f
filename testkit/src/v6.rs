//! Streams of V6: blocks led by size and kind (specification, section 2).

use crate::block::{Dialect, EventBlock};
use crate::bytes::{Put, Stream, stack_rows};
use crate::event::Event;
use crate::label::{Label, Thread, put_label_list, put_thread};
use crate::metadata::Metadata;
use crate::trace::TraceHeader;

/// The stream ends here.
pub const END_OF_STREAM: u8 = 0;
/// The first block.
pub const TRACE: u8 = 1;
/// Events.
pub const EVENT: u8 = 2;
/// Event classes.
pub const METADATA: u8 = 3;
/// Sequence numbers; clears stacks and label lists, and more by its flags.
pub const SEQUENCE_POINT: u8 = 4;
/// Stacks.
pub const STACK: u8 = 5;
/// Threads.
pub const THREAD: u8 = 6;
/// Threads that are gone.
pub const REMOVE_THREAD: u8 = 7;
/// Label lists.
pub const LABEL_LIST: u8 = 8;

/// Flag of a sequence point: forget all threads.
pub const CLEAR_THREADS: u32 = 1;
/// Flag of a sequence point: forget all metadata.
pub const CLEAR_METADATA: u32 = 2;

/// Writes one stream.
#[derive(Clone, Debug, Default)]
pub struct Writer {
    stream: Stream,
}

impl Writer {
    /// Begins a stream: magic, version 6.0, Trace block.
    pub fn new(header: &TraceHeader) -> Self {
        Self::with_version(header, 6, 0)
    }

    /// The same with any version number.
    pub fn with_version(header: &TraceHeader, major: u32, minor: u32) -> Self {
        let mut writer = Self::empty();
        let out = &mut writer.stream.bytes;
        out.put_bytes(b"Nettrace");
        out.put_u32(0);
        out.put_u32(major);
        out.put_u32(minor);
        let mut block = Vec::new();
        header.put_block(&mut block);
        writer.block(TRACE, &block);
        writer
    }

    /// Begins with nothing at all.
    pub fn empty() -> Self {
        Self::default()
    }

    /// A Metadata block with an empty header.
    pub fn metadata_block(&mut self, classes: &[Metadata]) {
        // The header's size does not count itself here.
        let mut block = vec![0, 0];
        for class in classes {
            block.put_bytes(&class.row_v6());
        }
        self.block(METADATA, &block);
    }

    /// An Event block with compressed headers.
    pub fn event_block(&mut self, events: &[Event]) {
        self.events(events, true);
    }

    /// An Event block with uncompressed 52-byte headers.
    pub fn event_block_plain(&mut self, events: &[Event]) {
        self.events(events, false);
    }

    /// A Stack block: stacks of pointer-sized addresses, leaf first, with ids from `first_id` on.
    pub fn stack_block(&mut self, first_id: u32, stacks: &[Vec<u8>]) {
        self.block(STACK, &stack_rows(first_id, stacks));
    }

    /// A SequencePoint block: time in ticks, flags, and the last sequence number of each capture thread (index).
    pub fn sequence_point(&mut self, time: u64, flags: u32, entries: &[(u64, u32)]) {
        let mut block = Vec::new();
        block.put_u64(time);
        block.put_u32(flags);
        block.put_u32(entries.len() as u32);
        put_thread_numbers(&mut block, entries);
        self.block(SEQUENCE_POINT, &block);
    }

    /// A Thread block.
    pub fn thread_block(&mut self, threads: &[Thread]) {
        let mut block = Vec::new();
        threads.iter().for_each(|thread| put_thread(&mut block, thread));
        self.block(THREAD, &block);
    }

    /// A RemoveThread block: thread index and its last sequence number.
    pub fn remove_thread_block(&mut self, entries: &[(u64, u32)]) {
        let mut block = Vec::new();
        put_thread_numbers(&mut block, entries);
        self.block(REMOVE_THREAD, &block);
    }

    /// A LabelList block: lists with indexes from `first` on. Panics if one of them is empty.
    pub fn label_list_block(&mut self, first: u32, lists: &[Vec<Label>]) {
        let mut block = Vec::new();
        block.put_u32(first);
        block.put_u32(lists.len() as u32);
        lists.iter().for_each(|list| put_label_list(&mut block, list));
        self.block(LABEL_LIST, &block);
    }

    /// A block of any kind. Panics at 16 MiB and above.
    pub fn block(&mut self, kind: u8, bytes: &[u8]) {
        assert!(bytes.len() < 1 << 24, "a V6 block is below 16 MiB");
        let out = &mut self.stream.bytes;
        out.put_u32(u32::from(kind) << 24 | bytes.len() as u32);
        out.put_bytes(bytes);
    }

    /// Bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.stream.bytes.put_bytes(bytes);
    }

    /// The bytes since the last call; the stream goes on.
    pub fn take(&mut self) -> Vec<u8> {
        self.stream.take()
    }

    /// Offset of the next byte from the start of the stream.
    pub fn offset(&self) -> u64 {
        self.stream.offset()
    }

    /// The end: an EndOfStream block.
    pub fn finish(mut self) -> Vec<u8> {
        self.block(END_OF_STREAM, &[]);
        self.into_bytes()
    }

    /// What was written (and not taken), without an end marker.
    pub fn into_bytes(self) -> Vec<u8> {
        self.stream.bytes
    }

    fn events(&mut self, events: &[Event], compressed: bool) {
        let mut block = EventBlock::new(Dialect::V6, compressed);
        events.iter().for_each(|event| block.push(event));
        self.block(EVENT, &block.into_bytes());
    }
}

/// `(varu64 index, varu32 sequence number)*`.
fn put_thread_numbers(out: &mut Vec<u8>, entries: &[(u64, u32)]) {
    for &(index, sequence) in entries {
        out.put_varu64(index);
        out.put_varu32(sequence);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl Fn(&mut Writer)) -> Vec<u8> {
        let mut writer = Writer::empty();
        write(&mut writer);
        writer.into_bytes()
    }

    #[test]
    fn beginning_and_end() {
        let header = TraceHeader {
            system_time: [2026, 1, 4, 1, 0, 0, 0, 0],
            sync_ticks: 5000,
            frequency: 1000,
            processors: 0,
            sampling_rate: 0,
            process_id: 84,
            ..TraceHeader::default()
        };
        let expected = [
            &b"Nettrace\0\0\0\0\x06\0\0\0\x03\0\0\0"[..],
            &[0x35, 0, 0, 1],
            &[0xea, 7, 1, 0, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            &[0x88, 0x13, 0, 0, 0, 0, 0, 0, 0xe8, 3, 0, 0, 0, 0, 0, 0],
            &[8, 0, 0, 0, 1, 0, 0, 0],
            b"\x09ProcessId\x0284",
            &[0, 0, 0, 0],
        ]
        .concat();
        assert_eq!(Writer::with_version(&header, 6, 3).finish(), expected);
    }

    #[test]
    fn small_blocks() {
        assert_eq!(
            written(|w| w.stack_block(5, &[vec![1; 8], vec![]])),
            [24, 0, 0, 5, 5, 0, 0, 0, 2, 0, 0, 0, 8, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0]
        );
        assert_eq!(
            written(|w| w.sequence_point(3, CLEAR_METADATA, &[(1000, 300)])),
            [20, 0, 0, 4, 3, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0xe8, 7, 0xac, 2]
        );
        assert_eq!(
            written(|w| w.remove_thread_block(&[(1000, 15), (2, 0)])),
            [5, 0, 0, 7, 0xe8, 7, 15, 2, 0]
        );
        assert_eq!(
            written(|w| w.label_list_block(5, &[vec![Label::Level(4)], vec![Label::Opcode(9)]])),
            [12, 0, 0, 8, 5, 0, 0, 0, 2, 0, 0, 0, 0x89, 4, 0x87, 9]
        );
        assert_eq!(
            written(|w| w.thread_block(&[Thread { index: 1, ..Thread::default() }])),
            [3, 0, 0, 6, 1, 0, 1]
        );
        assert_eq!(written(|w| w.block(0xcc, b"x")), [1, 0, 0, 0xcc, b'x']);
    }

    #[test]
    fn metadata_and_events() {
        let class = Metadata::new(1, "P", 7);
        assert_eq!(
            written(|w| w.metadata_block(std::slice::from_ref(&class))),
            [13, 0, 0, 3, 0, 0, 9, 0, 1, 1, b'P', 7, 0, 0, 0, 0, 0]
        );
        let event = Event::default();
        let bytes = written(|w| w.event_block(std::slice::from_ref(&event)));
        assert_eq!(bytes[..8], [31, 0, 0, 2, 20, 0, 1, 0]);
        let plain = written(|w| w.event_block_plain(std::slice::from_ref(&event)));
        assert_eq!(plain[..8], [72, 0, 0, 2, 20, 0, 0, 0]);
    }
}
