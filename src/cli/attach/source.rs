//! Where events of a verb come from that reads running processes and recorded traces alike.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueHint};

use super::{Running, duration};
use crate::cli::args::Reading;

/// Processes, or a trace instead.
#[derive(Args, Debug)]
pub(crate) struct Source {
    /// A recorded trace, instead of processes; '-' is standard input
    #[arg(
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        conflicts_with_all = ["process_ids", "names", "port", "renew_every"]
    )]
    pub file: Option<PathBuf>,
    #[command(flatten)]
    pub running: Running,
    /// Stop after this time: a number with a unit, as 90s or 5m, or dd:hh:mm:ss; of a FILE, take so
    /// much from its beginning
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub duration: Option<Duration>,
    #[command(flatten)]
    pub reading: Reading,
}

impl Source {
    /// Whether processes are watched, and no file is read.
    pub(crate) fn is_live(&self) -> bool {
        self.file.is_none()
    }
}
