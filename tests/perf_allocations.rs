//! After warm-up, reading a recording allocates nothing: not for a record, not for a batch, not for
//! what is inflated.
//!
//! One test, since the counter is of the whole process.

#[path = "allocations/counting.rs"]
mod counting;

use bytes::Bytes;
use tracemill::perf::{Perf, Sample};
use tracemill::{Config, Parser};
use tracemill_test_support::corpus;

#[global_allocator]
static COUNTING: counting::Counting = counting::Counting;

#[test]
fn records_allocate_nothing() {
    let Some(corpus) = corpus::shared("records_allocate_nothing") else {
        return;
    };
    for name in ["m03-pipe.data", "s09-tp-sched.data", "s15-pipe-tp.data", "m02-z.data"] {
        let bytes = Bytes::from(std::fs::read(corpus.join("perf").join(name)).unwrap());
        let config = Config::default();
        let mut parser = Parser::new(Perf::new(&config), &config);
        parser.push(bytes).unwrap();
        let (mut batches, mut entries, mut start, mut end) = (0, 0, 0, 0);
        while let Some(batch) = parser.next_batch().unwrap() {
            batches += 1;
            for sample in batch.iter().filter_map(Sample::of) {
                entries += sample.callchain().map_or(0, |chain| chain.entries().count());
                entries += sample.raw().map_or(0, <[u8]>::len);
            }
            if batches == 150 {
                start = counting::allocations();
            }
            // What is at the end of a file are its sections.
            if batches % 50 == 0 {
                end = counting::allocations();
            }
        }
        assert!(batches >= 300 && entries > 0, "{name}: {batches} batches");
        assert_eq!(end - start, 0, "{name}");
    }
}
