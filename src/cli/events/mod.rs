//! `tracemill events`: one line an event. Nothing is allocated for an event.

mod column;
mod fields;
mod frames;
mod json;
mod jsonl;
mod message;
mod printer;
mod value;

use std::io;
use std::ops::ControlFlow;

use tracemill::{Batch, Filter, Format};

use super::args::{EventsArgs, Filters, Printing};
use super::console::Console;
use super::filter;
use super::outcome::Outcome;
use super::pump::{self, Pass, Visitor};
use super::{each, remarks, text};
pub(crate) use column::Column;
use printer::Printer;
pub(crate) use printer::csv_error;

/// Prints the events of one file.
pub(crate) fn run(args: &EventsArgs) -> io::Result<Outcome> {
    each(std::slice::from_ref(&args.file), |path| {
        let printing = &args.printing;
        let mut console = Console::new(printing.is_json(), &args.reading, true);
        let mut lines =
            Lines::new(printing, args.filters.filter(), args.filters.clone(), args.count);
        let config = printing.config();
        let pass = pump::pump(path, &args.reading, &config, &mut console, &mut lines)?;
        let Some(pass) = pass else {
            return Ok(Outcome::IO);
        };
        lines.finish(&pass)?;
        lines.remarks(&pass, &console);
        remarks::print(&console, &pass);
        Ok(pass.outcome)
    })
}

/// Prints what passes the filters.
pub(crate) struct Lines {
    /// What is printed.
    filter: Filter,
    /// As they were given.
    filters: Filters,
    took_any: bool,
    printer: Printer,
    left: u64,
}

impl Lines {
    /// Prints at most `count` events.
    pub(crate) fn new(
        printing: &Printing,
        filter: Filter,
        filters: Filters,
        count: Option<u64>,
    ) -> Self {
        let printer = Printer::new(printing);
        Self { filter, filters, took_any: false, printer, left: count.unwrap_or(u64::MAX) }
    }

    /// Prints what is still to be printed of a trace that was read.
    ///
    /// # Errors
    /// Output cannot be written.
    pub(crate) fn finish(&mut self, pass: &Pass) -> io::Result<()> {
        if pass.is_known() { self.printer.finish() } else { Ok(()) }
    }

    /// Says what has to be known of what was printed.
    pub(crate) fn remarks(&self, pass: &Pass, console: &Console) {
        filter::remarks(&self.filter, &self.filters, self.took_any, pass, console);
        if self.printer.lacks_utc(pass) {
            let message = "the trace does not tell what time of day it was, which --utc asks for";
            let how = match pass.parser.format().state().trace.format {
                "perf.data" => ": perf record -k CLOCK_MONOTONIC writes it",
                _ => "",
            };
            console.remark(&pass.name, &format!("{message}{how}"));
        }
        let forgotten = self.printer.forgotten();
        if forgotten > 0 {
            let message = format!(
                "what {} had mapped was forgotten, since there was too much of it",
                text::counted(forgotten, "process", "processes")
            );
            console.remark(&pass.name, &message);
        }
    }
}

impl Visitor for Lines {
    fn batch(&mut self, batch: &Batch<'_>) -> io::Result<ControlFlow<()>> {
        for event in batch {
            if self.left == 0 {
                return Ok(ControlFlow::Break(()));
            }
            self.printer.follow(event);
            if self.filter.takes(event) {
                self.took_any = true;
                self.printer.event(event)?;
                self.left -= 1;
            }
        }
        // Nothing more is asked of the input than was needed.
        Ok(if self.left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    fn pause(&mut self) -> io::Result<()> {
        self.printer.flush()
    }
}
