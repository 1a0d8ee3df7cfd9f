//! Loss that is told several times, counted once (specification section 8.1).
//!
//! `LOST` is written as a ring is full and has the CPU and the time; what is lost behind a ring's last
//! one is in none. Each event has a counter of its own too: `LOST_SAMPLES` tells it at the end, `READ`
//! and the values in samples tell it on the way. So of a CPU there are two sums, and what counts is the
//! greater one, as soon as it is known.
//!
//! What is throttled is lost too, but nobody knows how much: of that, the times are told.

use std::collections::{BTreeMap, HashMap};

use tracemill_engine::Span;

use crate::attribute::{Attribute, Place, bit};
use crate::decode::Decoder;
use crate::kinds::kind;
use crate::parts::{self, format};
use crate::values::Read;
use crate::wire::{Head, u32_at, u64_at};

/// What has been told so far.
#[derive(Debug, Default)]
pub(crate) struct Losses {
    cpus: HashMap<u64, Row>,
    /// All of them.
    all: Row,
    /// Counted by counters of which no CPU is known, and not yet told by rings.
    unplaced: u64,
    /// By the ids of events.
    counters: HashMap<u64, Counter>,
    /// By event, as counters and as rings have it.
    events: BTreeMap<u32, [u64; 2]>,
    /// Since when events are throttled, by CPU and id.
    throttled: HashMap<(u64, u64), u64>,
}

/// Loss of a CPU.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    /// By `LOST`.
    rings: u64,
    /// By counters.
    counters: u64,
    /// What has been counted of both.
    counted: u64,
}

/// What the counter of an event stands at.
#[derive(Clone, Copy, Debug, Default)]
struct Counter {
    /// The sum of its `LOST_SAMPLES`.
    samples: u64,
    /// The most that was read of it.
    read: u64,
}

/// CPUs told apart; those beyond are one.
const MAX_CPUS: usize = 1 << 14;
/// Counters and throttled events that are followed; those beyond tell nothing.
const MAX_COUNTERS: usize = 1 << 16;
/// Events whose loss is told apart.
const MAX_EVENTS: usize = 1 << 12;
const UNKNOWN: u64 = u64::MAX;

/// What a record that tells of loss says of itself.
struct Told<'a> {
    attribute: Option<(u32, &'a Attribute)>,
    /// CPU it was written on.
    cpu: Option<u32>,
    time: u64,
    /// Id it carries.
    id: Option<u64>,
}

impl<'a> Told<'a> {
    fn new(decoder: &'a Decoder, head: Head, body: &[u8]) -> Self {
        if head.kind == kind::SAMPLE {
            let attribute = decoder.of_sample(body);
            let shape = attribute.map(|(_, attribute)| attribute.shape);
            let at = |place: Option<Place>| place.and_then(Place::get);
            let number = |place| at(place).and_then(|at| u64_at(body, at));
            let cpu = at(shape.map(|shape| shape.cpu)).and_then(|at| u32_at(body, at));
            let (time, id) = (shape.map(|shape| shape.time), shape.map(|shape| shape.sample_id()));
            return Self { attribute, cpu, time: known(number(time)), id: number(id) };
        }
        let attribute = decoder.of_other(body);
        let shape = attribute.map(|(_, attribute)| attribute.shape);
        let at = |place: Option<Place>| place.and_then(|place| place.before(body.len()));
        let number = |place| at(place).and_then(|at| u64_at(body, at));
        let cpu = at(shape.map(|shape| shape.end_cpu)).and_then(|at| u32_at(body, at));
        let time = number(shape.map(|shape| shape.end_time));
        Self { attribute, cpu, time: known(time), id: number(decoder.end_id) }
    }
}

impl Losses {
    /// Takes in a record; what it adds.
    pub(crate) fn told(&mut self, decoder: &Decoder, head: Head, body: &[u8]) -> Option<Span> {
        let told = Told::new(decoder, head, body);
        let indexed = |id: Option<u64>| id.and_then(|id| decoder.cpus.get(id)).copied();
        match head.kind {
            kind::THROTTLE | kind::UNTHROTTLE => {
                let (time, id) = (u64_at(body, 0)?, u64_at(body, 8)?);
                let time = if told.time > 0 { told.time } else { time };
                let cpu = told.cpu.or_else(|| indexed(Some(id))).map_or(UNKNOWN, u64::from);
                self.throttle((cpu, id), time, head.kind == kind::THROTTLE)
            }
            kind::LOST => {
                let (id, number) = (u64_at(body, 0)?, u64_at(body, 8)?);
                let of = decoder.ids.get(id).copied().or(told.attribute.map(|(index, _)| index));
                self.count(of, number, 1);
                let cpu = told.cpu.or_else(|| indexed(Some(id)));
                self.add(cpu, told.time, number, 0)
            }
            // A filter left those out that was asked to.
            kind::LOST_SAMPLES if head.misc >> 13 & 1 != 0 => None,
            kind::LOST_SAMPLES => {
                let number = u64_at(body, 0)?;
                // The CPU in it is not one.
                let cpu = indexed(told.id);
                let up = told.id.map_or(number, |id| {
                    self.raise(id, |counter| {
                        counter.samples = counter.samples.saturating_add(number);
                    })
                });
                self.count(told.attribute.map(|(index, _)| index), up, 0);
                self.add(cpu, told.time, 0, up)
            }
            _ => {
                let (index, attribute) = told.attribute?;
                let mut up_in_all = 0u64;
                let mut cpu = None;
                for (id, lost) in lost_counters(attribute, head, body)? {
                    let id = id.or(told.id).unwrap_or_else(|| !u64::from(index));
                    let up = self.raise(id, |counter| counter.read = counter.read.max(lost));
                    let of = decoder.ids.get(id).copied().unwrap_or(index);
                    self.count(Some(of), up, 0);
                    up_in_all = up_in_all.saturating_add(up);
                    cpu = cpu.or_else(|| indexed(Some(id)));
                }
                // Where a thread ended says nothing of where its events were lost.
                let own = told.cpu.filter(|_| head.kind == kind::SAMPLE);
                self.add(cpu.or(own), told.time, 0, up_in_all)
            }
        }
    }

