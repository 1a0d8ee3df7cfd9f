//! Processes that come to a port, sessions that are renewed, and events that are chosen by number, on a
//! real runtime.
#![cfg(all(feature = "cli", target_os = "linux", target_arch = "x86_64"))]
#![allow(clippy::indexing_slicing, clippy::float_cmp, clippy::missing_panics_doc, reason = "tests")]
#![allow(dead_code, reason = "what is shared with other tests is not all used here")]

use std::collections::BTreeMap;
use std::process::{Child, Stdio};

use serde_json::Value;

#[path = "../ipc/tests/dotnet10/child.rs"]
mod child;
#[path = "cli/run.rs"]
mod run;
#[path = "../ipc/tests/strict/mod.rs"]
mod strict;

use child::{Program, runtime};
use run::{Ran, command, lines, tracemill};
use strict::Folder;

/// Ends a session that a test has lost, so that it fails instead of waiting.
const AT_MOST: [&str; 2] = ["--duration", "40s"];

fn start(arguments: &[&str]) -> Child {
    let mut command = command(&[arguments, &AT_MOST].concat());
    command.stdin(Stdio::null()).spawn().unwrap()
}

/// The same at a program.
fn start_at(program: &Program, arguments: &[&str]) -> Child {
    let pid = program.pid().to_string();
    let mut command = command(&[arguments, &["-p", &pid], &AT_MOST].concat());
    command.stdin(Stdio::null()).env("TMPDIR", &program.temp.0).spawn().unwrap()
}

fn end(child: Child) -> Ran {
    child.wait_with_output().unwrap().into()
}

fn interrupt(child: Child) -> Ran {
    run::interrupt(&child);
    end(child)
}

/// What the program said at its end.
fn truth(program: &Program) -> Value {
    serde_json::from_str(&program.wait_line("\"phase\":\"done\"")).unwrap()
}

/// The numbers of heartbeats, in the order in which they were printed.
fn beats(events: &[Value]) -> Vec<u64> {
    let beats = events.iter().filter(|event| event["event"] == "Heartbeat");
    beats.map(|event| event["fields"]["n"].as_u64().unwrap()).collect()
}

#[test]
fn processes_come_to_a_port_and_go() {
    let Some(run) = runtime("processes_come_to_a_port_and_go") else { return };
    let folder = Folder::new();
    let port = folder.join("port").to_str().unwrap().to_owned();
    let watch = start(
        &[
            &["monitor", "--dport", &port, "--providers", "Demo-Quiet:ff:5"][..],
            &["-f", "jsonl", "-F", "pid,event,fields"],
        ]
        .concat(),
    );
    // Two at once, and one when these are gone.
    let quiet = || Program::start(run, "quiet --seconds 1 --period-ms 50", Some(&port));
    let mut programs = vec![quiet(), quiet()];
    let mut told: Vec<_> =
        programs.iter_mut().map(|program| (truth(program), program.wait())).collect();
    let mut last = quiet();
    told.push((truth(&last), last.wait()));
    programs.push(last);
    let ran = interrupt(watch);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let events = lines(&ran.out);
    let mut by_pid: BTreeMap<u64, Vec<Value>> = BTreeMap::new();
    for event in events {
        by_pid.entry(event["pid"].as_u64().unwrap()).or_default().push(event);
    }
    assert_eq!(by_pid.len(), 3);
    for (program, (truth, code)) in programs.iter().zip(told) {
        assert_eq!(code, 0);
        // From its start, as it was suspended until it was watched.
        let beats = beats(&by_pid[&program.pid().into()]);
        assert_eq!(truth["heartbeats"], truth["while_enabled"]);
        assert!(beats.iter().copied().eq(1..=truth["heartbeats"].as_u64().unwrap()), "{beats:?}");
        let name = format!("process {}", program.pid());
        for what in ["dialled in: tracegen", "has ended"] {
            let is_it = |line: &&str| line.contains(&name) && line.contains(what);
            assert_eq!(ran.err.lines().filter(is_it).count(), 1, "{what}: {}", ran.err);
        }
    }
}

