//! Lines of events on standard output: text, JSON or CSV, through buffers that are used again.

use std::io::{self, Write};

use csv::ByteRecord;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use tracemill::{EventView, Values};

use super::column::Column;
use super::json::{Fields, Notes};
use super::value::Value;
use crate::cli::args::{Form, Printing};
use crate::cli::json::{self, Int, SCHEMA_VERSION};

/// Bytes printed at once.
const BUFFER_LEN: usize = 64 << 10;

/// Standard output, written to in whole events, so that several may print to it.
struct Whole {
    bytes: Vec<u8>,
}

impl Write for Whole {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(&self.bytes)?;
        self.bytes.clear();
        out.flush()
    }
}

/// Prints the columns that were chosen.
pub(super) struct Printer {
    columns: Vec<Column>,
    utc: bool,
    form: Writer,
}

enum Writer {
    Text { out: Whole, line: Vec<u8>, cell: Vec<u8> },
    Jsonl { out: Whole, notes: Notes },
    Csv { out: Box<csv::Writer<Whole>>, record: ByteRecord, field: Vec<u8>, has_header: bool },
}

impl Writer {
    /// Bytes that are there and have not been handed on.
    fn printed(&self) -> usize {
        match self {
            Self::Text { out, .. } | Self::Jsonl { out, .. } => out.bytes.len(),
            Self::Csv { out, .. } => out.get_ref().bytes.len(),
        }
    }
}

impl Printer {
    pub(super) fn new(args: &Printing) -> Self {
        let buffered = || Whole { bytes: Vec::new() };
        let form = match args.format {
            Form::Text => Writer::Text { out: buffered(), line: Vec::new(), cell: Vec::new() },
            Form::Jsonl => Writer::Jsonl { out: buffered(), notes: Notes::default() },
            Form::Csv => {
                let mut builder = csv::WriterBuilder::new();
                let out = Box::new(builder.buffer_capacity(BUFFER_LEN).from_writer(buffered()));
                Writer::Csv { out, record: ByteRecord::new(), field: Vec::new(), has_header: false }
            }
        };
        let mut columns = args.fields.clone();
        if args.format == Form::Jsonl {
            // An object has each key once.
            let mut seen = Vec::new();
            columns.retain(|column| {
                !seen.contains(column) && {
                    seen.push(*column);
                    true
                }
            });
        }
        Self { columns, utc: args.utc, form }
    }

    /// Prints one event.
    pub(super) fn event(&mut self, event: EventView<'_>) -> io::Result<()> {
        let Self { columns, utc, form } = self;
        match form {
            Writer::Text { out, line, cell } => {
                line.clear();
                for (number, column) in columns.iter().enumerate() {
                    cell.clear();
                    column.value(event, *utc).text(cell);
                    let is_last = number + 1 == columns.len();
                    pad(line, cell, column.layout(*utc), is_last);
                }
                out.write_all(line)?;
            }
            Writer::Jsonl { out, notes } => {
                notes.begin();
                json::print_line(out, &Line { columns, utc: *utc, event, notes })?;
            }
            Writer::Csv { out, record, field, has_header } => {
                header(out, columns, has_header)?;
                record.clear();
                for column in columns {
                    field.clear();
                    column.value(event, *utc).csv(field);
                    record.push_field(field);
                }
                out.write_byte_record(record).map_err(csv_error)?;
            }
        }
        if self.form.printed() < BUFFER_LEN { Ok(()) } else { self.flush() }
    }

    /// Says that there are no more events: CSV has a header even if there were none.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        let Self { columns, form, .. } = self;
        if let Writer::Csv { out, has_header, .. } = form {
            header(out, columns, has_header)?;
        }
        self.flush()
    }

    /// Hands on what has been printed.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        match &mut self.form {
            Writer::Text { out, .. } | Writer::Jsonl { out, .. } => out.flush(),
            Writer::Csv { out, .. } => out.flush(),
        }
    }
}

fn header(
    out: &mut csv::Writer<Whole>,
    columns: &[Column],
    has_header: &mut bool,
) -> io::Result<()> {
    if !std::mem::replace(has_header, true) {
        out.write_record(columns.iter().map(|column| column.name())).map_err(csv_error)?;
    }
    Ok(())
}

/// Appends a cell, padded to its width, and what separates it from the next.
fn pad(line: &mut Vec<u8>, cell: &[u8], (width, right): (usize, bool), is_last: bool) {
    const SPACES: &[u8] = &[b' '; 64];
    // Characters, and not the bytes that continue them.
    let len = cell.iter().filter(|byte| **byte & 0xc0 != 0x80).count();
    let padding = SPACES.get(..width.saturating_sub(len)).unwrap_or(SPACES);
    if right {
        line.extend_from_slice(padding);
    }
    line.extend_from_slice(cell);
    if is_last {
        if cell.is_empty() {
            line.truncate(line.trim_ascii_end().len());
        }
        line.push(b'\n');
        return;
    }
    if !right {
        line.extend_from_slice(padding);
    }
    line.push(b' ');
}

/// One event, as a JSON object of the columns.
struct Line<'a> {
    columns: &'a [Column],
    utc: bool,
    event: EventView<'a>,
    notes: &'a Notes,
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("schema_version", &SCHEMA_VERSION)?;
        for column in self.columns {
            let name = match column {
                Column::Ts if !self.utc => "ts_ns",
                column => column.name(),
            };
            match column.value(self.event, self.utc) {
                Value::Fields(values) => self.fields(&mut map, name, values)?,
                Value::Undescribed(bytes) => {
                    map.serialize_entry(name, &None::<u64>)?;
                    map.serialize_entry("undescribed_bytes", &Int::from(bytes))?;
                }
                value => map.serialize_entry(name, &value)?,
            }
        }
        map.end()
    }
}

impl Line<'_> {
    /// The fields, and what they leave.
    fn fields<M: SerializeMap>(
        &self,
        map: &mut M,
        name: &str,
        values: Values<'_>,
    ) -> Result<(), M::Error> {
        let notes = self.notes;
        map.serialize_entry(name, &Fields { values, notes })?;
        if notes.undescribed.get() > 0 {
            map.serialize_entry("undescribed_bytes", &Int::from(notes.undescribed.get()))?;
        }
        if let Some(at) = notes.ill_formed_at.get() {
            map.serialize_entry("ill_formed_at", &Int::from(at))?;
        }
        if notes.lossy.get() {
            map.serialize_entry("lossy", &true)?;
        }
        Ok(())
    }
}

/// What went wrong below a CSV writer.
pub(crate) fn csv_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
