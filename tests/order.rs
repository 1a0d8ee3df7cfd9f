//! Time order: a full sort where the bound allows, and every event once where it does not.

#![allow(clippy::indexing_slicing, reason = "tests")]

use bytes::Bytes;
use tracemill::nettrace::Nettrace;
use tracemill::{Config, Order, Parser, Place};
use tracemill_test_support::corpus::{self, Capture};
use tracemill_test_support::ordering::{check, deliver};
use tracemill_test_support::seeds::seeds;
use tracemill_testkit::{Event, Metadata, Rng, TraceHeader, mutate, v4};

/// Bound of the tight run.
const TIGHT: usize = 64 << 10;
/// The run in hand: the runtime's blocks have 100 KB.
const RUN: usize = 100_000;

#[test]
fn time_order_is_a_full_sort_on_every_capture_of_the_corpus() {
    let name = "time_order_is_a_full_sort_on_every_capture_of_the_corpus";
    let Some(corpus) = corpus::shared(name) else {
        return;
    };
    for (path, _) in corpus::eventpipe(&corpus) {
        full_sort(&corpus::read(&path, None));
    }
}

#[test]
fn time_order_is_a_full_sort_on_every_fixture() {
    corpus::fixtures().iter().for_each(full_sort);
}

fn full_sort(capture: &Capture) {
    let name = &capture.name;
    let bytes = Bytes::from(capture.bytes.clone());
    let [file, time] = check(&bytes, &Config::default(), name);
    assert!(time.sequence() == file.sorted(), "{name}: a full sort");
    assert_eq!((time.stats.early, time.stats.late), (0, 0), "{name}");
    let mut config = Config::default();
    config.order = Order::Time;
    config.max_held = TIGHT;
    let tight = deliver(&bytes, &config, usize::MAX);
    let held = tight.stats.memory.held_high_water;
    assert!(held <= (TIGHT + RUN) as u64, "{name}: held {held} bytes");
    println!(
        "{name}: {} events, held {} bytes at most; with 64 KiB held {}, {} early, {} late",
        file.events.len(),
        time.stats.memory.held_high_water,
        held,
        tight.stats.early,
        tight.stats.late,
    );
}

#[test]
fn time_order_is_the_models_on_damaged_streams() {
    let seeds = seeds();
    let mut rng = Rng::new(7);
    let mut late = 0;
    for round in 0..3_000 {
        let (name, seed) = &seeds[rng.index(seeds.len())];
        let bytes = Bytes::from(mutate(seed, &mut rng));
        let [_, time] = check(&bytes, &Config::default(), &format!("{name}, mutation {round}"));
        late += time.stats.late;
    }
    assert!(late > 1_000, "damage moves events in time: {late}");
}

/// A quiet process: the last event of a burst must not wait for the next burst.
#[test]
fn what_waits_is_delivered_by_a_flush() {
    let (mut config, bytes) = (Config::default(), burst());
    config.order = Order::Time;
    let mut parser = Parser::new(Nettrace::new(&config), &config);
    parser.push(bytes).expect("nothing is queued");
    let drain = |parser: &mut Parser<Nettrace>| {
        let mut placed = Vec::new();
        while let Some(batch) = parser.next_batch().expect("no damage") {
            placed.extend(batch.iter().map(|event| event.place()));
        }
        placed
    };
    assert_eq!(drain(&mut parser), [Place::InOrder], "the one that is a mark itself");
    assert_eq!(parser.stats().memory.waiting, 2);
    assert!(parser.stats().memory.held > 0);
    parser.flush();
    assert_eq!(drain(&mut parser), [Place::Early; 2]);
    assert_eq!((parser.stats().memory.waiting, parser.stats().early), (0, 2));
}

/// The beginning of a trace: an event with the sorted flag, and two without.
fn burst() -> Bytes {
    let mut trace = v4::Writer::new(&TraceHeader::default());
    trace.metadata_block(&[Metadata::new(1, "Provider", 1)]);
    let event = |sequence, ticks, sorted| Event {
        metadata_id: 1,
        sequence,
        ticks,
        sorted,
        ..Event::default()
    };
    trace.event_block(&[event(1, 10, true), event(2, 30, false), event(3, 20, false)]);
    Bytes::from(trace.take())
}
