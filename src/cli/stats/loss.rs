//! What was lost, per capture thread. A gap in numbers belongs to a thread and a time, never to a
//! provider; what writers tell beside, or instead, is in `told.rs`.

use std::io::{self, Write};

use serde::Serialize;
use tracemill::{Format, ThreadLoss};

use super::told;
use crate::cli::json::Int;
use crate::cli::pump::Pass;
use crate::cli::tally::ratio;
use crate::cli::{table, text};

/// Loss of one capture thread, in JSON.
#[derive(Serialize)]
pub(crate) struct LossRecord {
    /// None if it is not known.
    capture_thread: Option<Int>,
    /// None where events have no numbers.
    events: Option<Int>,
    lost: Int,
    lost_after_damage: Int,
    #[serde(skip_serializing_if = "Option::is_none")]
    lost_untimed: Option<Int>,
    anomalies: Int,
    gaps: Int,
    /// The event before the first gap; none if that is the first event of all.
    from_ns: Option<Int>,
    /// What comes after the last gap; none if there is no gap.
    to_ns: Option<Int>,
    /// What told of the first gap, where the writer tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    noticed_ns: Option<Int>,
    /// Times that recording paused, and for how long.
    pauses: Int,
    paused_ns: Option<Int>,
}

/// What was lost in a span of time, in JSON.
#[derive(Serialize)]
pub(crate) struct WindowRecord {
    from_ns: Option<Int>,
    to_ns: Option<Int>,
    lost: Int,
    lost_after_damage: Int,
    gaps: Int,
}

/// Loss by time, in order.
pub(crate) fn windows(pass: &Pass) -> Vec<WindowRecord> {
    let clock = &pass.parser.format().state().clock;
    let windows = pass.parser.loss().windows().iter();
    windows
        .map(|window| WindowRecord {
            from_ns: clock.ns(window.from_ticks).map(Int::from),
            to_ns: clock.ns(window.to_ticks).map(Int::from),
            lost: window.lost.into(),
            lost_after_damage: window.lost_after_damage.into(),
            gaps: window.gaps.into(),
        })
        .collect()
}

/// Every capture thread that is still known, the greatest loss first.
pub(crate) fn records(pass: &Pass) -> Vec<LossRecord> {
    let is_told = pass.parser.format().told_loss().is_some();
    sorted(pass)
        .into_iter()
        .map(|(thread, loss)| {
            let (from, to) = window(pass, &loss);
            let noticed = told::noticed(pass, &loss).filter(|_| is_told);
            LossRecord {
                capture_thread: (!is_told || thread != u64::MAX).then(|| thread.into()),
                events: (!is_told).then(|| loss.events.into()),
                lost: loss.lost.into(),
                lost_after_damage: loss.lost_after_damage.into(),
                lost_untimed: is_told.then(|| loss.lost_untimed.into()),
                anomalies: loss.anomalies.into(),
                gaps: loss.gaps.into(),
                from_ns: from.filter(|_| !is_told).map(Int::from),
                to_ns: to.map(Int::from),
                noticed_ns: noticed.and_then(|(first, _)| first).map(Int::from),
                pauses: loss.pauses.into(),
                paused_ns: paused_ns(pass, &loss).map(Int::from),
            }
        })
        .collect()
}

/// Nanoseconds of a thread's pauses.
fn paused_ns(pass: &Pass, loss: &ThreadLoss) -> Option<u64> {
    let frequency = pass.parser.format().state().clock.frequency.filter(|hz| *hz > 0)?;
    let ns = u128::from(loss.paused_ticks) * 1_000_000_000 / u128::from(frequency);
    u64::try_from(ns).ok()
}

/// Says how often recording paused and for how long; `None` if it never did.
pub(crate) fn pauses(pass: &Pass) -> Option<String> {
    let total = pass.parser.loss().total();
    (total.pauses > 0).then(|| {
        let ns = paused_ns(pass, &total).and_then(|ns| i64::try_from(ns).ok());
        let times = text::counted(total.pauses, "time", "times");
        format!("{times}, for {} in all: what was left out then is not counted", text::span(ns))
    })
}

