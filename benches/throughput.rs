//! Wall-clock throughput of each work and of its naive twin on each stream, in bytes and in events a
//! second.
//!
//! A work that does not find what is in its input fails, and so does a twin that finds something
//! else: so `cargo test --benches` checks them all.
#![allow(missing_docs, reason = "the macro makes an item without")]
#![allow(clippy::indexing_slicing, reason = "benches")]

mod definitions;
mod work;

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn throughput(criterion: &mut Criterion) {
    let is_test = definitions::is_test();
    for stream in definitions::STREAMS {
        let input = stream.input(if is_test { definitions::QUICK } else { definitions::LEN });
        let mut group = criterion.benchmark_group(&input.name);
        group.sample_size(10);
        group.warm_up_time(Duration::from_millis(200));
        group.measurement_time(Duration::from_secs(2));
        group.throughput(Throughput::ElementsAndBytes {
            elements: input.expected.events,
            bytes: input.bytes.len() as u64,
        });
        for work in stream.works() {
            if is_test {
                work.try_out(&input);
                continue;
            }
            group.bench_function(work.name, |bencher| {
                bencher.iter(|| work.check(&input, &(work.run)(&input)));
            });
            if let Some(twin) = work.twin {
                let name = format!("{}/naive", work.name);
                group.bench_function(name, |bencher| bencher.iter(|| twin(&input)));
            }
        }
        group.finish();
    }
}

criterion_group!(benches, throughput);
criterion_main!(benches);
