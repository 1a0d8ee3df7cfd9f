//! The one loop: chunks in, batches out, damage reported.

use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use tracemill::{Auto, Batch, Config, Fault, Order, Parser, PoolStats, Stats};

use super::args::Reading;
use super::console::Console;
use super::end::{End, FaultRecord};
use super::input::{self, Input};
use super::interrupt::Interrupt;
use super::live::Next;
use super::outcome::Outcome;
use super::unknown;

/// A stream that brings nothing for so long is idle: the runtime writes every 100 ms what it has.
const PATIENCE: Duration = Duration::from_millis(500);
/// The same where it is the runtime that writes to us: what it flushes comes in one go.
const LIVE_PATIENCE: Duration = Duration::from_millis(1);
/// Faults told one by one; those beyond are counted.
const FAULTS_TOLD: u64 = 10;
/// Faults kept for JSON; those beyond are counted.
const FAULTS_KEPT: usize = 1000;

/// What is done with the events.
pub(crate) trait Visitor {
    /// Takes a batch; `Break` if no more are wanted.
    ///
    /// # Errors
    /// Output cannot be written.
    fn batch(&mut self, batch: &Batch<'_>) -> io::Result<ControlFlow<()>>;

    /// Nothing may come for a while.
    ///
    /// # Errors
    /// Output cannot be written.
    fn pause(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A file that has been read.
pub(crate) struct Pass {
    /// What it is called.
    pub name: String,
    /// The parser, at its end.
    pub parser: Parser<Auto>,
    /// Its counters.
    pub stats: Stats,
    /// How it ended.
    pub end: End,
    /// The first faults.
    pub faults: Vec<FaultRecord>,
    /// The buffers that were read into, unless the file was mapped.
    pub buffers: Option<PoolStats>,
    /// What went wrong.
    pub outcome: Outcome,
}

impl Pass {
    /// Events lost; `None` if the format does not tell.
    pub(crate) fn lost(&self) -> Option<u64> {
        use tracemill::Format;
        let state = self.parser.format().state();
        state.has_sequence_numbers.then_some(self.stats.lost)
    }

    /// Whether its visitor had seen enough.
    pub(crate) fn is_stopped(&self) -> bool {
        self.end == End::Stopped
    }

    /// Whether there is something to tell: the format has been recognised.
    pub(crate) fn is_known(&self) -> bool {
        use tracemill::Format;
        let state = self.parser.format().state();
        !self.end.is_unsupported() && !state.trace.format.is_empty()
    }
}

/// Limits for the parser, where events are wanted in this order. `max_held`: bytes that may wait, if
/// not as by default.
pub(crate) fn limits(order: Order, max_held: Option<usize>) -> Config {
    let mut config = Config::default();
    config.order = order;
    config.max_held = max_held.unwrap_or(config.max_held);
    if order == Order::Time {
        // The budget is for the rest as it is by default.
        config.budget = config.budget.saturating_add(config.max_held);
    }
    config
}

/// Reads all of `path` for `visitor`, and says on the console what was wrong with it. `None` if it
/// cannot be opened.
///
/// # Errors
/// Output cannot be written.
pub(crate) fn pump(
    path: &Path,
    reading: &Reading,
    config: &Config,
    console: &mut Console,
    visitor: &mut impl Visitor,
) -> io::Result<Option<Pass>> {
    // Before it is opened, so that it can be stopped.
    let interrupt =
        if input::is_stream(path) { Some(Interrupt::of_program()) } else { Interrupt::taken() };
    let input = match Input::open(path, !reading.no_mmap) {
        Ok(input) => input,
        Err(error) => {
            let name = path.to_string_lossy();
            console.say(Some(&name), "io", None, &input::explain(&error));
            return Ok(None);
        }
    };
    let mut pass = read(input, interrupt, false, config, console, visitor)?;
    if pass.stats.lost > 0 && reading.fail_on_loss {
        pass.outcome |= Outcome::LOSS;
    }
    Ok(Some(pass))
}

/// The same for what is open already. `is_live`: it may end at any time, and that is no damage.
///
/// # Errors
/// Output cannot be written.
pub(crate) fn pump_input(
    input: Input,
    is_live: bool,
    config: &Config,
    console: &mut Console,
    visitor: &mut impl Visitor,
) -> io::Result<Pass> {
    read(input, None, is_live, config, console, visitor)
}

fn read(
    mut input: Input,
    interrupt: Option<Interrupt>,
    is_live: bool,
    config: &Config,
    console: &mut Console,
    visitor: &mut impl Visitor,
) -> io::Result<Pass> {
    let mut config = *config;
    config.resident_chunks = input.is_mapped();
    let mut format = Auto::new(&config).with_parts(input.parts().iter().copied());
    if let Some((offset, bytes)) = input.take_index() {
        format = format.with_index(offset, bytes);
    }
    let parser = Parser::new(format, &config);
    let mut pump = Pump { input, interrupt, is_live, parser, console, faults: Vec::new(), told: 0 };
    let end = pump.run(visitor);
    pump.console.clear();
    Ok(pump.close(end?))
}

struct Pump<'c> {
    input: Input,
    /// What ends it before its end, if anything does.
    interrupt: Option<Interrupt>,
    is_live: bool,
    parser: Parser<Auto>,
    console: &'c mut Console,
    faults: Vec<FaultRecord>,
    told: u64,
}

impl Pump<'_> {
    fn run(&mut self, visitor: &mut impl Visitor) -> io::Result<End> {
        loop {
            // What waits for its turn is not to wait for the next burst.
            let waits = self.parser.stats().memory.waiting > 0;
            let patience = if self.is_live { LIVE_PATIENCE } else { PATIENCE };
            let next = self.next(waits.then_some(patience));
            let is_cut = matches!(next, Ok(None));
            let is_last = match next {
                Ok(Some(Next::Chunk(chunk))) => {
                    self.parser.push(chunk).expect("all before has been parsed");
                    false
                }
                Ok(Some(Next::Idle)) => {
                    self.parser.flush();
                    false
                }
                Ok(Some(Next::End) | None) => {
                    self.parser.finish();
                    true
                }
                Err(error) => {
                    // What has come is whole, though no more will.
                    self.parser.flush();
                    let _ = self.drain(visitor)?;
                    return Ok(End::Unreadable(input::explain(&error)));
                }
            };
            match self.drain(visitor)? {
                // Whoever wrote it was stopped as well.
                Some(End::Truncated(..)) if self.is_interrupted() => return Ok(End::Interrupted),
                Some(end) => return Ok(end),
                None if is_cut => return Ok(End::Interrupted),
                None if is_last => return Ok(End::Complete),
                None => {}
            }
            if self.input.is_live() {
                visitor.pause()?;
            }
            self.console.progress(self.input.total, || self.parser.stats());
        }
    }

    /// The next bytes, as [`Input::next`] has them; `None` if no more are waited for.
    fn next(&mut self, patience: Option<Duration>) -> io::Result<Option<Next>> {
        match &self.interrupt {
            None => self.input.next(patience).map(Some),
            Some(interrupt) => interrupt.next(&mut self.input, patience),
        }
    }

    fn is_interrupted(&self) -> bool {
        self.interrupt.as_ref().is_some_and(Interrupt::is_coming)
    }

    /// Visits what has been pushed; how it ended if it did.
    fn drain(&mut self, visitor: &mut impl Visitor) -> io::Result<Option<End>> {
        loop {
            match self.parser.next_batch() {
                Ok(Some(batch)) => {
                    for fault in batch.faults() {
                        if self.told < FAULTS_TOLD {
                            self.told += 1;
                            tell(self.console, &self.input.name, fault);
                        }
                        if self.faults.len() < FAULTS_KEPT {
                            self.faults.push(fault.into());
                        }
                    }
                    if visitor.batch(&batch)?.is_break() {
                        return Ok(Some(End::Stopped));
                    }
                }
                Ok(None) => return Ok(None),
                Err(error) => return Ok(Some(End::of(error, self.parser.stats().bytes_in))),
            }
        }
    }

    fn close(self, end: End) -> Pass {
        let (name, stats) = (self.input.name.clone(), self.parser.stats());
        let file = Some(name.as_str());
        if stats.faults > self.told {
            let more = stats.faults - self.told;
            let message = format!("{more} more faults, {} in all", stats.faults);
            self.console.say(file, "faults", None, &message);
        }
        match &end {
            End::Complete | End::Stopped => {}
            End::Interrupted => {
                let message = "interrupted before its end; what had come by then was read";
                self.console.remark(&name, message);
            }
            End::Failed(error) if end.is_unsupported() => {
                let message = unknown::describe(error, self.input.head());
                self.console.say(file, "unsupported", Some(error.offset()), &message);
            }
            End::Failed(error) => {
                self.console.say(file, "error", Some(error.offset()), &end.describe());
            }
            End::Truncated(..) if self.is_live => {
                let message = "the process ended before its stream was complete; what it had \
                               not sent by then is lost";
                self.console.remark(&name, message);
            }
            End::Truncated(error, _) => {
                self.console.say(file, "truncated", Some(error.offset()), &end.describe());
            }
            End::Unreadable(message) => self.console.say(file, "io", None, message),
        }
        if self.input.is_index_missed() && stats.events > 0 {
            let message = "names and fields of events stand behind the events here, and were not \
                           known before they were read: give it as a file, not through a pipe";
            self.console.remark(&name, message);
        }
        let is_ordinary = self.is_live && matches!(end, End::Truncated(..));
        let mut outcome = if is_ordinary { Outcome::default() } else { end.outcome() };
        if stats.faults > 0 {
            outcome |= Outcome::DAMAGED;
        }
        let buffers = self.input.pool();
        Pass { name, parser: self.parser, stats, end, faults: self.faults, buffers, outcome }
    }
}

fn tell(console: &Console, name: &str, fault: &Fault) {
    console.say(Some(name), "fault", Some(fault.offset()), &fault.to_string());
}

#[cfg(test)]
mod tests;
