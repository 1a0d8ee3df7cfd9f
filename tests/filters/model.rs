//! Random classes and events, written as streams and kept as values.

use tracemill_testkit::{Event, Field, Label, Metadata, Put, Rng, Thread, TraceHeader, Type, v6};

/// A value as it was written.
#[derive(Clone, Debug)]
pub enum Value {
    Int(i128),
    Float(f64),
    /// UTF-16 code units.
    Wide(Vec<u16>),
    Narrow(Vec<u8>),
    Guid([u8; 16]),
    Bytes,
    Array(Vec<Value>),
    Object(Vec<(String, Value)>),
}

/// An event, with all that a filter can ask of it.
pub struct Sample {
    pub class: Metadata,
    /// The fields that are whole.
    pub fields: Vec<(String, Value)>,
    pub labels: Vec<Label>,
    pub thread: Thread,
    pub ticks: u64,
    pub payload_bytes: usize,
}

/// What names are made of: few, so that they meet.
pub const NAMES: &[&str] = &["A", "B", "a", "Size", "Text", "x y", ""];
pub const PROVIDERS: &[&str] = &["A", "My.Provider", "My-Provider"];
pub const EVENTS: &[&str] = &["A", "B", "Start", "A.B", "Odd name"];
pub const TEXTS: &[&str] =
    &["", "a", "ab", "aab", "abab", "Ab", "\u{1F600}", "a\u{FFFD}", "b\"c\\", "ä*b"];
pub const INTS: &[i128] = &[
    0,
    1,
    2,
    -1,
    -128,
    127,
    255,
    256,
    65_535,
    1 << 31,
    -(1 << 31),
    1 << 53,
    (1 << 53) + 1,
    -(1 << 53) - 1,
    (1 << 63) - 1,
    1 << 63,
    -(1 << 63),
    (1 << 64) - 1,
];
pub const FLOATS: &[f64] = &[
    0.0,
    -0.0,
    0.5,
    -0.5,
    1.0,
    1.5,
    -1.5,
    0.1,
    255.0,
    9_007_199_254_740_992.0,
    1.8e19,
    -9.3e18,
    1e300,
    -1e300,
    5e-324,
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
];
pub const LEVELS: std::ops::Range<u64> = 0..6;

pub fn pick<T: Clone>(rng: &mut Rng, of: &[T]) -> T {
    of[rng.index(of.len())].clone()
}

/// A stream of several epochs in which the same ids are other classes, and its events.
pub fn stream(rng: &mut Rng) -> (Vec<u8>, Vec<Sample>) {
    let mut writer = v6::Writer::new(&TraceHeader::default());
    let threads: Vec<Thread> = (0..3)
        .map(|index| Thread {
            index,
            process_id: Some(10 + index % 2),
            thread_id: rng.chance(2, 3).then_some(100 + index),
            name: rng.chance(1, 2).then(|| pick(rng, TEXTS).to_owned()),
            ..Thread::default()
        })
        .collect();
    let (mut samples, mut sequence) = (Vec::new(), 0);
    for _ in 0..=rng.index(3) {
        writer.sequence_point(0, v6::CLEAR_METADATA | v6::CLEAR_THREADS, &[]);
        writer.thread_block(&threads);
        let classes: Vec<Metadata> = (0..4).map(|at| class(rng, at)).collect();
        writer.metadata_block(&classes);
        let lists: Vec<Vec<Label>> = (0..2).map(|_| labels(rng)).collect();
        writer.label_list_block(1, &lists);
        let mut events = Vec::new();
        for _ in 0..rng.index(12) {
            sequence += 1;
            let class = pick(rng, &classes);
            let (fields, payload) = payload(rng, &class.fields);
            let list = rng.index(3);
            let thread = &threads[rng.index(3)];
            let ticks = rng.below(1_000_000);
            samples.push(Sample {
                class: class.clone(),
                fields,
                labels: if list == 0 { Vec::new() } else { lists[list - 1].clone() },
                thread: thread.clone(),
                ticks,
                payload_bytes: payload.len(),
            });
            events.push(Event {
                metadata_id: class.id,
                sequence,
                ticks,
                thread: thread.index,
                label_list: list as u32,
                payload,
                ..Event::default()
            });
        }
        writer.event_block(&events);
    }
    (writer.finish(), samples)
}

fn labels(rng: &mut Rng) -> Vec<Label> {
    (0..=rng.index(2))
        .map(|_| match rng.index(4) {
            0 => Label::Level(rng.range(LEVELS) as u8),
            1 => Label::Keywords(1 << rng.below(4)),
            2 => Label::Version(rng.below(3) as u8),
            _ => Label::ActivityId([7; 16]),
        })
        .collect()
}

fn class(rng: &mut Rng, at: u32) -> Metadata {
    let mut class = Metadata::new(1 + at, pick(rng, PROVIDERS), rng.below(4) as u32);
    pick(rng, EVENTS).clone_into(&mut class.name);
    class.level = rng.range(LEVELS) as u32;
    class.keywords = rng.below(16);
    class.version = rng.below(3) as u32;
    class.fields = fields(rng, 3);
    class
}

