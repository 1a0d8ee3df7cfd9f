//! What conditions say of an event: with strings, without any speed.

use std::cmp::Ordering;

use tracemill_testkit::{Field, Label, Type};

use super::condition::{Condition, Literal, Subject, Test};
use super::model::{Sample, Value};

impl Condition {
    pub fn holds(&self, sample: &Sample) -> bool {
        match self {
            Self::Not(inner) => !inner.holds(sample),
            Self::And(parts) => parts.iter().all(|part| part.holds(sample)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(sample)),
            Self::Test(Subject::Own(name), test) => {
                own(name, sample).is_some_and(|value| test.holds(&value))
            }
            Self::Test(Subject::Field(names), test) => {
                let Some(steps) = resolve(names, sample) else { return false };
                let (first, rest) = steps.split_first().unwrap();
                let field = sample.fields.get(*first);
                field.is_some_and(|(_, value)| any(value, rest, &|value| test.holds(value)))
            }
        }
    }
}

impl Test {
    fn holds(&self, value: &Value) -> bool {
        if let (Value::Array(elements), false) = (value, matches!(self, Self::Exists)) {
            return elements.iter().any(|element| self.holds(element));
        }
        match self {
            Self::Exists => true,
            Self::Is(sign, literal) => compare(sign, value, literal),
            Self::In(literals) => literals.iter().any(|literal| compare("==", value, literal)),
            Self::Bits(mask) => matches!(value, Value::Int(bits) if *bits as u64 & mask != 0),
            Self::Text(word, pattern) => text(value).is_some_and(|text| match *word {
                "contains" => text.contains(&**pattern),
                "startswith" => text.starts_with(&**pattern),
                "endswith" => text.ends_with(&**pattern),
                _ => fits(pattern, &text),
            }),
        }
    }
}

/// By trying every way to give the first star its text.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text.strip_prefix(before).is_some_and(|rest| {
            rest.char_indices()
                .map(|(at, _)| at)
                .chain([rest.len()])
                .any(|at| fits(after, &rest[at..]))
        }),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Wide(units) => Some(String::from_utf16_lossy(units)),
        Value::Narrow(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        _ => None,
    }
}

fn compare(sign: &str, value: &Value, literal: &Literal) -> bool {
    let order = match (value, literal) {
        (Value::Int(one), Literal::Int(other)) => Some(one.cmp(other)),
        (Value::Float(one), Literal::Float(other)) => one.partial_cmp(other),
        (Value::Int(int), Literal::Float(float)) => exact(*int, *float),
        (Value::Float(float), Literal::Int(int)) => exact(*int, *float).map(Ordering::reverse),
        (Value::Guid(one), Literal::Guid(other)) => (one == other).then_some(Ordering::Equal),
        (value, Literal::Text(other)) if text(value).is_some() => {
            text(value).as_deref().map(|text| text.cmp(other))
        }
        (value, other @ Literal::Guid(_)) if text(value).is_some() => {
            let guid = other.text();
            text(value).map(|text| text.as_str().cmp(guid.trim_matches('"')))
        }
        _ => return false,
    };
    match sign {
        "==" => order == Some(Ordering::Equal),
        "!=" => order != Some(Ordering::Equal),
        "<" => order == Some(Ordering::Less),
        ">" => order == Some(Ordering::Greater),
        "<=" => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        _ => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
    }
}

/// Between its neighbours: no number of 64 bits is as large as 2^100.
fn exact(int: i128, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    let float = float.clamp(-1.3e30, 1.3e30);
    let (floor, ceil) = (float.floor() as i128, float.ceil() as i128);
    Some(if int < ceil {
        Ordering::Less
    } else if int > floor {
        Ordering::Greater
    } else {
        Ordering::Equal
    })
}

fn own(name: &str, sample: &Sample) -> Option<Value> {
    let (class, thread) = (&sample.class, &sample.thread);
    let label = |read: &dyn Fn(&Label) -> Option<u64>| sample.labels.iter().find_map(read);
    let text =
        |text: &str| Some(Value::Narrow(text.as_bytes().to_vec())).filter(|_| !text.is_empty());
    let number = |number: u64| Some(Value::Int(number.into()));
    match name {
        "provider" => text(&class.provider),
        "event" => text(&class.name),
        "id" => number(class.event_id.into()),
        "version" => number(
            label(&|label| if let Label::Version(v) = label { Some((*v).into()) } else { None })
                .unwrap_or(class.version.into()),
        ),
        "level" => number(level(sample)),
        "keywords" => number(keywords(sample)),
        "pid" => number(thread.process_id?),
        "ticks" => number(sample.ticks),
        "tid" => number(thread.thread_id?),
        "thread" => text(thread.name.as_deref()?),
        _ => number(sample.payload_bytes as u64),
    }
}

pub fn level(sample: &Sample) -> u64 {
    let label = sample.labels.iter().find_map(|label| match label {
        Label::Level(level) => Some((*level).into()),
        _ => None,
    });
    label.unwrap_or(sample.class.level.into())
}

pub fn keywords(sample: &Sample) -> u64 {
    let label = sample.labels.iter().find_map(|label| match label {
        Label::Keywords(keywords) => Some(*keywords),
        _ => None,
    });
    label.unwrap_or(sample.class.keywords)
}

/// Where the field of a path is: all readings, from the shortest field on.
fn resolve(names: &[String], sample: &Sample) -> Option<Vec<usize>> {
    let class = &sample.class;
    let event = class.name.to_ascii_lowercase();
    let whole = format!("{}.{}", class.provider, class.name).to_ascii_lowercase();
    (1..=names.len()).find_map(|len| {
        let (before, field) = names.split_at(names.len() - len);
        let before = before.join(".").to_ascii_lowercase();
        if !before.is_empty() && before != event && before != whole {
            return None;
        }
        find(&class.fields, field)
    })
}

fn find(fields: &[Field], names: &[String]) -> Option<Vec<usize>> {
    let (name, rest) = names.split_first()?;
    let exact = |field: &Field| field.name == *name;
    let any_case = |field: &Field| field.name.eq_ignore_ascii_case(name);
    let named = [&exact as &dyn Fn(&Field) -> bool, &any_case].into_iter().find_map(|fits| {
        fields.iter().enumerate().filter(|(_, field)| fits(field)).find_map(|(at, field)| {
            let inner = if rest.is_empty() { vec![] } else { find(inner(&field.kind), rest)? };
            Some([vec![at], inner].concat())
        })
    });
    named.or_else(|| {
        fields
            .iter()
            .enumerate()
            .filter(|(_, field)| field.name.is_empty())
            .find_map(|(at, field)| Some([vec![at], find(inner(&field.kind), names)?].concat()))
    })
}

fn inner(kind: &Type) -> &[Field] {
    match kind {
        Type::Object(fields) => fields,
        Type::Array(element) => inner(element),
        _ => &[],
    }
}

fn any(value: &Value, steps: &[usize], holds: &dyn Fn(&Value) -> bool) -> bool {
    match (value, steps) {
        (value, []) => holds(value),
        (Value::Array(elements), _) => elements.iter().any(|element| any(element, steps, holds)),
        (Value::Object(fields), [step, rest @ ..]) => any(&fields[*step].1, rest, holds),
        _ => false,
    }
}
