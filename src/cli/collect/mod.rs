//! `tracemill collect`: sessions of running processes, recorded byte for byte.

mod follow;
mod launch;
mod name;
mod one;
mod place;
mod record;
mod report;
mod rotate;
mod until;
mod write;

use std::io;
use std::path::PathBuf;
use std::thread;

use jiff::Zoned;
use tracemill::ipc::SessionConfig;

use self::launch::{Origin, Source};
use self::one::{Asked, Recorded};
use self::place::Place;
use self::rotate::{Limits, Rotation, numbered};
use self::until::Ending;
use self::write::Output;
use super::args::{CollectArgs, RotationArgs, usage_error};
use super::attach::{Attached, Found, Stopping, find};
use super::console::Console;
use super::outcome::Outcome;
use super::progress::Status;

/// Most bytes of definitions that are kept for the parts to come, if not as is asked for.
const MAX_KEPT: usize = 64 << 20;

/// Records until all processes have ended, or it is stopped.
pub(crate) fn run(args: &CollectArgs) -> io::Result<Outcome> {
    let console = Console::live(false, args.quiet);
    let wrong = |message: &str| -> ! { usage_error(message) };
    let default = ["dotnet-common", "dotnet-sampled-thread-time"];
    let config = args.asking.config(&default, args.rundown, &console);
    let config = config.unwrap_or_else(|message| wrong(&message));
    let until = Ending::of(&args.until).unwrap_or_else(|message| wrong(&message));
    let origin = Origin::of(args).unwrap_or_else(|message| wrong(message));
    if args.rotation.keep.is_some() && !is_in_parts(args) {
        wrong("--keep is for parts: give --rotate-size, --rotate-every or --renew-every");
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
            outcome |= record(started, args, &config, until.as_ref(), &stopping)?;
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

fn is_in_parts(args: &CollectArgs) -> bool {
    args.rotation.size.is_some() || args.rotation.every.is_some() || args.renew_every.is_some()
}

fn limits(args: &CollectArgs) -> Limits {
    let RotationArgs { size, every, keep } = args.rotation;
    // A quarter of what there is; the rest is for others.
    let kept = args.memory.max.map_or(MAX_KEPT, |max| max / 4);
    Limits { bytes: size, time: every, keep, kept }
}

fn open(path: Option<PathBuf>, args: &CollectArgs) -> Result<Output, place::Refusal> {
    let in_parts = is_in_parts(args);
    match path {
        None if in_parts => {
            Err((Outcome::USAGE, "parts need a file to be named after: give -o FILE".to_owned()))
        }
        None => Place::stdout(args.force).map(Output::Whole),
        Some(path) if in_parts => {
            let place = Place::file(&numbered(&path, 1), args.yes)?;
            Ok(Output::Parts(Box::new(Rotation::new(limits(args), &path, args.yes, place))))
        }
        Some(path) => Place::file(&path, args.yes).map(Output::Whole),
    }
}

/// A process with its session, and where it goes.
type Started = (Found, Attached, Output);

/// Starts the sessions. Those that cannot be had are told.
fn start(
    found: Vec<Found>,
    places: Vec<Output>,
    config: &SessionConfig,
    stopping: &Stopping,
    console: &Console,
) -> (Vec<Started>, Outcome) {
    let (mut started, mut outcome) = (Vec::new(), Outcome::default());
    for (process, output) in found.into_iter().zip(places) {
        match process.start(config, stopping) {
            Ok(session) => started.push((process, session, output)),
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
    started: Vec<Started>,
    args: &CollectArgs,
    config: &SessionConfig,
    until: Option<&Ending>,
    stopping: &Stopping,
) -> io::Result<Outcome> {
    let status = Status::new(!args.quiet && !args.no_progress, started.len());
    let mut outcome = Outcome::default();
    let named = args.asking.named();
    let asked = Asked { args, config, until, named: &named, stopping, status: &status };
    let result = thread::scope(|scope| {
        let one = |(part, (process, session, output))| {
            scope.spawn(move || Recorded::new(asked, process, part).record(session, output))
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

/// The formats that can be written: one, in whatever case.
pub(crate) fn format(text: &str) -> Result<String, String> {
    if text.eq_ignore_ascii_case("nettrace") {
        return Ok("nettrace".to_owned());
    }
    Err(format!("'{text}' is not written here: a recording is nettrace, as the process sends it"))
}