#[test]
fn logs_and_counters_of_what_comes_to_a_port() {
    let Some(run) = runtime("logs_and_counters_of_what_comes_to_a_port") else { return };
    let folder = Folder::new();
    let port = folder.join("port").to_str().unwrap().to_owned();
    let watch = start(&["logs", "--dport", &port, "-f", "jsonl", "--count", "100", "-q"]);
    let program = Program::start(run, "logs --wait 1 --count 100", Some(&port));
    let ran = end(watch);
    let messages = lines(&ran.ok());
    assert_eq!(messages.len(), 100);
    assert!(messages.iter().all(|message| message["process"] == program.pid()));

    // A form of one process takes the first, and lets the next one run. The program before may still
    // be dialling in at its port.
    let port = folder.join("other").to_str().unwrap().to_owned();
    let arguments =
        ["counters", "--dport", &port, "--counters", "Demo-Counters", "--format", "csv"];
    let watch = start(&arguments);
    let mut first = Program::start(run, "counters --seconds 3", Some(&port));
    first.wait_line("ready");
    let mut second = Program::start(run, "quiet --seconds 1 --period-ms 500", Some(&port));
    assert_eq!(second.wait(), 0);
    assert_eq!(first.wait(), 0);
    let ran = end(watch);
    assert_eq!(ran.code, 0, "it ends with the one: {}", ran.err);
    assert!(ran.out.contains("Requests (Count / 1 sec)"), "{}", ran.out);
    let other = format!("process {}: dialled in as well; not watched", second.pid());
    assert!(ran.err.contains(&other), "{}", ran.err);
}

#[test]
fn a_renewed_session_prints_nothing_twice() {
    let Some(run) = runtime("a_renewed_session_prints_nothing_twice") else { return };
    let program = Program::ready(run, "quiet --seconds 4 --period-ms 20");
    let watch = ["monitor", "--providers", "Demo-Quiet:ff:5", "--renew-every", "1500ms"];
    let ran =
        end(start_at(&program, &[&watch[..], &["-f", "jsonl", "-F", "event,fields"]].concat()));
    assert_eq!(ran.code, 0, "{}", ran.err);
    let beats = beats(&lines(&ran.out));
    let renewed =
        ran.err.lines().filter(|line| line.contains("asked anew; what happened in")).count();
    assert!(renewed >= 2, "{}", ran.err);
    let gaps = beats.windows(2).filter(|pair| pair[1] != pair[0] + 1).count();
    assert!(beats.is_sorted_by(|one, next| one < next), "{beats:?}");
    assert!(gaps <= renewed, "only where it was renewed: {gaps} of {renewed}, {beats:?}");
    assert_eq!(beats.last(), truth(&program)["heartbeats"].as_u64().as_ref(), "to its end");
}

#[test]
fn a_renewed_recording_goes_on_in_the_next_part() {
    let Some(run) = runtime("a_renewed_recording_goes_on_in_the_next_part") else { return };
    let program = Program::ready(run, "quiet --seconds 4 --period-ms 20");
    let folder = Folder::new();
    let file = folder.join("x.nettrace");
    let collect = ["collect", "--providers", "Demo-Quiet:ff:5", "--renew-every", "1500ms"];
    let file = file.to_str().unwrap();
    let ran =
        end(start_at(&program, &[&collect[..], &["-o", file, "--rundown", "false"]].concat()));
    assert_eq!(ran.code, 0, "{}", ran.err);
    let renewed = ran.err.lines().filter(|line| line.contains("asked anew; what happened")).count();
    assert!(renewed >= 2, "{}", ran.err);
    let (mut all, mut events) = (Vec::new(), 0);
    for part in 1..=renewed + 1 {
        let part = folder.join(&format!("x.{part:04}.nettrace"));
        let read =
            tracemill(&["events", "-f", "jsonl", "-F", "event,fields", part.to_str().unwrap()]);
        let read = lines(&read.ok());
        events += read.len();
        let beats = beats(&read);
        assert!(beats.windows(2).all(|pair| pair[1] == pair[0] + 1), "{beats:?}");
        all.extend(beats);
    }
    assert!(all.is_sorted_by(|one, next| one < next), "{all:?}");
    let gaps = all.windows(2).filter(|pair| pair[1] != pair[0] + 1).count();
    assert!(gaps <= renewed, "only where it was renewed: {gaps} of {renewed}, {all:?}");
    assert_eq!(all.last(), truth(&program)["heartbeats"].as_u64().as_ref(), "to its end");
    // The line at the end is of all of them.
    assert!(ran.err.contains(&format!(" {events} events")), "{events}: {}", ran.err);
}

#[test]
fn providers_that_send_nothing_are_told() {
    let Some(run) = runtime("providers_that_send_nothing_are_told") else { return };
    let folder = Folder::new();
    let file = folder.join("x");
    let record = ["collect", "--rundown", "false", "-o", file.to_str().unwrap()];
    for verb in [&["monitor"][..], &record] {
        let program = Program::ready(run, "quiet --seconds 1 --period-ms 20");
        let asked = ["--providers", "Demo-Quite:ff:5,Demo-Quiet:ff:5,demo-busy"];
        let ran = end(start_at(&program, &[verb, &asked].concat()));
        assert_eq!(ran.code, 0, "{}", ran.err);
        let told = ran.err.lines().filter(|line| line.contains("no event came from")).count();
        assert_eq!(told, 1, "{}", ran.err);
        let asked = "no event came from Demo-Quite, asked for with keywords 0xff and level 5, demo-busy, \
                     asked for with keywords 0x0 and level 4; try Demo-Quite:0xffffffffffffffff:5; or";
        assert!(ran.err.contains(asked), "{}", ran.err);
    }
}

