//! JSON lines: one object a sample, with all that is known of it.
//!
//! `schema_version`, `time_ns` (nanoseconds since the trace began), `utc_time`, `process` (its id, null
//! for a file), `kind`, `provider`, `name`, `display_name`, `unit`, `tags` (an object of texts; a second
//! tag of the same key is `KEY#2`), and then by kind, null where nothing was measured:
//!
//! | `kind` | keys |
//! |---|---|
//! | `mean` | `value` (the mean), `standard_deviation`, `count`, `min`, `max`, `interval_sec` |
//! | `sum` | `value` (by how much it grew), `rate_scale_sec`, `interval_sec` |
//! | `counter`, `up_down_counter` | `value` (the sum so far), `delta` (by how much it changed) |
//! | `gauge` | `value` |
//! | `histogram` | `count`, `sum`, `quantiles` (an object, `"0.5": 1.25`; empty if nothing was measured) |
//! | `exponential_histogram` | `count`, `sum`, `min`, `max` |
//!
//! `mean` and `sum` are counters of an event source, the others instruments of a meter; these have
//! `meter_version`, `meter_tags`, `instrument_tags` (objects) and `instrument_id` (null before .NET 10)
//! too, behind `tags`.

use std::io::{self, Write};

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use tracemill::conventions::counters::Kind;
use tracemill::conventions::{Quantiles, Tags, Text};

use super::number::invariant;
use super::output::Output;
use super::place::Place;
use super::sample::{Measure, Sample};
use crate::cli::attach::Origin;
use crate::cli::json::{self, Int, SCHEMA_VERSION};
use crate::cli::text;

/// Writes one object a line.
pub(super) struct Jsonl {
    place: Place,
}

impl Jsonl {
    pub(super) fn new(place: Place) -> Self {
        Self { place }
    }
}

impl Output for Jsonl {
    fn sample(&mut self, origin: &Origin, sample: &Sample<'_>) -> io::Result<()> {
        json::print_line(&mut self.place, &Line { process: origin.pid, sample })?;
        self.place.relieve()
    }

    fn pause(&mut self) -> io::Result<()> {
        self.place.flush()
    }

    fn finish(&mut self, _origin: &Origin, _start_utc_ns: Option<i64>) -> io::Result<()> {
        self.place.flush()
    }

    fn close(&mut self) -> io::Result<()> {
        self.place.close()
    }
}

struct Line<'a> {
    process: Option<u64>,
    sample: &'a Sample<'a>,
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let sample = self.sample;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("schema_version", &SCHEMA_VERSION)?;
        map.serialize_entry("time_ns", &sample.time.ns.map(Int::from))?;
        let utc = sample.time.utc_ns.map(|ns| text::collect(|out| text::instant(out, ns)));
        map.serialize_entry("utc_time", &utc)?;
        map.serialize_entry("process", &self.process)?;
        map.serialize_entry("kind", kind(&sample.measure))?;
        map.serialize_entry("provider", &Json(sample.provider))?;
        map.serialize_entry("name", &Json(sample.name))?;
        map.serialize_entry("display_name", &Json(sample.display_name))?;
        map.serialize_entry("unit", &Json(sample.unit))?;
        map.serialize_entry("tags", &TagsJson(sample.tags()))?;
        if !sample.is_of_source() {
            map.serialize_entry("meter_version", &Json(sample.version))?;
            map.serialize_entry("meter_tags", &TagsJson(Tags::of_metric(sample.meter_tags)))?;
            let tags = Tags::of_metric(sample.instrument_tags);
            map.serialize_entry("instrument_tags", &TagsJson(tags))?;
            map.serialize_entry("instrument_id", &sample.instrument_id)?;
        }
        measure(&mut map, &sample.measure)?;
        map.end()
    }
}

fn kind(measure: &Measure<'_>) -> &'static str {
    match measure {
        Measure::Counter { kind: Kind::Mean { .. }, .. } => "mean",
        Measure::Counter { kind: Kind::Sum { .. }, .. } => "sum",
        Measure::Sum { is_up_down: false, .. } => "counter",
        Measure::Sum { is_up_down: true, .. } => "up_down_counter",
        Measure::Gauge(_) => "gauge",
        Measure::Histogram { .. } => "histogram",
        Measure::Exponential { .. } => "exponential_histogram",
    }
}

fn measure<M: SerializeMap>(map: &mut M, measure: &Measure<'_>) -> Result<(), M::Error> {
    match *measure {
        Measure::Counter { kind, interval_sec, .. } => {
            match kind {
                Kind::Mean { mean, standard_deviation, count, min, max } => {
                    map.serialize_entry("value", &mean)?;
                    map.serialize_entry("standard_deviation", &standard_deviation)?;
                    map.serialize_entry("count", &count)?;
                    map.serialize_entry("min", &min)?;
                    map.serialize_entry("max", &max)?;
                }
                Kind::Sum { increment, rate_scale } => {
                    map.serialize_entry("value", &increment)?;
                    let scale = rate_scale.map(|scale| scale.as_secs_f64());
                    map.serialize_entry("rate_scale_sec", &scale)?;
                }
            }
            map.serialize_entry("interval_sec", &interval_sec)
        }
        Measure::Sum { delta, value, .. } => {
            map.serialize_entry("value", &value)?;
            map.serialize_entry("delta", &delta)
        }
        Measure::Gauge(value) => map.serialize_entry("value", &value),
        Measure::Histogram { count, sum, quantiles } => {
            map.serialize_entry("count", &count.map(Int::from))?;
            map.serialize_entry("sum", &sum)?;
            map.serialize_entry("quantiles", &QuantilesJson(quantiles))
        }
        Measure::Exponential { count, sum, min, max } => {
            map.serialize_entry("count", &Int::from(count))?;
            map.serialize_entry("sum", &sum)?;
            map.serialize_entry("min", &min)?;
            map.serialize_entry("max", &max)
        }
    }
}

struct Json<'a>(Text<'a>);

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

struct TagsJson<'a>(Tags<'a>);

impl Serialize for TagsJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let mut keys = Vec::new();
        for (key, value) in self.0 {
            keys.push(key);
            match keys.iter().filter(|before| **before == key).count() {
                1 => map.serialize_entry(&Json(key), &Json(value))?,
                number => map.serialize_entry(&format!("{key}#{number}"), &Json(value))?,
            }
        }
        map.end()
    }
}

struct QuantilesJson<'a>(Quantiles<'a>);

impl Serialize for QuantilesJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.map(|(at, value)| (invariant(at), value)))
    }
}
