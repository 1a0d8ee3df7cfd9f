//! What is measured, as data: inputs, works, and what each has to find.

use bytes::Bytes;
use tracemill_testkit::{Dialect, Mix};

use crate::work::{self, Totals};

/// A synthetic stream with what is in it.
pub struct Input {
    pub name: &'static str,
    pub bytes: Bytes,
    pub expected: Totals,
}

/// Bytes of each input: beyond the last-level cache of most machines.
const LEN: usize = 64 << 20;

/// Name, dialect, payload bytes, percent of events dropped.
const INPUTS: &[(&str, Dialect, std::ops::Range<usize>, u32)] = &[
    ("v4-38B", Dialect::V4, 8..69, 0),
    ("v6-38B", Dialect::V6, 8..69, 0),
    ("v4-38B-drops", Dialect::V4, 8..69, 2),
    ("v4-252B", Dialect::V4, 189..316, 0),
    ("v4-1000B", Dialect::V4, 750..1251, 0),
];

/// Reads a stream and tells what it found.
pub type Work = fn(&Bytes) -> Totals;

/// Name, work, and whether it decodes events.
pub const WORKS: &[(&str, Work, bool)] = &[
    ("frame", work::frame, false),
    ("whole", work::whole, true),
    ("small", work::small, true),
    ("order", work::order, true),
    ("fields", work::fields, true),
    ("owned", work::owned, true),
];

/// The inputs, made anew; the same on every machine. With `quick`, small ones.
pub fn inputs(quick: bool) -> impl Iterator<Item = Input> {
    INPUTS.iter().map(move |(name, dialect, payload, drop_percent)| {
        let mix = Mix {
            dialect: *dialect,
            payload: payload.clone(),
            drop_percent: *drop_percent,
            seed: 1,
            ..Mix::default()
        };
        let (bytes, truth) = mix.bytes(if quick { LEN / 16 } else { LEN });
        let expected = Totals {
            events: truth.events,
            payload_bytes: truth.payload_bytes,
            lost: truth.lost,
            check: 0,
        };
        Input { name, bytes: bytes.into(), expected }
    })
}
