//! The three laws, on every recording and on damaged ones.

use bytes::Bytes;
use tracemill::{Config, ErrorKind, Order};
use tracemill_test_support::corpus;
use tracemill_test_support::laws::{
    check_cut_of, check_damaged_of, check_order_of, cut_of, perf, whole_of,
};
use tracemill_testkit::Rng;

use crate::made;

/// Damaged recordings that one run reads, each whole, cut, and in parallel.
const MUTATIONS: u32 = 20_000;

#[test]
fn laws_hold_on_every_recording() {
    let Some(corpus) = corpus::shared("laws_hold_on_every_recording") else {
        return;
    };
    for (path, _) in corpus::perf(&corpus) {
        let bytes = Bytes::from(corpus::perf_parts(&path).remove(0));
        let name = path.display().to_string();
        let mut rng = Rng::new(bytes.len() as u64);
        for order in [Order::File, Order::Time] {
            let bounds = if order == Order::Time { &[64 << 20, 1 << 20][..] } else { &[64 << 20] };
            for max_held in bounds.iter().copied() {
                let mut config = Config::default();
                (config.order, config.max_held) = (order, max_held);
                let expected = check_cut_of(perf, &bytes, &config, &mut rng, &name);
                assert_eq!((expected.error(), expected.fault_count()), (None, 0), "{name}");
                check_order_of(perf, &bytes, &config, &expected, &mut rng, &name);
            }
        }
    }
}

#[test]
fn beginnings_are_truncated_and_not_damaged() {
    let config = Config::default();
    for (name, seed) in seeds("beginnings_are_truncated_and_not_damaged") {
        let step = if seed.len() < 6_000 { 1 } else { 61 };
        let mut ends = 0;
        for len in (0..seed.len()).step_by(step) {
            let found = whole_of(perf, &seed.slice(..len), &config);
            let kind = found.error().map(|error| error.kind());
            ends += u32::from(kind.is_none());
            assert!(matches!(kind, Some(ErrorKind::Truncated) | None), "{name}, {len}: {found:?}");
            assert_eq!(found.fault_count(), 0, "{name}, first {len} bytes: {found:?}");
            let mut rng = Rng::new(len as u64);
            let (cut, _) = cut_of(perf, &seed.slice(..len), &config, |_| rng.index(300) + 1);
            assert_eq!(cut, found, "{name}, first {len} bytes");
        }
        // What comes from a pipe may end behind any record.
        assert!(ends == 0 || name.contains("pipe"), "{name}: {ends} beginnings are whole");
    }
}

#[test]
fn laws_hold_on_damaged_recordings() {
    check_damaged_of(perf, &seeds("laws_hold_on_damaged_recordings"), MUTATIONS, Rng::new(13));
}

/// What was made here, and beginnings of recordings of every kind.
fn seeds(test: &str) -> Vec<(String, Bytes)> {
    let mut seeds = made::seeds();
    let Some(corpus) = corpus::shared(test) else {
        return seeds;
    };
    for (name, len) in [
        ("s01-tiny.data", 6_000),
        ("s05-group-read.data", 20_000),
        ("s06-kitchen.data", 40_000),
        ("s07-opts.data", 12_000),
        ("s08-buildid-mmap2.data", 16_000),
        ("s13-z22.data", 60_000),
        ("s14-pipe-z.data", 40_000),
        ("s15-pipe-tp.data", 24_000),
        ("m06-overload.data", 24_000),
    ] {
        let mut bytes = std::fs::read(corpus.join("perf").join(name)).unwrap();
        bytes.truncate(len);
        seeds.push((name.to_owned(), Bytes::from(bytes)));
    }
    seeds
}
