//! Random damage, for readers that have to survive it.

use std::ops::Range;

use crate::rng::Rng;

/// A copy of `bytes` with 1 to 4 random damages: bits, bytes or 32-bit numbers changed; ranges deleted, duplicated or swapped;
/// random bytes inserted; the end cut off. Never longer than twice the input and 64 bytes.
pub fn mutate(bytes: &[u8], rng: &mut Rng) -> Vec<u8> {
    let limit = bytes.len() * 2 + 64;
    let mut out = bytes.to_vec();
    for _ in 0..rng.range(1..5) {
        damage(&mut out, limit, rng);
    }
    out
}

fn damage(out: &mut Vec<u8>, limit: usize, rng: &mut Rng) {
    let room = limit - out.len();
    if out.is_empty() {
        insert(out, room, rng);
        return;
    }
    match rng.below(16) {
        0..3 => {
            let at = rng.index(out.len());
            out[at] ^= 1 << rng.below(8);
        }
        3..6 => {
            let at = rng.index(out.len());
            out[at] = [0, 0xff, rng.next_u64() as u8][rng.index(3)];
        }
        6..10 => extreme_u32(out, rng),
        10 => {
            let range = any_range(out.len(), rng);
            out.drain(range);
        }
        11 => insert(out, room, rng),
        12 | 13 => {
            let mut range = any_range(out.len(), rng);
            range.end = range.end.min(range.start + room);
            let copy = out[range.clone()].to_vec();
            out.splice(range.end..range.end, copy);
        }
        14 => swap(out, rng),
        _ => out.truncate(rng.index(out.len())),
    }
}

/// Sizes and counts are 32-bit numbers: what breaks readers is one of these.
fn extreme_u32(out: &mut [u8], rng: &mut Rng) {
    let Some(last) = out.len().checked_sub(4) else {
        return;
    };
    let at = rng.index(last + 1);
    let values = [
        0,
        1,
        0x7fff_ffff,
        0x8000_0000,
        0xffff_ffff,
        rng.below(64) as u32,
        rng.below(out.len() as u64 * 2) as u32,
    ];
    out[at..at + 4].copy_from_slice(&values[rng.index(values.len())].to_le_bytes());
}

fn insert(out: &mut Vec<u8>, room: usize, rng: &mut Rng) {
    let mut bytes = vec![0; (1 + rng.index(16)).min(room)];
    rng.fill(&mut bytes);
    let at = rng.index(out.len() + 1);
    out.splice(at..at, bytes);
}

/// Exchanges two neighbouring ranges.
fn swap(out: &mut [u8], rng: &mut Rng) {
    let whole = any_range(out.len(), rng);
    let middle = rng.index(whole.len());
    out[whole].rotate_left(middle);
}

/// A range of at least one byte; short ones are as likely as long ones.
fn any_range(len: usize, rng: &mut Rng) -> Range<usize> {
    let start = rng.index(len);
    let most = (len - start).min(1 << rng.range(0..20));
    start..start + 1 + rng.index(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_keep_the_limit_and_most_inputs_change() {
        let mut rng = Rng::new(3);
        for len in [0, 1, 3, 4, 5, 100, 5_000] {
            let mut input = vec![0; len];
            rng.fill(&mut input);
            let (mut changed, mut lengths) = (0, std::collections::BTreeSet::new());
            for _ in 0..1_000 {
                let out = mutate(&input, &mut rng);
                assert!(out.len() <= 2 * len + 64);
                changed += u32::from(out != input);
                lengths.insert(out.len().cmp(&len));
            }
            assert!(changed > 700, "{changed} of 1000 at length {len}");
            assert!(len == 0 || lengths.len() == 3);
        }
    }

    #[test]
    fn the_same_seed_does_the_same() {
        let input = [7; 300];
        let run = |seed| mutate(&input, &mut Rng::new(seed));
        assert_eq!(run(9), run(9));
        assert!((0..20).any(|seed| run(seed) != run(seed + 20)));
    }
}
