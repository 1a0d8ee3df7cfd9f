//! Recordings of a runtime that is strict about the protocol, and sends what it is told to.

use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tracemill_testkit::Mix;

use super::run::{Ran, bytes, command, fixture, interrupt, tracemill};
use super::strict::{Command, Folder, Runtime, Traits};

/// Longer than anything takes.
const LONG: Duration = Duration::from_secs(60);
/// Somewhere in a block.
const CUT: usize = 20_000;

/// Waits until something holds.
fn until(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < LONG, "{what}");
        std::thread::yield_now();
    }
}

/// A recording under way.
struct Recording {
    runtime: Runtime,
    child: Child,
    session: u64,
    folder: Folder,
}

impl Recording {
    fn start(traits: Traits, arguments: &[&str]) -> Self {
        let (runtime, folder) = (Runtime::new(traits), Folder::new());
        let port = format!("{},connect", runtime.path.display());
        let mut all = vec!["collect", "--dport", &port];
        all.extend(arguments);
        let mut command = command(&all);
        let child = command.stdin(Stdio::null()).current_dir(&folder.0).spawn().unwrap();
        until("a session", || !runtime.sessions().is_empty());
        let session = runtime.sessions()[0];
        Self { runtime, child, session, folder }
    }

    fn write(&self, bytes: &[u8]) {
        self.runtime.write(self.session, bytes);
    }

    fn interrupt(&self) {
        interrupt(&self.child);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.folder.0).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// Waits for its end. The folder goes with what is given back.
    fn end(self) -> (Ran, Runtime, Folder) {
        (self.child.wait_with_output().unwrap().into(), self.runtime, self.folder)
    }
}

/// A runtime that tells when it is to stop, and waits until it may.
fn held() -> (Traits, Receiver<()>, Sender<()>) {
    let (told, seen) = channel();
    let (go, may) = channel();
    let (told, may) = (Mutex::new(told), Mutex::new(may));
    let before = move |command: &Command| {
        if matches!(command, Command::Stop(_)) {
            told.lock().unwrap().send(()).unwrap();
            let _ = may.lock().unwrap().recv_timeout(LONG);
        }
    };
    (Traits { before: Some(Arc::new(before)), ..Traits::default() }, seen, go)
}

#[test]
fn byte_for_byte_under_a_name_with_its_time() {
    let whole = bytes("http.nettrace");
    let recording = Recording::start(Traits::default(), &[]);
    assert!(recording.names()[0].ends_with(".nettrace.part"), "not whole yet");
    for part in whole.chunks(977) {
        recording.write(part);
    }
    recording.runtime.end(recording.session);
    let (ran, runtime, folder) = recording.end();
    assert_eq!(ran.code, 0, "{}", ran.err);
    let entry = fs::read_dir(&folder.0).unwrap().next().unwrap().unwrap();
    let name = entry.file_name().into_string().unwrap();
    let digits =
        |text: &str| text.bytes().map(|b| if b.is_ascii_digit() { b'9' } else { b }).collect();
    let shape: Vec<u8> = digits(&name);
    assert_eq!(String::from_utf8_lossy(&shape), "app_99999999_999999.nettrace");
    assert!(fs::read(entry.path()).unwrap() == whole, "the same bytes");
    let line = "tracemill: process 4321: the process ended: ";
    assert!(ran.err.starts_with(line) && ran.err.contains("327 events, 0 lost"), "{}", ran.err);
    assert_eq!((ran.err.lines().count(), ran.out.as_str()), (1, ""), "{}", ran.err);
    assert_eq!(runtime.notes(|notes| notes.stops.len()), 0, "an ended session is not stopped");
}

