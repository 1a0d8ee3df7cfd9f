//! The works that are measured: what a reader does with every event of a stream.
#![allow(dead_code, reason = "each runner uses some of it")]

use bytes::Bytes;
use tracemill::nettrace::{Event, Nettrace};
use tracemill::{Config, EventView, Format, Framer, Order, Parser};

/// What a work found; the benches compare it with what is in the input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub events: u64,
    pub payload_bytes: u64,
    pub lost: u64,
    /// Depends on every header field that was read, so that none is left out.
    pub check: u64,
}

/// Finds the frames and keeps the state; no event is decoded.
pub fn frame(bytes: &Bytes) -> Totals {
    let config = Config::default();
    let mut framer = Framer::new(Nettrace::new(&config), &config);
    framer.push(bytes.clone()).expect("nothing is queued");
    framer.finish();
    let mut totals = Totals::default();
    while let Some(run) = framer.next_run().expect("a whole trace") {
        totals.check += run.len() as u64;
    }
    totals
}

/// Views of whole blocks; loss counted; count and sum.
pub fn whole(bytes: &Bytes) -> Totals {
    let mut config = Config::default();
    config.batch_events = usize::MAX;
    views(bytes, &config, count)
}

/// Views in batches of the default size, the arena reset for each; loss counted; count and sum.
pub fn small(bytes: &Bytes) -> Totals {
    views(bytes, &Config::default(), count)
}

/// As `small`, in time order.
pub fn order(bytes: &Bytes) -> Totals {
    let mut config = Config::default();
    config.order = Order::Time;
    views(bytes, &config, count)
}

/// As `small`, and every header field of every event is read.
pub fn fields(bytes: &Bytes) -> Totals {
    views(bytes, &Config::default(), |totals, event| {
        count(totals, event);
        let Some(own) = Event::of(event) else { return };
        totals.check ^= event.ticks() ^ event.thread_key() ^ own.capture_thread();
        let numbers = [event.class_id(), event.stack_id(), own.sequence_number()];
        totals.check ^= numbers.iter().fold(0, |sum, number| sum ^ u64::from(*number));
        totals.check ^= u64::from(event.processor().unwrap_or(0)) ^ u64::from(own.is_sorted());
        totals.check ^= u64::from(own.label_list_id());
    })
}

/// Each event as a struct of its own with its payload in a `Vec`: what zero-copy saves.
pub fn owned(bytes: &Bytes) -> Totals {
    views(bytes, &Config::default(), |totals, event| {
        let event = std::hint::black_box(Box::new(Owned::of(event)));
        totals.events += 1;
        totals.payload_bytes += event.payload.len() as u64;
    })
}

/// The header fields of an event and its payload, by value.
pub struct Owned {
    pub ticks: u64,
    pub thread: u64,
    pub capture_thread: u64,
    pub metadata_id: u32,
    pub sequence_number: u32,
    pub processor: Option<u32>,
    pub stack_id: u32,
    pub activity_id: Option<[u8; 16]>,
    pub related_activity_id: Option<[u8; 16]>,
    pub label_list_id: u32,
    pub is_sorted: bool,
    pub payload: Vec<u8>,
}

impl Owned {
    fn of(view: EventView<'_>) -> Self {
        let event = Event::of(view).expect("an EventPipe event");
        Self {
            ticks: view.ticks(),
            thread: view.thread_key(),
            capture_thread: event.capture_thread(),
            metadata_id: view.class_id(),
            sequence_number: event.sequence_number(),
            processor: view.processor(),
            stack_id: view.stack_id(),
            activity_id: event.activity_id(),
            related_activity_id: event.related_activity_id(),
            label_list_id: event.label_list_id(),
            is_sorted: event.is_sorted(),
            payload: view.payload().to_vec(),
        }
    }
}

#[inline(always)]
fn count(totals: &mut Totals, event: EventView<'_>) {
    totals.events += 1;
    totals.payload_bytes += event.payload().len() as u64;
}

#[inline(always)]
fn views(
    bytes: &Bytes,
    config: &Config,
    mut each: impl FnMut(&mut Totals, EventView<'_>),
) -> Totals {
    let mut parser = Parser::new(Nettrace::new(config), config);
    parser.push(bytes.clone()).expect("nothing is queued");
    parser.finish();
    let mut totals = Totals::default();
    while let Some(batch) = parser.next_batch().expect("a whole trace") {
        for event in &batch {
            each(&mut totals, event);
        }
    }
    totals.lost = parser.stats().lost;
    assert_eq!(parser.stats().events, totals.events);
    assert!(!parser.format().frame_kinds().is_empty());
    totals
}
