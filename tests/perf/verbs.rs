//! The binary on recordings, run as users run it.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::Value;
use tracemill::perf::bit;
use tracemill::{Auto, Config, Filter, FilterSpec, Parser};
use tracemill_test_support::corpus;

use crate::run::{TempFile, feed, lines, number, tracemill};
use crate::writer::{Attr, CPU_CLOCK, Writer, file, tracing};

#[test]
fn verbs_say_what_the_truths_say() {
    let Some(corpus) = corpus::shared("verbs_say_what_the_truths_say") else {
        return;
    };
    for (path, truth) in corpus::perf(&corpus) {
        let name = path.to_str().unwrap();
        let truth: Value = serde_json::from_slice(&std::fs::read(&truth).unwrap()).unwrap();
        let info: Value = serde_json::from_str(&tracemill(&["info", "--json", name]).ok()).unwrap();
        assert_eq!(info["format"], "perf.data", "{name}");
        let decoded = &truth["decoded"];
        let lost = ["lost_in_LOST", "lost_in_LOST_SAMPLES"].map(|key| number(&decoded[key]));
        assert_eq!(number(&info["lost"]), lost.into_iter().max().unwrap(), "{name}");
        let stats = tracemill(&["stats", "--json", "--by", "event", name]).ok();
        let stats: Value = serde_json::from_str(&stats).unwrap();
        // MMAP2 with a build id is a class of its own.
        let mut counts = BTreeMap::new();
        for row in stats["by"]["event"].as_array().unwrap() {
            let [provider, event] = ["provider", "event"].map(|key| row[key].as_str().unwrap());
            *counts.entry((provider, event)).or_insert(0) += number(&row["events"]).unwrap();
        }
        for ((provider, event), count) in counts {
            // s05 has group reads, which are counted by their members.
            let expected = match provider {
                "perf" => &truth["records"][event],
                _ if name.contains("s05") => &truth["records"]["SAMPLE"],
                "software" => &truth["events"][event]["SAMPLE"],
                _ => &truth["events"][format!("{provider}:{event}")]["SAMPLE"],
            };
            if !truth["events"].as_object().unwrap().is_empty() || provider == "perf" {
                assert_eq!(Some(count), number(expected), "{name}: {provider} {event}");
            }
        }
        assert_eq!(number(&stats["undescribed"]), Some(0), "{name}");
    }
}

#[test]
fn tracepoints_have_names_and_fields() {
    let Some(corpus) = corpus::shared("tracepoints_have_names_and_fields") else {
        return;
    };
    for name in ["s09-tp-sched.data", "s15-pipe-tp.data"] {
        let path = corpus.join("perf").join(name);
        let args = ["events", "-f", "jsonl", "--order", "time", path.to_str().unwrap()];
        let wanted = ["--where", "@event == 'sched_switch'"];
        let out = tracemill(&[&args[..], &wanted].concat()).ok();
        let rows = lines(&out);
        assert!(rows.len() > 10_000, "{name}: {}", rows.len());
        for row in &rows {
            assert_eq!(row["provider"], "sched");
            let fields = &row["fields"];
            let text = |key: &str| fields[key].as_str().unwrap();
            assert!(!text("prev_comm").contains('\0') && !text("next_comm").is_empty());
            // The kernel switches in the thread that it switches from; a dead one is none.
            let tid = number(&row["tid"]);
            assert!(tid.is_none() || tid == number(&fields["prev_pid"]), "{row}");
            assert!((0..140).contains(&number(&fields["next_prio"]).unwrap()), "{row}");
        }
    }
}

#[test]
fn a_file_through_a_pipe_says_what_it_lacks() {
    let Some(corpus) = corpus::shared("a_file_through_a_pipe_says_what_it_lacks") else {
        return;
    };
    for (name, is_missed) in [("s09-tp-sched.data", true), ("s15-pipe-tp.data", false)] {
        let path = corpus.join("perf").join(name);
        let ran = feed(&["stats", "-"], &std::fs::read(&path).unwrap());
        assert_eq!((ran.code, ran.err.matches("give it as a file").count()), (0, is_missed.into()));
        let ran = tracemill(&["stats", path.to_str().unwrap()]);
        assert_eq!((ran.code, ran.err.matches("give it as a file").count()), (0, 0));
    }
}

#[test]
fn info_tells_what_perf_reads_of_the_machine() {
    let Some(corpus) = corpus::shared("info_tells_what_perf_reads_of_the_machine") else {
        return;
    };
    let path = corpus.join("perf/s02-fp.data");
    let info = tracemill(&["info", "--json", path.to_str().unwrap()]).ok();
    let info: Value = serde_json::from_str(&info).unwrap();
    // As `perf report --header-only -I` has it: caches, and 192 blocks of memory.
    let caches = "L1:Data:32K:64x8x64:0 L1:Instruction:32K:64x8x64:0 L1:Data:32K:64x8x64:1 \
                  L1:Instruction:32K:64x8x64:1 L2:Unified:1024K:2048x8x64:0 \
                  L2:Unified:1024K:2048x8x64:1 L3:Unified:32768K:32768x16x64:0-1";
    assert_eq!(info["properties"]["Caches"], caches);
    assert_eq!(info["properties"]["MemoryBlocksOfNodes"], "0:192");
    let truth = std::fs::read(corpus.join("perf/s02-fp.data.truth.json")).unwrap();
    let truth: Value = serde_json::from_slice(&truth).unwrap();
    let listed = truth["buildid_list"].as_array().unwrap();
    for line in listed {
        let (id, name) = line.as_str().unwrap().split_once(' ').unwrap();
        assert_eq!(info["properties"][format!("BuildId {name}")], id, "{name}");
    }
    assert!(listed.len() >= 6);
}

