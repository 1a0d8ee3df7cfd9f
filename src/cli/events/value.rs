//! One value of one event, and how it looks in text, in CSV and in JSON.

use serde::{Serialize, Serializer};

use tracemill::{Frame, Values, utf8};

use super::fields;
use super::frames::{self, Frames, Json};
use super::message::Message;
use crate::cli::json::Int;
use crate::cli::text;

/// A value, borrowed from the event.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    /// Not told by the trace: `?` in text, nothing in CSV, null in JSON.
    Unknown,
    Number(u64),
    /// Nanoseconds since the trace began: seconds in text and CSV, nanoseconds in JSON.
    Ns(i64),
    /// Nanoseconds since 1970: RFC 3339.
    Utc(i64),
    /// A bit set: hexadecimal in text and CSV, a number in JSON.
    Bits(u64),
    Text(&'a str),
    /// Text that may not be well-formed.
    Utf8(&'a [u8]),
    /// The number of an event without a name.
    Id(u32),
    Guid([u8; 16]),
    Hex(&'a [u8]),
    /// An address, as module and offset.
    Frame(Frame<'a>),
    /// Those of a stack.
    Frames(Frames<'a>),
    /// A message, to be filled in.
    Message(Message<'a>),
    /// The fields of a payload: an object in JSON.
    Fields(Values<'a>),
    /// A payload of so many bytes that nobody describes: null in JSON.
    Undescribed(u64),
    /// Nothing to be shown: null in JSON.
    None,
}

impl Value<'_> {
    pub(super) fn number(number: Option<u64>) -> Self {
        number.map_or(Value::Unknown, Value::Number)
    }

    /// Appends it as it is in text: one line, nothing that acts on a terminal.
    pub(super) fn text(self, out: &mut Vec<u8>) {
        match self {
            Value::Unknown => out.push(b'?'),
            Value::Text(name) => text::escape(out, name),
            Value::Utf8(name) => text::escape_chars(out, utf8(name)),
            Value::Message(_) | Value::Frame(_) | Value::Frames(_) => {
                let start = out.len();
                self.csv(out);
                text::escape_from(out, start);
            }
            other => other.csv(out),
        }
    }

    /// Appends it as it is in CSV, before quoting.
    pub(super) fn csv(self, out: &mut Vec<u8>) {
        match self {
            Value::Unknown | Value::None => {}
            Value::Number(number) => text::decimal(out, number, 1),
            Value::Ns(ns) => text::seconds(out, ns),
            Value::Utc(ns) => text::instant(out, ns),
            Value::Bits(bits) => {
                out.extend_from_slice(b"0x");
                text::hex(out, &bits.to_be_bytes());
            }
            Value::Text(name) => out.extend_from_slice(name.as_bytes()),
            Value::Utf8(name) => text::chars(out, utf8(name)),
            Value::Id(id) => {
                out.push(b'#');
                text::decimal(out, id.into(), 1);
            }
            Value::Guid(guid) => text::guid(out, guid),
            Value::Hex(bytes) => text::hex(out, bytes),
            Value::Frame(frame) => frames::write(out, &frame),
            Value::Frames(frames) => frames.write(out),
            Value::Message(message) => message.write(out),
            Value::Fields(values) => fields::write(out, values),
            Value::Undescribed(bytes) => {
                out.push(b'(');
                text::decimal(out, bytes, 1);
                out.extend_from_slice(b" bytes, not described)");
            }
        }
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            // Fields are printed with what is to be said beside them.
            Value::Unknown | Value::None | Value::Fields(_) | Value::Undescribed(_) => {
                serializer.serialize_none()
            }
            Value::Number(number) | Value::Bits(number) => Int::from(number).serialize(serializer),
            Value::Ns(ns) => Int::from(ns).serialize(serializer),
            Value::Text(name) => serializer.serialize_str(name),
            Value::Frame(frame) => Json(frame).serialize(serializer),
            Value::Frames(frames) => frames.serialize(serializer),
            value => serializer.collect_str(&Shown(value)),
        }
    }
}

/// A value as it is in CSV, for what wants to be displayed.
struct Shown<'a>(Value<'a>);

impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use std::fmt::Write;
        match self.0 {
            Value::Hex(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
            Value::Utf8(name) => utf8(name).try_for_each(|char| f.write_char(char)),
            Value::Id(id) => write!(f, "#{id}"),
            // Short ones, of a fixed length.
            value => f.write_str(&text::collect(|out| value.csv(out))),
        }
    }
}
