//! Instructions of each work, counted by valgrind's callgrind through gungraun: the same on every run
//! and whatever else the machine is doing, so that `gate.sh` can hold them to `instructions.txt`.
//!
//! `cargo bench --bench instructions`; without valgrind or gungraun-runner it says so and passes.
#![allow(missing_docs, unused_qualifications, reason = "the macros make such items")]
#![allow(clippy::indexing_slicing, reason = "benches")]

mod definitions;
mod work;

use std::path::PathBuf;
use std::process::{Command, Stdio};

fn main() {
    let is_counted = std::env::args().any(|arg| arg == "--gungraun-run");
    if !is_counted {
        if definitions::is_test() {
            println!("instructions: see benches/gate.sh");
            return;
        }
        for tool in ["valgrind", "gungraun-runner"] {
            let found = Command::new(tool)
                .arg("--version")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            if found.is_err() {
                println!("instructions: SKIPPED, no {tool}");
                return;
            }
        }
        make_inputs();
    }
    counted::run();
}

/// Bytes of the inputs: enough for a hundred batches.
const LEN: usize = 1 << 20;

/// Where the inputs are, so that making them is not counted.
fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("instructions-{name}.nettrace"))
}

fn make_inputs() {
    for stream in definitions::STREAMS.iter().filter(|stream| stream.fields) {
        let input = stream.input(LEN);
        stream.works().for_each(|work| work.check(&input, &(work.run)(&input)));
        std::fs::write(path(stream.name), &input.bytes).expect("room in the target folder");
    }
}

mod counted {
    use std::hint::black_box;

    use gungraun::{
        Callgrind, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main,
    };

    use crate::definitions::{self, STREAMS, Work};
    use crate::work::{Input, Totals};

    /// A work with what it is done with, made before the counting begins.
    fn prepare(stream: &str, work: &str) -> (&'static Work, Input) {
        let stream = STREAMS.iter().find(|made| made.name == stream).expect("a stream");
        let work = definitions::WORKS.iter().find(|known| known.name == work).expect("a work");
        let bytes = std::fs::read(super::path(stream.name)).expect("an input").into();
        (work, stream.of(bytes))
    }

    #[library_benchmark(setup = prepare)]
    #[benches::mix(
        ("v4-38B", "frame"), ("v4-38B", "whole"), ("v4-38B", "small"), ("v4-38B", "order"),
        ("v4-38B", "header"), ("v4-38B", "int"), ("v4-38B", "text"), ("v4-38B", "filter"),
        ("v4-38B", "all")
    )]
    #[benches::logs(("logs", "small"), ("logs", "int"), ("logs", "text"), ("logs", "filter"), ("logs", "all"))]
    #[benches::metrics(
        ("metrics", "small"), ("metrics", "int"), ("metrics", "text"), ("metrics", "filter"),
        ("metrics", "all")
    )]
    fn count((work, input): (&'static Work, Input)) -> Totals {
        black_box((work.run)(black_box(&input)))
    }

    library_benchmark_group!(name = works, benchmarks = count);

    main!(
        config = LibraryBenchmarkConfig::default().tool(Callgrind::with_args(["--cache-sim=no"]));
        library_benchmark_groups = works
    );

    pub fn run() {
        main();
    }
}
