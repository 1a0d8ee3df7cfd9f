//! `tracemill info`: what a trace is, what is in it, and how it ends.

mod report;

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::Path;

use tracemill::{Batch, Config, EventView, Filter};

use super::args::InfoArgs;
use super::console::Console;
use super::outcome::Outcome;
use super::pump::{self, Visitor};
use super::tally::Tally;
use super::{each, filter, json, table};
use report::Report;
pub(crate) use report::version;

/// Describes each file.
pub(crate) fn run(args: &InfoArgs) -> io::Result<Outcome> {
    let mut is_first = true;
    each(&args.files.files, |path| one(path, args, &mut is_first))
}

fn one(path: &Path, args: &InfoArgs, is_first: &mut bool) -> io::Result<Outcome> {
    let mut console = Console::new(args.json, &args.reading, false);
    let filter = args.filters.is_given().then(|| args.filters.filter());
    let mut census = Census { tally: Tally::new(), with_stack: 0, frame_bytes: 0, filter };
    let config = Config::default();
    let Some(pass) = pump::pump(path, &args.reading, &config, &mut console, &mut census)? else {
        return Ok(Outcome::IO);
    };
    if let Some(filter) = &census.filter {
        let took_any = census.tally.total().events > 0;
        filter::remarks(filter, &args.filters, took_any, &pass, &console);
    }
    if pass.is_known() {
        let report = Report::new(&pass, &census);
        let mut out = io::stdout().lock();
        if args.json {
            json::print_line(&mut out, &report)?;
        } else {
            if !std::mem::take(is_first) {
                writeln!(out)?;
            }
            table::pairs(&mut out, &report.lines())?;
        }
        out.flush()?;
    }
    Ok(pass.outcome)
}

/// All that is counted event by event, of those that are taken.
struct Census {
    tally: Tally,
    with_stack: u64,
    frame_bytes: u64,
    /// None if all are.
    filter: Option<Filter>,
}

impl Census {
    fn events<'a>(&mut self, batch: &Batch<'a>, events: impl Iterator<Item = EventView<'a>>) {
        let stacks = (&mut self.with_stack, &mut self.frame_bytes);
        let events = events.inspect(|event| {
            if let Some(stack) = event.stack().filter(|stack| !stack.is_empty()) {
                *stacks.0 += 1;
                *stacks.1 += stack.len() as u64;
            }
        });
        self.tally.batch(batch.state(), events);
    }
}

impl Visitor for Census {
    fn batch(&mut self, batch: &Batch<'_>) -> io::Result<ControlFlow<()>> {
        match self.filter.take() {
            None => self.events(batch, batch.iter()),
            Some(mut filter) => {
                self.events(batch, batch.iter().filter(|event| filter.takes(*event)));
                self.filter = Some(filter);
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}
