//! Streams of V4 and V5: object container with the nettrace magic (specification, sections 1, 3, 4, 5, 6).
//!
//! V5 is V4 whose metadata carries tags: see [`Metadata::v2_params`] and [`Metadata::opcode`].

use crate::block::{Dialect, EventBlock};
use crate::bytes::{Put, Stream, stack_rows};
use crate::event::Event;
use crate::metadata::Metadata;
use crate::trace::TraceHeader;

/// Writes one stream.
#[derive(Clone, Debug, Default)]
pub struct Writer {
    stream: Stream,
}

impl Writer {
    /// Begins a stream: magic, container header, Trace object of version 4.
    pub fn new(header: &TraceHeader) -> Self {
        Self::with_version(header, 4)
    }

    /// The same with another version in the Trace object (as version and as lowest reader version).
    pub fn with_version(header: &TraceHeader, version: i32) -> Self {
        let mut writer = Self::empty();
        writer.stream.bytes.put_bytes(MAGIC);
        put_container_header(&mut writer.stream.bytes);
        put_trace_object(&mut writer.stream, BEGIN_PRIVATE_OBJECT, version, version, header);
        writer
    }

    /// Begins with nothing at all.
    pub fn empty() -> Self {
        Self::default()
    }

    /// A MetadataBlock of these records, with compressed headers.
    pub fn metadata_block(&mut self, classes: &[Metadata]) {
        let mut block = EventBlock::new(Dialect::V4, true);
        for class in classes {
            block.push(&class.record(class.payload_v3_v5()));
        }
        self.block("MetadataBlock", &block.into_bytes());
    }

    /// An EventBlock with compressed headers.
    pub fn event_block(&mut self, events: &[Event]) {
        self.events(events, true);
    }

    /// An EventBlock with uncompressed 80-byte headers, each event padded to 4.
    pub fn event_block_plain(&mut self, events: &[Event]) {
        self.events(events, false);
    }

    /// A StackBlock: stacks of pointer-sized addresses, leaf first, with ids from `first_id` on.
    pub fn stack_block(&mut self, first_id: u32, stacks: &[Vec<u8>]) {
        self.block("StackBlock", &stack_rows(first_id, stacks));
    }

    /// An SPBlock: time in ticks, and the last sequence number of each capture thread.
    pub fn sequence_point(&mut self, time: u64, entries: &[(u64, u32)]) {
        let mut block = Vec::new();
        block.put_u64(time);
        block.put_u32(entries.len() as u32);
        for &(capture_thread, sequence) in entries {
            block.put_u64(capture_thread);
            block.put_u32(sequence);
        }
        self.block("SPBlock", &block);
    }

    /// A block object of version 2, as the runtime writes all of them.
    pub fn block(&mut self, name: &str, bytes: &[u8]) {
        self.object(name, 2, 2, bytes);
    }

    /// Any object with the block layout: size, padding to 4 of the stream offset, bytes.
    pub fn object(&mut self, name: &str, version: i32, min_reader: i32, bytes: &[u8]) {
        put_block_object(
            &mut self.stream,
            BEGIN_PRIVATE_OBJECT,
            name,
            [version, min_reader],
            bytes,
        );
    }

    /// Bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.stream.bytes.put_bytes(bytes);
    }

    /// The bytes since the last call; the stream goes on, its offsets too.
    pub fn take(&mut self) -> Vec<u8> {
        self.stream.take()
    }

    /// Offset of the next byte from the start of the stream.
    pub fn offset(&self) -> u64 {
        self.stream.offset()
    }

    /// The end: NullReference tag.
    pub fn finish(mut self) -> Vec<u8> {
        self.stream.bytes.put_u8(NULL_REFERENCE);
        self.into_bytes()
    }

    /// What was written (and not taken), without an end marker.
    pub fn into_bytes(self) -> Vec<u8> {
        self.stream.bytes
    }

    fn events(&mut self, events: &[Event], compressed: bool) {
        let mut block = EventBlock::new(Dialect::V4, compressed);
        events.iter().for_each(|event| block.push(event));
        self.block("EventBlock", &block.into_bytes());
    }
}

/// `i32 length, "!FastSerialization.1"`.
pub(crate) fn put_container_header(out: &mut Vec<u8>) {
    out.put_u32(20);
    out.put_bytes(b"!FastSerialization.1");
}

/// The Trace object of V3 to V5, which has no size in front and is not aligned.
pub(crate) fn put_trace_object(
    stream: &mut Stream,
    begin: u8,
    version: i32,
    min_reader: i32,
    header: &TraceHeader,
) {
    put_type(&mut stream.bytes, begin, "Trace", [version, min_reader]);
    header.put_object(&mut stream.bytes);
    stream.bytes.put_u8(END_OBJECT);
}

