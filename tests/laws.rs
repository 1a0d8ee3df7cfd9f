//! The three laws, on every capture and on damaged ones.

#![allow(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "tests")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use tracemill::{Config, Order, ParallelParser, Parser, Results};
use tracemill_test_support::corpus::{self, Capture};
use tracemill_test_support::fuzz::TARGETS;
use tracemill_test_support::laws::{check_cut, check_damaged_of, check_order, nettrace, whole};
use tracemill_test_support::seeds::seeds;
use tracemill_testkit::Rng;

/// Damaged streams that one run reads, each whole, cut, and in parallel.
const MUTATIONS: u32 = 20_000;

#[test]
fn laws_hold_on_every_capture_of_the_corpus() {
    let Some(corpus) = corpus::shared("laws_hold_on_every_capture_of_the_corpus") else {
        return;
    };
    for (path, _) in corpus::eventpipe(&corpus) {
        laws(&corpus::read(&path, None));
    }
}

#[test]
fn laws_hold_on_every_fixture() {
    corpus::fixtures().iter().for_each(laws);
}

fn laws(capture: &Capture) {
    let mut rng = Rng::new(capture.bytes.len() as u64);
    let bytes = Bytes::from(capture.bytes.clone());
    for order in [Order::File, Order::Time] {
        let mut config = Config::default();
        (config.order, config.max_held) = (order, 1 << 20);
        let expected = check_cut(&bytes, &config, &mut rng, &capture.name);
        check_order(&bytes, &config, &expected, &mut rng, &capture.name);
    }
}

#[test]
fn laws_hold_on_seeds_and_all_their_beginnings() {
    let config = Config::default();
    for (name, seed) in seeds() {
        let mut rng = Rng::new(1);
        check_cut(&seed, &config, &mut rng, &name);
        let step = if seed.len() < 4_000 { 1 } else { 61 };
        for len in (0..seed.len()).step_by(step) {
            let head = seed.slice(..len);
            let found = whole(&head, &config);
            let error = found.error();
            let truncated =
                error.is_some_and(|error| error.kind() == tracemill::ErrorKind::Truncated);
            assert!(truncated, "{name}, first {len} bytes: {error:?}");
            assert_eq!(found.fault_count(), 0, "{name}, first {len} bytes: {found:?}");
        }
    }
}

#[test]
fn laws_hold_on_damaged_streams() {
    check_damaged_of(nettrace, &seeds(), MUTATIONS, Rng::new(20_000));
}

#[test]
fn a_panic_on_a_worker_does_not_disorder_the_next_window() {
    let config = Config::default();
    let stream = Bytes::from(tracemill_testkit::Mix::default().bytes(40 << 20).0);
    let ticks =
        |batch: tracemill::Batch<'_>| batch.iter().map(|event| event.ticks()).collect::<Vec<u64>>();
    let (mut serial, mut parser) = (Vec::new(), Parser::new(nettrace(&config), &config));
    parser.push(stream.clone()).unwrap();
    parser.finish();
    while let Some(batch) = parser.next_batch().unwrap() {
        serial.push(ticks(batch));
    }
    let mut parser = ParallelParser::new(nettrace(&config), &config);
    parser.push(stream).unwrap();
    parser.finish();
    let met = AtomicUsize::new(0);
    let broken = catch_unwind(AssertUnwindSafe(|| {
        let _ = parser.map_window(&mut Results::new(), |_| {
            assert!(met.fetch_add(1, Ordering::Relaxed) < 50, "on purpose");
        });
    }));
    assert!(broken.is_err());
    let (mut found, mut results) = (Vec::new(), Results::new());
    while parser.map_window(&mut results, ticks).unwrap() {
        found.extend(results.by_ref());
    }
    assert!(found.len() > 100 && serial.ends_with(&found), "{} batches", found.len());
}

#[test]
fn fuzz_targets_hold_on_seeds_and_random_bytes() {
    let mut rng = Rng::new(3);
    for (_, target) in TARGETS {
        for (_, seed) in seeds() {
            target(&[&rng.next_u64().to_be_bytes(), &seed[..]].concat());
        }
        for _ in 0..100 {
            let mut bytes = vec![0; rng.index(200)];
            rng.fill(&mut bytes);
            target(&bytes);
        }
    }
}

#[test]
fn streams_that_once_broke_a_law_keep_it() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/regressions");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let target = TARGETS.iter().find(|(target, _)| name.starts_with(target));
        let (_, target) = target.unwrap_or_else(|| panic!("{name}: of which target?"));
        target(&std::fs::read(&path).unwrap());
    }
}
