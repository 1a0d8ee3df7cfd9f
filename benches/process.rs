//! Whole processes: CPU time of `tracemill` and of a naive twin on one file, start-up and reading
//! included, interleaved pass by pass.
//!
//! `cargo bench --bench process -- FILE|STREAM PASSES [ROW,ROW..]`
//!
//! STREAM is the name of one in `definitions.rs`. The twin is this program itself. In test mode each
//! row is run once on small streams, and what it prints is compared with what is in them.

#![allow(dead_code, reason = "the rest is for other runners")]
#![allow(
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "figures to be printed"
)]

mod clock;
mod definitions;
mod file;
mod twin;
mod work;

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use definitions::{QUICK, STREAMS};
use file::File;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use work::{Input, Pick};

/// A process that reads a file.
struct Row {
    name: &'static str,
    /// Arguments; `FILE` stands for the file, `-` for the file on standard input. Those of a twin
    /// begin with `twin`, those of a reader that throws away what it reads with `read`.
    args: &'static [&'static str],
}

const ROWS: &[Row] = &[
    Row { name: "stats", args: &["stats", "-q", "--json", "FILE"] },
    Row { name: "stats-no-mmap", args: &["stats", "-q", "--json", "--no-mmap", "FILE"] },
    Row { name: "stats-pipe", args: &["stats", "-q", "--json", "-"] },
    Row { name: "read-no-mmap", args: &["read", "FILE"] },
    Row { name: "read-pipe", args: &["read", "-"] },
    Row { name: "stats/naive", args: &["twin", "stats", "FILE"] },
    Row { name: "jsonl", args: &["events", "-q", "-f", "jsonl", "--order", "file", "FILE"] },
    Row { name: "jsonl-time", args: &["events", "-q", "-f", "jsonl", "FILE"] },
    Row { name: "jsonl/naive", args: &["twin", "jsonl", "FILE"] },
];

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["read", file] => read(file).expect("what can be read"),
        ["twin", verb, file] => twin::run(verb, Path::new(file)).expect("the twin's output"),
        [name, passes, ref rest @ ..] => {
            let rows: Vec<_> = ROWS.iter().filter(|row| is_wanted(row, rest)).collect();
            measure(name, passes.parse().expect("a number of passes"), &rows);
        }
        _ if definitions::is_test() => test(),
        _ => println!("process: needs FILE|STREAM PASSES [ROW,ROW..]"),
    }
}

fn is_wanted(row: &Row, names: &[&str]) -> bool {
    names.first().is_none_or(|names| names.split(',').any(|name| name == row.name))
}

fn measure(name: &str, passes: usize, rows: &[&Row]) {
    let pick = Pick { field: String::new(), above: 0 };
    let input = definitions::stream_or_file(name, pick);
    let file = File::of(&input);
    let mut times = vec![Vec::new(); rows.len()];
    for _ in 0..passes {
        for (row, times) in rows.iter().zip(&mut times) {
            times.push(row.time(&file.path, &input));
        }
    }
    let events = input.expected.events as f64;
    for (row, times) in rows.iter().zip(&mut times) {
        let (least, median) = clock::least_and_median(times);
        let [least, median] = [least, median].map(|time| time.as_nanos() as f64);
        println!(
            "{:<13} min {:8.2}  median {:8.2} ns/event  {:5.2} GB/s",
            row.name,
            least / events,
            median / events,
            input.bytes.len() as f64 / median,
        );
    }
}

impl Row {
    fn command(&self, file: &Path) -> Command {
        let mut command = if matches!(self.args[0], "twin" | "read") {
            Command::new(std::env::current_exe().expect("this program"))
        } else {
            Command::new(env!("CARGO_BIN_EXE_tracemill"))
        };
        for arg in self.args {
            if *arg == "FILE" {
                command.arg(file)
            } else {
                command.arg(arg)
            };
        }
        command
    }

    /// CPU time of the process, in user and kernel mode; its output is thrown away.
    fn time(&self, file: &Path, input: &Input) -> Duration {
        let before = children();
        let mut command = self.command(file);
        let status = if self.args.contains(&"-") {
            let mut child =
                command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("a child");
            let mut pipe = child.stdin.take().expect("a pipe");
            pipe.write_all(&input.bytes).expect("a reader");
            drop(pipe);
            child.wait()
        } else {
            command.stdout(Stdio::null()).status()
        };
        assert!(status.expect("a child").success(), "{}", self.name);
        children().saturating_sub(before)
    }

    fn output(&self, file: &Path) -> String {
        let mut command = self.command(file);
        if self.args.contains(&"-") {
            command.stdin(std::fs::File::open(file).expect("the file"));
        }
        let output = command.output().expect("a child");
        assert!(output.status.success(), "{}: {output:?}", self.name);
        String::from_utf8(output.stdout).expect("UTF-8")
    }
}

/// Reads a file or, for `-`, standard input in pieces of 64 KiB, and nothing else.
fn read(file: &str) -> std::io::Result<()> {
    let mut input: Box<dyn Read> = if file == "-" {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(std::fs::File::open(file)?)
    };
    let mut piece = vec![0; 64 << 10];
    while input.read(&mut piece)? > 0 {}
    Ok(())
}

/// CPU time of all children that have ended.
fn children() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("a figure that every process has");
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Duration::from_micros(micros.unsigned_abs())
}

/// Each row on small streams.
fn test() {
    for stream in STREAMS.iter().filter(|stream| stream.fields) {
        let input = stream.input(QUICK / 4);
        let file = File::of(&input);
        let mut lines = Vec::new();
        for row in ROWS.iter().filter(|row| row.args[0] != "read") {
            let output = row.output(&file.path);
            if row.args.contains(&"stats") {
                twin::check_stats(row.name, &output, &input);
            } else {
                assert_eq!(output.lines().count() as u64, input.expected.events, "{}", row.name);
                lines.push((row, output));
            }
        }
        let [file, time, naive] = &lines[..] else { panic!("three rows print lines") };
        twin::check_lines(&file.1, &naive.1);
        twin::check_order(&file.1, &time.1);
        println!("process: {} processes tell what is in {}", ROWS.len(), input.name);
    }
}
