//! Reading counters, metrics, logs and spans allocates nothing.

use std::path::Path;

use bytes::Bytes;
use tracemill::conventions::{counters, diagnostic_source, logging, metrics};
use tracemill::{Auto, Config, EventView, Parser};

use crate::counting;

/// Allocations while the events of the fixtures are read; not those of the parser.
pub fn check() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut parts = 0;
    for name in ["counters", "metrics", "logs-filtered", "activities"] {
        let bytes = std::fs::read(folder.join(name).with_extension("nettrace")).unwrap();
        let config = Config::default();
        let mut parser = Parser::new(Auto::new(&config), &config);
        parser.push(Bytes::from(bytes)).unwrap();
        parser.finish();
        while let Some(batch) = parser.next_batch().unwrap() {
            let start = counting::allocations();
            parts += batch.iter().filter_map(read).sum::<usize>();
            assert_eq!(counting::allocations(), start, "{name}");
        }
    }
    assert!(parts > 1_000, "only {parts} keys and values");
}

/// Reads an event of whatever convention; how many keys and values it has.
fn read(event: EventView<'_>) -> Option<usize> {
    let class = event.class()?;
    if let Some(reader) = counters::Reader::for_class(class) {
        return Some(reader.read(event)?.metadata().count());
    }
    if let Some(reader) = metrics::Reader::for_class(class) {
        return Some(match reader.read(event)?.metric {
            metrics::Metric::Counter { series, .. } => series.tags().count(),
            metrics::Metric::Histogram { quantiles, .. } => quantiles.count(),
            _ => 0,
        });
    }
    if let Some(reader) = logging::Reader::for_class(class) {
        return Some(match reader.read(event)? {
            logging::Log::Message(log) => log.text.chars().count(),
            logging::Log::ScopeStart(scope) => scope.arguments.pairs().count(),
            logging::Log::ScopeStop(_) => 0,
        });
    }
    match diagnostic_source::Reader::for_class(class)?.read(event)? {
        diagnostic_source::Diagnostic::SpanStop(written) => Some(written.span().tags().count()),
        diagnostic_source::Diagnostic::Event(written) => Some(written.arguments.count()),
        _ => None,
    }
}
