//! Descriptions that Windows wrote, and what another reader makes of the payloads.

use tracemill::conventions::trace_logging::parse;
use tracemill::{Value, Values, utf16};
use tracemill_test_support::corpus;

use crate::etl;

#[test]
fn described_events_are_read_to_their_last_byte() {
    let Some(corpus) = corpus::shared("trace_logging") else { return };
    let mut found = Vec::new();
    for record in etl::records(&corpus.join("etl/primitive-types.etl")) {
        let schema = parse(&record.schema.unwrap()).expect("well-formed");
        assert_eq!(schema.name, "PrimitiveTypesTest");
        let mut values = Values::new(&schema.layout, &record.payload, record.pointer_size);
        let shown: Vec<_> = values
            .by_ref()
            .map(|field| {
                let (field, value) = field.unwrap();
                (field.name.to_string(), show(value))
            })
            .collect();
        assert_eq!(values.rest(), b"");
        found.push(shown);
    }
    let baseline =
        std::fs::read_to_string(corpus.join("etl/primitive-types.baseline.txt")).unwrap();
    let lines: Vec<_> =
        baseline.lines().filter(|line| line.contains("PrimitiveTypesTest PID")).collect();
    assert_eq!((found.len(), lines.len()), (5, 5));
    for (fields, line) in found.iter().zip(lines) {
        assert_eq!(fields.len(), 12);
        for (name, value) in fields {
            // Times are written in a zone of theirs.
            if !name.ends_with("time_type") {
                let expected = line.split_once(&format!(" {name}=")).unwrap().1;
                let expected = expected.split_once("; ").unwrap().0.trim_end_matches("...");
                // The program declared its signed number without sign.
                let signed = value.parse().map(u64::cast_signed).map(|value| value.to_string());
                let is_same = value.starts_with(expected) || signed.as_deref() == Ok(expected);
                assert!(is_same, "{name}: {value} for {expected}");
            }
        }
    }
}

#[test]
fn every_description_of_the_corpus_takes_its_whole_payload() {
    let Some(corpus) = corpus::shared("trace_logging") else { return };
    let mut found = 0;
    for entry in std::fs::read_dir(corpus.join("etl")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "etl") {
            continue;
        }
        for record in etl::records(&path) {
            let Some(schema) = record.schema else { continue };
            let schema = parse(&schema).expect("well-formed");
            let mut values = Values::new(&schema.layout, &record.payload, record.pointer_size);
            let is_whole = values.by_ref().all(|field| field.is_ok());
            assert!(is_whole && values.rest().is_empty(), "{}: {schema:?}", path.display());
            found += 1;
        }
    }
    assert!(found >= 53, "only {found}");
}

fn show(value: Value<'_>) -> String {
    match value {
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Char(unit) => unit.to_string(),
        Value::Unsigned(value) => value.to_string(),
        Value::Signed(value) => value.to_string(),
        Value::Utf16(bytes) => utf16(bytes).collect(),
        Value::Utf8(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::Guid(bytes) => tracemill::Guid(bytes).to_string(),
        Value::FileTime(_) | Value::Object(_) => String::new(),
        other => format!("{other:?}"),
    }
}