    /// Whether a sample has a counter that stands higher than is known.
    pub(crate) fn is_news(&self, decoder: &Decoder, head: Head, body: &[u8]) -> bool {
        let told = Told::new(decoder, head, body);
        let Some((index, attribute)) = told.attribute else {
            return false;
        };
        let mut counters = lost_counters(attribute, head, body).into_iter().flatten();
        counters.any(|(id, lost)| {
            let id = id.or(told.id).unwrap_or_else(|| !u64::from(index));
            match self.counters.get(&id) {
                Some(counter) => lost > counter.read,
                None => lost > 0 && self.counters.len() < MAX_COUNTERS,
            }
        })
    }

    /// Loss by the places of events: as their counters have it, if there are any; else by the events
    /// that told it.
    pub(crate) fn events(&self) -> impl Iterator<Item = (u32, u64)> {
        let has_counters = self.all.counters > 0;
        let events = self.events.iter();
        let lost = events.map(move |(index, [by_counter, by_ring])| {
            (*index, if has_counters { *by_counter } else { *by_ring })
        });
        lost.filter(|(_, lost)| *lost > 0)
    }

    /// Changes a counter; by how much it went up.
    fn raise(&mut self, id: u64, change: impl FnOnce(&mut Counter)) -> u64 {
        if self.counters.len() >= MAX_COUNTERS && !self.counters.contains_key(&id) {
            return 0;
        }
        let counter = self.counters.entry(id).or_default();
        let before = counter.samples.max(counter.read);
        change(counter);
        counter.samples.max(counter.read) - before
    }

    /// Counts loss of an event: 0 by its counter, 1 by a ring.
    fn count(&mut self, index: Option<u32>, lost: u64, by: usize) {
        let Some(index) = index.filter(|_| lost > 0) else {
            return;
        };
        if self.events.len() < MAX_EVENTS || self.events.contains_key(&index) {
            let row = self.events.entry(index).or_default();
            if let Some(sum) = row.get_mut(by) {
                *sum = sum.saturating_add(lost);
            }
        }
    }

    /// Adds what rings and counters say of a CPU; what of it is new.
    fn add(&mut self, cpu: Option<u32>, time: u64, by_ring: u64, up: u64) -> Option<Span> {
        let cpu = cpu.map_or(UNKNOWN, u64::from);
        let is_followed = self.cpus.len() < MAX_CPUS || self.cpus.contains_key(&cpu);
        let cpu = if is_followed { cpu } else { UNKNOWN };
        let row = self.cpus.entry(cpu).or_default();
        for row in [&mut *row, &mut self.all] {
            row.rings = row.rings.saturating_add(by_ring);
            row.counters = row.counters.saturating_add(up);
        }
        let is_unplaced = cpu == UNKNOWN && up > 0;
        let of = if is_unplaced { self.all } else { *row };
        let new = of.rings.max(of.counters).saturating_sub(of.counted);
        // A ring may tell what a counter without a CPU told before.
        let again = if is_unplaced { 0 } else { new.min(self.unplaced) };
        let unplaced = if is_unplaced { new } else { 0 };
        self.unplaced = (self.unplaced - again).saturating_add(unplaced);
        row.counted = row.counted.saturating_add(new);
        let adds = new - again;
        self.all.counted = self.all.counted.saturating_add(adds);
        (adds > 0).then(|| Span::lost(cpu, adds, time))
    }

    fn throttle(&mut self, key: (u64, u64), time: u64, begins: bool) -> Option<Span> {
        if begins {
            let is_followed = self.throttled.len() < MAX_COUNTERS;
            let begun = is_followed.then(|| self.throttled.insert(key, time)).flatten();
            // What is told again was not over.
            let from = begun.unwrap_or(time);
            return Some(Span::paused(key.0, from, time.max(from), begun.is_none()));
        }
        let from = self.throttled.remove(&key)?;
        Some(Span::paused(key.0, from, time.max(from), false))
    }
}

/// Counters of lost samples in a sample, or in a `READ`: ids, where the format has them, and values.
fn lost_counters<'a>(
    attribute: &Attribute,
    head: Head,
    body: &'a [u8],
) -> Option<impl Iterator<Item = (Option<u64>, u64)> + use<'a>> {
    if attribute.read_format & format::LOST == 0 {
        return None;
    }
    let values = if head.kind == kind::SAMPLE {
        let (start, end) = parts::find(attribute, body, bit::READ)?;
        body.get(start..end)?
    } else {
        body.get(8..body.len().checked_sub(attribute.shape.trailer.into())?)?
    };
    let counters = Read::new(attribute, values).counters();
    Some(counters.filter_map(|counter| Some((counter.id, counter.lost?))))
}

/// A time; 0 for none.
fn known(time: Option<u64>) -> u64 {
    time.filter(|time| *time != u64::MAX).unwrap_or(0)
}
