//! Blobs written by hand, and payloads read as they say.
#![allow(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "tests")]

use tracemill_engine::{Value, Values};

use super::*;

const FIXED: u8 = 0x20;
const ARRAY: u8 = 0x40;
/// With the number of its members to follow.
const STRUCT: u8 = 0x98;

/// A blob with its size in front.
fn blob(tags: &[u8], name: &str, fields: &[&[u8]]) -> Vec<u8> {
    let body = [tags, name.as_bytes(), &[0], &fields.concat()].concat();
    let size = u16::try_from(body.len() + 2).unwrap();
    [&size.to_le_bytes()[..], &body].concat()
}

/// A field: its name and the bytes behind it.
fn field(name: &str, coded: &[u8]) -> Vec<u8> {
    [name.as_bytes(), &[0], coded].concat()
}

/// The payload's values as text, and what is left of it.
fn show(layout: &Layout, payload: &[u8]) -> (Vec<String>, usize) {
    let mut values = Values::new(layout, payload, 8);
    let shown = values
        .by_ref()
        .map(|field| {
            let (field, value) = field.unwrap();
            format!("{}={}", field.name, text(value))
        })
        .collect();
    (shown, values.rest().len())
}

fn text(value: Value<'_>) -> String {
    match value {
        Value::Unsigned(value) => value.to_string(),
        Value::Signed(value) => value.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Utf16(bytes) => tracemill_engine::utf16(bytes).collect(),
        Value::Utf8(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::Bytes(bytes) => format!("{bytes:?}"),
        Value::Array(elements) => format!("{:?}", elements.map(text).collect::<Vec<_>>()),
        Value::Object(fields) => {
            let fields = fields.map(|field| field.unwrap());
            format!(
                "{:?}",
                fields.map(|(f, v)| format!("{}={}", f.name, text(v))).collect::<Vec<_>>()
            )
        }
        other => format!("{other:?}"),
    }
}

#[test]
fn simple_types_are_read() {
    let blob = blob(
        &[0x80 | 0x12, 0x34],
        "Zoë",
        &[
            &field("wide", &[1]),
            &field("narrow", &[2]),
            &field("byte", &[4]),
            &field("flag", &[0x84, 3]),
            &field("unit", &[0x86, 2]),
            &field("hex", &[20]),
            &field("counted", &[23]),
            &field("raw", &[14]),
            &field("tagged", &[0x87, 0x80, 0x81, 0x01]),
        ],
    );
    let schema = parse(&blob).unwrap();
    assert_eq!((&*schema.name, schema.tags), ("Zoë", 0x12 << 21 | 0x34 << 14));
    let payload = [
        b"h\0i\0\0\0".as_slice(),
        b"ho\0",
        &[200, 1],
        b"z\0",
        &[1, 0, 0, 0x80],
        &[2, 0, b'o', b'k'],
        &[1, 0, 9],
        &(-5_i32).to_le_bytes(),
    ]
    .concat();
    let (shown, left) = show(&schema.layout, &payload);
    let expected = [
        "wide=hi",
        "narrow=ho",
        "byte=200",
        "flag=true",
        "unit=Char(122)",
        "hex=2147483649",
        "counted=ok",
        "raw=[9]",
        "tagged=-5",
    ];
    assert_eq!((shown, left), (expected.map(String::from).to_vec(), 0));
}

#[test]
fn structures_arrays_and_windows_types_are_read() {
    let blob = blob(
        &[0],
        "E",
        &[
            &field("points", &[ARRAY | STRUCT, 2]),
            &field("x", &[3]),
            &field("inner", &[STRUCT, 1]),
            &field("y", &[4]),
            &field("fixed", &[FIXED | 0x06, 2, 0]),
            &field("text", &[ARRAY | 0x86, 2]),
            &field("sid", &[19]),
            &field("time", &[18]),
            &field("own", &[0x60, 3, 0, 1, 2, 3]),
            &field("last", &[8]),
        ],
    );
    let schema = parse(&blob).unwrap();
    let payload = [
        &[2, 0, 1, 2, 3, 4][..],
        &[5, 0, 6, 0],
        b"\x01\0z\0",
        &[1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0],
        &[0xea, 7, 1, 0, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        &[2, 0, 7, 7],
        &[42, 0, 0, 0],
    ]
    .concat();
    let (shown, left) = show(&schema.layout, &payload);
    assert_eq!(left, 0);
    assert_eq!(shown[0].matches("inner").count(), 2);
    assert!(shown[0].contains("x=1") && shown[0].contains("y=4"), "{}", shown[0]);
    assert_eq!(shown[1..3], [r#"fixed=["5", "6"]"#, "text=z"]);
    assert!(shown[3].contains("IdentifierAuthority=[0, 0, 0, 0, 0, 5]"), "{}", shown[3]);
    assert!(shown[3].contains("18"), "{}", shown[3]);
    assert!(shown[4].contains("Year=2026"), "{}", shown[4]);
    assert_eq!(shown[5..], ["own=[7, 7]", "last=42"]);
}

#[test]
fn what_is_damaged_is_refused() {
    let whole = blob(&[0], "E", &[&field("a", &[STRUCT, 1]), &field("b", &[FIXED | 0x04, 3, 0])]);
    assert!(parse(&whole).is_some());
    for len in 0..whole.len() {
        assert_eq!(parse(&whole[..len]), None, "{len}");
        let mut cut = whole[..len].to_vec();
        if len >= 2 {
            cut[..2].copy_from_slice(&(len as u16).to_le_bytes());
        }
        // A description may end after its name.
        assert_eq!(parse(&cut).is_some(), len == 5, "{len}");
    }
    let unknown = blob(&[0], "E", &[&field("a", &[31])]);
    let long_tags = blob(&[0xff, 0xff, 0xff, 0xff, 0x01], "E", &[]);
    let deep = blob(&[0], "E", &[&field("a", &[STRUCT, 1]).repeat(20), &field("b", &[4])]);
    let many = blob(&[0], "E", &[&field("a", &[4]).repeat(MAX_FIELDS + 1)]);
    for damaged in [unknown, long_tags, deep, many] {
        assert_eq!(parse(&damaged), None);
    }
}

#[test]
fn altered_blobs_do_no_harm() {
    let whole = blob(
        &[0],
        "E",
        &[
            &field("a", &[ARRAY | STRUCT, 2]),
            &field("b", &[19]),
            &field("c", &[FIXED | 0x18, 9, 0]),
        ],
    );
    let payload: Vec<u8> = (0..64).collect();
    let mut altered = whole.clone();
    for at in 0..whole.len() {
        for byte in 0..=255 {
            altered[at] = byte;
            if let Some(schema) = parse(&altered) {
                let _ = Values::new(&schema.layout, &payload, 8).count();
            }
        }
        altered[at] = whole[at];
    }
}
