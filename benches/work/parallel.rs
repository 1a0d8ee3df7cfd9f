//! The work that is measured by wall clock: two threads.

use std::sync::OnceLock;

use rayon::{ThreadPool, ThreadPoolBuilder};
use tracemill::{Config, ParallelParser, Results};

use super::{Input, Totals, count, format};

/// As `small`, on two threads, in the order of the stream.
pub fn parallel(input: &Input) -> Totals {
    static POOL: OnceLock<ThreadPool> = OnceLock::new();
    let pool = || ThreadPoolBuilder::new().num_threads(2).build().expect("two threads");
    POOL.get_or_init(pool).install(|| read(input))
}

fn read(input: &Input) -> Totals {
    let config = Config::default();
    let mut parser = ParallelParser::new(format(&config), &config);
    parser.push(input.bytes.clone()).expect("nothing is queued");
    parser.finish();
    let mut totals = Totals::default();
    let map = |batch: tracemill::Batch<'_>| {
        let mut totals = Totals::default();
        batch.iter().for_each(|event| count(&mut totals, event));
        totals
    };
    let mut results = Results::new();
    while parser.map_window(&mut results, map).expect("a whole trace") {
        for found in &mut results {
            totals.events += found.events;
            totals.payload_bytes += found.payload_bytes;
        }
    }
    totals.lost = parser.stats().lost;
    totals
}
