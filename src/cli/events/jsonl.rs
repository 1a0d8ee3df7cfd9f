//! Events as JSON, an object a line. What is the same for all events of a class is made once.

use std::io;

use serde::Serialize;
use tracemill::{ClassMap, EventClass, EventView, Values};

use super::column::{Column, Known};
use super::json::{self, Keys, Notes};
use super::value::Value;
use crate::cli::json::{Int, SCHEMA_VERSION};
use crate::cli::whole::Whole;

/// Prints lines.
pub(super) struct Jsonl {
    out: Whole,
    utc: bool,
    columns: Vec<Column>,
    /// Those whose values differ from event to event.
    varying: Vec<Column>,
    classes: ClassMap<Class>,
    /// For events whose class is not known.
    unknown: Class,
    notes: Notes,
}

/// What events of a class have in common.
struct Class {
    /// What stands before the value of each column that differs from event to event, and behind the
    /// last.
    between: Vec<Box<[u8]>>,
    keys: Keys,
}

impl Jsonl {
    pub(super) fn new(wanted: &[Column], utc: bool) -> Self {
        // An object has each key once.
        let mut columns = Vec::new();
        for column in wanted {
            if !columns.contains(column) {
                columns.push(*column);
            }
        }
        let unknown = Class::of(None, &columns, utc);
        let is_varying = |column: &Column| column.of_class(None).is_none();
        let varying = columns.iter().copied().filter(is_varying).collect();
        let (out, classes, notes) = (Whole::default(), ClassMap::new(), Notes::default());
        Self { out, utc, columns, varying, classes, unknown, notes }
    }

    /// Prints one event. Allocates for new classes only.
    pub(super) fn event(&mut self, event: EventView<'_>, known: &Known) -> io::Result<()> {
        let Self { out, utc, columns, varying, classes, unknown, notes } = self;
        let (columns, utc) = (&*columns, *utc);
        let class = classes.get(event, |class| Class::of(Some(class), columns, utc));
        let class = class.map_or(&*unknown, |class| class);
        let line = out.line();
        let mut between = class.between.iter();
        for (column, before) in varying.iter().zip(&mut between) {
            line.extend_from_slice(before);
            match column.value(event, utc, known) {
                Value::Fields(values) => fields(line, values, &class.keys, notes),
                Value::Undescribed(bytes) => {
                    line.extend_from_slice(b"null");
                    note(line, "undescribed_bytes", &Int::from(bytes));
                }
                Value::Number(number) => json::put_int(line, number.into()),
                Value::Ns(ns) => json::put_int(line, ns.into()),
                value => json::put(line, &value),
            }
        }
        line.extend(between.flat_map(|end| end.iter()));
        self.out.relieve()
    }

    /// Hands on what has been printed.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        io::Write::flush(&mut self.out)
    }
}

impl Class {
    fn of(class: Option<&EventClass>, columns: &[Column], utc: bool) -> Self {
        let mut between = Vec::new();
        let mut bytes = Vec::from(b"{\"schema_version\":");
        json::put(&mut bytes, &SCHEMA_VERSION);
        for column in columns {
            let name = match column {
                Column::Ts if !utc => "ts_ns",
                column => column.name(),
            };
            bytes.push(b',');
            json::put(&mut bytes, name);
            bytes.push(b':');
            match column.of_class(class) {
                Some(value) => json::put(&mut bytes, &value),
                None => between.push(std::mem::take(&mut bytes).into()),
            }
        }
        bytes.extend_from_slice(b"}\n");
        between.push(bytes.into());
        Self { between, keys: Keys::of(class.and_then(EventClass::layout)) }
    }
}

/// The fields, and what they leave.
fn fields(line: &mut Vec<u8>, values: Values<'_>, keys: &Keys, notes: &mut Notes) {
    *notes = Notes { text: std::mem::take(&mut notes.text), ..Notes::default() };
    json::payload(line, values, keys, notes);
    if notes.undescribed > 0 {
        note(line, "undescribed_bytes", &Int::from(notes.undescribed));
    }
    if let Some(at) = notes.ill_formed_at {
        note(line, "ill_formed_at", &Int::from(at));
    }
    if notes.lossy {
        note(line, "lossy", &true);
    }
}

fn note(line: &mut Vec<u8>, key: &str, value: &impl Serialize) {
    line.push(b',');
    json::put(line, key);
    line.push(b':');
    json::put(line, value);
}
