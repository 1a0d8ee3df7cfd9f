//! Metrics: totals at the end, and what a session is told beside.

use std::collections::BTreeMap;

use tracemill::EventView;
use tracemill::conventions::metrics::{Metric, PROVIDER, Reader, Series};

use crate::{read, read_fixture};

#[derive(Debug, Default)]
struct Sums {
    /// By kind, instrument and tags: the last value told, and what it grew by in all.
    counters: BTreeMap<(&'static str, String, String), (f64, f64)>,
    measured: u64,
    histogram_sum: f64,
    instruments: BTreeMap<u32, String>,
    collections: Vec<(u64, u64)>,
    unmeasured: u64,
    limits: [u64; 2],
    enumerated: u64,
    versions: u64,
    messages: u64,
}

impl Sums {
    fn add(&mut self, event: EventView<'_>, session: &str) {
        let class = event.class().unwrap();
        if class.provider() != PROVIDER {
            return;
        }
        let reader = Reader::for_class(class).expect("every event is known");
        let report = reader.read(event).expect("a report");
        if !matches!(report.metric, Metric::Message(_) | Metric::Version(_)) {
            assert_eq!(report.session, session);
        }
        match report.metric {
            Metric::Begin(instrument) => {
                if instrument.meter == "TraceGen.Shop" {
                    assert_eq!(instrument.meter_tags().get("region").unwrap(), "eu-1");
                    assert_eq!(instrument.meter_version, "1.2.3");
                }
                self.instruments.insert(instrument.id.unwrap(), instrument.name.to_string());
            }
            Metric::Counter { series, rate, value } => self.counter("up", series, rate, value),
            Metric::UpDownCounter { series, rate, value } => {
                self.counter("both", series, rate, value);
            }
            Metric::Gauge { series, last_value } => {
                self.counter("gauge", series, last_value, last_value);
            }
            Metric::Histogram { series, quantiles, count, sum } => {
                self.known(&series);
                let (count, sum) = (count.unwrap(), sum.unwrap());
                (self.measured, self.histogram_sum) =
                    (self.measured + count, self.histogram_sum + sum);
                let quantiles: Vec<_> = quantiles.collect();
                let at: Vec<_> = quantiles.iter().map(|(at, _)| *at).collect();
                assert_eq!(at, [0.5, 0.95, 0.99]);
                assert!(quantiles.is_sorted_by(|a, b| a.1 <= b.1), "{quantiles:?}");
            }
            Metric::CollectionStart(interval) => {
                self.collections.push((interval.start, interval.end));
            }
            Metric::CollectionStop(interval) => {
                assert_eq!(self.collections.last(), Some(&(interval.start, interval.end)));
            }
            Metric::EnumerationComplete => self.enumerated += 1,
            Metric::TimeSeriesLimitReached => self.limits[0] += 1,
            Metric::HistogramLimitReached => self.limits[1] += 1,
            Metric::Version(version) => {
                assert_eq!(version[0], 10);
                self.versions += 1;
            }
            Metric::Message(_) => self.messages += 1,
            other => panic!("{other:?}"),
        }
    }

    fn counter(
        &mut self,
        kind: &'static str,
        series: Series<'_>,
        rate: Option<f64>,
        value: Option<f64>,
    ) {
        self.known(&series);
        let key = (kind, series.instrument.to_string(), series.tags.to_string());
        let (last, grown) = self.counters.entry(key).or_default();
        self.unmeasured += u64::from(rate.is_none());
        (*last, *grown) = (value.unwrap_or(*last), *grown + rate.unwrap_or(0.0));
    }

    fn known(&self, series: &Series<'_>) {
        let name = &self.instruments[&series.instrument_id.unwrap()];
        assert_eq!(series.instrument, name.as_str());
    }

    /// Last values of the series of an instrument, together.
    fn last(&self, instrument: &str) -> f64 {
        let of = self.counters.iter().filter(|((_, name, _), _)| name == instrument);
        of.map(|(_, (last, _))| last).sum()
    }
}

#[test]
fn metrics_end_at_what_the_program_counted() {
    let mut sums = Sums::default();
    let Some(app) = read("metrics", "dotnet10/metrics", |event| sums.add(event, "s1")) else {
        return;
    };
    let orders = app["orders"].as_u64().unwrap();
    assert_eq!(sums.last("orders"), orders as f64);
    assert_eq!(sums.measured, orders);
    assert!((sums.last("revenue") - app["revenue"].as_f64().unwrap()).abs() < 1e-6);
    assert_eq!(sums.last("carts.open"), app["carts_open"].as_f64().unwrap());
    for (key, (last, grown)) in &sums.counters {
        // What is observed has a first value that it did not grow to.
        if key.0 != "gauge" && !["bytes.read", "tasks.live"].contains(&key.1.as_str()) {
            assert!((last - grown).abs() < 1e-6, "{key:?}");
        }
    }
    let shops = sums.counters.keys().filter(|(_, name, _)| name == "orders").count() as u64;
    assert_eq!(shops, app["series"].as_u64().unwrap());
    assert!(sums.counters.contains_key(&("up", "orders".into(), "paid=True,shop=s0".into())));
    assert_eq!((sums.instruments.len(), sums.enumerated, sums.versions), (8, 1, 1));
    assert_eq!((sums.unmeasured, sums.messages, sums.limits), (2, 7, [0, 0]));
    // Interval follows interval.
    assert_eq!(sums.collections.len(), 5);
    assert!(sums.collections.is_sorted_by(|a, b| a.1 == b.0));
}

#[test]
fn limits_of_a_session_are_told() {
    let mut sums = Sums::default();
    let read = read("metrics-limits", "dotnet10/metrics-limits", |event| sums.add(event, "s2"));
    if read.is_none() {
        return;
    }
    assert_eq!((sums.limits, sums.instruments.len()), ([1, 1], 27));
}

#[test]
fn metrics_of_a_fixture() {
    let mut sums = Sums::default();
    read_fixture("metrics", |event| sums.add(event, "s1"));
    assert_eq!(sums.last("orders"), 775.0);
    assert_eq!(sums.measured, 775);
}