/// Prints the total, and the threads that lost something.
pub(crate) fn print(out: &mut impl Write, pass: &Pass) -> io::Result<()> {
    let stats = &pass.stats;
    writeln!(out)?;
    let Some(lost) = pass.lost() else {
        return writeln!(out, "lost: not recorded by this version of the format");
    };
    write!(out, "lost: {} events", text::grouped(lost))?;
    let told = pass.parser.format().told_loss();
    if lost > 0 {
        let delivered = told.as_ref().map_or(stats.events, |told| told.events);
        let written = delivered.saturating_add(lost);
        let percent = 100.0 * ratio(lost, written);
        write!(out, ", {percent:.1}% of {}", text::grouped(written))?;
    }
    if stats.lost_after_damage > 0 {
        let after_damage = text::grouped(stats.lost_after_damage);
        write!(out, ", {after_damage} of them missing after damage")?;
    }
    if stats.anomalies > 0 {
        write!(out, "; sequence numbers went back {} times", text::grouped(stats.anomalies))?;
    }
    writeln!(out)?;
    if let Some(pauses) = pauses(pass) {
        writeln!(out, "recording paused {pauses}")?;
    }
    let threads = sorted(pass);
    let rows = threads.iter().filter(|(_, loss)| loss.lost > 0 || loss.anomalies > 0);
    if rows.clone().next().is_none() {
        return Ok(());
    }
    writeln!(out)?;
    if let Some(told) = told {
        told::print(out, pass, &told, rows)?;
        print_windows(out, pass)?;
        return told::print_events(out, pass, &told);
    }
    let heads = [
        ("capture thread", true),
        ("events", true),
        ("lost", true),
        ("gaps", true),
        ("went back", true),
        ("from", true),
        ("to", true),
    ];
    let rows = rows.map(|(thread, loss)| {
        let (from, to) = window(pass, loss);
        let (from, to) = match loss.gaps {
            0 => (String::new(), String::new()),
            _ if loss.gap_from == 0 => ("the start".to_owned(), text::span(to)),
            _ => (text::span(from), text::span(to)),
        };
        let [events, lost] = [loss.events, loss.lost].map(text::grouped);
        let [gaps, anomalies] = [loss.gaps, loss.anomalies].map(text::grouped);
        vec![thread.to_string(), events, lost, gaps, anomalies, from, to]
    });
    table::print(out, &heads, rows)?;
    print_windows(out, pass)
}

/// Prints when events were lost, if that was at more than one time.
fn print_windows(out: &mut impl Write, pass: &Pass) -> io::Result<()> {
    let windows = pass.parser.loss().windows();
    if windows.len() < 2 {
        return Ok(());
    }
    let clock = &pass.parser.format().state().clock;
    let heads = [("noticed from", true), ("to", true), ("events", true), ("gaps", true)];
    let rows = windows.iter().map(|window| {
        let times = [window.from_ticks, window.to_ticks].map(|ticks| text::span(clock.ns(ticks)));
        let [from, to] = times;
        vec![from, to, text::grouped(window.lost), text::grouped(window.gaps)]
    });
    writeln!(out)?;
    table::print(out, &heads, rows)
}

fn sorted(pass: &Pass) -> Vec<(u64, ThreadLoss)> {
    let mut threads: Vec<_> = pass.parser.loss().threads().collect();
    threads.sort_by(|(a, x), (b, y)| y.lost.cmp(&x.lost).then(a.cmp(b)));
    threads
}

/// From the first gap to the last, in nanoseconds since the trace began.
fn window(pass: &Pass, loss: &ThreadLoss) -> (Option<i64>, Option<i64>) {
    let clock = &pass.parser.format().state().clock;
    let from = (loss.gap_from != 0).then(|| clock.ns(loss.gap_from)).flatten();
    let to = (loss.timed_gaps > 0).then(|| clock.ns(loss.gap_to)).flatten();
    (from, to)
}
