//! What `events` prints, read by other people's parsers and compared value by value.
#![allow(clippy::format_collect, clippy::format_push_string, reason = "short text in a test")]

use super::run::{feed, tracemill};
use nasty::{Dialect, Expected};
use value::Json;

#[path = "output/cases.rs"]
mod cases;
#[path = "output/fixtures.rs"]
mod fixtures;
#[path = "output/grammar.rs"]
mod grammar;
#[path = "output/messages.rs"]
mod messages;
#[path = "output/nasty.rs"]
mod nasty;
#[path = "output/people.rs"]
mod people;
#[path = "output/readers.rs"]
mod readers;
#[path = "output/schema.rs"]
mod schema;
#[path = "output/value.rs"]
mod value;

const DIALECTS: [Dialect; 3] = [Dialect::V4, Dialect::V5, Dialect::V6];
const COLUMNS: &str = "provider,event,id,thread,bytes,payload,fields";

#[test]
fn json_lines_say_what_was_written_whoever_reads_them() {
    const TEST: &str = "json_lines_say_what_was_written_whoever_reads_them";
    for dialect in DIALECTS {
        let (bytes, expected) = nasty::stream(dialect);
        let out = feed(&["events", "-f", "jsonl", "-F", COLUMNS, "-"], &bytes).ok();
        let expected: Vec<Json> = expected.iter().map(json).collect();
        let canonical: String = expected
            .iter()
            .map(|json| {
                let mut line = String::new();
                json.canonical(&mut line);
                line + "\n"
            })
            .collect();
        same(&format!("serde_json, {dialect:?}"), &readers::serde(&out), &expected);
        if let Some(read) = readers::jq(TEST, &out) {
            same(&format!("jq, {dialect:?}"), &read, &expected);
        }
        for (reader, read) in
            [("python", readers::python_json(TEST, &out)), ("node", readers::node_json(TEST, &out))]
        {
            for (a, b) in read.iter().flat_map(|read| read.lines().zip(canonical.lines())) {
                assert_eq!(a, b, "{reader}, {dialect:?}");
            }
            let lines = read.map_or(expected.len(), |read| read.lines().count());
            assert_eq!(lines, expected.len(), "{reader}, {dialect:?}");
        }
    }
}

#[test]
fn csv_says_what_was_written_whoever_reads_it() {
    const TEST: &str = "csv_says_what_was_written_whoever_reads_it";
    for dialect in DIALECTS {
        let (bytes, expected) = nasty::stream(dialect);
        let out = feed(&["events", "-f", "csv", "-F", COLUMNS, "-"], &bytes).ok();
        let rows = readers::csv(&out);
        assert_eq!(rows[0].join(","), COLUMNS);
        assert_eq!(rows.len(), 1 + expected.len());
        for (row, expected) in rows[1..].iter().zip(&expected) {
            let payload: String = expected.payload.iter().map(|b| format!("{b:02x}")).collect();
            let (id, bytes) = (expected.id.to_string(), expected.payload.len().to_string());
            let columns = [&expected.provider, &event(expected), &id, &expected.thread, &bytes];
            assert!(row[..5].iter().eq(columns), "{row:?} {expected:?}");
            assert_eq!(row[5], payload);
            fields(&row[6], expected);
        }
        if let Some(read) = readers::python_csv(TEST, &out) {
            assert_eq!(read, rows, "{dialect:?}");
        }
    }
}

