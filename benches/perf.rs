//! Samples of perf.data, decoded here, by a bare walk, and by the crate `linux-perf-data`: CPU
//! nanoseconds a sample, row by row in turn. All rows add up the same, and fail if they do not.
//!
//! `cargo bench --bench perf -- FILE PASSES [ROW,ROW..]`
//!
//! Of every sample are read instruction pointer, time, process, thread, CPU, each entry of the call
//! chain, and of raw data the length and the fields that all tracepoints have. Each pass of each row is a
//! process of its own, which has the file in memory before the clock starts. `perf script` is a row if it
//! can be run; it reads the file itself, and writes what it read as text to nowhere.
//!
//! Without a file, as `cargo test --benches` runs it, small recordings made here are read once by each
//! row.
#![allow(
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "figures to be printed"
)]

mod clock;
#[path = "perf/made.rs"]
mod made;
#[path = "perf/rows.rs"]
mod rows;
#[allow(dead_code, reason = "shared with the tests")]
#[path = "../tests/perf/writer.rs"]
mod writer;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;

use rows::{ROWS, Row, Sums};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["row", name, file] => one(name, Path::new(file)),
        [file, passes, ref rest @ ..] => {
            let wanted = rest.first().copied();
            measure(Path::new(file), passes.parse().expect("a number of passes"), wanted);
        }
        _ => try_out(),
    }
}

/// Reads what is made here, once by each row.
fn try_out() {
    for made in made::all() {
        for row in ROWS {
            if let Some(found) = (row.run)(&made.bytes) {
                row.check(&made.sums, &found, &format!("{} of {}", row.name, made.name));
            }
        }
        println!("perf: {}: {} samples by each row", made.name, made.sums.samples);
    }
}

struct Pass {
    name: &'static str,
    times: Vec<Duration>,
    /// Bytes at most, beside the file.
    memory: u64,
}

fn measure(file: &Path, passes: usize, wanted: Option<&str>) {
    let bytes = Bytes::from(std::fs::read(file).expect("a file"));
    let expected = (ROWS[0].run)(&bytes).expect("it reads everything");
    let is_wanted =
        |row: &&Row| wanted.is_none_or(|wanted| wanted.split(',').any(|name| name == row.name));
    let rows: Vec<&Row> = ROWS.iter().filter(is_wanted).collect();
    let mut measured: Vec<Pass> = Vec::new();
    for _ in 0..passes {
        for row in &rows {
            let Some((time, memory, found)) = pass(row, file) else {
                continue;
            };
            row.check(&expected, &found, row.name);
            match measured.iter_mut().find(|known| known.name == row.name) {
                Some(known) => {
                    known.times.push(time);
                    known.memory = known.memory.max(memory);
                }
                None => measured.push(Pass { name: row.name, times: vec![time], memory }),
            }
        }
    }
    let script = wanted.is_none_or(|wanted| wanted.contains("script")).then(|| script(file));
    print(&expected, bytes.len(), &mut measured);
    if let Some(time) = script.flatten() {
        let nanos = time.as_nanos() as f64 / expected.samples as f64;
        println!("{:<16} {nanos:9.2} ns/sample, wall clock, once", "perf script");
    }
}

/// One pass, in a process of its own: CPU time, bytes at most beside the file, and what was found.
/// `None` if the row cannot read the file.
fn pass(row: &Row, file: &Path) -> Option<(Duration, u64, Sums)> {
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program).args(["row", row.name]).arg(file).output().expect("a child");
    let text = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<u64> = text.split_whitespace().filter_map(|part| part.parse().ok()).collect();
    let [nanos, memory, ref sums @ ..] = numbers[..] else {
        assert!(output.status.success(), "{}: {output:?}", row.name);
        return None;
    };
    Some((Duration::from_nanos(nanos), memory, Sums::from_numbers(sums)))
}

/// Does what [`pass`] asks for.
fn one(name: &str, file: &Path) {
    let row = ROWS.iter().find(|row| row.name == name).expect("a row");
    let bytes = Bytes::from(std::fs::read(file).expect("a file"));
    let before = peak();
    let (time, found) = clock::time(|| (row.run)(&bytes));
    if let Some(found) = found {
        print!("{} {}", time.cpu.as_nanos(), peak().saturating_sub(before));
        for number in found.numbers() {
            print!(" {number}");
        }
    }
}

/// The most memory that this process has had so far, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    1024 * kib.unwrap_or(0)
}

/// How long `perf script` takes; `None` where it cannot be run.
fn script(file: &Path) -> Option<Duration> {
    let start = Instant::now();
    let status = Command::new("perf")
        .args(["script", "-F", "pid,tid,cpu,time,event,ip", "-i"])
        .arg(file)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .ok()?;
    status.success().then(|| start.elapsed())
}

fn print(expected: &Sums, len: usize, measured: &mut [Pass]) {
    println!(
        "{} samples, {} bytes, {} entries of call chains",
        expected.samples, len, expected.entries
    );
    let samples = expected.samples as f64;
    let mut medians: Vec<f64> = Vec::new();
    for row in &mut *measured {
        medians.push(clock::least_and_median(&mut row.times).1.as_nanos() as f64 / samples);
    }
    let peer = measured.iter().position(|row| row.name == "linux-perf-data").map(|at| medians[at]);
    for (row, median) in measured.iter_mut().zip(&medians) {
        let least = clock::least_and_median(&mut row.times).0.as_nanos() as f64 / samples;
        let gbps = len as f64 / (median * samples);
        let ratio =
            peer.map(|peer| format!("  {:6.2} x faster", peer / median)).unwrap_or_default();
        let mib = row.memory as f64 / f64::from(1 << 20);
        println!(
            "{:<16} min {least:8.2}  median {median:8.2} ns/sample  {gbps:5.2} GB/s  {mib:6.1} MiB{ratio}",
            row.name
        );
    }
}
