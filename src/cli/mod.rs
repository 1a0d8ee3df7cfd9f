//! The verbs, and what they share: data goes to standard output, all else to standard error.
//!
//! `args.rs` defines the verbs; `info/`, `stats/` and `events/` carry them out, each as a visitor
//! of the one loop in `pump.rs`, which takes chunks from `input.rs` and reports damage through
//! `console.rs`. `attach/` is what the verbs for running processes share; `collect/` writes what they
//! send, and lets the same loop follow the file.

mod args;
mod attach;
mod collect;
mod console;
mod counters;
mod end;
mod events;
mod filter;
mod info;
mod input;
mod interrupt;
mod json;
mod list_profiles;
mod live;
mod logs;
mod manual;
mod map;
mod monitor;
mod none;
mod outcome;
mod progress;
mod ps;
mod pump;
mod remarks;
mod stats;
mod table;
mod tally;
mod text;
mod time;
mod unknown;
mod version;
mod whole;

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use args::{Cli, Verb};
use console::Console;
use interrupt::Interrupt;
use outcome::Outcome;

/// Does what the command line asks for.
pub(crate) fn run() -> ExitCode {
    let matches = Cli::command().get_matches();
    if let Some(verb) = matches.subcommand_name() {
        args::begin(verb);
    }
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let json = cli.verb.as_ref().is_some_and(Verb::is_json);
    match dispatch(cli) {
        Ok(outcome) => ExitCode::from(outcome.code()),
        // Whoever read the output has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            let message = format!("cannot write: {}", input::explain(&error));
            Console::plain(json).say(None, "io", None, &message);
            ExitCode::from(Outcome::IO.code())
        }
    }
}

fn dispatch(cli: Cli) -> io::Result<Outcome> {
    match cli.verb {
        _ if cli.version => version::print(cli.verbose),
        None => args::usage_error("a verb is needed; see 'tracemill --help'"),
        Some(Verb::Info(args)) => info::run(&args),
        Some(Verb::Stats(args)) => stats::run(&args),
        Some(Verb::Events(args)) => events::run(&args),
        Some(Verb::Ps(args)) => ps::run(&args),
        Some(Verb::Monitor(args)) => monitor::run(&args),
        Some(Verb::Counters(args)) => counters::run(&args),
        Some(Verb::Logs(args)) => logs::run(&args),
        Some(Verb::Collect(args)) => collect::run(&args),
        Some(Verb::ListProfiles(args)) => list_profiles::run(&args),
        Some(Verb::ListFormats(args)) => version::list_formats(args.json),
        Some(Verb::Completions(args)) => manual::completions(args.shell),
        Some(Verb::Man(args)) => manual::pages(args.dir.as_deref()),
    }
}

/// Does the same to each file, whatever happens to the others.
fn each(
    files: &[PathBuf],
    mut verb: impl FnMut(&Path) -> io::Result<Outcome>,
) -> io::Result<Outcome> {
    if files.iter().filter(|path| input::is_stdin(path)).count() > 1 {
        args::usage_error("standard input ('-') can be read only once");
    }
    let mut outcome = Outcome::default();
    for path in files {
        outcome |= verb(path)?;
        if Interrupt::taken().is_some_and(|interrupt| interrupt.is_set()) {
            break;
        }
    }
    Ok(outcome)
}
