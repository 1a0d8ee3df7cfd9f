//! Time order: a full sort where the bound allows, and every event once where it does not.

#![allow(clippy::indexing_slicing, reason = "tests")]

use bytes::Bytes;
use tracemill::{Config, Order};
use tracemill_test_support::corpus::{self, Capture};
use tracemill_test_support::ordering::{check, deliver};

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
