//! `tracemill stats`: counts, bytes and rates, loss, and the memory it took.

mod csv;
mod loss;
mod memory;
mod report;

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::Path;

use tracemill::{Batch, Config};

use super::args::{By, StatsArgs};
use super::console::Console;
use super::end::End;
use super::outcome::Outcome;
use super::pump::{self, Visitor};
use super::tally::Tally;
use super::{each, json, remarks};

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
    let mut tally = Tally::new();
    let Some(pass) = pump::pump(path, &args.reading, &Config::default(), &mut console, &mut tally)?
    else {
        return Ok(Outcome::IO);
    };
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
        json::print_line(&mut out, &report::Report::new(&pass, &tally, &by, args.memory))?;
    } else {
        if !std::mem::take(is_first) {
            writeln!(out)?;
        }
        report::print(&mut out, &pass, &tally, &by)?;
        loss::print(&mut out, &pass)?;
        for line in remarks::others(&pass.stats) {
            writeln!(out, "{line}")?;
        }
        if let End::Truncated(..) = &pass.end {
            writeln!(out, "{}", pass.end.describe())?;
        }
        if args.memory {
            memory::print(&mut out, &pass, &tally)?;
        }
    }
    out.flush()?;
    Ok(pass.outcome)
}

impl Visitor for Tally {
    fn batch(&mut self, batch: &Batch<'_>) -> io::Result<ControlFlow<()>> {
        Tally::batch(self, batch);
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
