//! Kinds of fields that the runtime's events do not have, and what users see of views.

use tracemill_engine::{Count, Field, Layout, Map, Type, Value, Values};
use zerocopy::little_endian::{F32, I16, U16, U32};

use super::{Bool32, FileTime, GuidBytes, Utf8, Utf16, View, element, view};
use crate::schema::field;

static COLOURS: Map = Map { is_bits: true, names: &[(1, "Red"), (4, "Blue")] };

element! {
    /// A point.
    Point {
        x: I16 "X";
        colour: u8 "Colour" [colour_names COLOURS];
    }
}

view! {
    /// A label.
    Label [1; 0, 1]
    {
        text: Utf8 "Text" (0 0 0);
        owner: Pointer "Owner" (1 0 0);
    }
}

view! {
    /// Something of everything.
    Mixed [4; 4, 0]
    MixedFixed {
        is_on: Bool32 "IsOn";
        time: FileTime "Time";
        id: GuidBytes "Id";
        pair: [U16; 2] "Pair";
        scale: F32 "Scale";
        count: u8 "Count";
    }
    {
        first: Pointer "First" (0 37 0);
        pointers: Pointers(count) "Pointers" (0 37 1);
        points: Elements(Point, count) "Points" (1 0 0);
        labels: Structs(Label, count) "Labels" (2 0 0);
        name: Utf16 "Name" (3 0 0);
        last: U32 "Last" (4 0 0);
    }
}

static FIELDS: [Field; 16] = [
    field("IsOn", 0),
    field("Time", 1),
    field("Id", 2),
    field("Pair", 3),
    field("Scale", 5),
    field("Count", 6),
    field("First", 7),
    field("Pointers", 8),
    field("Points", 9),
    field("Labels", 10),
    field("Name", 13),
    field("Last", 14),
    field("X", 15),
    field("Colour", 6),
    field("Text", 16),
    field("Owner", 7),
];

static TYPES: [Type; 17] = [
    Type::Bool32,
    Type::FileTime,
    Type::Guid,
    Type::Array { element: 4, count: Count::Fixed(2) },
    Type::UInt16,
    Type::Float32,
    Type::UInt8,
    Type::Pointer,
    Type::Array { element: 7, count: Count::Field(5) },
    Type::Array { element: 11, count: Count::Field(5) },
    Type::Array { element: 12, count: Count::Field(5) },
    Type::Object { first: 12, count: 2 },
    Type::Object { first: 14, count: 2 },
    Type::Utf16Z,
    Type::UInt32,
    Type::Int16,
    Type::AnsiZ,
];

static LAYOUT: Layout = Layout::of(&FIELDS, &TYPES, 12);

/// A payload with two elements of each, with pointers of 4 bytes.
fn payload() -> Vec<u8> {
    let mut payload = vec![1, 0, 0, 0];
    payload.extend(7_u64.to_le_bytes());
    payload.extend([9; 16]);
    payload.extend([3, 0, 4, 0]);
    payload.extend(1.5_f32.to_le_bytes());
    payload.push(2);
    payload.extend([0xaa, 0, 0, 0]);
    payload.extend([1, 0, 0, 0, 2, 0, 0, 0]);
    payload.extend([0xff, 0xff, 5, 1, 0, 2]);
    payload.extend(*b"up\0\x11\0\0\0down\0\x22\0\0\0");
    payload.extend(*b"h\0i\0\0\0");
    payload.extend([5, 0, 0, 0]);
    payload
}

#[test]
fn every_kind_of_field_is_read() {
    let payload = payload();
    let view = Mixed::read(&payload, 4).expect("a view");
    assert_eq!((view.is_on(), view.time(), view.pair()), (true, 7, [3.into(), 4.into()]));
    assert_eq!(view.id().to_string(), "09090909-0909-0909-0909-090909090909");
    assert!((view.scale() - 1.5).abs() < f32::EPSILON && view.first() == 0xaa);
    assert_eq!(view.fixed().count, view.count());
    assert!(view.pointers().eq([1, 2]) && view.pointers().size_hint() == (2, Some(2)));
    let points: Vec<_> = view.points().iter().map(|point| (point.x.get(), point.colour)).collect();
    assert_eq!(points, [(-1, 5), (1, 2)]);
    let names: Vec<_> =
        view.points().iter().map(|point| point.colour_names().to_string()).collect();
    assert_eq!(names, ["Red|Blue", "0x2"]);
    let labels: Vec<_> =
        view.labels().map(|label| (label.text().to_str().expect("text"), label.owner())).collect();
    assert_eq!(labels, [("up", 0x11), ("down", 0x22)]);
    let first = view.labels().next().expect("a label");
    assert!(first.is_exact() && first.rest().starts_with(b"down"));
    assert!(view.name() == "hi" && view.last() == 5 && view.rest().is_empty() && view.is_exact());
}

/// Numbers and bytes in the order of reading, and whether all was whole.
fn wanted(values: Values<'_>, found: &mut Vec<(String, String)>) -> bool {
    for field in values {
        let Ok((field, value)) = field else { return false };
        push(&field.name, value, found);
    }
    true
}

fn push(name: &str, value: Value<'_>, found: &mut Vec<(String, String)>) {
    match value {
        Value::Array(elements) => elements.for_each(|element| push(name, element, found)),
        Value::Object(fields) => assert!(wanted(fields, found)),
        simple => found.push((name.to_owned(), format!("{simple:?}"))),
    }
}

#[test]
fn every_kind_of_field_is_read_as_by_the_engine() {
    let whole = payload();
    for pointer_size in [4, 8] {
        let mut fit = 0;
        for len in 0..=whole.len() + 40 {
            let mut payload = whole.clone();
            payload.resize(len, 0);
            let mut by_fields = Vec::new();
            let is_whole = wanted(Values::new(&LAYOUT, &payload, pointer_size), &mut by_fields);
            let view = Mixed::read(&payload, pointer_size);
            assert_eq!(view.is_some(), is_whole, "{len}");
            if let Some(view) = view {
                let mut found = Vec::new();
                view.for_each_field(&mut |name, value| push(name, value, &mut found));
                assert_eq!(found, by_fields, "{len}");
                fit += 1;
            }
        }
        assert!(fit > 5, "{fit}");
    }
}

#[test]
fn a_counter_that_is_too_large_is_refused() {
    let mut payload = payload();
    assert!(Mixed::read(&payload, 4).is_some());
    *payload.get_mut(36).expect("a counter") = 255;
    assert!(Mixed::read(&payload, 4).is_none());
}

#[test]
fn views_are_shown_by_their_fields() {
    let payload = *b"up\0\x11\0\0\0";
    let label = Label::read(&payload, 4).expect("a view");
    assert_eq!(format!("{label:?}"), r#"Label { Text: "up", Owner: 17 }"#);
}

#[test]
fn text_is_converted_when_it_is_asked_for() {
    let bytes = [b'a', 0, b'"', 0, 0, 0xd8, 0xac, 0x20];
    let text = Utf16(&bytes);
    assert_eq!(
        (text.to_string(), format!("{text:?}")),
        ("a\"\u{fffd}€".into(), r#""a\"�€""#.into())
    );
    assert!(text != "a" && Utf16(&bytes[..2]) == "a" && text.as_bytes() == bytes);
    let text = Utf8(b"a\xff\xe2\x82\xac");
    assert_eq!((text.to_string(), text.to_str().is_err()), ("a\u{fffd}€".into(), true));
    assert!(Utf8(b"a") == "a" && !text.is_empty());
}
