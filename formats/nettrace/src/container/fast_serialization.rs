//! V1 to V5: a stream of objects (specification sections 0 and 1).

use tracemill_engine::{Cursor, Error, Fault, Faults, Finish, Framed};

use super::netperf::{self, Events};
use super::object::{Head, block_size, head, tag, u32_at};
use super::{Content, Object, Stage, v6};
use crate::detect::{NETPERF, NETTRACE, SERIALIZATION};
use crate::frame::{Block, Nettrace};
use crate::trace;

const TRACE: &[u8] = b"Trace";
const TRACE_V1: &[u8] = b"Microsoft.DotNet.Runtime.EventPipeFile";
/// Forward reference, SYSTEMTIME, ticks and frequency.
const TRACE_V1_LEN: usize = 36;
const TRACE_V3_LEN: usize = 48;

pub(crate) fn frame(
    format: &mut Nettrace,
    input: &[u8],
    offset: u64,
    faults: &mut Faults,
) -> Result<Framed, Error> {
    match format.stage {
        Stage::Magic => magic(format, input, offset),
        Stage::Object(Object::First) => first_object(format, input, offset),
        Stage::Object(Object::Trace) => Ok(trace_object(format, input, offset, faults)),
        Stage::Object(Object::Next) => next_object(format, input, offset, faults),
        Stage::Object(Object::Content(content)) => {
            let behind = [Object::Skipped(content), Object::End].map(Stage::Object);
            Ok(format.framed(content, input, behind, faults))
        }
        Stage::Object(Object::Events(content, events)) => {
            netperf::block(format, content, events, input, offset, faults)
        }
        Stage::Object(Object::End | Object::Skipped(_)) => {
            if input.first() != Some(&tag::END_OBJECT) {
                return Err(Error::invalid(offset, "object: EndObject expected"));
            }
            format.stage = Stage::Object(Object::Next);
            Ok(Framed::Control(1))
        }
        Stage::Netperf(events) => netperf::stream(format, events, input, offset, faults),
        Stage::V6(_) => v6::frame(format, input, offset, faults),
    }
}

pub(crate) fn finish(format: &Nettrace, rest: &[u8], offset: u64) -> Finish {
    let truncated = |offset, what, declared: usize| Finish {
        cut: None,
        error: Some(Error::truncated(offset, what, declared as u64)),
    };
    match format.stage {
        Stage::Magic => truncated(0, "inside of its header", 0),
        Stage::Object(Object::First) => truncated(offset, "inside of the head of Trace", 0),
        Stage::Object(Object::Trace) => {
            truncated(offset, Block::Trace.cut(), trace_len(format.version))
        }
        Stage::Object(Object::Next) if rest.is_empty() => {
            truncated(offset, "without its end marker", 0)
        }
        Stage::Object(Object::Next) => truncated(offset, "inside of the head of an object", 0),
        Stage::Object(Object::Content(content)) => {
            let cut = content.cut_tag(false);
            Finish { cut, ..truncated(content.offset, content.block.cut(), content.len) }
        }
        Stage::Object(Object::Skipped(content)) if offset >= content.end() => {
            truncated(offset, "before the tag that ends an object", 0)
        }
        Stage::Object(Object::Events(content, _) | Object::Skipped(content)) => {
            truncated(content.offset, content.block.cut(), content.len)
        }
        Stage::Object(Object::End) => truncated(offset, "before the tag that ends an object", 0),
        Stage::Netperf(_) => netperf::finish(rest, offset),
        Stage::V6(stage) => v6::finish(stage, rest, offset),
    }
}

/// The first bytes of the stream decide the version's family.
fn magic(format: &mut Nettrace, input: &[u8], offset: u64) -> Result<Framed, Error> {
    // What does not match is reported by its first byte, so that the answer is the same however few
    // bytes are there.
    let more = |at: usize, magic: &[u8]| {
        let rest = input.get(at..).unwrap_or_default();
        match rest.iter().zip(magic).position(|(byte, expected)| byte != expected) {
            None => Ok(magic.len().saturating_sub(rest.len())),
            Some(other) => {
                let byte = rest.get(other).map_or(0, |byte| u32::from(*byte));
                let at = offset + (at + other) as u64;
                Err(Error::unsupported(at, "the format of this stream", byte))
            }
        }
    };
    let (version, len) = if input.first() == NETPERF.first() {
        match more(0, NETPERF)? {
            0 => (3, NETPERF.len()),
            needed => return Ok(Framed::NeedMore(needed)),
        }
    } else {
        match more(0, NETTRACE)? {
            0 => {}
            needed => return Ok(Framed::NeedMore(needed)),
        }
        let Some(length) = u32_at(input, 8) else {
            return Ok(Framed::NeedMore(12 - input.len()));
        };
        if length == 0 {
            return v6::header(format, input, offset);
        }
        if length as usize != SERIALIZATION.len() {
            let what = "the format of this stream";
            return Err(Error::unsupported(offset + 8, what, length));
        }
        match more(12, SERIALIZATION)? {
            0 => (4, 12 + SERIALIZATION.len()),
            needed => return Ok(Framed::NeedMore(needed)),
        }
    };
    format.version = version;
    format.stage = Stage::Object(Object::First);
    Ok(Framed::Control(len))
}

