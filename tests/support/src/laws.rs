//! The three laws: *cut* (any chunking gives the same), *order* (parallel equals serial), *bound*
//! (copies and memory within `Config`).

use std::collections::BTreeMap;

use bytes::Bytes;
use tracemill_clr::Clr;
use tracemill_engine::{Config, Error, Format, Order, ParallelParser, Parser, Results, Stats};
use tracemill_nettrace::Nettrace;
use tracemill_perf::Perf;
use tracemill_testkit::{Rng, mutate};

use crate::digest::{Digest, Summary};
use crate::fuzz::tighten;

/// Makes a format that reads within these limits.
pub type Make<F> = fn(&Config) -> F;

/// `EventPipe` traces.
pub fn nettrace(config: &Config) -> Nettrace {
    Nettrace::new(config).with_schemas(&Clr)
}

/// Recordings of perf.
pub fn perf(config: &Config) -> Perf {
    Perf::new(config)
}

/// Reads an EventPipe trace as one chunk.
pub fn whole(bytes: &Bytes, config: &Config) -> Summary {
    whole_of(nettrace, bytes, config)
}

/// Reads `bytes` as one chunk.
pub fn whole_of<F: Format>(make: Make<F>, bytes: &Bytes, config: &Config) -> Summary {
    cut_of(make, bytes, config, |_| usize::MAX).0
}

/// Reads an EventPipe trace in chunks of the lengths that `next_len` gives.
pub fn cut(bytes: &Bytes, config: &Config, next_len: impl FnMut(u64) -> usize) -> (Summary, Stats) {
    cut_of(nettrace, bytes, config, next_len)
}

/// Reads `bytes` in chunks of the lengths that `next_len` gives.
pub fn cut_of<F: Format>(
    make: Make<F>,
    bytes: &Bytes,
    config: &Config,
    mut next_len: impl FnMut(u64) -> usize,
) -> (Summary, Stats) {
    let mut parser = Parser::new(make(config), config);
    let mut digest = Digest::default();
    let (mut rest, mut chunks) = (bytes.clone(), 0);
    while !rest.is_empty() && digest.error.is_none() {
        let len = next_len(chunks).clamp(1, rest.len());
        chunks += 1;
        parser.push(rest.split_to(len)).expect("all was drained");
        drain(&mut parser, &mut digest);
    }
    parser.finish();
    if digest.error.is_none() {
        drain(&mut parser, &mut digest);
    }
    let stats = parser.stats();
    digest.loss = [stats.lost, stats.lost_after_damage, stats.anomalies, stats.sequence_points];
    assert_eq!(stats.events, digest.events);
    assert_eq!(stats.faults, digest.fault_count);
    bound(&stats, parser.config(), chunks);
    // An error is final.
    if let Some(error) = digest.error {
        let _ = parser.push(Bytes::from_static(b"more"));
        assert_eq!(parser.next_batch().map(|_| ()), Err(error));
    }
    (digest.summary(), stats)
}

fn drain<F: Format>(parser: &mut Parser<F>, digest: &mut Digest) {
    loop {
        match parser.next_batch() {
            Ok(Some(batch)) => digest.batch(&batch),
            Ok(None) => return,
            Err(error) => return digest.error = Some(error),
        }
    }
}

/// Law *bound*: what is held is within the limits, and a chunk boundary costs one frame at most.
///
/// # Panics
/// If it does not hold.
pub fn bound(stats: &Stats, config: &Config, chunks: u64) {
    let memory = &stats.memory;
    let frames = chunks.saturating_mul(config.max_frame as u64);
    assert!(stats.bytes_copied <= frames.min(stats.bytes_in), "copied {}", stats.bytes_copied);
    assert!(memory.carry_high_water <= config.max_frame as u64, "{}", memory.carry_high_water);
    let arena = memory.arenas.bytes;
    assert!(arena <= config.max_arena * (memory.arenas.out + memory.arenas.free), "{arena}");
    // What is held may be beyond its bound by what the run in hand adds at once: the changes of the
    // state before it, which copy pages and 64 KiB of a store at a time.
    let added = 2 * config.max_frame + config.max_stack_bytes + config.max_strings + (128 << 10);
    let held = config.max_held + added;
    assert!(memory.held_high_water <= held as u64, "held {}", memory.held_high_water);
    let tables = config.worst_case() + (64 << 10);
    assert!(memory.tables_high_water <= tables as u64, "tables {}", memory.tables_high_water);
    assert!(
        memory.classes <= config.max_classes as u64 && memory.threads <= config.max_threads as u64
    );
}

/// Law *cut* for an EventPipe trace.
///
/// # Panics
/// If it does not hold.
pub fn check_cut(bytes: &Bytes, config: &Config, rng: &mut Rng, name: &str) -> Summary {
    check_cut_of(nettrace, bytes, config, rng, name)
}

/// Law *cut*, with random chunk lengths; with chunks of one byte where `bytes` are few.
///
/// # Panics
/// If it does not hold.
pub fn check_cut_of<F: Format>(
    make: Make<F>,
    bytes: &Bytes,
    config: &Config,
    rng: &mut Rng,
    name: &str,
) -> Summary {
    let expected = whole_of(make, bytes, config);
    for _ in 0..3 {
        let max = 1 << rng.range(1..20);
        let (found, _) = cut_of(make, bytes, &either(config, rng), |_| rng.index(max) + 1);
        assert_eq!(found, expected, "{name}: cut law, chunks below {max}");
    }
    if bytes.len() < 40_000 {
        let (found, _) = cut_of(make, bytes, config, |_| 1);
        assert_eq!(found, expected, "{name}: cut law, chunks of one byte");
    }
    expected
}

