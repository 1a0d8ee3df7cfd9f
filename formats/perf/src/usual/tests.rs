//! The usual way and the long one give the same.
#![allow(clippy::indexing_slicing, reason = "tests")]

use tracemill_engine::{Config, Faults};

use super::*;
use crate::attribute::{Attribute, bit};
use crate::frame::Perf;

const FIXED: u64 = bit::IP | bit::TID | bit::TIME | bit::CPU | bit::PERIOD;
const IDS: [u64; 2] = [7, 0x17];

/// A decoder of one event, or of two that look alike.
fn decoder(sample_type: u64, events: usize) -> std::sync::Arc<crate::Decoder> {
    let mut perf = Perf::new(&Config::default());
    for id in IDS.into_iter().take(events) {
        let mut bytes = vec![0; 64];
        bytes.splice(0..4, 2u32.to_le_bytes());
        bytes.splice(24..32, sample_type.to_le_bytes());
        let attribute = Attribute::read(&bytes, 0, false).unwrap();
        perf.add(attribute, [id].into_iter(), 0, &mut Faults::default());
    }
    perf.view_handle()
}

/// Numbers of a kind: small ones, sizes that may or may not fit, and others.
fn record(seed: u64, size: u16) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state >> 33
    };
    let mut out = vec![9, 0, 0, 0, 2, 0];
    out.extend(size.to_le_bytes());
    while out.len() < 256 {
        let number = match next() % 4 {
            0 => u64::MAX,
            1 => (next() << 32) | (next() % 24),
            2 => IDS[usize::try_from(next() % 2).unwrap()],
            _ => next() % 24,
        };
        out.extend(number.to_le_bytes());
    }
    out
}

/// As [`Decode`](tracemill_engine::Decode) does it, once the id is known.
fn usual(lead: &Lead, recent: &Recent, rest: &[u8]) -> Option<Record> {
    let usual = match lead.parts() {
        (false, false) => lead.next::<false, false>(recent, rest, 40),
        (true, false) => lead.next::<true, false>(recent, rest, 40),
        (false, true) => lead.next::<false, true>(recent, rest, 40),
        (true, true) => lead.next::<true, true>(recent, rest, 40),
    }?;
    let size = Head::at(rest, 0)?.size;
    assert_eq!(usual.following.len(), rest.len() - usize::from(size));
    Some(usual.record)
}

#[test]
fn what_is_as_usual_is_as_on_the_long_way() {
    let mut found = 0;
    let tails = [0, bit::CALLCHAIN, bit::RAW, bit::CALLCHAIN | bit::RAW];
    let heads = [FIXED, FIXED | bit::IDENTIFIER, bit::TIME | bit::ID, bit::IP];
    for (tail, head) in tails.iter().flat_map(|tail| heads.map(|head| (tail, head))) {
        for events in [1, 2] {
            let decoder = decoder(tail | head, events);
            let plan = &decoder.plans[0];
            let lead = Lead::of(plan.form, decoder.sample_id).unwrap();
            for seed in 0..500 {
                let size = u16::try_from(seed % 200).unwrap();
                let bytes = record(seed, size);
                let mut recent = Recent::new();
                let Some(body) = bytes.get(8..size.into()) else {
                    assert!(usual(&lead, &recent, &bytes).is_none());
                    continue;
                };
                recent.put(lead.id(body), plan);
                if let Some(record) = usual(&lead, &recent, &bytes) {
                    let expected = decoder.sample(plan, body, 48);
                    assert_eq!(format!("{record:?}"), format!("{expected:?}"));
                    found += 1;
                }
            }
        }
    }
    assert!(found > 3_000, "{found} as usual");
}

#[test]
fn what_does_not_fit_is_not_as_usual() {
    let decoder = decoder(FIXED | bit::CALLCHAIN, 1);
    let plan = &decoder.plans[0];
    let lead = Lead::of(plan.form, decoder.sample_id).unwrap();
    let mut recent = Recent::new();
    recent.put(0, plan);
    let mut bytes = record(1, 8 + 40 + 8 + 16);
    bytes.splice(48..56, 2u64.to_le_bytes());
    assert!(usual(&lead, &recent, &bytes).is_some());
    // No room behind it to look ahead.
    assert!(usual(&lead, &recent, &bytes[..127]).is_none());
    // A chain longer than the record, by one and by far.
    for nr in [3, u64::from(u32::MAX) + 3] {
        bytes.splice(48..56, nr.to_le_bytes());
        assert!(usual(&lead, &recent, &bytes).is_none());
    }
    // Another type.
    bytes.splice(48..56, 2u64.to_le_bytes());
    bytes.splice(0..1, [10]);
    assert!(usual(&lead, &recent, &bytes).is_none());
}
