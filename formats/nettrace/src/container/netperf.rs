//! Events of V1 to V3, framed one by one: metadata records lie among them, and their extents say
//! where the next one begins (specification sections 1.1 and 3).

use tracemill_engine::{Cursor, Error, Fault, Faults, Finish, Format, Framed};

use super::object::u32_at;
use super::{Content, Object, Stage};
use crate::decode::Tag;
use crate::frame::{Block, Nettrace};
use crate::metadata::{self, Dialect};

/// Header, and the size of an empty stack.
const MIN_EVENT: usize = 60;
/// What the 17 bytes behind the last event of V1 and V2 begin with.
const TAIL: [u8; 5] = [6, 1, 0, 0, 0];
const TAIL_LEN: usize = 17;

/// Between two events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Events {
    /// Bytes left in the block. V1 and V2 have no blocks.
    pub left: usize,
    /// Whether an event of an unknown class was reported for this block.
    pub reported: bool,
}

/// An event of V1 and V2, or the end of the stream.
pub(crate) fn stream(
    format: &mut Nettrace,
    events: Events,
    input: &[u8],
    offset: u64,
    faults: &mut Faults,
) -> Result<Framed, Error> {
    // The tail tells its own offset; an event of 262 bytes would begin alike.
    if input.first() == Some(&6) {
        let Some(own) = u32_at(input, 5) else {
            return Ok(Framed::NeedMore(9 - input.len()));
        };
        if input.starts_with(&TAIL) && u64::from(own) == offset & 0xffff_ffff {
            if input.len() < TAIL_LEN {
                return Ok(Framed::NeedMore(TAIL_LEN - input.len()));
            }
            return Ok(Framed::End(TAIL_LEN));
        }
    }
    let event = match extent(input) {
        Ok(event) => event,
        Err(Extent::NeedMore(more)) => return Ok(Framed::NeedMore(more)),
        Err(Extent::Invalid(what)) => return Err(Error::invalid(offset, what)),
    };
    if event.metadata_id == 0 && format.run_open {
        return Ok(Framed::Barrier);
    }
    let (framed, reported) = classify(format, &event, input, offset, events.reported, faults);
    format.stage = Stage::Netperf(Events { left: 0, reported });
    format.count(Block::Event, event.len);
    Ok(framed)
}

/// An event of a block of V3.
pub(crate) fn block(
    format: &mut Nettrace,
    content: Content,
    events: Events,
    input: &[u8],
    offset: u64,
    faults: &mut Faults,
) -> Result<Framed, Error> {
    let mut skip = |format: &mut Nettrace, what| {
        faults.push_hiding(Fault::damage(offset, what));
        format.stage = Stage::Object(Object::Skipped(content));
        Ok(Framed::Skip(events.left as u64))
    };
    // What is wrong with the size is found before the rest of the event is asked for.
    if events.left < MIN_EVENT {
        return skip(format, "event: runs past the end of its block");
    }
    let Some(size) = u32_at(input, 0) else {
        return Ok(Framed::NeedMore(4 - input.len()));
    };
    let size = usize::try_from(size.cast_signed()).unwrap_or(0) + 4;
    if size > events.left {
        return skip(format, "event: runs past the end of its block");
    }
    let event = match extent(input) {
        Ok(event) => event,
        Err(Extent::NeedMore(more)) => return Ok(Framed::NeedMore(more)),
        Err(Extent::Invalid(what)) => return skip(format, what),
    };
    if event.metadata_id == 0 && format.run_open {
        return Ok(Framed::Barrier);
    }
    let (framed, reported) = classify(format, &event, input, offset, events.reported, faults);
    let left = events.left - event.len;
    format.stage = Stage::Object(match left {
        0 => Object::End,
        _ => Object::Events(content, Events { left, reported }),
    });
    Ok(framed)
}

/// How a stream of V1 or V2 ends that just stops.
pub(crate) fn finish(rest: &[u8], offset: u64) -> Finish {
    // The tail goes on with its own offset, as far as it is there.
    let own = offset.to_le_bytes();
    let mut tail = TAIL.iter().chain(own.iter().take(4));
    let is_tail = rest.len() >= TAIL.len()
        && rest.iter().all(|byte| tail.next().is_none_or(|own| own == byte));
    let error = match rest {
        [] => Error::truncated(offset, "without its end marker", 0),
        _ if is_tail => Error::truncated(offset, "inside of its tail", TAIL_LEN as u64),
        _ => {
            let size = u32_at(rest, 0).and_then(|size| u64::try_from(size.cast_signed()).ok());
            Error::truncated(offset, "inside of an event", size.map_or(0, |size| size + 4))
        }
    };
    Finish { cut: None, error: Some(error) }
}

/// An event that is whole, and whose payload and stack fit in it.
struct Event {
    metadata_id: u32,
    payload_size: usize,
    len: usize,
}

enum Extent {
    NeedMore(usize),
    Invalid(&'static str),
}

fn extent(input: &[u8]) -> Result<Event, Extent> {
    let Some(size) = u32_at(input, 0) else {
        return Err(Extent::NeedMore(4 - input.len()));
    };
    let size = usize::try_from(size.cast_signed()).unwrap_or(0);
    let len = size + 4;
    if len < MIN_EVENT {
        return Err(Extent::Invalid("event: EventSize below its fixed part"));
    }
    if input.len() < len {
        return Err(Extent::NeedMore(len - input.len()));
    }
    let what = "event: payload and stack do not fit in EventSize";
    let number = |at| {
        let number =
            u32_at(input, at).and_then(|number| usize::try_from(number.cast_signed()).ok());
        number.ok_or(Extent::Invalid(what))
    };
    let payload_size = number(52)?;
    if payload_size > len - MIN_EVENT {
        return Err(Extent::Invalid(what));
    }
    if number(56 + payload_size)? > len - MIN_EVENT - payload_size {
        return Err(Extent::Invalid(what));
    }
    Ok(Event { metadata_id: u32_at(input, 4).unwrap_or(0), payload_size, len })
}

/// A metadata record defines its class here; an event goes to the decoder.
fn classify(
    format: &mut Nettrace,
    event: &Event,
    input: &[u8],
    offset: u64,
    reported: bool,
    faults: &mut Faults,
) -> (Framed, bool) {
    if event.metadata_id == 0 {
        let dialect = match format.version {
            1 => Dialect::V1,
            2 => Dialect::V2,
            _ => Dialect::V3,
        };
        // Up to V2, a class is known by the offset of its record, of which 32 bits are written.
        #[expect(clippy::cast_possible_truncation, reason = "that is what the writer does")]
        let id = (dialect != Dialect::V3).then_some(offset as u32);
        let payload = input.get(56..56 + event.payload_size).unwrap_or_default();
        let record = Cursor::new(payload, offset + 56);
        metadata::define(&mut format.change().state, record, dialect, id, faults);
        return (Framed::Control(event.len), reported);
    }
    let classes = &format.state().classes;
    let unknown = !classes.contains(event.metadata_id) && classes.is_complete();
    if unknown && !reported {
        faults.push(Fault::damage(offset, "metadata id: not defined"));
    }
    let tag = Tag::NetperfEvents as u32;
    (Framed::Data { len: event.len, tag, joins: true }, reported || unknown)
}
