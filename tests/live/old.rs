//! A runtime of .NET Core 3.1, which knows the first two commands and no other set.
//!
//! Runs where `TRACEMILL_DOTNET31` names a folder with the runtime in `venv` and its programs in
//! `bin`, as the setup script of the tools makes it (`DN_PREFIX=FOLDER setup.sh`).

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use rustix::process::Signal;
use serde_json::Value;
use tracemill::ipc::{Collect, Container, Error, EventFilter, Places, Rundown};

use crate::child::{Program, wait_for};
use crate::losses::{assert_whole, done};
use crate::run::{Ran, command, interrupt, lines, tracemill};
use crate::strict::Folder;
use crate::trace::Trace;
use crate::watch::{Watch, config};

const BUSY: &str = "Demo-Busy";
const TICKS: &str = "busy --wait 1 --seconds 60 --rate 4000 --threads 2 --noise 0 --mode fast";

/// What starts the runtime, and where its programs are.
struct Kit(PathBuf, PathBuf);

impl Kit {
    fn find(test: &str) -> Option<Self> {
        let found = std::env::var_os("TRACEMILL_DOTNET31").map(PathBuf::from).and_then(|folder| {
            let versions = std::fs::read_dir(folder.join("venv/lib")).ok()?.flatten();
            let hosts = versions.map(|of| of.path().join("site-packages/dotnetcore2/bin/dotnet"));
            Some(Self(hosts.into_iter().find(|path| path.is_file())?, folder.join("bin")))
        });
        if found.is_none() {
            eprintln!("SKIPPED {test}: TRACEMILL_DOTNET31 names no runtime");
        }
        found
    }

    /// A program that is ready.
    fn ready(&self, arguments: &str) -> Program {
        let mut words = arguments.split(' ');
        let mut command = Command::new(&self.0);
        command.arg(self.1.join(words.next().unwrap()).with_extension("dll")).args(words);
        let program = Program::spawn(command, false);
        program.wait_line("\"ready\":true");
        program
    }
}

fn record(program: &Program, folder: &Folder, arguments: &[&str]) -> Child {
    let pid = program.pid().to_string();
    let mut command = command(&["collect", "-o", "x", "-p", &pid]);
    command.args(arguments).stdin(Stdio::null()).current_dir(&folder.0);
    command.env("TMPDIR", &program.temp.0).spawn().unwrap()
}

#[test]
fn commands_that_3_1_knows() {
    let Some(kit) = Kit::find("commands_that_3_1_knows") else { return };
    let program = kit.ready("quiet --seconds 60 --period-ms 5");
    let client = program.client();
    // What it does not know leaves it as it is.
    assert_eq!(client.process_info().unwrap_err(), Error::UnknownCommand);
    assert_eq!(client.environment().unwrap_err(), Error::UnknownCommand);
    assert_eq!(client.resume().unwrap_err(), Error::UnknownCommand);
    for (container, magic) in [
        (Container::Nettrace, &b"Nettrace\x14\0\0\0!FastSerialization.1"[..]),
        (Container::Netperf, b"\x14\0\0\0!FastSerialization.1"),
    ] {
        for (newest, used) in [(1, Collect::V1), (2, Collect::V2), (5, Collect::V2)] {
            let mut config = config("Demo-Quiet");
            config.container = container;
            config.newest = Collect::ALL[newest - 1];
            config.rundown = if newest == 1 { Rundown::Default } else { Rundown::None };
            let watch = Watch::start(&client, &config);
            assert_eq!(watch.command, used);
            watch.wait_until(|trace| trace.of("Demo-Quiet") > 10);
            let bytes = watch.stop();
            assert!(bytes.starts_with(magic), "{used} {container:?}");
            let trace = Trace::read(&bytes);
            assert!(trace.is_complete && trace.stats.lost == 0, "{used} {container:?}");
            trace.assert_consecutive("beats");
            let rundown = trace.of("Microsoft-Windows-DotNETRuntimeRundown");
            assert_eq!(rundown > 100, newest == 1, "{rundown}");
        }
    }
    // What it cannot carry is not asked for.
    let mut without = config("Demo-Quiet");
    without.stacks = false;
    assert!(matches!(client.start(&without), Err(Error::NeedsCommand { needs: Collect::V3, .. })));
    let mut filtered = config("Demo-Quiet");
    filtered.providers[0].filter = EventFilter::Only(vec![1]);
    assert!(matches!(client.start(&filtered), Err(Error::NeedsCommand { needs: Collect::V5, .. })));
    assert!(Places::of_system().find(program.pid()).is_ok(), "it is still there");
}

