//! Every recording of the corpus: records by type, what samples hold, events by name, and the lines
//! of `perf script` in their order.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use serde_json::Value;
use sha2::{Digest, Sha256};
use tracemill::perf::{Record, Sample, bit};
use tracemill::{Config, EventView, Order, Place};
use tracemill_test_support::corpus;

use crate::reading::{self, Read};

#[test]
fn every_recording_gives_its_truth() {
    let Some(corpus) = corpus::shared("every_recording_gives_its_truth") else {
        return;
    };
    let recordings = corpus::perf(&corpus);
    assert!(recordings.len() >= 19, "only {} recordings found", recordings.len());
    for (path, truth) in recordings {
        let truth: Value = serde_json::from_slice(&std::fs::read(&truth).unwrap()).unwrap();
        in_file_order(&path, &truth);
        in_time_order(&path, &truth);
    }
}

/// Sums over samples, as the truths have them.
#[derive(Default)]
struct Sums {
    samples: u64,
    ip: u64,
    time: u64,
    chain: u64,
    entries: u64,
    raw_bytes: u64,
    lost: u64,
    lost_samples: u64,
    /// Samples, and samples lost, by attribute.
    events: BTreeMap<usize, (u64, u64)>,
    deltas: Deltas,
}

fn in_file_order(path: &Path, truth: &Value) {
    let name = path.file_name().unwrap().to_str().unwrap();
    let mut sums = Sums::default();
    let read = reading::read(path, &Config::default(), |view| sums.take(view));
    let records = |key: &str| -> BTreeMap<String, u64> {
        let map = truth[key].as_object().unwrap().iter();
        let counts = map.filter(|(kind, _)| *kind != "TOTAL");
        counts.map(|(kind, count)| (kind.clone(), count.as_u64().unwrap())).collect()
    };
    let mut found = BTreeMap::new();
    for (kind, count) in read.records() {
        *found.entry(kind.to_owned()).or_default() += count;
    }
    assert_eq!(found, records("records"), "{name}: records");
    if truth["counts"].as_object().is_some_and(|counts| !counts.is_empty()) {
        assert_eq!(found, records("counts"), "{name}: counts");
    }
    let decoded = &truth["decoded"];
    let expect = |key: &str, found: u64| {
        let expected = match &decoded[key] {
            Value::String(hex) => u64::from_str_radix(hex, 16).unwrap(),
            number => number.as_u64().unwrap(),
        };
        assert_eq!(found, expected, "{name}: {key}");
    };
    expect("samples", sums.samples);
    expect("sum_ip_hex", sums.ip);
    expect("sum_time_hex", sums.time);
    expect("sum_callchain_hex", sums.chain);
    expect("callchain_entries", sums.entries);
    expect("raw_bytes", sums.raw_bytes);
    expect("lost_in_LOST", sums.lost);
    expect("lost_in_LOST_SAMPLES", sums.lost_samples);
    // Each loss once: what LOST_SAMPLES tell is complete.
    assert_eq!(read.stats.lost, sums.lost.max(sums.lost_samples), "{name}: lost");
    events(name, truth, &sums, &read);
}

/// Samples, and samples lost, by the names of their events.
fn events(name: &str, truth: &Value, sums: &Sums, read: &Read) {
    let Some(expected) = truth["events"].as_object().filter(|events| !events.is_empty()) else {
        return;
    };
    let format = read.parser.format();
    let mut found: BTreeMap<String, [u64; 2]> = BTreeMap::new();
    for (index, (samples, lost)) in &sums.events {
        let attribute = &format.attributes()[*index];
        let event = found.entry(attribute.name().unwrap().to_owned()).or_default();
        event[0] += samples;
        event[1] += lost;
    }
    if !sums.deltas.members.is_empty() {
        // A line for each member of a group.
        found.clear();
        for (index, count) in &sums.deltas.members {
            let attribute = &format.attributes()[*index];
            found.entry(attribute.name().unwrap().to_owned()).or_default()[0] += count;
        }
    }
    found.retain(|_, counts| *counts != [0, 0]);
    let expected: BTreeMap<String, [u64; 2]> = expected
        .iter()
        .map(|(event, counts)| {
            let count = |key: &str| counts[key].as_u64().unwrap_or(0);
            (event.clone(), [count("SAMPLE"), count("LOST_SAMPLES")])
        })
        .collect();
    assert_eq!(found, expected, "{name}: events");
}

