//! Text for people: units, grouped digits, columns that hold what is usual.

use tracemill_testkit::{Event, Metadata, TraceHeader, v4};

use crate::run::{feed, fixture, tracemill};

#[test]
fn info_counts_with_words() {
    let out = tracemill(&["info", &fixture("activities.nettrace")]).ok();
    let json = tracemill(&["info", "--json", &fixture("activities.nettrace")]).json();
    let value = |name: &str| {
        let line = out.lines().find(|line| line.starts_with(name)).expect(name);
        line[name.len()..].trim()
    };
    let number = |key: &str| json[key].as_u64().unwrap();
    let plural = |number: u64, one: &str, many: &str| {
        if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
    };
    let providers = plural(number("providers"), "provider", "providers");
    assert_eq!(value("classes"), format!("{}, of {providers}", number("event_classes")));
    assert_eq!(value("threads"), format!("{}, of 1 process", number("threads")));
    assert!(number("stack_frames") > 1_000 && number("events_with_stack") > 100, "{json}");
    let digits = |text: &str| text.replace([','], "").replace(" events", "").replace(" frames", "");
    let stacks = format!("of {} {}", number("events_with_stack"), number("stack_frames"));
    assert_eq!(digits(value("stacks")), stacks);
    assert!(value("stacks").ends_with(" frames") && value("stacks").contains(" events, 4,025 "));
    assert!(value("clock").starts_with("1,000,000,000 ticks a second, "));
}

#[test]
fn stats_say_how_much_was_lost_and_group_digits() {
    let mut writer = v4::Writer::new(&TraceHeader::default());
    writer.metadata_block(&[Metadata::new(1, "P", 1)]);
    // A million events a second.
    let event = |number: u32| Event {
        sequence: if number < 50 { number } else { number + 9_900 },
        ticks: 1_000_000_000_000 + u64::from(number) * 1_000,
        ..Event::default()
    };
    writer.event_block(&(1..=100).map(event).collect::<Vec<_>>());
    let ran = feed(&["stats", "-"], &writer.finish()).ok();
    assert!(ran.contains("\nlost: 9,900 events, 99.0% of 10,000\n"), "{ran}");
    assert!(ran.contains(" 1,010,101.0 events/s\n"), "{ran}");
    let none = tracemill(&["stats", &fixture("http.nettrace")]).ok();
    assert!(none.contains("\nlost: 0 events\n"), "{none}");
}

#[test]
fn columns_are_where_they_are_whoever_wrote_the_event() {
    let columns = "provider,event,fields";
    let names = ["activities.nettrace", "http.nettrace", "logs-filtered.nettrace"].map(fixture);
    for name in &names {
        let out = tracemill(&["events", "-F", columns, name]).ok();
        for line in out.lines() {
            // A provider of the usual length, padded, and the event behind it.
            assert!(
                line.chars().nth(38) == Some(' ') && line.chars().nth(39) != Some(' '),
                "{line}"
            );
            assert_eq!(line, line.trim_end());
        }
    }
    let letters =
        Metadata { name: "B\u{f6}se\u{1f600}".into(), ..Metadata::new(1, "\u{e9}t\u{e9}", 1) };
    let mut writer = v4::Writer::new(&TraceHeader::default());
    writer.metadata_block(&[letters]);
    writer.event_block(&[Event::default()]);
    let out = feed(&["events", "-F", "provider,event,bytes", "-"], &writer.finish()).ok();
    assert_eq!(out, format!("{:<38} {:<36} {:>7}\n", "\u{e9}t\u{e9}", "B\u{f6}se\u{1f600}", 0));
}
