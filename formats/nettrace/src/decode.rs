//! The pure half: runs become events (specification sections 3 and 6).

use std::any::Any;
use std::ops::Range;

use tracemill_engine::{
    Cursor, Decode, Fault, Keeper, Position, Record, RunView, Sequences, Sink, SpanKind, StackRef,
    State, prefetch,
};
use zerocopy::{FromBytes, IntoBytes};

use crate::header::{Failure, Header, Rest, flag, place};
use crate::points::sequence_point_v4;
use crate::view::Detail;
use crate::wire::BlockHeader;

/// What a run holds; told by the framing half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    NetperfEvents = 1,
    EventsV4 = 2,
    EventsV6 = 3,
    SequencePointV4 = 4,
    SequencePointV6 = 5,
    RemoveThread = 6,
}

/// Bytes ahead of the header being read that are asked for from memory, at least; at most twice as many.
/// More would drive the batch out of the first-level cache.
const AHEAD: usize = 1024;
/// Bytes that one hint is for, and hints at once.
const LINE: usize = 64;
const LINES: usize = 8;

/// The decoder of a stream: a snapshot of its state.
#[derive(Clone, Debug)]
pub struct Decoder {
    pub(crate) state: State,
    /// Label lists by id, V6.
    pub(crate) labels: Sequences,
}

impl Decode for Decoder {
    fn state(&self) -> &State {
        &self.state
    }

    fn as_any(&self) -> &(dyn Any + Send + Sync) {
        self
    }

    fn decode<'a>(&'a self, run: RunView<'a>, position: &mut Position, sink: &mut Sink<'a>) {
        match run.tag {
            tag if tag == Tag::EventsV4 as u32 => self.block::<false>(run, position, sink),
            tag if tag == Tag::EventsV6 as u32 => self.block::<true>(run, position, sink),
            tag if tag == Tag::NetperfEvents as u32 => self.netperf(run, position, sink),
            tag if tag == Tag::SequencePointV4 as u32 => sequence_point_v4(run, position, sink),
            tag if tag == Tag::SequencePointV6 as u32 => {
                self.sequence_point_v6(run, position, sink);
            }
            _ => self.removed_threads(run, position, sink),
        }
    }

    /// V1 to V3 are sorted as a whole; from V4 on, events say so one by one (section 6).
    fn is_watermark(&self, tag: u32, record: &Record) -> bool {
        tag == Tag::NetperfEvents as u32 || Detail::of(&record.detail).is_sorted()
    }

    fn keep(&self, detail: &mut [u32; 6], keeper: &mut Keeper<'_>) {
        let detail: &mut Detail = zerocopy::transmute_mut!(detail);
        for place in [&mut detail.activity, &mut detail.related] {
            let sorted = *place & Detail::SORTED;
            if let Some(at) = (*place & !Detail::SORTED).checked_sub(1) {
                *place = (keeper.run_bytes(at, 16) + 1) | sorted;
            }
        }
    }

    fn copied(&self) -> u64 {
        self.state.copied() + self.labels.copied()
    }
}

/// What is remembered about the block and about the ids of the event last read, in
/// [`Header::marks`].
mod mark {
    pub(super) const COMPRESSED: u32 = 1;
    pub(super) const CLASS_KNOWN: u32 = 2;
    pub(super) const STACK_RESOLVED: u32 = 4;
    pub(super) const REPORTED_CLASS: u32 = 8;
    pub(super) const REPORTED_THREAD: u32 = 16;
    pub(super) const REPORTED_LABELS: u32 = 32;
}

/// Ids that are known without a look into the tables.
struct Solid {
    classes: Range<u64>,
    stacks: Range<u64>,
    threads: Range<u64>,
}

/// What holds an id that is looked up.
const fn looked_up<const V6: bool>() -> u8 {
    let ids = flag::METADATA_ID | flag::STACK;
    if V6 { ids | flag::CAPTURE | flag::THREAD | flag::ACTIVITY } else { ids }
}

