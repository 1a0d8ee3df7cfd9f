//! CSV, as dotnet-counters writes it: one row a value, those of counters as rates. What was not
//! measured has no row. A cell is quoted only if it would not be one cell otherwise.

use std::io;

use super::number::invariant;
use super::output::Output;
use super::place::Place;
use super::row;
use super::sample::Sample;
use super::when;
use crate::cli::attach::Origin;
use crate::cli::events::csv_error;

const HEADER: [&str; 5] =
    ["Timestamp", "Provider", "Counter Name", "Counter Type", "Mean/Increment"];

/// Writes CSV.
pub(super) struct Csv {
    /// None once it is closed.
    out: Option<csv::Writer<Place>>,
    has_header: bool,
}

impl Csv {
    pub(super) fn new(place: Place) -> Self {
        Self { out: Some(csv::Writer::from_writer(place)), has_header: false }
    }

    /// The writer, behind the header.
    fn writer(&mut self) -> io::Result<Option<&mut csv::Writer<Place>>> {
        let Some(out) = &mut self.out else { return Ok(None) };
        if !std::mem::replace(&mut self.has_header, true) {
            out.write_record(HEADER).map_err(csv_error)?;
        }
        Ok(Some(out))
    }
}

impl Output for Csv {
    fn sample(&mut self, _origin: &Origin, sample: &Sample<'_>) -> io::Result<()> {
        let Some(out) = self.writer()? else { return Ok(()) };
        let (tags, time) = (sample.all_tags(), when::culture(sample.time.utc_ns));
        let provider = sample.provider.to_string();
        for row in row::rows(sample) {
            let tags = [&*tags, &*row.percentile].into_iter().filter(|text| !text.is_empty());
            let tags = tags.collect::<Vec<_>>().join(",").replace(',', ";");
            let name = if tags.is_empty() { row.title } else { format!("{}[{tags}]", row.title) };
            let record = [&*time, &*provider, &*name, row.kind, &*invariant(row.value)];
            out.write_record(record).map_err(csv_error)?;
        }
        Ok(())
    }

    fn pause(&mut self) -> io::Result<()> {
        self.writer()?.map_or(Ok(()), csv::Writer::flush)
    }

    fn finish(&mut self, _origin: &Origin, _start_utc_ns: Option<i64>) -> io::Result<()> {
        self.pause()
    }

    fn close(&mut self) -> io::Result<()> {
        let Some(out) = self.out.take() else { return Ok(()) };
        out.into_inner().map_err(|error| io::Error::other(error.to_string()))?.close()
    }
}
