//! Wall-clock throughput of each work on each input, in bytes and in events a second.
//!
//! A work that does not find what is in its input fails: so `cargo test --benches` checks them all.
#![allow(missing_docs, reason = "the macro makes an item without")]

mod definitions;
mod work;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn throughput(criterion: &mut Criterion) {
    let quick = std::env::args().any(|arg| arg == "--test");
    for input in definitions::inputs(quick) {
        let mut group = criterion.benchmark_group(input.name);
        group.sample_size(10);
        group.throughput(Throughput::ElementsAndBytes {
            elements: input.expected.events,
            bytes: input.bytes.len() as u64,
        });
        for (name, work, decodes) in definitions::WORKS {
            if *decodes {
                let found = work::Totals { check: 0, ..work(&input.bytes) };
                assert_eq!(found, input.expected, "{name}");
            }
            group.bench_function(*name, |bencher| bencher.iter(|| work(&input.bytes)));
        }
        group.finish();
    }
}

criterion_group!(benches, throughput);
criterion_main!(benches);
