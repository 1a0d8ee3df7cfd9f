//! Which running processes are watched: those that run, or those that come to a port.

use std::path::Path;
use std::time::Duration;

use clap::{ArgAction, Args};
use tracemill::Config;
use tracemill::ipc::{Client, Error, Runtime, Timeouts};

use super::{Found, Target, duration};
use crate::cli::args::bytes;

/// Processes, and how they are watched.
#[derive(Args, Debug)]
pub(crate) struct Running {
    #[command(flatten)]
    pub target: Target,
    /// All processes that dial in at this path, which they are told by `DOTNET_DiagnosticPorts`, from
    /// their start and for as long as others may come; with ',connect', the one that listens there
    #[arg(
        long = "diagnostic-port",
        visible_alias = "dport",
        value_name = "PATH[,connect]",
        conflicts_with_all = ["process_ids", "names"]
    )]
    pub port: Option<String>,
    /// Let processes run that were started suspended, once they are watched
    #[arg(long, value_name = "BOOL", default_value_t = true, num_args = 0..=1,
          default_missing_value = "true", action = ArgAction::Set)]
    pub resume_runtime: bool,
    /// Ask each process anew after this time, as 1h: the names of events, which only grow as long as
    /// a session lives, are forgotten then, and times count from there again. The old session is read
    /// to its end before the new one begins, so that nothing comes twice; what happens between the
    /// two, usually some milliseconds, is not seen, and a message says how long that was. Of counters,
    /// the interval under way is lost as well, and totals of instruments begin at 0 again
    #[arg(long, value_name = "TIME", value_parser = some_time)]
    pub renew_every: Option<Duration>,
    #[command(flatten)]
    pub memory: Memory,
}

/// How much is held.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    /// The most memory that what is read of one process may take, with K, M or G for units of 1024, at
    /// least 4M: names of events, threads, stacks, what waits for its turn. Beyond it, events come
    /// without their names, or out of order, and a message says how many. By default it is as much as
    /// 384M, of which few programs need a tenth
    #[arg(long = "max-memory", value_name = "BYTES", value_parser = some_bytes)]
    pub max: Option<usize>,
}

impl Memory {
    /// The limits, lowered to what was asked for.
    pub(crate) fn limit(self, mut config: Config) -> Config {
        if let Some(max) = self.max {
            config.budget = max;
            // Each process has but one.
            config.threads = 1;
        }
        config
    }
}

impl Running {
    /// Whether no process is named.
    pub(crate) fn is_empty(&self) -> bool {
        self.target.is_empty() && self.port.is_none()
    }
}

/// Where processes dial in, or one listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dial<'a> {
    /// They dial in at this path.
    Port(&'a Path),
    /// One listens at this path.
    Listening(&'a Path),
}

impl<'a> Dial<'a> {
    /// `PATH`, `PATH,listen` or `PATH,connect`.
    pub(crate) fn of(port: &'a str) -> Self {
        match port.strip_suffix(",connect") {
            Some(path) => Self::Listening(Path::new(path)),
            None => Self::Port(Path::new(port.strip_suffix(",listen").unwrap_or(port))),
        }
    }
}

impl Found {
    fn new(pid: u64, app: String, client: Client) -> Self {
        Self { name: format!("process {pid}"), pid, app, client }
    }

    /// The process that listens at a path.
    ///
    /// # Errors
    /// It does not, or does not answer.
    pub(crate) fn listening(path: &Path) -> Result<Self, Error> {
        let client = Client::connect(path, Timeouts::default())?;
        let info = client.process_info()?;
        Ok(Self::new(info.pid, info.entry_assembly.unwrap_or_default(), client))
    }

    /// A process that dialled in; it is asked for the name of its program if that is not known.
    pub(crate) fn dialled(runtime: &Runtime, app: Option<String>) -> Self {
        let client = runtime.client().clone();
        let ask = || client.process_info().ok()?.entry_assembly;
        let app = app.or_else(ask).unwrap_or_default();
        Self::new(runtime.pid(), app, client)
    }

    /// Lets the process run, if it was started suspended.
    ///
    /// # Errors
    /// Those of [`Client::resume`].
    pub(crate) fn resume(&self) -> Result<(), Error> {
        match self.client.resume() {
            // Older than ports, and so not suspended.
            Err(Error::UnknownCommand) => Ok(()),
            resumed => resumed,
        }
    }
}

/// Enough memory to work in.
fn some_bytes(text: &str) -> Result<usize, String> {
    let bytes = bytes(text)?;
    if bytes < 4 << 20 {
        return Err("expected 4M or more".to_owned());
    }
    Ok(bytes)
}

/// A time that is long enough for something to happen in it.
pub(crate) fn some_time(text: &str) -> Result<Duration, String> {
    let time = duration(text)?;
    if time < Duration::from_secs(1) {
        return Err("expected a second or more".to_owned());
    }
    Ok(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_enough_to_work_in() {
        assert!(some_bytes("4M").is_ok() && some_bytes("3M").is_err() && some_bytes("x").is_err());
        let memory = |max| Memory { max }.limit(Config::default());
        assert_eq!(memory(None), Config::default());
        let small = memory(Some(8 << 20));
        assert!(small.fitted().worst_case() <= 8 << 20);
    }

    #[test]
    fn a_port_is_ours_or_theirs() {
        let path = Path::new("/tmp/a,b");
        assert_eq!(Dial::of("/tmp/a,b"), Dial::Port(path));
        assert_eq!(Dial::of("/tmp/a,b,listen"), Dial::Port(path));
        assert_eq!(Dial::of("/tmp/a,b,connect"), Dial::Listening(path));
    }
}