impl Decoder {
    /// Events of a block of V4 to V6.
    fn block<'a, const V6: bool>(
        &'a self,
        run: RunView<'a>,
        position: &mut Position,
        sink: &mut Sink<'a>,
    ) {
        let Ok((mut header, _)) = Header::read_from_prefix(position.carry.as_bytes()) else {
            return;
        };
        if position.at == 0 {
            match block_header(run) {
                Ok((len, compressed)) => {
                    position.at = len;
                    header.marks = mark::STACK_RESOLVED;
                    header.marks |= if compressed { mark::COMPRESSED } else { 0 };
                }
                Err(fault) => {
                    position.at = run.bytes.len();
                    if !run.cut {
                        sink.fault(fault);
                        sink.span(SpanKind::Damaged.mark(0));
                    }
                    return;
                }
            }
        }
        if header.marks & mark::COMPRESSED != 0 {
            self.events::<V6, true>(run, position, header, sink);
        } else {
            self.events::<V6, false>(run, position, header, sink);
        }
    }

    #[inline(always)]
    fn events<'a, const V6: bool, const COMPRESSED: bool>(
        &'a self,
        run: RunView<'a>,
        position: &mut Position,
        mut header: Header,
        sink: &mut Sink<'a>,
    ) {
        let len = run.bytes.len();
        let mut rest = Rest(run.bytes.get(position.at..).unwrap_or_default());
        let mut fetched = position.at;
        // The ids at the start of a block, and where decoding goes on, are looked up once.
        let mut unresolved = flag::PLAIN;
        let mut payload_bytes = 0;
        let solid = Solid {
            classes: self.state.classes.solid(),
            stacks: self.state.stacks.solid(),
            threads: self.state.threads.solid(),
        };
        while !rest.0.is_empty() && !sink.is_full() {
            let at = len - rest.0.len();
            // Some lines at once: whether an event needs one more cannot be foretold, and to guess that
            // for each costs more than the hint.
            while fetched < at + AHEAD {
                for line in 0..LINES {
                    prefetch(run.bytes, fetched + AHEAD + line * LINE);
                }
                fetched += LINES * LINE;
            }
            let (flags, payload_at, following) =
                match read::<V6, COMPRESSED>(rest, &mut header, len) {
                    Ok(event) => event,
                    Err(failure) => {
                        rest.0 = &[];
                        failed(run, at, failure, sink);
                        break;
                    }
                };
            rest = following;
            let flags = flags | std::mem::take(&mut unresolved);
            if flags & looked_up::<V6>() != 0 {
                let offset = run.offset + at as u64;
                header.marks = self.resolve::<V6>(flags, header, &solid, offset, sink);
            }
            if header.metadata_id == 0 {
                let what = "metadata id: 0 in an event block";
                sink.fault(Fault::damage(run.offset + at as u64, what));
                sink.span(SpanKind::Damaged.mark(header.ticks));
                unresolved = flag::CAPTURE;
                continue;
            }
            if header.marks & (mark::CLASS_KNOWN | mark::STACK_RESOLVED)
                != mark::CLASS_KNOWN | mark::STACK_RESOLVED
            {
                sink.counts.undescribed += u64::from(header.marks & mark::CLASS_KNOWN == 0);
                let unresolved = header.marks & mark::STACK_RESOLVED == 0;
                sink.counts.unresolved_stacks += u64::from(unresolved);
            }
            if flags & flag::CAPTURE != 0 {
                sink.number(header.capture_thread, header.sequence, header.ticks, !V6);
            }
            // What the other versions have is 0, and need not be fetched from the header.
            let detail = Detail {
                capture_thread: header.capture_thread.into(),
                sequence: header.sequence,
                activity: if V6 { 0 } else { header.activity },
                related: if V6 { header.sorted } else { header.related | header.sorted },
                label_list: if V6 { header.label_list } else { 0 },
            };
            payload_bytes += u64::from(header.payload_size);
            sink.event(Record {
                payload_at,
                payload_len: header.payload_size,
                ticks: header.ticks,
                thread: header.thread,
                class: header.metadata_id,
                processor: header.processor,
                stack: StackRef::id(header.stack_id),
                detail: detail.into_words(),
            });
        }
        sink.counts.payload_bytes += payload_bytes;
        position.at = len - rest.0.len();
        if let Ok((carry, _)) = Header::mut_from_prefix(position.carry.as_mut_bytes()) {
            *carry = header;
        }
    }

    /// Looks up the ids that a header holds anew, and reports the first of a block that is not
    /// known. Returns the marks.
    #[inline(always)]
    fn resolve<const V6: bool>(
        &self,
        flags: u8,
        header: Header,
        solid: &Solid,
        offset: u64,
        sink: &mut Sink<'_>,
    ) -> u32 {
        let mut marks = header.marks;
        if flags & flag::METADATA_ID != 0 {
            let id = header.metadata_id;
            if solid.classes.contains(&id.into()) || self.state.classes.contains(id) {
                marks |= mark::CLASS_KNOWN;
            } else {
                marks &= !mark::CLASS_KNOWN;
                if header.metadata_id != 0 && self.state.classes.is_complete() {
                    marks = report(marks, mark::REPORTED_CLASS, offset, sink);
                }
            }
        }
        if flags & flag::STACK != 0 {
            let id = header.stack_id.into();
            if solid.stacks.contains(&id) || id == 0 || self.state.stacks.contains(id) {
                marks |= mark::STACK_RESOLVED;
            } else {
                marks &= !mark::STACK_RESOLVED;
            }
        }
        if V6 {
            let known = |key: u64| solid.threads.contains(&key) || self.state.threads.contains(key);
            if flags & flag::THREAD != 0 && !known(header.thread)
                || flags & flag::CAPTURE != 0 && !known(header.capture_thread)
            {
                marks = report(marks, mark::REPORTED_THREAD, offset, sink);
            }
            let list = header.label_list;
            if flags & flag::ACTIVITY != 0 && list != 0 && !self.labels.contains(list.into()) {
                marks = report(marks, mark::REPORTED_LABELS, offset, sink);
            }
        }
        marks
    }
}

