//! `tracemill monitor`: events of running processes, printed as they come.

use std::io;
use std::thread;

use clap::CommandFactory;

use super::args::{Cli, MonitorArgs, usage_error};
use super::attach::{Attached, Stopping, attach};
use super::console::Console;
use super::events::Lines;
use super::input::Input;
use super::outcome::Outcome;
use super::pump;
use super::{filter, remarks};

/// Prints until all processes have ended, or it is stopped.
pub(crate) fn run(args: &MonitorArgs) -> io::Result<Outcome> {
    let console = Console::live(args.printing.is_json(), args.quiet);
    let config = args.asking.config(&["dotnet-common"], false, &console);
    let config = config.unwrap_or_else(|message| usage_error(Cli::command(), &message));
    if args.target.is_empty() {
        usage_error(Cli::command(), "which process? -p PID or -n NAME; see 'tracemill ps'");
    }
    // Before anything is started, so that it can be stopped.
    let stopping = Stopping::default();
    stopping.at_interrupt()?;
    let (attached, mut outcome) = attach(&args.target, &config, &stopping, &console);
    if let Some(duration) = args.asking.duration.filter(|_| !attached.is_empty()) {
        stopping.after(duration)?;
    }
    outcome |= watch(attached, args, &stopping)?;
    Ok(outcome)
}

/// Prints the events of each process on a thread of its own.
fn watch(attached: Vec<Attached>, args: &MonitorArgs, stopping: &Stopping) -> io::Result<Outcome> {
    let mut outcome = Outcome::default();
    thread::scope(|scope| {
        let watch = |process| scope.spawn(move || one(process, args, stopping));
        let threads: Vec<_> = attached.into_iter().map(watch).collect();
        for thread in threads {
            match thread.join() {
                Ok(one) => outcome |= one?,
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(outcome)
    })
}

fn one(process: Attached, args: &MonitorArgs, stopping: &Stopping) -> io::Result<Outcome> {
    let mut console = Console::live(args.printing.is_json(), args.quiet);
    let mut lines = Lines::new(&args.printing, &args.filters, args.count);
    let input = Input::live(process.name, process.reader)?;
    let config = args.printing.config();
    let pass = pump::pump_input(input, true, &config, &mut console, &mut lines);
    // Whoever reads the output has gone, or has seen enough: nobody needs the session any more.
    if pass.as_ref().map_or(true, pump::Pass::is_stopped) {
        stopping.stop();
    }
    let pass = pass?;
    lines.finish(&pass)?;
    filter::remarks(&lines.filter, &pass, &console);
    remarks::print(&console, &pass);
    let mut outcome = pass.outcome;
    if pass.stats.lost > 0 && args.fail_on_loss {
        outcome |= Outcome::LOSS;
    }
    Ok(outcome)
}
