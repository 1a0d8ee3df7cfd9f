//! What `perf script` prints of three recordings, line by line, and the fields that it has of
//! tracepoints: beside what the binary prints. `script/make.sh` makes the files to compare with.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use serde_json::Value;
use sha2::{Digest, Sha256};
use tracemill::Config;
use tracemill::perf::{Context, Frame, Sample};
use tracemill_test_support::corpus;

use crate::reading;
use crate::run::{lines, number, tracemill};

#[test]
fn samples_and_their_frames_are_those_of_perf_script() {
    let Some(corpus) = corpus::shared("samples_and_their_frames_are_those_of_perf_script") else {
        return;
    };
    let expected: [(&str, &[u8]); 3] = [
        ("s17-noinherit", include_bytes!("script/s17-noinherit.zst")),
        ("s06-kitchen", include_bytes!("script/s06-kitchen.zst")),
        ("s03-fp-allcpu", include_bytes!("script/s03-fp-allcpu.zst")),
    ];
    for (name, expected) in expected {
        let path = corpus.join("perf").join(format!("{name}.data"));
        let columns = "pid,tid,processor,ts,event,ip,frames,stack";
        let args = ["events", "-f", "jsonl", "-F", columns, path.to_str().unwrap()];
        let wanted = ["--where", "@provider == 'software'"];
        let out = tracemill(&[&args[..], &wanted].concat()).ok();
        let marked = with_unknown_marks(&path);
        let rows = lines(&out);
        let found: String = rows.iter().map(|row| as_script(row, name, &marked)).collect();
        let expected = String::from_utf8(zstd::decode_all(expected).unwrap()).unwrap();
        compare(name, &found, &expected);
    }
}

#[test]
fn fields_of_tracepoints_are_those_of_perf_script() {
    let Some(corpus) = corpus::shared("fields_of_tracepoints_are_those_of_perf_script") else {
        return;
    };
    let path = corpus.join("perf/s09-tp-sched.data");
    let columns = "ts,processor,provider,event,fields";
    let args = ["events", "-f", "jsonl", "-F", columns, path.to_str().unwrap()];
    let out = tracemill(&[&args[..], &["--where", "@provider == 'sched'"]].concat()).ok();
    let (mut found, mut hash, mut count) = (String::new(), Sha256::new(), 0);
    for row in lines(&out) {
        let text = |key: &str| row[key].as_str().unwrap().to_owned();
        let mut line = format!(
            "{} {} {}__{}",
            seconds(&row),
            row["processor"],
            text("provider"),
            text("event")
        );
        for (name, value) in row["fields"].as_object().unwrap() {
            let value = match value {
                Value::String(text) => text.clone(),
                Value::Bool(value) => u8::from(*value).to_string(),
                other => other.to_string(),
            };
            write!(line, " {name}={value}").unwrap();
        }
        line.push('\n');
        hash.update(&line);
        count += 1;
        if count <= 2_000 {
            found.push_str(&line);
        }
    }
    writeln!(found, "{count} {:x}", hash.finalize()).unwrap();
    let expected = zstd::decode_all(&include_bytes!("script/s09-tp-sched.zst")[..]).unwrap();
    compare("s09-tp-sched", &found, &String::from_utf8(expected).unwrap());
}

fn compare(name: &str, found: &str, expected: &str) {
    for (at, (found, expected)) in found.lines().zip(expected.lines()).enumerate() {
        assert_eq!(found, expected, "{name}, line {}", at + 1);
    }
    assert_eq!(found.lines().count(), expected.lines().count(), "{name}");
}

/// Time and thread of samples with marks in their chains that mean nothing: such a chain is shown by
/// `perf script` as if it were empty.
fn with_unknown_marks(path: &Path) -> BTreeSet<(u64, i32)> {
    let mut marked = BTreeSet::new();
    reading::read(path, &Config::default(), |view| {
        let Some(sample) = Sample::of(view) else {
            return;
        };
        let mut frames = sample.callchain().into_iter().flat_map(|chain| chain.frames());
        if frames.any(|frame| matches!(frame, Frame::Context(Context::Unknown(_)))) {
            marked.insert((sample.time().unwrap(), sample.tid().unwrap()));
        }
    });
    assert!(marked.len() < 30, "{}: {}", path.display(), marked.len());
    marked
}

