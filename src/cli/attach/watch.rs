//! Watches running processes, or reads a recorded trace, with the same visitor.

use std::io;
use std::path::Path;
use std::thread;
use std::time::Duration;

use clap::CommandFactory;
use tracemill::ipc::SessionConfig;
use tracemill::{Config, Order};

use super::{Attached, Source, Stopping, attach_without_stacks};
use crate::cli::args::{Cli, usage_error};
use crate::cli::console::Console;
use crate::cli::input::Input;
use crate::cli::outcome::Outcome;
use crate::cli::pump::{self, Pass, Visitor};
use crate::cli::remarks;

/// What events come from.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// What it is called in messages.
    pub name: String,
    /// The process, if it runs.
    pub pid: Option<u64>,
    /// Nanoseconds since the trace began from which on nothing is wanted.
    pub until_ns: Option<i64>,
}

/// What is done with each process or file.
pub(crate) trait Watch: Sync {
    /// What visits its events.
    type Visitor: Visitor;

    /// A visitor of events that come from there.
    fn visitor(&self, origin: &Origin) -> Self::Visitor;

    /// All has been visited.
    ///
    /// # Errors
    /// Output cannot be written.
    fn finish(&self, visitor: Self::Visitor, pass: &Pass, console: &Console) -> io::Result<()>;

    /// In which order events are wanted.
    fn order(&self) -> Order;

    /// Whether messages are JSON.
    fn is_json(&self) -> bool;

    /// Why it cannot be done with several processes, if it cannot.
    fn only_one(&self) -> Option<&'static str> {
        None
    }
}

/// Reads the file, or starts a session at each of the processes, without stacks, and reads until all
/// have ended or are stopped.
///
/// # Errors
/// Output cannot be written.
pub(crate) fn watch<W: Watch>(
    source: &Source,
    session: &SessionConfig,
    watch: &W,
) -> io::Result<Outcome> {
    if let Some(path) = &source.file {
        return read(path, source, watch);
    }
    if source.target.is_empty() {
        let message = "of what? -p PID, -n NAME or a FILE; see 'tracemill ps'";
        usage_error(Cli::command(), message);
    }
    let console = Console::live(watch.is_json(), source.reading.quiet);
    // Before anything is started, so that it can be stopped.
    let stopping = Stopping::default();
    stopping.at_interrupt()?;
    let (attached, mut outcome) =
        attach_without_stacks(&source.target, session, &stopping, &console);
    if let Some(why) = watch.only_one().filter(|_| attached.len() > 1) {
        // The sessions end with their streams.
        console.say(None, "session", None, why);
        outcome |= Outcome::TARGET;
        return Ok(outcome);
    }
    if let Some(duration) = source.duration.filter(|_| !attached.is_empty()) {
        stopping.after(duration)?;
    }
    outcome |= all(attached, source, watch, &stopping)?;
    Ok(outcome)
}

fn read<W: Watch>(path: &Path, source: &Source, watch: &W) -> io::Result<Outcome> {
    let mut console = Console::new(watch.is_json(), &source.reading, true);
    let name = path.to_string_lossy().into_owned();
    let until_ns = source.duration.map(ns);
    let mut visitor = watch.visitor(&Origin { name, pid: None, until_ns });
    let config = config(watch.order());
    let pass = pump::pump(path, &source.reading, &config, &mut console, &mut visitor)?;
    let Some(pass) = pass else { return Ok(Outcome::IO) };
    watch.finish(visitor, &pass, &console)?;
    remarks::print(&console, &pass);
    Ok(pass.outcome)
}

/// Each process on a thread of its own.
fn all<W: Watch>(
    attached: Vec<Attached>,
    source: &Source,
    watch: &W,
    stopping: &Stopping,
) -> io::Result<Outcome> {
    let mut outcome = Outcome::default();
    thread::scope(|scope| {
        let start = |process| scope.spawn(move || one(process, source, watch, stopping));
        let threads: Vec<_> = attached.into_iter().map(start).collect();
        for thread in threads {
            match thread.join() {
                Ok(one) => outcome |= one?,
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(outcome)
    })
}

fn one<W: Watch>(
    process: Attached,
    source: &Source,
    watch: &W,
    stopping: &Stopping,
) -> io::Result<Outcome> {
    let mut console = Console::live(watch.is_json(), source.reading.quiet);
    let origin = Origin { name: process.name.clone(), pid: Some(process.pid), until_ns: None };
    let mut visitor = watch.visitor(&origin);
    let input = Input::live(process.name, process.reader)?;
    let config = config(watch.order());
    let pass = pump::pump_input(input, true, &config, &mut console, &mut visitor);
    // Whoever reads the output has gone, or has seen enough: nobody needs the session any more.
    if pass.as_ref().map_or(true, Pass::is_stopped) {
        stopping.stop();
    }
    let mut pass = pass?;
    let finished = watch.finish(visitor, &pass, &console);
    if finished.is_err() {
        stopping.stop();
    }
    finished?;
    // Nobody waits for what may come later, so that this is as it should be.
    pass.stats.early = 0;
    remarks::print(&console, &pass);
    let mut outcome = pass.outcome;
    if pass.stats.lost > 0 && source.reading.fail_on_loss {
        outcome |= Outcome::LOSS;
    }
    Ok(outcome)
}

/// Limits for the parser.
fn config(order: Order) -> Config {
    let mut config = Config::default();
    config.order = order;
    if order == Order::Time {
        // The budget is for the rest as it is by default.
        config.budget = config.budget.saturating_add(config.max_held);
    }
    config
}

fn ns(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}
