//! V6: blocks with a 32-bit head (specification section 2).

use tracemill_engine::{Cursor, Error, Fault, Faults, Finish, Framed};

use super::object::u32_at;
use super::{Content, Stage as Outer};
use crate::frame::{Block, Nettrace};
use crate::trace;

/// Magic, a zero word, major and minor version.
const HEADER_LEN: usize = 20;
const END_OF_STREAM: u8 = 0;

/// Where in the container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Before the first block, which is Trace.
    First {
        /// Minor version: any is accepted.
        minor: u32,
    },
    /// In the content of Trace.
    Trace(Content, u32),
    /// Before a block.
    Next,
    /// In the content of a block.
    Content(Content),
    /// In content that is passed over, and then before a block.
    Skipped(Content),
}

/// What follows the magic and the zero word.
pub(crate) fn header(format: &mut Nettrace, input: &[u8], offset: u64) -> Result<Framed, Error> {
    let Some(major) = u32_at(input, 12) else {
        return Ok(Framed::NeedMore(16 - input.len()));
    };
    if major != 6 {
        return Err(Error::unsupported(offset + 12, "the major version of this trace", major));
    }
    let Some(minor) = u32_at(input, 16) else {
        return Ok(Framed::NeedMore(HEADER_LEN - input.len()));
    };
    format.version = major;
    format.stage = Outer::V6(Stage::First { minor });
    Ok(Framed::Control(HEADER_LEN))
}

pub(crate) fn frame(
    format: &mut Nettrace,
    input: &[u8],
    offset: u64,
    faults: &mut Faults,
) -> Result<Framed, Error> {
    let Outer::V6(stage) = format.stage else {
        return Err(Error::invalid(offset, "block: outside of a V6 trace"));
    };
    match stage {
        Stage::First { .. } | Stage::Next | Stage::Skipped(_) => {
            head(format, stage, input, offset, faults)
        }
        Stage::Trace(content, minor) => {
            let Some((whole, _)) = input.split_at_checked(content.len) else {
                return Ok(Framed::NeedMore(content.len - input.len()));
            };
            format.stage = Outer::V6(Stage::Next);
            format.count(content.block, content.len);
            let (version, cursor) = ((format.version, minor), Cursor::new(whole, offset));
            if let Err(fault) = trace::v6(&mut format.change().state, cursor, version, faults) {
                faults.push(fault);
            }
            Ok(Framed::Control(content.len))
        }
        Stage::Content(content) => {
            let behind = [Stage::Skipped(content), Stage::Next].map(Outer::V6);
            Ok(format.framed(content, input, behind, faults))
        }
    }
}

pub(crate) fn finish(stage: Stage, rest: &[u8], offset: u64) -> Finish {
    let (what, offset, declared, cut) = match stage {
        Stage::First { .. } => ("before its Trace block", offset, 0, None),
        Stage::Skipped(content) if offset < content.end() => {
            (content.block.cut(), content.offset, content.len, None)
        }
        Stage::Next | Stage::Skipped(_) if rest.is_empty() => {
            ("without its end marker", offset, 0, None)
        }
        Stage::Next | Stage::Skipped(_) => ("inside of the head of a block", offset, 4, None),
        Stage::Trace(content, _) | Stage::Content(content) => {
            (content.block.cut(), content.offset, content.len, content.cut_tag(true))
        }
    };
    Finish { cut, error: Some(Error::truncated(offset, what, declared as u64)) }
}

fn head(
    format: &mut Nettrace,
    stage: Stage,
    input: &[u8],
    offset: u64,
    faults: &mut Faults,
) -> Result<Framed, Error> {
    let Some(head) = u32_at(input, 0) else {
        return Ok(Framed::NeedMore(4 - input.len()));
    };
    let [a, b, c, kind] = head.to_le_bytes();
    let size = u32::from_le_bytes([a, b, c, 0]) as usize;
    let block = match kind {
        END_OF_STREAM if size == 0 && !matches!(stage, Stage::First { .. }) => {
            return Ok(Framed::End(4));
        }
        END_OF_STREAM if size != 0 => {
            return Err(Error::invalid(offset, "EndOfStream: size other than 0"));
        }
        1 => Block::Trace,
        2 => Block::Event,
        3 => Block::Metadata,
        4 => Block::SequencePoint,
        5 => Block::Stack,
        6 => Block::Thread,
        7 => Block::RemoveThread,
        8 => Block::LabelList,
        _ => Block::Unknown,
    };
    let content = Content { block, len: size, offset: offset + 4 };
    let next = match stage {
        Stage::First { minor } if block == Block::Trace => Stage::Trace(content, minor),
        Stage::First { .. } => {
            return Err(Error::invalid(offset, "block: first one is not Trace"));
        }
        _ if block == Block::Trace => {
            return Err(Error::invalid(offset, "block: a second Trace"));
        }
        _ => Stage::Content(content),
    };
    format.stage = Outer::V6(next);
    if size == 0 {
        format.stage = Outer::V6(Stage::Next);
        format.empty(block, content.offset, faults);
        if block == Block::Trace {
            faults.push(Fault::damage(content.offset, "Trace: too short"));
            let version = (format.version, 0);
            let cursor = Cursor::new(&[], content.offset);
            // The fault was given above.
            let _ = trace::v6(&mut format.change().state, cursor, version, faults);
        }
    }
    Ok(Framed::Control(4))
}
