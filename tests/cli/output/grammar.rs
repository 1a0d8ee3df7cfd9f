//! Reads the column `fields` of text and CSV, as its grammar says.

use std::iter::Peekable;
use std::str::Chars;

use super::value::Written;

/// Fields as text has them.
#[derive(Clone, Debug, PartialEq)]
enum Text {
    Quoted(String),
    Word(String),
    Array(Vec<Text>),
    Object(Vec<(String, Text)>),
}

/// Checks the fields of an event against what was written, and gives the note behind them.
pub fn check(line: &str, expected: &[(String, Written)]) -> Result<String, String> {
    let mut chars = line.chars().peekable();
    let mut fields = Vec::new();
    while chars.peek().is_some_and(|char| *char != '(') {
        fields.push(field(&mut chars));
        if chars.peek().is_some() {
            expect(&mut chars, ' ');
        }
    }
    let is_it = fields.len() == expected.len()
        && fields.iter().zip(expected).all(|(a, b)| a.0 == b.0 && is(&a.1, &b.1));
    if is_it { Ok(chars.collect()) } else { Err(format!("{fields:?}\n{expected:?}\n{line}")) }
}

fn is(text: &Text, written: &Written) -> bool {
    match (text, written) {
        (Text::Word(word), Written::Bool(value)) => *word == value.to_string(),
        (Text::Word(word), Written::Int(value)) => *word == value.to_string(),
        (Text::Word(word), Written::F32(value)) => {
            let read: f32 = word.parse().unwrap();
            read.to_bits() == value.to_bits() || (read.is_nan() && value.is_nan())
        }
        (Text::Word(word), Written::F64(value)) => {
            let read: f64 = word.parse().unwrap();
            let is_short = word.len() < 30;
            is_short && (read.to_bits() == value.to_bits() || (read.is_nan() && value.is_nan()))
        }
        (Text::Word(word), Written::Word(value) | Written::Named(_, value)) => word == value,
        (Text::Quoted(text), Written::Text(value)) => text == value,
        (Text::Array(elements), Written::Array(values)) => {
            elements.len() == values.len() && elements.iter().zip(values).all(|(a, b)| is(a, b))
        }
        (Text::Object(fields), Written::Object(values)) => {
            fields.len() == values.len()
                && fields.iter().zip(values).all(|(a, b)| a.0 == b.0 && is(&a.1, &b.1))
        }
        _ => false,
    }
}

type Rest<'a> = Peekable<Chars<'a>>;

/// `name=value`, or the value alone of a field without a name.
fn field(chars: &mut Rest<'_>) -> (String, Text) {
    match value(chars) {
        Text::Quoted(name) | Text::Word(name) if chars.peek() == Some(&'=') => {
            expect(chars, '=');
            (name, value(chars))
        }
        value => (String::new(), value),
    }
}

fn value(chars: &mut Rest<'_>) -> Text {
    match chars.peek() {
        Some('"') => Text::Quoted(quoted(chars)),
        Some('[') => Text::Array(list(chars, ']', value)),
        Some('{') => Text::Object(list(chars, '}', field)),
        _ => {
            let mut word = String::new();
            while let Some(char) = chars.next_if(|char| !" ,=]}\"".contains(*char)) {
                word.push(char);
            }
            Text::Word(word)
        }
    }
}

fn list<T>(chars: &mut Rest<'_>, end: char, item: fn(&mut Rest<'_>) -> T) -> Vec<T> {
    chars.next();
    let mut items = Vec::new();
    while chars.peek() != Some(&end) {
        if !items.is_empty() {
            expect(chars, ',');
        }
        items.push(item(chars));
    }
    chars.next();
    items
}

fn quoted(chars: &mut Rest<'_>) -> String {
    expect(chars, '"');
    let mut text = String::new();
    loop {
        match chars.next().expect("a quote at the end") {
            '"' => return text,
            '\\' => text.push(match chars.next().unwrap() {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => {
                    let code: String = chars.by_ref().skip(1).take_while(|c| *c != '}').collect();
                    char::from_u32(u32::from_str_radix(&code, 16).unwrap()).unwrap()
                }
                char @ ('"' | '\\') => char,
                other => panic!("\\{other}"),
            }),
            char => text.push(char),
        }
    }
}

fn expect(chars: &mut Rest<'_>, expected: char) {
    assert_eq!(chars.next(), Some(expected), "{:?}", chars.collect::<String>());
}
