//! One process, recorded to its end, session by session: a renewed session begins with the next part.

use std::io::{self, ErrorKind};
use std::ops::ControlFlow;
use std::time::Instant;

use tracemill::ipc::SessionConfig;
use tracemill::{Batch, Config};

use super::record;
use super::report::Report;
use super::until::Ending;
use super::write::{Output, Written};
use crate::cli::args::CollectArgs;
use crate::cli::attach::{Attached, Found, Memory, Silent, Stopping, Why, renew};
use crate::cli::console::Console;
use crate::cli::input::{self, Input};
use crate::cli::outcome::Outcome;
use crate::cli::progress::Status;
use crate::cli::pump::{self, Pass, Visitor};

/// What is asked of all processes.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub args: &'a CollectArgs,
    pub config: &'a SessionConfig,
    pub until: Option<&'a Ending>,
    /// Names of providers, where they were given one by one.
    pub named: &'a [String],
    pub stopping: &'a Stopping,
    pub status: &'a Status,
}

/// A process that is recorded.
pub(super) struct Recorded<'a> {
    asked: Asked<'a>,
    process: Found,
    /// Which one of several.
    part: usize,
    console: Console,
    began: Instant,
}

/// Why a part is longer than was asked for.
const STUCK: &str = "the process has defined so many events that no part after this one could be read \
    alone, so it went on; --max-memory allows more, --renew-every begins anew";

impl<'a> Recorded<'a> {
    pub(super) fn new(asked: Asked<'a>, process: Found, part: usize) -> Self {
        let console = Console::part(asked.args.quiet, asked.status, part);
        Self { asked, process, part, console, began: Instant::now() }
    }

    /// Records it to its end. How that went is told.
    ///
    /// # Errors
    /// There can be no threads, or the file cannot be opened for reading.
    pub(super) fn record(self, mut session: Attached, mut output: Output) -> io::Result<Report> {
        let Asked { args, stopping, .. } = self.asked;
        self.leave_word(&output);
        let (mut name, in_parts) = (output.place().name.clone(), output.is_in_parts());
        let mut until = self.asked.until.cloned();
        let mut silent = Silent::new(&self.asked.config.providers, self.asked.named);
        let mut all: Option<Report> = None;
        loop {
            let unheard = session.unheard.clone();
            let read = || self.session(session, output, &mut until);
            let (read, stopped) = renew::read_for(args.renew_every, &unheard, stopping, read);
            let (pass, recording) = read?;
            silent.look(&pass);
            // While what came is written to the disk.
            let start = || self.process.start(self.asked.config, stopping);
            let next = stopped.map(|at| (renew::start_anew(stopping, start), at.elapsed()));
            let mut written = recording.wait();
            let mut report =
                Report::new(&pass, written.bytes, self.began.elapsed(), stopping.why());
            if let Some(output) = &written.output {
                name.clone_from(&output.place().name);
                if output.is_stuck() {
                    self.console.remark(&name, STUCK);
                }
            }
            let is_written = self.tell(&mut report, &mut written, &name);
            let mut report = all.take().map_or_else(|| report.clone(), |all| all.and(&report));
            match (next, written.output.filter(|_| is_written)) {
                (Some((Ok(Some(new)), gap)), Some(mut next)) => {
                    self.console.remark(&self.process.name, &renew::remark(gap));
                    match next.renew() {
                        Ok(()) => {
                            (session, output, all) = (new, next, Some(report));
                            continue;
                        }
                        Err(error) => {
                            self.console.say(Some(&name), "io", None, &input::explain(&error));
                            report.outcome |= Outcome::IO;
                        }
                    }
                }
                (Some((Err(error), _)), _) => {
                    let process = Some(&*self.process.name);
                    self.console.say(process, "session", None, &error.to_string());
                    report.outcome |= Outcome::TARGET;
                }
                _ => {}
            }
            if let Some(until) = &until {
                until.remarks(&pass, &self.console);
            }
            if is_written {
                let parts = if in_parts { " and the parts before it" } else { "" };
                let line = format!("{}; in {name}{parts}", report.line());
                self.console.remark(&self.process.name, &line);
                silent.print(&self.console, &self.process.name);
            }
            return Ok(report);
        }
    }

    /// Says, should the program be left at once, where to find what came.
    fn leave_word(&self, output: &Output) {
        let Some(part) = output.place().part() else { return };
        let (part, in_parts) = (part.to_owned(), output.is_in_parts());
        self.asked.stopping.before_leaving(move || {
            if in_parts || part.exists() {
                let parts = if in_parts { ", and in the parts behind it" } else { "" };
                let part = part.display();
                let message = format!("interrupted; what came until now is in {part}{parts}");
                Console::plain(false).say(None, "remark", None, &message);
            }
        });
    }

    /// Reads one session to its end; not all of it need be on the disk by then.
    fn session(
        &self,
        session: Attached,
        output: Output,
        until: &mut Option<Ending>,
    ) -> io::Result<(Pass, record::Recording)> {
        let Asked { args, stopping, status, .. } = self.asked;
        // Half of the memory is for what waits to be written, and a quarter for the parser.
        let queue = args.memory.max.map(|max| max / 2);
        let limits = Memory { max: args.memory.max.map(|max| max / 4) };
        // What the parser has to say of a stream that ends early is in the report.
        let mut parsing = Console::part(true, status, self.part);
        let (recording, follower) = record::start(session, output, queue, stopping)?;
        let input = Input::chunks(self.process.name.clone(), follower);
        let mut looking = Looking { until, stopping };
        let config = limits.limit(Config::default());
        let pass = pump::pump_input(input, true, &config, &mut parsing, &mut looking);
        match pass {
            Ok(pass) => Ok((pass, recording)),
            Err(error) => {
                recording.wait();
                Err(error)
            }
        }
    }

    /// Says what went wrong. Whether all was written.
    fn tell(&self, report: &mut Report, written: &mut Written, name: &str) -> bool {
        if let Err(error) = &written.read {
            let process = Some(&*self.process.name);
            self.console.say(process, "io", None, &input::explain(error));
            report.outcome |= Outcome::IO;
        }
        match &written.write {
            Ok(()) => return true,
            // Whoever was given the recording has seen enough.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
            Err(error) => {
                let kept = written.part.take();
                let kept = kept.map(|part| format!("; what came is in {}", part.display()));
                let kept = kept.unwrap_or_default();
                let message = format!("cannot write: {}{kept}", input::explain(error));
                self.console.say(Some(name), "io", None, &message);
                report.outcome |= Outcome::IO;
            }
        }
        false
    }
}

/// Looks for the event that ends the recording; the pump counts.
struct Looking<'a> {
    until: &'a mut Option<Ending>,
    stopping: &'a Stopping,
}

impl Visitor for Looking<'_> {
    fn batch(&mut self, batch: &Batch<'_>) -> io::Result<ControlFlow<()>> {
        if let Some(until) = self.until
            && !self.stopping.is_stopped()
            && batch.iter().any(|event| until.is_met(event))
        {
            self.stopping.stop_for(Why::Event);
        }
        // What is on its way is counted as well.
        Ok(ControlFlow::Continue(()))
    }
}
