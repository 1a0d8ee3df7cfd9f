//! Allocations of each work and of its naive twin, an event and a batch, once all is warm: a stream
//! is read twice, up to a part of it and to its end, and what the rest took is divided by what was in
//! it.
//!
//! A work that allocates where it should not fails. In test mode there are no twins.
#![allow(
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "figures to be printed"
)]

#[path = "../tests/allocations/counting.rs"]
mod counting;
mod definitions;
mod work;

use definitions::{Kind, Work};
use tracemill::Config;
use work::{Input, Totals};

#[global_allocator]
static COUNTING: counting::Counting = counting::Counting;

/// Works that may allocate, and how often a batch of the usual size. Where a batch is as large as a
/// block, the arena may take memory for the part that it did not keep; events that wait for their time
/// are held with what they came in; two threads hand lists of results over.
const ALLOCATING: &[(&str, f64)] = &[("whole", 0.5), ("order", 0.5), ("parallel", 2.0)];

/// Bytes until all is warm: two sequence points, after which tables are made anew.
const WARM: usize = 24 << 20;
/// Bytes that are looked at: two more.
const LEN: usize = 20 << 20;

fn main() {
    println!("{:<20}{:>12}{:>12}{:>18}", "", "an event", "a batch", "naive, an event");
    for stream in definitions::STREAMS.iter().filter(|stream| stream.fields) {
        let (short, long) = (stream.input(WARM), stream.input(WARM + LEN));

        for work in stream.works().filter(|work| work.kind != Kind::Frames) {
            let ours = More::of(work, work.run, &short, &long);
            let twin = work.twin.filter(|_| !definitions::is_test());
            let twin = twin.map(|twin| More::of(work, twin, &short, &long).per_event());
            ours.print(&long.name, work.name, twin);
            let limit = ALLOCATING.iter().find(|(name, _)| *name == work.name);
            let limit = limit.map_or(0.0, |(_, limit)| *limit);
            assert!(ours.per_batch() <= limit, "{} of {} allocates", work.name, long.name);
        }
    }
}

/// What the longer stream has more than the shorter.
struct More {
    events: u64,
    allocations: u64,
}

impl More {
    fn of(work: &Work, run: fn(&Input) -> Totals, short: &Input, long: &Input) -> Self {
        // Whatever is made once for all runs is made before.
        let _ = run(short);
        let count = |input: &Input| {
            let before = counting::allocations();
            let found = run(input);
            let allocations = counting::allocations() - before;
            work.check(input, &found);
            allocations
        };
        let (few, many) = (count(short), count(long));
        let events = long.expected.events - short.expected.events;
        Self { events, allocations: many.saturating_sub(few) }
    }

    fn per_event(&self) -> f64 {
        self.allocations as f64 / self.events as f64
    }

    fn per_batch(&self) -> f64 {
        self.per_event() * Config::default().batch_events as f64
    }

    fn print(&self, stream: &str, work: &str, twin: Option<f64>) {
        println!(
            "{stream:<10}{work:<10}{:>12.4}{:>12.4}{:>18}",
            self.per_event(),
            self.per_batch(),
            twin.map_or(String::new(), |twin| format!("{twin:.4}")),
        );
    }
}