fn fields(rng: &mut Rng, depth: u32) -> Vec<Field> {
    (0..rng.index(5)).map(|_| Field::new(pick(rng, NAMES), kind(rng, depth))).collect()
}

fn kind(rng: &mut Rng, depth: u32) -> Type {
    match rng.index(if depth == 0 { 13 } else { 16 }) {
        0 => Type::Boolean32,
        1 => Type::SByte,
        2 => Type::Byte,
        3 => Type::Int16,
        4 => Type::UInt32,
        5 => Type::Int64,
        6 => Type::UInt64,
        7 => Type::Single,
        8 => Type::Double,
        9 => Type::Guid,
        10 => Type::Utf16Z,
        11 => Type::VarInt,
        12 => Type::array(Type::Utf8CodeUnit),
        13 => Type::Object(fields(rng, depth - 1)),
        _ => Type::array(kind(rng, depth - 1)),
    }
}

/// A payload, cut now and then, and the fields that are whole in it.
fn payload(rng: &mut Rng, fields: &[Field]) -> (Vec<(String, Value)>, Vec<u8>) {
    let mut payload = Vec::new();
    let (mut values, mut ends) = (Vec::new(), Vec::new());
    for field in fields {
        values.push((field.name.clone(), value(rng, &field.kind, &mut payload)));
        ends.push(payload.len());
    }
    // What can be empty is whole wherever the payload ends.
    if fields.iter().all(|field| min_bytes(&field.kind) > 0) && rng.chance(1, 5) {
        payload.truncate(rng.index(payload.len() + 1));
        values.truncate(ends.iter().filter(|end| **end <= payload.len()).count());
    }
    (values, payload)
}

fn min_bytes(kind: &Type) -> usize {
    match kind {
        Type::Object(fields) if fields.is_empty() => 0,
        Type::Object(fields) => fields.iter().map(|field| min_bytes(&field.kind)).min().unwrap(),
        // Ends with the payload, if that is shorter.
        Type::Utf16Z => 0,
        Type::Array(element) if **element != Type::Utf8CodeUnit => min_bytes(element),
        _ => 1,
    }
}

fn value(rng: &mut Rng, kind: &Type, out: &mut Vec<u8>) -> Value {
    let int = pick(rng, INTS);
    let float = pick(rng, FLOATS);
    let start = out.len();
    match kind {
        Type::Boolean32 => {
            out.put_u32(u32::from(int != 0));
            Value::Int(i128::from(int != 0))
        }
        Type::SByte => {
            out.put_u8(int as u8);
            Value::Int((int as i8).into())
        }
        Type::Byte => {
            out.put_u8(int as u8);
            Value::Int((int as u8).into())
        }
        Type::Int16 => {
            out.put_u16(int as u16);
            Value::Int((int as i16).into())
        }
        Type::UInt32 => {
            out.put_u32(int as u32);
            Value::Int((int as u32).into())
        }
        Type::Int64 => {
            out.put_u64(int as u64);
            Value::Int((int as i64).into())
        }
        Type::UInt64 => {
            out.put_u64(int as u64);
            Value::Int((int as u64).into())
        }
        Type::VarInt => {
            out.put_vari64(int as i64);
            Value::Int((int as i64).into())
        }
        Type::Single => {
            out.put_u32((float as f32).to_bits());
            Value::Float((float as f32).into())
        }
        Type::Double => {
            out.put_u64(float.to_bits());
            Value::Float(float)
        }
        Type::Guid => {
            let guid = [rng.below(2) as u8; 16];
            out.put_bytes(&guid);
            Value::Guid(guid)
        }
        Type::Utf16Z => {
            let mut units: Vec<u16> = pick(rng, TEXTS).encode_utf16().collect();
            if rng.chance(1, 4) {
                // Half of a pair.
                units.insert(rng.index(units.len() + 1), 0xd83d);
            }
            for unit in &units {
                out.put_u16(*unit);
            }
            out.put_u16(0);
            Value::Wide(units)
        }
        Type::Object(fields) => Value::Object(
            fields.iter().map(|f| (f.name.clone(), value(rng, &f.kind, out))).collect(),
        ),
        Type::Array(element) if **element == Type::Utf8CodeUnit => {
            let mut text = pick(rng, TEXTS).as_bytes().to_vec();
            if rng.chance(1, 4) {
                text.push(0xf0);
            }
            out.put_sized16(&text);
            Value::Narrow(text)
        }
        Type::Array(element) => {
            let mut count = rng.index(4);
            out.put_u16(count as u16);
            let mut values = Vec::new();
            while count > 0 {
                let before = out.len();
                values.push(value(rng, element, out));
                // What takes no bytes is given once.
                count = if out.len() == before { 0 } else { count - 1 };
            }
            if **element == Type::Byte { Value::Bytes } else { Value::Array(values) }
        }
        other => panic!("{other:?} at {start}"),
    }
}
