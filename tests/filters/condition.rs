//! Random conditions, as trees and as text.

use std::fmt::Write;

use tracemill_testkit::Rng;

use super::model::{self, FLOATS, INTS, NAMES, TEXTS, pick};

#[derive(Clone, Debug)]
pub enum Condition {
    Not(Box<Condition>),
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Test(Subject, Test),
}

#[derive(Clone, Debug)]
pub enum Subject {
    Own(&'static str),
    Field(Vec<String>),
}

#[derive(Clone, Debug)]
pub enum Test {
    Exists,
    Is(&'static str, Literal),
    In(Vec<Literal>),
    Bits(u64),
    Text(&'static str, String),
}

#[derive(Clone, Debug)]
pub enum Literal {
    Int(i128),
    Float(f64),
    Text(String),
    Guid([u8; 16]),
}

const OWN: &[&str] = &[
    "provider", "event", "id", "version", "level", "keywords", "pid", "tid", "thread", "ticks",
    "bytes",
];

impl Condition {
    pub fn random(rng: &mut Rng, depth: u32) -> Self {
        let parts = |rng: &mut Rng| {
            (0..2 + rng.index(2)).map(|_| Self::random(rng, depth - 1)).collect::<Vec<_>>()
        };
        match rng.index(if depth == 0 { 1 } else { 4 }) {
            1 => Self::Not(Box::new(Self::random(rng, depth - 1))),
            2 => Self::And(parts(rng)),
            3 => Self::Or(parts(rng)),
            _ => Self::Test(subject(rng), test(rng)),
        }
    }

    /// As it can be written, with no more parentheses than needed now and then.
    pub fn text(&self, rng: &mut Rng) -> String {
        let joined = |parts: &[Self], sign: &str, rng: &mut Rng| {
            let parts: Vec<String> = parts
                .iter()
                .map(|part| match part {
                    Self::Or(_) => format!("({})", part.text(rng)),
                    Self::And(_) if rng.chance(1, 2) => format!("( {} )", part.text(rng)),
                    _ => part.text(rng),
                })
                .collect();
            parts.join(sign)
        };
        match self {
            Self::Not(inner) => format!("!({})", inner.text(rng)),
            Self::And(parts) => joined(parts, " && ", rng),
            Self::Or(parts) => joined(parts, "||", rng),
            Self::Test(subject, Test::Exists) => format!("exists {}", subject.text()),
            Self::Test(subject, test) => format!("{} {}", subject.text(), test.text()),
        }
    }
}

fn subject(rng: &mut Rng) -> Subject {
    if rng.chance(1, 4) {
        return Subject::Own(pick(rng, OWN));
    }
    let mut names: Vec<String> = Vec::new();
    if rng.chance(1, 3) {
        if rng.chance(1, 2) {
            names.extend(pick(rng, model::PROVIDERS).split('.').map(str::to_owned));
        }
        names.extend(pick(rng, model::EVENTS).split('.').map(str::to_owned));
    }
    for _ in 0..=rng.index(2) {
        names.push(pick(rng, &NAMES[..NAMES.len() - 1]).to_owned());
    }
    Subject::Field(names)
}

fn literal(rng: &mut Rng) -> Literal {
    match rng.index(7) {
        0..=2 => Literal::Int(pick(rng, INTS)),
        3 => Literal::Float(pick(rng, &FLOATS[..FLOATS.len() - 3])),
        4 => Literal::Guid([rng.below(3) as u8; 16]),
        5 => Literal::Text(pick(rng, model::EVENTS).to_owned()),
        _ => Literal::Text(pick(rng, TEXTS).to_owned()),
    }
}

fn test(rng: &mut Rng) -> Test {
    let text = pick(rng, TEXTS).to_owned();
    match rng.index(12) {
        0 => Test::Exists,
        1..=6 => Test::Is(pick(rng, &["==", "!=", "<", "<=", ">", ">="]), literal(rng)),
        7 => Test::In((0..=rng.index(3)).map(|_| literal(rng)).collect()),
        8 => Test::Bits(1 << rng.below(64) | 1 << rng.below(4)),
        9 => Test::Text("matches", text + pick(rng, &["*", "", "*b"])),
        _ => Test::Text(pick(rng, &["contains", "startswith", "endswith"]), text),
    }
}

impl Subject {
    fn text(&self) -> String {
        match self {
            Self::Own(name) => format!("@{name}"),
            Self::Field(names) => {
                let quoted: Vec<String> = names
                    .iter()
                    .map(|n| if n.contains(' ') { format!("`{n}`") } else { n.clone() })
                    .collect();
                quoted.join(".")
            }
        }
    }
}

impl Literal {
    pub fn text(&self) -> String {
        match self {
            Self::Int(number) => number.to_string(),
            Self::Float(number) => format!("{number:?}"),
            Self::Text(text) => quoted(text),
            Self::Guid([byte, ..]) => {
                let two = format!("{byte:02x}").repeat(2);
                format!("\"{two}{two}-{two}-{two}-{two}-{two}{two}{two}\"")
            }
        }
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

impl Test {
    fn text(&self) -> String {
        match self {
            Self::Exists => String::new(),
            Self::Is(sign, literal) => format!("{sign}{}", literal.text()),
            Self::In(literals) => {
                let mut out = String::from("in (");
                for (at, literal) in literals.iter().enumerate() {
                    write!(out, "{}{}", if at > 0 { " ," } else { "" }, literal.text()).unwrap();
                }
                out + ")"
            }
            Self::Bits(bits) => format!("& {bits:#x}"),
            Self::Text(word, text) => format!("{word} {}", quoted(text)),
        }
    }
}
