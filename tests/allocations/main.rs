//! After warm-up, nothing is allocated: not for an event, not for a batch, not for a block.
//!
//! One test, since the counter is of the whole process.

#![allow(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "tests")]

mod conventions;
mod counting;

use bytes::Bytes;
use tracemill::nettrace::Nettrace;
use tracemill::{ChunkPool, Config, Filter, FilterSpec, Parser};
use tracemill_testkit::{
    Dialect, Event, Field, Label, Metadata, Mix, Thread, TraceHeader, Type, v6,
};

#[global_allocator]
static COUNTING: counting::Counting = counting::Counting;

#[test]
fn a_thousand_batches_allocate_nothing() {
    for (name, dialect, compressed) in [
        ("V4", Dialect::V4, true),
        ("V4, plain headers", Dialect::V4, false),
        ("V6", Dialect::V6, true),
        ("V6, plain headers", Dialect::V6, false),
    ] {
        let mix = Mix { dialect, compressed, blocks_per_sequence_point: 4, ..Mix::default() };
        let trace = Bytes::from(mix.bytes(80 << 20).0);
        check(name, &trace);
    }
    check("V6, an epoch for each block", &Bytes::from(epochs()));
    conventions::check();
}

fn check(name: &str, trace: &Bytes) {
    assert_eq!(whole(trace), 0, "{name}: one chunk");
    for capacity in [5_000, 64 << 10, 1 << 20] {
        assert_eq!(pooled(trace, capacity), 0, "{name}: chunks of {capacity} bytes");
    }
}

/// Allocations over a thousand batches after as many to warm up; all of `trace` in one chunk.
fn whole(trace: &Bytes) -> u64 {
    let config = Config::default();
    let mut parser = Parser::new(Nettrace::new(&config), &config);
    parser.push(trace.clone()).unwrap();
    let (mut start, mut fields, mut taken) = (0, 0, 0);
    let mut filter = filter();
    for number in 0..2_000 {
        if number == 1_000 {
            start = counting::allocations();
        }
        let batch = parser.next_batch().unwrap().expect("long enough a trace");
        taken += batch.iter().filter(|event| filter.takes(*event)).count();
        fields +=
            batch.iter().filter_map(|event| event.fields()).map(Iterator::count).sum::<usize>();
    }
    assert!(fields > 0, "every field of every event was read");
    assert!(taken > 0, "every event was looked at");
    counting::allocations() - start
}

/// Looks at fields of every kind, at labels, threads and times.
fn filter() -> Filter {
    let mut spec = FilterSpec::default();
    let text = "text contains 'abc' || text matches '*a*b*' || int0 & 1 || int1 > 1.5";
    let rest = "@level <= 5 && (byte0 in (1, 2) || @id > 0) && !(@tid == 77) && exists @ts";
    spec.conditions = vec![format!("{text} || {rest}")];
    spec.providers = vec!["*".into()];
    spec.level = Some(5);
    spec.time = Some(tracemill::TimeRange::default());
    Filter::new(&spec).unwrap()
}

/// The same in chunks of a pool, as from a socket.
fn pooled(trace: &Bytes, capacity: usize) -> u64 {
    let config = Config::default();
    let mut parser = Parser::new(Nettrace::new(&config), &config);
    let mut pool = ChunkPool::new(2, capacity);
    let (mut rest, mut batches, mut start) = (&trace[..], 0, 0);
    while batches < 2_000 {
        let mut buf = pool.lease().expect("the parser holds one chunk at most");
        let len = buf.len().min(rest.len());
        assert!(len > 0, "long enough a trace");
        let (head, tail) = rest.split_at(len);
        buf[..len].copy_from_slice(head);
        rest = tail;
        parser.push(buf.filled(len)).unwrap();
        while parser.next_batch().unwrap().is_some() {
            batches += 1;
            if batches == 1_000 {
                start = counting::allocations();
            }
        }
    }
    assert!(pool.stats().high_water <= 2);
    counting::allocations() - start
}

/// As V6's own writer does it: sequence point, stacks, threads and labels before each block.
fn epochs() -> Vec<u8> {
    let mut writer = v6::Writer::new(&TraceHeader::default());
    let mut class = Metadata::new(1, "Provider", 7);
    class.fields = vec![Field::new("first", Type::Byte)];
    writer.metadata_block(&[class]);
    let event = |number: u32| Event {
        sequence: number + 1,
        ticks: u64::from(number),
        stack_id: 1 + number % 200,
        thread: u64::from(number % 40),
        label_list: 1,
        payload: vec![1; (number % 90) as usize],
        ..Event::default()
    };
    let events: Vec<Event> = (0..1_000).map(event).collect();
    let threads: Vec<Thread> = (0..40)
        .map(|index| Thread { index, name: Some(format!("worker {index}")), ..Thread::default() })
        .collect();
    let stacks: Vec<Vec<u8>> = (0..200).map(|depth| vec![2; depth * 8]).collect();
    for _ in 0..600 {
        writer.sequence_point(0, v6::CLEAR_THREADS, &[]);
        writer.stack_block(1, &stacks);
        writer.thread_block(&threads);
        writer.label_list_block(1, &[vec![Label::ActivityId([1; 16])]]);
        writer.event_block(&events);
    }
    writer.finish()
}
