//! Lines of events on standard output: text, JSON or CSV, through buffers that are used again.

use std::io::{self, Write};

use csv::ByteRecord;
use tracemill::{EventView, Format, Modules};

use super::column::{Column, Known};
use super::jsonl::Jsonl;
use crate::cli::args::{Form, Printing};
use crate::cli::pump::Pass;
use crate::cli::whole::Whole;

/// Prints the columns that were chosen.
pub(super) struct Printer {
    columns: Vec<Column>,
    utc: bool,
    form: Writer,
    known: Known,
}

enum Writer {
    Text { out: Whole, line: Vec<u8>, cell: Vec<u8> },
    Jsonl(Box<Jsonl>),
    Csv { out: Box<csv::Writer<Whole>>, record: ByteRecord, field: Vec<u8>, has_header: bool },
}

impl Printer {
    pub(super) fn new(args: &Printing) -> Self {
        let form = match args.format {
            Form::Text => {
                Writer::Text { out: Whole::default(), line: Vec::new(), cell: Vec::new() }
            }
            Form::Jsonl => Writer::Jsonl(Box::new(Jsonl::new(&args.fields, args.utc))),
            Form::Csv => {
                let out = Box::new(csv::Writer::from_writer(Whole::default()));
                Writer::Csv { out, record: ByteRecord::new(), field: Vec::new(), has_header: false }
            }
        };
        let columns = args.fields.clone();
        let known = Known::for_columns(&columns);
        Self { columns, utc: args.utc, form, known }
    }

    /// Takes in an event that is perhaps not printed: it may tell of those to come.
    #[inline]
    pub(super) fn follow(&mut self, event: EventView<'_>) {
        self.known.take(event);
    }

    /// Processes of which is not known any more what they had mapped.
    pub(super) fn forgotten(&self) -> u64 {
        self.known.modules.as_ref().map_or(0, Modules::forgotten)
    }

    /// Whether times of day were asked for that the trace does not tell.
    pub(super) fn lacks_utc(&self, pass: &Pass) -> bool {
        let clock = &pass.parser.format().state().clock;
        let is_told = clock.origin_utc_ns.is_some() && clock.frequency.is_some();
        let is_asked = self.utc && self.columns.contains(&Column::Ts);
        is_asked && !is_told && pass.is_known() && pass.stats.events > 0
    }

    /// Prints one event.
    pub(super) fn event(&mut self, event: EventView<'_>) -> io::Result<()> {
        let Self { columns, utc, form, known } = self;
        match form {
            Writer::Text { out, line, cell } => {
                line.clear();
                for (number, column) in columns.iter().enumerate() {
                    cell.clear();
                    column.value(event, *utc, known).text(cell);
                    let is_last = number + 1 == columns.len();
                    pad(line, cell, column.layout(*utc), is_last);
                }
                out.write_all(line)?;
            }
            Writer::Jsonl(lines) => lines.event(event, known)?,
            Writer::Csv { out, record, field, has_header } => {
                header(out, columns, has_header)?;
                record.clear();
                for column in columns {
                    field.clear();
                    column.value(event, *utc, known).csv(field);
                    record.push_field(field);
                }
                out.write_byte_record(record).map_err(csv_error)?;
            }
        }
        match &mut self.form {
            Writer::Text { out, .. } => out.relieve(),
            Writer::Csv { out, .. } if out.get_ref().is_full() => out.flush(),
            Writer::Jsonl(_) | Writer::Csv { .. } => Ok(()),
        }
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
            Writer::Text { out, .. } => out.flush(),
            Writer::Jsonl(lines) => lines.flush(),
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

/// What went wrong below a CSV writer.
pub(crate) fn csv_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
