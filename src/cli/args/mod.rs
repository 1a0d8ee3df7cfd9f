//! What can be said on the command line.

mod filters;
mod live;
mod usage;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use tracemill::{Config, Order};

use super::events::Column;
use super::pump;
pub(crate) use filters::Filters;
pub(crate) use live::{
    CollectArgs, CounterForm, CountersArgs, LogsArgs, MonitorArgs, PsArgs, RotationArgs, Until,
};
pub(crate) use usage::{begin, usage_error};

const EXIT_CODES: &str = "\
Exit codes:
  0  all is well
  1  a file cannot be read, or output cannot be written
  2  the command line is wrong, or what it asks for would overwrite a file
  3  the format, or its version, is not supported
  4  the input is damaged or truncated; what was whole has been shown
  5  events were lost, and --fail-on-loss was given
  6  a process or its session could not be had
  130  a second Ctrl-C; the first one stops, reads what is on its way, and is no error (processes
       and pipes; of a file, the first one ends the program)
With several files or processes, the first of 1, 2, 6, 3, 4, 5 that holds for any of them.";

const COLLECT_EXIT_CODES: &str = "\
With -- COMMAND, if none of these holds: the exit code of the command, or 128 and the signal that
ended it. A command that was ended with the recording has none.";

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
    #[command(after_help = format!("{EXIT_CODES}\n{COLLECT_EXIT_CODES}"))]
    Collect(CollectArgs),
    /// List the sets of providers that --profile knows, with their keywords and levels
    ListProfiles(ListProfilesArgs),
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
            Self::ListProfiles(args) => args.json,
            Self::Collect(_) | Self::Completions(_) | Self::Man(_) => false,
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
    /// Show times as UTC instead of seconds since the trace began, or, of perf, of its clock
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
        let order = match self.order {
            EventOrder::Time => Order::Time,
            EventOrder::File => Order::File,
        };
        pump::limits(order, Some(self.max_held))
    }

    pub(crate) fn is_json(&self) -> bool {
        self.format == Form::Jsonl
    }
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

#[derive(Args, Debug)]
pub(crate) struct ListFormatsArgs {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ListProfilesArgs {
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
pub(crate) fn bytes(text: &str) -> Result<usize, String> {
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
