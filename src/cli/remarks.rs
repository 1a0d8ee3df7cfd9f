//! What has to be seen of a trace that was read, where no report shows it: a line each on standard
//! error.

use tracemill::{Format, Stats};

use super::console::Console;
use super::pump::Pass;
use super::stats::{loss, told};
use super::text::{self, counted};

/// Says what was lost, and what is not loss but has to be known.
pub(crate) fn print(console: &Console, pass: &Pass) {
    let stats = &pass.stats;
    let lost = stats.lost - stats.lost_after_damage;
    if lost > 0 {
        let (threads, place) = (threads(pass), window(pass));
        let what = counted(lost, "event was lost", "events were lost");
        console.remark(&pass.name, &format!("{what} when the trace was made{threads}{place}"));
    }
    let hidden = stats.lost_after_damage;
    if hidden > 0 {
        let what = counted(hidden, "event is missing", "events are missing");
        console.remark(&pass.name, &format!("{what} after damage"));
    }
    if let Some(pauses) = loss::pauses(pass) {
        console.remark(&pass.name, &format!("recording paused {pauses}"));
    }
    for line in others(stats) {
        console.remark(&pass.name, &line);
    }
}

/// What is not loss.
pub(crate) fn others(stats: &Stats) -> impl Iterator<Item = String> {
    [
        (stats.anomalies, "sequence number went back", "sequence numbers went back"),
        (
            stats.early,
            "event was delivered before it was certain that none older would come",
            "events were delivered before it was certain that none older would come",
        ),
        (stats.late, "event is older than one before it", "events are older than one before them"),
        (
            stats.undescribed,
            "event is of a kind that the trace does not define",
            "events are of kinds that the trace does not define",
        ),
        (
            stats.unresolved_stacks,
            "event has a stack that is not defined",
            "events have stacks that are not defined",
        ),
        (
            stats.classes_refused,
            "definition of events was beyond a limit: they are shown raw",
            "definitions of events were beyond a limit: they are shown raw",
        ),
    ]
    .into_iter()
    .filter(|(count, ..)| *count > 0)
    .map(|(count, one, many)| counted(count, one, many))
}

/// By how many threads, or on how many of what else is told apart.
pub(crate) fn threads(pass: &Pass) -> String {
    let losers = pass.parser.loss().threads().filter(|(_, loss)| loss.lost > 0);
    if let Some(told) = pass.parser.format().told_loss() {
        let known = losers.filter(|(key, _)| *key != u64::MAX).count() as u64;
        let [one, many] = told.of;
        return match known {
            0 => String::new(),
            known => format!(", on {}", counted(known, one, many)),
        };
    }
    let threads = losers.count();
    match threads {
        0 => String::new(),
        1 => ", by 1 thread".to_owned(),
        many => format!(", by {} threads", text::grouped(many as u64)),
    }
}

/// From the first gap to the last.
pub(crate) fn window(pass: &Pass) -> String {
    let clock = &pass.parser.format().state().clock;
    let loss = pass.parser.loss().total();
    if pass.parser.format().told_loss().is_some() {
        let untimed = text::grouped(loss.lost_untimed);
        return match (told::noticed(pass, &loss), loss.lost_untimed) {
            (None, _) => ", at an unknown time".to_owned(),
            (Some((from, to)), 0) => noticed(from, to),
            (Some((from, to)), _) => {
                format!("{}, {untimed} of them at an unknown time", noticed(from, to))
            }
        };
    }
    let to = clock.ns(loss.gap_to);
    let from = if loss.gap_from == 0 { None } else { clock.ns(loss.gap_from) };
    match (from, to) {
        (_, None) => String::new(),
        (None, to) => format!(", between the start and {}", text::span(to)),
        (from, to) => format!(", between {} and {}", text::span(from), text::span(to)),
    }
}

fn noticed(from: Option<i64>, to: Option<i64>) -> String {
    if from == to {
        return format!(", noticed at {}", text::span(from));
    }
    format!(", noticed between {} and {}", text::span(from), text::span(to))
}
