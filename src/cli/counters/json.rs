//! JSON, as dotnet-counters writes it: one document, one object a value, those of counters as
//! rates. What was not measured has no object. A run without values is a document all the same.

use std::io::{self, Write};

use super::number::invariant;
use super::output::Output;
use super::place::Place;
use super::row;
use super::sample::Sample;
use super::when;
use crate::cli::attach::Origin;

/// Writes one document.
pub(super) struct Json {
    place: Place,
    /// Name of the process.
    process: String,
    has_head: bool,
    has_events: bool,
}

impl Json {
    /// A document of a process. `start_utc_ns`: since when, where that is known before anything
    /// comes.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn new(
        place: Place,
        process: String,
        start_utc_ns: Option<i64>,
    ) -> io::Result<Self> {
        let mut json = Self { place, process, has_head: false, has_events: false };
        if start_utc_ns.is_some() {
            json.head(start_utc_ns)?;
        }
        Ok(json)
    }

    fn head(&mut self, start_utc_ns: Option<i64>) -> io::Result<()> {
        if std::mem::replace(&mut self.has_head, true) {
            return Ok(());
        }
        let (process, start) = (quoted(&self.process)?, quoted(&when::round_trip(start_utc_ns))?);
        write!(self.place, "{{ \"TargetProcess\": {process}, \"StartTime\": {start}, \"Events\": [")
    }
}

impl Output for Json {
    fn sample(&mut self, _origin: &Origin, sample: &Sample<'_>) -> io::Result<()> {
        let rows = row::rows(sample);
        let since = |utc_ns: i64| utc_ns.checked_sub(sample.time.ns?);
        self.head(sample.time.utc_ns.and_then(since))?;
        for row in rows {
            let comma = if std::mem::replace(&mut self.has_events, true) { "," } else { "" };
            let mut tags = sample.tags.to_string();
            if !tags.is_empty() && !row.percentile.is_empty() {
                tags.push(',');
            }
            tags.push_str(&row.percentile);
            let fields: [(&str, &str); 7] = [
                ("timestamp", &when::round_trip(sample.time.utc_ns)),
                ("provider", &sample.provider.to_string()),
                ("name", &row.title),
                ("tags", &tags),
                ("counterType", row.kind),
                ("meterTags", &sample.meter_tags.to_string()),
                ("instrumentTags", &sample.instrument_tags.to_string()),
            ];
            write!(self.place, "{comma}{{")?;
            for (name, value) in fields {
                write!(self.place, " \"{name}\": {}, ", quoted(value)?)?;
            }
            // JSON has no numbers that are not finite.
            let value = Some(row.value).filter(|value| value.is_finite());
            let value = value.map_or_else(|| "null".to_owned(), invariant);
            write!(self.place, " \"value\": {value} }}")?;
        }
        self.place.relieve()
    }

    fn pause(&mut self) -> io::Result<()> {
        self.place.flush()
    }

    fn finish(&mut self, _origin: &Origin, start_utc_ns: Option<i64>) -> io::Result<()> {
        self.head(start_utc_ns)
    }

    fn close(&mut self) -> io::Result<()> {
        self.head(None)?;
        self.place.write_all(b"]}\n")?;
        self.place.close()
    }
}

/// A JSON string.
fn quoted(text: &str) -> io::Result<String> {
    Ok(serde_json::to_string(text)?)
}
