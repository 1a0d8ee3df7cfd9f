//! Running processes on the command line: which, and what a session asks of them.

mod ids;
mod live;
mod profiles;
mod providers;
pub(crate) mod renew;
mod running;
mod sessions;
mod silent;
mod source;
mod stopping;
mod watch;

use std::time::Duration;

use clap::Args;
use tracemill::ipc::{Client, Error, Places, Process, Reader, Rundown, SessionConfig, Timeouts};

pub(crate) use live::{Asked, watch as live};
pub(crate) use profiles::{PROFILES, Profile};
pub(crate) use providers::Providers;
pub(crate) use running::{Dial, Memory, Running, some_time};
pub(crate) use silent::Silent;
pub(crate) use source::Source;
pub(crate) use stopping::{Stopping, Unheard, Why};
pub(crate) use watch::{Origin, Watch, watch};

use tracemill::Glob;

use super::console::Console;
use super::outcome::Outcome;

/// Which processes.
#[derive(Args, Debug)]
pub(crate) struct Target {
    /// The process; may be repeated
    #[arg(short = 'p', long = "process-id", value_name = "PID")]
    pub process_ids: Vec<u32>,
    /// Processes of this name, '*' for any text; may be repeated
    #[arg(short = 'n', long = "name", value_name = "NAME")]
    pub names: Vec<String>,
}

impl Target {
    /// Whether no process is named.
    pub(crate) fn is_empty(&self) -> bool {
        self.process_ids.is_empty() && self.names.is_empty()
    }
}

/// What a session asks for.
#[derive(Args, Debug)]
pub(crate) struct Asking {
    /// Providers, comma separated: NAME[:KEYWORDS[:LEVEL[:ARGUMENTS]]]; keywords are hexadecimal,
    /// levels 0 to 5 or names. Without keywords it is asked for 0, which leaves out all events that
    /// have any, and without a level for 4 (informational), both as dotnet-trace does; all there is
    /// has NAME:0xffffffffffffffff:5. '*' in NAME is no pattern
    #[arg(long, value_name = "LIST")]
    pub providers: Vec<String>,
    /// Sets of providers, comma separated; see 'tracemill list-profiles'
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub profile: Vec<String>,
    /// Of a provider only these events, by number, as My-Source=1,2,10-12, or all but these, as
    /// My-Source!=3; may be repeated. The process itself leaves the others out (.NET 10)
    #[arg(long, value_name = "NAME=IDS")]
    pub event_ids: Vec<String>,
    /// Events of the runtime by kind, joined with '+', as gc+jit
    #[arg(long, value_name = "KINDS")]
    pub clrevents: Option<String>,
    /// How much of --clrevents
    #[arg(long, value_name = "LEVEL", default_value = "informational")]
    pub clreventlevel: String,
    /// Megabytes of the process that its events may fill before they are read; then the newest are
    /// lost
    #[arg(long, value_name = "MB", default_value_t = 256)]
    pub buffersize: u32,
    /// Ask for events without call stacks, which cost the process most of an event (.NET 8)
    #[arg(long)]
    pub no_stacks: bool,
    /// Stop after this time: a number with a unit, as 90s or 5m, or dd:hh:mm:ss
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub duration: Option<Duration>,
}

impl Asking {
    /// The providers that are named one by one, as they are written.
    pub(crate) fn named(&self) -> Vec<String> {
        let mut providers = Providers::default();
        // What cannot be read has been told.
        self.providers.iter().for_each(|list| drop(providers.add_list(list)));
        providers.into_config().providers.into_iter().map(|provider| provider.name).collect()
    }

    /// The session asked for; `default` are the profiles if nothing is named. `rundown`: whether
    /// methods and modules are wanted at the end.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn config(
        &self,
        default: &[&str],
        rundown: bool,
        console: &Console,
    ) -> Result<SessionConfig, String> {
        let mut providers = Providers::default();
        for list in &self.providers {
            providers.add_list(list)?;
        }
        let mut keywords = None;
        for name in &self.profile {
            keywords = providers.add_profile(name)?.or(keywords);
        }
        if let Some(kinds) = &self.clrevents {
            providers.add_clr_events(kinds, &self.clreventlevel)?;
        }
        if providers.is_empty() {
            for name in default {
                keywords = providers.add_profile(name)?.or(keywords);
            }
        }
        for ids in &self.event_ids {
            providers.choose(ids)?;
        }
        for remark in std::mem::take(&mut providers.remarks) {
            console.say(None, "remark", None, &remark);
        }
        let mut config = providers.into_config();
        config.buffer_mb = self.buffersize;
        config.stacks = !self.no_stacks;
        config.rundown = match (rundown, keywords) {
            (false, _) => Rundown::None,
            (true, Some(keywords)) => Rundown::Keywords(keywords),
            (true, None) => Rundown::Default,
        };
        config.check().map_err(|error| error.to_string())?;
        Ok(config)
    }
}

