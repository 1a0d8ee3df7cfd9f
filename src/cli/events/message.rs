//! Messages of events: a template of the event's, filled in with its fields.

use tracemill::clr::{self, EventSchema};
use tracemill::nettrace::{Attribute, Attributes};
use tracemill::{EventClass, EventView, Value, Values};

use super::fields;
use crate::cli::text;

/// A message and what it is filled in with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message<'a> {
    template: Template<'a>,
    values: Values<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Template<'a> {
    /// With `{Name}` for a field.
    Named(&'a [u8]),
    /// With `%1` for the first field, `%n` for a new line.
    Numbered(&'a str),
}

impl<'a> Message<'a> {
    /// The message of an event, if it has one.
    pub(super) fn of(event: EventView<'a>) -> Option<Self> {
        let values = event.fields()?;
        let class = event.class()?;
        let named = Attributes::of(class).find_map(|attribute| match attribute {
            Attribute::MessageTemplate(text) => Some(Template::Named(text)),
            _ => None,
        });
        let template = named.or_else(|| Some(Template::Numbered(schema(class)?.message?)))?;
        Some(Self { template, values })
    }

    /// Appends it, on one line. What it names and does not exist stays as it is.
    pub(super) fn write(self, out: &mut Vec<u8>) {
        match self.template {
            Template::Named(template) => self.named(out, &String::from_utf8_lossy(template)),
            Template::Numbered(template) => self.numbered(out, template),
        }
    }

    fn named(self, out: &mut Vec<u8>, template: &str) {
        let mut rest = template;
        while let Some((before, behind)) = rest.split_once('{') {
            text::escape(out, before);
            let field = behind.split_once('}').and_then(|(name, behind)| {
                let id = self.values.layout().field(name.split([':', ',']).next()?)?;
                Some((self.values.get(id)?, behind))
            });
            rest = behind;
            if let Some((value, behind)) = field {
                write_value(out, value);
                rest = behind;
            } else {
                out.push(b'{');
            }
        }
        text::escape(out, rest);
    }

    fn numbered(self, out: &mut Vec<u8>, template: &str) {
        let mut rest = template;
        while let Some((before, behind)) = rest.split_once('%') {
            text::escape(out, before);
            let digits =
                behind.len() - behind.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (number, after) = behind.split_at_checked(digits).unwrap_or(("", behind));
            let place = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
            let mut values = self.values;
            let value = place.and_then(|place| values.nth(place)?.ok()).map(|(_, value)| value);
            rest = match value {
                Some(value) => {
                    write_value(out, value);
                    after
                }
                None if behind.starts_with('n') => {
                    out.push(b' ');
                    behind.get(1..).unwrap_or_default()
                }
                None => {
                    out.push(b'%');
                    behind
                }
            };
        }
        text::escape(out, rest);
    }
}

/// A value within a sentence: text without quotes.
fn write_value(out: &mut Vec<u8>, value: Value<'_>) {
    match value {
        Value::Utf8(bytes) => text::escape(out, &String::from_utf8_lossy(bytes)),
        Value::Utf16(bytes) => text::escape(out, &tracemill::utf16(bytes).collect::<String>()),
        value => fields::write_value(out, value),
    }
}

fn schema(class: &EventClass) -> Option<&'static EventSchema> {
    clr::event(class.provider(), class.event_id, class.version)
}
