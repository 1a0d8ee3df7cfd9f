//! How cost grows: CPU time an event and memory held, against the size of chunks and blocks and the
//! number of classes, threads and stacks. Every event's class, thread and stack are looked up.
//!
//! `cargo bench --bench scaling` writes `benches/scaling.csv` and draws `benches/scaling.svg`. In test
//! mode small streams are read once, and what is found is compared with what is in them.
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "figures to be printed"
)]

mod clock;
#[path = "scaling/plot.rs"]
mod plot;

use std::fmt::Write;
use std::path::Path;

use bytes::Bytes;
use tracemill::nettrace::Nettrace;
use tracemill::{Config, Parser, Stats};
use tracemill_testkit::{Dialect, Mix, Truth};

/// What grows, and how it makes a stream.
struct Axis {
    name: &'static str,
    unit: &'static str,
    values: &'static [u32],
    mix: fn(u32) -> Mix,
}

const AXES: &[Axis] = &[
    Axis {
        name: "chunk",
        unit: "bytes a chunk",
        values: &[1, 16, 256, 4 << 10, 64 << 10, 1 << 20, 16 << 20],
        mix: |_| Mix::default(),
    },
    Axis {
        name: "block",
        unit: "events a block",
        values: &[1, 10, 100, 1_000, 10_000],
        mix: |events_per_block| Mix {
            events_per_block,
            blocks_per_sequence_point: 220_000 / events_per_block,
            ..Mix::default()
        },
    },
    Axis {
        name: "classes",
        unit: "event classes",
        values: &[10, 100, 1_000, 10_000, 100_000],
        mix: |classes| Mix { classes, ..Mix::default() },
    },
    Axis {
        name: "threads",
        unit: "threads",
        values: &[1, 10, 100, 1_000, 10_000, 100_000],
        mix: |capture_threads| Mix {
            capture_threads,
            dialect: Dialect::V6,
            events_per_run: 1..20,
            ..Mix::default()
        },
    },
    Axis {
        name: "stacks",
        unit: "distinct stacks",
        values: &[1, 10, 100, 1_000, 10_000, 100_000],
        mix: |stacks| Mix { stacks, blocks_per_sequence_point: u32::MAX, ..Mix::default() },
    },
];

/// Events of each stream; fewer where a chunk is a few bytes.
const EVENTS: u64 = 1_500_000;
const PASSES: usize = 5;

/// A point of an axis.
struct Point {
    axis: &'static str,
    unit: &'static str,
    value: u32,
    events: u64,
    bytes: u64,
    ns_per_event: f64,
    memory: u64,
}

fn main() {
    let is_test = !std::env::args().any(|arg| arg == "--bench")
        || std::env::args().any(|arg| arg == "--test");
    if is_test {
        for axis in AXES {
            for value in axis.values {
                let stream = Stream::new(axis, *value, 10_000);
                stream.check(&stream.read());
            }
        }
        return;
    }
    let points: Vec<_> = AXES.iter().flat_map(measure).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches");
    let table = csv(&points);
    print!("{table}");
    for axis in AXES {
        println!(
            "{}: {:+.2} is the steepest slope of log cost an event",
            axis.name,
            steepest(axis, &points)
        );
    }
    std::fs::write(folder.join("scaling.csv"), table).expect("a writable folder");
    std::fs::write(folder.join("scaling.svg"), plot::svg(&points)).expect("a writable folder");
}

/// The points of an axis, their streams read by turns.
fn measure(axis: &'static Axis) -> Vec<Point> {
    let streams: Vec<_> =
        axis.values.iter().map(|value| Stream::new(axis, *value, EVENTS)).collect();
    let mut times = vec![Vec::new(); streams.len()];
    let mut memory = vec![0; streams.len()];
    for _ in 0..PASSES {
        for (place, stream) in streams.iter().enumerate() {
            let (time, stats) = clock::time(|| stream.read());
            stream.check(&stats);
            times[place].push(time.cpu);
            memory[place] = held(&stats);
        }
    }
    let point = |(place, stream): (usize, &Stream)| {
        let (_, median) = clock::least_and_median(&mut times[place]);
        let events = stream.truth.events;
        Point {
            axis: axis.name,
            unit: axis.unit,
            value: stream.value,
            events,
            bytes: stream.bytes.len() as u64,
            ns_per_event: median.as_nanos() as f64 / events as f64,
            memory: memory[place],
        }
    };
    streams.iter().enumerate().map(point).collect()
}

