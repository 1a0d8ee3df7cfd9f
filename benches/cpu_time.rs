//! CPU nanoseconds an event of each work on one file, the works interleaved pass by pass, so that
//! the figures of one run can be compared with each other. `compare.sh` sets them beside others.
//!
//! `cargo bench --bench cpu_time -- FILE PASSES [WORK,WORK..]`

#![allow(dead_code, reason = "the inputs are for the other runner")]
#![allow(
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "figures to be printed"
)]

mod definitions;
mod work;

use std::time::Duration;

use bytes::Bytes;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let [file, passes, rest @ ..] = &args[..] else {
        // `cargo bench` and `cargo test --benches` run every bench: this one needs a file.
        println!("cpu_time: needs FILE PASSES [WORK,WORK..]");
        return;
    };
    let passes: usize = passes.parse().expect("a number of passes");
    let wanted = rest.first().map_or("frame,whole,small,fields,owned", String::as_str);
    let works: Vec<_> = definitions::WORKS
        .iter()
        .filter(|(name, ..)| wanted.split(',').any(|wanted| wanted == *name))
        .collect();
    let bytes = std::fs::read(file).unwrap_or_else(|error| panic!("{file}: {error}"));
    let bytes = Bytes::from(bytes);
    let events = work::small(&bytes).events;
    let mut times = vec![Vec::new(); works.len()];
    for _ in 0..passes {
        for ((name, run, decodes), times) in works.iter().zip(&mut times) {
            let start = cpu_time();
            let totals = run(&bytes);
            times.push(cpu_time().saturating_sub(start));
            assert!(!decodes || totals.events == events, "{name}: {totals:?}");
        }
    }
    for ((name, ..), times) in works.iter().zip(&mut times) {
        times.sort();
        let ns = |time: &Duration| time.as_nanos() as f64 / events as f64;
        let median = ns(&times[times.len() / 2]);
        let gbps = bytes.len() as f64 / (median * events as f64);
        println!(
            "{name:<8} min {:7.2}  median {median:7.2} ns/event  {gbps:5.2} GB/s",
            ns(&times[0])
        );
    }
}

/// CPU time of this process so far.
fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}
