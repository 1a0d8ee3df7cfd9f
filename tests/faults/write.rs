//! Writes streams, and says where what was written is.

use tracemill_testkit::{
    Dialect, Event, EventBlock, Metadata, Put, Thread, TraceHeader, netperf, v4, v6,
};

/// Ticks at which all streams here begin.
pub const BEGIN: u64 = 1_000_000_000_000;

/// An event whose payload is its number, of class 1 and thread 1.
pub fn event(number: u32) -> Event {
    Event {
        sequence: number,
        ticks: BEGIN + u64::from(number) * 10,
        payload: number.to_le_bytes().to_vec(),
        ..Event::default()
    }
}

pub fn events(numbers: impl IntoIterator<Item = u32>) -> Vec<Event> {
    numbers.into_iter().map(event).collect()
}

/// A class `E{id}` of provider `P`.
pub fn class(id: u32) -> Metadata {
    Metadata { name: format!("E{id}"), ..Metadata::new(id, "P", id) }
}

/// Thread `t{index}` of process 9, whose own id is 90 more than its index.
pub fn thread(index: u64) -> Thread {
    Thread {
        index,
        name: Some(format!("t{index}")),
        process_id: Some(9),
        thread_id: Some(90 + index),
        ..Thread::default()
    }
}

/// Blocks that V4 and V6 both have.
#[derive(Clone, Copy, Debug)]
pub enum Block {
    Events,
    Metadata,
    Stacks,
    SequencePoint,
}

/// A stream of V4 or of V6. What is put answers where its content begins.
pub trait Stream: Sized {
    const DIALECT: Dialect;

    /// Begins with classes 1 and 2 and, in V6, threads 1 and 2.
    fn begin() -> Self;
    fn put(&mut self, block: Block, content: &[u8]) -> u64;
    fn stacks(&mut self, first: u32, stacks: &[Vec<u8>]) -> u64;
    fn point(&mut self, entries: &[(u64, u32)]) -> u64;
    fn end(self) -> Vec<u8>;

    /// Events of these numbers.
    fn numbers(&mut self, numbers: impl IntoIterator<Item = u32>) -> u64 {
        self.events(&events(numbers))
    }

    fn events(&mut self, events: &[Event]) -> u64 {
        self.put(Block::Events, &block::<Self>(true, events).0)
    }
}

impl Stream for v4::Writer {
    const DIALECT: Dialect = Dialect::V4;

    fn begin() -> Self {
        let mut writer = Self::new(&TraceHeader::default());
        writer.metadata_block(&[class(1), class(2)]);
        writer
    }

    fn put(&mut self, block: Block, content: &[u8]) -> u64 {
        let name = match block {
            Block::Events => "EventBlock",
            Block::Metadata => "MetadataBlock",
            Block::Stacks => "StackBlock",
            Block::SequencePoint => "SPBlock",
        };
        put_v4(self, name, content)
    }

    fn stacks(&mut self, first: u32, stacks: &[Vec<u8>]) -> u64 {
        self.put(Block::Stacks, &stack_rows(first, stacks))
    }

    fn point(&mut self, entries: &[(u64, u32)]) -> u64 {
        self.put(Block::SequencePoint, &point_v4(entries))
    }

    fn end(self) -> Vec<u8> {
        self.finish()
    }
}

impl Stream for v6::Writer {
    const DIALECT: Dialect = Dialect::V6;

    fn begin() -> Self {
        let mut writer = Self::new(&TraceHeader::default());
        writer.metadata_block(&[class(1), class(2)]);
        writer.thread_block(&[thread(1), thread(2)]);
        writer
    }

    fn put(&mut self, block: Block, content: &[u8]) -> u64 {
        let kind = match block {
            Block::Events => v6::EVENT,
            Block::Metadata => v6::METADATA,
            Block::Stacks => v6::STACK,
            Block::SequencePoint => v6::SEQUENCE_POINT,
        };
        put_v6(self, kind, content)
    }

    fn stacks(&mut self, first: u32, stacks: &[Vec<u8>]) -> u64 {
        self.put(Block::Stacks, &stack_rows(first, stacks))
    }

    fn point(&mut self, entries: &[(u64, u32)]) -> u64 {
        self.put(Block::SequencePoint, &point_v6(0, entries))
    }

    fn end(self) -> Vec<u8> {
        self.finish()
    }
}

/// Puts an object of V4 with the block layout; answers where its content begins.
pub fn put_v4(writer: &mut v4::Writer, name: &str, content: &[u8]) -> u64 {
    writer.block(name, content);
    // The tag that ends it is behind the content.
    writer.offset() - 1 - content.len() as u64
}

/// Puts a block of V6; answers where its content begins.
pub fn put_v6(writer: &mut v6::Writer, kind: u8, content: &[u8]) -> u64 {
    writer.block(kind, content);
    writer.offset() - content.len() as u64
}

/// Puts an `EventBlock` of V3; answers where its content begins.
pub fn put_v3(writer: &mut netperf::Writer, content: &[u8]) -> u64 {
    writer.object("EventBlock", 1, 0, content);
    writer.offset() - 1 - content.len() as u64
}

/// The content of an event block and the place in it of each event.
pub fn block<S: Stream>(compressed: bool, events: &[Event]) -> (Vec<u8>, Vec<u64>) {
    let mut block = EventBlock::new(S::DIALECT, compressed);
    let mut places = Vec::new();
    for event in events {
        places.push(block.byte_len() as u64);
        block.push(event);
    }
    (block.into_bytes(), places)
}

pub fn stack_rows(first: u32, stacks: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    out.put_u32(first);
    out.put_u32(stacks.len() as u32);
    for stack in stacks {
        out.put_u32(stack.len() as u32);
        out.put_bytes(stack);
    }
    out
}

pub fn point_v4(entries: &[(u64, u32)]) -> Vec<u8> {
    let mut out = Vec::new();
    out.put_u64(BEGIN);
    out.put_u32(entries.len() as u32);
    for (thread, number) in entries {
        out.put_u64(*thread);
        out.put_u32(*number);
    }
    out
}

pub fn point_v6(flags: u32, entries: &[(u64, u32)]) -> Vec<u8> {
    let mut out = Vec::new();
    out.put_u64(BEGIN);
    out.put_u32(flags);
    out.put_u32(entries.len() as u32);
    out.put_bytes(&numbers_v6(entries));
    out
}

/// Rows of a sequence point or of a removal block of V6.
pub fn numbers_v6(entries: &[(u64, u32)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (thread, number) in entries {
        out.put_varu64(*thread);
        out.put_varu32(*number);
    }
    out
}
