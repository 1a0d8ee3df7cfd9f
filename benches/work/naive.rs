//! The naive twins: what zero-copy saves. Each event becomes a struct of its own, with its payload in
//! a `Vec` and, where fields are wanted, a map of them by name; then that is read.

use std::collections::BTreeMap;
use std::hint::black_box;

use serde::Serialize;
use serde_json::Value as Json;
use tracemill::{Config, EventView, Value, utf16};

use super::fields::{NAMES, is_int, is_text, name_of, weigh};
use super::headers::{Header, in_order};
use super::{Input, Totals, views};

/// Twin of `small`.
pub fn small(input: &Input) -> Totals {
    each(input, |_, _| {})
}

/// Twin of `header`.
pub fn header(input: &Input) -> Totals {
    each(input, |totals, event| totals.check ^= event.header.mixed())
}

/// Twin of `order`: all events in a list, which is sorted.
pub fn order(input: &Input) -> Totals {
    let mut events = Vec::new();
    let mut totals = views(&input.bytes, &Config::default(), |totals, view| {
        totals.events += 1;
        events.push(Owned::of(view));
    });
    events.sort_by_key(|event| event.header.ticks);
    for event in events {
        totals.payload_bytes += event.payload.len() as u64;
        totals.check = in_order(totals.check, event.header.ticks);
    }
    totals
}

/// Twin of `int`.
pub fn int(input: &Input) -> Totals {
    each_named(input, |totals, view, event| {
        let name = view.class().and_then(|class| name_of(class, is_int));
        let value = name.and_then(|name| event.fields.get(name));
        totals.check = totals.check.wrapping_add(value.map_or(0, sum));
    })
}

/// Twin of `text`.
pub fn text(input: &Input) -> Totals {
    each_named(input, |totals, view, event| {
        let name = view.class().and_then(|class| name_of(class, is_text));
        let value = name.and_then(|name| event.fields.get(name)).and_then(Json::as_str);
        totals.check = totals.check.wrapping_add(value.map_or(0, weigh));
    })
}

/// Twin of `all`.
pub fn all(input: &Input) -> Totals {
    each_named(input, |totals, _, event| {
        totals.fields += event.fields.len() as u64;
        let sums = event.fields.values().map(sum);
        totals.check = sums.fold(totals.check, u64::wrapping_add);
    })
}

/// Twin of `named`.
pub fn named(input: &Input) -> Totals {
    each_named(input, |totals, _, event| {
        totals.check += u64::from(NAMES.contains(&&*event.event));
    })
}

/// Twin of `filter`.
pub fn filter(input: &Input) -> Totals {
    each_named(input, |totals, _, event| {
        let value = event.fields.get(&input.pick.field).and_then(integer);
        let is_above = value.is_some_and(|value| value > i128::from(input.pick.above));
        totals.check += u64::from(is_above);
    })
}

/// An event by value.
pub struct Owned {
    pub header: Header,
    pub payload: Vec<u8>,
}

impl Owned {
    pub fn of(view: EventView<'_>) -> Self {
        Self { header: Header::of(view), payload: view.payload().to_vec() }
    }
}

/// An event by value, with its names and fields; as JSON, what `tracemill events -f jsonl` prints.
#[derive(Serialize)]
pub struct Named {
    pub ts_ns: Option<i64>,
    pub pid: Option<u64>,
    pub tid: Option<u64>,
    pub provider: String,
    pub event: String,
    pub bytes: usize,
    pub fields: BTreeMap<String, Json>,
    #[serde(skip)]
    pub payload: Vec<u8>,
}

impl Named {
    pub fn of(view: EventView<'_>) -> Self {
        let thread = view.thread().unwrap_or_default();
        let class = view.class();
        let mut fields = BTreeMap::new();
        for field in view.fields().into_iter().flatten() {
            let Ok((field, value)) = field else { break };
            fields.insert(field.name.to_string(), json(value));
        }
        Self {
            ts_ns: view.ns(),
            pid: thread.process_id,
            tid: thread.id,
            provider: class.map_or("", |class| class.provider()).to_owned(),
            event: class.map_or("", |class| class.display_name()).to_owned(),
            bytes: view.payload().len(),
            fields,
            payload: view.payload().to_vec(),
        }
    }
}

fn each(input: &Input, mut look: impl FnMut(&mut Totals, &Owned)) -> Totals {
    views(&input.bytes, &Config::default(), |totals, view| {
        let event = black_box(Box::new(Owned::of(view)));
        totals.events += 1;
        totals.payload_bytes += event.payload.len() as u64;
        look(totals, &event);
    })
}

fn each_named(input: &Input, mut look: impl FnMut(&mut Totals, EventView<'_>, &Named)) -> Totals {
    views(&input.bytes, &Config::default(), |totals, view| {
        let event = black_box(Box::new(Named::of(view)));
        totals.events += 1;
        totals.payload_bytes += event.payload.len() as u64;
        look(totals, view, &event);
    })
}

/// A value by itself, as JSON has it.
fn json(value: Value<'_>) -> Json {
    match value {
        Value::Bool(value) => value.into(),
        Value::Unsigned(value) | Value::FileTime(value) => value.into(),
        Value::Signed(value) => value.into(),
        Value::Float32(value) => value.into(),
        Value::Float64(value) => value.into(),
        Value::Char(unit) => utf16(&unit.to_le_bytes()).collect::<String>().into(),
        Value::Utf16(units) => utf16(units).collect::<String>().into(),
        Value::Utf8(text) => String::from_utf8_lossy(text).into(),
        Value::Guid(bytes) | Value::Decimal(bytes) => hex(&bytes).into(),
        Value::Bytes(bytes) => hex(bytes).into(),
        Value::Array(elements) => elements.map(json).collect::<Vec<_>>().into(),
        Value::Object(values) => {
            let fields = values.map_while(Result::ok);
            Json::Object(
                fields.map(|(field, value)| (field.name.to_string(), json(value))).collect(),
            )
        }
        _ => Json::Null,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// What the works make of a value, made of JSON.
fn sum(value: &Json) -> u64 {
    match value {
        Json::Bool(value) => (*value).into(),
        Json::Number(number) if number.is_f64() => number.as_f64().map_or(0, f64::to_bits),
        Json::Number(number) => {
            number.as_u64().or_else(|| number.as_i64().map(i64::cast_unsigned)).unwrap_or(0)
        }
        Json::String(text) => text.encode_utf16().count() as u64,
        Json::Array(values) => values.iter().map(sum).fold(0, u64::wrapping_add),
        Json::Object(fields) => fields.values().map(sum).fold(0, u64::wrapping_add),
        Json::Null => 0,
    }
}

fn integer(value: &Json) -> Option<i128> {
    value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from))
}
