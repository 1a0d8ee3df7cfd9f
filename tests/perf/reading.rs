//! Reads a recording, of one file or several.

use std::path::Path;

use bytes::Bytes;
use tracemill::perf::Perf;
use tracemill::{Config, EventView, Format, Parser, Stats};
use tracemill_test_support::corpus;

/// Reads all of `path` for `visit`; its format and counters at the end.
///
/// # Panics
/// If something is wrong with it.
pub fn read(path: &Path, config: &Config, mut visit: impl FnMut(EventView<'_>)) -> Read {
    let parts = corpus::perf_parts(path);
    let format = Perf::new(config).with_parts(parts[1..].iter().map(|part| part.len() as u64));
    let mut parser = Parser::new(format, config);
    parser.push(Bytes::from(parts.concat())).unwrap();
    parser.finish();
    let name = path.display();
    while let Some(batch) = parser.next_batch().unwrap_or_else(|error| panic!("{name}: {error}")) {
        assert_eq!(batch.faults(), [], "{name}");
        batch.iter().for_each(&mut visit);
    }
    Read { stats: parser.stats(), parser }
}

/// A recording that was read.
pub struct Read {
    /// Its parser, at its end.
    pub parser: Parser<Perf>,
    /// Its counters.
    pub stats: Stats,
}

impl Read {
    /// Records by the names of their types.
    pub fn records(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let kinds = self.parser.format().frame_kinds().iter();
        kinds.filter(|kind| kind.frames > 0).map(|kind| (kind.name, kind.frames))
    }
}