#[test]
fn text_is_one_line_an_event_that_does_nothing_to_a_terminal() {
    for dialect in DIALECTS {
        let (bytes, expected) = nasty::stream(dialect);
        let lines = |columns: &str| {
            let out = feed(&["events", "-F", columns, "-"], &bytes).ok();
            let acts = |char: &char| char.is_control() || "\u{2028}\u{2029}\u{61c}".contains(*char);
            let turns = |char: &char| matches!(char, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            let bad = out.chars().find(|char| *char != '\n' && (acts(char) || turns(char)));
            assert_eq!(bad, None, "{dialect:?}");
            assert!(out.ends_with('\n'));
            out.lines().map(str::to_owned).collect::<Vec<_>>()
        };
        for (line, expected) in lines("fields").iter().zip(&expected) {
            fields(line, expected);
        }
        for columns in ["fields", "provider,event,thread,message,fields", "event"] {
            assert_eq!(lines(columns).len(), expected.len(), "{columns}");
        }
    }
}

#[test]
fn an_object_has_each_key_once_and_a_table_its_header() {
    let (bytes, expected) = nasty::stream(Dialect::V4);
    let out = feed(&["events", "-f", "jsonl", "-F", "id,fields,id,fields", "-"], &bytes).ok();
    let Json::Object(first) = &readers::serde(&out)[0] else { panic!("{out}") };
    let keys: Vec<&str> = first.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["schema_version", "id", "fields"]);
    let out =
        feed(&["events", "-q", "-f", "csv", "-F", "id,event", "--pid", "1", "-"], &bytes).ok();
    assert_eq!(out, "id,event\n", "no event, and yet a table");
    assert_eq!(tracemill(&["events", "-f", "csv", "/no/such/file"]).out, "");
    assert!(expected.len() > 60);
}

/// The line that the schema makes of an event.
fn json(expected: &Expected) -> Json {
    let text = |text: &str| Json::Text(text.to_owned());
    let payload: String = expected.payload.iter().map(|byte| format!("{byte:02x}")).collect();
    let count = |bytes: usize| Json::Int(bytes as i128);
    let mut line = vec![
        ("schema_version", Json::Int(1)),
        ("provider", text(&expected.provider)),
        ("event", text(&event(expected))),
        ("id", Json::Int(expected.id.into())),
        ("thread", if expected.thread.is_empty() { Json::Null } else { text(&expected.thread) }),
        ("bytes", count(expected.payload.len())),
        ("payload", text(&payload)),
        ("fields", expected.fields.as_ref().map_or(Json::Null, |fields| Json::object(fields))),
    ];
    if expected.undescribed > 0 {
        line.push(("undescribed_bytes", count(expected.undescribed)));
    }
    if let Some(at) = expected.ill_formed_at {
        line.push(("ill_formed_at", count(at)));
    }
    if expected.lossy {
        line.push(("lossy", Json::Bool(true)));
    }
    Json::Object(line.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// Checks the column `fields` and the note in it.
fn fields(line: &str, expected: &Expected) {
    let none = Vec::new();
    let fields = expected.fields.as_ref().unwrap_or(&none);
    let note = grammar::check(line, fields).unwrap_or_else(|error| panic!("{error}"));
    let left = expected.payload.len() - expected.ill_formed_at.unwrap_or(0);
    let next = || format!("f{}", fields.len());
    let wanted = match expected {
        Expected { fields: None, undescribed: 0, .. } => String::new(),
        Expected { fields: None, .. } => format!("({left} bytes, not described)"),
        Expected { ill_formed_at: Some(_), .. } if left == 0 => {
            format!("(the payload ends before {})", next())
        }
        Expected { ill_formed_at: Some(_), .. } if left == 7 => {
            "(\"odd name\" does not fit in the 7 bytes that are left)".to_owned()
        }
        Expected { ill_formed_at: Some(_), .. } => {
            format!("({} does not fit in the {left} bytes that are left)", next())
        }
        Expected { undescribed: 0, .. } => String::new(),
        Expected { undescribed, .. } => format!("(+{undescribed} bytes not described)"),
    };
    assert_eq!(note, wanted, "{line}");
}

/// The name of an event, or its number.
fn event(expected: &Expected) -> String {
    match expected.name.as_str() {
        "" => format!("#{}", expected.id),
        name => name.to_owned(),
    }
}

fn same(what: &str, read: &[Json], expected: &[Json]) {
    assert_eq!(read.len(), expected.len(), "{what}");
    for (read, expected) in read.iter().zip(expected) {
        assert!(read.is(expected), "{what}\n{read:?}\n{expected:?}");
    }
}
