//! The pure half: runs of records become events (specification sections 3 and 4).

use std::any::Any;
use std::sync::Arc;

use tracemill_engine::{
    Decode, Keeper, Position, Record, RunView, Sink, Span, SpanKind, StackRef, State, Table,
};

use crate::attribute::{Attribute, Place, bit};
use crate::build_ids::BuildIds;
use crate::kinds::{self, MMAP2_BUILD_ID, kind};
use crate::parts;
use crate::record::{Detail, flag};
use crate::wire::{Head, u32_at, u64_at};

/// What a run holds; told by the framing half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    /// Records, one after the other.
    Records = 1,
    /// One, with what follows it beyond its size.
    Long = 2,
    /// One that ends a round.
    Round = 3,
    /// One that tells of loss.
    Lost = 4,
}

/// The decoder of a stream: a snapshot of its state.
#[derive(Clone, Debug)]
pub struct Decoder {
    pub(crate) state: State,
    /// What was recorded.
    pub(crate) attributes: Arc<Vec<Attribute>>,
    /// Attributes by the ids of their events.
    pub(crate) ids: Table<u32>,
    /// CPUs by the ids of events, from `ID_INDEX`.
    pub(crate) cpus: Table<u32>,
    /// Build ids of files, as far as they have been listed.
    pub(crate) build_ids: BuildIds,
    /// Where records have their id: as the first attribute says.
    pub(crate) sample_id: Option<Place>,
    pub(crate) end_id: Option<Place>,
    /// Types whose class was kept, one bit each.
    pub(crate) known: u128,
    /// What the next record that tells of loss adds to it.
    pub(crate) lost: Option<Span>,
    /// Whether the stream is in big-endian; runs never are.
    pub(crate) is_big: bool,
}

impl Decode for Decoder {
    fn state(&self) -> &State {
        &self.state
    }

    fn as_any(&self) -> &(dyn Any + Send + Sync) {
        self
    }

    fn decode<'a>(&'a self, run: RunView<'a>, position: &mut Position, sink: &mut Sink<'a>) {
        let len = run.bytes.len();
        let mut last = Last::default();
        while position.at < len && !sink.is_full() {
            let at = position.at;
            let Some(head) = Head::at(run.bytes, at) else {
                position.at = len;
                return;
            };
            let size = if run.tag == Tag::Long as u32 { len } else { head.size.into() };
            let end = (at + size.max(Head::LEN)).min(len);
            position.at = end;
            let body = run.bytes.get(at + Head::LEN..end).unwrap_or_default();
            let record = if head.kind == kind::SAMPLE {
                self.sample(head, body, at + Head::LEN, &mut last)
            } else {
                self.other(head, body, at + Head::LEN)
            };
            sink.counts.payload_bytes += u64::from(record.payload_len);
            sink.counts.undescribed += u64::from(!self.is_known(&record));
            sink.event(record);
            match run.tag {
                tag if tag == Tag::Round as u32 => sink.span(SpanKind::Round.mark(0)),
                tag if tag == Tag::Lost as u32 => {
                    if let Some(span) = self.lost {
                        sink.span(span);
                    }
                }
                _ => {}
            }
        }
    }

    fn keep(&self, detail: &mut [u32; 8], keeper: &mut Keeper<'_>) {
        let detail: &mut Detail = zerocopy::transmute_mut!(detail);
        if detail.flags & flag::BODY_IS_PAYLOAD == 0 {
            detail.body_at = keeper.run_bytes(detail.body_at, detail.body_len);
        }
    }

    fn copied(&self) -> u64 {
        self.state.copied() + self.ids.copied() + self.cpus.copied() + self.build_ids.copied()
    }
}

impl Decoder {
    /// The attribute of a sample, and which one it is.
    #[inline]
    pub(crate) fn of_sample(&self, body: &[u8]) -> Option<(u32, &Attribute)> {
        self.by_id(self.sample_id.and_then(Place::get), body)
    }

    /// The same, if most samples have the id of the one before.
    #[inline]
    fn of_sample_again(&self, body: &[u8], last: &mut Last) -> Option<(u32, &Attribute)> {
        let id = self.sample_id.and_then(Place::get).and_then(|at| u64_at(body, at));
        if let Some(index) = last.index
            && id == Some(last.id)
        {
            return Some((index, self.attributes.get(index as usize)?));
        }
        let found = self.of_sample(body)?;
        *last = Last { id: id.unwrap_or(0), index: id.map(|_| found.0) };
        Some(found)
    }

    /// The attribute of another record of the kernel.
    #[inline]
    pub(crate) fn of_other(&self, body: &[u8]) -> Option<(u32, &Attribute)> {
        self.by_id(self.end_id.and_then(|place| place.before(body.len())), body)
    }

