//! What a stream says of itself, and what that makes of time.

use bytes::Bytes;
use tracemill::nettrace::Nettrace;
use tracemill::{Config, Format, Parser, State};
use tracemill_testkit::netperf::{OldWriter, Record, Writer};
use tracemill_testkit::{Event, Put, TraceHeader, v4, v6};

use crate::read::{Counts, Expected, Read, damage, read};
use crate::write::{BEGIN, Stream, class, event, put_v6, thread};

/// 2024-02-29 12:34:56.789, where [`TraceHeader::default`] begins.
const BEGIN_UTC: i64 = 1_709_210_096_789_000_000;

/// One event in a stream of every version, and where in it SYSTEMTIME is.
fn streams(header: &TraceHeader) -> Vec<(Vec<u8>, u64)> {
    let mut old = OldWriter::new(2, header);
    let metadata_id = old.metadata(&class(1));
    old.event(&Event { metadata_id, ..event(1) });
    let mut v3 = Writer::new(header);
    v3.event_block(&[Record::Metadata(&class(1)), Record::Event(&event(1))]);
    let mut v4 = v4::Writer::new(header);
    v4.metadata_block(&[class(1)]);
    v4.numbers(1..=1);
    let mut v6 = v6::Writer::new(header);
    v6.metadata_block(&[class(1)]);
    v6.thread_block(&[thread(1)]);
    v6.numbers(1..=1);
    vec![(old.finish(), 82), (v3.finish(), 45), (v4.finish(), 53), (v6.finish(), 24)]
}

/// Reads the streams of all versions, which have these faults.
fn all(header: &TraceHeader, faults: impl Fn(u64) -> Vec<Expected>, check: impl Fn(&Read)) {
    for (stream, at) in streams(header) {
        let read = read(stream);
        read.has(&faults(at), Counts::default()).delivers(1..=1).is_complete();
        check(&read);
    }
}

fn state(stream: Vec<u8>, check: impl Fn(&State)) {
    let config = Config::default();
    let mut parser = Parser::new(Nettrace::new(&config), &config);
    parser.push(Bytes::from(stream)).unwrap();
    while parser.next_batch().unwrap().is_some() {}
    check(parser.format().state());
}

#[test]
fn time_follows_from_the_head() {
    all(
        &TraceHeader::default(),
        |_| Vec::new(),
        |read| {
            let seen = &read.events[0];
            assert_eq!((seen.ns, seen.utc_ns), (Some(10), Some(BEGIN_UTC + 10)));
        },
    );
}

#[test]
fn an_impossible_date_is_a_fault_and_the_wall_clock_is_unknown() {
    for (at, value) in
        [(7, 1000), (6, 60), (5, 60), (4, 24), (3, 30), (3, 0), (1, 13), (1, 0), (7, u16::MAX)]
    {
        let mut header = TraceHeader::default();
        header.system_time[at] = value;
        all(
            &header,
            |at| vec![damage(at, "SYSTEMTIME")],
            |read| {
                let seen = &read.events[0];
                assert_eq!((seen.ns, seen.utc_ns, seen.ticks), (Some(10), None, BEGIN + 10));
            },
        );
    }
}

#[test]
fn a_frequency_of_0_or_below_is_a_fault_and_ticks_remain() {
    for frequency in [0, -1, i64::MIN] {
        all(
            &TraceHeader { frequency, ..TraceHeader::default() },
            |at| vec![damage(at + 24, "frequency")],
            |read| {
                let seen = &read.events[0];
                assert_eq!((seen.ns, seen.utc_ns, seen.ticks), (None, None, BEGIN + 10));
            },
        );
    }
}

#[test]
fn date_and_frequency_are_two_faults() {
    let header = TraceHeader { frequency: 0, system_time: [0; 8], ..TraceHeader::default() };
    let faults = |at| vec![damage(at, "SYSTEMTIME"), damage(at + 24, "frequency")];
    all(&header, faults, |read| assert_eq!(read.events[0].ns, None));
}

#[test]
fn a_pointer_size_other_than_4_or_8_is_a_fault_and_8_is_assumed() {
    for pointer_size in [0, 3, 16, -8, i32::MAX, 4, 8] {
        let header = TraceHeader { pointer_size, ..TraceHeader::default() };
        let is_known = matches!(pointer_size, 4 | 8);
        for (stream, at) in streams(&header).into_iter().skip(1) {
            let faults = [damage(at + 32, "PointerSize")];
            let faults = if is_known { &[][..] } else { &faults };
            let read = read(stream.clone());
            read.has(faults, Counts::default()).delivers(1..=1).is_complete();
            let expected = if pointer_size == 4 { 4 } else { 8 };
            state(stream, |state| assert_eq!(state.trace.pointer_size, expected));
        }
    }
}

