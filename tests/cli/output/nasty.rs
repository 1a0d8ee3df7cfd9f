//! A stream of what outputs stumble over, and what has to be read of it.

use tracemill_testkit::{Event, Field, Metadata, Thread, TraceHeader, Type, v4, v6};

use super::cases;
use super::value::Written;

/// A dialect of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dialect {
    /// Fields before tags: no arrays.
    V4,
    /// Fields in a tag.
    V5,
    V6,
}

/// An event and what has to be read of it.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    pub provider: String,
    pub name: String,
    pub id: u32,
    pub thread: String,
    pub payload: Vec<u8>,
    /// Those that are whole; none if nobody describes the payload.
    pub fields: Option<Vec<(String, Written)>>,
    pub undescribed: usize,
    pub ill_formed_at: Option<usize>,
    pub lossy: bool,
}

/// A class, and the payload of its events.
#[derive(Clone, Debug, Default)]
pub struct Case {
    pub provider: String,
    pub name: String,
    /// Fields with what is written, and what has to be read.
    pub fields: Vec<(Field, Vec<u8>, Written)>,
    /// Bytes behind the last field.
    pub more: Vec<u8>,
    /// How many fields are whole, and how many bytes of the next are there.
    pub cut: Option<(usize, usize)>,
    /// Whether text is ill-formed.
    pub lossy: bool,
}

impl Case {
    /// What has to be read of its events.
    pub fn expected(&self, id: u32) -> Expected {
        let (whole, part) = self.cut.unwrap_or((self.fields.len(), 0));
        let mut payload =
            self.fields[..whole].iter().flat_map(|field| field.1.clone()).collect::<Vec<_>>();
        let at = payload.len();
        if let Some(next) = self.fields.get(whole) {
            payload.extend_from_slice(&next.1[..part]);
        }
        payload.extend_from_slice(&self.more);
        let read = self.fields[..whole]
            .iter()
            .map(|(field, _, value)| (field.name.clone(), value.clone()));
        let is_described = !self.fields.is_empty();
        Expected {
            provider: self.provider.clone(),
            name: self.name.clone(),
            id,
            fields: is_described.then(|| read.collect()),
            undescribed: self.more.len(),
            ill_formed_at: self.cut.map(|_| at),
            lossy: self.lossy,
            payload,
            ..Expected::default()
        }
    }
}

/// Text that has a meaning to someone: to JSON, CSV, terminals, spreadsheets, scripts.
pub const NAMES: [&str; 25] = [
    "plain",
    "quo\"te",
    "'",
    "back\\slash",
    "\\u0041\\n",
    "com,ma;semi",
    "new\nline",
    "cr\rcrlf\r\n",
    "tab\t",
    "\u{1b}[31mred\u{7}\u{8}\u{1b}]0;title\u{7}",
    "\u{7f}\u{9b}31m\u{85}",
    "emoji \u{1f600} \u{1f469}\u{200d}\u{1f467}",
    "\u{2028}\u{2029}",
    "\u{202e}bidi\u{2066}\u{200f}\u{61c}",
    "",
    " ",
    "a=b c={d}",
    "[x]",
    "(+3 bytes not described)",
    "null",
    "=1+1",
    "__proto__",
    "\u{feff}bom",
    "#5",
    "\u{fffd}\u{10ffff}\u{ffff}",
];

/// The stream, and its events in their order.
pub fn stream(dialect: Dialect) -> (Vec<u8>, Vec<Expected>) {
    let (mut classes, mut events, mut expected) = (Vec::new(), Vec::new(), Vec::new());
    for case in all(dialect) {
        let id = u32::try_from(classes.len()).unwrap() + 1;
        let thread = u64::from(id) % NAMES.len() as u64;
        let mut seen = case.expected(id);
        if dialect == Dialect::V6 {
            NAMES[usize::try_from(thread).unwrap()].clone_into(&mut seen.thread);
        }
        classes.push(Metadata {
            name: seen.name.clone(),
            fields: case.fields.iter().map(|(field, ..)| field.clone()).collect(),
            v2_params: dialect == Dialect::V5,
            ..Metadata::new(id, &seen.provider, id)
        });
        // Twice, so that the order of the fields is seen to stay.
        for _ in 0..2 {
            let number = u32::try_from(events.len()).unwrap() + 1;
            events.push(Event {
                metadata_id: id,
                sequence: number,
                capture_thread: 1,
                thread: if dialect == Dialect::V6 { thread + 1 } else { 7 },
                ticks: 1_000_000_000_000 + u64::from(number),
                payload: seen.payload.clone(),
                ..Event::default()
            });
            expected.push(seen.clone());
        }
    }
    let header = TraceHeader::default();
    let bytes = if dialect == Dialect::V6 {
        let mut writer = v6::Writer::new(&header);
        let threads = (1..).zip(NAMES).map(|(index, name)| Thread {
            index,
            name: Some(name.to_owned()),
            process_id: Some(1),
            thread_id: Some(100 + index),
            ..Thread::default()
        });
        writer.thread_block(&threads.collect::<Vec<_>>());
        writer.metadata_block(&classes);
        writer.event_block(&events);
        writer.finish()
    } else {
        let mut writer = v4::Writer::new(&header);
        writer.metadata_block(&classes);
        writer.event_block(&events);
        writer.finish()
    };
    (bytes, expected)
}

fn all(dialect: Dialect) -> Vec<Case> {
    let mut cases: Vec<Case> = NAMES.iter().map(|name| named(name)).collect();
    cases.extend(cases::all());
    cases.retain(|case| case.fields.iter().all(|(field, ..)| least(&field.kind) <= dialect));
    cases
}

/// A class that is called so, provider, event and fields.
fn named(name: &str) -> Case {
    let field = |name: &str, value: u8| {
        (Field::new(name, Type::Byte), vec![value], Written::Int(value.into()))
    };
    let nested = Type::Object(vec![Field::new(name, Type::Byte), Field::new("z", Type::Byte)]);
    let object =
        Written::Object(vec![(name.to_owned(), Written::Int(4)), ("z".into(), Written::Int(5))]);
    Case {
        provider: name.to_owned(),
        name: name.to_owned(),
        fields: vec![
            field("first", 1),
            field(name, 2),
            field("an", 3),
            (Field::new("object", nested), vec![4, 5], object),
            field("Zlast", 6),
        ],
        ..Case::default()
    }
}

/// The first dialect that has a type.
fn least(kind: &Type) -> Dialect {
    match kind {
        Type::Object(fields) => {
            fields.iter().map(|field| least(&field.kind)).max().unwrap_or(Dialect::V4)
        }
        Type::Array(element) => least(element).max(Dialect::V5),
        kind if kind.code() < 19 => Dialect::V4,
        _ => Dialect::V6,
    }
}
