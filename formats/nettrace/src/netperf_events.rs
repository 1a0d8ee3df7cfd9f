//! Events of V1 to V3 (specification section 3).

use tracemill_engine::{Position, Record, RunView, Sink, StackRef};
use zerocopy::FromBytes;

use crate::decode::Decoder;
use crate::header::{Rest, place};
use crate::view::Detail;
use crate::wire::NetperfEvent;

impl Decoder {
    /// Events of V1 to V3, whose extents the framing half has checked.
    pub(crate) fn netperf<'a>(
        &'a self,
        run: RunView<'a>,
        position: &mut Position,
        sink: &mut Sink<'a>,
    ) {
        let mut rest = Rest(run.bytes.get(position.at..).unwrap_or_default());
        let len = run.bytes.len();
        while !rest.0.is_empty() && !sink.is_full() {
            let start = place(len, rest.0);
            let Some((record, whole)) = netperf_event(rest.0, start) else {
                rest.0 = &[];
                break;
            };
            rest.0 = rest.0.get(whole..).unwrap_or_default();
            if !self.state.classes.contains(record.class) {
                sink.counts.undescribed += 1;
            }
            sink.counts.payload_bytes += u64::from(record.payload_len);
            sink.event(record);
        }
        position.at = len - rest.0.len();
    }
}

/// An event of V1 to V3 at the head of `bytes`, which is `start` bytes into its run, and its length.
fn netperf_event(bytes: &[u8], start: u32) -> Option<(Record, usize)> {
    let (event, rest) = NetperfEvent::ref_from_prefix(bytes).ok()?;
    let whole = usize::try_from(event.event_size.get()).ok()?.checked_add(4)?;
    let payload_size = usize::try_from(event.payload_size.get()).ok()?;
    let (_, rest) = rest.split_at_checked(payload_size)?;
    let (stack_size, _) = rest.split_first_chunk::<4>()?;
    let stack_at = start.checked_add(u32::try_from(60 + payload_size).ok()?)?;
    let stack = StackRef::inline(stack_at, u32::from_le_bytes(*stack_size));
    let detail = Detail {
        capture_thread: u64::MAX.into(),
        sequence: 0,
        activity: start + 20 + 1,
        related: start + 36 + 1,
        label_list: 0,
    };
    let record = Record {
        payload_at: start.checked_add(u32::try_from(size_of::<NetperfEvent>()).ok()?)?,
        payload_len: u32::try_from(payload_size).ok()?,
        ticks: event.timestamp.get(),
        thread: event.thread_id.get().into(),
        class: event.metadata_id.get(),
        processor: u32::MAX,
        stack,
        detail: detail.into_words(),
    };
    Some((record, whole))
}
