//! The filters, which every verb that reads events has.

use clap::Args;
use tracemill::TimeRange;

use crate::cli::{filter, time};

/// Which events are taken: those that fit every kind of filter given.
#[derive(Args, Clone, Debug)]
pub(crate) struct Filters {
    /// Only of providers of these names, comma separated, '*' for any text; case does not matter; may
    /// be repeated
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub provider: Vec<String>,
    /// Only events of these names ('*' for any text), as PROVIDER:NAME, or numbers, comma separated; may
    /// be repeated
    #[arg(long, value_name = "NAMES|IDS", value_delimiter = ',')]
    pub event: Vec<String>,
    /// Only up to this level: 0 to 5, or critical, error, warning, informational, verbose; events of
    /// level 0 (always) are taken whatever it is
    #[arg(long, value_name = "LEVEL", value_parser = filter::level)]
    pub level: Option<u8>,
    /// Only with any of these keywords, a bit set as 0x8000 or 32768; may be repeated
    #[arg(long, value_name = "BITS", value_parser = filter::keywords)]
    pub keyword: Vec<u64>,
    /// Only of these processes, comma separated; may be repeated
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    pub pid: Vec<u64>,
    /// Only of these threads, comma separated; may be repeated
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    pub tid: Vec<u64>,
    /// Only from A (included) to B (not): '1.5s..2m' since the trace began (of perf, the times that
    /// are shown: '52349.5s..52350s'), or RFC 3339 times; either side may be missing
    #[arg(long, value_name = "A..B", allow_hyphen_values = true, value_parser = time::range)]
    pub time: Option<TimeRange>,
    /// Only where this holds: 'Event.Field >= 10 && Text contains "x"', '@level < 4'; of repeated ones
    /// all have to
    #[arg(long = "where", value_name = "EXPR")]
    pub condition: Vec<String>,
}
