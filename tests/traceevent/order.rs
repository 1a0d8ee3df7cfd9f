//! Events of one time: whether some order of them gives a hash.

use tracemill_testkit::Fnv;

/// Times at which events of several threads meet that are tried in all orders.
const TIES: usize = 16;

/// What a hash takes in of an event.
pub struct Hashed {
    pub ticks: u64,
    pub capture_thread: u64,
    pub bytes: Vec<u8>,
}

/// How a hash over events, sorted by time, comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// In the order of the file.
    AsTheyStand,
    /// With events of one time, but of several threads, in another order.
    OtherTies,
    /// There are too many such times to try.
    TooManyTies,
    /// In no order that time and threads allow.
    Never,
}

/// Looks for an order that gives `hash`: each thread's events keep theirs.
pub fn find(events: &[Hashed], hash: &str) -> Found {
    let hash = u64::from_str_radix(hash, 16).unwrap();
    let mut plain = Fnv::new();
    for event in events {
        plain.bytes(&event.bytes);
    }
    if plain.finish() == hash {
        return Found::AsTheyStand;
    }
    let groups: Vec<&[Hashed]> = events.chunk_by(|a, b| a.ticks == b.ticks).collect();
    let ties = groups.iter().filter(|group| is_tie(group)).count();
    match ties {
        TIES.. => Found::TooManyTies,
        1.. if search(Fnv::new(), &groups, hash) => Found::OtherTies,
        _ => Found::Never,
    }
}

fn is_tie(group: &[Hashed]) -> bool {
    group.windows(2).any(|pair| pair[0].capture_thread != pair[1].capture_thread)
}

fn search(mut so_far: Fnv, groups: &[&[Hashed]], hash: u64) -> bool {
    let tie = groups.iter().position(|group| is_tie(group)).unwrap_or(groups.len());
    let (before, from) = groups.split_at(tie);
    before.iter().copied().flatten().for_each(|event| so_far.bytes(&event.bytes));
    let Some((tie, after)) = from.split_first() else {
        return so_far.finish() == hash;
    };
    orders(&tie.iter().collect::<Vec<_>>()).iter().any(|order| {
        let mut next = so_far;
        for event in order {
            next.bytes(&event.bytes);
        }
        search(next, after, hash)
    })
}

/// All orders in which the events of each thread keep theirs.
fn orders<'a>(left: &[&'a Hashed]) -> Vec<Vec<&'a Hashed>> {
    if left.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (at, event) in left.iter().enumerate() {
        if left[..at].iter().any(|before| before.capture_thread == event.capture_thread) {
            continue;
        }
        let mut rest = left.to_vec();
        rest.remove(at);
        for mut order in orders(&rest) {
            order.insert(0, event);
            all.push(order);
        }
    }
    all
}
