//! Works that do not look into payloads.

use tracemill::nettrace::Event;
use tracemill::{Config, EventView, Framer, Order};

use super::{Input, Totals, count, format, views};

/// Finds the frames and keeps the state; no event is decoded.
pub fn frame(input: &Input) -> Totals {
    let config = Config::default();
    let mut framer = Framer::new(format(&config), &config);
    framer.push(input.bytes.clone()).expect("nothing is queued");
    framer.finish();
    let mut totals = Totals::default();
    while let Some(run) = framer.next_run().expect("a whole trace") {
        totals.check += run.len() as u64;
    }
    totals
}

/// Views of whole blocks; loss counted; count and sum.
pub fn whole(input: &Input) -> Totals {
    let mut config = Config::default();
    config.batch_events = usize::MAX;
    views(&input.bytes, &config, count)
}

/// Views in batches of the default size, the arena reset for each; loss counted; count and sum.
pub fn small(input: &Input) -> Totals {
    views(&input.bytes, &Config::default(), count)
}

/// As `small`, in time order.
pub fn order(input: &Input) -> Totals {
    views(&input.bytes, &by_time(), |totals, event| {
        count(totals, event);
        totals.check = in_order(totals.check, event.ticks());
    })
}

/// In order of time, of a file that is mapped.
pub fn by_time() -> Config {
    let mut config = Config::default();
    config.order = Order::Time;
    config.resident_chunks = true;
    config
}

/// As `small`, and every header field of every event is read.
pub fn header(input: &Input) -> Totals {
    views(&input.bytes, &Config::default(), |totals, event| {
        count(totals, event);
        totals.check ^= Header::of(event).mixed();
    })
}

/// `check` of times that depends on their order.
#[inline(always)]
pub fn in_order(check: u64, ticks: u64) -> u64 {
    check.rotate_left(1) ^ ticks
}

/// The header fields of an event, by value.
pub struct Header {
    pub ticks: u64,
    pub thread: u64,
    pub capture_thread: u64,
    pub metadata_id: u32,
    pub sequence_number: u32,
    pub processor: u32,
    pub stack_id: u32,
    pub label_list_id: u32,
    pub is_sorted: bool,
}

impl Header {
    #[inline(always)]
    pub fn of(view: EventView<'_>) -> Self {
        let event = Event::of(view).expect("an EventPipe event");
        Self {
            ticks: view.ticks(),
            thread: view.thread_key(),
            capture_thread: event.capture_thread(),
            metadata_id: view.class_id(),
            sequence_number: event.sequence_number(),
            processor: view.processor().unwrap_or(0),
            stack_id: view.stack_id(),
            label_list_id: event.label_list_id(),
            is_sorted: event.is_sorted(),
        }
    }

    /// All of them in one number.
    #[inline(always)]
    pub fn mixed(&self) -> u64 {
        let numbers = [self.metadata_id, self.sequence_number, self.processor, self.stack_id];
        let sum = numbers.iter().fold(0, |sum, number| sum ^ u64::from(*number));
        let labels = u64::from(self.label_list_id) ^ u64::from(self.is_sorted);
        self.ticks ^ self.thread ^ self.capture_thread ^ sum ^ labels
    }
}
