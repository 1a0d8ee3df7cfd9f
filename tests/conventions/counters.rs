//! Counters: all that was written in intervals that were published.

use std::collections::BTreeMap;
use std::time::Duration;

use tracemill::EventView;
use tracemill::conventions::counters::{Kind, Reader};

use crate::{read, read_fixture};

/// What a counter told, over all intervals.
#[derive(Debug, Default)]
struct Sum {
    intervals: u64,
    count: u64,
    total: f64,
    increment: f64,
    /// Least and greatest, of what had values.
    range: Option<(f64, f64)>,
}

#[derive(Debug, Default)]
struct Sums(BTreeMap<(String, String), Sum>);

impl Sums {
    fn add(&mut self, event: EventView<'_>) {
        let class = event.class().unwrap();
        let Some(reader) = Reader::for_class(class) else {
            assert_ne!(class.name(), "EventCounters");
            return;
        };
        let counter = reader.read(event).expect("a counter");
        assert_eq!(counter.series_ms(), Some(1_000));
        // The runtime's own may begin with a short interval, and may have no scale.
        let is_demo = class.provider() == "Demo-Counters";
        let interval = counter.interval_sec.unwrap();
        assert!(!is_demo || (0.9..1.2).contains(&interval), "{counter:?}");
        assert!(!counter.display_name.is_empty());
        let key = (class.provider().to_owned(), counter.name.to_string());
        let sum = self.0.entry(key).or_default();
        sum.intervals += 1;
        match counter.kind {
            Kind::Mean { mean, count, min, max, .. } => {
                sum.count += u64::from(count);
                sum.total += mean * f64::from(count);
                if count > 0 {
                    assert!(min <= mean && mean <= max, "{counter:?}");
                    let (least, greatest) = sum.range.unwrap_or((min, max));
                    sum.range = Some((least.min(min), greatest.max(max)));
                }
            }
            Kind::Sum { increment, rate_scale } => {
                sum.increment += increment;
                assert!(!is_demo || rate_scale == Some(Duration::from_secs(1)), "{counter:?}");
            }
        }
        if is_demo && counter.name == "request-latency" {
            assert_eq!(counter.display_units, "ms");
            let metadata: Vec<_> =
                counter.metadata().map(|(key, value)| format!("{key} is {value}")).collect();
            assert_eq!(metadata, ["endpoint is /api/items", "zone is eu-1"]);
        }
    }

    fn demo(&self, name: &str) -> &Sum {
        &self.0[&("Demo-Counters".to_owned(), name.to_owned())]
    }

    /// The program writes a latency of 1 to 9 ms and counts a request and 1500 bytes each time.
    fn check(&self, intervals: u64, written: u64) {
        let [latency, requests, bytes] =
            ["request-latency", "requests", "bytes"].map(|name| self.demo(name));
        for sum in [latency, requests, bytes] {
            assert_eq!(sum.intervals, intervals);
        }
        assert!(latency.count <= written && latency.count * 4 > written * 2, "{latency:?}");
        let (least, greatest) = latency.range.unwrap();
        assert!(1.0 <= least && greatest < 9.0);
        // A write while the counters are read, one after the other, is in one and not in the next.
        let (written, intervals) = (latency.count as f64, intervals as f64);
        assert!((requests.increment - written).abs() <= intervals, "{requests:?} {latency:?}");
        assert!((bytes.increment / 1_500.0 - written).abs() <= intervals, "{bytes:?}");
        assert!(bytes.increment % 1_500.0 == 0.0, "{bytes:?}");
    }
}

#[test]
fn counters_of_net_10_sum_up_to_what_was_written() {
    let mut sums = Sums::default();
    let Some(app) = read("counters", "dotnet10/counters", |event| sums.add(event)) else { return };
    sums.check(3, app["metrics_written"].as_u64().unwrap());
    assert_eq!(sums.demo("request-latency").count, 1_382);
    assert_eq!(sums.0.len(), 4 + 27);
}

#[test]
fn counters_of_net_core_3_1_sum_up_to_what_was_written() {
    let mut sums = Sums::default();
    let Some(app) = read("counters", "dotnet31/counters", |event| sums.add(event)) else { return };
    sums.check(11, app["metrics_written"].as_u64().unwrap());
    let mean = sums.demo("request-latency");
    let written = app["sum"].as_f64().unwrap() / app["metrics_written"].as_f64().unwrap();
    assert!((mean.total / mean.count as f64 - written).abs() < 0.2, "{mean:?}");
}

#[test]
fn counters_of_a_fixture() {
    let mut sums = Sums::default();
    read_fixture("counters", |event| sums.add(event));
    sums.check(3, 1_836);
}
