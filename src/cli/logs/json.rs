//! Messages as JSON lines.
//!
//! `schema_version`, `kind` (`message`, `scope_begin`, `scope_end`), `time_ns` (nanoseconds since the
//! trace began), `utc_time`, `process`, `thread`, and then
//!
//! | `kind` | keys |
//! |---|---|
//! | `message` | `level`, `category`, `event_id`, `event_name`, `message`, `template`, `arguments`, `exception` (`type`, `message`, `hresult`, `verbose`), `trace_id`, `span_id`, `trace_flags` |
//! | `scope_begin`, `scope_end` | `category`, `scope_id`, `arguments` |
//!
//! `level` is `trace`, `debug`, `information`, `warning`, `error`, `critical` or `none`. `arguments` is an
//! object of texts, in the order of the template; a second one of the same name is `NAME#2`. What a
//! program did not give, or its runtime does not tell, is null. Where arguments cannot be read,
//! `arguments_text` has them as they are.

use serde::ser::{Serialize, SerializeMap, Serializer};
use tracemill::conventions::Text;
use tracemill::conventions::logging::{Arguments, Message, Scope};

use super::levels;
use super::line::{Line, Stamp};
use super::values::{self, Object, TEMPLATE, Thrown};
use crate::cli::json::{Int, SCHEMA_VERSION};
use crate::cli::text;

/// A line, as a JSON object.
pub(super) struct Json<'a> {
    pub stamp: Stamp,
    pub line: &'a Line<'a>,
}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { stamp, line } = self;
        let kind = match line {
            Line::Message(_) => "message",
            Line::Begin(_) => "scope_begin",
            Line::End(_) => "scope_end",
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("schema_version", &SCHEMA_VERSION)?;
        map.serialize_entry("kind", kind)?;
        map.serialize_entry("time_ns", &stamp.ns.map(Int::from))?;
        let utc = stamp.utc_ns.map(|ns| text::collect(|out| text::instant(out, ns)));
        map.serialize_entry("utc_time", &utc)?;
        map.serialize_entry("process", &stamp.process.map(Int::from))?;
        map.serialize_entry("thread", &stamp.thread.map(Int::from))?;
        match line {
            Line::Message(message) => self::message(&mut map, message)?,
            Line::Begin(scope) | Line::End(scope) => self::scope(&mut map, scope)?,
        }
        map.end()
    }
}

fn message<M: SerializeMap>(map: &mut M, message: &Message<'_>) -> Result<(), M::Error> {
    let arguments = values::arguments(&message.arguments);
    let known = arguments.as_ref().ok().and_then(Option::as_ref);
    map.serialize_entry("level", levels::name(message.level))?;
    map.serialize_entry("category", &message.logger.to_string())?;
    map.serialize_entry("event_id", &message.event_id)?;
    map.serialize_entry("event_name", &some(message.event_name))?;
    map.serialize_entry("message", &values::text(message, known))?;
    map.serialize_entry("template", &known.and_then(|known| known.text(TEMPLATE)))?;
    map.serialize_entry("arguments", &known.map(ObjectJson))?;
    raw(map, &message.arguments, arguments.is_err())?;
    map.serialize_entry("exception", &Thrown::of(&message.exception).map(ThrownJson))?;
    map.serialize_entry("trace_id", &message.trace_id.map(|id| id.to_string()))?;
    map.serialize_entry("span_id", &message.span_id.map(|id| id.to_string()))?;
    map.serialize_entry("trace_flags", &some(message.trace_flags))
}

fn scope<M: SerializeMap>(map: &mut M, scope: &Scope<'_>) -> Result<(), M::Error> {
    let arguments = values::arguments(&scope.arguments);
    map.serialize_entry("category", &scope.logger.to_string())?;
    map.serialize_entry("scope_id", &scope.id)?;
    let known = arguments.as_ref().ok().and_then(Option::as_ref);
    map.serialize_entry("arguments", &known.map(ObjectJson))?;
    raw(map, &scope.arguments, arguments.is_err())
}

/// Arguments as they are, where they cannot be read.
fn raw<M: SerializeMap>(
    map: &mut M,
    arguments: &Arguments<'_>,
    is_unreadable: bool,
) -> Result<(), M::Error> {
    match arguments {
        Arguments::Json(text) if is_unreadable => {
            map.serialize_entry("arguments_text", &text.to_string())
        }
        _ => Ok(()),
    }
}

fn some(text: Text<'_>) -> Option<String> {
    (!text.is_empty()).then(|| text.to_string())
}

struct ObjectJson<'a>(&'a Object);

impl Serialize for ObjectJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let mut keys = Vec::new();
        for (key, value) in self.0.0.iter().filter(|(key, _)| key != TEMPLATE) {
            keys.push(key);
            match keys.iter().filter(|before| **before == key).count() {
                1 => map.serialize_entry(key, value)?,
                number => map.serialize_entry(&format!("{key}#{number}"), value)?,
            }
        }
        map.end()
    }
}

struct ThrownJson(Thrown);

impl Serialize for ThrownJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Thrown { type_name, message, hresult, verbose } = &self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", type_name)?;
        map.serialize_entry("message", message)?;
        map.serialize_entry("hresult", hresult)?;
        map.serialize_entry("verbose", verbose)?;
        map.end()
    }
}
