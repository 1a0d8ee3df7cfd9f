//! What `info` tells of one file, in JSON and as lines.

use std::collections::BTreeMap;

use serde::Serialize;
use tracemill::{Format, State};

use super::Census;
use crate::cli::args::By;
use crate::cli::end::{EndRecord, FaultRecord};
use crate::cli::json::{Int, SCHEMA_VERSION};
use crate::cli::pump::Pass;
use crate::cli::stats::loss::{self, LossRecord, WindowRecord};
use crate::cli::stats::told::{self, ToldRecord};
use crate::cli::tally::rows;
use crate::cli::{input, remarks, text};

/// Everything, named and ordered as in JSON.
#[derive(Serialize)]
pub(super) struct Report<'a> {
    schema_version: u32,
    file: &'a str,
    format: &'static str,
    format_version: u32,
    format_minor_version: u32,
    start_time: Option<String>,
    start_ticks: Int,
    clock_frequency: Option<Int>,
    pointer_size: u8,
    process_id: Option<Int>,
    processors: Option<u32>,
    sampling_interval_ns: Option<Int>,
    properties: BTreeMap<&'a str, &'a str>,
    bytes: Int,
    blocks: Vec<Block>,
    events: Int,
    payload_bytes: Int,
    /// Those that the filters took, if there were any; times, classes, threads and stacks are of
    /// these.
    #[serde(skip_serializing_if = "Option::is_none")]
    events_taken: Option<Int>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload_bytes_taken: Option<Int>,
    first_event_ns: Option<Int>,
    last_event_ns: Option<Int>,
    first_event_time: Option<String>,
    last_event_time: Option<String>,
    duration_ns: Option<Int>,
    providers: Int,
    event_classes: Int,
    threads: Int,
    processes: Int,
    capture_threads: Int,
    events_with_stack: Int,
    stack_frames: Int,
    sequence_points: Int,
    /// None if the format does not tell.
    lost: Option<Int>,
    lost_after_damage: Int,
    /// Capture threads, the greatest loss first; by time.
    loss: Vec<LossRecord>,
    loss_windows: Vec<WindowRecord>,
    /// Where the writer tells.
    #[serde(flatten)]
    told: Option<ToldRecord>,
    sequence_anomalies: Int,
    recycled_threads: Int,
    undescribed: Int,
    unresolved_stacks: Int,
    classes_refused: Int,
    fault_count: Int,
    faults: &'a [FaultRecord],
    end: EndRecord<'a>,
    #[serde(skip)]
    pass: &'a Pass,
    #[serde(skip)]
    census: &'a Census,
}

#[derive(Serialize)]
struct Block {
    kind: &'static str,
    count: Int,
    bytes: Int,
    #[serde(skip)]
    numbers: (u64, u64),
}

impl<'a> Report<'a> {
    pub(super) fn new(pass: &'a Pass, census: &'a Census) -> Self {
        let state = pass.parser.format().state();
        let (trace, clock) = (&state.trace, &state.clock);
        let counters = &pass.stats;
        let range = census.tally.range_ns();
        let utc = |ns: Option<i64>| {
            let utc_ns = ns.and_then(|ns| ns.checked_add(clock.origin_utc_ns?));
            utc_ns.map(|ns| text::moment(Some(ns)))
        };
        let (first, last) = (range.map(|range| range.0), range.map(|range| range.1));
        let taken = census.filter.as_ref().map(|_| census.tally.total());
        let number = |by: By| rows(&census.tally, by).len().into();
        Self {
            schema_version: SCHEMA_VERSION,
            file: &pass.name,
            format: trace.format,
            format_version: trace.version.0,
            format_minor_version: trace.version.1,
            start_time: clock.origin_utc_ns.map(|ns| text::moment(Some(ns))),
            start_ticks: clock.origin_ticks.into(),
            clock_frequency: clock.frequency.map(Int::from),
            pointer_size: trace.pointer_size,
            process_id: trace.process_id.map(Int::from),
            processors: trace.processors,
            sampling_interval_ns: trace.sampling_interval_ns.map(Int::from),
            properties: trace.properties.iter().map(|(k, v)| (&**k, &**v)).collect(),
            bytes: counters.bytes_in.into(),
            blocks: blocks(pass),
            events: counters.events.into(),
            payload_bytes: counters.payload_bytes.into(),
            events_taken: taken.map(|taken| taken.events.into()),
            payload_bytes_taken: taken.map(|taken| taken.payload_bytes.into()),
            first_event_ns: first.map(Int::from),
            last_event_ns: last.map(Int::from),
            first_event_time: utc(first),
            last_event_time: utc(last),
            duration_ns: census.tally.duration_ns().map(Int::from),
            providers: number(By::Provider),
            event_classes: number(By::Event),
            threads: number(By::Thread),
            processes: number(By::Process),
            capture_threads: pass.parser.loss().len().into(),
            events_with_stack: census.with_stack.into(),
            stack_frames: frames(census, state).into(),
            sequence_points: counters.sequence_points.into(),
            lost: pass.lost().map(Int::from),
            lost_after_damage: counters.lost_after_damage.into(),
            loss: loss::records(pass),
            loss_windows: loss::windows(pass),
            told: told::record(pass),
            sequence_anomalies: counters.anomalies.into(),
            recycled_threads: counters.recycled_threads.into(),
            undescribed: counters.undescribed.into(),
            unresolved_stacks: counters.unresolved_stacks.into(),
            classes_refused: counters.classes_refused.into(),
            fault_count: counters.faults.into(),
            faults: &pass.faults,
            end: pass.end.record(),
            pass,
            census,
        }
    }

