//! Bodies of the fuzz targets. Each asserts a law; each also runs as a test, over seeds and random
//! bytes, so that it stays alive without a fuzzer.

use std::sync::OnceLock;

use bytes::Bytes;
use tracemill_engine::{Arena, ArenaPool, ChunkPool, Config, Lease, Order};
use tracemill_testkit::Rng;

use crate::digest::Summary;
use crate::laws;
use crate::seeds::seeds;

/// A body.
pub type Target = fn(&[u8]);

/// Every body by the name of its target.
pub const TARGETS: &[(&str, Target)] = &[
    ("nettrace_cut", nettrace_cut),
    ("nettrace_order", nettrace_order),
    ("nettrace_structured", nettrace_structured),
    ("perf_cut", perf_cut),
    ("perf_order", perf_order),
    ("pools", pools),
];

/// Bytes in front of the stream that choose cuts and limits.
const HEAD: usize = 8;

/// Law *cut* on a stream of any bytes.
///
/// # Panics
/// If it does not hold.
pub fn nettrace_cut(bytes: &[u8]) {
    let (mut rng, config, stream) = split(bytes);
    check_cut(&mut rng, &config, &stream);
}

/// Law *order* on a stream of any bytes.
///
/// # Panics
/// If it does not hold.
pub fn nettrace_order(bytes: &[u8]) {
    let (mut rng, config, stream) = split(bytes);
    let expected = laws::whole(&stream, &config);
    laws::check_order(&stream, &config, &expected, &mut rng, "order");
}

/// Both laws on a whole stream that was then edited: the input says what is edited, so that a
/// fuzzer gets behind the headers at once.
///
/// # Panics
/// If one does not hold.
pub fn nettrace_structured(bytes: &[u8]) {
    static SEEDS: OnceLock<Vec<(String, Bytes)>> = OnceLock::new();
    let seeds = SEEDS.get_or_init(seeds);
    let (mut rng, config, edits) = split(bytes);
    let Some((_, seed)) = edits.first().and_then(|at| seeds.get(usize::from(*at) % seeds.len()))
    else {
        return;
    };
    let mut stream = seed.to_vec();
    for edit in edits.slice(1..).chunks_exact(4) {
        let [high, low, kind, value] = [0, 1, 2, 3].map(|at| edit[at]);
        let at = usize::from(u16::from_be_bytes([high, low])) % stream.len().max(1);
        match kind % 6 {
            0 => stream[at] = value,
            1 => stream[at] ^= 1 << (value % 8),
            2 => stream.insert(at, value),
            3 if stream.len() > 1 => drop(stream.remove(at)),
            4 => stream.truncate(at.max(1)),
            _ => {
                let end = (at + usize::from(value)).min(stream.len());
                let copy = stream[at..end].to_vec();
                stream.splice(at..at, copy);
            }
        }
    }
    let stream = Bytes::from(stream);
    let expected = check_cut(&mut rng, &config, &stream);
    laws::check_order(&stream, &config, &expected, &mut rng, "order");
}

/// Law *cut* on a perf.data of any bytes.
///
/// # Panics
/// If it does not hold.
pub fn perf_cut(bytes: &[u8]) {
    let (mut rng, config, stream) = split(bytes);
    let expected = laws::whole_of(laws::perf, &stream, &config);
    let max = 1 << rng.range(0..12);
    let (found, _) = laws::cut_of(laws::perf, &stream, &config, |_| rng.index(max) + 1);
    assert_eq!(found, expected, "cut law, chunks below {max}");
}

/// Law *order* on a perf.data of any bytes.
///
/// # Panics
/// If it does not hold.
pub fn perf_order(bytes: &[u8]) {
    let (mut rng, config, stream) = split(bytes);
    let expected = laws::whole_of(laws::perf, &stream, &config);
    laws::check_order_of(laws::perf, &stream, &config, &expected, &mut rng, "order");
}

/// Pools hand out no more than they have, and all comes back.
///
/// # Panics
/// If that does not hold.
pub fn pools(bytes: &[u8]) {
    let arenas = ArenaPool::new(3, 64 << 10);
    let mut chunks = ChunkPool::new(3, 100);
    let (mut leases, mut out): (Vec<Lease<'_>>, Vec<Bytes>) = (Vec::new(), Vec::new());
    for step in bytes.chunks_exact(2) {
        let value = usize::from(step[1]);
        match step[0] % 5 {
            0 => match arenas.lease() {
                Some(lease) => leases.push(lease),
                None => assert_eq!(leases.len(), 3),
            },
            1 if !leases.is_empty() => drop(leases.swap_remove(value % leases.len())),
            2 => match chunks.lease() {
                Some(mut buf) => {
                    buf.fill(step[1]);
                    out.push(buf.filled(1 + value % 100));
                }
                None => assert_eq!(out.len(), 3),
            },
            3 if !out.is_empty() => {
                let chunk = out.swap_remove(value % out.len());
                assert!(chunk.windows(2).all(|pair| pair[0] == pair[1]), "still its own");
            }
            _ => {
                if let Some(lease) = leases.last_mut() {
                    let held = lease.alloc_bytes(&[step[1]; 300]).map(<[u8]>::to_vec);
                    assert!(held.is_none_or(|held| held == [step[1]; 300]));
                    Arena::reset(lease);
                }
            }
        }
        assert_eq!(arenas.stats().out, leases.len());
        assert_eq!(chunks.stats().out, out.len());
    }
}

fn check_cut(rng: &mut Rng, config: &Config, stream: &Bytes) -> Summary {
    let expected = laws::whole(stream, config);
    let max = 1 << rng.range(0..12);
    let (found, _) = laws::cut(stream, config, |_| rng.index(max) + 1);
    assert_eq!(found, expected, "cut law, chunks below {max}");
    expected
}

/// What the first bytes choose, and the rest.
fn split(bytes: &[u8]) -> (Rng, Config, Bytes) {
    let (head, rest) = bytes.split_at(bytes.len().min(HEAD));
    let seed = head.iter().fold(0u64, |seed, byte| seed << 8 | u64::from(*byte));
    let mut rng = Rng::new(seed);
    let mut config = Config::default();
    if seed % 2 == 1 {
        tighten(&mut config, &mut rng);
    }
    if seed / 2 % 2 == 1 {
        config.order = Order::Time;
    }
    (rng, config, Bytes::copy_from_slice(rest))
}

/// Limits so small that short streams reach them.
pub fn tighten(config: &mut Config, rng: &mut Rng) {
    config.max_frame = 1 << rng.range(8..14);
    config.max_classes = rng.index(3) + 1;
    config.max_strings = 1 << rng.range(6..12);
    config.max_threads = rng.index(4) + 1;
    config.max_stack_bytes = 1 << rng.range(8..14);
    config.batch_events = rng.index(40) + 1;
    config.max_arena = 16 << 10;
    config.run_target = 1 << rng.range(0..14);
    config.threads = rng.index(4) + 1;
    config.max_held = 1 << rng.range(14..18);
}