impl Sums {
    fn take(&mut self, view: EventView<'_>) {
        let record = Record::of(view).expect("a record of perf");
        let index = || (view.class_id() - 256) as usize;
        match record.kind() {
            2 => self.lost += field(view, "lost"),
            13 => {
                let lost = field(view, "lost");
                self.lost_samples += lost;
                let class = record.attribute().expect("of a known event");
                self.events.entry(class.index()).or_default().1 += lost;
            }
            9 => {
                let sample = Sample::of(view).expect("of a known event");
                assert!(sample.is_whole());
                self.samples += 1;
                self.ip = self.ip.wrapping_add(sample.ip().unwrap());
                self.time = self.time.wrapping_add(sample.time().unwrap());
                assert_eq!(sample.time(), Some(view.ticks()));
                if let Some(chain) = sample.callchain() {
                    self.entries += chain.len() as u64;
                    self.chain = chain.entries().fold(self.chain, u64::wrapping_add);
                    assert_eq!(view.stack().map(<[u8]>::len), Some(8 * chain.len()));
                }
                self.raw_bytes += sample.raw().map_or(0, |raw| raw.len() as u64);
                if sample.attribute().is_tracepoint() {
                    assert_eq!(sample.raw(), Some(view.payload()));
                }
                assert_eq!(sample.attribute().index(), index());
                self.events.entry(index()).or_default().0 += 1;
                self.deltas.take(&sample);
            }
            _ => {}
        }
    }
}

fn field(view: EventView<'_>, name: &str) -> u64 {
    let mut fields = view.fields().expect("described").map(Result::unwrap);
    fields.find(|(field, _)| field.name == name).and_then(|(_, value)| value.as_u64()).unwrap()
}

/// What `perf script` makes of group reads: a line for each member that has counted since.
#[derive(Default)]
struct Deltas {
    values: HashMap<u64, u64>,
    /// Lines by attribute.
    members: BTreeMap<usize, u64>,
}

impl Deltas {
    /// The differences of the members of a sample that is a group read; `None` if it is none.
    fn take(&mut self, sample: &Sample<'_>) -> Option<Vec<u64>> {
        let read = sample.read().filter(tracemill::perf::Read::is_group)?;
        assert!(sample.attribute().has(bit::READ));
        let mut deltas = Vec::new();
        for counter in read.counters() {
            let id = counter.id.unwrap();
            let before = self.values.insert(id, counter.value).unwrap_or(0);
            if counter.value != before {
                deltas.push(counter.value - before);
                let member = sample.record().attribute_of(id).unwrap();
                *self.members.entry(member.index()).or_default() += 1;
            }
        }
        Some(deltas)
    }
}

/// The lines of `perf script`.
fn in_time_order(path: &Path, truth: &Value) {
    let name = path.file_name().unwrap().to_str().unwrap();
    let mut config = Config::default();
    config.order = Order::Time;
    let (mut hash, mut deltas) = (Sha256::new(), Deltas::default());
    let (mut lines, mut ip, mut time, mut period) = (0u64, 0u64, 0u64, 0u64);
    let (mut range, mut steps, mut late, mut before) = (None, 0, 0, 0);
    let mut processes = BTreeSet::new();
    let mut all: Vec<(u64, u64, i32, u64)> = Vec::new();
    reading::read(path, &config, |view| {
        assert_ne!(view.place(), Place::Early, "{name}");
        late += u64::from(view.place() == Place::Late);
        let Some(sample) = Sample::of(view) else {
            return;
        };
        let (at, of, tid) = (sample.time().unwrap(), sample.ip().unwrap(), sample.tid().unwrap());
        let periods = deltas.take(&sample).unwrap_or_else(|| vec![sample.period().unwrap_or(1)]);
        all.extend(periods.iter().map(|period| (at, of, tid, *period)));
        if !periods.is_empty() {
            processes.insert(sample.pid());
        }
    });
    for (at, of, tid, counted) in all {
        lines += 1;
        ip = ip.wrapping_add(of);
        time = time.wrapping_add(at);
        period += counted;
        steps += u64::from(at < before);
        before = at;
        range = range.or(Some(at));
        hash.update(format!("{at} {of} {tid}\n"));
    }
    let script = &truth["script"];
    let hex = |key: &str| u64::from_str_radix(script[key].as_str().unwrap(), 16).unwrap();
    let number = |key: &str| script[key].as_u64().unwrap();
    assert_eq!(lines, number("samples"), "{name}: lines");
    assert_eq!((ip, time), (hex("sum_ip_hex"), hex("sum_time_ns_hex")), "{name}");
    assert_eq!(period, number("sum_period"), "{name}: period");
    assert_eq!((range, before), (Some(number("first_ns")), number("last_ns")), "{name}");
    assert_eq!(processes.len() as u64, number("distinct_pids"), "{name}: processes");
    assert_eq!(steps, number("time_decreases"), "{name}: steps back");
    assert_eq!(late, number("time_decreases"), "{name}: late");
    let hash = hash.finalize();
    assert_eq!(script["sha256_time_ip_tid_lines"], format!("{hash:x}"), "{name}: lines in order");
}
