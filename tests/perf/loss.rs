//! Loss as recordings tell it in several ways, each counted once; and times in which recording paused.

use std::collections::BTreeMap;

use bytes::Bytes;
use tracemill::perf::{Perf, bit};
use tracemill::{Config, Format, Order, Parser};
use tracemill_test_support::laws::{check_cut_of, check_order_of, perf};
use tracemill_testkit::Rng;

use crate::writer::{Attr, Writer, file, pipe, tracing};

const READING: u64 = bit::IDENTIFIER | bit::TID | bit::TIME | bit::CPU | bit::READ;
/// A group of two that tells ids and loss, and an event of its own.
const EVENTS: [Attr; 2] = [
    Attr {
        kind: 1,
        config: 0,
        sample_type: READING,
        read_format: 1 << 2 | 1 << 3 | 1 << 4,
        branches: 0,
        regs_user: 0,
        regs_intr: 0,
        ids: &[10, 11],
        name: "cpu-clock",
    },
    Attr {
        kind: 1,
        config: 2,
        sample_type: READING,
        read_format: 1 << 4,
        branches: 0,
        regs_user: 0,
        regs_intr: 0,
        ids: &[20],
        name: "page-faults",
    },
];

/// What records of the kernel end with.
fn end(body: &mut Writer, time: u64, cpu: u32, id: u64) {
    body.u32s(&[7, 8]).u64s(&[time]).u32s(&[cpu, 0]).u64s(&[id]);
}

/// A sample of the group, whose two events have lost so many by then.
fn group(out: &mut Writer, time: u64, cpu: u32, lost: [u64; 2]) {
    out.record(9, 2, |b| {
        b.u64s(&[10]).u32s(&[7, 8]).u64s(&[time]).u32s(&[cpu, 0]);
        b.u64s(&[2, 100, 10, lost[0], 200, 11, lost[1]]);
    });
}

fn lost(out: &mut Writer, time: u64, cpu: u32, number: u64) {
    out.record(2, 0, |b| {
        b.u64s(&[10, number]);
        end(b, time, cpu, 10);
    });
}

/// Loss by CPU and in all, by event, and pauses by CPU with what they took.
type Found = (BTreeMap<u64, u64>, u64, Vec<(usize, u64)>, BTreeMap<u64, (u64, u64)>);

fn found(bytes: &[u8], order: Order) -> Found {
    let mut config = Config::default();
    config.order = order;
    let mut parser = Parser::new(Perf::new(&config), &config);
    parser.push(Bytes::copy_from_slice(bytes)).unwrap();
    parser.finish();
    while let Some(batch) = parser.next_batch().unwrap() {
        assert_eq!(batch.faults(), []);
    }
    let rows: Vec<_> = parser.loss().threads().collect();
    let losers = rows.iter().filter(|(_, loss)| loss.lost > 0);
    let paused = rows.iter().filter(|(_, loss)| loss.pauses > 0);
    let events = parser.format().lost_by_event();
    assert_eq!(parser.format().state().clock.frequency, Some(1_000_000_000));
    (
        losers.map(|(cpu, loss)| (*cpu, loss.lost)).collect(),
        parser.stats().lost,
        events.map(|(event, lost)| (event.index(), lost)).collect(),
        paused.map(|(cpu, loss)| (*cpu, (loss.pauses, loss.paused_ticks))).collect(),
    )
}

/// The same of a file and a pipe, in either byte order, cut anywhere and in parallel.
fn everywhere(records: impl Fn(&mut Writer)) -> Found {
    let mut all = Vec::new();
    for is_big in [false, true] {
        for of in [file, pipe] {
            let mut out = Writer::new(is_big);
            records(&mut out);
            let bytes = of(is_big, &EVENTS, &out.out, &tracing(is_big, "none", &[]));
            for order in [Order::File, Order::Time] {
                all.push(found(&bytes, order));
                let (bytes, mut rng) = (Bytes::from(bytes.clone()), Rng::new(9));
                let mut config = Config::default();
                config.order = order;
                let expected = check_cut_of(perf, &bytes, &config, &mut rng, "made");
                check_order_of(perf, &bytes, &config, &expected, &mut rng, "made");
            }
        }
    }
    all.dedup();
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

#[test]
fn counters_in_samples_and_in_reads_tell_what_rings_do_not() {
    let (cpus, all, events, _) = everywhere(|out| {
        group(out, 1, 3, [0, 0]);
        // The ring told it first.
        lost(out, 2, 3, 5);
        group(out, 3, 3, [4, 1]);
        group(out, 4, 3, [4, 1]);
        // Nobody told this, and then the ring does.
        group(out, 5, 3, [6, 1]);
        lost(out, 6, 3, 2);
        // A thread ends; of its event the CPU is not known.
        out.record(8, 0, |b| {
            b.u32s(&[7, 8]).u64s(&[55, 3]);
            end(b, 7, 1, 20);
        });
        // The same once more, and then more of it.
        out.record(13, 0, |b| {
            b.u64s(&[4]);
            end(b, 0, 0, 20);
        });
    });
    assert_eq!((cpus, all), (BTreeMap::from([(3, 7), (u64::MAX, 4)]), 11));
    assert_eq!(events, [(0, 7), (1, 4)]);
}

#[test]
fn what_rings_tell_after_their_counters_is_not_counted_again() {
    let (cpus, all, events, _) = everywhere(|out| {
        out.record(13, 0, |b| {
            b.u64s(&[9]);
            end(b, 0, 0, 10);
        });
        lost(out, 2, 1, 4);
        lost(out, 3, 2, 7);
        // A filter was asked to leave those out.
        out.record(13, 1 << 13, |b| {
            b.u64s(&[1_000]);
            end(b, 0, 0, 10);
        });
    });
    assert_eq!((cpus, all), (BTreeMap::from([(2, 2), (u64::MAX, 9)]), 11));
    assert_eq!(events, [(0, 9)]);
}

#[test]
fn rings_alone_tell_by_the_event_that_noticed() {
    let (_, all, events, _) = everywhere(|out| {
        lost(out, 2, 1, 4);
        out.record(2, 0, |b| {
            b.u64s(&[20, 3]);
            end(b, 3, 1, 20);
        });
    });
    assert_eq!((all, events), (7, vec![(0, 4), (1, 3)]));
}

#[test]
fn throttling_pauses_a_cpu() {
    let throttle = |out: &mut Writer, kind: u32, time: u64, cpu: u32, id: u64| {
        out.record(kind, 0, |b| {
            b.u64s(&[time, id, 70]);
            end(b, time, cpu, id);
        });
    };
    let (_, all, _, pauses) = everywhere(|out| {
        throttle(out, 5, 100, 1, 10);
        throttle(out, 5, 110, 1, 20);
        throttle(out, 6, 150, 1, 10);
        throttle(out, 6, 115, 1, 20);
        throttle(out, 5, 200, 2, 10);
        // Its beginning is not here.
        throttle(out, 6, 210, 3, 10);
    });
    assert_eq!((all, pauses), (0, BTreeMap::from([(1, (2, 55)), (2, (1, 0))])));
}