#[test]
fn an_interrupt_stops_and_takes_what_is_on_its_way() {
    let whole = bytes("http.nettrace");
    let (traits, stop, go) = held();
    let recording = Recording::start(traits, &["-o", "x", "--rundown", "false"]);
    recording.write(&whole[..CUT]);
    recording.interrupt();
    stop.recv_timeout(LONG).unwrap();
    recording.write(&whole[CUT..]);
    go.send(()).unwrap();
    let (ran, runtime, folder) = recording.end();
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.starts_with("tracemill: process 4321: stopped: "), "{}", ran.err);
    assert!(fs::read(folder.join("x")).unwrap() == whole);
    runtime.notes(|notes| {
        assert_eq!(notes.stops.len(), 1);
        let asked = notes.served.iter().find_map(|command| match command {
            Command::Collect(collect) => Some(collect.clone()),
            _ => None,
        });
        let asked = asked.unwrap();
        assert_eq!((asked.rundown, asked.buffer_mb, asked.format), (Some(0), 256, 1));
        assert!(notes.served.contains(&Command::Resume), "it may have been suspended");
    });
}

#[test]
fn a_second_interrupt_leaves_what_came() {
    let whole = bytes("http.nettrace");
    let (traits, stop, go) = held();
    let recording = Recording::start(traits, &["-o", "x"]);
    recording.write(&whole[..CUT]);
    let part = recording.path("x.part");
    until("all is written", || fs::metadata(&part).is_ok_and(|meta| meta.len() == CUT as u64));
    recording.interrupt();
    stop.recv_timeout(LONG).unwrap();
    recording.interrupt();
    let (ran, runtime, folder) = recording.end();
    assert_eq!(ran.code, 130, "{}", ran.err);
    assert!(ran.err.contains("what came until now is in x.part"), "{}", ran.err);
    assert!(fs::read(folder.join("x.part")).unwrap() == whole[..CUT]);
    go.send(()).unwrap();
    drop(runtime);
}

#[test]
fn a_process_that_is_killed_leaves_what_it_sent() {
    let whole = bytes("http.nettrace");
    let recording = Recording::start(Traits::default(), &["-o", "x"]);
    recording.write(&whole[..CUT]);
    recording.runtime.end(recording.session);
    let (ran, _runtime, folder) = recording.end();
    assert_eq!((ran.code, ran.err.lines().count()), (0, 1), "{}", ran.err);
    assert!(ran.err.contains("killed or crashed"), "{}", ran.err);
    let file = folder.join("x");
    assert!(fs::read(&file).unwrap() == whole[..CUT]);
    let read = tracemill(&["info", file.to_str().unwrap()]);
    assert!(read.code == 4 && read.err.contains("truncated at"), "{}", read.err);
}

#[test]
fn what_nobody_takes_is_held_within_bounds_and_none_of_it_is_lost() {
    let (whole, truth) = Mix::default().bytes(160 << 20);
    let whole = Arc::new(whole);
    let mut recording = Recording::start(Traits::default(), &["-o", "-"]);
    let mut output = recording.child.stdout.take().unwrap();
    let sent = AtomicUsize::new(0);
    let mut taken = Vec::with_capacity(whole.len());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for part in whole.chunks(64 << 10) {
                recording.write(part);
                sent.fetch_add(part.len(), Ordering::SeqCst);
            }
        });
        // Nothing is taken yet, and the process can send all the same.
        until("it is read from", || sent.load(Ordering::SeqCst) > 4 << 20);
        (&mut output).take(whole.len() as u64).read_to_end(&mut taken).unwrap();
    });
    if cfg!(target_os = "linux") {
        let status = format!("/proc/{}/status", recording.child.id());
        let status = fs::read_to_string(status).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        let most: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        assert!(most < 80 << 10, "{line}");
    }
    recording.runtime.end(recording.session);
    let (ran, ..) = recording.end();
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(taken == *whole, "the same bytes");
    let counted = ran.err.replace(',', "");
    assert!(counted.contains(&format!(" {} events 0 lost", truth.events)), "{}", ran.err);
    assert!(ran.err.ends_with("; in standard output\n"), "{}", ran.err);
}

#[test]
fn loss_can_be_the_exit_code() {
    let (whole, truth) = Mix { drop_percent: 10, ..Mix::default() }.bytes(1 << 20);
    for (arguments, code) in [(&["-o", "x"][..], 0), (&["-o", "x", "--fail-on-loss"], 5)] {
        let recording = Recording::start(Traits::default(), arguments);
        recording.write(&whole);
        recording.runtime.end(recording.session);
        let (ran, ..) = recording.end();
        assert_eq!(ran.code, code, "{}", ran.err);
        let lost: u64 = {
            let (before, _) = ran.err.split_once(" lost").unwrap();
            before.rsplit(' ').next().unwrap().replace(',', "").parse().unwrap()
        };
        assert_eq!(lost, truth.lost);
    }
}

