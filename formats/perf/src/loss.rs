//! Loss that is told twice, counted once (specification section 8.1).
//!
//! `LOST` is written as a ring is full and has the CPU and the time; what is lost behind a ring's last
//! one is in none. `LOST_SAMPLES` is written at the end for each event, and is complete. So what the
//! latter tells of a CPU counts as far as it is more than what the former have told.

use std::collections::HashMap;

use crate::attribute::Place;
use crate::decode::Decoder;
use crate::kinds::kind;
use crate::wire::{Head, u32_at, u64_at};

/// What has been told so far.
#[derive(Debug, Default)]
pub(crate) struct Losses {
    cpus: HashMap<u64, Told>,
    all: Told,
}

#[derive(Clone, Copy, Debug, Default)]
struct Told {
    /// By `LOST_SAMPLES`.
    samples: u64,
    /// In all, each loss once.
    counted: u64,
}

/// CPUs told apart; those beyond are one.
const MAX_CPUS: usize = 1 << 14;
const UNKNOWN: u64 = u64::MAX;

impl Losses {
    /// Takes in a record; CPU, number and time of the events that it adds.
    pub(crate) fn told(&mut self, decoder: &Decoder, head: Head, body: &[u8]) -> (u64, u64, u64) {
        let shape = decoder.of_other(body).map(|(_, attribute)| attribute.shape);
        let place = |place: Option<Place>| place.and_then(|place| place.before(body.len()));
        let end = |of: Option<Place>| place(of).and_then(|at| u64_at(body, at));
        let time = end(shape.map(|shape| shape.end_time)).filter(|time| *time != u64::MAX);
        let is_samples = head.kind == kind::LOST_SAMPLES;
        let id = if is_samples { end(decoder.end_id) } else { u64_at(body, 0) };
        let indexed = id.and_then(|id| decoder.cpus.get(id)).copied();
        let own = place(shape.map(|shape| shape.end_cpu)).and_then(|at| u32_at(body, at));
        // The CPU in a LOST_SAMPLES is not one.
        let cpu = if is_samples { indexed } else { own.or(indexed) };
        let cpu = cpu.map_or(UNKNOWN, u64::from);
        let cpu =
            if self.cpus.len() < MAX_CPUS || self.cpus.contains_key(&cpu) { cpu } else { UNKNOWN };
        let number = u64_at(body, if is_samples { 0 } else { 8 }).unwrap_or(0);
        let row = self.cpus.entry(cpu).or_default();
        let adds = if is_samples {
            self.all.samples = self.all.samples.saturating_add(number);
            row.samples = row.samples.saturating_add(number);
            let told = if cpu == UNKNOWN { self.all } else { *row };
            told.samples.saturating_sub(told.counted)
        } else {
            number
        };
        row.counted = row.counted.saturating_add(adds);
        self.all.counted = self.all.counted.saturating_add(adds);
        (cpu, adds, time.unwrap_or(0))
    }
}
