//! `tracemill stats`: tables, JSON and CSV, and loss.

use super::run::{bytes, feed, fixture, number, tracemill, truth};

#[test]
fn counts_by_event_are_the_truth() {
    for name in ["http", "activities", "logs-filtered", "v6-onecollect-cpu", "v6-all-features"] {
        let stats = tracemill(&["stats", "--json", &fixture(&format!("{name}.nettrace"))]).json();
        let rows = stats["by"]["event"].as_array().unwrap();
        let expected = truth(name);
        let expected = expected["counts"].as_array().unwrap();
        assert_eq!(rows.len(), expected.len(), "{name}");
        for row in expected {
            let is_it = |other: &&serde_json::Value| {
                other["provider"] == row["provider"]
                    && other["id"] == row["event_id"]
                    && other["event"] == row["name"]
                    && other["version"] == row["version"]
            };
            let found = rows.iter().find(is_it).unwrap_or_else(|| panic!("{name}: {row}"));
            assert_eq!(found["events"], row["count"], "{name}");
            assert_eq!(found["payload_bytes"], row["payload_bytes"], "{name}");
        }
    }
}

#[test]
fn every_way_to_count_sums_up_to_all() {
    let by = "process,thread,provider,event,provider";
    let file = fixture("activities.nettrace");
    let stats = tracemill(&["stats", "--json", "--by", by, &file]).json();
    let tables = stats["by"].as_object().unwrap();
    assert_eq!(tables.len(), 4);
    for (by, rows) in tables {
        let rows = rows.as_array().unwrap();
        let sum: i128 = rows.iter().filter_map(|row| number(&row["events"])).sum();
        assert_eq!(Some(sum), number(&stats["events"]), "{by}");
        let share: f64 = rows.iter().filter_map(|row| row["share"].as_f64()).sum();
        assert!((share - 1.0).abs() < 1e-9, "{by}: {share}");
        assert!(rows.iter().all(|row| row["events_per_second"].is_f64()), "{by}");
    }
    let threads = truth("activities")["distinct_threads"].as_u64().unwrap();
    assert_eq!(tables["thread"].as_array().unwrap().len() as u64, threads);
}

#[test]
fn csv_is_one_table_for_all_files() {
    let files = [fixture("http.nettrace"), fixture("metrics.nettrace")];
    let out = tracemill(&["stats", "--csv", "--by", "provider", &files[0], &files[1]]).ok();
    let mut reader = csv::Reader::from_reader(out.as_bytes());
    let headers = reader.headers().unwrap().clone();
    let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let (file, events) = (column("file"), column("events"));
    for path in &files {
        let mut reader = csv::Reader::from_reader(out.as_bytes());
        let rows = reader.records().map(|row| row.unwrap()).filter(|row| row[file] == **path);
        let sum: u64 = rows.map(|row| row[events].parse::<u64>().unwrap()).sum();
        let info = tracemill(&["info", "--json", path]).json();
        assert_eq!(Some(sum), info["events"].as_u64(), "{path}");
    }
    assert_eq!(tracemill(&["stats", "--csv", "--json", &files[0]]).code, 2);
}

#[test]
fn text_has_a_table_for_each_and_the_memory() {
    let out = tracemill(&["stats", "--memory", &fixture("http.nettrace")]).ok();
    assert!(out.starts_with(&fixture("http.nettrace")), "{out}");
    for expected in ["provider", "System.Net.Http", "RequestStart", "19218", "lost: 0 events"] {
        assert!(out.contains(expected), "{expected}: {out}");
    }
    assert!(out.contains("arenas") && out.contains("most input queued"), "{out}");
    assert!(!out.contains("buffers"), "the file was mapped: {out}");
    let out = feed(&["stats", "--memory", "-"], &bytes("http.nettrace")).ok();
    assert!(out.starts_with("standard input: nettrace V4"), "{out}");
    assert!(out.contains("buffers"), "{out}");
}

#[test]
fn memory_stays_small() {
    if !std::path::Path::new("/proc/self/status").exists() {
        return;
    }
    let file = fixture("activities.nettrace");
    let memory = tracemill(&["stats", "--json", "--memory", &file]).json()["memory"].clone();
    let anonymous = memory["anonymous"].as_u64().unwrap();
    assert!(anonymous < 16 << 20, "{memory}");
    assert!(memory["arenas"]["resets"].as_u64().unwrap() > 1, "{memory}");
}

#[test]
fn loss_is_told_per_capture_thread() {
    let file = fixture("v6-all-features.nettrace");
    let lost = truth("v6-all-features")["dropped_events"].as_i64().unwrap();
    assert!(lost > 0);
    let stats = tracemill(&["stats", "--json", &file]).json();
    let sum: i64 =
        stats["loss"].as_array().unwrap().iter().filter_map(|t| t["lost"].as_i64()).sum();
    assert_eq!(sum, lost);
    let ran = tracemill(&["stats", &file]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.contains(&format!("lost: {lost} events")), "{}", ran.out);
    assert!(ran.out.contains("capture thread"), "{}", ran.out);
    for verb in ["stats", "info", "events"] {
        assert_eq!(tracemill(&[verb, "--fail-on-loss", &file]).code, 5, "{verb}");
        let whole = fixture("http.nettrace");
        assert_eq!(tracemill(&[verb, "--fail-on-loss", &whole]).code, 0, "{verb}");
    }
}

#[test]
fn a_frame_that_was_cut_in_two_is_seen_in_the_memory_table() {
    let ran = feed(&["stats", "--memory", "-"], &bytes("activities.nettrace"));
    let line = ran.out.lines().find(|line| line.starts_with("largest frame cut in two")).unwrap();
    assert!(line.contains("102,") && line.ends_with(" bytes"), "{line}");
}
