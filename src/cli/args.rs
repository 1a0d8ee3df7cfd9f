//! What can be said on the command line.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{ArgAction, Args, Command, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use tracemill::{Config, Order, TimeRange};

use super::attach::{Asking, Source, Target};
use super::events::Column;
use super::{collect, filter, time};

const EXIT_CODES: &str = "\
Exit codes:
  0  all is well
  1  a file cannot be read, or output cannot be written
  2  the command line is wrong, or what it asks for would overwrite a file
  3  the format, or its version, is not supported
  4  the input is damaged or truncated; what was whole has been shown
  5  events were lost, and --fail-on-loss was given
  6  a process or its session could not be had
  130  a second Ctrl-C; the first one stops, reads what is on its way, and is no error
With several files or processes, the first of 1, 2, 6, 3, 4, 5 that holds for any of them.";

/// Looks into traces of any size, in flat memory.
#[derive(Debug, Parser)]
#[command(name = "tracemill", version, disable_version_flag = true, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub verb: Option<Verb>,
    /// Print the version
    #[arg(short = 'V', long)]
    pub version: bool,
    /// With --version, print features and formats too
    #[arg(short, long, requires = "version")]
    pub verbose: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Describe traces: format, clock, process, time range, loss, how they end
    #[command(after_help = EXIT_CODES)]
    Info(InfoArgs),
    /// Count events, bytes and rates by provider, event and thread; and what was lost
    #[command(after_help = EXIT_CODES)]
    Stats(StatsArgs),
    /// Print events, one a line
    #[command(after_help = EXIT_CODES)]
    Events(EventsArgs),
    /// List .NET processes that can be watched
    Ps(PsArgs),
    /// Print events of running .NET processes as they come
    #[command(after_help = EXIT_CODES)]
    Monitor(MonitorArgs),
    /// Show counters and instruments of running .NET processes, or of a trace
    #[command(after_help = EXIT_CODES)]
    Counters(CountersArgs),
    /// Print what .NET programs log, as it comes or from a trace
    #[command(after_help = EXIT_CODES)]
    Logs(LogsArgs),
    /// Record running .NET processes, byte for byte as they send it
    #[command(after_help = EXIT_CODES)]
    Collect(CollectArgs),
    /// List the sets of providers that --profile knows
    ListProfiles,
    /// List the formats that can be read
    ListFormats(ListFormatsArgs),
    /// Print completions for a shell
    Completions(CompletionsArgs),
    /// Print the manual page, or write one for each verb
    Man(ManArgs),
}

impl Verb {
    /// Whether messages on standard error are to be JSON as well.
    pub(crate) fn is_json(&self) -> bool {
        match self {
            Self::Info(args) => args.json,
            Self::Stats(args) => args.json,
            Self::Events(args) => args.printing.is_json(),
            Self::Ps(args) => args.json,
            Self::Monitor(args) => args.printing.is_json(),
            Self::Counters(args) => args.is_json(),
            Self::Logs(args) => args.is_json(),
            Self::ListFormats(args) => args.json,
            Self::Collect(_) | Self::ListProfiles | Self::Completions(_) | Self::Man(_) => false,
        }
    }
}

#[derive(Args, Debug)]
pub(crate) struct Files {
    /// Traces; '-' is standard input
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    pub files: Vec<PathBuf>,
}

/// How input is read, for all verbs alike.
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct Reading {
    /// Read files instead of mapping them, so that nothing done to a file meanwhile can hurt
    #[arg(long)]
    pub no_mmap: bool,
    /// Show no progress
    #[arg(long)]
    pub no_progress: bool,
    /// Show neither progress nor remarks; errors only
    #[arg(short, long)]
    pub quiet: bool,
    /// Exit with code 5 if events were lost
    #[arg(long)]
    pub fail_on_loss: bool,
}

#[derive(Args, Debug)]
pub(crate) struct InfoArgs {
    #[command(flatten)]
    pub files: Files,
    /// Print one JSON object a file
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub filters: Filters,
    #[command(flatten)]
    pub reading: Reading,
}

#[derive(Args, Debug)]
pub(crate) struct StatsArgs {
    #[command(flatten)]
    pub files: Files,
    /// What to count by
    #[arg(long, value_delimiter = ',', default_value = "provider,event,thread")]
    pub by: Vec<By>,
    /// Show how much memory was used, pool by pool
    #[arg(long)]
    pub memory: bool,
    /// Print one JSON object a file
    #[arg(long)]
    pub json: bool,
    /// Print the counts as CSV
    #[arg(long, conflicts_with_all = ["json", "memory"])]
    pub csv: bool,
    #[command(flatten)]
    pub filters: Filters,
    #[command(flatten)]
    pub reading: Reading,
}

/// What events are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    Provider,
    Event,
    Thread,
    Process,
}

impl By {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Event => "event",
            Self::Thread => "thread",
            Self::Process => "process",
        }
    }
}

