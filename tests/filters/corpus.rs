//! On real traces: what is taken is what the fields say that have been read one by one.

use bytes::Bytes;
use tracemill::{Auto, Config, EventView, Filter, FilterSpec, Parser, Value, utf16};
use tracemill_test_support::corpus;

type Reading = fn(EventView<'_>) -> bool;

/// The value of a field by its exact name, among the payload's own.
fn value<'a>(event: EventView<'a>, name: &str) -> Option<Value<'a>> {
    event.fields()?.flatten().find(|(field, _)| field.name == name).map(|(_, value)| value)
}

fn number(event: EventView<'_>, name: &str) -> Option<u64> {
    value(event, name)?.as_u64()
}

fn text(event: EventView<'_>, name: &str) -> Option<String> {
    match value(event, name)? {
        Value::Utf16(bytes) => Some(utf16(bytes).collect()),
        Value::Utf8(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        _ => None,
    }
}

/// Conditions and the same read by hand.
const READINGS: &[(&str, Reading)] = &[
    ("MethodSize >= 100 && MethodSize < 1000", |event| {
        number(event, "MethodSize").is_some_and(|size| (100..1_000).contains(&size))
    }),
    ("MethodNamespace startswith 'System.' && !(MethodName == '.ctor')", |event| {
        text(event, "MethodNamespace").is_some_and(|text| text.starts_with("System."))
            && text(event, "MethodName").is_none_or(|text| text != ".ctor")
    }),
    ("MethodSignature contains 'int32' || MethodSignature matches 'class *(*)'", |event| {
        text(event, "MethodSignature").is_some_and(|text| {
            text.contains("int32")
                || text
                    .strip_prefix("class ")
                    .and_then(|text| text.strip_suffix(')'))
                    .is_some_and(|text| text.contains('('))
        })
    }),
    ("ModuleID & 0x1000 && ClrInstanceID != 0", |event| {
        number(event, "ModuleID").is_some_and(|bits| bits & 0x1000 != 0)
            && number(event, "ClrInstanceID").is_some_and(|id| id != 0)
    }),
    ("@level <= 3 || @event endswith 'Stop'", |event| {
        event
            .class()
            .is_some_and(|class| class.level <= 3 || class.display_name().ends_with("Stop"))
    }),
];

fn check(name: &str, bytes: Vec<u8>) -> u64 {
    let mut filters: Vec<Filter> = READINGS
        .iter()
        .map(|(condition, _)| {
            let mut spec = FilterSpec::default();
            spec.conditions = vec![(*condition).to_owned()];
            Filter::new(&spec).unwrap()
        })
        .collect();
    let config = Config::default();
    let mut parser = Parser::new(Auto::new(&config), &config);
    parser.push(Bytes::from(bytes)).unwrap();
    parser.finish();
    let mut taken = 0;
    while let Ok(Some(batch)) = parser.next_batch() {
        // Of a large trace, some.
        for event in batch.iter().take(40) {
            // Labels may say otherwise than the class, which is not what is looked at here.
            if event.state().trace.version.0 >= 6 {
                continue;
            }
            for ((condition, reading), filter) in READINGS.iter().zip(&mut filters) {
                let takes = filter.takes(event);
                assert_eq!(takes, reading(event), "{name}: {condition}: {event:?}");
                taken += u64::from(takes);
            }
        }
    }
    taken
}

#[test]
fn fixtures_are_filtered_as_read() {
    let taken: u64 =
        corpus::fixtures().into_iter().map(|capture| check(&capture.name, capture.bytes)).sum();
    assert!(taken > 500, "{taken}");
}

#[test]
fn the_corpus_is_filtered_as_read() {
    let Some(folder) = corpus::shared("the_corpus_is_filtered_as_read") else { return };
    let mut taken = 0;
    for (path, _) in corpus::eventpipe(&folder) {
        let capture = corpus::read(&path, None);
        taken += check(&capture.name, capture.bytes);
    }
    assert!(taken > 100_000, "{taken}");
}