#[test]
fn an_event_can_end_it() {
    let whole = bytes("http.nettrace");
    let provider = "Microsoft-DotNETCore-EventPipe";
    // What its last event is, so that it is met only when all has come.
    let info =
        ["--stopping-event-provider-name", provider, "--stopping-event-event-name", "ProcessInfo"];
    let (traits, stop, go) = held();
    let recording = Recording::start(traits, &[&["-o", "x"][..], &info].concat());
    recording.write(&whole[..whole.len() - 1]);
    stop.recv_timeout(LONG).unwrap();
    recording.write(&whole[whole.len() - 1..]);
    go.send(()).unwrap();
    let (ran, _runtime, folder) = recording.end();
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains(": stopped by the event: "), "{}", ran.err);
    assert!(fs::read(folder.join("x")).unwrap() == whole);
    // Another payload: it goes on to the end.
    let payload = ["--stopping-event-payload-filter", "OSInformation:Windows"];
    let arguments = [&["-o", "x"][..], &info, &payload].concat();
    let recording = Recording::start(Traits::default(), &arguments);
    recording.write(&whole);
    recording.runtime.end(recording.session);
    let (ran, ..) = recording.end();
    assert!(ran.err.contains(": the process ended: "), "{}", ran.err);
    let told = ": the event that ends it never came: ProcessInfo of Microsoft-DotNETCore-EventPipe with such";
    assert_eq!((ran.err.matches(told).count(), ran.err.lines().count()), (1, 2), "{}", ran.err);
}

#[test]
fn an_event_that_ends_it_is_told_of_only_if_it_does_not_come() {
    let whole = bytes("http.nettrace");
    let event = ["System.Net.Http", "--stopping-event-event-name", "RequestStart"];
    let event = [&["-o", "x", "--stopping-event-provider-name"][..], &event].concat();
    let record = |payload: &str| {
        let payload = ["--stopping-event-payload-filter", payload];
        let recording = Recording::start(Traits::default(), &[&event[..], &payload].concat());
        recording.write(&whole);
        recording.runtime.end(recording.session);
        recording.end().0
    };
    // A number that fits, though it is compared as text as well.
    let ran = record("port:44485");
    assert_eq!((ran.code, ran.err.lines().count()), (0, 1), "{}", ran.err);
    assert!(ran.err.contains(": stopped by the event"), "{}", ran.err);
    let never =
        "the event that ends it never came: RequestStart of System.Net.Http with such a payload";
    for (payload, told) in [
        ("port:1", None),
        ("port:x", Some("--stopping-event-payload-filter: `port` is a number, and no such")),
        ("Port Number:1", Some("no such event has a field named `Port Number`")),
    ] {
        let ran = record(payload);
        assert!(ran.err.contains(": the process ended: "), "{}", ran.err);
        let lines = 2 + usize::from(told.is_some());
        assert_eq!(
            (ran.err.matches(never).count(), ran.err.lines().count()),
            (1, lines),
            "{}",
            ran.err
        );
        assert!(told.is_none_or(|told| ran.err.contains(told)), "{}", ran.err);
        assert!(!ran.err.contains("--where"), "{}", ran.err);
    }
}

