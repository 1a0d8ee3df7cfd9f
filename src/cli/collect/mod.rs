//! `tracemill collect`: sessions of running processes, recorded byte for byte.

mod launch;
mod name;
mod place;
mod record;
mod report;
mod until;

use std::io::{self, ErrorKind};
use std::ops::ControlFlow;
use std::thread;
use std::time::Instant;

use clap::CommandFactory;
use jiff::Zoned;
use tracemill::ipc::SessionConfig;
use tracemill::{Batch, Config, Filter};

use self::launch::{Origin, Source};
use self::place::Place;
use self::report::Report;
use super::args::{Cli, CollectArgs, usage_error};
use super::attach::{Attached, Found, Stopping, find};
use super::console::Console;
use super::input::{self, Input};
use super::outcome::Outcome;
use super::progress::Status;
use super::pump::{self, Visitor};

/// Records until all processes have ended, or it is stopped.
pub(crate) fn run(args: &CollectArgs) -> io::Result<Outcome> {
    let console = Console::live(false, args.quiet);
    let wrong = |message: &str| -> ! { usage_error(Cli::command(), message) };
    let default = ["dotnet-common", "dotnet-sampled-thread-time"];
    let config = args.asking.config(&default, args.rundown, &console);
    let config = config.unwrap_or_else(|message| wrong(&message));
    let until = until::filter(&args.until).unwrap_or_else(|message| wrong(&message));
    let origin = Origin::of(args).unwrap_or_else(|message| wrong(message));
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
            if let Some(Err(error)) = source.map(Source::resume) {
                console.say(None, "session", None, &format!("cannot let it run: {error}"));
                outcome |= Outcome::TARGET;
            }
            if let Some(duration) = args.asking.duration.filter(|_| !started.is_empty()) {
                stopping.after(duration)?;
            }
            outcome |= record(started, args, until.as_ref(), &stopping)?;
        }
        Err((refused, message)) => {
            console.say(None, "output", None, &message);
            outcome |= refused;
        }
    }
    if let Some(source) = &mut source {
        outcome |= source.end(stopping.is_stopped());
    }
    Ok(outcome)
}

/// A place for each, or none at all.
fn places(found: &[Found], args: &CollectArgs) -> Result<Vec<Place>, place::Refusal> {
    let now = Zoned::now();
    let mut places = Vec::new();
    for process in found {
        let path = name::of(args.output.as_deref(), process, found.len(), &now);
        let place = match path {
            Ok(Some(path)) => Place::file(&path, args.yes),
            Ok(None) => Place::stdout(args.force),
            Err(message) => Err((Outcome::USAGE, message)),
        };
        match place {
            Ok(place) => places.push(place),
            Err(refusal) => {
                places.into_iter().for_each(Place::discard);
                return Err(refusal);
            }
        }
    }
    Ok(places)
}

/// Starts the sessions. Those that cannot be had are told.
fn start(
    found: Vec<Found>,
    places: Vec<Place>,
    config: &SessionConfig,
    stopping: &Stopping,
    console: &Console,
) -> (Vec<(Attached, Place)>, Outcome) {
    let (mut started, mut outcome) = (Vec::new(), Outcome::default());
    for (process, place) in found.into_iter().zip(places) {
        match process.start(config, stopping) {
            Ok(session) => started.push((session, place)),
            Err(error) => {
                console.say(Some(&process.name), "session", None, &error.to_string());
                outcome |= Outcome::TARGET;
                place.discard();
            }
        }
    }
    (started, outcome)
}

/// Records each on threads of its own.
fn record(
    started: Vec<(Attached, Place)>,
    args: &CollectArgs,
    until: Option<&Filter>,
    stopping: &Stopping,
) -> io::Result<Outcome> {
    let status = Status::new(!args.quiet && !args.no_progress, started.len());
    let mut outcome = Outcome::default();
    let result = thread::scope(|scope| {
        let one = |(part, (session, place))| {
            let (status, until) = (&status, until.cloned());
            scope.spawn(move || {
                let console = Console::part(args.quiet, status, part);
                // What the parser has to say of a stream that ends early is in the report.
                let parsing = Console::part(true, status, part);
                record_one(session, place, until, stopping, &console, parsing)
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
    place: Place,
    until: Option<Filter>,
    stopping: &Stopping,
    console: &Console,
    mut parsing: Console,
) -> io::Result<Report> {
    let began = Instant::now();
    let (process, place_name) = (session.name.clone(), place.name.clone());
    let part = place.part().map(|part| part.to_string_lossy().into_owned());
    if let Some(part) = place.part() {
        let part = part.to_owned();
        stopping.before_leaving(move || {
            if part.exists() {
                let message = format!("interrupted; what came until now is in {}", part.display());
                Console::plain(false).say(None, "remark", None, &message);
            }
        });
    }
    let (recording, follower) = record::start(session, place, stopping)?;
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
        Ok(()) => console.remark(&process, &format!("{}; in {place_name}", report.line())),
        // Whoever was given the recording has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
        Err(error) => {
            let kept = part.map(|part| format!("; what came until then is in {part}"));
            let kept = kept.unwrap_or_default();
            let message = format!("cannot write: {}{kept}", input::explain(&error));
            console.say(Some(&place_name), "io", None, &message);
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
