//! The counts as CSV: one table for all files and all that was counted by.

use std::io::{self, Stdout};

use csv::Writer;

use super::report::event;
use crate::cli::args::By;
use crate::cli::events::csv_error;
use crate::cli::json::Int;
use crate::cli::tally::{Row, Tally, rows};

const HEADER: [&str; 13] = [
    "file",
    "by",
    "process",
    "thread",
    "thread_name",
    "provider",
    "event",
    "id",
    "version",
    "events",
    "payload_bytes",
    "share",
    "events_per_second",
];

/// The table, as it is written.
pub(super) struct Table {
    writer: Writer<Stdout>,
    has_header: bool,
}

impl Table {
    pub(super) fn new() -> Self {
        Self { writer: Writer::from_writer(io::stdout()), has_header: false }
    }

    /// Adds the rows of one file.
    pub(super) fn rows(&mut self, file: &str, tally: &Tally, by: &[By]) -> io::Result<()> {
        self.header()?;
        for by in by {
            for row in rows(tally, *by) {
                self.row(file, *by, &row).map_err(csv_error)?;
            }
        }
        self.writer.flush()
    }

    fn header(&mut self) -> io::Result<()> {
        if !std::mem::replace(&mut self.has_header, true) {
            self.writer.write_record(HEADER).map_err(csv_error)?;
        }
        Ok(())
    }

    fn row(&mut self, file: &str, by: By, row: &Row<'_>) -> csv::Result<()> {
        let text = |number: Option<Int>| number.map(|number| number.to_string());
        let number = |number: Option<u32>| number.map(|number| number.to_string());
        let is_class = by == By::Event;
        self.writer.write_record([
            file,
            by.name(),
            &text(row.process).unwrap_or_default(),
            &text(row.thread).unwrap_or_default(),
            row.thread_name.as_deref().unwrap_or_default(),
            row.provider.unwrap_or_default(),
            &if is_class { event(row) } else { String::new() },
            &number(row.id).unwrap_or_default(),
            &number(row.version).unwrap_or_default(),
            &row.events.to_string(),
            &row.payload_bytes.to_string(),
            &format!("{:.6}", row.share),
            &row.events_per_second.map(|rate| format!("{rate:.3}")).unwrap_or_default(),
        ])
    }
}
