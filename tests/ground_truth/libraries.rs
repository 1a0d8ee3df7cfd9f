//! What libraries say of a program: requests, messages, counters, metrics, activities.

use std::collections::BTreeMap;

use tracemill::Value;
use tracemill_test_support::row::Row;

use super::Topic;
use super::capture::{End, Facts, Seen};

/// Events by provider and name, and by a number or text in them.
#[derive(Default)]
pub struct Libraries {
    names: BTreeMap<(String, String), u64>,
    statuses: BTreeMap<u64, u64>,
    levels: BTreeMap<(String, u64), u64>,
    exceptions: u64,
    /// Values of event counters that were written one by one, and increments.
    counted: [u64; 2],
    /// The last value of each series.
    series: BTreeMap<(String, String), String>,
    recorded: u64,
    commands: u64,
    steps: Vec<u64>,
}

const HTTP: &str = "System.Net.Http";
const LOGGING: &str = "Microsoft-Extensions-Logging";
const METRICS: &str = "System.Diagnostics.Metrics";
const DIAGNOSTICS: &str = "Microsoft-Diagnostics-DiagnosticSource";

impl Topic for Libraries {
    fn add(&mut self, event: &Seen<'_>) {
        let (row, name) = (&event.row, event.name.to_owned());
        *self.names.entry((event.provider.to_owned(), name.clone())).or_default() += 1;
        match (event.provider, event.name) {
            (HTTP, "RequestStop") => {
                *self.statuses.entry(row.number("statusCode")).or_default() += 1;
            }
            (LOGGING, "Message" | "MessageJson" | "FormattedMessage") => {
                *self.levels.entry((name, row.number("Level"))).or_default() += 1;
                let thrown = !row.object("Exception").text("TypeName").is_empty();
                self.exceptions += u64::from(thrown);
            }
            ("Demo-Counters", "EventCounters") => {
                let payload = row.object("").object("Payload");
                match &*payload.text("Name") {
                    "request-latency" => self.counted[0] += payload.number("Count"),
                    "requests" => self.counted[1] += increment(&payload),
                    _ => {}
                }
            }
            (METRICS, "HistogramValuePublished") => self.recorded += row.number("count"),
            (METRICS, "CounterRateValuePublished" | "UpDownCounterRateValuePublished") => {
                let key = (row.text("instrumentName"), row.text("tags"));
                self.series.insert(key, row.text("value"));
            }
            (DIAGNOSTICS, "Event") => {
                self.commands += u64::from(row.text("EventName") == "Command");
            }
            ("TraceGen-Churn", "Step") => self.steps.push(row.number("n")),
            _ => {}
        }
    }

    fn check(&self, facts: &Facts, end: &End) -> Option<&'static str> {
        self.http(facts)
            .or_else(|| self.logs(facts))
            .or_else(|| self.old_logs(facts))
            .or_else(|| self.counters(facts))
            .or_else(|| self.metrics(facts))
            .or_else(|| self.activities(facts))
            .or_else(|| self.crash(facts, end))
            .or_else(|| self.quiet(facts))
    }
}

impl Libraries {
    fn count(&self, provider: &str, name: &str) -> u64 {
        self.names.get(&(provider.to_owned(), name.to_owned())).copied().unwrap_or(0)
    }

