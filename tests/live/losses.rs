//! What was delivered and what was lost is what was emitted, thread by thread, however slow the
//! reader.

use std::collections::BTreeMap;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tracemill::ipc::{Collect, Port, Timeouts};

use crate::child::{LONG, Program, runtime, wait_for};
use crate::run::{Ran, command, tracemill};
use crate::strict::Folder;
use crate::trace::Trace;
use crate::watch::{Watch, by, config};

const BUSY: &str = "Demo-Busy";

/// How many events each thread emitted, once it has.
pub fn done(program: &Program) -> Vec<u64> {
    let done: Value = serde_json::from_str(&program.wait_line("\"phase\":\"done\"")).unwrap();
    let threads = done["seq_per_thread"].as_array().unwrap();
    threads.iter().map(|count| count.as_u64().unwrap()).collect()
}

/// Fails unless each thread in the stream is whole. How many events were lost.
///
/// Two things nobody can see: a thread that never got a buffer; and, of a thread that ended, what it
/// lost after the last sequence point that names it, for the runtime forgets it with that.
pub fn assert_whole(bytes: &[u8], emitted: &[u64], what: &str) -> u64 {
    let (trace, told) = (Trace::read(bytes), last_point(bytes));
    assert!(trace.is_complete, "{what}");
    let (mut left, mut lost) = (emitted.to_vec(), 0);
    for (key, loss) in &trace.loss {
        let all = loss.events + loss.lost;
        let is_told = told.contains_key(key);
        assert!(told.get(key).is_none_or(|last| *last == all), "{what}: {loss:?}, {told:?}");
        let count = match trace.index.get(key) {
            // What the program calls it.
            Some(index) => emitted[usize::try_from(*index).unwrap()],
            // A thread of the runtime's own: that of the rundown, and some that write little.
            None if loss.events > 0 || all < 100 => continue,
            // Nothing of it came.
            None if is_told => all,
            None => *left.iter().min().unwrap_or(&0),
        };
        assert!(all == count || !is_told && all < count, "{what}: {loss:?} of {emitted:?}");
        let at = left.iter().position(|left| *left == count);
        left.remove(at.unwrap_or_else(|| panic!("{what}: {count} once more, of {emitted:?}")));
        lost += loss.lost;
    }
    assert!(left.len() < emitted.len(), "{what}: none of {emitted:?}");
    lost
}

/// The numbers in the last sequence point, by thread: the last object of a stream that ended well.
fn last_point(bytes: &[u8]) -> BTreeMap<u64, u64> {
    let name = b"SPBlock";
    let at = bytes.windows(name.len()).rposition(|found| found == name).unwrap();
    // The name, a tag, the size, and up to a multiple of 4 from the start.
    let content = (at + name.len() + 1 + 4).next_multiple_of(4);
    let u32_at = |at: usize| u64::from(u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()));
    let count = usize::try_from(u32_at(content + 8)).unwrap();
    let entries = (0..count).map(|entry| content + 12 + entry * 12);
    entries.map(|at| (u32_at(at) | u32_at(at + 4) << 32, u32_at(at + 8))).collect()
}

#[test]
fn a_buffer_of_one_megabyte() {
    let Some(run) = runtime("a_buffer_of_one_megabyte") else { return };
    let table = [
        ("busy --wait 1 --count 200000 --threads 1 --mode fast", Collect::V5),
        ("busy --wait 1 --count 100000 --threads 2 --mode fast", Collect::V2),
        ("busy --wait 1 --count 5000 --threads 2 --mode string --payload 2000", Collect::V5),
        ("busy --wait 1 --count 60000 --threads 3 --mode mix", Collect::V3),
        ("busy --wait 1 --count 50000 --threads 8 --mode fast", Collect::V1),
    ];
    for (scenario, version) in table {
        for is_read in [true, false] {
            let program = Program::ready(run, &format!("{scenario} --noise 0"));
            let mut config = by(version, BUSY);
            config.buffer_mb = 1;
            let watch = Watch::start_shut(&program.client(), &config);
            if is_read {
                watch.open();
            }
            let emitted = done(&program);
            watch.open();
            let what = format!("{scenario}, read at once: {is_read}");
            let lost = assert_whole(&watch.stop(), &emitted, &what);
            assert!(is_read || lost > 0, "{what}");
        }
    }
}

