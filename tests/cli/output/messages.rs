//! Messages of events, and names that are not text.

use tracemill_testkit::{Event, Field, Metadata, Put, Thread, TraceHeader, Type, v4, v6};

use super::readers;
use super::value::Json;
use crate::run::feed;

#[test]
fn a_message_is_itself_in_json_and_csv_and_on_one_line_in_text() {
    let class = Metadata {
        name: "Said".into(),
        template: Some("T\u{1b} {a}|{b}|{c}|{nope}|{".into()),
        fields: vec![
            Field::new("a", Type::Utf16Z),
            Field::new("b", Type::Int32),
            Field::new("c", Type::Utf16CodeUnit),
        ],
        ..Metadata::new(1, "P", 1)
    };
    let mut payload = Vec::new();
    payload.put_utf16z("x\n\"y\u{202e}");
    payload.extend([5, 0, 0, 0, b'z', 0]);
    let mut writer = v6::Writer::new(&TraceHeader::default());
    writer.thread_block(&[Thread { index: 1, ..Thread::default() }]);
    writer.metadata_block(&[class]);
    writer.event_block(&[Event { payload, ..Event::default() }]);
    let bytes = writer.finish();
    let print = |form: &str| feed(&["events", "-f", form, "-F", "message", "-"], &bytes).ok();
    let message = "T\u{1b} x\n\"y\u{202e}|5|z|{nope}|{";
    let Json::Object(line) = &readers::serde(&print("jsonl"))[0] else { panic!() };
    assert!(line[1].1.is(&Json::Text(message.into())), "{line:?}");
    assert_eq!(readers::csv(&print("csv"))[1], [message]);
    assert_eq!(print("text"), "T\\u{1b} x\\n\"y\\u{202e}|5|z|{nope}|{\n");
}

#[test]
fn names_that_are_not_text_are_text_in_every_form() {
    let class = |id| Metadata {
        name: "NAME".into(),
        fields: vec![Field::new("FIELD", Type::Byte)],
        ..Metadata::new(id, "PROVIDER", 1)
    };
    let events = [Event { payload: vec![1], ..Event::default() }];
    let mut old = v4::Writer::new(&TraceHeader::default());
    old.metadata_block(&[class(1)]);
    old.event_block(&events);
    let mut new = v6::Writer::new(&TraceHeader::default());
    new.thread_block(&[Thread { index: 1, ..Thread::default() }]);
    new.metadata_block(&[class(1)]);
    new.event_block(&events);
    // The first letter becomes half of a surrogate pair, or a byte that no UTF-8 has.
    let marks = [b'N', b'F', b'P'].into_iter().zip([b'A', b'I', b'R']);
    let spoil = |bytes: Vec<u8>, width: usize| {
        let mut spoiled = bytes.clone();
        for (at, pair) in bytes.windows(width + 1).enumerate() {
            if marks.clone().any(|(first, second)| pair[0] == first && pair[width] == second) {
                spoiled[at..at + width].copy_from_slice(&[0xff, 0xdc][..width]);
            }
        }
        spoiled
    };
    for bytes in [spoil(old.finish(), 2), spoil(new.finish(), 1)] {
        for form in ["text", "jsonl", "csv"] {
            let out =
                feed(&["events", "-f", form, "-F", "provider,event,fields", "-"], &bytes).ok();
            for name in ["\u{fffd}ROVIDER", "\u{fffd}AME", "\u{fffd}IELD"] {
                assert!(out.contains(name), "{form}: {out}");
            }
        }
    }
}
