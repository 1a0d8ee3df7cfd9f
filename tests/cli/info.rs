//! `tracemill info` against what an independent reader found.

use super::run::{bytes, command, feed, fixture, lines, number, tracemill, truth};
use std::io::Write;

const CAPTURES: [&str; 9] = [
    "activities",
    "counters",
    "crash-exception",
    "http",
    "logs-filtered",
    "metrics",
    "v6-all-features",
    "v6-all-types",
    "v6-onecollect-cpu",
];

#[test]
fn every_fixture_gives_its_truth() {
    for name in CAPTURES {
        let truth = truth(name);
        let ran = tracemill(&["info", "--json", &fixture(&format!("{name}.nettrace"))]);
        let is_whole = truth["end_marker"] == true;
        assert_eq!(ran.code, if is_whole { 0 } else { 4 }, "{name}: {}", ran.err);
        let info = ran.json();
        for (ours, theirs) in [
            ("events", &truth["events"]),
            ("payload_bytes", &truth["payload_bytes"]),
            ("lost", &truth["dropped_events"]),
            ("sequence_points", &truth["sequence_points"]),
            ("unresolved_stacks", &truth["unresolved_stack_refs"]),
            ("events_with_stack", &truth["events_with_frames"]),
            ("stack_frames", &truth["stack_frames_total"]),
            ("format_version", &truth["format_version"]),
            ("start_ticks", &truth["header"]["sync_time_qpc"]),
            ("clock_frequency", &truth["header"]["qpc_freq"]),
            ("pointer_size", &truth["header"]["pointer_size"]),
            ("process_id", &truth["header"]["process_id"]),
        ] {
            assert_eq!(number(&info[ours]), number(theirs), "{name}: {ours}");
        }
        let start = info["start_time"].as_str().unwrap();
        let expected = truth["header"]["sync_time_utc"].as_str().unwrap();
        assert_eq!(start.trim_end_matches("000000Z"), expected.trim_end_matches('Z'), "{name}");
        let rows = truth["counts"].as_array().unwrap();
        assert_eq!(number(&info["event_classes"]), Some(rows.len() as i128), "{name}");
        assert_eq!(info["fault_count"], 0, "{name}");
        let end = if is_whole { "complete" } else { "truncated" };
        assert_eq!(info["end"]["state"], end, "{name}");
    }
}

#[test]
fn text_says_the_same_for_people() {
    let out = tracemill(&["info", &fixture("http.nettrace")]).ok();
    let value = |name: &str| {
        let line = out.lines().find(|line| line.starts_with(name)).expect(name);
        line[name.len()..].trim().to_owned()
    };
    assert_eq!(value("format"), "nettrace V4");
    assert_eq!(value("start"), "2026-11-23T09:13:19.186000000Z");
    assert_eq!(value("events"), "327");
    assert_eq!(value("payload"), "3,546 bytes");
    assert_eq!(value("end"), "complete");
    assert!(out.contains("blocks        2 StackBlock, 9,908 bytes\n"), "{out}");
}

#[test]
fn files_are_told_apart() {
    let (http, metrics) = (fixture("http.nettrace"), fixture("metrics.nettrace"));
    let out = tracemill(&["info", &http, &metrics, &http]).ok();
    assert_eq!(out.split("\n\n").count(), 3);
    let reports = lines(&tracemill(&["info", "--json", &http, &metrics, &http]).ok());
    assert_eq!(reports.len(), 3);
    assert_eq!(reports[0], reports[2], "a file given twice is read twice");
    assert_eq!(reports[1]["file"], metrics);
    assert_eq!(reports[1]["schema_version"], 1);
}

#[test]
fn however_the_bytes_come_the_answer_is_the_same() {
    let mut whole = tracemill(&["info", "--json", &fixture("metrics.nettrace")]).json();
    whole["file"] = "-".into();
    assert_eq!(feed(&["info", "--json", "-"], &bytes("metrics.nettrace")).json(), whole);
    let read = tracemill(&["info", "--json", "--no-mmap", &fixture("metrics.nettrace")]).json();
    assert_eq!(read["events"], whole["events"]);
    let mut child = command(&["info", "--json", "-"]).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for byte in bytes("metrics.nettrace") {
        stdin.write_all(&[byte]).unwrap();
    }
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let one_by_one: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(one_by_one, whole);
}
