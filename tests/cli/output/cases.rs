//! Values of every type, at their extremes, and payloads that do not fit their description.

use tracemill_testkit::{Field, Put, Type};

use super::nasty::{Case, NAMES};
use super::value::Written::{self, Array, Bool, F32, F64, Int, Object, Text, Word};

/// All of them.
pub fn all() -> Vec<Case> {
    let mut cases =
        vec![integers(), floats(), others(), texts(), arrays(), objects(), repeated(), v6()];
    cases.extend(ill_formed_texts());
    cases.extend(do_not_fit());
    cases
}

fn case(name: &str, fields: Vec<(Field, Vec<u8>, Written)>) -> Case {
    Case { provider: "Nasty".into(), name: name.into(), fields, ..Case::default() }
}

fn field(kind: Type, bytes: &[u8], value: Written) -> (Field, Vec<u8>, Written) {
    (Field::new("f", kind), bytes.to_vec(), value)
}

/// Gives fields names of their own.
fn numbered(mut fields: Vec<(Field, Vec<u8>, Written)>) -> Vec<(Field, Vec<u8>, Written)> {
    for (number, field) in fields.iter_mut().enumerate() {
        field.0.name = format!("f{number}");
    }
    fields
}

fn integers() -> Case {
    let mut fields = vec![
        field(Type::SByte, &[0x80], Int(-128)),
        field(Type::Byte, &[0xff], Int(255)),
        field(Type::Int16, &i16::MIN.to_le_bytes(), Int(-32_768)),
        field(Type::UInt16, &u16::MAX.to_le_bytes(), Int(65_535)),
        field(Type::Int32, &i32::MIN.to_le_bytes(), Int(-2_147_483_648)),
        field(Type::UInt32, &u32::MAX.to_le_bytes(), Int(4_294_967_295)),
        field(Type::UInt64, &u64::MAX.to_le_bytes(), Int(18_446_744_073_709_551_615)),
    ];
    let edge = 1_i64 << 53;
    for value in [0, -1, edge - 1, edge, edge + 1, -edge, -edge - 1, i64::MAX, i64::MIN] {
        fields.push(field(Type::Int64, &value.to_le_bytes(), Int(value.into())));
    }
    case("integers", numbered(fields))
}

fn floats() -> Case {
    let mut fields = Vec::new();
    for value in
        [0.0, -0.0, 0.1, 1.5, -16_777_216.0, f32::MAX, f32::MIN_POSITIVE, 1e-45, 3.4e10, 1e20]
    {
        fields.push(field(Type::Single, &value.to_le_bytes(), F32(value)));
    }
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        fields.push(field(Type::Single, &value.to_le_bytes(), F32(value)));
    }
    for value in
        [0.0, -0.0, 0.1, 1.0 / 3.0, -2.5e15, 1e16, 1e300, f64::MAX, 5e-324, 123_456_789.123_456_78]
    {
        fields.push(field(Type::Double, &value.to_le_bytes(), F64(value)));
    }
    for value in [f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        fields.push(field(Type::Double, &value.to_le_bytes(), F64(value)));
    }
    case("floats", numbered(fields))
}

fn others() -> Case {
    let wire = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    let word = |text: &str| Word(text.to_owned());
    let mut fields = vec![
        field(Type::Boolean32, &[1, 0, 0, 0], Bool(true)),
        field(Type::Boolean32, &[0; 4], Bool(false)),
        field(Type::Guid, &wire, word("00010203-0405-0607-0809-0a0b0c0d0e0f")),
        field(Type::Guid, &[0; 16], word("00000000-0000-0000-0000-000000000000")),
        field(Type::Decimal, &[0xff; 16], word(&"f".repeat(32))),
    ];
    for (ticks, time) in [
        (0, "1601-01-01T00:00:00.000000000Z"),
        (1, "1601-01-01T00:00:00.000000100Z"),
        (116_444_736_000_000_000, "1970-01-01T00:00:00.000000000Z"),
        (125_963_100_001_234_567, "2000-02-29T15:00:00.123456700Z"),
        (2_650_467_743_999_999_999, "9999-12-31T23:59:59.999999900Z"),
        (2_650_467_744_000_000_000, "2650467744000000000"),
        (i64::MAX as u64, "9223372036854775807"),
        (u64::MAX, "18446744073709551615"),
    ] {
        fields.push(field(Type::DateTime, &ticks.to_le_bytes(), word(time)));
    }
    for unit in ['A', '"', ',', ' ', '\\', '\0', '\u{1b}', '\u{20ac}'] {
        let bytes = u16::try_from(u32::from(unit)).unwrap().to_le_bytes();
        fields.push(field(Type::Utf16CodeUnit, &bytes, Text(unit.into())));
    }
    case("others", numbered(fields))
}

