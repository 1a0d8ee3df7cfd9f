//! Watches running processes, each on a thread of its own, until all have ended or are stopped.
//!
//! Those that run are asked before any is read; those that come to a port are asked as they come, and
//! then told to run. One process is read, session by session, in `sessions.rs`.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::Duration;

use tracemill::ipc::{Error, Port, Runtime, SessionConfig, Step, Timeouts};

use super::{Attached, Dial, Found, Running, Stopping, Watch, find};
use crate::cli::console::Console;
use crate::cli::outcome::Outcome;

/// How often it is looked whether it is of any use to wait for processes.
pub(super) const LOOK: Duration = Duration::from_millis(100);

/// What is asked of which processes, and for how long.
pub(crate) struct Asked<'a> {
    pub running: &'a Running,
    pub config: &'a SessionConfig,
    /// Names of providers that should send something.
    pub named: &'a [String],
    /// Whether a session has to have stacks, or not, as it says; else they are left out where the
    /// runtime can do that.
    pub needs_stacks: bool,
    pub duration: Option<Duration>,
    /// Whether nothing but errors is to be said.
    pub is_quiet: bool,
    pub fail_on_loss: bool,
}

/// Watches them.
///
/// # Errors
/// Output cannot be written.
pub(crate) fn watch<W: Watch>(asked: &Asked<'_>, watch: &W) -> io::Result<Outcome> {
    let console = Console::live(watch.is_json(), asked.is_quiet);
    // Before anything is started, so that it can be stopped.
    let stopping = Stopping::default();
    stopping.at_interrupt()?;
    let live = Live { asked, watch, stopping, console, has_one: AtomicBool::new(false) };
    match asked.running.port.as_deref().map(Dial::of) {
        Some(Dial::Port(path)) => live.serve(path),
        Some(Dial::Listening(path)) => match Found::listening(path) {
            Ok(process) => live.all(vec![process], Outcome::default()),
            Err(error) => Ok(live.failed(None, &error)),
        },
        None => {
            let (found, outcome) = find(&asked.running.target, &live.console);
            live.all(found, outcome)
        }
    }
}

pub(super) struct Live<'a, W> {
    pub(super) asked: &'a Asked<'a>,
    pub(super) watch: &'a W,
    pub(super) stopping: Stopping,
    console: Console,
    /// A process has come.
    has_one: AtomicBool,
}

type Watching<'s> = ScopedJoinHandle<'s, io::Result<Outcome>>;

impl<W: Watch> Live<'_, W> {
    /// Those that run.
    fn all(&self, found: Vec<Found>, mut outcome: Outcome) -> io::Result<Outcome> {
        let mut started = Vec::new();
        for process in found {
            match self.start(&process) {
                Ok(session) => started.push((process, session)),
                Err(error) => outcome |= self.failed(Some(&process.name), &error),
            }
        }
        if let Some(why) = self.watch.only_one().filter(|_| started.len() > 1) {
            // The sessions end with their streams.
            self.console.say(None, "session", None, why);
            outcome |= Outcome::TARGET;
            return Ok(outcome);
        }
        if let Some(duration) = self.asked.duration.filter(|_| !started.is_empty()) {
            self.stopping.after(duration)?;
        }
        thread::scope(|scope| {
            let one = |(process, session)| {
                scope.spawn(move || {
                    if self.asked.running.port.is_some() {
                        self.resume(&process);
                    }
                    self.one(&process, session)
                })
            };
            let threads: Vec<_> = started.into_iter().map(one).collect();
            outcome |= joined(threads)?;
            Ok(outcome)
        })
    }

    /// Those that come, until it is stopped.
    fn serve(&self, path: &Path) -> io::Result<Outcome> {
        let port = match Port::listen(path, Timeouts::default()) {
            Ok(port) => port,
            Err(error) => return Ok(self.failed(Some(&path.to_string_lossy()), &error)),
        };
        if let Some(duration) = self.asked.duration {
            self.stopping.after(duration)?;
        }
        // What is left suspended by mistake waits for ever.
        let outcome = thread::scope(|scope| self.accept(scope, &port));
        while let Ok(runtime) = port.accept_new(Duration::ZERO) {
            self.let_go(&runtime);
        }
        outcome
    }

    fn accept<'s>(&'s self, scope: &'s Scope<'s, '_>, port: &Port) -> io::Result<Outcome> {
        let (mut threads, mut outcome): (Vec<Watching<'s>>, _) = (Vec::new(), Outcome::default());
        let only_one = self.watch.only_one().is_some();
        let has_one = || self.has_one.load(Ordering::SeqCst);
        while !self.stopping.is_stopped() && (!only_one || !has_one() || !threads.is_empty()) {
            match port.accept_new(LOOK) {
                Ok(runtime) if only_one && has_one() => {
                    let message = "dialled in as well; not watched";
                    self.console.remark(&format!("process {}", runtime.pid()), message);
                    self.let_go(&runtime);
                }
                Ok(runtime) => {
                    self.has_one.store(true, Ordering::SeqCst);
                    threads.push(scope.spawn(move || self.dialled(&runtime)));
                }
                Err(Error::Timeout(_)) => {}
                Err(error) => {
                    outcome |= self.failed(None, &error);
                    break;
                }
            }
            let (ended, others) = threads.into_iter().partition(ScopedJoinHandle::is_finished);
            threads = others;
            outcome |= joined(ended)?;
        }
        outcome |= joined(threads)?;
        Ok(outcome)
    }

    /// One that has come.
    fn dialled(&self, runtime: &Runtime) -> io::Result<Outcome> {
        let process = Found::dialled(runtime, None);
        let session = self.start(&process);
        if let Err(Error::Timeout(Step::Dial) | Error::Closed(_)) = session {
            self.has_one.store(false, Ordering::SeqCst);
            self.console.remark(&process.name, "dialled in, and was gone before it could be asked");
            return Ok(Outcome::default());
        }
        self.resume(&process);
        let session = match session {
            Ok(session) => session,
            Err(error) => return Ok(self.failed(Some(&process.name), &error)),
        };
        self.console.remark(&process.name, &format!("dialled in: {}", process.app));
        let outcome = self.one(&process, session)?;
        if !self.stopping.is_stopped() {
            self.console.remark(&process.name, "has ended");
        }
        Ok(outcome)
    }

    fn let_go(&self, runtime: &Runtime) {
        if self.asked.running.resume_runtime {
            // It may be gone by now.
            let _ = runtime.client().resume();
        }
    }

    fn resume(&self, process: &Found) {
        if self.asked.running.resume_runtime
            && let Err(error) = process.resume()
        {
            self.console.remark(&process.name, &format!("cannot be told to run: {error}"));
        }
    }

    pub(super) fn start(&self, process: &Found) -> Result<Attached, Error> {
        let config = self.asked.config;
        if self.asked.needs_stacks {
            return process.start(config, &self.stopping);
        }
        let (mut with, mut without) = (config.clone(), config.clone());
        (with.stacks, without.stacks) = (true, false);
        match process.start(&without, &self.stopping) {
            // Runtimes before .NET 8 send them anyway.
            Err(Error::NeedsCommand { .. }) => process.start(&with, &self.stopping),
            session => session,
        }
    }

    pub(super) fn failed(&self, name: Option<&str>, error: &Error) -> Outcome {
        self.console.say(name, "session", None, &error.to_string());
        Outcome::TARGET
    }
}

/// What came of all of them.
fn joined(threads: Vec<Watching<'_>>) -> io::Result<Outcome> {
    let mut outcome = Outcome::default();
    for thread in threads {
        outcome |= thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    }
    Ok(outcome)
}
