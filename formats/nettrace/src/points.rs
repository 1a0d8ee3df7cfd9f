//! Sequence points and removals become spans of sequence numbers (specification section 6).

use tracemill_engine::{Cursor, Fault, Position, RunView, Sink, Span, SpanKind};

use crate::decode::Decoder;
use crate::frame::flags_of;
use crate::wire::{SequencePoint, SequencePointThread, SequencePointV6};

impl Decoder {
    pub(crate) fn sequence_point_v6<'a>(
        &'a self,
        run: RunView<'a>,
        position: &mut Position,
        sink: &mut Sink<'a>,
    ) {
        let mut cursor = at(run, position);
        let what = "sequence point: runs past the end of its block";
        if position.at == 0 {
            match cursor.view::<SequencePointV6>(what) {
                Ok(head) => {
                    let flags = u64::from(head.flags.get());
                    position.carry =
                        carry(head.thread_count.get().into(), head.timestamp.get(), flags);
                }
                Err(fault) => {
                    let cleared = !run.cut && flags_of(cursor) & 1 != 0;
                    ill_formed(run, position, fault, sink);
                    if cleared {
                        sink.span(SpanKind::Cleared.mark(0));
                    }
                    return;
                }
            }
        }
        let [mut left, ticks, flags, mut reported, ..] = position.carry;
        // What an ill-formed sequence point clears is cleared all the same.
        let cleared = |run: RunView<'_>, position: &mut Position, fault, sink: &mut Sink<'a>| {
            ill_formed(run, position, fault, sink);
            if flags & 1 != 0 && !run.cut {
                sink.span(SpanKind::Cleared.mark(ticks));
            }
        };
        while left > 0 && !sink.is_full() {
            let offset = cursor.offset();
            let row = cursor.varu64(what).and_then(|index| Ok((index, cursor.varu32(what)?)));
            let row = match row {
                Ok(row) => row,
                Err(fault) => return cleared(run, position, fault, sink),
            };
            left -= 1;
            let (thread, last) = row;
            if self.state.threads.contains(thread) {
                let span = SpanKind::Stands.mark(ticks);
                sink.span(Span { thread, first: last, last, ..span });
            } else if reported == 0 {
                reported = 1;
                sink.fault(Fault::damage(offset, "thread index: not defined"));
            }
        }
        if left > 0 && cursor.is_empty() {
            return cleared(run, position, Fault::damage(cursor.offset(), what), sink);
        }
        position.at = run.bytes.len() - cursor.len();
        (position.carry[0], position.carry[3]) = (left, reported);
        if left == 0 {
            position.at = run.bytes.len();
            sink.span(SpanKind::Settled.mark(ticks));
            if flags & 1 != 0 {
                sink.span(SpanKind::Cleared.mark(ticks));
            }
        }
    }

    pub(crate) fn removed_threads<'a>(
        &'a self,
        run: RunView<'a>,
        position: &mut Position,
        sink: &mut Sink<'a>,
    ) {
        let mut cursor = at(run, position);
        let what = "removed thread: runs past the end of the block";
        if position.at == 0 {
            sink.span(SpanKind::Removals.mark(0));
        }
        while !cursor.is_empty() && !sink.is_full() {
            let row = cursor.varu64(what).and_then(|index| Ok((index, cursor.varu32(what)?)));
            match row {
                // One that is not known was reported when the block was framed.
                Ok((thread, last)) if self.state.threads.contains(thread) => {
                    let span = SpanKind::Removed.mark(0);
                    sink.span(Span { thread, first: last, last, ..span });
                }
                Ok(_) => {}
                Err(fault) => return ill_formed(run, position, fault, sink),
            }
        }
        position.at = run.bytes.len() - cursor.len();
    }
}

pub(crate) fn sequence_point_v4(run: RunView<'_>, position: &mut Position, sink: &mut Sink<'_>) {
    let mut cursor = at(run, position);
    let what = "sequence point: runs past the end of its block";
    if position.at == 0 {
        match cursor.view::<SequencePoint>(what) {
            Ok(head) => {
                position.carry = carry(head.thread_count.get().into(), head.timestamp.get(), 0);
            }
            Err(fault) => return ill_formed(run, position, fault, sink),
        }
    }
    let [mut left, ticks, ..] = position.carry;
    while left > 0 && !sink.is_full() {
        match cursor.view::<SequencePointThread>(what) {
            Ok(row) => {
                let (thread, last) = (row.capture_thread_id.get(), row.sequence_number.get());
                let span = SpanKind::Stands.mark(ticks);
                sink.span(Span { thread, first: last, last, ..span });
            }
            Err(fault) => return ill_formed(run, position, fault, sink),
        }
        left -= 1;
    }
    if left > 0 && cursor.is_empty() {
        return ill_formed(run, position, Fault::damage(cursor.offset(), what), sink);
    }
    position.at = run.bytes.len() - cursor.len();
    position.carry[0] = left;
    if left == 0 {
        position.at = run.bytes.len();
        sink.span(SpanKind::Settled.mark(ticks));
    }
}

/// The rest of a block of rows cannot be read.
fn ill_formed(run: RunView<'_>, position: &mut Position, fault: Fault, sink: &mut Sink<'_>) {
    position.at = run.bytes.len();
    if !run.cut {
        sink.fault(fault);
        sink.span(SpanKind::Damaged.mark(0));
    }
}

fn at<'a>(run: RunView<'a>, position: &Position) -> Cursor<'a> {
    let rest = run.bytes.get(position.at..).unwrap_or_default();
    Cursor::new(rest, run.offset + position.at as u64)
}

fn carry(rows: u64, ticks: u64, flags: u64) -> [u64; 16] {
    let mut carry = [0; 16];
    (carry[0], carry[1], carry[2]) = (rows, ticks, flags);
    carry
}