fn texts() -> Case {
    let fields = NAMES.iter().map(|text| {
        let mut bytes = Vec::new();
        bytes.put_utf16z(text);
        field(Type::Utf16Z, &bytes, Text((*text).to_owned()))
    });
    case("texts", numbered(fields.collect()))
}

/// Each is a case of its own, since it is told of the event.
fn ill_formed_texts() -> Vec<Case> {
    let units =
        |units: &[u16]| units.iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<_>>();
    let utf16 = [
        (units(&[0x41, 0xd800, 0x42, 0]), "A\u{fffd}B"),
        (units(&[0xdc00, 0xd800, 0]), "\u{fffd}\u{fffd}"),
        // One that stands for itself, and one that does not.
        (units(&[0xfffd, 0xd83d, 0]), "\u{fffd}\u{fffd}"),
    ];
    let utf8 = [
        (&b"a\xffb"[..], "a\u{fffd}b"),
        (b"\xf0\x9f\x98", "\u{fffd}"),
        (b"\xc0\x80", "\u{fffd}\u{fffd}"),
        (b"\xed\xa0\x80", "\u{fffd}\u{fffd}\u{fffd}"),
    ];
    let utf16 = utf16.map(|(bytes, text)| field(Type::Utf16Z, &bytes, Text(text.into())));
    let utf8 = utf8.map(|(bytes, text)| {
        let mut sized = Vec::new();
        sized.put_sized16(bytes);
        field(Type::array(Type::Utf8CodeUnit), &sized, Text(text.into()))
    });
    let alone = field(Type::Utf16CodeUnit, &[0, 0xd8], Text("\u{fffd}".into()));
    let fields = utf16.into_iter().chain(utf8).chain([alone]);
    fields.map(|field| Case { lossy: true, ..case("ill-formed", vec![field]) }).collect()
}

fn arrays() -> Case {
    let array = |kind: Type, count: u16, bytes: &[u8], value: Written| {
        field(Type::array(kind), &[&count.to_le_bytes()[..], bytes].concat(), value)
    };
    let pair = || Type::Object(vec![Field::new("Key", Type::Utf16Z), Field::new("n", Type::Byte)]);
    let object =
        |key: &str, n| Object(vec![("Key".into(), Text(key.into())), ("n".into(), Int(n))]);
    case(
        "arrays",
        numbered(vec![
            array(Type::Int32, 0, &[], Array(vec![])),
            array(
                Type::Int32,
                2,
                &[1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff],
                Array(vec![Int(1), Int(-1)]),
            ),
            array(Type::UInt64, 1, &[0xff; 8], Array(vec![Int(u64::MAX.into())])),
            array(
                Type::Boolean32,
                2,
                &[1, 0, 0, 0, 0, 0, 0, 0],
                Array(vec![Bool(true), Bool(false)]),
            ),
            array(Type::Double, 1, &f64::NAN.to_le_bytes(), Array(vec![F64(f64::NAN)])),
            array(
                Type::Guid,
                1,
                &[0; 16],
                Array(vec![Word("00000000-0000-0000-0000-000000000000".into())]),
            ),
            array(Type::Byte, 3, &[0, 0x7f, 0xff], Word("007fff".into())),
            array(Type::Byte, 0, &[], Word(String::new())),
            array(Type::Utf16CodeUnit, 3, &[0x61, 0, 0, 0, 0x22, 0], Text("a\0\"".into())),
            array(
                Type::Utf16Z,
                2,
                &[0x2c, 0, 0, 0, 0, 0],
                Array(vec![Text(",".into()), Text(String::new())]),
            ),
            array(
                pair(),
                2,
                &[0x5d, 0, 0, 0, 7, 0, 0, 8],
                Array(vec![object("]", 7), object("", 8)]),
            ),
            array(
                Type::array(Type::SByte),
                2,
                &[1, 0, 0xff, 0, 0],
                Array(vec![Array(vec![Int(-1)]), Array(vec![])]),
            ),
        ]),
    )
}