/// A reader that stands still, and goes on: the binary, stopped by a signal.
fn still(scenario: &str, buffer: &str) -> (Vec<u8>, Vec<u64>) {
    let run = runtime("still").unwrap();
    let program = Program::ready(run, scenario);
    let folder = Folder::new();
    let pid = program.pid().to_string();
    let mut command = command(&["collect", "-o", "x", "-p", &pid, "--rundown", "false"]);
    command.args(["--providers", "Demo-Busy:f:5", "--buffersize", buffer]);
    command.current_dir(&folder.0).env("TMPDIR", &program.temp.0);
    let child = command.spawn().unwrap();
    program.wait_line("\"Enable\"");
    let file = folder.join("x.part");
    wait_for("bytes", || std::fs::metadata(&file).is_ok_and(|meta| meta.len() > 10_000));
    let signal = |signal| kill_process(Pid::from_child(&child), signal).unwrap();
    signal(Signal::STOP);
    // The program does not wait for it.
    let emitted = done(&program);
    signal(Signal::CONT);
    signal(Signal::INT);
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert!(ran.code == 0 && ran.err.contains(": stopped: "), "{}", ran.err);
    let path = folder.join("x");
    let bytes = std::fs::read(&path).unwrap();
    let trace = Trace::read(&bytes);
    let stats = tracemill(&["stats", "--json", path.to_str().unwrap()]).json();
    assert_eq!(
        (&stats["events"], &stats["lost"]),
        (&trace.stats.events.into(), &trace.stats.lost.into())
    );
    (bytes, emitted)
}

#[test]
fn a_reader_that_stands_still() {
    if runtime("a_reader_that_stands_still").is_none() {
        return;
    }
    // All fits, so that nothing is lost.
    let scenario = "busy --wait 1 --count 30000 --rate 40000 --threads 2 --noise 0 --mode mix";
    let (bytes, emitted) = still(scenario, "64");
    assert_eq!(assert_whole(&bytes, &emitted, "64 MB"), 0);
    Trace::read(&bytes).assert_complete_numbers(&emitted);
    let scenario = "busy --wait 1 --count 60000 --rate 200000 --threads 2 --noise 0 --mode fast";
    let (bytes, emitted) = still(scenario, "1");
    assert!(assert_whole(&bytes, &emitted, "1 MB") > 0);
}

/// `cargo test --test live -- --ignored stands_still_for_ten_seconds`
#[test]
#[ignore = "takes 20 s"]
fn a_reader_that_stands_still_for_ten_seconds() {
    if runtime("a_reader_that_stands_still_for_ten_seconds").is_none() {
        return;
    }
    let scenario = "busy --wait 1 --seconds 10 --rate 20000 --threads 2 --noise 1 --mode mix";
    let (bytes, emitted) = still(scenario, "256");
    assert_eq!(assert_whole(&bytes, &emitted, "256 MB"), 0);
    let (bytes, emitted) = still(scenario, "4");
    assert!(assert_whole(&bytes, &emitted, "4 MB") > 0);
}

#[test]
fn two_sessions_at_one_process() {
    let Some(run) = runtime("two_sessions_at_one_process") else { return };
    let folder = Folder::new();
    let port = Port::listen(folder.join("port"), Timeouts::default()).unwrap();
    let scenario = "busy --wait 1 --count 20000 --threads 2 --noise 0 --mode mix";
    let program = Program::start(run, scenario, port.path().to_str());
    let runtime = port.accept_new(LONG).unwrap();
    let all = Watch::start(runtime.client(), &config(BUSY));
    let few = Watch::start(runtime.client(), &config("Demo-Busy:1:4"));
    runtime.resume().unwrap();
    let emitted = done(&program);
    let few = Trace::read(&few.stop());
    let all = Trace::read(&all.stop());
    assert!(few.is_complete && all.is_complete);
    all.assert_complete_numbers(&emitted);
    assert_eq!((all.of(BUSY), all.stats.lost), (emitted.iter().sum(), 0));
    // Each gets what it asked for, and numbers of its own.
    assert_eq!(few.by_name.keys().collect::<Vec<_>>(), ["ProcessInfo", "Tick"]);
    assert_eq!((few.named("Tick"), few.stats.lost), (all.named("Tick"), 0));
}
