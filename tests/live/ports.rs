//! Many processes at one port: they come, dial in, and go.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tracemill::ipc::{Port, Runtime, Timeouts};

use crate::child::{LONG, Program, runtime, wait_for};
use crate::strict::Folder;
use crate::trace::Trace;
use crate::watch::{Watch, config};

const STEPS: &str = "crash --wait 1 --count 100 --how exit3";
const BEATS: &str = "quiet --seconds 60 --period-ms 5";

fn port(folder: &Folder) -> Port {
    Port::listen(folder.join("port"), Timeouts::all(LONG)).unwrap()
}

/// The program that dialled in.
fn taken(programs: &mut Vec<Program>, runtime: &Runtime) -> Program {
    let is_it = |program: &Program| u64::from(program.pid()) == runtime.pid();
    programs.swap_remove(programs.iter().position(is_it).expect("one of ours"))
}

#[test]
fn fifty_processes_at_one_port() {
    let Some(run) = runtime("fifty_processes_at_one_port") else { return };
    let folder = Folder::new();
    let port = port(&folder);
    // All at once, as far as the machine lets them.
    let start = |_| Program::start(run, STEPS, port.path().to_str());
    let mut programs: Vec<_> = (0..50).map(start).collect();
    let mut running = Vec::new();
    for _ in 0..50 {
        let runtime = port.accept_new(LONG).unwrap();
        let program = taken(&mut programs, &runtime);
        let watch = Watch::start(runtime.client(), &config("TraceGen-Churn"));
        running.push((program, runtime, watch));
    }
    assert_eq!(port.stats().runtimes, 50);
    for (_, runtime, _) in &running {
        runtime.resume().unwrap();
    }
    for (mut program, _, watch) in running {
        let trace = Trace::read(&watch.end());
        assert!(trace.is_complete && trace.of("TraceGen-Churn") == 100);
        trace.assert_consecutive("one of fifty");
        assert_eq!(program.wait(), 3);
    }
    wait_for("none of them waits", || port.stats().waiting == 0);
}

/// What a process does, that came to the port.
#[derive(Clone, Copy, Debug)]
enum Life {
    /// Is watched to its end.
    Whole,
    /// Is killed before anybody let it run.
    Suspended,
    /// Is killed while it is watched.
    Watched,
    /// Its session is stopped, and it is killed.
    Stopped,
    /// Its session is left, and it is killed.
    Left,
}

/// Processes come and go, several at once. What is open and resident after each round.
fn come_and_go(run: &Path, mut goes_on: impl FnMut(usize) -> bool) -> Vec<(usize, u64)> {
    const LIVES: [Life; 5] =
        [Life::Whole, Life::Suspended, Life::Watched, Life::Stopped, Life::Left];
    let folder = Folder::new();
    let port = port(&folder);
    let mut rounds = Vec::new();
    while goes_on(rounds.len()) {
        let scenario = |life| if matches!(life, Life::Whole) { STEPS } else { BEATS };
        let start = |life| Program::start(run, scenario(life), port.path().to_str());
        let mut programs: Vec<_> = LIVES.map(start).into();
        let lives: Vec<_> = LIVES
            .iter()
            .zip(&programs)
            .map(|(life, program)| (u64::from(program.pid()), *life))
            .collect();
        for _ in LIVES {
            let runtime = port.accept_new(LONG).unwrap();
            let mut program = taken(&mut programs, &runtime);
            let life = lives.iter().find(|(pid, _)| *pid == runtime.pid()).unwrap().1;
            live(life, &mut program, &runtime);
        }
        wait_for("none of them waits", || port.stats().waiting == 0);
        rounds.push((open_files(), resident()));
    }
    rounds
}

fn live(life: Life, program: &mut Program, runtime: &Runtime) {
    if matches!(life, Life::Suspended) {
        program.signal(Signal::KILL);
        assert_eq!(program.wait(), -9);
        return;
    }
    let watch = Watch::start(runtime.client(), &config("TraceGen-Churn Demo-Quiet"));
    runtime.resume().unwrap();
    if matches!(life, Life::Whole) {
        let trace = Trace::read(&watch.end());
        assert!(trace.is_complete && trace.of("TraceGen-Churn") == 100);
        assert_eq!(program.wait(), 3);
        return;
    }
    watch.wait_until(|trace| trace.of("Demo-Quiet") > 3);
    let is_complete = match life {
        Life::Stopped => Trace::read(&watch.stop()).is_complete,
        Life::Left => {
            watch.leave();
            true
        }
        _ => {
            program.signal(Signal::KILL);
            !Trace::read(&watch.end()).is_complete
        }
    };
    assert!(is_complete, "{life:?}");
    if !matches!(life, Life::Watched) {
        program.signal(Signal::KILL);
    }
    assert_eq!(program.wait(), -9);
}

#[test]
fn processes_come_and_go() {
    let Some(run) = runtime("processes_come_and_go") else { return };
    assert_eq!(come_and_go(run, |rounds| rounds < 2).len(), 2);
}

/// For five minutes; nothing is left of those that went.
/// `cargo test --test live -- --ignored --nocapture come_and_go_for_minutes`
#[test]
#[ignore = "takes 5 minutes"]
fn processes_come_and_go_for_minutes() {
    let Some(run) = runtime("processes_come_and_go_for_minutes") else { return };
    let minutes = std::env::var("TRACEMILL_MINUTES").map_or(5.0, |text| text.parse().unwrap());
    let (began, long) = (Instant::now(), Duration::from_secs_f64(60.0 * minutes));
    let rounds = come_and_go(run, |_| began.elapsed() < long);
    println!("{} processes; files open, KiB resident: {rounds:?}", rounds.len() * 5);
    let (half, last) = (rounds[rounds.len() / 2], *rounds.last().unwrap());
    assert!(last.0 <= half.0 + 5, "files: {rounds:?}");
    assert!(last.1 <= half.1 + 1024, "memory: {rounds:?}");
}

fn open_files() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// In KiB.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
