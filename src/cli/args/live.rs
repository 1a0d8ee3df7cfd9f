//! What can be said of running processes.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, ValueEnum, ValueHint};

use super::{Filters, Printing, bytes};
use crate::cli::attach::{self, Asking, Memory, Running, Source, Target};
use crate::cli::collect;

#[derive(Args, Debug)]
pub(crate) struct PsArgs {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// List sockets too that nobody can be asked at, and why
    #[arg(short, long)]
    pub all: bool,
}

#[derive(Args, Debug)]
pub(crate) struct MonitorArgs {
    #[command(flatten)]
    pub running: Running,
    #[command(flatten)]
    pub asking: Asking,
    /// Stop after so many events
    #[arg(long, value_name = "N")]
    pub count: Option<u64>,
    #[command(flatten)]
    pub printing: Printing,
    #[command(flatten)]
    pub filters: Filters,
    /// Show no remarks; errors only
    #[arg(short, long)]
    pub quiet: bool,
    /// Exit with code 5 if events were lost
    #[arg(long)]
    pub fail_on_loss: bool,
}

#[derive(Args, Debug)]
pub(crate) struct CountersArgs {
    #[command(flatten)]
    pub source: Source,
    /// Which, comma separated: PROVIDER or PROVIDER[NAME,NAME], where a provider is a meter, an event
    /// source or both; EventCounters\PROVIDER is an event source alone. Without it, System.Runtime
    /// of a process, and all of a FILE
    #[arg(long, value_name = "LIST")]
    pub counters: Vec<String>,
    /// Seconds of an interval, at least 0.1; 1 by default. Of a FILE, take only counters that were
    /// asked for at this interval
    #[arg(long, value_name = "S", value_parser = interval)]
    pub refresh_interval: Option<f64>,
    /// Histograms that the process may keep for this
    #[arg(
        long = "maxHistograms",
        alias = "max-histograms",
        value_name = "N",
        default_value_t = 10
    )]
    pub max_histograms: u32,
    /// Series that the process may keep for this, and that a table may have
    #[arg(
        long = "maxTimeSeries",
        alias = "max-time-series",
        value_name = "N",
        default_value_t = 1000
    )]
    pub max_time_series: u32,
    /// Show in tables by how much values have changed
    #[arg(long = "showDeltas", alias = "show-deltas")]
    pub show_deltas: bool,
    /// How to print: without it, a table on a terminal, CSV with -o, else JSON lines
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<CounterForm>,
    /// Write CSV or JSON to this file, which is there once all is written
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Replace the file if it is there
    #[arg(short, long, requires = "output")]
    pub yes: bool,
}

/// How counters are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CounterForm {
    /// A table, on a terminal the last values of a process
    Table,
    /// As dotnet-counters writes it
    Csv,
    /// As dotnet-counters writes it: one document
    Json,
    /// One JSON object a value, with all that is known of it
    Jsonl,
}

impl CountersArgs {
    /// The form that is asked for, or that fits.
    pub(crate) fn form(&self) -> CounterForm {
        self.format.unwrap_or_else(|| match self.output {
            Some(_) => CounterForm::Csv,
            None if std::io::stdout().is_terminal() => CounterForm::Table,
            None => CounterForm::Jsonl,
        })
    }

    pub(crate) fn is_json(&self) -> bool {
        matches!(self.form(), CounterForm::Json | CounterForm::Jsonl)
    }

    /// Seconds of an interval.
    pub(crate) fn interval(&self) -> f64 {
        self.refresh_interval.unwrap_or(1.0)
    }

    /// The interval of counters that are taken, in milliseconds; `None` for any.
    pub(crate) fn interval_ms(&self) -> Option<u64> {
        let is_asked = self.source.is_live() || self.refresh_interval.is_some();
        let interval = Duration::try_from_secs_f64(self.interval()).ok()?;
        let ms = (interval + Duration::from_micros(500)).as_millis();
        u64::try_from(ms).ok().filter(|_| is_asked)
    }
}

#[derive(Args, Debug)]
pub(crate) struct LogsArgs {
    #[command(flatten)]
    pub source: Source,
    /// Only from this level on: trace, debug, information, warning, error, critical or none; of some
    /// categories alone as 'CATEGORY:LEVEL', where '*' is any text; comma separated. Without it, what
    /// the program's own filters let through
    #[arg(long, value_name = "LEVELS", value_delimiter = ',')]
    pub level: Vec<String>,
    /// Only of categories of this name, '*' for any text; may be repeated
    #[arg(long, value_name = "NAME")]
    pub category: Vec<String>,
    /// Stop after so many messages
    #[arg(long, value_name = "N")]
    pub count: Option<u64>,
    /// Print where scopes begin and end, too
    #[arg(long)]
    pub scopes: bool,
    /// Ask a process for the text of its messages alone, without exceptions, which costs it less
    #[arg(long)]
    pub no_exceptions: bool,
    /// How to print
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub format: LogForm,
    /// Show times as UTC instead of seconds since the trace began
    #[arg(long)]
    pub utc: bool,
}

