//! Every event of every capture.

use std::collections::BTreeSet;

use bytes::Bytes;
use tracemill_clr::{Clr, Described, View, event_pipe, provider, runtime};
use tracemill_clr::{runtime_rundown, sample_profiler, universal_events, universal_system};
use tracemill_engine::{Config, EventView, Parser};
use tracemill_nettrace::Nettrace;
use tracemill_test_support::corpus;

use crate::flat::{Flat, Row, flat, flatten};

/// What was found.
#[derive(Default)]
struct Seen {
    events: u64,
    values: u64,
    kinds: BTreeSet<(String, u32, u32)>,
    /// Events with numbers of a table, of another name or layout.
    others: BTreeSet<(String, String)>,
    /// Those that were found by their own types, below.
    units: BTreeSet<&'static str>,
}

#[test]
fn every_event_of_the_corpus_is_read_as_by_its_fields() {
    let name = "every_event_of_the_corpus_is_read_as_by_its_fields";
    let Some(folder) = corpus::shared(name) else { return };
    let mut seen = Seen::default();
    for (path, _) in corpus::eventpipe(&folder) {
        let capture = corpus::read(&path, None);
        walk(&capture.name, Bytes::from(capture.bytes), &mut seen);
    }
    // As much as the corpus had when this was written: if it shrinks, the test does too.
    assert!(seen.events >= 717_000, "{} events", seen.events);
    assert!(seen.values >= 3_360_000, "{} values", seen.values);
    assert!(seen.kinds.len() >= 145, "{} kinds", seen.kinds.len());
    assert_eq!(seen.units.len(), 7, "{:?}", seen.units);
    // `System.Runtime` numbers its counters as other events; .NET Core 2.0 has a `ContinuwWithTaskId`.
    let others: Vec<_> =
        seen.others.iter().map(|(provider, name)| (&**provider, &**name)).collect();
    let tasks = ("System.Threading.Tasks.TplEventSource", "AwaitTaskContinuationScheduled");
    assert_eq!(others, [("System.Runtime", "EventCounters"), tasks]);
}

fn walk(name: &str, bytes: Bytes, seen: &mut Seen) {
    let config = Config::default();
    let mut parser = Parser::new(Nettrace::new(&config).with_schemas(&Clr), &config);
    parser.push(bytes).expect("an empty parser takes it");
    parser.finish();
    // A stream that was cut is read up to there.
    while let Ok(Some(batch)) = parser.next_batch() {
        for event in &batch {
            check(name, event, seen);
        }
    }
}

fn check(name: &str, event: EventView<'_>, seen: &mut Seen) {
    let class = event.class().expect("every event of the corpus is described");
    let known = provider(class.provider());
    let is_extra =
        ["Microsoft-DotNETCore-EventPipe", "Universal.Events"].contains(&class.provider());
    if known.is_none() && !is_extra {
        return;
    }
    let key = (class.provider().to_owned(), class.event_id, class.version);
    let at = || format!("{name}: {key:?} {} {:?}", class.name(), event.payload());

    let mut found = Vec::new();
    let mut got = crate::of(event, &mut |name, value| found.push((name, flat(&value))));
    if let Some(known) = known
        && known.described == Described::Well
        && got.is_none()
    {
        seen.others.insert((known.name.to_owned(), class.name().to_owned()));
        return;
    }
    if let Some(schema) = got.map(|(schema, _)| schema) {
        assert_eq!(schema.id, class.event_id, "{}", at());
        assert!(schema.name == class.display_name(), "{}", at());
        assert!(u32::from(schema.version) <= class.version, "{}", at());
        if u32::from(schema.version) == class.version {
            seen.kinds.insert(key.clone());
        }
    }
    let sample = universal_events::Sample::of(event);
    let rest = if let Some(sample) = sample {
        assert!(got.take().is_none(), "{}", at());
        sample.for_each_field(&mut |name, value| found.push((name, flat(&value))));
        seen.kinds.insert((key.0.clone(), 0, 0));
        Some(sample.rest())
    } else {
        got.map(|(_, rest)| rest)
    };

    let mut wanted = Vec::new();
    let wanted_rest = match event.fields() {
        Some(values) => flatten(values, &mut wanted),
        None => Some(event.payload()),
    };
    assert_eq!(rest, wanted_rest, "{}", at());
    if rest.is_some() {
        assert!(is_same(&found, &wanted), "{}\n{found:?}\n{wanted:?}", at());
        seen.events += 1;
        seen.values += found.len() as u64;
    }
    by_its_type(event, seen);
}

/// Whether all values are the same. Streams say that enumerations have a sign.
fn is_same(found: &[Row<'_>], wanted: &[Row<'_>]) -> bool {
    found.len() == wanted.len()
        && found.iter().zip(wanted).all(|(found, wanted)| match (&found.1, &wanted.1) {
            (Flat::Number("unsigned", value), Flat::Number("signed", other)) => {
                found.0 == wanted.0 && value == other
            }
            _ => found == wanted,
        })
}

/// Some events by the types of their own.
fn by_its_type(event: EventView<'_>, seen: &mut Seen) {
    let name = event.class().map_or("", |class| class.display_name());
    if let Some(start) = runtime::GcStartV2::of(event) {
        assert_eq!(name, "GCStart");
        assert!(start.is_exact() && start.depth() <= 2 && start.fixed().count.get() > 0);
        assert!(start.reason_names().next().is_some() && start.type_names().count() == 1);
        seen.units.insert("start");
    }
    if let Some(stats) = runtime::GcHeapStatsV2::of(event) {
        assert_eq!(name, "GCHeapStats");
        assert_eq!(stats.fixed().generation_size0.get(), stats.generation_size0());
        seen.units.insert("stats");
    }
    if let Some(types) = runtime::BulkTypeV0::of(event) {
        assert_eq!(name, "BulkType");
        assert_eq!(types.values().count(), types.count() as usize);
        for one in types.values() {
            assert_eq!(one.type_parameters().len(), one.type_parameter_count() as usize);
        }
        seen.units.insert("types");
    }
    if let Some(method) = runtime_rundown::MethodDcEndVerboseV2::of(event) {
        assert_eq!(name, "MethodDCEndVerbose");
        assert!(!method.method_name().is_empty() && method.method_size() > 0);
        seen.units.insert("method");
    }
    if let Some(sample) = sample_profiler::ThreadSampleV0::of(event) {
        assert_eq!(name, "ThreadSample");
        assert!(["External", "Managed"].contains(&&*sample.type_names().to_string()));
        seen.units.insert("sample");
    }
    if let Some(mapping) = universal_system::ProcessMappingV0::of(event) {
        assert_eq!(name, "ProcessMapping");
        assert!(mapping.start_address() < mapping.end_address());
        seen.units.insert("mapping");
    }
    if let Some(info) = event_pipe::ProcessInfoV1::of(event) {
        assert_eq!(name, "ProcessInfo");
        assert!(
            ["Linux", "macOS", "Windows"].iter().any(|system| info.os_information() == *system)
        );
        seen.units.insert("process");
    }
}