fn objects() -> Case {
    let leaf = || vec![Field::new("", Type::Byte), Field::new("a b", Type::Byte)];
    let inner =
        vec![Field::new("deep", Type::Object(leaf())), Field::new("", Type::Object(vec![]))];
    let kind =
        Type::Object(vec![Field::new("in", Type::Object(inner)), Field::new("t", Type::Utf16Z)]);
    let deep = Object(vec![(String::new(), Int(1)), ("a b".into(), Int(2))]);
    let inner = Object(vec![("deep".into(), deep), (String::new(), Object(vec![]))]);
    let value = Object(vec![("in".into(), inner), ("t".into(), Text("}".into()))]);
    case("objects", vec![field(kind, &[1, 2, 0x7d, 0, 0, 0], value)])
}

/// Names that are there more than once, and one that looks as the second of another.
fn repeated() -> Case {
    let names = ["A", "A#2", "A", "A", "", "", "A#2"];
    let fields = (0..)
        .zip(names)
        .map(|(number, name)| (Field::new(name, Type::Byte), vec![number], Int(number.into())));
    case("repeated", fields.collect())
}

/// Types of V6 alone.
fn v6() -> Case {
    let mut fields = vec![
        field(Type::Boolean8, &[2], Bool(true)),
        field(
            Type::FixedLengthArray(Box::new(Type::UInt16), 2),
            &[1, 0, 2, 0],
            Array(vec![Int(1), Int(2)]),
        ),
        field(
            Type::array(Type::Utf8CodeUnit),
            b"\x06\0\"\xe2\x82\xac\0,",
            Text("\"\u{20ac}\0,".into()),
        ),
        // Their elements are in the payload of the next: 2 bytes on, from behind these 4.
        field(Type::RelLoc(Box::new(Type::Utf16CodeUnit)), &[2, 0, 2, 0], Text("<".into())),
        field(
            Type::FixedLengthArray(Box::new(Type::Byte), 4),
            &[1, 2, b'<', 0],
            Word("01023c00".into()),
        ),
    ];
    for value in [0, 1 << 53, (1 << 53) + 1, u64::MAX] {
        let mut bytes = Vec::new();
        bytes.put_varu64(value);
        fields.push(field(Type::VarUInt, &bytes, Int(value.into())));
    }
    for value in [i64::MIN, -1, i64::MAX] {
        let mut bytes = Vec::new();
        bytes.put_vari64(value);
        fields.push(field(Type::VarInt, &bytes, Int(value.into())));
    }
    case("v6", numbered(fields))
}

fn do_not_fit() -> Vec<Case> {
    let fields = || {
        numbered(vec![
            field(Type::Int32, &[1, 0, 0, 0], Int(1)),
            field(Type::Int64, &[2, 0, 0, 0, 0, 0, 0, 0], Int(2)),
            field(Type::Byte, &[3], Int(3)),
        ])
    };
    let cut = |whole, part| Case { cut: Some((whole, part)), ..case("cut", fields()) };
    let mut odd = cut(1, 7);
    "odd name".clone_into(&mut odd.fields[1].0.name);
    vec![
        Case { more: vec![0, 1, 2], ..case("more", fields()) },
        cut(0, 0),
        cut(0, 3),
        cut(1, 0),
        cut(2, 0),
        odd,
        Case { more: vec![1, 2, 3, 4, 5], ..case("nobody describes it", vec![]) },
        case("nothing", vec![]),
    ]
}
