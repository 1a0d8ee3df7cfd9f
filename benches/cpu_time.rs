//! CPU nanoseconds an event of each work and of its naive twin on one stream, interleaved pass by
//! pass, so that the figures of one run can be compared with each other. `compare.sh` sets them
//! beside others. What runs on two threads is measured by wall clock.
//!
//! `cargo bench --bench cpu_time -- FILE|STREAM PASSES [WORK,WORK..] [FIELD ABOVE]`
//!
//! STREAM is the name of one in `definitions.rs`; the work `filter` takes events whose integer field
//! FIELD is above ABOVE.

#![allow(dead_code, reason = "the rest is for other runners")]
#![allow(
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "figures to be printed"
)]

mod clock;
mod definitions;
mod work;

use std::time::Duration;

use definitions::{WORKS, Work};
use work::{Input, Pick, Totals};

/// A row of the table.
struct Row {
    name: String,
    work: &'static Work,
    run: fn(&Input) -> Totals,
    is_twin: bool,
    times: Vec<Duration>,
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let [name, passes, rest @ ..] = &args[..] else {
        // `cargo bench` and `cargo test --benches` run every bench: this one needs an input.
        println!("cpu_time: needs FILE|STREAM PASSES [WORK,WORK..] [FIELD ABOVE]");
        return;
    };
    let passes: usize = passes.parse().expect("a number of passes");
    let above = rest.get(2).map_or(0, |above| above.parse().expect("a number"));
    let field = rest.get(1).map_or("Reason", String::as_str).to_owned();
    let input = definitions::stream_or_file(name, Pick { field, above });
    let mut rows = rows(rest.first().map(String::as_str));
    for _ in 0..passes {
        for row in &mut rows {
            let (time, found) = clock::time(|| (row.run)(&input));
            let is_wall = row.name == "parallel";
            row.times.push(if is_wall { time.wall } else { time.cpu });
            row.work.check(&input, &found);
        }
    }
    print(&input, &mut rows);
}

/// The works of these names, each with its twin behind it; `WORK!` is the work without.
fn rows(wanted: Option<&str>) -> Vec<Row> {
    let mut rows = Vec::new();
    for work in WORKS {
        let is_it = |name: &str| name.trim_end_matches('!') == work.name;
        let asked = wanted.map(|wanted| wanted.split(',').find(|name| is_it(name)));
        if asked == Some(None) {
            continue;
        }
        let row = |name, run, is_twin| Row { name, work, run, is_twin, times: Vec::new() };
        rows.push(row(work.name.to_owned(), work.run, false));
        let alone = asked.flatten().is_some_and(|name| name.ends_with('!'));
        if let Some(twin) = work.twin.filter(|_| !alone) {
            rows.push(row(format!("{}/naive", work.name), twin, true));
        }
    }
    rows
}

fn print(input: &Input, rows: &mut [Row]) {
    let events = input.expected.events as f64;
    let mut last = 0.0;
    for row in rows {
        let (least, median) = clock::least_and_median(&mut row.times);
        let [least, median] = [least, median].map(|time| time.as_nanos() as f64 / events);
        let gbps = input.bytes.len() as f64 / (median * events);
        let times = if row.is_twin { format!("  x{:.2}", median / last) } else { String::new() };
        let name = &row.name;
        println!(
            "{name:<13} min {least:8.2}  median {median:8.2} ns/event  {gbps:5.2} GB/s{times}"
        );
        last = median;
    }
}
