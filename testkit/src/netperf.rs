//! Streams of V1 to V3, netperf (specification, sections 1, 1.1, 3).

use crate::bytes::{Put, Stream};
use crate::event::Event;
use crate::metadata::Metadata;
use crate::trace::TraceHeader;
use crate::v4::{
    BEGIN_OBJECT, END_OBJECT, NULL_REFERENCE, put_block_object, put_container_header,
    put_trace_object, put_type,
};

/// What stands in a V3 event block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Record<'a> {
    /// A class, before its first event.
    Metadata(&'a Metadata),
    /// An event with its stack.
    Event(&'a Event),
}

/// Writes one V3 stream.
#[derive(Clone, Debug, Default)]
pub struct Writer {
    stream: Stream,
}

impl Writer {
    /// Begins a stream: container header, Trace object of version 3.
    pub fn new(header: &TraceHeader) -> Self {
        let mut writer = Self::empty();
        put_container_header(&mut writer.stream.bytes);
        put_trace_object(&mut writer.stream, BEGIN_OBJECT, 3, 0, header);
        writer
    }

    /// Begins with nothing at all.
    pub fn empty() -> Self {
        Self::default()
    }

    /// An EventBlock: events with 56-byte headers, metadata records among them.
    pub fn event_block(&mut self, records: &[Record<'_>]) {
        let mut block = Vec::new();
        for record in records {
            match record {
                Record::Metadata(class) => {
                    put_event(&mut block, &class.record(class.payload_v3_v5()), 4)
                }
                Record::Event(event) => put_event(&mut block, event, 4),
            }
        }
        self.object("EventBlock", 1, 0, &block);
    }

    /// Any object with the block layout: size, padding to 4 of the stream offset, bytes.
    pub fn object(&mut self, name: &str, version: i32, min_reader: i32, bytes: &[u8]) {
        put_block_object(&mut self.stream, BEGIN_OBJECT, name, [version, min_reader], bytes);
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
}

/// Writes one V1 or V2 stream: no blocks, no alignment.
#[derive(Clone, Debug)]
pub struct OldWriter {
    stream: Stream,
    version: i32,
}

impl OldWriter {
    /// Begins a stream of version 1 (metadata names the provider by GUID) or another one (by name): up to the first event.
    pub fn new(version: i32, header: &TraceHeader) -> Self {
        let mut stream = Stream::default();
        put_container_header(&mut stream.bytes);
        put_type(
            &mut stream.bytes,
            BEGIN_OBJECT,
            "Microsoft.DotNet.Runtime.EventPipeFile",
            [version, 0],
        );
        // Index of the forward reference that tells where the events end.
        stream.bytes.put_u32(0);
        header.put_times(&mut stream.bytes);
        Self { stream, version }
    }

    /// Writes a metadata record and answers the class's metadata id: the record's stream offset. [`Metadata::id`] has no place here.
    pub fn metadata(&mut self, class: &Metadata) -> u32 {
        let id = self.offset() as u32;
        self.event(&class.record(class.payload_v1_v2(self.version == 1)));
        id
    }

    /// Writes an event with a 56-byte header.
    pub fn event(&mut self, event: &Event) {
        put_event(&mut self.stream.bytes, event, 1);
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

    /// The end: 17 bytes that say where they are themselves.
    pub fn finish(mut self) -> Vec<u8> {
        let end = self.offset() as u32;
        let out = &mut self.stream.bytes;
        out.put_u8(END_OBJECT);
        // The table of labels (one: where the events end), where the table is, where that is.
        for number in [1, end, end.wrapping_add(1), end.wrapping_add(9)] {
            out.put_u32(number);
        }
        self.into_bytes()
    }

    /// What was written (and not taken), without the end.
    pub fn into_bytes(self) -> Vec<u8> {
        self.stream.bytes
    }
}

/// An event of V1 to V3, its whole size a multiple of `align`: all padding is behind the stack.
fn put_event(out: &mut Vec<u8>, event: &Event, align: usize) {
    let whole = 60 + event.payload.len() + event.stack.len();
    let padded = whole.next_multiple_of(align);
    // EventSize does not count itself.
    out.put_u32(padded as u32 - 4);
    out.put_u32(event.metadata_id);
    out.put_u32(event.thread as u32);
    out.put_u64(event.ticks);
    out.put_bytes(&event.activity_id);
    out.put_bytes(&event.related_activity_id);
    out.put_u32(event.payload.len() as u32);
    out.put_bytes(&event.payload);
    out.put_u32(event.stack.len() as u32);
    out.put_bytes(&event.stack);
    out.put_bytes(&[0; 4][..padded - whole]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Event {
        Event {
            metadata_id: 7,
            thread: 0x13b6d,
            ticks: 0x0102,
            activity_id: [0xa; 16],
            related_activity_id: [0xb; 16],
            payload: vec![1; 3],
            stack: vec![2; 8],
            ..Event::default()
        }
    }

    #[test]
    fn event_layout() {
        let head = [7, 0, 0, 0, 0x6d, 0x3b, 1, 0, 2, 1, 0, 0, 0, 0, 0, 0];
        let tail = [3, 0, 0, 0, 1, 1, 1, 8, 0, 0, 0, 2, 2, 2, 2, 2, 2, 2, 2];
        let body = [&head[..], &[0xa; 16], &[0xb; 16], &tail].concat();
        let mut tight = Vec::new();
        put_event(&mut tight, &event(), 1);
        assert_eq!(tight, [&[67, 0, 0, 0][..], &body].concat());
        let mut aligned = Vec::new();
        put_event(&mut aligned, &event(), 4);
        assert_eq!(aligned, [&[68, 0, 0, 0][..], &body, &[0]].concat());
    }

    #[test]
    fn v3_stream() {
        let mut writer = Writer::new(&TraceHeader::default());
        assert_eq!(writer.offset(), 94);
        let class = Metadata::new(1, "P", 3);
        writer.event_block(&[Record::Metadata(&class), Record::Event(&event())]);
        let bytes = writer.finish();
        assert_eq!(bytes[..24], *b"\x14\0\0\0!FastSerialization.1");
        assert_eq!(bytes[24..45], *b"\x04\x04\x01\x03\0\0\0\0\0\0\0\x05\0\0\0Trace\x06");
        assert_eq!(bytes[93..120], *b"\x06\x04\x04\x01\x01\0\0\0\0\0\0\0\x0a\0\0\0EventBlock\x06");
        // The block starts at a multiple of 4: 120 + 4 needs no padding.
        let record = 60 + class.payload_v3_v5().len().next_multiple_of(4);
        assert_eq!(bytes[120..124], (record as u32 + 72).to_le_bytes());
        assert_eq!(bytes[124..132], [record as u8 - 4, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(bytes.len(), 124 + record + 72 + 2);
        assert!(bytes.ends_with(&[2, 2, 0, 6, 1]));
    }

    #[test]
    fn v1_and_v2_streams() {
        for version in [1, 2] {
            let mut writer = OldWriter::new(version, &TraceHeader::default());
            let class = Metadata::new(0, "P", 3);
            // As in real files: the first metadata id is 0x72.
            assert_eq!(writer.metadata(&class), 0x72);
            let size = class.payload_v1_v2(version == 1).len() as u64;
            assert_eq!(writer.offset(), 0x72 + 60 + size);
            writer.event(&event());
            let head = writer.take();
            assert_eq!(head[27..31], [version as u8, 0, 0, 0]);
            assert_eq!(head[39..77], *b"Microsoft.DotNet.Runtime.EventPipeFile");
            assert_eq!(head[77..82], [6, 0, 0, 0, 0]);
            let end = head.len() as u32;
            let mut tail = vec![6];
            for number in [1, end, end + 1, end + 9] {
                tail.extend(number.to_le_bytes());
            }
            assert_eq!(writer.finish(), tail);
        }
    }
}