/// Law *order* for an EventPipe trace.
///
/// # Panics
/// If it does not hold.
pub fn check_order(bytes: &Bytes, config: &Config, expected: &Summary, rng: &mut Rng, name: &str) {
    check_order_of(nettrace, bytes, config, expected, rng, name);
}

/// All three laws, on `rounds` streams that are seeds with damage: each is read whole, cut, and some in
/// parallel, a quarter with limits that bite and a third in time order.
///
/// # Panics
/// If one does not hold, or if the damage is of few kinds.
pub fn check_damaged_of<F: Format>(
    make: Make<F>,
    seeds: &[(String, Bytes)],
    rounds: u32,
    mut rng: Rng,
) {
    let mut endings = BTreeMap::new();
    for round in 0..rounds {
        let Some((name, seed)) = seeds.get(rng.index(seeds.len())) else { continue };
        let bytes = Bytes::from(mutate(seed, &mut rng));
        let mut config = Config::default();
        if rng.chance(1, 4) {
            tighten(&mut config, &mut rng);
        }
        if rng.chance(1, 3) {
            config.order = Order::Time;
        }
        let name = format!("{name}, mutation {round}");
        let expected = whole_of(make, &bytes, &config);
        for _ in 0..2 {
            let max = 1 << rng.range(0..13);
            let either = either(&config, &mut rng);
            let (found, _) = cut_of(make, &bytes, &either, |_| rng.index(max) + 1);
            assert_eq!(found, expected, "{name}: cut law, chunks below {max}");
        }
        if round % 4 == 0 {
            check_order_of(make, &bytes, &config, &expected, &mut rng, &name);
        }
        *endings.entry(expected.error().map(|error| error.kind() as u32)).or_insert(0) += 1;
    }
    // The damage is of every kind: nothing noticed, truncated, invalid, unsupported, limits.
    assert!(endings.len() >= 4, "{endings:?}");
}

/// The same limits; what waits is copied, or it is not.
fn either(config: &Config, rng: &mut Rng) -> Config {
    let mut config = *config;
    config.resident_chunks = rng.chance(1, 2);
    config
}

/// Law *order*: the same batches' content in the same order, decoded in parallel.
///
/// # Panics
/// If it does not hold.
pub fn check_order_of<F: Format>(
    make: Make<F>,
    bytes: &Bytes,
    config: &Config,
    expected: &Summary,
    rng: &mut Rng,
    name: &str,
) {
    let config = &either(config, rng);
    let mut parser = ParallelParser::new(make(config), config);
    let mut digest = Digest::default();
    let max = 1 << rng.range(8..22);
    let mut rest = bytes.clone();
    let mut results = Results::new();
    let mut drain = |parser: &mut ParallelParser<F>, digest: &mut Digest| loop {
        // Events are copied out on the workers and hashed here, in the order they come back.
        match parser.map_window(&mut results, |batch| copy(&batch)) {
            Ok(true) => results.by_ref().for_each(|batch| batch.add_to(digest)),
            Ok(false) => return,
            Err(error) => return digest.error = Some(error),
        }
    };
    while !rest.is_empty() && digest.error.is_none() {
        let len = (rng.index(max) + 1).min(rest.len());
        parser.push(rest.split_to(len)).expect("all was drained");
        drain(&mut parser, &mut digest);
    }
    parser.finish();
    if digest.error.is_none() {
        drain(&mut parser, &mut digest);
    }
    let stats = parser.stats();
    digest.loss = [stats.lost, stats.lost_after_damage, stats.anomalies, stats.sequence_points];
    bound(&stats, parser.config(), u64::MAX);
    assert_eq!(&digest.summary(), expected, "{name}: order law");
}

use copied::copy;

mod copied {
    //! A batch by value, for the way back from a worker.

    use tracemill_engine::{Batch, Fault};

    use crate::digest::{Digest, Folded};

    pub(super) struct Copied {
        folded: Vec<Folded>,
        faults: Vec<Fault>,
        fault_count: u64,
        undescribed: u64,
        unresolved_stacks: u64,
        placed: [u64; 2],
    }

    pub(super) fn copy(batch: &Batch<'_>) -> Copied {
        Copied {
            folded: batch.iter().map(Folded::of).collect(),
            faults: batch.faults().to_vec(),
            fault_count: batch.fault_count(),
            undescribed: batch.counts().undescribed,
            unresolved_stacks: batch.counts().unresolved_stacks,
            placed: [batch.counts().early, batch.counts().late],
        }
    }

    impl Copied {
        pub(super) fn add_to(&self, digest: &mut Digest) {
            digest.fault_count += self.fault_count;
            digest.faults.extend_from_slice(&self.faults);
            digest.undescribed += self.undescribed;
            digest.unresolved_stacks += self.unresolved_stacks;
            digest.placed[0] += self.placed[0];
            digest.placed[1] += self.placed[1];
            self.folded.iter().for_each(|event| digest.folded(event));
        }
    }
}

/// How a stream ended, for messages.
pub fn ending(error: Option<Error>) -> String {
    error.map_or("complete".into(), |error| error.to_string())
}
