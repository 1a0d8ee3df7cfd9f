//! Recordings of real processes.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Instant;

use rustix::process::Signal;
use serde_json::Value;
use tracemill::ipc::Places;

use crate::child::{LONG, Program, runtime};
use crate::losses::assert_whole;
use crate::proxy::Proxy;
use crate::run::{Ran, command, interrupt, tracemill};
use crate::strict::Folder;

/// Starts a recording of `program` to the file `x` of a folder.
pub(crate) fn collect(program: &Program, folder: &Folder, arguments: &[&str]) -> Child {
    let pid = program.pid().to_string();
    start(&[&["-p", &pid][..], arguments].concat(), folder, &program.temp.0)
}

fn start(arguments: &[&str], folder: &Folder, temp: &Path) -> Child {
    let mut command = command(&["collect", "-o", "x", "--rundown", "false"]);
    command.args(arguments).stdin(Stdio::null()).current_dir(&folder.0).env("TMPDIR", temp);
    command.spawn().unwrap()
}

pub(crate) fn end(child: Child) -> Ran {
    child.wait_with_output().unwrap().into()
}

/// Waits until so many bytes have been written.
fn wait_for(folder: &Folder, len: u64) {
    let (part, began) = (folder.join("x.part"), Instant::now());
    while fs::metadata(&part).map_or(0, |meta| meta.len()) < len {
        assert!(began.elapsed() < LONG, "nothing came");
        std::thread::yield_now();
    }
}

fn stats(folder: &Folder) -> Ran {
    tracemill(&["stats", "--json", folder.join("x").to_str().unwrap()])
}

/// How many events of a provider.
fn events_of(stats: &Value, provider: &str) -> u64 {
    let rows = stats["by"]["provider"].as_array().unwrap();
    let row = rows.iter().find(|row| row["provider"] == provider);
    row.map_or(0, |row| row["events"].as_u64().unwrap())
}

/// What the program said at its end.
fn truth(program: &Program) -> Value {
    serde_json::from_str(&program.wait_line("\"phase\":\"done\"")).unwrap()
}

#[test]
fn all_that_was_sent_and_nothing_else() {
    let Some(run) = runtime("all_that_was_sent_and_nothing_else") else { return };
    let program = Program::ready(run, "busy --wait 1 --count 20000 --threads 2 --mode mix");
    let places = Places::of_system().folders([program.temp.0.clone()]);
    let proxy = Proxy::new(&places.find(program.pid()).unwrap().socket);
    let port = format!("{},connect", proxy.path.display());
    let folder = Folder::new();
    let asked = "Demo-Busy:ffffffffffffffff:5,Microsoft-Windows-DotNETRuntime:1:4";
    let arguments = ["--dport", &port, "--providers", asked, "--rundown", "true"];
    let child = {
        let mut command = command(&["collect", "-o", "x"]);
        command.args(arguments).stdin(Stdio::null()).current_dir(&folder.0).spawn().unwrap()
    };
    let truth = truth(&program);
    interrupt(&child);
    let ran = end(child);
    assert!(ran.code == 0 && ran.err.contains(": stopped: "), "{}", ran.err);
    let file = fs::read(folder.join("x")).unwrap();
    assert!(file == proxy.stream(), "{} bytes of {}", file.len(), proxy.stream().len());
    let (info, stats) = (tracemill(&["info", folder.join("x").to_str().unwrap()]), stats(&folder));
    assert_eq!((info.code, stats.code), (0, 0), "{}{}", info.err, stats.err);
    let stats = stats.json();
    assert_eq!((&stats["lost"], &stats["end"]["state"]), (&0.into(), &"complete".into()));
    assert_eq!(
        events_of(&stats, "Demo-Busy"),
        truth["emitted"]["Demo-Busy.total"].as_u64().unwrap()
    );
    let counted = format!("{} events", stats["events"]);
    assert!(ran.err.replace(',', "").contains(&counted), "{counted}: {}", ran.err);
    let rundown = "Microsoft-Windows-DotNETRuntimeRundown";
    assert!(events_of(&stats, rundown) > 100, "methods and modules are told at the end");
}

