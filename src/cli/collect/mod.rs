//! `tracemill collect`: sessions of running processes, recorded byte for byte.

mod launch;
mod name;
mod place;
mod record;
mod report;
mod rotate;
mod until;

use std::io::{self, ErrorKind};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::thread;
use std::time::Instant;

use jiff::Zoned;
use tracemill::ipc::SessionConfig;
use tracemill::{Batch, Config, Filter};

use self::launch::{Origin, Source};
use self::place::Place;
use self::record::Output;
use self::report::Report;
use self::rotate::{Limits, Rotation, numbered};
use super::args::{CollectArgs, RotationArgs, usage_error};
use super::attach::{Attached, Found, Stopping, find};
use super::console::Console;
use super::input::{self, Input};
use super::outcome::Outcome;
use super::progress::Status;
use super::pump::{self, Visitor};

/// Records until all processes have ended, or it is stopped.
pub(crate) fn run(args: &CollectArgs) -> io::Result<Outcome> {
    let console = Console::live(false, args.quiet);
    let wrong = |message: &str| -> ! { usage_error(message) };
    let default = ["dotnet-common", "dotnet-sampled-thread-time"];
    let config = args.asking.config(&default, args.rundown, &console);
    let config = config.unwrap_or_else(|message| wrong(&message));
    let until = until::filter(&args.until).unwrap_or_else(|message| wrong(&message));
    let origin = Origin::of(args).unwrap_or_else(|message| wrong(message));
    if args.rotation.keep.is_some() && !limits(args).is_given() {
        wrong("--keep is for parts: give --rotate-size or --rotate-every");
    }
    // Before anything is started, so that it can be stopped.
    let stopping = Stopping::default();
    stopping.at_interrupt()?;
    let (found, mut outcome, mut source) = match origin {
        Origin::Running => {
            let (found, outcome) = find(&args.target, &console);
            (found, outcome, None)
        }
        origin => match launch::wait(&origin, args.show_child_io, &stopping) {
            Ok((found, source)) => (vec![found], Outcome::default(), Some(source)),
            Err(message) => {
                console.say(None, "session", None, &message);
                return Ok(Outcome::TARGET);
            }
        },
    };
    match places(&found, args) {
        Ok(places) => {
            let (started, failed) = start(found, places, &config, &stopping, &console);
            outcome |= failed;
            let source = source.as_ref().filter(|_| args.resume_runtime);
            if started.is_empty() {
                source.map(Source::let_go);
                return Ok(outcome);
            }
            if let Some(Err(error)) = source.map(Source::resume) {
                console.say(None, "session", None, &format!("cannot let it run: {error}"));
                outcome |= Outcome::TARGET;
            }
            if let Some(duration) = args.asking.duration {
                stopping.after(duration)?;
            }
            outcome |= record(started, args, until.as_ref(), &stopping)?;
        }
        Err((refused, message)) => {
            console.say(None, "output", None, &message);
            source.as_ref().filter(|_| args.resume_runtime).map(Source::let_go);
            return Ok(refused);
        }
    }
    if let Some(source) = &mut source {
        outcome |= source.end(stopping.is_stopped());
    }
    Ok(outcome)
}

/// A place for each, or none at all.
fn places(found: &[Found], args: &CollectArgs) -> Result<Vec<Output>, place::Refusal> {
    let now = Zoned::now();
    let mut outputs = Vec::new();
    for process in found {
        let path = name::of(args.output.as_deref(), process, found.len(), &now);
        let path = path.map_err(|message| (Outcome::USAGE, message));
        match path.and_then(|path| open(path, args)) {
            Ok(output) => outputs.push(output),
            Err(refusal) => {
                outputs.into_iter().for_each(Output::discard);
                return Err(refusal);
            }
        }
    }
    Ok(outputs)
}

fn limits(args: &CollectArgs) -> Limits {
    let RotationArgs { size, every, keep } = args.rotation;
    Limits { bytes: size, time: every, keep }
}

fn open(path: Option<PathBuf>, args: &CollectArgs) -> Result<Output, place::Refusal> {
    let limits = limits(args);
    match path {
        None if limits.is_given() => {
            Err((Outcome::USAGE, "parts need a file to be named after: give -o FILE".to_owned()))
        }
        None => Place::stdout(args.force).map(Output::Whole),
        Some(path) if limits.is_given() => {
            let place = Place::file(&numbered(&path, 1), args.yes)?;
            Ok(Output::Parts(Box::new(Rotation::new(limits, &path, args.yes, place))))
        }
        Some(path) => Place::file(&path, args.yes).map(Output::Whole),
    }
}

