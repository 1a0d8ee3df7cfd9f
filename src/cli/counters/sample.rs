//! One value of a counter or an instrument, as all outputs take it.

use tracemill::EventView;
use tracemill::conventions::counters::{Counter, Kind};
use tracemill::conventions::metrics::Series;
use tracemill::conventions::{Quantiles, Tags, Text};

/// What was measured, where, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample<'a> {
    pub time: Time,
    /// Name of the event source or meter.
    pub provider: Text<'a>,
    /// Version of the meter.
    pub version: Text<'a>,
    pub name: Text<'a>,
    /// Name for people; that of an instrument is its name.
    pub display_name: Text<'a>,
    pub unit: Text<'a>,
    /// Tags of the measurements, or the metadata of a counter.
    pub tags: Text<'a>,
    pub meter_tags: Text<'a>,
    pub instrument_tags: Text<'a>,
    pub instrument_id: Option<u32>,
    pub measure: Measure<'a>,
}

/// When it was told.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Time {
    /// Nanoseconds since the trace began.
    pub ns: Option<i64>,
    /// Nanoseconds since 1970.
    pub utc_ns: Option<i64>,
}

impl Time {
    pub(super) fn of(event: EventView<'_>) -> Self {
        Self { ns: event.ns(), utc_ns: event.utc_ns() }
    }
}

/// What was measured in the interval; `None` where nothing was.
#[derive(Clone, Copy, Debug)]
pub(super) enum Measure<'a> {
    /// A counter of an event source.
    Counter {
        kind: Kind,
        /// The interval in truth, in seconds.
        interval_sec: Option<f64>,
        /// The interval as asked for, in milliseconds.
        series_ms: u64,
    },
    /// An instrument that counts: the change in the interval, of `per` seconds, and the sum so far.
    Sum { is_up_down: bool, delta: Option<f64>, value: Option<f64>, per: f64 },
    /// The last value.
    Gauge(Option<f64>),
    /// A distribution.
    Histogram { count: Option<u64>, sum: Option<f64>, quantiles: Quantiles<'a> },
    /// A distribution in exponential buckets.
    Exponential { count: u64, sum: f64, min: f64, max: f64 },
}

impl<'a> Sample<'a> {
    /// A counter of an event source.
    pub(super) fn of_counter(time: Time, provider: &'a str, counter: &Counter<'a>) -> Self {
        let series_ms = counter.series_ms().unwrap_or_default();
        let (kind, interval_sec) = (counter.kind, counter.interval_sec);
        let display_name =
            if counter.display_name.is_empty() { counter.name } else { counter.display_name };
        Self {
            time,
            provider: Text::utf8(provider.as_bytes()),
            version: Text::default(),
            name: counter.name,
            display_name,
            unit: counter.display_units,
            tags: counter.metadata,
            meter_tags: Text::default(),
            instrument_tags: Text::default(),
            instrument_id: None,
            measure: Measure::Counter { kind, interval_sec, series_ms },
        }
    }

    /// An instrument.
    pub(super) fn of_series(time: Time, series: Series<'a>, measure: Measure<'a>) -> Self {
        Self {
            time,
            provider: series.meter,
            version: series.meter_version,
            name: series.instrument,
            display_name: series.instrument,
            unit: series.unit,
            tags: series.tags,
            meter_tags: Text::default(),
            instrument_tags: Text::default(),
            instrument_id: series.instrument_id,
            measure,
        }
    }

    /// Whether it is of an event source.
    pub(super) fn is_of_source(&self) -> bool {
        matches!(self.measure, Measure::Counter { .. })
    }

    /// Its tags, split.
    pub(super) fn tags(&self) -> Tags<'a> {
        if self.is_of_source() { Tags::of_counter(self.tags) } else { Tags::of_metric(self.tags) }
    }

    /// Tags of the meter, of the instrument and of the measurements, as one text.
    pub(super) fn all_tags(&self) -> String {
        let mut all = String::new();
        for tags in [self.meter_tags, self.instrument_tags, self.tags] {
            if !all.is_empty() && !tags.is_empty() {
                all.push(',');
            }
            all.extend(tags.chars());
        }
        all
    }

    /// Its name for people with its unit, where `per` is the interval of a rate, in seconds.
    pub(super) fn title(&self, per: Option<f64>) -> String {
        let (name, unit) = (self.display_name, self.unit);
        let unit = if unit.is_empty() && per.is_some() || unit == "count" && self.is_of_source() {
            Text::utf8(b"Count")
        } else {
            unit
        };
        match per {
            Some(per) => format!("{name} ({unit} / {} sec)", super::number::invariant(per)),
            None if unit.is_empty() => name.to_string(),
            None => format!("{name} ({unit})"),
        }
    }
}

/// A sample that was kept.
#[derive(Debug)]
pub(super) struct Kept {
    time: Time,
    provider: String,
    name: String,
    display_name: String,
    unit: String,
    tags: String,
    measure: Measure<'static>,
}

impl Kept {
    /// Keeps a counter of an event source; `None` for all else.
    pub(super) fn of(sample: &Sample<'_>) -> Option<Self> {
        let Measure::Counter { kind, interval_sec, series_ms } = sample.measure else {
            return None;
        };
        Some(Self {
            time: sample.time,
            provider: sample.provider.to_string(),
            name: sample.name.to_string(),
            display_name: sample.display_name.to_string(),
            unit: sample.unit.to_string(),
            tags: sample.tags.to_string(),
            measure: Measure::Counter { kind, interval_sec, series_ms },
        })
    }

    /// Bytes it takes.
    pub(super) fn len(&self) -> usize {
        let texts = [&self.provider, &self.name, &self.display_name, &self.unit, &self.tags];
        size_of::<Self>() + texts.map(String::len).iter().sum::<usize>()
    }

    /// Its provider.
    pub(super) fn provider(&self) -> &str {
        &self.provider
    }

    /// As it was.
    pub(super) fn sample(&self) -> Sample<'_> {
        Sample {
            time: self.time,
            provider: Text::utf8(self.provider.as_bytes()),
            version: Text::default(),
            name: Text::utf8(self.name.as_bytes()),
            display_name: Text::utf8(self.display_name.as_bytes()),
            unit: Text::utf8(self.unit.as_bytes()),
            tags: Text::utf8(self.tags.as_bytes()),
            meter_tags: Text::default(),
            instrument_tags: Text::default(),
            instrument_id: None,
            measure: self.measure,
        }
    }
}
