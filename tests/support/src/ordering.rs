//! Time order, checked against a plain model of it that holds everything.

use bytes::Bytes;
use tracemill_clr::Clr;
use tracemill_engine::{Batch, Config, Order, Parser, Place, SpanKind, Stats};
use tracemill_nettrace::{Event, Nettrace};

use crate::digest::Folded;

/// An event by value, with all that decides about its place.
pub struct Delivered {
    /// Raw time.
    pub ticks: u64,
    /// Whether the stream promises that none older follows.
    pub is_watermark: bool,
    /// How it came to its place.
    pub place: Place,
    /// All that it says.
    pub digest: u64,
}

/// What a reader delivered.
#[derive(Default)]
pub struct Delivery {
    /// Its events.
    pub events: Vec<Delivered>,
    /// Numbers of events before each sequence point.
    pub settled: Vec<usize>,
    /// Its counters at the end.
    pub stats: Stats,
    /// The most that was ever held, beyond the batch in hand.
    pub held_high_water: u64,
}

/// Reads all of `bytes`, in chunks of `chunk` bytes.
///
/// # Panics
/// If the counters do not agree with what was delivered.
pub fn deliver(bytes: &Bytes, config: &Config, chunk: usize) -> Delivery {
    let mut parser = Parser::new(Nettrace::new(config).with_schemas(&Clr), config);
    let mut delivery = Delivery::default();
    let mut rest = bytes.clone();
    loop {
        let is_last = rest.is_empty();
        if is_last {
            parser.finish();
        } else {
            let len = chunk.min(rest.len());
            parser.push(rest.split_to(len)).expect("all was drained");
        }
        while let Ok(Some(batch)) = parser.next_batch() {
            delivery.take(&batch);
        }
        if is_last || parser.next_batch().is_err() {
            break;
        }
    }
    delivery.stats = parser.stats();
    let count = |place| delivery.events.iter().filter(|event| event.place == place).count() as u64;
    assert_eq!(delivery.stats.events, delivery.events.len() as u64);
    assert_eq!(
        (delivery.stats.early, delivery.stats.late),
        (count(Place::Early), count(Place::Late))
    );
    assert_eq!((delivery.stats.memory.waiting, delivery.stats.memory.held), (0, 0));
    delivery
}

impl Delivery {
    fn take(&mut self, batch: &Batch<'_>) {
        for view in batch {
            let event = Event::of(view).expect("an EventPipe event");
            self.events.push(Delivered {
                ticks: view.ticks(),
                is_watermark: event.is_sorted() || view.state().trace.version.0 < 4,
                place: view.place(),
                digest: Folded::of(view).digest(),
            });
        }
        let settled = batch.spans().iter().filter(|span| span.kind == SpanKind::Settled);
        self.settled.extend(settled.map(|_| self.events.len()));
    }

    /// Ticks and digests, in order.
    pub fn sequence(&self) -> Vec<(u64, u64)> {
        self.events.iter().map(|event| (event.ticks, event.digest)).collect()
    }

    /// The same, by time; events of the same time as they are.
    pub fn sorted(&self) -> Vec<(u64, u64)> {
        let mut sequence = self.sequence();
        sequence.sort_by_key(|(ticks, _)| *ticks);
        sequence
    }

    /// What time order makes of these events, which are in file order, if nothing bounds it.
    pub fn in_time_order(&self) -> Vec<(u64, u64)> {
        let mut out = Vec::new();
        let (mut waiting, mut low_water) = (Vec::new(), 0);
        let mut settled = self.settled.iter().peekable();
        for (at, event) in self.events.iter().enumerate() {
            while settled.next_if(|point| **point <= at).is_some() {
                waiting.sort_by_key(|(ticks, _)| *ticks);
                out.append(&mut waiting);
                low_water = 0;
            }
            if event.is_watermark {
                waiting.sort_by_key(|(ticks, _)| *ticks);
                let gone = waiting.partition_point(|(ticks, _)| *ticks <= event.ticks);
                out.extend(waiting.drain(..gone));
                low_water = low_water.max(event.ticks);
            }
            let pair = (event.ticks, event.digest);
            if event.is_watermark || event.ticks <= low_water {
                out.push(pair);
            } else {
                waiting.push(pair);
            }
        }
        waiting.sort_by_key(|(ticks, _)| *ticks);
        out.append(&mut waiting);
        out
    }
}

/// Time order without a bound that matters is the model's, and with a tight one nothing is lost.
/// Returns what came in file order and in time order.
///
/// # Panics
/// If that does not hold.
pub fn check(bytes: &Bytes, config: &Config, name: &str) -> [Delivery; 2] {
    let file = deliver(bytes, config, usize::MAX);
    let mut config = *config;
    config.order = Order::Time;
    let time = deliver(bytes, &config, usize::MAX);
    assert_marks(&time, name);
    if time.stats.early == 0 {
        assert!(time.sequence() == file.in_time_order(), "{name}: time order");
    }
    config.max_held = 64 << 10;
    let tight = deliver(bytes, &config, usize::MAX);
    assert_marks(&tight, name);
    assert_eq!(by_value(&tight), by_value(&file), "{name}: every event once");
    config.resident_chunks = true;
    let cut = deliver(bytes, &config, 1000);
    assert!(cut.sequence() == tight.sequence(), "{name}: cut law with a tight bound");
    assert_eq!((cut.stats.early, cut.stats.late), (tight.stats.early, tight.stats.late), "{name}");
    [file, time]
}

/// Late are those that are older than one before, and no others.
fn assert_marks(delivery: &Delivery, name: &str) {
    let mut latest = 0;
    for event in &delivery.events {
        let is_late = event.ticks < latest && event.ticks > 0;
        assert_eq!(event.place == Place::Late, is_late, "{name}");
        latest = latest.max(event.ticks);
    }
}

fn by_value(delivery: &Delivery) -> Vec<(u64, u64)> {
    let mut sequence = delivery.sequence();
    sequence.sort_unstable();
    sequence
}
