//! Every capture of the corpus against what an independent reader found in it.

#![allow(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "tests")]

use bytes::Bytes;
use serde_json::Value;
use tracemill::nettrace::Nettrace;
use tracemill::{Config, ErrorKind, Parser, Stats};
use tracemill_test_support::corpus::{self, Capture};
use tracemill_test_support::digest::{Census, Digest};

#[test]
fn every_capture_of_the_corpus_gives_its_truth() {
    let Some(corpus) = corpus::shared("every_capture_of_the_corpus_gives_its_truth") else {
        return;
    };
    let captures = corpus::eventpipe(&corpus);
    assert!(captures.len() >= 56, "only {} captures found", captures.len());
    for (path, truth) in captures {
        check(&corpus::read(&path, Some(&truth)));
    }
}

#[test]
fn every_fixture_gives_its_truth() {
    let fixtures = corpus::fixtures();
    assert!(!fixtures.is_empty());
    fixtures.iter().for_each(check);
}

fn check(capture: &Capture) {
    let name = &capture.name;
    let truth = capture.truth.as_ref().unwrap_or_else(|| panic!("{name}: no truth"));
    let config = Config::default();
    let mut parser = Parser::new(Nettrace::new(&config), &config);
    parser.push(Bytes::from(capture.bytes.clone())).unwrap();
    parser.finish();
    let (mut digest, mut census) = (Digest::default(), Census::default());
    loop {
        match parser.next_batch() {
            Ok(Some(batch)) => {
                digest.batch(&batch);
                census.batch(&batch);
            }
            Ok(None) => break,
            Err(error) => {
                digest.error = Some(error);
                break;
            }
        }
    }
    let stats = parser.stats();
    let expect = |key: &str, found: u64| {
        let expected = truth[key].as_u64();
        assert_eq!(Some(found), expected, "{name}: {key}");
    };
    expect("events", digest.events);
    expect("payload_bytes", digest.payload_bytes);
    let [plain, header, stacks, _] = digest.hashes().map(|hash| format!("{hash:016x}"));
    assert_eq!(truth["fnv1a64"], plain, "{name}: fnv1a64");
    assert_eq!(truth["fnv1a64_header"], header, "{name}: fnv1a64_header");
    assert_eq!(truth["fnv1a64_stacks"], stacks, "{name}: fnv1a64_stacks");
    expect("dropped_events", stats.lost);
    expect("sequence_points", stats.sequence_points);
    expect("unresolved_stack_refs", stats.unresolved_stacks);
    expect("distinct_threads", census.threads.len() as u64);
    expect("distinct_capture_threads", census.capture_threads.len() as u64);
    expect("events_with_stack_id", census.stacks[0]);
    expect("events_with_frames", census.stacks[1]);
    expect("stack_frames_total", census.stacks[2]);
    expect("sorted_flag_events", census.sorted);
    expect("out_of_order_events", census.out_of_order);
    expect("events_with_activity_id", census.with_activity);
    let (first, last) = census.range.unwrap_or_default();
    expect("min_timestamp", first);
    expect("max_timestamp", last);
    assert_eq!(stats.undescribed, 0, "{name}: undescribed");
    check_classes(name, truth, &census);
    check_processors(name, truth, &census);
    check_blocks(name, truth, &parser);
    check_end(name, truth, &digest, &stats);
    check_head(name, truth, &parser);
}

fn check_classes(name: &str, truth: &Value, census: &Census) {
    let rows = truth["counts"].as_array().unwrap();
    assert_eq!(rows.len(), census.classes.len(), "{name}: classes");
    for row in rows {
        let number = |key: &str| u32::try_from(row[key].as_u64().unwrap()).unwrap();
        let text = |key: &str| row[key].as_str().unwrap().to_owned();
        let key = (text("provider"), number("event_id"), text("name"), number("version"));
        let found = census.classes.get(&key);
        let expected = (row["count"].as_u64().unwrap(), row["payload_bytes"].as_u64().unwrap());
        assert_eq!(found, Some(&expected), "{name}: {key:?}");
    }
}

