//! JSON lines, CSV and the library say the same of every fixture.

use tracemill::{Auto, Config, Guid, Parser, Value, Values, utf16};
use tracemill_test_support::corpus;

use super::value::{Json, Written};
use super::{grammar, readers};
use crate::run::feed;

#[test]
fn json_lines_csv_and_the_library_agree_on_every_fixture() {
    let mut values = 0;
    for capture in corpus::fixtures() {
        let print = |form: &str| {
            let columns = "ticks,id,bytes,fields";
            let args = ["events", "-q", "--order", "file", "-f", form, "-F", columns, "-"];
            feed(&args, &capture.bytes).out
        };
        let (json, csv) = (readers::serde(&print("jsonl")), readers::csv(&print("csv")));
        let mut events = json.iter().zip(csv.iter().skip(1));
        let mut count = 0;
        let config = Config::default();
        let mut parser = Parser::new(Auto::new(&config), &config);
        parser.push(capture.bytes.clone().into()).unwrap();
        parser.finish();
        while let Ok(Some(batch)) = parser.next_batch() {
            for event in &batch {
                let (json, csv) = events.next().expect("as many events as the library has");
                let Json::Object(line) = json else { panic!("{json:?}") };
                let key = |name: &str| &line.iter().find(|(key, _)| key == name).unwrap().1;
                let numbers = [
                    event.ticks(),
                    event.class().map_or(0, |class| class.event_id.into()),
                    event.payload().len() as u64,
                ];
                let shown = ["ticks", "id", "bytes"].map(key);
                assert!(
                    shown.iter().zip(numbers).all(|(a, b)| a.is(&Json::int(b.into()))),
                    "{line:?}"
                );
                assert!(
                    csv.iter().take(3).eq(&numbers.map(|number| number.to_string())),
                    "{csv:?}"
                );
                let fields = event.fields().map(whole);
                let expected = fields.as_ref().map_or(Json::Null, |fields| Json::object(fields));
                assert!(key("fields").is(&expected), "{line:?}\n{expected:?}");
                let fields = fields.unwrap_or_default();
                grammar::check(&csv[3], &fields).unwrap_or_else(|error| panic!("{error}"));
                (count, values) = (count + 1, values + fields.len());
            }
        }
        assert_eq!([json.len(), csv.len() - 1], [count; 2], "{}", capture.name);
    }
    assert!(values > 10_000, "only {values}");
}

/// The fields that are whole.
fn whole(values: Values<'_>) -> Vec<(String, Written)> {
    let fields = values.map_while(Result::ok).map(|(field, value)| {
        let number = match value {
            Value::Unsigned(number) => Some(number),
            Value::Signed(number) => Some(number.cast_unsigned()),
            _ => None,
        };
        let named = field
            .map
            .zip(number)
            .filter(|(map, number)| map.is_bits || map.name(*number).is_some());
        let written = match (named, written(value)) {
            (Some((map, number)), Written::Int(value)) => {
                Written::Named(value, map.names(number).to_string())
            }
            (_, written) => written,
        };
        (field.name.to_string(), written)
    });
    fields.collect()
}

fn written(value: Value<'_>) -> Written {
    let hex =
        |bytes: &[u8]| Written::Word(bytes.iter().map(|byte| format!("{byte:02x}")).collect());
    match value {
        Value::Bool(value) => Written::Bool(value),
        Value::Unsigned(value) => Written::Int(value.into()),
        Value::Signed(value) => Written::Int(value.into()),
        Value::Float32(value) => Written::F32(value),
        Value::Float64(value) => Written::F64(value),
        Value::Char(unit) => Written::Text(utf16(&unit.to_le_bytes()).collect()),
        Value::Utf16(bytes) => Written::Text(utf16(bytes).collect()),
        Value::Utf8(bytes) => Written::Text(String::from_utf8_lossy(bytes).into_owned()),
        Value::Guid(bytes) => Written::Word(Guid(bytes).to_string()),
        Value::Bytes(bytes) => hex(bytes),
        Value::Decimal(bytes) => hex(&bytes),
        Value::FileTime(ticks) => {
            let since = i128::from(ticks) * 100 - 11_644_473_600_000_000_000;
            let time = jiff::Timestamp::from_nanosecond(since).unwrap();
            Written::Word(format!("{time:.9}"))
        }
        Value::Array(elements) => Written::Array(elements.map(written).collect()),
        Value::Object(values) => Written::Object(whole(values)),
        other => panic!("{other:?}"),
    }
}
