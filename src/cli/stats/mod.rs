//! `tracemill stats`: counts, bytes and rates, loss, and the memory it took.

mod csv;
pub(crate) mod loss;
mod memory;
mod report;
pub(crate) mod told;

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::Path;

use tracemill::{Batch, Config, Filter};

use super::args::{By, StatsArgs};
use super::console::Console;
use super::end::End;
use super::outcome::Outcome;
use super::pump::{self, Visitor};
use super::tally::Tally;
use super::{each, filter, json, remarks};

/// Counts the events of each file.
pub(crate) fn run(args: &StatsArgs) -> io::Result<Outcome> {
    let mut table = args.csv.then(csv::Table::new);
    let mut is_first = true;
    each(&args.files.files, |path| one(path, args, table.as_mut(), &mut is_first))
}

fn one(
    path: &Path,
    args: &StatsArgs,
    table: Option<&mut csv::Table>,
    is_first: &mut bool,
) -> io::Result<Outcome> {
    let mut console = Console::new(args.json, &args.reading, false);
    let filter = args.filters.is_given().then(|| args.filters.filter());
    let mut counts = Counts { tally: Tally::new(), filter };
    let config = Config::default();
    let Some(pass) = pump::pump(path, &args.reading, &config, &mut console, &mut counts)? else {
        return Ok(Outcome::IO);
    };
    let Counts { tally, filter } = counts;
    let is_filtered = filter.is_some();
    if let Some(filter) = filter {
        let took_any = tally.total().events > 0;
        filter::remarks(&filter, &args.filters, took_any, &pass, &console);
    }
    if !pass.is_known() {
        return Ok(pass.outcome);
    }
    let by = distinct(&args.by);
    if let Some(table) = table {
        table.rows(&pass.name, &tally, &by)?;
        remarks::print(&console, &pass);
        return Ok(pass.outcome);
    }
    let mut out = io::BufWriter::new(io::stdout().lock());
    if args.json {
        let mut report = report::Report::new(&pass, &tally, &by, args.memory);
        if is_filtered {
            report.tell_taken(&tally);
        }
        json::print_line(&mut out, &report)?;
    } else {
        if !std::mem::take(is_first) {
            writeln!(out)?;
        }
        report::print(&mut out, &pass, &tally, &by, is_filtered)?;
        loss::print(&mut out, &pass)?;
        for line in remarks::others(&pass.stats) {
            writeln!(out, "{line}")?;
        }
        if let End::Truncated(..) | End::Interrupted = &pass.end {
            writeln!(out, "{}", pass.end.describe())?;
        }
        if args.memory {
            memory::print(&mut out, &pass, &tally)?;
        }
    }
    out.flush()?;
    Ok(pass.outcome)
}

/// Counts the events that are taken.
struct Counts {
    tally: Tally,
    /// None if all are.
    filter: Option<Filter>,
}

impl Visitor for Counts {
    fn batch(&mut self, batch: &Batch<'_>) -> io::Result<ControlFlow<()>> {
        self.tally.follow(batch);
        let (state, events) = (batch.state(), batch.iter());
        match &mut self.filter {
            None => self.tally.batch(state, events),
            Some(filter) => self.tally.batch(state, events.filter(|event| filter.takes(*event))),
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// Each only once, in the order given.
fn distinct(by: &[By]) -> Vec<By> {
    let mut kept: Vec<By> = Vec::new();
    for by in by {
        if !kept.contains(by) {
            kept.push(*by);
        }
    }
    kept
}