#[test]
fn loss_is_told_by_cpu_time_and_event_and_is_a_part_of_samples() {
    let Some(corpus) =
        corpus::shared("loss_is_told_by_cpu_time_and_event_and_is_a_part_of_samples")
    else {
        return;
    };
    let path = corpus.join("perf/s13-z22.data");
    let path = path.to_str().unwrap();
    // `perf report --stats`: 6,850 samples, 63,450 lost by rings and 67,708 by counters.
    let stats = tracemill(&["stats", "--json", path]).json();
    let keys = ["lost", "lost_of", "lost_untimed"].map(|key| number(&stats[key]).unwrap());
    assert_eq!(keys, [67_708, 6_850 + 67_708, 67_708 - 63_450]);
    assert_eq!(stats["capture"], "CPU");
    let sum = |list: &str| -> i128 {
        stats[list].as_array().unwrap().iter().map(|row| number(&row["lost"]).unwrap()).sum()
    };
    let sums = ["loss", "loss_windows", "loss_by_event"].map(sum);
    assert_eq!(sums, [67_708, 63_450, 67_708]);
    assert_eq!(stats["loss_by_event"][0]["event"], "cpu-clock");
    // Windows and times lie within the recording.
    let info = tracemill(&["info", "--json", path]).json();
    let time = |value: &Value| number(value).unwrap();
    let (first, last) = (time(&info["first_event_ns"]), time(&info["last_event_ns"]));
    for row in stats["loss_windows"].as_array().unwrap() {
        assert!(time(&row["to_ns"]) >= first && time(&row["from_ns"]) <= last, "{row}");
    }
    for row in stats["loss"].as_array().unwrap() {
        assert!(row["from_ns"].is_null() && row["events"].is_null(), "{row}");
        assert!(time(&row["noticed_ns"]) >= first && time(&row["to_ns"]) <= last, "{row}");
    }
    assert_eq!(info["loss_by_event"], stats["loss_by_event"]);
    let text = tracemill(&["stats", path]).ok();
    assert!(text.contains("lost: 67,708 events, 90.8% of 74,558"), "{text}");
    assert!(!text.contains("capture thread") && !text.contains("the start"), "{text}");
    let remark = tracemill(&["events", "-n", "1000000", path]).err;
    let place = "on 2 CPUs, noticed between 1912.723636682 s and 1913.825943256 s, 4,258 of them at \
                 an unknown time";
    assert!(remark.contains(place), "{remark}");
}

#[test]
fn registers_are_fields_and_copied_stacks_are_told_as_bytes() {
    const DWARF: Attr = Attr {
        sample_type: bit::IP
            | bit::TID
            | bit::TIME
            | bit::CALLCHAIN
            | bit::REGS_USER
            | bit::STACK_USER,
        regs_user: 0b111,
        ..CPU_CLOCK
    };
    let mut out = Writer::new(false);
    out.record(9, 2, |b| {
        b.u64s(&[0x5000]).u32s(&[7, 8]).u64s(&[1_000, 0]);
        // Registers, and a stack of which 24 bytes were copied.
        b.u64s(&[2, 10, 11, 12, 32, 1, 2, 3, 4, 24]);
    });
    // One of a thread of the kernel.
    out.record(9, 1, |b| {
        b.u64s(&[0x6000]).u32s(&[7, 8]).u64s(&[2_000, 0, 0, 0]);
    });
    let bytes = file(false, &[DWARF], &out.out, &tracing(false, "none", &[]));
    let trace = TempFile::new("dwarf.data", &bytes);
    let columns = "bytes,fields,frames,stack";
    let rows = lines(&tracemill(&["events", "-f", "jsonl", "-F", columns, trace.path()]).ok());
    let row = &rows[0];
    assert_eq!(row["fields"]["callchain"], Value::Array(Vec::new()), "{row}");
    assert_eq!(row["fields"]["user_abi"], 2, "{row}");
    assert_eq!(row["fields"]["user_registers"], serde_json::json!([10, 11, 12]), "{row}");
    assert_eq!(row["fields"]["user_stack_size"], 32, "{row}");
    assert_eq!(row["undescribed_bytes"], 5 * 8, "{row}");
    assert_eq!((&row["frames"][0]["address"], &row["stack"]), (&0x5000.into(), &0.into()), "{row}");
    let row = &rows[1];
    assert_eq!(row["fields"]["user_registers"], serde_json::json!([]), "{row}");
    assert!(row["fields"]["user_stack_size"] == 0 && row["undescribed_bytes"].is_null(), "{row}");
    let text = tracemill(&["events", "-F", "fields", trace.path()]).ok();
    let told = "user_registers=[10,11,12] user_stack_size=32 (+40 bytes not described)";
    assert!(text.contains(told), "{text}");
}

