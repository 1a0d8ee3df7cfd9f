//! What samples are handed to.

use std::io;

use tracemill::conventions::metrics::Instrument;

use super::sample::Sample;
use crate::cli::attach::Origin;

/// Prints samples of one process or several. All that can fail does so since output cannot be
/// written.
pub(super) trait Output: Send {
    /// Prints one.
    fn sample(&mut self, origin: &Origin, sample: &Sample<'_>) -> io::Result<()>;

    /// An instrument is no longer there.
    fn ended(&mut self, _origin: &Origin, _instrument: &Instrument<'_>) {}

    /// A new session of a process begins, in which instruments have other numbers.
    fn renewed(&mut self, _origin: &Origin) -> io::Result<()> {
        Ok(())
    }

    /// Nothing may come for a while.
    fn pause(&mut self) -> io::Result<()>;

    /// Nothing more comes from there. `start_utc_ns`: when it began, in nanoseconds since 1970.
    fn finish(&mut self, origin: &Origin, start_utc_ns: Option<i64>) -> io::Result<()>;

    /// Nothing more comes at all.
    fn close(&mut self) -> io::Result<()>;

    /// What is kept of a process or file that has finished may be forgotten. Values of it that were not
    /// shown, since there are too many series.
    fn leave(&mut self, _origin: &Origin) -> u64 {
        0
    }
}
