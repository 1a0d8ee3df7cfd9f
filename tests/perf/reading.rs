//! Reads a recording, of one file or several.

use std::path::Path;

use bytes::Bytes;
use tracemill::perf::Perf;
use tracemill::{Config, EventView, Format, Parser, Stats};
use tracemill_test_support::corpus;

/// Reads all parts of `path` for `visit`; their formats and counters at the end.
pub fn read(path: &Path, config: &Config, mut visit: impl FnMut(EventView<'_>)) -> Vec<Read> {
    let mut done: Vec<Read> = Vec::new();
    for bytes in corpus::perf_parts(path) {
        let format = match done.first() {
            None => Perf::new(config),
            Some(first) => first.parser.format().part(config),
        };
        let mut parser = Parser::new(format, config);
        parser.push(Bytes::from(bytes)).unwrap();
        parser.finish();
        let mut faults = Vec::new();
        loop {
            match parser.next_batch() {
                Ok(Some(batch)) => {
                    faults.extend(batch.faults().iter().map(ToString::to_string));
                    batch.iter().for_each(&mut visit);
                }
                Ok(None) => break,
                Err(error) => panic!("{}: {error}", path.display()),
            }
        }
        assert_eq!(faults, [""; 0], "{}", path.display());
        done.push(Read { stats: parser.stats(), parser });
    }
    done
}

/// A part that was read.
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