#[test]
fn time_is_exact_at_any_frequency() {
    for (frequency, ticks, ns) in [
        (10_000_000, 1, 100),
        (3, 1, 333_333_333),
        (3_000_000_000, 3_000_000_000 * 86_400 * 365, 86_400 * 365 * 1_000_000_000),
        (1, 9_000_000_000, 9_000_000_000_000_000_000),
    ] {
        let mut writer =
            v4::Writer::new(&TraceHeader { frequency, sync_ticks: 7, ..TraceHeader::default() });
        writer.metadata_block(&[class(1)]);
        writer.events(&[Event { ticks: 7 + ticks, ..event(1) }]);
        let read = read(writer.finish());
        read.has(&[], Counts::default()).delivers(1..=1).is_complete();
        assert_eq!(read.events[0].ns, Some(ns), "{ticks} ticks of {frequency} Hz");
    }
}

#[test]
fn time_that_does_not_fit_is_unknown() {
    let mut writer =
        v6::Writer::new(&TraceHeader { frequency: 1, sync_ticks: 0, ..TraceHeader::default() });
    writer.metadata_block(&[class(1)]);
    writer.thread_block(&[thread(1)]);
    let at = |ticks, number| Event { ticks, ..event(number) };
    writer.events(&[at(i64::MAX as u64, 1), at(u64::MAX, 2), at(9_000_000_000, 3)]);
    let read = read(writer.finish());
    read.has(&[], Counts::default()).delivers(1..=3).is_complete();
    let times: Vec<_> = read.events.iter().map(|seen| (seen.ns, seen.utc_ns)).collect();
    let second = 1_000_000_000;
    let utc = BEGIN_UTC.checked_add(9_000_000_000 * second);
    let expected = [
        (None, None),
        (Some(-second), Some(BEGIN_UTC - second)),
        (Some(9_000_000_000 * second), utc),
    ];
    assert_eq!(times, expected);
}

#[test]
fn a_trace_block_of_v6_that_is_cut_keeps_what_was_whole() {
    let whole = v6::Writer::new(&TraceHeader::default()).into_bytes()[24..].to_vec();
    for len in 0..whole.len() {
        let mut writer = v6::Writer::empty();
        writer.raw(b"Nettrace\0\0\0\0\x06\0\0\0\0\0\0\0");
        let offset = put_v6(&mut writer, v6::TRACE, &whole[..len]);
        writer.metadata_block(&[class(1)]);
        writer.thread_block(&[thread(1)]);
        writer.numbers(1..=1);
        let read = read(writer.finish());
        assert_eq!(read.counts, Counts { faults: 1, ..Counts::default() }, "{len} bytes");
        let place = read.faults[0].offset();
        assert!((offset..=offset + len as u64).contains(&place), "{len} bytes: {place}");
        read.delivers(1..=1).is_complete();
        assert_eq!(read.events[0].ns, (len >= 32).then_some(10), "{len} bytes");
    }
}

#[test]
fn the_last_of_several_values_of_a_key_holds() {
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let header = TraceHeader {
        key_values: vec![
            pair("ProcessId", "77"),
            pair("HardwareThreadCount", "5"),
            pair("k", "1"),
            pair("k", "2"),
        ],
        ..TraceHeader::default()
    };
    state(v6::Writer::new(&header).finish(), |state| {
        let trace = &state.trace;
        assert_eq!((trace.process_id, trace.processors), (Some(77), Some(5)));
        let of_k: Vec<_> = trace.properties.iter().filter(|(key, _)| key == "k").collect();
        assert_eq!(of_k, [&pair("k", "2")]);
    });
}

#[test]
fn what_v1_and_v2_do_not_say_is_assumed() {
    for version in [1, 2] {
        state(OldWriter::new(version, &TraceHeader::default()).finish(), |state| {
            let trace = &state.trace;
            assert_eq!((trace.format, trace.version), ("netperf", (version.unsigned_abs(), 0)));
            assert_eq!(trace.pointer_size, 8);
        });
    }
    let mut writer = v4::Writer::begin();
    let mut record = class(3);
    (record.opcode, record.v2_params) = (Some(1), true);
    writer.metadata_block(&[record]);
    // There is no version 5 on the wire.
    state(writer.finish(), |state| assert_eq!(state.trace.version, (4, 0)));
}

#[test]
fn text_of_the_head_may_be_ill_formed_utf_8() {
    let mut content = v6::Writer::new(&TraceHeader::default()).into_bytes()[24..].to_vec();
    content.truncate(36);
    content.put_u32(1);
    content.put_bytes(&[1, 0xff, 1, 0xfe]);
    let mut writer = v6::Writer::empty();
    writer.raw(b"Nettrace\0\0\0\0\x06\0\0\0\0\0\0\0");
    put_v6(&mut writer, v6::TRACE, &content);
    let stream = writer.finish();
    read(stream.clone()).has(&[], Counts::default()).is_complete();
    let expected = [("\u{fffd}".to_owned(), "\u{fffd}".to_owned())];
    state(stream, |state| assert_eq!(state.trace.properties, expected));
}