#[test]
fn events_are_called_by_provider_and_name_as_perf_calls_them() {
    let Some(corpus) = corpus::shared("events_are_called_by_provider_and_name_as_perf_calls_them")
    else {
        return;
    };
    let path = corpus.join("perf/s09-tp-sched.data");
    let path = path.to_str().unwrap();
    let taken_of = |path: &str, event: &str| {
        let stats = tracemill(&["stats", "--json", "--event", event, path]).json();
        number(&stats["events_taken"]).unwrap()
    };
    let taken = |event| taken_of(path, event);
    let switches = taken("sched_switch");
    assert!(switches > 10_000);
    assert_eq!([taken("sched:sched_switch"), taken("SCHED:sched_swi*")], [switches; 2]);
    assert_eq!([taken("kmem:sched_switch"), taken("sched*")], [0, taken("sched:*")]);
    // A name may have a colon of its own.
    let mut out = Writer::new(false);
    out.record(9, 2, |b| {
        b.u64s(&[5, 0x5000]).u32s(&[7, 8]).u64s(&[1_000]);
    });
    let event = Attr { name: "cpu-clock:u", ..CPU_CLOCK };
    let bytes = file(false, &[event], &out.out, &tracing(false, "none", &[]));
    let trace = TempFile::new("colon.data", &bytes);
    for (event, expected) in [("cpu-clock:u", 1), ("software:cpu-clock:u", 1), ("software:u", 0)] {
        assert_eq!(taken_of(trace.path(), event), expected, "{event}");
    }
}

#[test]
fn times_that_nothing_lies_in_and_that_are_not_known_are_told() {
    let Some(corpus) = corpus::shared("times_that_nothing_lies_in_and_that_are_not_known_are_told")
    else {
        return;
    };
    let path = corpus.join("perf/s09-tp-sched.data");
    let path = path.to_str().unwrap();
    let ran = tracemill(&["events", "--time", "1s..2s", path]);
    let told = "no event is within --time; they are from 1843.501166334 s to 1847.409161885 s";
    assert!(ran.code == 0 && ran.out.is_empty() && ran.err.contains(told), "{}", ran.err);
    let ran = tracemill(&["stats", "--time", "1844s..1844.5s", path]);
    assert_eq!(ran.err, "");
    let name = |name: &str| corpus.join("perf").join(name).to_str().unwrap().to_owned();
    let told = "does not tell what time of day";
    let utc = |name: &str, more: &[&str]| {
        tracemill(&[&["events", "-n", "9", name, "--provider", "software"], more].concat()).err
    };
    let (without, with) = (name("s03-fp-allcpu.data"), name("s07-opts.data"));
    assert!(utc(&without, &["--utc"]).contains(told));
    assert!(!utc(&without, &[]).contains(told));
    assert!(!utc(&without, &["--utc", "-F", "event"]).contains(told));
    assert!(!utc(&with, &["--utc"]).contains(told));
}

#[test]
fn a_record_without_a_size_says_that_the_rest_was_not_read() {
    let mut out = Writer::new(false);
    out.record(9, 2, |b| {
        b.u64s(&[5, 0x5000]).u32s(&[7, 8]).u64s(&[1_000]);
    });
    out.u32s(&[9]).u16s(&[2, 3]).u64s(&[0; 9]);
    let bytes = file(false, &[CPU_CLOCK], &out.out, &tracing(false, "none", &[]));
    let trace = TempFile::new("size.data", &bytes);
    let ran = tracemill(&["stats", trace.path()]);
    assert_eq!(ran.code, 4);
    assert!(ran.err.contains("size below 8; what follows was not read (at byte"), "{}", ran.err);
}

#[test]
fn an_index_of_the_whole_names_events_from_the_first_on() {
    let Some(corpus) = corpus::shared("an_index_of_the_whole_names_events_from_the_first_on")
    else {
        return;
    };
    let whole = Bytes::from(std::fs::read(corpus.join("perf/s09-tp-sched.data")).unwrap());
    let config = Config::default();
    let taken = |format: Auto| {
        let mut spec = FilterSpec::default();
        spec.events = vec!["sched:sched_switch".into()];
        let mut filter = Filter::new(&spec).unwrap();
        let mut parser = Parser::new(format, &config);
        parser.push(whole.clone()).unwrap();
        parser.finish();
        let mut taken = 0;
        while let Some(batch) = parser.next_batch().unwrap() {
            taken += batch.iter().filter(|event| filter.takes(*event)).count();
        }
        taken
    };
    assert_eq!(taken(Auto::new(&config)), 0);
    assert!(taken(Auto::new(&config).with_index_of(&whole)) > 10_000);
    // Of what has none, and of what is cut, there is nothing to take.
    for other in [Bytes::new(), whole.slice(..200), Bytes::from_static(b"Nettrace")] {
        let _ = Auto::new(&config).with_index_of(&other);
    }
}
