//! The counts of one file, in JSON and as tables.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use tracemill::Format;

use super::loss::{self, LossRecord, WindowRecord};
use super::memory::MemoryRecord;
use super::told::{self, ToldRecord};
use crate::cli::args::By;
use crate::cli::end::{EndRecord, FaultRecord};
use crate::cli::info::version;
use crate::cli::json::{Int, SCHEMA_VERSION};
use crate::cli::pump::Pass;
use crate::cli::tally::{Row, Tally, rows};
use crate::cli::{input, table, text};

/// Everything, named and ordered as in JSON.
#[derive(Serialize)]
pub(super) struct Report<'a> {
    schema_version: u32,
    file: &'a str,
    format: &'static str,
    format_version: u32,
    bytes: Int,
    events: Int,
    payload_bytes: Int,
    /// Those that the filters took, if there were any; rates, times and tables are of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    events_taken: Option<Int>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload_bytes_taken: Option<Int>,
    duration_ns: Option<Int>,
    events_per_second: Option<f64>,
    by: BTreeMap<&'static str, Vec<Row<'a>>>,
    /// None if the format does not tell.
    lost: Option<Int>,
    lost_after_damage: Int,
    sequence_anomalies: Int,
    loss: Vec<LossRecord>,
    loss_windows: Vec<WindowRecord>,
    /// Where the writer tells.
    #[serde(flatten)]
    told: Option<ToldRecord>,
    undescribed: Int,
    unresolved_stacks: Int,
    classes_refused: Int,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory: Option<MemoryRecord>,
    fault_count: Int,
    faults: &'a [FaultRecord],
    end: EndRecord<'a>,
}

impl<'a> Report<'a> {
    pub(super) fn new(pass: &'a Pass, tally: &'a Tally, by: &[By], memory: bool) -> Self {
        let trace = &pass.parser.format().state().trace;
        let stats = &pass.stats;
        Self {
            schema_version: SCHEMA_VERSION,
            file: &pass.name,
            format: trace.format,
            format_version: trace.version.0,
            bytes: stats.bytes_in.into(),
            events: stats.events.into(),
            payload_bytes: stats.payload_bytes.into(),
            events_taken: None,
            payload_bytes_taken: None,
            duration_ns: tally.duration_ns().map(Int::from),
            events_per_second: tally.rate(tally.total().events),
            by: by.iter().map(|by| (by.name(), rows(tally, *by))).collect(),
            lost: pass.lost().map(Int::from),
            lost_after_damage: stats.lost_after_damage.into(),
            sequence_anomalies: stats.anomalies.into(),
            loss: loss::records(pass),
            loss_windows: loss::windows(pass),
            told: told::record(pass),
            undescribed: stats.undescribed.into(),
            unresolved_stacks: stats.unresolved_stacks.into(),
            classes_refused: stats.classes_refused.into(),
            memory: memory.then(|| MemoryRecord::new(pass, tally)),
            fault_count: stats.faults.into(),
            faults: &pass.faults,
            end: pass.end.record(),
        }
    }

    /// Tells how much of the file was taken.
    pub(super) fn tell_taken(&mut self, tally: &Tally) {
        let total = tally.total();
        self.events_taken = Some(total.events.into());
        self.payload_bytes_taken = Some(total.payload_bytes.into());
    }
}

/// Prints a summary and one table for each of `by`.
pub(super) fn print(
    out: &mut impl Write,
    pass: &Pass,
    tally: &Tally,
    by: &[By],
    is_filtered: bool,
) -> io::Result<()> {
    let trace = &pass.parser.format().state().trace;
    let all_of = |number: u64, all: u64| {
        let number = text::grouped(number);
        if is_filtered { format!("{number} of {}", text::grouped(all)) } else { number }
    };
    let total = tally.total();
    let duration = tally.duration_ns().and_then(|ns| i64::try_from(ns).ok());
    writeln!(
        out,
        "{}: {}, {} events, {} payload bytes, {}, {} events/s",
        input::called(&pass.name),
        version(trace.format, trace.version),
        all_of(total.events, pass.stats.events),
        all_of(total.payload_bytes, pass.stats.payload_bytes),
        text::span(duration),
        text::rate(tally.rate(total.events)),
    )?;
    for by in by {
        writeln!(out)?;
        let (names, name): (&[table::Head], Names) = match by {
            By::Provider => (&[("provider", false)], |row| vec![provider(row)]),
            By::Event => {
                (&[("provider", false), ("event", false), ("id", true), ("version", true)], |row| {
                    let number = |number: Option<u32>| number.unwrap_or(0).to_string();
                    vec![provider(row), event(row), number(row.id), number(row.version)]
                })
            }
            By::Thread => (&[("process", true), ("thread", true), ("name", false)], |row| {
                let name = text::escaped(row.thread_name.as_deref().unwrap_or_default());
                vec![number(row, row.process), number(row, row.thread), name]
            }),
            By::Process => (&[("process", true)], |row| vec![number(row, row.process)]),
        };
        let rows = rows(tally, *by);
        let rows = rows.iter().map(|row| {
            let mut cells = name(row);
            cells.extend(counts(row));
            cells
        });
        table::print(out, &[names, COUNTS].concat(), rows)?;
    }
    Ok(())
}

/// An event's name, or its number where the stream does not tell the name.
pub(super) fn event(row: &Row<'_>) -> String {
    match (row.event, row.id) {
        (Some(""), Some(id)) => format!("#{id}"),
        (name, _) => text::escaped(name.unwrap_or_default()),
    }
}

fn provider(row: &Row<'_>) -> String {
    text::escaped(row.provider.unwrap_or_default())
}

fn number(row: &Row<'_>, number: Option<Int>) -> String {
    match number {
        Some(number) => number.to_string(),
        None if row.others => "others".to_owned(),
        None => "?".to_owned(),
    }
}

fn counts(row: &Row<'_>) -> [String; 4] {
    [
        text::grouped(row.count.events),
        format!("{:.1}%", row.share * 100.0),
        text::grouped(row.count.payload_bytes),
        text::rate(row.events_per_second),
    ]
}

/// The cells that tell a row from others.
type Names = fn(&Row<'_>) -> Vec<String>;

const COUNTS: &[table::Head] =
    &[("events", true), ("share", true), ("payload bytes", true), ("events/s", true)];