    fn http(&self, facts: &Facts) -> Option<&'static str> {
        let requests = facts.number("requests")?;
        for name in ["RequestStart", "RequestStop", "ResponseHeadersStart", "ResponseHeadersStop"] {
            facts.same(name, self.count(HTTP, name), requests);
        }
        let statuses = [(200, facts.number("ok")?), (404, facts.number("not_found")?)];
        facts.same("statuses", &self.statuses, &BTreeMap::from(statuses));
        Some("requests")
    }

    /// Messages below the level of the session do not come, nor their exceptions.
    fn logs(&self, facts: &Facts) -> Option<&'static str> {
        let (messages, per_level) = (facts.number("messages")?, facts.numbers("per_level")?);
        if !facts.asked_for(LOGGING, 2) {
            // "Shop.*:Warning": of the levels that pass, the third logger has the last.
            let found: Vec<_> = (0..6).map(|level| self.level("FormattedMessage", level)).collect();
            facts.same("filtered", found, vec![0, 0, 0, per_level[3], per_level[4], 0]);
            facts.same("all of a level", per_level[3] * 6, messages);
            // And of every three scopes.
            let scopes = facts.number("scopes")?;
            facts.same("scopes", self.count(LOGGING, "ActivityStart"), scopes / 3 * 2);
            return Some("messages, filtered");
        }
        for name in ["Message", "MessageJson", "FormattedMessage"] {
            let found = (1..6).map(|level| self.level(name, level)).collect::<Vec<_>>();
            facts.same(name, found, per_level[1..].to_vec());
            facts.same(name, self.level(name, 0), 0);
        }
        let scopes = facts.number("scopes")?;
        for name in ["ActivityJsonStart", "ActivityJsonStop"] {
            facts.same(name, self.count(LOGGING, name), scopes);
        }
        // Every seventh message has an exception, every sixth is of the level that is off.
        let thrown = (0..messages).filter(|number| number % 7 == 0 && number % 6 != 0).count();
        facts.same("exceptions", self.exceptions, thrown as u64);
        Some("messages")
    }

    fn level(&self, name: &str, level: u64) -> u64 {
        self.levels.get(&(name.to_owned(), level)).copied().unwrap_or(0)
    }

    fn old_logs(&self, facts: &Facts) -> Option<&'static str> {
        let emitted = facts.program["emitted"][LOGGING].as_object()?;
        let names = [
            "FormattedMessage",
            "Message",
            "ActivityStart",
            "ActivityStop",
            "MessageJson",
            "ActivityJsonStart",
            "ActivityJsonStop",
        ];
        for (id, name) in (1..).zip(names) {
            facts.same(name, Some(self.count(LOGGING, name)), emitted[&format!("{id}")].as_u64());
        }
        let activities = facts.program["emitted"]["activities"].as_u64();
        for end in ["Start", "Stop"] {
            let of = |kind| self.count(DIAGNOSTICS, &format!("{kind}{end}"));
            facts.same(end, Some(of("Activity1") + of("Activity2")), activities);
        }
        Some("messages of 3.1")
    }

    /// What is written in the last interval is not published.
    fn counters(&self, facts: &Facts) -> Option<&'static str> {
        let written = facts.number("metrics_written")?;
        let [values, increments] = self.counted;
        for found in [values, increments] {
            // Three seconds of four, or eleven of twelve.
            assert!(found <= written && found > written * 7 / 10, "{}: {found}", facts.name);
        }
        // A turn writes the value first, and the session begins in the midst of turns.
        assert!(increments <= values, "{}: {increments} of {values}", facts.name);
        Some("counters")
    }

    fn metrics(&self, facts: &Facts) -> Option<&'static str> {
        let orders = facts.number("orders")?;
        let series: Vec<_> = self.series.iter().filter(|((name, _), _)| name == "orders").collect();
        if self.count(METRICS, "TimeSeriesLimitReached") > 0 {
            // Three series in all: one of these remains.
            facts.same("series", series.len(), 1);
            return Some("metrics, limited");
        }
        facts.same("series", Some(series.len() as u64), facts.number("series"));
        let total: u64 = series.iter().map(|(_, value)| value.parse::<u64>().unwrap()).sum();
        facts.same("orders", total, orders);
        facts.same("recorded", self.recorded, orders);
        let carts = self
            .series
            .get(&("carts.open".into(), String::new()))
            .map(|value| value.parse::<u64>().unwrap());
        facts.same("carts", carts, facts.number("carts_open"));
        Some("metrics")
    }

    fn activities(&self, facts: &Facts) -> Option<&'static str> {
        let spans = facts.number("spans")?;
        for name in ["ActivityStart", "ActivityStop"] {
            facts.same(name, self.count(DIAGNOSTICS, name), spans);
        }
        facts.same("commands", Some(self.commands), facts.number("diagnostic_writes"));
        Some("activities")
    }

    /// All steps before the crash, in order.
    fn crash(&self, facts: &Facts, end: &End) -> Option<&'static str> {
        let steps = facts.number("steps")?;
        if !facts.asked_for("TraceGen-Churn", u64::MAX) {
            return None;
        }
        facts.same("steps", &self.steps, &(1..=steps).collect());
        facts.same("lost", end.stats.lost, 0);
        Some(if end.complete { "steps" } else { "steps, and no end" })
    }

    fn quiet(&self, facts: &Facts) -> Option<&'static str> {
        let beats = facts.number("while_enabled")?;
        facts.same("beats", self.count("Demo-Quiet", "Heartbeat"), beats);
        Some("beats")
    }
}

/// A whole number in a field of type double.
fn increment(payload: &Row<'_>) -> u64 {
    match payload.get("Increment") {
        Some(Value::Float64(value)) => value.to_string().parse().expect("a whole number"),
        _ => panic!("no increment"),
    }
}