    /// The attribute of the id at `place`.
    #[inline]
    fn by_id(&self, place: Option<usize>, body: &[u8]) -> Option<(u32, &Attribute)> {
        let first = self.attributes.first()?;
        if self.attributes.len() == 1 {
            return Some((0, first));
        }
        let Some(id) = place.and_then(|at| u64_at(body, at)).filter(|id| *id != 0) else {
            return Some((0, first));
        };
        let index = *self.ids.get(id)?;
        Some((index, self.attributes.get(index as usize)?))
    }

    #[inline]
    fn sample(&self, head: Head, body: &[u8], body_at: usize, last: &mut Last) -> Record {
        let found = self.of_sample_again(body, last);
        let found = found.filter(|(_, attribute)| body.len() >= attribute.shape.fixed.into());
        let Some((index, attribute)) = found else {
            return raw(head, body, body_at);
        };
        let shape = &attribute.shape;
        let number = |place: Place| place.get().and_then(|at| u64_at(body, at));
        let cpu = shape.cpu.get().and_then(|at| u32_at(body, at));
        let mut record = Record {
            payload_at: small(body_at),
            payload_len: small(body.len()),
            ticks: time(number(shape.time)),
            thread: thread(number(shape.tid)),
            class: attribute.class,
            processor: cpu.unwrap_or(u32::MAX),
            stack: StackRef::NONE,
            detail: [0; 8],
        };
        let mut flags = flag::BODY_IS_PAYLOAD;
        if attribute.has(bit::CALLCHAIN)
            && let Some((start, end)) = parts::find(attribute, body, bit::CALLCHAIN)
        {
            record.stack = StackRef::inline(small(body_at + start + 8), small(end - start - 8));
        }
        if attribute.is_raw {
            // A payload of which nothing is there has no fields.
            let (start, end) = parts::find(attribute, body, bit::RAW)
                .map_or((body.len(), body.len()), |(start, end)| (start + 4, end));
            (record.payload_at, record.payload_len) = (small(body_at + start), small(end - start));
            flags = 0;
        }
        record.detail = detail(head, body, body_at, index, flags);
        record
    }

    fn other(&self, head: Head, body: &[u8], body_at: usize) -> Record {
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
        record.detail = detail(head, body, body_at, index, 0);
        let end = body.len().saturating_sub(shape.trailer.into());
        trimmed(record, head, body, end)
    }

    #[inline]
    fn is_known(&self, record: &Record) -> bool {
        match record.class {
            class if class >= FIRST_OF_SAMPLES => {
                let index = (class - FIRST_OF_SAMPLES) as usize;
                self.attributes.get(index).is_some_and(|attribute| attribute.is_known)
            }
            // Of a sample that no attribute describes.
            kind::SAMPLE => false,
            class => class < 128 && self.known >> class & 1 != 0 || self.is_other_known(class),
        }
    }

    #[cold]
    fn is_other_known(&self, class: u32) -> bool {
        self.state.classes.contains(class)
    }
}

/// The id of the sample before, and which attribute it is of.
#[derive(Clone, Copy, Default)]
struct Last {
    id: u64,
    index: Option<u32>,
}

/// The class of the samples of the first attribute; those of the others follow.
pub(crate) const FIRST_OF_SAMPLES: u32 = 256;

/// A record of which nothing is known but its type.
fn raw(head: Head, body: &[u8], body_at: usize) -> Record {
    Record {
        payload_at: small(body_at),
        payload_len: small(body.len()),
        ticks: 0,
        thread: u64::MAX,
        class: class(head),
        processor: u32::MAX,
        stack: StackRef::NONE,
        detail: detail(head, body, body_at, u32::MAX, flag::BODY_IS_PAYLOAD),
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
    if len < body.len() {
        record.payload_len = small(len);
        let detail: &mut Detail = zerocopy::transmute_mut!(&mut record.detail);
        detail.flags &= !flag::BODY_IS_PAYLOAD;
    } else {
        let detail: &mut Detail = zerocopy::transmute_mut!(&mut record.detail);
        detail.flags |= flag::BODY_IS_PAYLOAD;
    }
    record
}

#[inline]
fn detail(head: Head, body: &[u8], body_at: usize, attribute: u32, flags: u32) -> [u32; 8] {
    let detail = Detail {
        body_at: small(body_at),
        body_len: small(body.len()),
        kind: head.kind,
        misc: head.misc.into(),
        attribute,
        flags,
        spare: [0; 2],
    };
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

/// A place in a run, which has at most 1 GiB.
#[inline]
fn small(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
