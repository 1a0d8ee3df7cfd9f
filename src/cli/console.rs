//! Messages on standard error: a line each, or a JSON object each.

use std::io::Write;

use serde::Serialize;
use tracemill::Stats;

use super::args::Reading;
use super::json::{Int, SCHEMA_VERSION};
use super::progress::{Progress, Status};
use super::{input, text};

/// Standard error, with the progress display that lives there.
pub(crate) struct Console {
    json: bool,
    quiet: bool,
    progress: Progress,
}

impl Console {
    /// For one file. `prints` says that data goes to standard output while the file is read.
    pub(crate) fn new(json: bool, reading: &Reading, prints: bool) -> Self {
        let progress = Progress::new(!reading.no_progress && !reading.quiet, prints);
        Self { json, quiet: reading.quiet, progress }
    }

    /// For a running process: without progress.
    pub(crate) fn live(json: bool, quiet: bool) -> Self {
        Self { json, quiet, progress: Progress::new(false, true) }
    }

    /// For the stream of this number, where several come in at once.
    pub(crate) fn part(quiet: bool, status: &Status, part: usize) -> Self {
        Self { json: false, quiet, progress: Progress::part(status, part) }
    }

    /// Without progress.
    pub(crate) fn plain(json: bool) -> Self {
        Self { json, quiet: false, progress: Progress::new(false, false) }
    }

    /// Says something about `file`. Nothing can be done if that fails.
    pub(crate) fn say(&self, file: Option<&str>, kind: &str, offset: Option<u64>, message: &str) {
        let mut line = Vec::new();
        if self.json {
            let offset = offset.map(Int::from);
            let schema_version = SCHEMA_VERSION;
            let record = Record { schema_version, kind, file, offset, message };
            let _ = serde_json::to_writer(&mut line, &record);
        } else {
            line.extend_from_slice(b"tracemill: ");
            if let Some(file) = file {
                line.extend_from_slice(input::called(file).as_bytes());
                line.extend_from_slice(b": ");
            }
            text::escape(&mut line, message);
        }
        line.push(b'\n');
        self.progress.suspend(|| {
            let _ = std::io::stderr().write_all(&line);
        });
    }

    /// Says what is no error, unless quiet is wanted.
    pub(crate) fn remark(&self, file: &str, message: &str) {
        if !self.quiet {
            self.say(Some(file), "remark", None, message);
        }
    }

    /// Shows how far `stats` say that the input has been read, of `total` bytes if that is known.
    /// Cheap when nothing is to be shown yet.
    pub(crate) fn progress(&mut self, total: Option<u64>, stats: impl FnOnce() -> Stats) {
        if self.progress.is_due() {
            self.progress.show(total, &stats());
        }
    }

    /// Takes the progress away.
    pub(crate) fn clear(&mut self) {
        self.progress.clear();
    }
}

#[derive(Serialize)]
struct Record<'a> {
    schema_version: u32,
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<Int>,
    message: &'a str,
}
