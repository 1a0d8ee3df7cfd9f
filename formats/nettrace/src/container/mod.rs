//! How versions wrap their blocks: where the stream is, and what may come next.

pub(crate) mod fast_serialization;
pub(crate) mod netperf;
pub(crate) mod object;
pub(crate) mod v6;

use crate::decode::Tag;
use crate::frame::Block;

/// Where in the container the stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// At the very start.
    Magic,
    /// V3 to V5, and the head of V1 and V2: objects (section 1).
    Object(Object),
    /// V1 and V2: events without blocks (section 1.1).
    Netperf(netperf::Events),
    /// V6: blocks (section 2).
    V6(v6::Stage),
}

/// Where in an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Object {
    /// Before the first one, which is Trace.
    First,
    /// In the payload of Trace.
    Trace,
    /// Before one, or before the end of the stream.
    Next,
    /// In the content of a block of V4 and V5.
    Content(Content),
    /// In the content of a block of V3, between two events.
    Events(Content, netperf::Events),
    /// In content that is passed over, and then before the tag that ends an object.
    Skipped(Content),
    /// Before the tag that ends an object.
    End,
}

/// The content of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Content {
    pub block: Block,
    /// Bytes of it.
    pub len: usize,
    /// Where it begins in the stream.
    pub offset: u64,
}

impl Content {
    /// Where it ends in the stream.
    pub(crate) fn end(&self) -> u64 {
        self.offset + self.len as u64
    }

    /// What the decoder may find in a block that was cut: the events and numbers that are whole.
    pub(crate) fn cut_tag(&self, is_v6: bool) -> Option<u32> {
        let tag = match (self.block, is_v6) {
            (Block::Event, false) => Tag::EventsV4,
            (Block::Event, true) => Tag::EventsV6,
            (Block::SequencePoint, false) => Tag::SequencePointV4,
            (Block::SequencePoint, true) => Tag::SequencePointV6,
            (Block::RemoveThread, _) => Tag::RemoveThread,
            _ => return None,
        };
        Some(tag as u32)
    }
}
