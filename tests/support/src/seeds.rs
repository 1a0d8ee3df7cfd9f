//! Small streams of every version with every feature, to be damaged.

use bytes::Bytes;
use tracemill_testkit::{
    Dialect, Event, Field, Label, Metadata, Mix, Thread, TraceHeader, Type, netperf, v4, v6,
};

use crate::corpus;

/// The seeds: written here, and the smaller fixtures.
pub fn seeds() -> Vec<(String, Bytes)> {
    let mut seeds = vec![
        ("v4-mix".to_owned(), mix(Dialect::V4, true)),
        ("v4-mix-plain".to_owned(), mix(Dialect::V4, false)),
        ("v6-mix".to_owned(), mix(Dialect::V6, true)),
        ("v6-mix-plain".to_owned(), mix(Dialect::V6, false)),
        ("v5-tags".to_owned(), v5_tags()),
        ("v6-features".to_owned(), v6_features()),
        ("v3".to_owned(), v3()),
        ("v2".to_owned(), v1_v2(2)),
        ("v1".to_owned(), v1_v2(1)),
    ];
    for capture in corpus::fixtures() {
        if capture.bytes.len() < 30_000 {
            seeds.push((capture.name, Bytes::from(capture.bytes)));
        }
    }
    seeds
}

fn mix(dialect: Dialect, compressed: bool) -> Bytes {
    let mix = Mix {
        dialect,
        compressed,
        seed: 7,
        payload: 0..60,
        capture_threads: 3,
        classes: 5,
        stacks: 6,
        events_per_block: 20,
        events_per_run: 1..12,
        blocks_per_sequence_point: 2,
        drop_percent: 5,
        ..Mix::default()
    };
    Bytes::from(mix.bytes(6_000).0)
}

fn metadata() -> Vec<Metadata> {
    let object = Type::Object(vec![Field::new("inner", Type::Int32)]);
    let mut plain = Metadata::new(1, "Seed-Provider", 1);
    plain.fields = vec![Field::new("a", Type::Int32), Field::new("o", object.clone())];
    let mut tagged = Metadata::new(2, "Seed-Provider", 2);
    (tagged.v2_params, tagged.opcode) = (true, Some(1));
    tagged.fields = vec![Field::new("list", Type::array(Type::Int16)), Field::new("o", object)];
    vec![plain, tagged]
}

fn events(count: u32, stack: &[u8]) -> Vec<Event> {
    let event = |number: u32| Event {
        metadata_id: 1 + number % 2,
        sequence: number + 1,
        ticks: 1_000 + u64::from(number) * 3,
        stack_id: number % 3,
        stack: stack.to_vec(),
        activity_id: [u8::try_from(number % 4).unwrap_or(0); 16],
        payload: vec![7; (number % 23) as usize],
        ..Event::default()
    };
    (0..count).map(event).collect()
}

fn v5_tags() -> Bytes {
    let mut writer = v4::Writer::new(&TraceHeader::default());
    writer.metadata_block(&metadata());
    writer.stack_block(1, &[vec![], vec![1; 16]]);
    let events = events(40, &[]);
    let (first, rest) = events.split_at(15);
    writer.event_block(first);
    writer.event_block_plain(rest);
    writer.sequence_point(2_000, &[(1, 40)]);
    writer.stack_block(1, &[vec![2; 8]]);
    writer.event_block(rest);
    Bytes::from(writer.finish())
}

fn v6_features() -> Bytes {
    let mut writer = v6::Writer::new(&TraceHeader::default());
    writer.metadata_block(&metadata());
    let thread = |index: u64| Thread {
        index,
        name: Some(format!("thread {index}")),
        process_id: Some(9),
        thread_id: Some(90 + index),
        ..Thread::default()
    };
    writer.thread_block(&[thread(1), thread(2)]);
    writer.stack_block(1, &[vec![3; 24], vec![]]);
    let labels = vec![
        vec![Label::ActivityId([5; 16]), Label::KeyText("k".into(), "v".into())],
        vec![Label::SpanId(7), Label::Opcode(3), Label::Level(2), Label::KeyNumber("n".into(), -4)],
    ];
    writer.label_list_block(1, &labels);
    let mut events = events(30, &[]);
    for event in &mut events {
        event.label_list = event.sequence % 3;
        event.thread = 1 + u64::from(event.sequence % 2);
    }
    let (first, rest) = events.split_at(20);
    writer.event_block(first);
    writer.block(77, &[1, 2, 3, 4, 5]);
    writer.event_block_plain(rest);
    writer.remove_thread_block(&[(1, 33)]);
    writer.sequence_point(5_000, 3, &[(2, 0)]);
    writer.metadata_block(&metadata());
    writer.thread_block(&[thread(1), thread(2)]);
    writer.label_list_block(1, &labels);
    writer.event_block(first);
    Bytes::from(writer.finish())
}

fn v3() -> Bytes {
    let mut writer = netperf::Writer::new(&TraceHeader::default());
    let (metadata, events) = (metadata(), events(24, &[8; 24]));
    for part in events.chunks(9) {
        let mut records: Vec<_> = metadata.iter().map(netperf::Record::Metadata).collect();
        records.extend(part.iter().map(netperf::Record::Event));
        writer.event_block(&records);
    }
    Bytes::from(writer.finish())
}

fn v1_v2(version: i32) -> Bytes {
    let mut writer = netperf::OldWriter::new(version, &TraceHeader::default());
    let ids: Vec<u32> =
        metadata().iter().take(1).map(|metadata| writer.metadata(metadata)).collect();
    for (event, id) in events(24, &[8; 16]).iter().zip(ids.iter().cycle()) {
        writer.event(&Event { metadata_id: *id, ..event.clone() });
    }
    Bytes::from(writer.finish())
}
