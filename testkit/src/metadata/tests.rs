use super::*;

fn class() -> Metadata {
    Metadata { name: "N".into(), keywords: 3, version: 4, level: 5, ..Metadata::new(7, "P", 2) }
}

/// Id, provider, event id, name, keywords, version, level as V3 to V5 have them.
const HEAD: &[u8] = &[
    7, 0, 0, 0, b'P', 0, 0, 0, 2, 0, 0, 0, b'N', 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 5, 0,
    0, 0,
];

#[test]
fn v1_list_has_the_type_before_the_name() {
    let class = Metadata {
        fields: vec![
            Field::new("a", Type::Int32),
            Field::new("o", Type::Object(vec![Field::new("b", Type::Utf16Z)])),
        ],
        ..class()
    };
    let fields = [
        2, 0, 0, 0, 9, 0, 0, 0, b'a', 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 18, 0, 0, 0, b'b', 0, 0, 0,
        b'o', 0, 0, 0,
    ];
    assert_eq!(class.payload_v3_v5(), [HEAD, &fields].concat());
}

#[test]
fn v5_tags_follow_an_empty_v1_list() {
    let class = Metadata {
        fields: vec![Field::new("arg0", Type::array(Type::UInt32))],
        opcode: Some(9),
        v2_params: true,
        extra: vec![0xee],
        ..class()
    };
    let tail = [
        &[0, 0, 0, 0][..],
        &[1, 0, 0, 0, 1, 9],
        // As .NET 5 wrote it, but for the number of fields: 26 bytes, kind 2, one field of 0x16 bytes.
        &[26, 0, 0, 0, 2, 1, 0, 0, 0, 0x16, 0, 0, 0],
        b"a\0r\0g\0\x30\0\0\0\x13\0\0\0\x0a\0\0\0",
        &[0xee],
    ];
    assert_eq!(class.payload_v3_v5(), [HEAD, &tail.concat()].concat());
}

#[test]
fn v1_and_v2_records() {
    let native = Metadata { provider_guid: Some([6; 16]), version: 1, ..Metadata::new(0, "P", 3) };
    let numbers = [3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(native.payload_v1_v2(true), [&[6; 16][..], &numbers].concat());
    assert_eq!(native.payload_v1_v2(false), [&[b'P', 0, 0, 0][..], &numbers].concat());
    let described = class().payload_v1_v2(false);
    // The description is what V3 writes behind the provider, with a field count of 0.
    assert_eq!(described[..12], [b'P', 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0]);
    assert_eq!(described[12..16], [28, 0, 0, 0]);
    assert_eq!(described[16..], [&HEAD[8..], &[0; 4]].concat());
}

#[test]
fn v6_row_with_every_optional_part() {
    let class = Metadata {
        fields: vec![
            Field::new("f0", Type::Boolean32),
            Field::new("fla", Type::FixedLengthArray(Box::new(Type::UInt16), 3)),
            Field::new("rel", Type::RelLoc(Box::new(Type::Utf8CodeUnit))),
            Field::new("o", Type::Object(vec![Field::new("x", Type::Byte)])),
        ],
        opcode: Some(10),
        template: Some("t".into()),
        description: Some("d".into()),
        key_values: vec![("k".into(), "v".into())],
        provider_guid: Some([7; 16]),
        optional_extra: vec![0xcc],
        extra: vec![0xdd, 0xee],
        ..class()
    };
    let row = [
        &[7, 1, b'P', 2, 1, b'N'][..],
        &[4, 0],
        &[4, 0, 2, b'f', b'0', 3],
        &[8, 0, 3, b'f', b'l', b'a', 22, 8, 3, 0],
        &[6, 0, 3, b'r', b'e', b'l', 24, 23],
        &[10, 0, 1, b'o', 1, 1, 0, 3, 0, 1, b'x', 6],
        &[44, 0],
        &[1, 10, 3, 3, 0, 0, 0, 0, 0, 0, 0, 4, 1, b't', 5, 1, b'd'],
        &[6, 1, b'k', 1, b'v', 7],
        &[7; 16],
        &[8, 5, 9, 4, 0xcc],
        &[0xdd, 0xee],
    ]
    .concat();
    assert_eq!(class.row_v6(), [&(row.len() as u16).to_le_bytes()[..], &row].concat());
}

#[test]
fn every_code_is_its_own() {
    let boxed = || Box::new(Type::Byte);
    let codes: Vec<u32> = [
        Type::Object(vec![]),
        Type::Boolean32,
        Type::Utf16CodeUnit,
        Type::SByte,
        Type::Byte,
        Type::Int16,
        Type::UInt16,
        Type::Int32,
        Type::UInt32,
        Type::Int64,
        Type::UInt64,
        Type::Single,
        Type::Double,
        Type::Decimal,
        Type::DateTime,
        Type::Guid,
        Type::Utf16Z,
        Type::Array(boxed()),
        Type::VarInt,
        Type::VarUInt,
        Type::FixedLengthArray(boxed(), 0),
        Type::Utf8CodeUnit,
        Type::RelLoc(boxed()),
        Type::DataLoc(boxed()),
        Type::Boolean8,
    ]
    .iter()
    .map(Type::code)
    .collect();
    let all: Vec<u32> = [1].into_iter().chain(3..=26).collect();
    assert_eq!(codes, all);
    assert_eq!(Type::Other(99).code(), 99);
}
