//! Arguments, exceptions and texts of messages, whatever form they came in.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use tracemill::conventions::Text;
use tracemill::conventions::logging::{Arguments, Exception, Message};

/// The key under which the template is.
pub(super) const TEMPLATE: &str = "{OriginalFormat}";

/// Keys and values of a JSON object, in their order.
#[derive(Debug, Default)]
pub(super) struct Object(pub Vec<(String, Value)>);

impl Object {
    /// Parses it; `None` if it is no object.
    pub(super) fn parse(text: Text<'_>) -> Option<Self> {
        serde_json::from_str(&text.to_string()).ok()
    }

    /// The text of a key.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == key)?.1.as_str()
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Pairs)
    }
}

struct Pairs;

impl<'de> Visitor<'de> for Pairs {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Object(pairs))
    }
}

/// Arguments in whatever form; `None` if it does not tell, and the text if it cannot be read.
pub(super) fn arguments(arguments: &Arguments<'_>) -> Result<Option<Object>, String> {
    match arguments {
        Arguments::None => Ok(None),
        Arguments::Pairs(pairs) => {
            let pairs = pairs.map(|(key, value)| (key.to_string(), value.to_string().into()));
            Ok(Some(Object(pairs.collect())))
        }
        Arguments::Json(text) => match Object::parse(*text) {
            Some(object) => Ok(Some(object)),
            None => Err(text.to_string()),
        },
    }
}

/// An exception, as texts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Thrown {
    pub type_name: String,
    pub message: String,
    pub hresult: Option<i64>,
    /// All of it: inner exceptions and stack too.
    pub verbose: String,
}

impl Thrown {
    /// The exception of a message, if it has one.
    pub(super) fn of(exception: &Exception<'_>) -> Option<Self> {
        match exception {
            Exception::None => None,
            Exception::Object { type_name, message, hresult, verbose } => Some(Self {
                type_name: type_name.to_string(),
                message: message.to_string(),
                hresult: Some((*hresult).into()),
                verbose: verbose.to_string(),
            }),
            Exception::Json(json) => {
                let Some(object) = Object::parse(*json) else {
                    return Some(Self { verbose: json.to_string(), ..Self::default() });
                };
                let text = |key| object.text(key).unwrap_or_default().to_owned();
                Some(Self {
                    type_name: text("TypeName"),
                    message: text("Message"),
                    hresult: object.text("HResult").and_then(|number| number.parse().ok()),
                    verbose: text("VerboseMessage"),
                })
            }
        }
    }

    /// All that is known, for people.
    pub(super) fn lines(&self) -> String {
        if self.verbose.is_empty() {
            return format!("{}: {}", self.type_name, self.message);
        }
        self.verbose.clone()
    }
}

/// The text of a message: where the form has none, its template, filled in.
pub(super) fn text(message: &Message<'_>, arguments: Option<&Object>) -> String {
    let template = arguments.and_then(|arguments| arguments.text(TEMPLATE));
    match (message.text.is_empty(), template, arguments) {
        (true, Some(template), Some(arguments)) => fill(template, arguments),
        _ => message.text.to_string(),
    }
}

/// Puts values where their names are: `{Name}`, `{Name:format}`, `{Name,width}`; `{{` is a brace.
fn fill(template: &str, arguments: &Object) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once('{') {
        push_text(&mut out, before);
        if let Some(behind) = behind.strip_prefix('{') {
            out.push('{');
            rest = behind;
            continue;
        }
        let (hole, behind) = behind.split_once('}').unwrap_or((behind, ""));
        let name = hole.split([':', ',']).next().unwrap_or(hole);
        match arguments.text(name) {
            Some(value) => out.push_str(value),
            None => out.extend(["{", hole, "}"]),
        }
        rest = behind;
    }
    push_text(&mut out, rest);
    out
}

fn push_text(out: &mut String, text: &str) {
    out.push_str(&text.replace("}}", "}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_keep_their_order() {
        let text = r#"{"b":"1","a":"2","b":"3","Zo\u00EB":null}"#;
        let object = Object::parse(Text::utf8(text.as_bytes())).unwrap();
        let keys: Vec<_> = object.0.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["b", "a", "b", "Zo\u{eb}"]);
        assert_eq!((object.text("b"), object.text("Zo\u{eb}")), (Some("1"), None));
        assert!(Object::parse(Text::utf8(b"[1]")).is_none());
        assert!(Object::parse(Text::utf8(b"{\"a\":\"cut")).is_none());
    }

    #[test]
    fn templates_are_filled_in() {
        let pairs = [("Id", "7"), ("Name", "x")];
        let pairs = pairs.map(|(key, value)| (key.to_owned(), Value::from(value)));
        let object = Object(pairs.to_vec());
        assert_eq!(fill("{Id:000} of {Name,8} {{no}} {Other}", &object), "7 of x {no} {Other}");
        assert_eq!(fill("{Id", &object), "7");
    }
}
