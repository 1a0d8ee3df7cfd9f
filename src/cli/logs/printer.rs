//! Takes messages out of a stream of events, and prints those that are wanted, each once.

use std::io::{self, Write};
use std::ops::ControlFlow;

use tracemill::conventions::Text;
use tracemill::conventions::logging::{Form, Log, PROVIDER, Reader};
use tracemill::{Batch, EventView, Glob};

use super::choice::{Choice, place};
use super::json::Json;
use super::levels::{self, Levels};
use super::line::{Line, Stamp};
use super::text;
use crate::cli::args::LogsArgs;
use crate::cli::attach::Origin;
use crate::cli::console::Console;
use crate::cli::json::print_line;
use crate::cli::pump::Visitor;
use crate::cli::whole::Whole;

/// Visits the events of one process or file.
pub(super) struct Printer {
    origin: Origin,
    levels: Levels,
    categories: Vec<Glob>,
    choice: Choice,
    /// By form: messages that may still be printed.
    left: [u64; 3],
    scopes: bool,
    utc: bool,
    json: bool,
    out: Whole,
    /// The lines of one message.
    line: Vec<u8>,
    unreadable: u64,
    met: Met,
}

/// What has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Met {
    Nothing,
    Messages,
    /// And some were printed.
    Wanted,
}

impl Printer {
    pub(super) fn new(args: &LogsArgs, origin: &Origin, choice: Choice) -> Self {
        Self {
            origin: origin.clone(),
            // They were parsed before, to see whether they are right.
            levels: Levels::parse(&args.level).unwrap_or_default(),
            categories: args.category.iter().map(|name| Glob::of_names(name)).collect(),
            choice,
            left: [args.count.unwrap_or(u64::MAX); 3],
            scopes: args.scopes,
            utc: args.utc,
            json: args.is_json(),
            out: Whole::default(),
            line: Vec::new(),
            unreadable: 0,
            met: Met::Nothing,
        }
    }

    /// Prints what is left. `is_all`: whether all was read that there is.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn finish(&mut self, console: &Console, is_all: bool) -> io::Result<()> {
        if self.choice.decide() {
            self.out.write_all(&self.choice.take())?;
        }
        if self.unreadable > 0 {
            let message = format!("{} messages cannot be read", self.unreadable);
            console.remark(&self.origin.name, &message);
        } else if is_all && self.met != Met::Wanted {
            console.remark(&self.origin.name, self.why_nothing());
        }
        self.out.flush()
    }

    /// Why nothing was printed.
    fn why_nothing(&self) -> &'static str {
        match (self.met != Met::Nothing, self.origin.pid) {
            (true, _) => "none of its messages is of the levels and categories that are wanted",
            (false, None) => "no message: nothing in it was logged with ILogger",
            (false, Some(_)) => {
                "no message came: nothing was logged with ILogger, or its own levels let nothing \
                 through (--level asks for others)"
            }
        }
    }

    fn event(&mut self, event: EventView<'_>) -> io::Result<()> {
        let class = event.class().filter(|class| class.provider() == PROVIDER);
        let Some(reader) = class.and_then(Reader::for_class) else { return Ok(()) };
        let Some(log) = reader.read(event) else {
            self.unreadable += 1;
            return Ok(());
        };
        match log {
            Log::Message(message) => {
                self.met = self.met.max(Met::Messages);
                if self.choice.met(message.form, event.thread_key()) {
                    self.out.write_all(&self.choice.take())?;
                }
                let is_wanted = self.is_chosen(message.form)
                    && self.has(message.logger)
                    && self.levels.takes(message.logger, message.level);
                let left = self.left.get_mut(place(message.form)).filter(|left| **left > 0);
                if let (true, Some(left)) = (is_wanted, left) {
                    *left -= 1;
                    self.print(event, &Line::Message(message), &[message.form])?;
                }
            }
            Log::ScopeStart(scope) if self.scopes && self.has(scope.logger) => {
                self.print(event, &Line::Begin(scope), forms(scope.is_json))?;
            }
            Log::ScopeStop(scope) if self.scopes && self.has(scope.logger) => {
                self.print(event, &Line::End(scope), forms(scope.is_json))?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Prints a line that belongs to some of the forms; until one is chosen, it is kept for each.
    fn print(&mut self, event: EventView<'_>, line: &Line<'_>, forms: &[Form]) -> io::Result<()> {
        if !forms.iter().any(|form| self.is_chosen(*form)) {
            return Ok(());
        }
        self.met = Met::Wanted;
        let stamp = Stamp::of(event);
        self.line.clear();
        if self.json {
            print_line(&mut self.line, &Json { stamp, line })?;
        } else {
            text::write(&mut self.line, stamp, line, self.utc);
        }
        if self.choice.chosen().is_some() {
            self.out.write_all(&self.line)?;
            return self.out.relieve();
        }
        for form in forms {
            self.choice.kept(*form).extend_from_slice(&self.line);
        }
        Ok(())
    }

    /// Whether a form is chosen, or may still be.
    fn is_chosen(&self, form: Form) -> bool {
        self.choice.chosen().is_none_or(|chosen| chosen == form)
    }

    /// Whether a category is wanted.
    fn has(&self, category: Text<'_>) -> bool {
        self.categories.is_empty()
            || self.categories.iter().any(|glob| levels::fits(glob, category))
    }

    /// Whether no more may be printed.
    fn is_done(&self) -> bool {
        let left = self.choice.chosen().and_then(|form| self.left.get(place(form)));
        left == Some(&0)
    }
}

/// The forms that come with scopes of a kind.
fn forms(is_json: bool) -> &'static [Form] {
    if is_json { &[Form::Json] } else { &[Form::Formatted, Form::Structured] }
}

impl Visitor for Printer {
    fn batch(&mut self, batch: &Batch<'_>) -> io::Result<ControlFlow<()>> {
        for event in batch {
            if self.is_done() {
                return Ok(ControlFlow::Break(()));
            }
            let until = self.origin.until_ns;
            if until.is_some_and(|until| event.ns().is_some_and(|now| now >= until)) {
                return Ok(ControlFlow::Break(()));
            }
            self.event(event)?;
        }
        // Nothing more is asked of the input than was needed.
        Ok(if self.is_done() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    fn pause(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