/// Starts the sessions. Those that cannot be had are told.
fn start(
    found: Vec<Found>,
    places: Vec<Output>,
    config: &SessionConfig,
    stopping: &Stopping,
    console: &Console,
) -> (Vec<(Attached, Output)>, Outcome) {
    let (mut started, mut outcome) = (Vec::new(), Outcome::default());
    for (process, output) in found.into_iter().zip(places) {
        match process.start(config, stopping) {
            Ok(session) => started.push((session, output)),
            Err(error) => {
                console.say(Some(&process.name), "session", None, &error.to_string());
                outcome |= Outcome::TARGET;
                output.discard();
            }
        }
    }
    (started, outcome)
}

/// Records each on threads of its own.
fn record(
    started: Vec<(Attached, Output)>,
    args: &CollectArgs,
    until: Option<&Filter>,
    stopping: &Stopping,
) -> io::Result<Outcome> {
    let status = Status::new(!args.quiet && !args.no_progress, started.len());
    let mut outcome = Outcome::default();
    let result = thread::scope(|scope| {
        let one = |(part, (session, output))| {
            let (status, until) = (&status, until.cloned());
            scope.spawn(move || {
                let console = Console::part(args.quiet, status, part);
                // What the parser has to say of a stream that ends early is in the report.
                let parsing = Console::part(true, status, part);
                record_one(session, output, until, stopping, &console, parsing)
            })
        };
        let threads: Vec<_> = started.into_iter().enumerate().map(one).collect();
        threads.into_iter().try_for_each(|thread| {
            let report = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            outcome |= report.outcome;
            if report.lost.is_some_and(|lost| lost > 0) && args.fail_on_loss {
                outcome |= Outcome::LOSS;
            }
            Ok(())
        })
    });
    status.clear();
    result.map(|()| outcome)
}

fn record_one(
    session: Attached,
    output: Output,
    until: Option<Filter>,
    stopping: &Stopping,
    console: &Console,
    mut parsing: Console,
) -> io::Result<Report> {
    let began = Instant::now();
    let (process, name) = (session.name.clone(), output.place().name.clone());
    let in_parts = matches!(output, Output::Parts(_));
    if let Some(part) = output.place().part() {
        let part = part.to_owned();
        stopping.before_leaving(move || {
            if in_parts || part.exists() {
                let parts = if in_parts { ", and in the parts behind it" } else { "" };
                let part = part.display();
                let message = format!("interrupted; what came until now is in {part}{parts}");
                Console::plain(false).say(None, "remark", None, &message);
            }
        });
    }
    let (recording, follower) = record::start(session, output, stopping)?;
    let input = Input::live(process.clone(), follower)?;
    let mut counting = Counting { until, stopping };
    let pass = pump::pump_input(input, true, &Config::default(), &mut parsing, &mut counting);
    let written = recording.wait();
    let pass = pass?;
    if let Some(filter) = &counting.until {
        super::filter::remarks(filter, &pass, console);
    }
    let mut report = Report::new(&pass, written.bytes, began.elapsed(), stopping.is_stopped());
    if let Err(error) = &written.read {
        console.say(Some(&process), "io", None, &input::explain(error));
        report.outcome |= Outcome::IO;
    }
    match written.write {
        Ok(()) => {
            let parts = if in_parts { " and the parts behind it" } else { "" };
            console.remark(&process, &format!("{}; in {name}{parts}", report.line()));
        }
        // Whoever was given the recording has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
        Err(error) => {
            let kept = written.part.map(|part| format!("; what came is in {}", part.display()));
            let kept = kept.unwrap_or_default();
            let message = format!("cannot write: {}{kept}", input::explain(&error));
            console.say(Some(&name), "io", None, &message);
            report.outcome |= Outcome::IO;
        }
    }
    Ok(report)
}

/// Looks for the event that ends the recording; the pump counts.
struct Counting<'a> {
    until: Option<Filter>,
    stopping: &'a Stopping,
}

impl Visitor for Counting<'_> {
    fn batch(&mut self, batch: &Batch<'_>) -> io::Result<ControlFlow<()>> {
        if let Some(filter) = &mut self.until
            && !self.stopping.is_stopped()
            && batch.iter().any(|event| filter.takes(event))
        {
            self.stopping.stop();
        }
        // What is on its way is counted as well.
        Ok(ControlFlow::Continue(()))
    }
}

/// The formats that can be written: one, in whatever case.
pub(crate) fn format(text: &str) -> Result<String, String> {
    if text.eq_ignore_ascii_case("nettrace") {
        return Ok("nettrace".to_owned());
    }
    Err(format!("'{text}' is not written here: a recording is nettrace, as the process sends it"))
}
