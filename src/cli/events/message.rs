//! Messages of events: a template of the event's, filled in with its fields.

use tracemill::clr::{self, EventSchema};
use tracemill::nettrace::{Attribute, Attributes};
use tracemill::{EventClass, EventView, Field, Value, Values, utf8, utf16};

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

    /// Appends it, not escaped. What it names and does not exist stays as it is.
    pub(super) fn write(self, out: &mut Vec<u8>) {
        match self.template {
            Template::Named(template) => self.named(out, &String::from_utf8_lossy(template)),
            Template::Numbered(template) => self.numbered(out, template),
        }
    }

    fn named(self, out: &mut Vec<u8>, template: &str) {
        let mut rest = template;
        while let Some((before, behind)) = rest.split_once('{') {
            out.extend_from_slice(before.as_bytes());
            let field = behind.split_once('}').and_then(|(name, behind)| {
                let id = self.values.layout().field(name.split([':', ',']).next()?)?;
                let field = self.values.layout().fields().get(id.index())?;
                Some((field, self.values.get(id)?, behind))
            });
            rest = behind;
            if let Some((field, value, behind)) = field {
                write_value(out, field, value);
                rest = behind;
            } else {
                out.push(b'{');
            }
        }
        out.extend_from_slice(rest.as_bytes());
    }

    fn numbered(self, out: &mut Vec<u8>, template: &str) {
        let mut rest = template;
        while let Some((before, behind)) = rest.split_once('%') {
            out.extend_from_slice(before.as_bytes());
            let digits =
                behind.len() - behind.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (number, after) = behind.split_at_checked(digits).unwrap_or(("", behind));
            let place = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
            let mut values = self.values;
            rest = match place.and_then(|place| values.nth(place)?.ok()) {
                Some((field, value)) => {
                    write_value(out, field, value);
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
        out.extend_from_slice(rest.as_bytes());
    }
}

/// A value within a sentence: text without quotes.
fn write_value(out: &mut Vec<u8>, field: &Field, value: Value<'_>) {
    match value {
        Value::Utf8(bytes) => text::chars(out, utf8(bytes)),
        Value::Utf16(bytes) => text::chars(out, utf16(bytes)),
        Value::Char(unit) => text::chars(out, utf16(&unit.to_le_bytes())),
        value => fields::write_named(out, field, value),
    }
}

fn schema(class: &EventClass) -> Option<&'static EventSchema> {
    clr::event(class.provider(), class.event_id, class.version)
}