/// The head of Trace decides the version.
fn first_object(format: &mut Nettrace, input: &[u8], offset: u64) -> Result<Framed, Error> {
    let (name, version, len) = match head(input, offset, begin(format.version))? {
        Head::NeedMore(more) => return Ok(Framed::NeedMore(more)),
        Head::Null => return Err(Error::invalid(offset, "object: first one is not Trace")),
        Head::Object { name, version, len } => (name, version, len),
    };
    let known = match name {
        TRACE => {
            if format.version == 4 {
                version == 4
            } else {
                version == 3
            }
        }
        TRACE_V1 if format.version < 4 => matches!(version, 1 | 2),
        _ => return Err(Error::invalid(offset, "object: first one is not Trace")),
    };
    if !known {
        return Err(Error::unsupported(offset, "the version of the Trace object", version));
    }
    format.version = version;
    format.stage = Stage::Object(Object::Trace);
    Ok(Framed::Control(len))
}

fn trace_object(format: &mut Nettrace, input: &[u8], offset: u64, faults: &mut Faults) -> Framed {
    let len = trace_len(format.version);
    if input.len() < len {
        return Framed::NeedMore(len - input.len());
    }
    let version = format.version;
    let (payload, _) = input.split_at(len);
    format.count(Block::Trace, len);
    let state = &mut format.change().state;
    if version < 3 {
        // The forward reference is an index, always 0.
        let fields = payload.get(4..).unwrap_or_default();
        trace::v1(state, Cursor::new(fields, offset + 4), version, faults);
        format.stage = Stage::Netperf(Events::default());
    } else {
        trace::v3(state, Cursor::new(payload, offset), version, faults);
        format.stage = Stage::Object(Object::End);
    }
    Framed::Control(len)
}

fn next_object(
    format: &mut Nettrace,
    input: &[u8],
    offset: u64,
    faults: &mut Faults,
) -> Result<Framed, Error> {
    let (name, head_len) = match head(input, offset, begin(format.version))? {
        Head::NeedMore(more) => return Ok(Framed::NeedMore(more)),
        Head::Null => return Ok(Framed::End(1)),
        Head::Object { name, len, .. } => (name, len),
    };
    let block = match (name, format.version) {
        (TRACE, _) => return Err(Error::invalid(offset, "object: a second Trace")),
        (b"EventBlock", _) => Block::Event,
        (b"MetadataBlock", 4) => Block::Metadata,
        (b"StackBlock", 4) => Block::Stack,
        (b"SPBlock", 4) => Block::SequencePoint,
        (_, 4) => Block::Unknown,
        _ => return Err(Error::invalid(offset, "object: unknown name")),
    };
    let (len, size) = match block_size(input, offset, head_len)? {
        Ok(sizes) => sizes,
        Err(more) => return Ok(Framed::NeedMore(more)),
    };
    let content = Content { block, len: size, offset: offset + len as u64 };
    if block == Block::Unknown {
        // Nothing may be skipped by name, but all blocks so far are laid out alike, and the tag
        // behind this one will show whether it is.
        faults.push_hiding(Fault::damage(offset, "object: unknown name, skipped"));
    }
    format.stage = Stage::Object(match block {
        Block::Event if format.version == 3 => {
            format.count(block, size);
            Object::Events(content, Events { left: size, reported: false })
        }
        _ if size == 0 => {
            format.empty(block, content.offset, faults);
            Object::End
        }
        _ => Object::Content(content),
    });
    if let Stage::Object(Object::Events(_, Events { left: 0, .. })) = format.stage {
        format.stage = Stage::Object(Object::End);
    }
    Ok(Framed::Control(len))
}

fn begin(version: u32) -> u8 {
    if version < 4 { tag::BEGIN_OBJECT } else { tag::BEGIN_PRIVATE_OBJECT }
}

fn trace_len(version: u32) -> usize {
    if version < 3 { TRACE_V1_LEN } else { TRACE_V3_LEN }
}