fn check_processors(name: &str, truth: &Value, census: &Census) {
    let expected = truth["processor_numbers"].as_object().unwrap();
    assert_eq!(expected.len(), census.processors.len(), "{name}: processors");
    for (processor, count) in expected {
        let processor = processor.parse().unwrap();
        assert_eq!(census.processors.get(&processor), count.as_u64().as_ref(), "{name}");
    }
}

fn check_blocks(name: &str, truth: &Value, parser: &Parser<Nettrace>) {
    use tracemill::Format;
    let kinds = parser.format().frame_kinds();
    let version = truth["format_version"].as_u64().unwrap();
    let cut = truth["cut_block"].is_array();
    for (kind, count) in truth["blocks"].as_object().unwrap() {
        let found = match kinds.iter().find(|found| found.name == kind) {
            Some(found) => *found,
            None if kind == "EndOfStream" => continue,
            None => *kinds.last().unwrap(),
        };
        // A block that was cut is not a frame, but the truth counts what is in it.
        let frames = found.frames + u64::from(cut && kind == "EventBlock");
        assert_eq!(Some(frames), count.as_u64(), "{name}: blocks, {kind}");
        let bytes = truth["block_bytes"][kind].as_u64();
        if version > 2 && kind != "Trace" && !(cut && kind == "EventBlock") {
            assert_eq!(Some(found.bytes), bytes, "{name}: bytes of {kind}");
        }
    }
}

fn check_end(name: &str, truth: &Value, digest: &Digest, stats: &Stats) {
    assert!(digest.faults.is_empty(), "{name}: {:?}", digest.faults);
    if truth["end_marker"] == true {
        assert_eq!(digest.error, None, "{name}");
        assert_eq!(truth["trailing_bytes"].as_u64(), Some(stats.bytes_trailing), "{name}");
        return;
    }
    let error = digest.error.unwrap_or_else(|| panic!("{name}: complete, but there is no end"));
    assert_eq!(error.kind(), ErrorKind::Truncated, "{name}: {error}");
    if let Some([offset, declared, present]) = truth["cut_block"].as_array().map(|cut| &cut[..]) {
        let offset = offset.as_str().unwrap().trim_start_matches("0x");
        assert_eq!(error.offset(), u64::from_str_radix(offset, 16).unwrap(), "{name}");
        assert_eq!(Some(u64::from(error.value())), declared.as_u64(), "{name}");
        assert_eq!(Some(stats.bytes_in - error.offset()), present.as_u64(), "{name}");
    }
}

fn check_head(name: &str, truth: &Value, parser: &Parser<Nettrace>) {
    use tracemill::Format;
    let (state, head) = (parser.format().state(), &truth["header"]);
    let trace = &state.trace;
    assert_eq!(u64::from(trace.version.0), truth["format_version"].as_u64().unwrap(), "{name}");
    assert_eq!(head["sync_time_qpc"].as_u64(), Some(state.clock.origin_ticks), "{name}");
    assert_eq!(head["qpc_freq"].as_u64(), state.clock.frequency, "{name}");
    assert_eq!(head["pointer_size"].as_u64(), Some(trace.pointer_size.into()), "{name}");
    if trace.version.0 > 2 {
        let process_id = head["process_id"].as_u64().unwrap_or(0);
        assert_eq!(process_id, trace.process_id.unwrap_or(0), "{name}");
        let processors = u64::from(trace.processors.unwrap_or(0));
        assert_eq!(head["processors"].as_u64().unwrap_or(0), processors, "{name}");
    }
    let utc = head["sync_time_utc"].as_str().unwrap();
    let number = |range: std::ops::Range<usize>| utc[range].parse::<u16>().unwrap();
    let date = (number(0..4), number(5..7), number(8..10));
    let time = (number(11..13), number(14..16), number(17..19));
    let expected = tracemill::utc_ns(date, time, number(20..23));
    assert_eq!(state.clock.origin_utc_ns, expected, "{name}: {utc}");
}