#[test]
fn delivered_and_lost_are_emitted() {
    let Some(run) = runtime("delivered_and_lost_are_emitted") else { return };
    let program = Program::ready(run, "busy --wait 1 --count 150000 --threads 2 --mode fast");
    let folder = Folder::new();
    let asked = ["--providers", "Demo-Busy:ffffffffffffffff:5", "--buffersize", "1"];
    let child = collect(&program, &folder, &[&asked[..], &["--fail-on-loss"]].concat());
    let truth = truth(&program);
    interrupt(&child);
    let ran = end(child);
    let stats = stats(&folder).json();
    let lost = stats["lost"].as_u64().unwrap();
    assert_eq!(ran.code, if lost > 0 { 5 } else { 0 }, "{}", ran.err);
    assert!(ran.err.replace(',', "").contains(&format!(" {lost} lost")), "{lost}: {}", ran.err);
    let emitted: Vec<u64> = serde_json::from_value(truth["seq_per_thread"].clone()).unwrap();
    let whole = assert_whole(&fs::read(folder.join("x")).unwrap(), &emitted, "1 MB");
    assert_eq!(whole, lost, "{stats}");
}

#[test]
fn a_process_ends_by_itself_or_is_killed() {
    let Some(run) = runtime("a_process_ends_by_itself_or_is_killed") else { return };
    for (kills, how) in [(false, ": the process ended: "), (true, ": the process was killed")] {
        let program = Program::ready(run, "quiet --seconds 2 --period-ms 20");
        let folder = Folder::new();
        let child = collect(&program, &folder, &["--providers", "Demo-Quiet:ff:5"]);
        // So that there is something to be kept.
        wait_for(&folder, 1000);
        if kills {
            program.signal(Signal::KILL);
        }
        let ran = end(child);
        assert_eq!((ran.code, ran.err.lines().count()), (0, 1), "{}", ran.err);
        assert!(ran.err.contains(how), "{}", ran.err);
        let stats = stats(&folder);
        assert_eq!(stats.code, if kills { 4 } else { 0 }, "{}", stats.err);
        assert!(events_of(&stats.json(), "Demo-Quiet") > 0);
    }
}

#[test]
fn a_time_or_an_event_ends_it() {
    let Some(run) = runtime("a_time_or_an_event_ends_it") else { return };
    let program = Program::ready(run, "quiet --seconds 60 --period-ms 20");
    let asked = ["--providers", "Demo-Quiet:ff:5"];
    let event = ["--stopping-event-provider-name", "Demo-Quiet", "--stopping-event-event-name"];
    let payload = ["Heartbeat", "--stopping-event-payload-filter", "state:even"];
    for (ends, how) in [
        (&["--duration", "00:00:00:01"][..], ": stopped after its time: "),
        (&[&event[..], &payload].concat(), ": stopped by the event: "),
    ] {
        let folder = Folder::new();
        let ran = end(collect(&program, &folder, &[&asked[..], ends].concat()));
        assert!(ran.code == 0 && ran.err.contains(how), "{}", ran.err);
        let stats = stats(&folder);
        assert_eq!(stats.code, 0, "{}", stats.err);
        assert!(events_of(&stats.json(), "Demo-Quiet") > 0);
    }
}

#[test]
fn one_that_cannot_be_told_to_stop_is_left() {
    let Some(run) = runtime("one_that_cannot_be_told_to_stop_is_left") else { return };
    let mut program = Program::ready(run, "quiet --seconds 60 --period-ms 20");
    let folder = Folder::new();
    let child = collect(&program, &folder, &["--providers", "Demo-Quiet:ff:5"]);
    wait_for(&folder, 1000);
    // The first is survived, but the socket is gone.
    program.signal(Signal::SEGV);
    wait_for(&folder, 3000);
    interrupt(&child);
    let ran = end(child);
    assert!(ran.code == 0 && ran.err.contains(": stopped, but "), "{}", ran.err);
    assert!(events_of(&stats(&folder).json(), "Demo-Quiet") > 0);
    program.signal(Signal::KILL);
    assert_eq!(program.wait(), -Signal::KILL.as_raw(), "it was still there");
}

