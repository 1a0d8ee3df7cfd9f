//! Watches running processes, or reads a recorded trace, with the same visitor.

use std::io;
use std::path::Path;
use std::time::Duration;

use tracemill::Config;
use tracemill::ipc::SessionConfig;

use super::{Source, live};
use crate::cli::args::usage_error;
use crate::cli::console::Console;
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

    /// A session has ended, and another of the same process begins.
    ///
    /// # Errors
    /// Output cannot be written.
    fn renewed(&self, _visitor: &mut Self::Visitor) -> io::Result<()> {
        Ok(())
    }

    /// Limits for the parser.
    fn config(&self) -> Config;

    /// Whether messages are JSON.
    fn is_json(&self) -> bool;

    /// Why it cannot be done with several processes, if it cannot.
    fn only_one(&self) -> Option<&'static str> {
        None
    }
}

/// Reads the file, or asks each of the processes for `session`, and reads until all have ended or are
/// stopped. Nobody looks at stacks.
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
    if source.running.is_empty() {
        let message = "of what? -p PID, -n NAME, --dport PATH or a FILE; see 'tracemill ps'";
        usage_error(message);
    }
    let asked = live::Asked {
        running: &source.running,
        config: session,
        named: &[],
        needs_stacks: false,
        duration: source.duration,
        is_quiet: source.reading.quiet,
        fail_on_loss: source.reading.fail_on_loss,
    };
    live::watch(&asked, watch)
}

fn read<W: Watch>(path: &Path, source: &Source, watch: &W) -> io::Result<Outcome> {
    let mut console = Console::new(watch.is_json(), &source.reading, true);
    let name = path.to_string_lossy().into_owned();
    let until_ns = source.duration.map(ns);
    let mut visitor = watch.visitor(&Origin { name, pid: None, until_ns });
    let config = watch.config();
    let pass = pump::pump(path, &source.reading, &config, &mut console, &mut visitor)?;
    let Some(pass) = pass else { return Ok(Outcome::IO) };
    watch.finish(visitor, &pass, &console)?;
    remarks::print(&console, &pass);
    Ok(pass.outcome)
}

fn ns(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}