#[test]
fn nothing_is_overwritten() {
    let (runtime, folder) = (Runtime::new(Traits::default()), Folder::new());
    let port = format!("{},connect", runtime.path.display());
    let file = folder.join("x");
    let there = file.to_str().unwrap();
    fs::write(&file, "mine").unwrap();
    let collect = ["collect", "--dport", &port, "--providers", "Demo", "-o"];
    let ran = tracemill(&[&collect[..], &[there]].concat());
    let expected = format!("tracemill: {there} is there already; give -y to overwrite it\n");
    assert_eq!((ran.code, ran.err), (2, expected));
    fs::write(folder.join("y.part"), "mine").unwrap();
    let other = folder.join("y");
    let ran = tracemill(&[&collect[..], &[other.to_str().unwrap(), "-y"]].concat());
    assert_eq!((ran.code, ran.err.lines().count()), (2, 1), "{}", ran.err);
    assert_eq!(fs::read(&file).unwrap(), b"mine");
    assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 2);
    let ran = tracemill(&[&collect[..], &["/nonexistent/x"]].concat());
    let expected = "tracemill: /nonexistent/x: the folder it is to be in does not exist\n";
    assert_eq!((ran.code, ran.err.as_str()), (1, expected));
    assert!(runtime.sessions().is_empty(), "no session was asked for");
    // With -y, when it is whole.
    let recording = Recording::start(Traits::default(), &["-y", "-o", there]);
    assert_eq!(fs::read(&file).unwrap(), b"mine");
    recording.write(&bytes("http.nettrace"));
    recording.runtime.end(recording.session);
    let (ran, ..) = recording.end();
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(fs::read(&file).unwrap() == bytes("http.nettrace"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_process_is_named_once() {
    let pid = std::process::id().to_string();
    for verb in ["collect", "monitor", "logs"] {
        let ran = tracemill(&[verb, "-p", &pid]);
        let expected = format!("tracemill: process {pid} has no diagnostics socket: ");
        assert_eq!(ran.code, 6, "{verb}");
        assert!(ran.err.starts_with(&expected), "{verb}: {}", ran.err);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_stops_the_session() {
    let (traits, stop, go) = held();
    let recording = Recording::start(traits, &["-o", "/dev/full"]);
    recording.write(&bytes("http.nettrace"));
    stop.recv_timeout(LONG).unwrap();
    // The runtime goes on until it has been told; it is read from meanwhile.
    recording.write(&vec![0; 4 << 20]);
    go.send(()).unwrap();
    let (ran, ..) = recording.end();
    assert_eq!((ran.code, ran.err.lines().count()), (1, 1), "{}", ran.err);
    assert!(ran.err.starts_with("tracemill: /dev/full: cannot write: No space"), "{}", ran.err);
}

#[test]
fn the_command_line_can_be_wrong() {
    for arguments in [
        &[][..],
        &["-p", "1", "--dport", "x"],
        &["-p", "1", "--", "x"],
        &["-p", "1", "--format", "Speedscope"],
        &["-p", "1", "--duration", "x"],
        &["-p", "1", "--providers", ":"],
        &["-p", "1", "--rundown", "perhaps"],
        &["-p", "1", "--stopping-event-event-name", "x"],
        &["-p", "1", "--show-child-io"],
        &["-p", "1", "--keep", "2"],
        &["-p", "1", "--rotate-size", "much"],
    ] {
        let ran = tracemill(&[&["collect"], arguments].concat());
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}: {}", ran.err);
    }
    let folder = Folder::new();
    let output = folder.join("x");
    let output = output.to_str().unwrap();
    let ran = tracemill(&["collect", "-o", output, "--", &fixture("none")]);
    assert!(ran.code == 6 && ran.err.contains("cannot start"), "{}", ran.err);
    let ran = tracemill(&["collect", "-o", output, "--", "true"]);
    assert!(ran.code == 6 && ran.err.contains("before a .NET runtime"), "{}", ran.err);
    assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 0);
}

#[test]
fn a_runtime_that_dials_in_is_let_run_once_it_is_recorded() {
    let folder = Folder::new();
    let (port, file) = (folder.join("port"), folder.join("x"));
    let arguments = ["--providers", "Demo", "-o", file.to_str().unwrap()];
    let all = [&["collect", "--dport", port.to_str().unwrap()][..], &arguments].concat();
    let child = command(&all).spawn().unwrap();
    until("a port", || port.exists());
    let runtime = Runtime::dial(&port, 7, Traits::default());
    let resumed = || runtime.notes(|notes| notes.served.contains(&Command::Resume));
    until("it runs", resumed);
    let served = runtime.notes(|notes| notes.served.clone());
    let at = |is: fn(&Command) -> bool| served.iter().position(is).unwrap();
    let collect = at(|command| matches!(command, Command::Collect(_)));
    assert!(collect < at(|command| *command == Command::Resume), "recorded before it runs");
    let session = runtime.sessions()[0];
    runtime.write(session, &bytes("http.nettrace"));
    runtime.end(session);
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(fs::read(&file).unwrap() == bytes("http.nettrace"));
    assert!(!port.exists(), "the port is gone");
}

#[test]
fn parts_are_files_of_their_own() {
    let mix = Mix { blocks_per_sequence_point: 5, drop_percent: 3, ..Mix::default() };
    let (whole, truth) = mix.bytes(5 << 20);
    for keep in [9, 2] {
        let keep = keep.to_string();
        let arguments = ["-o", "x.nettrace", "--rotate-size", "1M", "--keep", &keep];
        let recording = Recording::start(Traits::default(), &arguments);
        recording.write(&whole);
        recording.runtime.end(recording.session);
        let (ran, _runtime, folder) = recording.end();
        assert_eq!((ran.code, ran.err.lines().count()), (0, 1), "{}", ran.err);
        let counted = format!(" {} events {} lost", truth.events, truth.lost);
        assert!(ran.err.replace(',', "").contains(&counted), "{counted}: {}", ran.err);
        let mut names: Vec<_> =
            fs::read_dir(&folder.0).unwrap().map(|e| e.unwrap().path()).collect();
        names.sort();
        let mut sum = 0;
        for name in &names {
            let info = tracemill(&["info", "--json", name.to_str().unwrap()]);
            assert_eq!((info.code, info.err.as_str()), (0, ""), "{}", name.display());
            sum += info.json()["events"].as_u64().unwrap();
        }
        if keep == "2" {
            assert_eq!(names.len(), 2);
        } else {
            assert!(names.len() > 3 && names[0].ends_with("x.0001.nettrace"), "{names:?}");
            assert_eq!(sum, truth.events);
        }
    }
}

#[test]
fn a_runtime_that_is_not_recorded_is_let_run_all_the_same() {
    let folder = Folder::new();
    let (port, file) = (folder.join("port"), folder.join("x"));
    fs::write(&file, "mine").unwrap();
    let dial = ["collect", "--dport", port.to_str().unwrap(), "-o", file.to_str().unwrap()];
    let child = command(&dial).spawn().unwrap();
    until("a port", || port.exists());
    let runtime = Runtime::dial(&port, 7, Traits::default());
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!((ran.code, ran.err.lines().count()), (2, 1), "{}", ran.err);
    assert!(runtime.notes(|notes| notes.served.contains(&Command::Resume)));
    assert!(runtime.sessions().is_empty());
}

#[test]
fn events_by_number_need_a_runtime_that_knows_them() {
    let ask = |collect: u8, chosen: &str| {
        let (runtime, folder) =
            (Runtime::new(Traits { collect, ..Traits::default() }), Folder::new());
        let port = format!("{},connect", runtime.path.display());
        let arguments = ["--dport", &port, "--providers", "Demo", "--event-ids", chosen];
        let rest = ["--duration", "100ms"];
        ["monitor", "collect"].map(|verb| {
            let mut command = command(&[&[verb], &arguments[..], &rest].concat());
            let child = command.stdin(Stdio::null()).current_dir(&folder.0).spawn().unwrap();
            let ran = Ran::from(child.wait_with_output().unwrap());
            runtime.assert_well();
            (ran.code, ran.err)
        })
    };
    for (code, said) in ask(4, "Demo=1,3-5") {
        assert_eq!((code, said.lines().count()), (6, 1), "{said}");
        assert!(said.contains("an event filter needs CollectTracing5 (.NET 10)"), "{said}");
    }
    for (chosen, what) in [
        ("Demo", "expected NAME=IDS"),
        ("Demo=5-1", "expected NAME=IDS"),
        ("Other=1", "'Other' are chosen, but it is not asked for"),
    ] {
        for (code, said) in ask(5, chosen) {
            assert!(code == 2 && said.contains(what), "{said}");
        }
    }
}