/// A sample as `perf script` has it.
fn as_script(row: &Value, name: &str, marked: &BTreeSet<(u64, i32)>) -> String {
    let mut out = format!("{}/{} ", id(&row["pid"]), id(&row["tid"]));
    if name.starts_with("s03") {
        write!(out, "[{:03}] ", number(&row["processor"]).unwrap()).unwrap();
    }
    write!(out, "{}: {}:", seconds(row), row["event"].as_str().unwrap()).unwrap();
    if row["stack"].is_null() {
        writeln!(out, " {:x}", number(&row["ip"]["address"]).unwrap()).unwrap();
        return out;
    }
    out.push('\n');
    let time = u64::try_from(number(&row["ts_ns"]).unwrap()).unwrap();
    if marked.contains(&(time, id(&row["tid"]))) {
        return out;
    }
    for frame in row["frames"].as_array().unwrap() {
        let module = frame["module"].as_str().unwrap_or("[unknown]");
        // Of the kernel it has the address.
        let is_file = module != "[kernel.kallsyms]" && !frame["offset"].is_null();
        let place = number(&frame[if is_file { "offset" } else { "address" }]).unwrap();
        writeln!(out, "\t{place:x} {module}").unwrap();
    }
    out
}

/// Of a process or thread; -1 for none.
fn id(value: &Value) -> i32 {
    number(value).map_or(-1, |id| i32::try_from(id).unwrap())
}

fn seconds(row: &Value) -> String {
    let ns = number(&row["ts_ns"]).unwrap();
    format!("{}.{:09}", ns / 1_000_000_000, ns % 1_000_000_000)
}

#[test]
fn threads_are_called_as_perf_script_calls_them() {
    let Some(corpus) = corpus::shared("threads_are_called_as_perf_script_calls_them") else {
        return;
    };
    let mut found = Vec::new();
    for name in ["s03-fp-allcpu", "s06-kitchen", "s09-tp-sched", "s13-z22", "s17-noinherit"] {
        let path = corpus.join("perf").join(format!("{name}.data"));
        let args = ["events", "-f", "jsonl", "-F", "pid,tid,ts,thread", path.to_str().unwrap()];
        let out = tracemill(&[&args[..], &["--where", "@provider != 'perf'"]].concat()).out;
        let mut last = BTreeMap::new();
        for row in lines(&out) {
            let thread = format!("{}/{}", id(&row["pid"]), id(&row["tid"]));
            // What has ended has no name, which perf shows as `:-1`.
            if row["tid"].is_null() {
                assert!(row["thread"].is_null(), "{row}");
                continue;
            }
            // Its name was lost; of these `perf script` shows the number.
            let unknown = format!(":{}", row["tid"]);
            let comm = row["thread"].as_str().unwrap_or(&unknown).to_owned();
            if last.get(&thread) != Some(&comm) {
                found.push(format!("{name} {thread} {} {comm}\n", seconds(&row)));
                last.insert(thread, comm);
            }
        }
    }
    found.sort();
    let expected = zstd::decode_all(&include_bytes!("script/comm.zst")[..]).unwrap();
    compare("comm", &found.concat(), &String::from_utf8(expected).unwrap());
}

#[test]
fn names_of_threads_are_known_to_stats_and_to_filters() {
    let Some(corpus) = corpus::shared("names_of_threads_are_known_to_stats_and_to_filters") else {
        return;
    };
    let path = corpus.join("perf/s06-kitchen.data");
    let path = path.to_str().unwrap();
    let stats = tracemill(&["stats", "--json", "--by", "thread", path]).json();
    let rows = stats["by"]["thread"].as_array().unwrap();
    let known = rows.iter().filter(|row| number(&row["thread"]).is_some_and(|id| id > 0));
    assert!(known.clone().count() > 3);
    assert!(known.clone().all(|row| row["thread_name"].is_string()), "{rows:?}");
    // Of a filter that takes none of the records that name them.
    let args = ["events", "-f", "jsonl", "-F", "thread", "--provider", "software", path];
    let all = lines(&tracemill(&args).ok());
    for name in ["bash", "python3"] {
        let wanted = format!("@thread == '{name}'");
        let taken = lines(&tracemill(&[&args[..], &["--where", &wanted]].concat()).ok());
        let expected = all.iter().filter(|row| row["thread"] == name).count();
        assert!(expected > 0 && taken.len() == expected, "{name}: {} {expected}", taken.len());
        assert!(taken.iter().all(|row| row["thread"] == name));
    }
}
