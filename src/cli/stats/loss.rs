//! What was lost, per capture thread. A gap belongs to a thread and a time, never to a provider.

use std::io::{self, Write};

use serde::Serialize;
use tracemill::{Format, ThreadLoss};

use crate::cli::json::Int;
use crate::cli::pump::Pass;
use crate::cli::{table, text};

/// Loss of one capture thread, in JSON.
#[derive(Serialize)]
pub(super) struct LossRecord {
    capture_thread: Int,
    events: Int,
    lost: Int,
    lost_after_damage: Int,
    anomalies: Int,
    gaps: Int,
    /// The event before the first gap; none if that is the first event of all.
    from_ns: Option<Int>,
    /// What comes after the last gap; none if there is no gap.
    to_ns: Option<Int>,
}

/// Every capture thread that is still known, the greatest loss first.
pub(super) fn records(pass: &Pass) -> Vec<LossRecord> {
    sorted(pass)
        .into_iter()
        .map(|(thread, loss)| {
            let (from, to) = window(pass, &loss);
            LossRecord {
                capture_thread: thread.into(),
                events: loss.events.into(),
                lost: loss.lost.into(),
                lost_after_damage: loss.lost_after_damage.into(),
                anomalies: loss.anomalies.into(),
                gaps: loss.gaps.into(),
                from_ns: from.map(Int::from),
                to_ns: to.map(Int::from),
            }
        })
        .collect()
}

/// Prints the total, and the threads that lost something.
pub(super) fn print(out: &mut impl Write, pass: &Pass) -> io::Result<()> {
    let stats = &pass.stats;
    writeln!(out)?;
    let Some(lost) = pass.lost() else {
        return writeln!(out, "lost: not recorded by this version of the format");
    };
    write!(out, "lost: {} events", text::grouped(lost))?;
    if stats.lost_after_damage > 0 {
        let after_damage = text::grouped(stats.lost_after_damage);
        write!(out, ", {after_damage} of them missing after damage")?;
    }
    if stats.anomalies > 0 {
        write!(out, "; sequence numbers went back {} times", text::grouped(stats.anomalies))?;
    }
    writeln!(out)?;
    let threads = sorted(pass);
    let rows = threads.iter().filter(|(_, loss)| loss.lost > 0 || loss.anomalies > 0);
    if rows.clone().next().is_none() {
        return Ok(());
    }
    writeln!(out)?;
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
    let to = (loss.gaps > 0).then(|| clock.ns(loss.gap_to)).flatten();
    (from, to)
}
