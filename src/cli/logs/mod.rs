//! `tracemill logs`: what programs log with `ILogger`, of running processes or of a recorded trace.

mod choice;
mod json;
mod levels;
mod line;
mod printer;
mod text;
mod values;

use std::io;

use tracemill::conventions::logging::{Form, PROVIDER};
use tracemill::ipc::{Provider, Rundown, SessionConfig};
use tracemill::{Config, Order};

use super::args::{LogsArgs, usage_error};
use super::attach::{Origin, Watch, watch};
use super::console::Console;
use super::outcome::Outcome;
use super::pump::{self, Pass};
use choice::Choice;
use levels::Levels;
use printer::Printer;

/// Keyword of messages as formatted text, which do not carry exceptions.
const FORMATTED: u64 = 4;
/// Keyword of messages with all that belongs to them.
const JSON: u64 = 8;
/// What messages are let through is in the filters: the source is to look at all.
const VERBOSE: u8 = 5;

/// Prints messages until all processes have ended, or it is stopped.
pub(crate) fn run(args: &LogsArgs) -> io::Result<Outcome> {
    let levels = Levels::parse(&args.level);
    let levels = levels.unwrap_or_else(|message| usage_error(&message));
    let config = session(&levels, form(args));
    watch(&args.source, &config, &Logs { args })
}

/// The form that a process is asked for.
fn form(args: &LogsArgs) -> Form {
    if args.no_exceptions && !args.is_json() { Form::Formatted } else { Form::Json }
}

fn session(levels: &Levels, form: Form) -> SessionConfig {
    let keyword = if form == Form::Formatted { FORMATTED } else { JSON };
    // In quotes, since arguments are separated by semicolons as these are.
    let arguments = format!("FilterSpecs=\"{}\"", levels.filter_specs());
    let provider = Provider::new(PROVIDER, keyword, VERBOSE).arguments(arguments);
    let mut config = SessionConfig::new(vec![provider]);
    config.rundown = Rundown::None;
    config
}

/// The verb.
struct Logs<'a> {
    args: &'a LogsArgs,
}

impl Watch for Logs<'_> {
    type Visitor = Printer;

    fn visitor(&self, origin: &Origin) -> Printer {
        let choice = if origin.pid.is_some() {
            Choice::of(form(self.args))
        } else {
            Choice::new(self.args.is_json())
        };
        Printer::new(self.args, origin, choice)
    }

    fn finish(&self, mut printer: Printer, pass: &Pass, console: &Console) -> io::Result<()> {
        printer.finish(console, !pass.is_stopped() && pass.is_known())
    }

    fn config(&self) -> Config {
        self.args.source.running.memory.limit(pump::limits(Order::Time, None))
    }

    fn is_json(&self) -> bool {
        self.args.is_json()
    }
}
