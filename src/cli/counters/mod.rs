//! `tracemill counters`: counters of event sources and instruments of meters, of running processes
//! or of a recorded trace.
//!
//! `wanted.rs` reads what is asked for, `session.rs` asks the process for it; `collector.rs` makes
//! samples of events, holds some back (`hold.rs`) and hands them to an output: `tables.rs`, `csv.rs`,
//! `json.rs` or `jsonl.rs`.

mod collector;
mod columns;
mod csv;
mod hold;
mod json;
mod jsonl;
mod number;
mod output;
mod place;
mod row;
mod sample;
mod series;
mod session;
mod tables;
mod told;
mod wanted;
mod when;

use std::io::{self, ErrorKind, IsTerminal};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tracemill::ipc::{Places, SessionConfig};
use tracemill::{Config, Format, Order};

use super::args::{CounterForm, CountersArgs, usage_error};
use super::attach::{Origin, Watch, watch};
use super::console::Console;
use super::input;
use super::outcome::Outcome;
use super::pump::{self, Pass};
use collector::{Collector, Shared, lock};
use output::Output;
use place::Place;
use session::Ask;
use tables::{Plain, Screen, Style};
use told::Told;
use wanted::Wanted;

/// What dotnet-counters shows if nothing is named.
const DEFAULT: &str = "System.Runtime";

/// Shows counters until all processes have ended, or it is stopped.
pub(crate) fn run(args: &CountersArgs) -> io::Result<Outcome> {
    let wanted = wanted(args).unwrap_or_else(|message| usage_error(&message));
    let form = args.form();
    if form == CounterForm::Table && args.output.is_some() {
        usage_error("-o needs --format csv, json or jsonl");
    }
    let ask = Ask {
        refresh_interval: args.interval(),
        max_histograms: args.max_histograms,
        max_time_series: args.max_time_series,
        client_id: session::client_id(),
    };
    let config = if args.source.is_live() {
        let config = session::session(&wanted, &ask);
        config.unwrap_or_else(|message| usage_error(&message))
    } else {
        SessionConfig::new(Vec::new())
    };
    let output = match make_output(args, form) {
        Ok(output) => Arc::new(Mutex::new(output)),
        Err(error) => {
            let name = args.output.as_ref().map(|path| path.to_string_lossy());
            let console = Console::plain(args.is_json());
            let is_there = error.kind() == ErrorKind::AlreadyExists;
            let (kind, outcome) =
                if is_there { ("output", Outcome::USAGE) } else { ("io", Outcome::IO) };
            console.say(name.as_deref(), kind, None, &input::explain_new(&error));
            return Ok(outcome);
        }
    };
    let has_read = AtomicBool::new(false);
    let verb = Counters { args, form, wanted, ask, output, has_read };
    let mut outcome = watch(&args.source, &config, &verb)?;
    // Where nothing could be had, there is nothing to show either.
    if verb.has_read.into_inner()
        && let Err(error) = lock(&verb.output).close()
    {
        let Some(path) = &args.output else { return Err(error) };
        let console = Console::plain(args.is_json());
        console.say(Some(&path.to_string_lossy()), "io", None, &input::explain(&error));
        outcome |= Outcome::IO;
    }
    Ok(outcome)
}

fn wanted(args: &CountersArgs) -> Result<Wanted, String> {
    let mut wanted = Wanted::default();
    for list in &args.counters {
        wanted.add_list(list)?;
    }
    if wanted.providers.is_empty() && args.source.is_live() {
        wanted.add_list(DEFAULT)?;
    }
    Ok(wanted)
}

fn make_output(args: &CountersArgs, form: CounterForm) -> io::Result<Box<dyn Output>> {
    let max_series = usize::try_from(args.max_time_series).unwrap_or(usize::MAX);
    let style = Style { deltas: args.show_deltas, max_series };
    let place = || Place::new(args.output.as_deref(), args.yes);
    Ok(match form {
        CounterForm::Table if args.source.is_live() && io::stdout().is_terminal() => {
            Box::new(Screen::new(style))
        }
        CounterForm::Table => Box::new(Plain::new(style)),
        CounterForm::Csv => Box::new(csv::Csv::new(place()?)),
        CounterForm::Json => {
            let start = if args.source.is_live() { when::now() } else { None };
            Box::new(json::Json::new(place()?, process_name(args), start)?)
        }
        CounterForm::Jsonl => Box::new(jsonl::Jsonl::new(place()?)),
    })
}

/// Name of the process, or of the file.
fn process_name(args: &CountersArgs) -> String {
    let target = &args.source.running.target;
    if let Some(path) = &args.source.file {
        return path.to_string_lossy().into_owned();
    }
    let of_pid = |pid: &u32| Places::of_system().find(*pid).ok().map(|process| process.name);
    let by_pid = target.process_ids.first().and_then(of_pid);
    by_pid.or_else(|| target.names.first().cloned()).unwrap_or_default()
}

/// The verb.
struct Counters<'a> {
    args: &'a CountersArgs,
    form: CounterForm,
    wanted: Wanted,
    ask: Ask,
    output: Shared,
    /// There was something to read.
    has_read: AtomicBool,
}

impl Watch for Counters<'_> {
    type Visitor = Collector;

    fn visitor(&self, origin: &Origin) -> Collector {
        let console = Console::live(self.is_json(), self.args.source.reading.quiet);
        let told = Told::new(console, origin, Some(self.ask.clone()));
        Collector::new(
            origin.clone(),
            told,
            self.wanted.clone(),
            Arc::clone(&self.output),
            self.args.interval_ms(),
            self.args.interval(),
        )
    }

    fn finish(&self, mut collector: Collector, pass: &Pass, _: &Console) -> io::Result<()> {
        self.has_read.store(true, Ordering::Relaxed);
        collector.finish(pass.parser.format().state().clock.origin_utc_ns)?;
        let refused = lock(&self.output).leave(&collector.origin);
        collector.rest(refused, !pass.is_stopped() && pass.is_known());
        Ok(())
    }

    fn renewed(&self, collector: &mut Collector) -> io::Result<()> {
        collector.renew()
    }

    fn config(&self) -> Config {
        self.args.source.running.memory.limit(pump::limits(Order::File, None))
    }

    fn is_json(&self) -> bool {
        self.args.is_json()
    }

    fn only_one(&self) -> Option<&'static str> {
        let is_of_one = matches!(self.form, CounterForm::Csv | CounterForm::Json);
        is_of_one.then_some("csv and json are of one process, and more than one was found")
    }
}
