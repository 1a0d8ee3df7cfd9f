//! The naive twin as a process: what `tracemill stats` and `tracemill events -f jsonl` print, made by
//! reading the whole file and making a struct of every event; and what the outputs have to have in
//! common.

use std::collections::HashMap;
use std::io::{self, Write};
use std::path::Path;

use serde_json::{Value as Json, json};
use tracemill::Config;

use crate::work::naive::{Named, Owned};
use crate::work::{self, Input};

/// Prints what the verb `stats` or `jsonl` is for.
pub fn run(verb: &str, file: &Path) -> io::Result<()> {
    let bytes = std::fs::read(file)?.into();
    if verb == "stats" {
        return stats(&bytes);
    }
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut done = Ok(());
    work::views(&bytes, &Config::default(), |totals, view| {
        totals.events += 1;
        let line = serde_json::to_string(&Named::of(view)).expect("text as a key");
        if let Err(error) = writeln!(out, "{line}") {
            done = Err(error);
        }
    });
    done.and_then(|()| out.flush())
}

fn stats(bytes: &bytes::Bytes) -> io::Result<()> {
    let mut events = HashMap::<(String, String), u64>::new();
    let mut threads = HashMap::<u64, u64>::new();
    let mut payload = 0;
    let totals = work::views(bytes, &Config::default(), |totals, view| {
        totals.events += 1;
        let event = std::hint::black_box(Box::new(Owned::of(view)));
        payload += event.payload.len();
        *threads.entry(event.header.thread).or_default() += 1;
        let names = view.class().map(|class| (class.provider(), class.display_name()));
        let (provider, name) = names.unwrap_or_default();
        *events.entry((provider.to_owned(), name.to_owned())).or_default() += 1;
    });
    let events: Vec<_> = events.into_iter().map(|(names, count)| json!([names, count])).collect();
    let report = json!({
        "events": totals.events, "payload_bytes": payload, "lost": totals.lost, "by_event": events,
        "by_thread": threads,
    });
    writeln!(io::stdout(), "{report}")
}

/// Whether a report has the counts of the input.
pub fn check_stats(name: &str, output: &str, input: &Input) {
    let report: Json = serde_json::from_str(output).expect("one object");
    for (key, count) in
        [("events", input.expected.events), ("payload_bytes", input.expected.payload_bytes)]
    {
        assert_eq!(report[key].as_u64(), Some(count), "{name} of {}: {key}", input.name);
    }
}

/// Whether both tell the same of every event, in the same order.
pub fn check_lines(ours: &str, naive: &str) {
    for (ours, naive) in ours.lines().zip(naive.lines()) {
        let [mut ours, naive]: [Json; 2] =
            [ours, naive].map(|line| plain(serde_json::from_str(line).expect("one object a line")));
        let fields = ours.as_object_mut().expect("an object");
        fields.remove("schema_version");
        assert_eq!(ours, naive);
    }
}

/// Whether the lines are the same, in order of time.
pub fn check_order(by_file: &str, by_time: &str) {
    let time = |line: &str| {
        let line: Json = serde_json::from_str(line).expect("one object a line");
        line["ts_ns"].as_i64().expect("a time")
    };
    assert!(by_time.lines().map(time).is_sorted());
    let [mut by_file, mut by_time]: [Vec<_>; 2] =
        [by_file, by_time].map(|lines| lines.lines().collect());
    by_file.sort_unstable();
    by_time.sort_unstable();
    assert!(by_file == by_time, "other events");
}

/// Numbers as text, since large ones are printed so, and no times of the wall clock, which the twin
/// prints as numbers.
fn plain(value: Json) -> Json {
    match value {
        Json::Number(number) => number.to_string().into(),
        Json::Object(fields) => {
            let fields = fields.into_iter().filter(|(name, _)| !name.starts_with("interval"));
            Json::Object(fields.map(|(name, value)| (name, plain(value))).collect())
        }
        Json::Array(values) => values.into_iter().map(plain).collect::<Vec<_>>().into(),
        other => other,
    }
}