#[test]
fn counters_that_never_come_are_told() {
    let Some(run) = runtime("counters_that_never_come_are_told") else { return };
    let program = Program::ready(run, "counters --seconds 3");
    let list = "Demo-Countes,Demo-Counters,System.Runtime[no-such-thing]";
    let counters = start_at(&program, &["counters", "--counters", list, "--format", "jsonl"]);
    // What is chosen is none of what is asked for.
    let asked = ["--providers", "Demo-Counters", "--provider", "demo-*,Quiet*"];
    let monitor = start_at(&program, &[&["monitor"][..], &asked].concat());
    let ran = end(counters);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let told = "no value of Demo-Countes, System.Runtime came";
    assert_eq!(ran.err.matches(told).count(), 1, "{}", ran.err);
    let ran = end(monitor);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let told = "--provider Quiet* chooses of what is asked for, which is Demo-Counters;";
    assert_eq!(ran.err.matches("--provider ").count(), 1, "{}", ran.err);
    assert!(ran.err.contains(told), "{}", ran.err);
}

#[test]
fn events_are_chosen_by_number() {
    let Some(run) = runtime("events_are_chosen_by_number") else { return };
    for (chosen, wanted) in
        [("Demo-Busy=3,5-7", &[3, 5, 6, 7][..]), ("demo-busy!=1-4,8", &[5, 6, 7, 9, 10])]
    {
        let program = Program::ready(run, "busy --wait 1 --count 2000 --threads 1 --mode types");
        let watch =
            ["monitor", "--providers", "Demo-Busy:ffffffffffffffff:5", "--event-ids", chosen];
        let columns = ["-f", "jsonl", "-F", "provider,id", "-q"];
        let watch = start_at(&program, &[&watch[..], &columns].concat());
        let truth = truth(&program);
        let events = lines(&interrupt(watch).ok());
        let mut counts: BTreeMap<u64, u64> = BTreeMap::new();
        for event in events.iter().filter(|event| event["provider"] == "Demo-Busy") {
            *counts.entry(event["id"].as_u64().unwrap()).or_default() += 1;
        }
        let emitted = |id: &u64| truth["emitted"]["Demo-Busy"][id.to_string()].as_u64().unwrap();
        let expected: BTreeMap<_, _> =
            wanted.iter().map(|id| (*id, emitted(id))).filter(|(_, count)| *count > 0).collect();
        assert!(!expected.is_empty() && expected.len() < 10, "{truth}");
        assert_eq!(counts, expected, "{chosen}");
        assert!((1..=10).any(|id| emitted(&id) > 0 && !wanted.contains(&id)), "{truth}");
    }
}

#[test]
fn counters_begin_anew_with_their_session() {
    let Some(run) = runtime("counters_begin_anew_with_their_session") else { return };
    let mut program = Program::ready(run, "metrics --wait 1 --seconds 5 --series 2");
    let watch = ["counters", "--counters", "TraceGen.Shop", "--renew-every", "2500ms", "-q"];
    let mut watch = start_at(&program, &[&watch[..], &["--format", "jsonl"]].concat());
    let truth = truth(&program);
    run::interrupt(&watch);
    let mut out = String::new();
    std::io::Read::read_to_string(&mut watch.stdout.take().unwrap(), &mut out).unwrap();
    assert_eq!(end(watch).code, 0);
    let orders: Vec<Value> =
        lines(&out).into_iter().filter(|value| value["name"] == "orders").collect();
    // Each session has numbers and totals of its own.
    let mut totals: BTreeMap<(u64, String), f64> = BTreeMap::new();
    for value in &orders {
        let key = (value["instrument_id"].as_u64().unwrap(), value["tags"].to_string());
        let total = totals.entry(key).or_default();
        *total += value["delta"].as_f64().unwrap();
        assert_eq!(*total, value["value"].as_f64().unwrap(), "{value}");
        assert_eq!(value["meter_tags"]["region"], "eu-1", "of every session: {value}");
    }
    let mut ids: Vec<u64> = totals.keys().map(|(id, _)| *id).collect();
    ids.dedup();
    assert!(ids.len() >= 2, "{totals:?}");
    assert!(totals.values().sum::<f64>() <= truth["orders"].as_f64().unwrap());
    program.wait();
}