/// A process that can be asked.
#[derive(Clone)]
pub(crate) struct Found {
    /// What it is called in messages.
    pub name: String,
    /// Its id, as it is known by.
    pub pid: u64,
    /// The name of its program.
    pub app: String,
    /// What asks it.
    pub client: Client,
}

/// A session that runs.
pub(crate) struct Attached {
    /// What the process is called in messages.
    pub name: String,
    /// The stream.
    pub reader: Reader,
    /// Whether it could not be told to end.
    pub unheard: Unheard,
}

/// The processes meant. Those that cannot be had are told, and make the outcome.
pub(crate) fn find(target: &Target, console: &Console) -> (Vec<Found>, Outcome) {
    let (mut found, mut outcome) = (Vec::new(), Outcome::default());
    let mut fail = |name: Option<&str>, message: &str| {
        console.say(name, "session", None, message);
        outcome |= Outcome::TARGET;
    };
    let mut pids = target.process_ids.clone();
    match named(&target.names) {
        Ok(found) => pids.extend(found),
        Err(message) => fail(None, &message),
    }
    pids.sort_unstable();
    pids.dedup();
    for pid in pids {
        let name = format!("process {pid}");
        let process = Places::of_system().find(pid).and_then(|process| {
            let client = Client::connect(process.socket.as_path(), Timeouts::default())?;
            Ok((app(&process), client))
        });
        match process {
            Ok((app, client)) => found.push(Found { name, pid: pid.into(), app, client }),
            Err(error @ Error::NoProcess { .. }) => {
                fail(None, &format!("{error}; see 'tracemill ps'"));
            }
            Err(error) => {
                let message = error.to_string();
                // Some name the process themselves.
                fail(Some(&*name).filter(|name| !message.starts_with(*name)), &message);
            }
        }
    }
    (found, outcome)
}

impl Found {
    /// Starts a session, to be stopped with all others.
    ///
    /// # Errors
    /// Those of [`Client::start`].
    pub(crate) fn start(
        &self,
        config: &SessionConfig,
        stopping: &Stopping,
    ) -> Result<Attached, Error> {
        let (reader, stopper) = self.client.start(config)?.split();
        let unheard = stopping.add(stopper);
        Ok(Attached { name: self.name.clone(), reader, unheard })
    }
}

/// Processes of these names.
fn named(names: &[String]) -> Result<Vec<u32>, String> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let listing = Places::of_system().list().map_err(|error: Error| error.to_string())?;
    let mut pids = Vec::new();
    for name in names {
        let glob = Glob::of_names(name);
        let fits = |process: &&Process| {
            // What `dotnet` runs counts as well: `dotnet app.dll` is `app` too.
            let arguments = process.command_line.iter().take(2).map(|path| file_name(path));
            let mut names = arguments.flat_map(|name| [name, name.trim_end_matches(".dll")]);
            glob.fits_name(&process.name) || names.any(|name| glob.fits_name(name))
        };
        let before = pids.len();
        pids.extend(listing.processes.iter().filter(fits).map(|process| process.pid));
        if pids.len() == before {
            return Err(format!("there is no .NET process named '{name}'; see 'tracemill ps'"));
        }
    }
    Ok(pids)
}

/// The name of a process's program: what `dotnet` runs, if it is that.
fn app(process: &Process) -> String {
    let mut names = process.command_line.iter().map(|path| file_name(path));
    let first = names.next().filter(|name| name.starts_with(&process.name));
    let second = names.next().and_then(|name| name.strip_suffix(".dll"));
    let name = match first.unwrap_or(&process.name) {
        "dotnet" => second.unwrap_or("dotnet"),
        name => name,
    };
    name.to_owned()
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A time: `90s`, `5m`, or dotnet-trace's `dd:hh:mm:ss`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("'{text}' is no time: expected 90s, 5m, 1h30m, or dd:hh:mm:ss");
    let parts: Vec<&str> = text.split(':').collect();
    if let [days, hours, minutes, seconds] = parts[..] {
        let number = |part: &str| part.parse::<u32>().map(u64::from).map_err(|_| wrong());
        let minutes = (number(days)? * 24 + number(hours)?) * 60 + number(minutes)?;
        return Ok(Duration::from_secs(minutes * 60 + number(seconds)?));
    }
    let duration: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
    duration.try_into().map_err(|_| wrong())
}