#[test]
fn a_command_is_recorded_from_its_start_and_gives_its_exit_code() {
    let test = "a_command_is_recorded_from_its_start_and_gives_its_exit_code";
    let Some(run) = runtime(test) else { return };
    let (folder, temp) = (Folder::new(), Folder::new());
    let run = run.to_str().unwrap();
    let asked =
        ["--providers", "TraceGen-Churn:ff:5,Microsoft-Windows-DotNETRuntime:8:4", "--", run];
    let program = ["tracegen", "crash", "--wait", "1", "--count", "10", "--how", "exit3"];
    let ran = end(start(&[&asked[..], &program].concat(), &folder, &temp.0));
    assert_eq!((ran.code, ran.out.as_str()), (3, ""), "{}", ran.err);
    let events = tracemill(&["events", "-F", "provider,event", folder.join("x").to_str().unwrap()]);
    // The loader's first: the program's own assembly comes later.
    assert!(
        events.out.contains("RuntimeStart") || events.out.contains("DomainModuleLoad"),
        "{}",
        events.out
    );
    assert!(events_of(&stats(&folder).json(), "TraceGen-Churn") > 0);
    assert_eq!(
        fs::read_dir(&temp.0)
            .unwrap()
            .filter(|entry| {
                entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("tracemill-")
            })
            .count(),
        0,
        "nothing is left behind"
    );
    // Stopped before it ends: it is ended.
    let folder = Folder::new();
    let quiet = ["tracegen", "quiet", "--seconds", "60", "--period-ms", "20"];
    let asked = ["--providers", "Demo-Quiet:ff:5", "--duration", "1s", "--", run];
    let ran = end(start(&[&asked[..], &quiet].concat(), &folder, &temp.0));
    assert!(ran.code == 0 && ran.err.contains(": stopped after its time: "), "{}", ran.err);
}

#[test]
fn several_at_once_are_a_file_each() {
    let Some(run) = runtime("several_at_once_are_a_file_each") else { return };
    let programs = [(); 2].map(|()| Program::ready(run, "quiet --seconds 2 --period-ms 20"));
    let folder = Folder::new();
    let pids = programs.each_ref().map(|program| program.pid().to_string());
    let mut command = command(&["collect", "-o", "{pid}.x", "--providers", "Demo-Quiet:ff:5"]);
    for pid in &pids {
        command.args(["-p", pid]);
    }
    let child = command.process_group(0).current_dir(&folder.0).spawn().unwrap();
    let ran = end(child);
    assert_eq!((ran.code, ran.err.lines().count()), (0, 2), "{}", ran.err);
    for pid in &pids {
        let file = folder.join(&format!("{pid}.x"));
        let events = tracemill(&["events", "-F", "pid", "-fcsv", file.to_str().unwrap()]);
        assert!(events.out.lines().skip(1).all(|line| line == pid), "{}", events.out);
        assert!(events.out.lines().count() > 10, "{}", events.out);
    }
}

#[test]
fn parts_together_are_all_of_it() {
    let Some(run) = runtime("parts_together_are_all_of_it") else { return };
    let busy = "busy --wait 1 --count 10000 --threads 2 --mode string --payload 2000";
    let program = Program::ready(run, busy);
    let folder = Folder::new();
    let asked = "Demo-Busy:ffffffffffffffff:5,Microsoft-Windows-DotNETRuntime:1:4";
    let arguments = ["--providers", asked, "--rotate-size", "1M"];
    let child = collect(&program, &folder, &arguments);
    let truth = truth(&program);
    interrupt(&child);
    let ran = end(child);
    assert_eq!((ran.code, ran.err.lines().count()), (0, 1), "{}", ran.err);
    let names: Vec<_> = fs::read_dir(&folder.0).unwrap().map(|e| e.unwrap().path()).collect();
    assert!(names.len() > 1, "{names:?}");
    let mut sum = 0;
    for name in &names {
        let stats = tracemill(&["stats", "--json", name.to_str().unwrap()]);
        assert_eq!((stats.code, stats.err.as_str()), (0, ""), "{}", name.display());
        let stats = stats.json();
        assert_eq!((&stats["lost"], &stats["undescribed"]), (&0.into(), &0.into()), "{stats}");
        assert_eq!(stats["unresolved_stacks"], 0);
        sum += events_of(&stats, "Demo-Busy");
    }
    assert_eq!(sum, truth["emitted"]["Demo-Busy.total"].as_u64().unwrap());
}
