//! `tracemill events`: one line an event. Nothing is allocated for an event.

mod column;
mod fields;
mod labels;
mod printer;
mod value;

use std::io;
use std::ops::ControlFlow;

use tracemill::{Batch, Filter};

use super::args::EventsArgs;
use super::console::Console;
use super::filter;
use super::outcome::Outcome;
use super::pump::{self, Visitor};
use super::{each, text};
pub(crate) use column::Column;
use printer::Printer;
pub(crate) use printer::csv_error;

/// Prints the events of one file.
pub(crate) fn run(args: &EventsArgs) -> io::Result<Outcome> {
    each(std::slice::from_ref(&args.file), |path| {
        let mut console = Console::new(args.is_json(), &args.reading, true);
        let mut lines = Lines {
            filter: args.filters.filter(),
            printer: Printer::new(args),
            left: args.count.unwrap_or(u64::MAX),
        };
        let pass = pump::pump(path, &args.reading, &mut console, &mut lines)?;
        lines.printer.flush()?;
        let Some(pass) = pass else {
            return Ok(Outcome::IO);
        };
        filter::remarks(&lines.filter, &pass, &console);
        let hidden = pass.stats.lost_after_damage;
        for (count, what) in [
            (pass.stats.lost - hidden, "events were lost when the trace was made"),
            (hidden, "events are missing after damage"),
        ] {
            if count > 0 {
                console.remark(&pass.name, &format!("{} {what}", text::grouped(count)));
            }
        }
        Ok(pass.outcome)
    })
}

/// Prints what passes the filters.
struct Lines {
    filter: Filter,
    printer: Printer,
    left: u64,
}

impl Visitor for Lines {
    fn batch(&mut self, batch: &Batch<'_>) -> io::Result<ControlFlow<()>> {
        for event in batch {
            if self.left == 0 {
                return Ok(ControlFlow::Break(()));
            }
            if self.filter.takes(event) {
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