#[test]
fn counts_of_3_1() {
    let Some(kit) = Kit::find("counts_of_3_1") else { return };
    for (scenario, buffer) in [
        ("busy --wait 1 --count 6000 --threads 2 --noise 1 --mode mix", "256"),
        ("busy --wait 1 --count 40000 --threads 2 --noise 0 --mode fast", "1"),
    ] {
        let program = kit.ready(scenario);
        let folder = Folder::new();
        let asked = ["--providers", "Demo-Busy:ff:5", "--buffersize", buffer];
        let child = record(&program, &folder, &asked);
        let emitted = done(&program);
        interrupt(&child);
        let ran = Ran::from(child.wait_with_output().unwrap());
        assert!(ran.code == 0 && ran.err.contains(": stopped: "), "{}", ran.err);
        let bytes = std::fs::read(folder.join("x")).unwrap();
        let trace = Trace::read(&bytes);
        let lost = assert_whole(&bytes, &emitted, scenario);
        trace.assert_complete_numbers(&emitted);
        if buffer == "256" {
            assert_eq!((lost, trace.of(BUSY)), (0, emitted.iter().sum()), "{scenario}");
        }
        let stats = tracemill(&["stats", "--json", folder.join("x").to_str().unwrap()]);
        assert_eq!((stats.code, &stats.json()["lost"]), (0, &trace.stats.lost.into()));
    }
}

#[test]
fn endings_of_3_1() {
    let Some(kit) = Kit::find("endings_of_3_1") else { return };
    // It takes care of the first signal by ending the session well; the others cut it off.
    for (signals, code, is_complete) in [
        (&[Signal::TERM][..], 143, true),
        (&[Signal::KILL], -9, false),
        (&[Signal::SEGV, Signal::SEGV], -11, false),
    ] {
        let what = format!("{signals:?}");
        let mut program = kit.ready(TICKS);
        let folder = Folder::new();
        let mut config = config(BUSY);
        config.rundown = Rundown::Default;
        let watch = Watch::start(&program.client(), &config);
        let child = record(&program, &folder, &["--providers", "Demo-Busy:ff:5"]);
        watch.wait_until(|trace| trace.of(BUSY) > 500);
        let part = folder.join("x.part");
        wait_for("bytes", || std::fs::metadata(&part).is_ok_and(|meta| meta.len() > 20_000));
        for (number, signal) in signals.iter().enumerate() {
            if number > 0 {
                watch.wait_len(watch.len() + 100_000);
            }
            program.signal(*signal);
        }
        let trace = Trace::read(&watch.end());
        assert_eq!((trace.is_complete, trace.stats.lost), (is_complete, 0), "{what}");
        trace.assert_consecutive(&what);
        assert_eq!(trace.of("Microsoft-Windows-DotNETRuntimeRundown") > 0, is_complete, "{what}");
        let ran = Ran::from(child.wait_with_output().unwrap());
        let how = if is_complete { ": the process ended: " } else { ": the process was killed" };
        assert!(ran.code == 0 && ran.err.contains(how), "{what}: {}", ran.err);
        assert_eq!(program.wait(), code, "{what}");
    }
}

#[test]
fn what_is_shown_of_3_1() {
    let Some(kit) = Kit::find("what_is_shown_of_3_1") else { return };
    let run = |program: &Program, arguments: &[&str]| {
        let pid = program.pid().to_string();
        let mut command = command(arguments);
        command.args(["-p", &pid, "--duration", "40s"]).stdin(Stdio::null());
        let ran = Ran::from(command.env("TMPDIR", &program.temp.0).output().unwrap());
        assert_eq!(ran.code, 0, "{}", ran.err);
        lines(&ran.out)
    };
    let program = kit.ready("logs --wait 1 --count 60 --seconds 30");
    let messages = run(&program, &["logs", "-f", "jsonl", "--count", "60"]);
    let numbers = messages
        .iter()
        .map(|message| message["arguments"]["OrderId"].as_str().unwrap().parse::<u64>().unwrap());
    assert!(numbers.eq(1..=60));
    // Of errors and critical ones.
    let thrown = messages.iter().filter(|message| message["exception"].is_object()).count();
    assert_eq!(thrown, 20);

    let program = kit.ready("counters --seconds 3");
    let values = run(&program, &["counters", "--counters", "Demo-Counters", "--format", "jsonl"]);
    let done: Value = serde_json::from_str(&program.wait_line("\"phase\":\"done\"")).unwrap();
    let counts = values.iter().filter(|value| value["name"] == "request-latency");
    let count: f64 = counts.map(|value| value["count"].as_f64().unwrap()).sum();
    assert!(count > 0.0 && count <= done["metrics_written"].as_f64().unwrap());

    let program = kit.ready("quiet --seconds 60 --period-ms 5");
    // Events without a keyword of their own need one of the highest here.
    let asked = ["--providers", "Demo-Quiet:ffffffffffffffff:5", "--count", "20"];
    let beats = run(&program, &[&["monitor", "-f", "jsonl", "-F", "fields"][..], &asked].concat());
    let first = beats[0]["fields"]["n"].as_u64().unwrap();
    let numbers = beats.iter().map(|beat| beat["fields"]["n"].as_u64().unwrap());
    assert!(numbers.eq(first..first + 20));
}
