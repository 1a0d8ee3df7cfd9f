//! Spans and events of listeners, as many as their programs counted.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tracemill::EventView;
use tracemill::conventions::diagnostic_source::{
    Diagnostic, PROVIDER, Pair, Reader, Span, SpanKind, Status,
};
use tracemill::conventions::{SpanId, TraceId};

use crate::{read, read_fixture};

#[derive(Debug, Default)]
struct Sums {
    open: BTreeMap<(TraceId, SpanId), u64>,
    spans: u64,
    failed: u64,
    children: u64,
    orders: BTreeSet<u32>,
    written: u64,
    starts: BTreeMap<&'static str, u64>,
    stops: BTreeMap<&'static str, u64>,
}

impl Sums {
    fn add(&mut self, event: EventView<'_>) {
        let class = event.class().unwrap();
        if class.provider() != PROVIDER {
            return;
        }
        let reader = Reader::for_class(class).expect("every event is known");
        match reader.read(event).expect("a diagnostic") {
            Diagnostic::SpanStart(written) => {
                assert_eq!(written.source, "TraceGen.Orders");
                let span = written.span();
                assert_eq!(span.duration, Some(Duration::ZERO));
                self.open.insert(ids(&span), event.ticks());
                check(&span, &written.name.to_string());
            }
            Diagnostic::SpanStop(written) => {
                let span = written.span();
                let start = self.open.remove(&ids(&span)).expect("it began");
                // The clock of events says about the same.
                let took = Duration::from_nanos(event.ticks() - start);
                assert!(span.duration.unwrap() > Duration::ZERO);
                assert!(took.abs_diff(span.duration.unwrap()) < Duration::from_millis(50));
                check(&span, &written.name.to_string());
                self.spans += 1;
                self.children += u64::from(span.parent_span_id.is_some());
                if span.status == Some(Status::Error) {
                    self.failed += 1;
                    assert_eq!(span.status_description, "no stock");
                }
                if written.name == "PlaceOrder" {
                    assert_eq!(span.tags().get("customer").unwrap(), "Zoë");
                    self.orders.insert(span.tags().get("order.id").unwrap().parse().unwrap());
                    assert_eq!(span.tags().count(), 2);
                } else {
                    assert_eq!(span.tags().get("db.statement").unwrap(), "select 1");
                }
            }
            Diagnostic::Event(written) => {
                self.written += 1;
                if written.source == "TraceGen.Db" {
                    let sql = written.arguments.get("Sql").unwrap().to_string();
                    assert!(sql.starts_with("select "), "{sql}");
                    assert_eq!(written.arguments.count(), 3);
                } else {
                    assert_eq!(written.name, "Demo.Db.Row");
                    assert_eq!(written.arguments.get("Name").unwrap(), "row");
                }
            }
            Diagnostic::Start(pair, written) => {
                let (key, value) = match pair {
                    Pair::First => ("Path", "/orders/"),
                    _ => ("Sql", "select * from orders"),
                };
                let found = written.arguments.get(key).unwrap().to_string();
                assert!(found.starts_with(value), "{found}");
                *self.starts.entry(key).or_default() += 1;
            }
            Diagnostic::Stop(pair, written) => {
                let (key, value) = match pair {
                    Pair::First => ("Status", "200"),
                    _ => ("Rows", "3"),
                };
                assert_eq!(written.arguments.get(key).unwrap(), value);
                *self.stops.entry(key).or_default() += 1;
            }
            Diagnostic::Version(version) => assert_eq!(version[0], 10),
            Diagnostic::Message(text) | Diagnostic::NewListener(text) => {
                assert!(!text.is_empty());
            }
            other => panic!("{other:?}"),
        }
    }
}

fn ids(span: &Span<'_>) -> (TraceId, SpanId) {
    (span.trace_id.unwrap(), span.span_id.unwrap())
}

/// What holds for each span, at its start and at its stop.
fn check(span: &Span<'_>, name: &str) {
    let (trace, id) = ids(span);
    assert_eq!(span.id, format!("00-{trace}-{id}-01").as_str());
    assert_eq!(span.operation, name);
    let is_order = name == "PlaceOrder";
    assert_eq!(span.kind, Some(if is_order { SpanKind::Server } else { SpanKind::Client }));
    assert_eq!(span.parent_span_id.is_none(), is_order);
    assert_eq!((span.is_recorded, span.has_remote_parent), (Some(true), Some(false)));
}

#[test]
fn spans_are_as_many_as_the_program_made() {
    let mut sums = Sums::default();
    let Some(app) = read("activities", "dotnet10/activities", |event| sums.add(event)) else {
        return;
    };
    sums.check(
        &[&app["spans"], &app["failed"], &app["diagnostic_writes"]].map(|n| n.as_u64().unwrap()),
    );
}

#[test]
fn spans_of_a_fixture() {
    let mut sums = Sums::default();
    read_fixture("activities", |event| sums.add(event));
    sums.check(&[120, 7, 60]);
}

impl Sums {
    fn check(&self, expected: &[u64; 3]) {
        assert_eq!(&[self.spans, self.failed, self.written], expected);
        assert!(self.open.is_empty(), "every span ended");
        assert_eq!(self.children * 2, self.spans);
        assert_eq!(self.orders, (0..60).collect());
    }
}

#[test]
fn net_core_3_1_does_not_describe_its_arguments_and_is_read_all_the_same() {
    let mut sums = Sums::default();
    let Some(app) = read("logs", "dotnet31/logs", |event| sums.add(event)) else { return };
    let activities = app["emitted"]["activities"].as_u64().unwrap();
    assert_eq!(sums.starts, BTreeMap::from([("Path", activities / 2), ("Sql", activities / 2)]));
    assert_eq!(sums.stops, BTreeMap::from([("Status", activities / 2), ("Rows", activities / 2)]));
    assert_eq!(sums.written, activities / 2);
}
