//! One line at the end of a recording.

use std::time::Duration;

use crate::cli::attach::Why;
use crate::cli::end::End;
use crate::cli::outcome::Outcome;
use crate::cli::pump::Pass;
use crate::cli::text;

/// How a recording went.
#[derive(Clone)]
pub(crate) struct Report {
    how: &'static str,
    bytes: u64,
    /// Unless nobody could read them.
    events: Option<u64>,
    /// If that is known.
    pub lost: Option<u64>,
    duration: Duration,
    /// What went wrong.
    pub outcome: Outcome,
}

impl Report {
    /// Of a recording that has ended; `why` if it was stopped.
    pub(crate) fn new(pass: &Pass, bytes: u64, duration: Duration, why: Option<Why>) -> Self {
        let is_read = matches!(pass.end, End::Complete | End::Truncated(..));
        let how = match (&pass.end, why) {
            (End::Truncated(..), None) => {
                "the process was killed or crashed; what it had not sent by then is lost"
            }
            (End::Truncated(..), Some(_)) => "stopped, but the process did not send the end of it",
            (_, Some(Why::Time)) => "stopped after its time",
            (_, Some(Why::Event)) => "stopped by the event",
            (_, Some(Why::Other)) => "stopped",
            (_, None) => "the process ended",
        };
        let events = (is_read && pass.is_known()).then_some(pass.stats.events);
        let lost = events.and(pass.lost());
        Self { how, bytes, events, lost, duration, outcome: pass.outcome }
    }

    /// The same with what came of the next session, of the same process. Its bytes are of both already.
    pub(crate) fn and(&self, next: &Self) -> Self {
        let sum = |one: Option<u64>, other: Option<u64>| Some(one? + other?);
        let mut both = next.clone();
        both.events = sum(self.events, next.events);
        both.lost = sum(self.lost, next.lost);
        both.outcome |= self.outcome;
        both
    }

    /// It, for people.
    pub(crate) fn line(&self) -> String {
        let number = |number: Option<u64>| number.map_or_else(|| "?".to_owned(), text::grouped);
        let (events, lost) = (number(self.events), number(self.lost));
        let plural = if self.events == Some(1) { "event" } else { "events" };
        let (how, bytes) = (self.how, text::size(self.bytes));
        let seconds = self.duration.as_secs_f64();
        format!("{how}: {bytes}, {events} {plural}, {lost} lost, {seconds:.1} s")
    }
}