/// A stream, and how it is cut.
struct Stream {
    value: u32,
    bytes: Bytes,
    chunk: usize,
    truth: Truth,
}

impl Stream {
    fn new(axis: &Axis, value: u32, events: u64) -> Self {
        let is_cut = axis.name == "chunk";
        // A million chunks are enough.
        let events = if is_cut { events.min(u64::from(value) * 25_000) } else { events };
        let mut generator = (axis.mix)(value).generator();
        let mut bytes = Vec::new();
        while generator.truth().events < events {
            bytes.extend(generator.next().expect("an endless stream"));
        }
        bytes.extend(generator.finish());
        let chunk = if is_cut { value as usize } else { 64 << 10 };
        Self { value, bytes: bytes.into(), chunk, truth: generator.truth().clone() }
    }

    /// Reads it and looks up class, thread and stack of every event. The limits are wide enough for
    /// whatever an axis has.
    fn read(&self) -> Stats {
        let mut config = Config::default();
        config.max_classes = 1 << 17;
        config.max_threads = 1 << 17;
        config.max_strings = 128 << 20;
        config.max_stack_bytes = 64 << 20;
        config.budget = 1 << 30;
        let mut parser = Parser::new(Nettrace::new(&config), &config);
        let (mut left, mut sum) = (self.bytes.clone(), 0);
        while !left.is_empty() {
            let chunk = left.split_to(self.chunk.min(left.len()));
            parser.push(chunk).expect("all before it is parsed");
            while let Some(batch) = parser.next_batch().expect("a whole trace") {
                for event in &batch {
                    let class = event.class().map_or(0, |class| class.event_id);
                    let thread = event.thread().and_then(|thread| thread.id).unwrap_or(0);
                    let stack = event.stack().map_or(0, <[u8]>::len);
                    sum += u64::from(class) + thread + stack as u64 + event.payload().len() as u64;
                }
            }
        }
        std::hint::black_box(sum);
        parser.stats()
    }

    fn check(&self, stats: &Stats) {
        let found = (stats.events, stats.payload_bytes, stats.lost, stats.undescribed);
        let expected = (self.truth.events, self.truth.payload_bytes, 0, 0);
        assert_eq!(found, expected, "{}", self.value);
        assert_eq!((stats.unresolved_stacks, stats.faults), (0, 0), "{}", self.value);
    }
}

/// Bytes held at most, beside the chunk.
fn held(stats: &Stats) -> u64 {
    let memory = &stats.memory;
    memory.tables_high_water + memory.carry_high_water + memory.arenas.bytes as u64
}

/// How fast cost an event grows, where it grows most: 0 is not at all, 1 as fast as what grows.
fn steepest(axis: &Axis, points: &[Point]) -> f64 {
    let points: Vec<_> = points.iter().filter(|point| point.axis == axis.name).collect();
    let slope = |pair: &[&Point]| {
        let cost = (pair[1].ns_per_event / pair[0].ns_per_event).ln();
        cost / (f64::from(pair[1].value) / f64::from(pair[0].value)).ln()
    };
    points.windows(2).map(slope).fold(f64::MIN, f64::max)
}

fn csv(points: &[Point]) -> String {
    let mut out =
        String::from("axis,value,events,bytes,ns_per_event,events_per_second,memory_bytes\n");
    for Point { axis, value, events, bytes, ns_per_event, memory, .. } in points {
        let rate = 1e9 / ns_per_event;
        let _ =
            writeln!(out, "{axis},{value},{events},{bytes},{ns_per_event:.2},{rate:.0},{memory}");
    }
    out
}