    /// How many rows there are.
    fn rows(&self, by: By) -> u64 {
        rows(&self.census.tally, by).len() as u64
    }

    /// By how many threads events were lost, and when.
    fn place_of_loss(&self) -> String {
        remarks::threads(self.pass) + &remarks::window(self.pass)
    }

    /// The same for people: name and value.
    pub(super) fn lines(&self) -> Vec<(String, String)> {
        let state = self.pass.parser.format().state();
        let counters = &self.pass.stats;
        let grouped = text::grouped;
        let mut lines = Vec::new();
        let mut line = |name: &str, value: String| lines.push((name.to_owned(), value));
        line("file", input::called(self.file));
        line("format", version(self.format, state.trace.version));
        line("start", text::moment(state.clock.origin_utc_ns));
        line(
            "clock",
            match state.clock.frequency {
                Some(frequency) => {
                    format!(
                        "{} ticks a second, {} at the start",
                        grouped(frequency),
                        self.start_ticks
                    )
                }
                None => format!("unknown frequency, {} at the start", self.start_ticks),
            },
        );
        line("pointer size", format!("{} bytes", self.pointer_size));
        line("process", text::or_unknown(state.trace.process_id));
        line("processors", text::or_unknown(self.processors.map(u64::from)));
        line(
            "sampling",
            match state.trace.sampling_interval_ns {
                Some(ns) => format!("every {} ns", grouped(ns)),
                None => "?".to_owned(),
            },
        );
        for (key, value) in &self.properties {
            line("property", format!("{} = {}", text::escaped(key), text::escaped(value)));
        }
        line("bytes", grouped(counters.bytes_in));
        for block in &self.blocks {
            let (count, bytes) = block.numbers;
            line("blocks", format!("{} {}, {} bytes", grouped(count), block.kind, grouped(bytes)));
        }
        line("events", grouped(counters.events));
        line("payload", format!("{} bytes", grouped(counters.payload_bytes)));
        let taken = self.census.tally.total();
        if self.census.filter.is_some() {
            let (events, bytes) = (grouped(taken.events), grouped(taken.payload_bytes));
            line("taken", format!("{events} of these events, {bytes} bytes of payload"));
        }
        let range = self.census.tally.range_ns();
        if taken.events > 0 {
            let moment = |ns: Option<i64>, time: &Option<String>| {
                format!("{} ({})", text::span(ns), time.as_deref().unwrap_or("?"))
            };
            line("first event", moment(range.map(|range| range.0), &self.first_event_time));
            line("last event", moment(range.map(|range| range.1), &self.last_event_time));
            let duration = self.census.tally.duration_ns();
            line("duration", text::span(duration.and_then(|ns| i64::try_from(ns).ok())));
        }
        let [classes, providers] = [By::Event, By::Provider].map(|by| self.rows(by));
        let [threads, processes] = [By::Thread, By::Process].map(|by| self.rows(by));
        let providers = text::counted(providers, "provider", "providers");
        line("classes", format!("{}, of {providers}", grouped(classes)));
        let processes = text::counted(processes, "process", "processes");
        line("threads", format!("{}, of {processes}", grouped(threads)));
        line("stacks", {
            let with_stack = text::counted(self.census.with_stack, "event", "events");
            let frames = text::counted(frames(self.census, state), "frame", "frames");
            format!("of {with_stack}, {frames}")
        });
        line("seq. points", grouped(counters.sequence_points));
        line(
            "lost",
            match counters.lost_after_damage {
                _ if self.lost.is_none() => "not recorded by this version of the format".into(),
                _ if counters.lost == 0 => text::counted(0, "event", "events"),
                0 => text::counted(counters.lost, "event", "events") + &self.place_of_loss(),
                some => {
                    format!(
                        "{}, {} of them missing after damage",
                        text::counted(counters.lost, "event", "events"),
                        grouped(some)
                    ) + &self.place_of_loss()
                }
            },
        );
        if let Some(pauses) = loss::pauses(self.pass) {
            line("paused", pauses);
        }
        for (name, number) in [
            ("anomalies", counters.anomalies),
            ("recycled", counters.recycled_threads),
            ("undescribed", counters.undescribed),
            ("no such stack", counters.unresolved_stacks),
            ("not kept", counters.classes_refused),
        ] {
            if number > 0 {
                line(name, grouped(number));
            }
        }
        line("faults", grouped(counters.faults));
        line("end", self.pass.end.describe());
        lines
    }
}

/// A format and its version, for people.
pub(crate) fn version(format: &str, (major, minor): (u32, u32)) -> String {
    if minor == 0 { format!("{format} V{major}") } else { format!("{format} V{major}.{minor}") }
}

fn blocks(pass: &Pass) -> Vec<Block> {
    let kinds = pass.parser.format().frame_kinds().iter().filter(|kind| kind.frames > 0);
    kinds
        .map(|kind| Block {
            kind: kind.name,
            count: kind.frames.into(),
            bytes: kind.bytes.into(),
            numbers: (kind.frames, kind.bytes),
        })
        .collect()
}

fn frames(census: &Census, state: &State) -> u64 {
    census.frame_bytes / u64::from(state.trace.pointer_size.max(1))
}
