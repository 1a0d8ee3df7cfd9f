//! How long an event is on its way, from the clock of the runtime to the line that `tracemill monitor`
//! prints, of a process that has one to tell now and then.
//!
//! `live_latency RUN TRACEMILL [SECONDS [PERIOD_MS]]`: `RUN` starts the test programs.
//!
//! Stands between the two, at the place of the process's socket, and looks at the clock as bytes pass:
//! so what the runtime takes, which writes every 100 ms, is told apart from what is ours. Nothing of
//! ours may wait for the event after it.

#![allow(clippy::cast_precision_loss, reason = "figures to look at")]

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tracemill::ipc::Places;

type Failed = Box<dyn Error + Send + Sync>;
/// When bytes came from the runtime, in nanoseconds.
type Times = Arc<Mutex<Vec<u64>>>;

fn main() -> Result<(), Failed> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let word = |at: usize| words.get(at).map(String::as_str);
    let (Some(run), Some(tracemill)) = (word(0), word(1)) else {
        return Err("usage: live_latency RUN TRACEMILL [SECONDS [PERIOD_MS]]".into());
    };
    let (seconds, period) = (word(2).unwrap_or("20"), word(3).unwrap_or("370"));
    let temp = std::env::temp_dir().join(format!("tracemill-latency-{}", std::process::id()));
    std::fs::create_dir_all(&temp)?;
    let measured = measure(run, tracemill, seconds, period, &temp);
    let _ = std::fs::remove_dir_all(&temp);
    report(measured?, period.parse()?)
}

/// Of each event, in nanoseconds: until the runtime sent it, and from then until its line was read.
fn measure(
    run: &str,
    tracemill: &str,
    seconds: &str,
    period: &str,
    temp: &Path,
) -> Result<Vec<(u64, u64)>, Failed> {
    let quiet = ["tracegen", "quiet", "--seconds", seconds, "--period-ms", period];
    let mut program = Ended(start(Command::new(run).args(quiet).env("TMPDIR", temp))?);
    let output = program.0.stdout.take().ok_or("no output")?;
    BufReader::new(output).read_line(&mut String::new())?;
    let pid = program.0.id();
    let socket = Places::of_system().folders([temp.to_owned()]).find(pid)?.socket;
    let times = stand_before(&socket)?;
    let mut monitor = Command::new(tracemill);
    monitor.args(["monitor", "--providers", "Demo-Quiet::5", "--provider", "Demo-Quiet"]);
    monitor.args(["-f", "csv", "-F", "ticks", "-p", &pid.to_string()]).env("TMPDIR", temp);
    let mut monitor = Ended(start(&mut monitor)?);
    let lines = BufReader::new(monitor.0.stdout.take().ok_or("no output")?).lines();
    let mut measured = Vec::new();
    for line in lines.skip(1) {
        let (line, now) = (line?, now());
        let written: u64 = line.parse()?;
        let times = times.lock().map_err(|_| "the reader panicked")?;
        let sent = times.iter().rev().find(|time| **time <= now).ok_or("a line before bytes")?;
        measured.push((sent.saturating_sub(written), now.saturating_sub(*sent)));
    }
    Ok(measured)
}

fn report(mut measured: Vec<(u64, u64)>, period: f64) -> Result<(), Failed> {
    if measured.len() < 3 {
        return Err("too few events".into());
    }
    // What was written before the session, and the first of it, are not on their way.
    measured.remove(0);
    let ms = |mut values: Vec<u64>| {
        values.sort_unstable();
        let at = |at: usize| values.get(at).map_or(f64::NAN, |ns| ns.to_owned() as f64 / 1e6);
        (at(values.len() / 2), at(values.len() - 1))
    };
    let runtime = ms(measured.iter().map(|(runtime, _)| *runtime).collect());
    let ours = ms(measured.iter().map(|(_, ours)| *ours).collect());
    let all = ms(measured.iter().map(|(runtime, ours)| runtime + ours).collect());
    println!("{} events, one every {period} ms; median and worst in ms", measured.len());
    println!("the runtime, until it sent them  {:8.3} {:8.3}", runtime.0, runtime.1);
    println!("ours, until the line was read    {:8.3} {:8.3}", ours.0, ours.1);
    println!("both                             {:8.3} {:8.3}", all.0, all.1);
    let is_fine = ours.1 < 2.0 && all.1 < period;
    println!("{}", if is_fine { "fine: less than 2 ms of ours" } else { "too long" });
    if is_fine { Ok(()) } else { Err("an event took too long".into()) }
}

fn start(command: &mut Command) -> std::io::Result<Child> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()
}

/// Takes the place of a socket, and notes when the runtime behind it sends something.
fn stand_before(socket: &Path) -> Result<Times, Failed> {
    let behind: PathBuf = socket.with_extension("behind");
    std::fs::rename(socket, &behind)?;
    let listener = UnixListener::bind(socket)?;
    let times = Times::default();
    let noted = Arc::clone(&times);
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            if let Ok(server) = UnixStream::connect(&behind) {
                let _ = join(client, server, &noted);
            }
        }
    });
    Ok(times)
}

fn join(client: UnixStream, server: UnixStream, times: &Times) -> std::io::Result<()> {
    let (from, to, times) = (client.try_clone()?, server.try_clone()?, Arc::clone(times));
    std::thread::spawn(move || {
        copy(server, &client, || {
            if let Ok(mut times) = times.lock() {
                times.push(now());
            }
        });
        let _ = client.shutdown(Shutdown::Both);
    });
    std::thread::spawn(move || {
        copy(from, &to, || {});
        let _ = to.shutdown(Shutdown::Write);
    });
    Ok(())
}

fn copy(mut from: UnixStream, mut to: &UnixStream, mut note: impl FnMut()) {
    let mut bytes = vec![0; 64 << 10];
    while let Ok(len @ 1..) = from.read(&mut bytes) {
        note();
        let Some(bytes) = bytes.get(..len) else { return };
        if to.write_all(bytes).is_err() {
            return;
        }
    }
}

/// What the runtime's clock says on Linux.
fn now() -> u64 {
    let now = Duration::try_from(clock_gettime(ClockId::Monotonic)).unwrap_or_default();
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
}

/// A process that is ended when this is dropped.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
