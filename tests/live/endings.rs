//! How sessions end, whichever command started them, and a recording of the binary's beside them.
//!
//! Each program is started suspended, gets a session by every command, and runs once the binary
//! records it too.

use std::fs;
use std::process::{Child, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use tracemill::ipc::{Client, Collect, Error, Places, Step, Timeouts};

use crate::child::{Program, runtime, wait_for};
use crate::run::{Ran, command, interrupt, tracemill};
use crate::strict::Folder;
use crate::trace::Trace;
use crate::watch::{Watch, by};

/// Six sessions at one process.
struct Six {
    program: Program,
    watches: Vec<Watch>,
    collect: Child,
    folder: Folder,
}

/// How they ended.
struct Ended {
    traces: Vec<Trace>,
    collect: Ran,
    /// The exit code of `stats` on the recording, and what it printed.
    stats: Ran,
    /// The program's exit code, or its signal, negative.
    code: i32,
}

const END: &str = ": the process ended: ";
const CUT: &str = ": the process was killed or crashed; ";
const CHURN: &str = "TraceGen-Churn";
const BUSY: &str = "Demo-Busy";
const TICKS: &str = "busy --wait 1 --seconds 60 --rate 4000 --threads 2 --noise 0 --mode fast";

impl Six {
    fn start(test: &str, scenario: &str, provider: &str) -> Option<Self> {
        let run = runtime(test)?;
        let folder = Folder::new();
        let port = folder.join("port");
        let port = port.to_str().unwrap();
        let program = Program::start(run, scenario, Some(port));
        // The socket is there a moment before somebody listens at it.
        let client = || Client::connect(program.pid(), Timeouts::default());
        wait_for("an answer", || client().is_ok_and(|client| client.process_info().is_ok()));
        let start = |version| Watch::start(&program.client(), &by(version, provider));
        let watches: Vec<_> = Collect::ALL.into_iter().map(start).collect();
        assert!(watches.iter().map(|watch| watch.command).eq(Collect::ALL));
        // This lets it run.
        let mut command = command(&["collect", "-o", "x", "--dport", port, "--rundown", "false"]);
        command.args(["--providers", &format!("{provider}:ffffffffffffffff:5")]);
        let collect = command.stdin(Stdio::null()).current_dir(&folder.0).spawn().unwrap();
        Some(Self { program, watches, collect, folder })
    }

    /// Waits until each has some events.
    fn run_for_a_while(&self) {
        for watch in &self.watches {
            watch.wait_until(|trace| trace.of(BUSY) > 500);
        }
        wait_recorded(&self.folder);
    }

    fn end(mut self) -> Ended {
        let traces = self.watches.into_iter().map(|watch| Trace::read(&watch.end())).collect();
        let collect = Ran::from(self.collect.wait_with_output().unwrap());
        let stats = tracemill(&["stats", "--json", self.folder.join("x").to_str().unwrap()]);
        Ended { traces, collect, stats, code: self.program.wait() }
    }
}

impl Ended {
    /// Fails unless all ended like this: with an end, or cut off, with all numbers from 1 on.
    fn assert(&self, what: &str, is_complete: bool) {
        for (trace, version) in self.traces.iter().zip(Collect::ALL) {
            let what = format!("{what}, by {version}");
            assert_eq!(trace.is_complete, is_complete, "{what}");
            assert_eq!(trace.stats.lost, 0, "{what}");
            trace.assert_consecutive(&what);
            assert!(trace.numbers.values().all(|numbers| numbers[0] == 1), "{what}");
        }
        let how = if is_complete { END } else { CUT };
        assert!(self.collect.err.contains(how), "{what}: {}", self.collect.err);
        assert_eq!((self.collect.code, self.collect.err.lines().count()), (0, 1), "{what}");
        assert_eq!(self.stats.code, if is_complete { 0 } else { 4 }, "{what}");
        assert!(self.stats.json()["events"].as_u64().unwrap() > 0, "{what}");
    }
}

#[test]
fn it_exits_or_crashes() {
    // What it exits with; whether the streams get their end.
    let table = [
        ("exit3", 3, true),
        ("exception", -Signal::ABORT.as_raw(), false),
        ("failfast", -Signal::ABORT.as_raw(), false),
        ("stackoverflow", -Signal::ABORT.as_raw(), false),
    ];
    for (how, code, is_complete) in table {
        // What was written just before a crash is gone: so it waits for longer than the runtime does.
        let delay = if is_complete { 0 } else { 400 };
        let scenario = format!("crash --wait 1 --count 100 --how {how} --delay-ms {delay}");
        let Some(six) = Six::start("it_exits_or_crashes", &scenario, CHURN) else { return };
        let ended = six.end();
        ended.assert(how, is_complete);
        assert_eq!(ended.code, code, "{how}");
        for trace in &ended.traces {
            assert!(trace.numbers.values().all(|numbers| numbers.len() <= 100), "{how}");
            assert!(!is_complete || trace.of(CHURN) == 100, "{how}");
        }
    }
}

#[test]
fn it_exits_by_itself() {
    let scenario = "quiet --seconds 1 --period-ms 10";
    let Some(six) = Six::start("it_exits_by_itself", scenario, "Demo-Quiet") else { return };
    let done = six.program.wait_line("\"phase\":\"done\"");
    let done: serde_json::Value = serde_json::from_str(&done).unwrap();
    let ended = six.end();
    ended.assert("exit", true);
    assert_eq!(ended.code, 0);
    let beats = done["while_enabled"].as_u64().unwrap();
    assert!(beats > 1 && beats == done["heartbeats"].as_u64().unwrap());
    assert!(ended.traces.iter().all(|trace| trace.of("Demo-Quiet") == beats));
}

#[test]
fn a_signal_ends_it() {
    let table = [
        // Nobody takes care of it.
        (&[Signal::TERM][..], -15),
        (&[Signal::KILL], -9),
        // Of a program that takes no care of them.
        (&[Signal::INT], -2),
        (&[Signal::QUIT], -3),
        // The first is survived.
        (&[Signal::SEGV, Signal::SEGV], -11),
        (&[Signal::ABORT, Signal::ABORT], -6),
        (&[Signal::STOP, Signal::KILL], -9),
    ];
    for (signals, code) in table {
        let Some(six) = Six::start("a_signal_ends_it", TICKS, BUSY) else { return };
        six.run_for_a_while();
        let len = six.watches[0].len();
        for (number, signal) in signals.iter().enumerate() {
            match number {
                1 if signals[0] == Signal::STOP => six.program.wait_state('T'),
                // It lives on, and so do the sessions.
                1 => six.watches[0].wait_len(len + 100_000),
                _ => {}
            }
            six.program.signal(*signal);
        }
        let what = format!("{signals:?}");
        let ended = six.end();
        assert_eq!(ended.code, code, "{what}");
        ended.assert(&what, false);
    }
}

#[test]
fn it_is_stopped_and_goes_on() {
    stopped_for("it_is_stopped_and_goes_on", Duration::from_millis(300));
}

/// `cargo test --test live -- --ignored it_is_stopped_for_ten_seconds`
#[test]
#[ignore = "takes 10 s"]
fn it_is_stopped_for_ten_seconds() {
    stopped_for("it_is_stopped_for_ten_seconds", Duration::from_secs(10));
}

/// As long as it takes to be asked in vain.
fn stopped_for(test: &str, long: Duration) {
    let Some(six) = Six::start(test, TICKS, BUSY) else { return };
    six.run_for_a_while();
    six.program.signal(Signal::STOP);
    six.program.wait_state('T');
    let client = Client::connect(six.program.pid(), Timeouts::all(long)).unwrap();
    assert_eq!(client.process_info(), Err(Error::Timeout(Step::Reply)));
    let lens: Vec<_> = six.watches.iter().map(Watch::len).collect();
    six.program.signal(Signal::CONT);
    for (watch, len) in six.watches.iter().zip(lens) {
        watch.wait_len(len + 50_000);
    }
    // Stopped by us, one after the other; what is read is whole.
    let Six { watches, collect, folder, mut program } = six;
    for (watch, version) in watches.into_iter().zip(Collect::ALL) {
        let trace = Trace::read(&watch.stop());
        assert!(trace.is_complete && trace.stats.lost == 0, "{version}");
        trace.assert_consecutive(&version.to_string());
    }
    interrupt(&collect);
    let ran = Ran::from(collect.wait_with_output().unwrap());
    assert!(ran.code == 0 && ran.err.contains(": stopped: "), "{}", ran.err);
    let stats = tracemill(&["stats", "--json", folder.join("x").to_str().unwrap()]).json();
    assert_eq!((&stats["lost"], &stats["end"]["state"]), (&0.into(), &"complete".into()));
    program.signal(Signal::KILL);
    program.wait();
}

#[test]
fn without_its_socket_closing_the_stream_ends_it() {
    let test = "without_its_socket_closing_the_stream_ends_it";
    let Some(run) = runtime(test) else { return };
    for signal in [Signal::SEGV, Signal::ABORT] {
        let program = Program::ready(run, TICKS);
        let socket = Places::of_system().find(program.pid()).unwrap().socket;
        let watch = Watch::start(&program.client(), &by(Collect::V5, BUSY));
        program.wait_line("\"Enable\"");
        watch.wait_until(|trace| trace.of(BUSY) > 500);
        program.signal(signal);
        wait_for("its socket is gone", || !socket.exists());
        watch.wait_len(watch.len() + 50_000);
        let error = Places::of_system().find(program.pid()).unwrap_err();
        assert_eq!(error, Error::NoSocket { pid: program.pid() });
        watch.leave();
        // Whoever wrote to it is told, and lives.
        program.wait_line("\"Disable\"");
        assert_ne!(program.state(), Some('Z'));
    }
}

#[test]
fn what_a_stopped_process_is_asked_in_vain() {
    let Some(run) = runtime("what_a_stopped_process_is_asked_in_vain") else { return };
    let program = Program::ready(run, TICKS);
    let folder = Folder::new();
    let pid = program.pid().to_string();
    let mut command = command(&["collect", "-o", "x", "-p", &pid, "--providers", "Demo-Busy:ff:5"]);
    command.current_dir(&folder.0).env("TMPDIR", &program.temp.0).stdin(Stdio::null());
    let mut collect = command.spawn().unwrap();
    program.wait_line("\"Enable\"");
    wait_recorded(&folder);
    program.signal(Signal::STOP);
    program.wait_state('T');
    // Once to stop, once to leave: what came is there, and can be read.
    interrupt(&collect);
    wait_for("it leaves", || {
        interrupt(&collect);
        collect.try_wait().unwrap().is_some()
    });
    let part = folder.join("x.part");
    let trace = Trace::read(&fs::read(part).unwrap());
    assert!(trace.of(BUSY) > 0);
    program.signal(Signal::CONT);
    program.wait_line("\"Disable\"");
}

/// Waits until some of it is on disk.
fn wait_recorded(folder: &Folder) {
    let part = folder.join("x.part");
    wait_for("bytes", || fs::metadata(&part).is_ok_and(|meta| meta.len() > 20_000));
}