/// An object with the block layout.
pub(crate) fn put_block_object(
    stream: &mut Stream,
    begin: u8,
    name: &str,
    versions: [i32; 2],
    bytes: &[u8],
) {
    put_type(&mut stream.bytes, begin, name, versions);
    stream.bytes.put_u32(bytes.len() as u32);
    stream.pad4();
    stream.bytes.put_bytes(bytes);
    stream.bytes.put_u8(END_OBJECT);
}

/// The beginning of an object up to its payload: version, lowest reader version, name.
pub(crate) fn put_type(out: &mut Vec<u8>, begin: u8, name: &str, versions: [i32; 2]) {
    out.put_bytes(&[begin, begin, NULL_REFERENCE]);
    out.put_i32(versions[0]);
    out.put_i32(versions[1]);
    out.put_u32(name.len() as u32);
    out.put_bytes(name.as_bytes());
    out.put_u8(END_OBJECT);
}

pub(crate) const NULL_REFERENCE: u8 = 1;
/// V1 to V3.
pub(crate) const BEGIN_OBJECT: u8 = 4;
const BEGIN_PRIVATE_OBJECT: u8 = 5;
pub(crate) const END_OBJECT: u8 = 6;

const MAGIC: &[u8] = b"Nettrace";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginning_and_end() {
        let writer = Writer::new(&TraceHeader::default());
        assert_eq!(writer.offset(), 102);
        let bytes = writer.finish();
        assert_eq!(bytes[..32], *b"Nettrace\x14\0\0\0!FastSerialization.1");
        assert_eq!(bytes[32..53], *b"\x05\x05\x01\x04\0\0\0\x04\0\0\0\x05\0\0\0Trace\x06");
        assert_eq!(bytes[53..57], [0xe8, 7, 2, 0]);
        assert_eq!(bytes[97..], [0x40, 0x42, 0x0f, 0, 6, 1]);
    }

    #[test]
    fn blocks_are_aligned_to_the_stream_whatever_was_taken() {
        for shift in 0..4 {
            let mut writer = Writer::empty();
            writer.raw(&vec![9; shift]);
            writer.take();
            writer.object("Odd", 1, 0, b"xyz");
            let offset = writer.offset();
            let bytes = writer.into_bytes();
            // 3 tags, 12 bytes of numbers, 3 of name, a tag, 4 of size.
            let block = (shift + 23).next_multiple_of(4) - shift;
            assert_eq!(bytes[..3], [5, 5, 1]);
            assert_eq!(bytes[3..19], *b"\x01\0\0\0\0\0\0\0\x03\0\0\0Odd\x06");
            assert_eq!(bytes[19..23], [3, 0, 0, 0]);
            assert!(bytes[23..block].iter().all(|&b| b == 0));
            assert_eq!(bytes[block..], *b"xyz\x06");
            assert_eq!(offset as usize, shift + bytes.len());
        }
    }

    #[test]
    fn block_contents() {
        // What the writer puts behind the type, size and padding of an otherwise empty stream.
        let contents = |write: &dyn Fn(&mut Writer), name: &str| {
            let mut writer = Writer::empty();
            write(&mut writer);
            let bytes = writer.into_bytes();
            let at = (3 + 12 + name.len() + 1 + 4).next_multiple_of(4);
            assert_eq!(bytes[15..15 + name.len()], *name.as_bytes());
            assert_eq!(bytes[3..11], [2, 0, 0, 0, 2, 0, 0, 0]);
            bytes[at..bytes.len() - 1].to_vec()
        };
        let stacks = [vec![], vec![7; 8]];
        assert_eq!(
            contents(&|w| w.stack_block(1, &stacks), "StackBlock"),
            [1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 7, 7, 7, 7, 7, 7, 7, 7]
        );
        assert_eq!(
            contents(&|w| w.sequence_point(258, &[(0x18, 3)]), "SPBlock"),
            [2, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0x18, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0]
        );
        let class = Metadata { ticks: 5, thread: 3, ..Metadata::new(1, "P", 7) };
        let block = contents(&|w| w.metadata_block(std::slice::from_ref(&class)), "MetadataBlock");
        assert_eq!(block[..20], [20, 0, 1, 0, 5, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0]);
        // As real files have it: flags 0xc6, sequence difference -1, capture thread 0, processor unknown.
        let header =
            [0xc6, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0xff, 0xff, 0xff, 0xff, 0x0f, 3, 5, 34];
        assert_eq!(block[20..35], header);
        assert_eq!(block[35..], class.payload_v3_v5());
    }
}