/// Reads a header and passes over its payload: the header, its flags, where the payload begins in
/// the run of `len` bytes, and what follows.
#[inline(always)]
fn read<'a, const V6: bool, const COMPRESSED: bool>(
    rest: Rest<'a>,
    header: &mut Header,
    len: usize,
) -> Result<(u8, u32, Rest<'a>), Failure> {
    if COMPRESSED {
        let (flags, rest) = rest.compressed::<V6>(header, len)?;
        let payload_at = place(len, rest.0);
        let (_, rest) = rest.take(header.payload_size as usize)?;
        return Ok((flags, payload_at, rest));
    }
    let (next, behind, rest) = rest.plain::<V6>(*header, len)?;
    *header = next;
    let payload_at = place(len, rest.0);
    let (_, rest) = rest.take(header.payload_size as usize)?;
    let (_, rest) = rest.take(behind)?;
    Ok((flag::PLAIN, payload_at, rest))
}

/// Length of a block's header, and whether the headers of its events are compressed.
pub(crate) fn block_header(run: RunView<'_>) -> Result<(usize, bool), Fault> {
    let mut cursor = Cursor::new(run.bytes, run.offset);
    let head = cursor.view::<BlockHeader>("block header: longer than the block")?;
    let len = usize::from(head.header_size.get());
    if len < size_of::<BlockHeader>() || len > run.bytes.len() {
        let what = "block header: HeaderSize below 20 or longer than the block";
        return Err(Fault::damage(run.offset, what));
    }
    Ok((len, head.flags.get() & 1 != 0))
}

/// An event cannot be read: the rest of its block is passed over.
#[cold]
fn failed(run: RunView<'_>, at: usize, failure: Failure, sink: &mut Sink<'_>) {
    sink.span(SpanKind::Damaged.mark(0));
    let what = match failure {
        // The end of what was cut is no fault.
        Failure::Short if run.cut => return,
        Failure::Short => "event: runs past the end of its block",
        Failure::Overlong => "event header: varint longer than its type allows",
    };
    sink.fault(Fault::damage(run.offset + at as u64, what));
}

/// Reports the first id of its kind in a block that is not known. Returns the marks.
#[cold]
fn report(marks: u32, kind: u32, offset: u64, sink: &mut Sink<'_>) -> u32 {
    if marks & kind == 0 {
        let what = match kind {
            mark::REPORTED_CLASS => "metadata id: not defined",
            mark::REPORTED_THREAD => "thread index: not defined",
            _ => "label list: not defined",
        };
        sink.fault(Fault::damage(offset, what));
    }
    marks | kind
}
