//! Payloads that are cut or altered give less, or something else, and never a panic.

use std::collections::BTreeMap;

use tracemill::conventions::{counters, diagnostic_source, logging, metrics};
use tracemill::{EventClass, EventView};

use crate::read_fixture;

/// Reads a payload as whatever its class is, with all lists in it; whether it was read.
fn read(class: &EventClass, payload: &[u8]) -> bool {
    if let Some(reader) = counters::Reader::for_class(class) {
        let found = reader.read_payload(class, payload, 8);
        return found.map(|counter| (counter.metadata().count(), counter.series_ms())).is_some();
    }
    if let Some(reader) = metrics::Reader::for_class(class) {
        let found = reader.read_payload(class, payload, 8);
        return found.is_some_and(|report| format!("{report:?}").len() + lists(&report) > 0);
    }
    if let Some(reader) = logging::Reader::for_class(class) {
        return match reader.read_payload(class, payload, 8) {
            Some(logging::Log::Message(log)) => log.arguments.pairs().count() < usize::MAX,
            found => found.is_some(),
        };
    }
    let reader = diagnostic_source::Reader::for_class(class).expect("of some convention");
    match reader.read_payload(class, payload, 8) {
        Some(diagnostic_source::Diagnostic::SpanStop(written)) => {
            written.span().tags().count() < usize::MAX
        }
        found => found.is_some(),
    }
}

fn lists(report: &metrics::Report<'_>) -> usize {
    match report.metric {
        metrics::Metric::Begin(instrument) => instrument.meter_tags().count(),
        metrics::Metric::Counter { series, .. } => series.tags().count(),
        metrics::Metric::Histogram { quantiles, .. } => quantiles.count(),
        _ => 0,
    }
}

/// A payload cut at each place, and with each byte altered: how often it was not read at all.
fn damage(class: &EventClass, payload: &[u8]) -> usize {
    assert!(read(class, payload), "{class:?}");
    let cut = (0..payload.len()).filter(|len| !read(class, &payload[..*len])).count();
    let mut altered = payload.to_vec();
    for at in 0..payload.len() {
        for bits in [0xff, 0x01, 0x80] {
            altered[at] ^= bits;
            read(class, &altered);
            altered[at] ^= bits;
        }
    }
    cut
}

#[test]
fn damaged_payloads_do_no_harm() {
    let (mut seen, mut refused) = (BTreeMap::new(), 0);
    let mut damage = |event: EventView<'_>| {
        let class = event.class().unwrap();
        let providers = [metrics::PROVIDER, logging::PROVIDER, diagnostic_source::PROVIDER];
        let is_one = providers.contains(&class.provider()) || class.name() == "EventCounters";
        let times = seen.entry((class.provider().to_owned(), class.event_id)).or_insert(0);
        if is_one && *times < 2 {
            *times += 1;
            refused += damage(class, event.payload());
        }
    };
    for fixture in ["counters", "metrics", "logs-filtered", "activities"] {
        read_fixture(fixture, &mut damage);
    }
    // What is not described is there if there is corpus.
    let _ = crate::read("undescribed payloads", "dotnet31/logs", &mut damage);
    assert!(refused > 1_000, "{refused} cuts leave nothing to read");
}
