//! CPU nanoseconds an event of each work and of its naive twin on one stream, interleaved pass by
//! pass, so that the figures of one run can be compared with each other. `compare.sh` sets them
//! beside others. What runs on two threads is measured by wall clock.
//!
//! `cargo bench --bench cpu_time -- FILE|STREAM PASSES [WORK,WORK..] [FIELD ABOVE]`
//!
//! STREAM is the name of one in `definitions.rs`. A `!` behind a WORK leaves its twin out. The work
//! `filter` takes events whose integer field FIELD is above ABOVE.
//!
//! Each pass of each row is a process of its own, which maps the file. In one process a row would pay
//! for the one before it: what a twin frees, the allocator may put in order only when others ask for
//! memory, and so a work behind a twin took more than twice its time.
#![allow(
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "figures to be printed"
)]

mod clock;
mod definitions;
mod file;
#[path = "../src/cli/map.rs"]
mod map;
mod work;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use definitions::{WORKS, Work};
use file::File;
use work::{Input, Pick, Totals, headers};

/// A row of the table.
struct Row {
    work: &'static Work,
    is_twin: bool,
    times: Vec<Duration>,
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["row", work, kind, file, field, above] => {
            one(work, kind == "twin", file, &pick(field, above));
        }
        [name, passes, ref rest @ ..] => {
            let pick = match rest {
                [_, field, above] => pick(field, above),
                // About one event in a hundred of `compare.sh`.
                _ => pick("AllocationAmount64", "140456"),
            };
            let input = definitions::stream_or_file(name, pick);
            let mut rows = rows(rest.first().copied());
            measure(&input, &mut rows, passes.parse().expect("a number of passes"));
            print(&input, &mut rows);
        }
        // `cargo bench` and `cargo test --benches` run every bench: this one needs an input.
        _ => println!("cpu_time: needs FILE|STREAM PASSES [WORK,WORK..] [FIELD ABOVE]"),
    }
}

fn pick(field: &str, above: &str) -> Pick {
    Pick { field: field.into(), above: above.parse().expect("a number") }
}

/// The works of these names, each with its twin behind it; `WORK!` is the work without.
fn rows(wanted: Option<&str>) -> Vec<Row> {
    let mut rows = Vec::new();
    for work in WORKS {
        let is_it = |name: &&str| name.trim_end_matches('!') == work.name;
        let asked = wanted.map(|wanted| wanted.split(',').find(is_it));
        if asked == Some(None) {
            continue;
        }
        rows.push(Row { work, is_twin: false, times: Vec::new() });
        let is_alone = asked.flatten().is_some_and(|name| name.ends_with('!'));
        if work.twin.is_some() && !is_alone {
            rows.push(Row { work, is_twin: true, times: Vec::new() });
        }
    }
    rows
}

fn measure(input: &Input, rows: &mut [Row], passes: usize) {
    let file = File::of(input);
    for _ in 0..passes {
        for row in &mut *rows {
            let (time, found) = row.pass(&file.path, &input.pick);
            row.work.check(input, &found);
            row.times.push(time);
        }
    }
}

impl Row {
    /// One pass, in a process of its own: what it took and what it found.
    fn pass(&self, file: &Path, pick: &Pick) -> (Duration, Totals) {
        let kind = if self.is_twin { "twin" } else { "work" };
        let output = Command::new(std::env::current_exe().expect("this program"))
            .args(["row", self.work.name, kind])
            .arg(file)
            .args([&pick.field, &pick.above.to_string()])
            .output()
            .expect("a child");
        let text = String::from_utf8_lossy(&output.stdout);
        let numbers: Vec<u64> =
            text.split_whitespace().filter_map(|part| part.parse().ok()).collect();
        let [nanos, events, payload_bytes, lost, fields, check] = numbers[..] else {
            panic!("{}: {output:?}", self.work.name)
        };
        (Duration::from_nanos(nanos), Totals { events, payload_bytes, lost, fields, check })
    }
}

/// Does what [`Row::pass`] asks for, after a pass of `small` that is not measured.
fn one(work: &str, is_twin: bool, file: &str, pick: &Pick) {
    let work = WORKS.iter().find(|known| known.name == work).expect("a work");
    let run = if is_twin { work.twin.expect("a twin") } else { work.run };
    let bytes = std::fs::File::open(file).and_then(|file| {
        let len = file.metadata()?.len();
        map::window(&file, 0, usize::try_from(len).expect("an address"))
    });
    let bytes = bytes.expect("a file");
    let expected = Totals::default();
    let input = Input { name: file.into(), bytes, pick: pick.clone(), expected };
    std::hint::black_box(headers::small(&input));
    if work.name == "parallel" {
        // The threads are there before they are measured.
        std::hint::black_box(run(&input));
    }
    let (time, found) = clock::time(|| run(&input));
    let time = if work.name == "parallel" { time.wall } else { time.cpu };
    let Totals { events, payload_bytes, lost, fields, check } = found;
    println!("{} {events} {payload_bytes} {lost} {fields} {check}", time.as_nanos());
}

fn print(input: &Input, rows: &mut [Row]) {
    let events = input.expected.events as f64;
    let mut last = 0.0;
    for row in rows {
        let (least, median) = clock::least_and_median(&mut row.times);
        let [least, median] = [least, median].map(|time| time.as_nanos() as f64 / events);
        let gbps = input.bytes.len() as f64 / (median * events);
        let times = if row.is_twin { format!("  x{:.2}", median / last) } else { String::new() };
        let name = format!("{}{}", row.work.name, if row.is_twin { "/naive" } else { "" });
        println!(
            "{name:<13} min {least:8.2}  median {median:8.2} ns/event  {gbps:5.2} GB/s{times}"
        );
        last = median;
    }
}
