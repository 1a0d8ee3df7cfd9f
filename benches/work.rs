//! The works that are measured: what a reader does with every event of a stream, and naive twins
//! that do the same with an owned struct for each event.
#![allow(dead_code, reason = "each runner uses some of it")]

use bytes::Bytes;
use tracemill::clr::Clr;
use tracemill::nettrace::Nettrace;
use tracemill::{Batch, Config, EventView, Parser};

pub mod fields;
pub mod headers;
pub mod naive;
pub mod parallel;

/// What is read, and which field the works that want one of their own look at.
#[derive(Clone)]
pub struct Input {
    pub name: String,
    pub bytes: Bytes,
    pub pick: Pick,
    /// What is in it.
    pub expected: Totals,
}

/// Events whose integer field `field` is above `above`: about one in a hundred.
#[derive(Clone, Debug)]
pub struct Pick {
    pub field: String,
    pub above: i64,
}

impl Pick {
    /// As a condition of a [`Filter`](tracemill::Filter).
    pub fn condition(&self) -> String {
        format!("{} > {}", self.field, self.above)
    }
}

/// What a work found; the benches compare it with what is in the input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub events: u64,
    pub payload_bytes: u64,
    pub lost: u64,
    /// Fields that were read, those of objects not counted; 0 unless all are.
    pub fields: u64,
    /// Depends on every value that was read, so that none is left out. The same for a work and its
    /// twin.
    pub check: u64,
}

/// The decoder of the works: what is known of the runtime's events included.
pub fn format(config: &Config) -> Nettrace {
    Nettrace::new(config).with_schemas(&Clr)
}

/// Lends each batch of a stream to `each`, in one chunk, on one thread.
#[inline(always)]
pub fn batches(
    bytes: &Bytes,
    config: &Config,
    mut each: impl FnMut(&mut Totals, &Batch<'_>),
) -> Totals {
    let mut parser = Parser::new(format(config), config);
    parser.push(bytes.clone()).expect("nothing is queued");
    parser.finish();
    let mut totals = Totals::default();
    while let Some(batch) = parser.next_batch().expect("a whole trace") {
        each(&mut totals, &batch);
    }
    totals.lost = parser.stats().lost;
    assert_eq!(parser.stats().events, totals.events);
    totals
}

/// Lends each event of a stream to `each`.
#[inline(always)]
pub fn views(
    bytes: &Bytes,
    config: &Config,
    mut each: impl FnMut(&mut Totals, EventView<'_>),
) -> Totals {
    batches(bytes, config, |totals, batch| {
        for event in batch {
            each(totals, event);
        }
    })
}

/// What every work does with an event.
#[inline(always)]
pub fn count(totals: &mut Totals, event: EventView<'_>) {
    totals.events += 1;
    totals.payload_bytes += event.payload_len() as u64;
}
