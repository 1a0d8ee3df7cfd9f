//! `tracemill events`: one line an event. Nothing is allocated for an event.

mod column;
mod fields;
mod json;
mod labels;
mod message;
mod printer;
mod value;

use std::io;
use std::ops::ControlFlow;

use tracemill::Batch;

use super::args::EventsArgs;
use super::console::Console;
use super::filter::Filter;
use super::outcome::Outcome;
use super::pump::{self, Visitor};
use super::tally::ClassTable;
use super::{each, remarks};
pub(crate) use column::Column;
use printer::Printer;
pub(crate) use printer::csv_error;

/// Classes of which a decision is kept.
const MAX_DECISIONS: usize = 1 << 14;

/// Prints the events of one file.
pub(crate) fn run(args: &EventsArgs) -> io::Result<Outcome> {
    each(std::slice::from_ref(&args.file), |path| {
        let mut console = Console::new(args.is_json(), &args.reading, true);
        let filter = Filter::new(&args.filters);
        let mut lines = Lines {
            decisions: ClassTable::new(MAX_DECISIONS, true, filter.class(None)),
            filter,
            printer: Printer::new(args),
            left: args.count.unwrap_or(u64::MAX),
            has_time: true,
        };
        let pass = pump::pump(path, &args.reading, &args.config(), &mut console, &mut lines)?;
        lines.printer.flush()?;
        let Some(pass) = pass else {
            return Ok(Outcome::IO);
        };
        if !lines.has_time {
            console.remark(&pass.name, "its clock does not tell enough for --time; no event taken");
        }
        remarks::print(&console, &pass);
        Ok(pass.outcome)
    })
}

/// Prints what passes the filters.
struct Lines {
    filter: Filter,
    /// Whether a class passes.
    decisions: ClassTable<bool>,
    printer: Printer,
    left: u64,
    has_time: bool,
}

impl Visitor for Lines {
    fn batch(&mut self, batch: &Batch<'_>) -> io::Result<ControlFlow<()>> {
        self.decisions.make_room(batch.len());
        self.decisions.begin_batch();
        if !batch.is_empty() {
            self.has_time &= self.filter.begin_batch(batch.state());
        }
        for event in batch {
            if self.left == 0 {
                return Ok(ControlFlow::Break(()));
            }
            let passes = *self.decisions.entry(event, |class| self.filter.class(Some(class)));
            if passes && self.filter.event(event) {
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