impl LogsArgs {
    pub(crate) fn is_json(&self) -> bool {
        self.format == LogForm::Jsonl
    }
}

/// How messages are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogForm {
    /// A line a message, exceptions indented below
    Text,
    /// One JSON object a line, with the arguments
    Jsonl,
}

#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct CollectArgs {
    #[command(flatten)]
    pub target: Target,
    /// Wait for a process that is told to dial in at this path (by `DOTNET_DiagnosticPorts`); with
    /// ',connect', ask one that listens there
    #[arg(long = "diagnostic-port", visible_alias = "dport", value_name = "PATH[,connect]")]
    pub port: Option<String>,
    #[command(flatten)]
    pub asking: Asking,
    /// Where to record to: a file, a folder, or '-' for standard output; '{pid}' in it is the process.
    /// While it is recorded a file is called FILE.part. By default the name of the program with date
    /// and time
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::AnyPath)]
    pub output: Option<PathBuf>,
    /// Overwrite a file of that name, once the recording is whole
    #[arg(short, long)]
    pub yes: bool,
    /// Record to standard output even if it is a terminal
    #[arg(long)]
    pub force: bool,
    /// What to write: nettrace, as the process sends it
    #[arg(short, long, default_value = "nettrace", value_parser = collect::format)]
    pub format: String,
    /// Whether methods and modules are told at the end, so that stacks can be named
    #[arg(long, value_name = "BOOL", default_value_t = true, num_args = 0..=1,
          default_missing_value = "true", action = ArgAction::Set)]
    pub rundown: bool,
    #[command(flatten)]
    pub until: Until,
    #[command(flatten)]
    pub rotation: RotationArgs,
    /// Ask the process anew after this time, as 1h: the names of events, which only grow as long as a
    /// session lives, begin afresh, with a part of their own. What happens between the two sessions,
    /// usually some milliseconds, is not seen, and a message says how long that was
    #[arg(long, value_name = "TIME", value_parser = attach::some_time)]
    pub renew_every: Option<Duration>,
    #[command(flatten)]
    pub memory: Memory,
    /// Let a process that was started suspended run, once it is recorded
    #[arg(long, value_name = "BOOL", default_value_t = true, num_args = 0..=1,
          default_missing_value = "true", action = ArgAction::Set)]
    pub resume_runtime: bool,
    /// Let COMMAND use the terminal
    #[arg(long, requires = "command")]
    pub show_child_io: bool,
    /// Show no progress
    #[arg(long)]
    pub no_progress: bool,
    /// Show neither progress nor remarks; errors only
    #[arg(short, long)]
    pub quiet: bool,
    /// Exit with code 5 if events were lost
    #[arg(long)]
    pub fail_on_loss: bool,
    /// Start this, and record it from its first event; ended when the recording is stopped
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

/// A recording in parts.
#[derive(Args, Debug)]
pub(crate) struct RotationArgs {
    /// Record in parts, x.0001.nettrace and so on if FILE is x.nettrace, each of which can be read
    /// alone: a new one after so many bytes, with K, M or G for units of 1024, at the next sequence
    /// point. There is one about every 10 MB. Once a process has defined some 64M of events there are no more parts; --renew-every
    /// begins afresh
    #[arg(long = "rotate-size", value_name = "BYTES", value_parser = bytes_u64)]
    pub size: Option<u64>,
    /// The same after this time, as 10m
    #[arg(long = "rotate-every", value_name = "TIME", value_parser = attach::duration)]
    pub every: Option<Duration>,
    /// Keep the latest so many parts only
    #[arg(long, value_name = "N")]
    pub keep: Option<usize>,
}

/// An event that ends the recording.
#[derive(Args, Debug)]
pub(crate) struct Until {
    /// Stop at an event of this provider
    #[arg(long = "stopping-event-provider-name", value_name = "NAME")]
    pub provider: Option<String>,
    /// Only at one of this name
    #[arg(long = "stopping-event-event-name", value_name = "NAME", requires = "provider")]
    pub event: Option<String>,
    /// Only at one with these values in its payload
    #[arg(
        long = "stopping-event-payload-filter",
        value_name = "FIELD:VALUE,...",
        requires = "event"
    )]
    pub payload: Option<String>,
}

/// Seconds of an interval.
fn interval(text: &str) -> Result<f64, String> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| (0.1..=86_400.0).contains(seconds));
    seconds.ok_or_else(|| "expected seconds, from 0.1 to 86400".to_owned())
}

fn bytes_u64(text: &str) -> Result<u64, String> {
    bytes(text).map(|bytes| bytes as u64)
}