/// How events are printed.
#[derive(Args, Debug)]
pub(crate) struct Printing {
    /// Columns, in order
    #[arg(
        short = 'F',
        long,
        value_name = "COLUMNS",
        value_delimiter = ',',
        default_value = "ts,pid,tid,provider,event,bytes,fields"
    )]
    pub fields: Vec<Column>,
    /// How to print
    #[arg(short = 'f', long, value_name = "FORMAT", default_value = "text")]
    pub format: Form,
    /// In which order
    #[arg(long, value_name = "ORDER", default_value = "time")]
    pub order: EventOrder,
    /// In time order, the most memory that waiting events may take, with K, M or G for units of
    /// 1024; where it is not enough, some come out of order, and a message says how many
    #[arg(long, value_name = "BYTES", default_value = "64M", value_parser = bytes)]
    pub max_held: usize,
    /// Show times as UTC instead of seconds since the trace began
    #[arg(long)]
    pub utc: bool,
}

#[derive(Args, Debug)]
pub(crate) struct EventsArgs {
    /// The trace; '-' is standard input
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// Stop after so many events
    #[arg(short = 'n', long, value_name = "N")]
    pub count: Option<u64>,
    #[command(flatten)]
    pub printing: Printing,
    #[command(flatten)]
    pub filters: Filters,
    #[command(flatten)]
    pub reading: Reading,
}

/// In which order events are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EventOrder {
    /// By time, across threads
    Time,
    /// As they stand in the file, without delay
    File,
}

impl Printing {
    /// Limits for the parser.
    pub(crate) fn config(&self) -> Config {
        let mut config = Config::default();
        config.order = match self.order {
            EventOrder::Time => Order::Time,
            EventOrder::File => Order::File,
        };
        // The budget is for the rest as it is by default.
        config.budget = config.budget.saturating_add(self.max_held);
        config.max_held = self.max_held;
        config
    }

    pub(crate) fn is_json(&self) -> bool {
        self.format == Form::Jsonl
    }
}

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
    pub target: Target,
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
    /// Record in parts, FILE.0001 and so on, each of which can be read alone: a new one after so many
    /// bytes, with K, M or G for units of 1024, at the next sequence point. There is one about every
    /// 10 MB
    #[arg(long = "rotate-size", value_name = "BYTES", value_parser = bytes_u64)]
    pub size: Option<u64>,
    /// The same after this time, as 10m
    #[arg(long = "rotate-every", value_name = "TIME", value_parser = super::attach::duration)]
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

/// How events are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// Aligned columns
    Text,
    /// One JSON object a line
    Jsonl,
    /// Comma-separated, with a header
    Csv,
}

/// Which events are taken: those that fit every kind of filter given.
#[derive(Args, Debug)]
pub(crate) struct Filters {
    /// Only of providers of this name, '*' for any text; case does not matter; may be repeated
    #[arg(long, value_name = "NAME")]
    pub provider: Vec<String>,
    /// Only events of this name ('*' for any text) or number; may be repeated
    #[arg(long, value_name = "NAME|ID")]
    pub event: Vec<String>,
    /// Only up to this level: 0 to 5, or critical, error, warning, informational, verbose; events of
    /// level 0 (always) are taken whatever it is
    #[arg(long, value_name = "LEVEL", value_parser = filter::level)]
    pub level: Option<u8>,
    /// Only with any of these keywords, a bit set as 0x8000 or 32768; may be repeated
    #[arg(long, value_name = "BITS", value_parser = filter::keywords)]
    pub keyword: Vec<u64>,
    /// Only of this process; may be repeated
    #[arg(long, value_name = "ID")]
    pub pid: Vec<u64>,
    /// Only of this thread; may be repeated
    #[arg(long, value_name = "ID")]
    pub tid: Vec<u64>,
    /// Only from A (included) to B (not): '1.5s..2m' since the trace began, or RFC 3339 times;
    /// either side may be missing
    #[arg(long, value_name = "A..B", allow_hyphen_values = true, value_parser = time::range)]
    pub time: Option<TimeRange>,
    /// Only where this holds: 'Event.Field >= 10 && Text contains "x"', '@level < 4'; of repeated ones
    /// all have to
    #[arg(long = "where", value_name = "EXPR")]
    pub condition: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct ListFormatsArgs {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub shell: Shell,
}

#[derive(Args, Debug)]
pub(crate) struct ManArgs {
    /// Write one page for each verb into this folder instead
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: Option<PathBuf>,
}

/// A number of bytes, with a unit or without.
fn bytes(text: &str) -> Result<usize, String> {
    let digits = text.trim_end_matches(|char: char| char.is_ascii_alphabetic());
    let unit = match text.get(digits.len()..).unwrap_or_default().to_ascii_lowercase().as_str() {
        "" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        _ => return Err("expected a number with K, M or G, as 64M".to_owned()),
    };
    let number = digits.parse::<usize>().ok().and_then(|number| number.checked_mul(unit));
    number.ok_or_else(|| "expected a number with K, M or G, as 64M".to_owned())
}

/// Seconds of an interval.
fn interval(text: &str) -> Result<f64, String> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| (0.1..=86_400.0).contains(seconds));
    seconds.ok_or_else(|| "expected seconds, from 0.1 to 86400".to_owned())
}

fn bytes_u64(text: &str) -> Result<u64, String> {
    bytes(text).map(|bytes| bytes as u64)
}

/// Ends the program as clap does when the command line is wrong.
pub(crate) fn usage_error(mut command: Command, message: &str) -> ! {
    command.error(ErrorKind::ValueValidation, message).exit()
}
