//! Tables for people: one an interval, or one on the terminal that is drawn again.

use std::collections::BTreeMap;
use std::io::{self, Write};

use console::Term;
use tracemill::conventions::metrics::Instrument;

use super::output::Output;
use super::sample::{Sample, Time};
use super::series::AllSeries;
use crate::cli::attach::Origin;
use crate::cli::whole::Whole;
use crate::cli::{input, text};

/// How tables are printed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    /// With a column of changes.
    pub deltas: bool,
    /// Series of a process at most.
    pub max_series: usize,
}

impl Style {
    /// Columns of the terminal that values and what separates them take.
    fn values_width(self) -> usize {
        const VALUE: usize = 16;
        if self.deltas { 8 + 2 * VALUE } else { 6 + VALUE }
    }
}

/// One table an interval: it is over when a series has its next value.
pub(super) struct Plain {
    style: Style,
    tables: BTreeMap<String, Table>,
    out: Whole,
}

struct Table {
    series: AllSeries,
    /// When its last value came.
    time: Time,
}

impl Table {
    fn new(style: Style) -> Self {
        Self { series: AllSeries::new(style.max_series), time: Time::default() }
    }

    /// `process 5, 2026-11-25T03:51:34Z, 1.028 s`.
    fn head(&self, out: &mut impl Write, name: &str) -> io::Result<()> {
        // Nobody who looks at a table needs more of it.
        let whole = |ns: Option<i64>, unit: i64| ns.map(|ns| ns - ns.rem_euclid(unit));
        let time = text::span(whole(self.time.ns, 1_000_000));
        let utc = text::moment(whole(self.time.utc_ns, 1_000_000_000));
        writeln!(out, "{}, {utc}, {time}", input::called(name))
    }
}

impl Plain {
    pub(super) fn new(style: Style) -> Self {
        Self { style, tables: BTreeMap::new(), out: Whole::default() }
    }
}

impl Output for Plain {
    fn renewed(&mut self, origin: &Origin) -> io::Result<()> {
        self.finish(origin, None)?;
        if let Some(table) = self.tables.get_mut(&origin.name) {
            table.series.clear();
        }
        Ok(())
    }

    fn sample(&mut self, origin: &Origin, sample: &Sample<'_>) -> io::Result<()> {
        let Self { style, tables, out } = self;
        if !tables.contains_key(&origin.name) {
            tables.insert(origin.name.clone(), Table::new(*style));
        }
        let Some(table) = tables.get_mut(&origin.name) else { return Ok(()) };
        if table.series.is_new(sample) {
            show(out, table, &origin.name, *style)?;
        }
        table.time = sample.time;
        table.series.set(sample);
        out.relieve()
    }

    fn pause(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self, origin: &Origin, _start_utc_ns: Option<i64>) -> io::Result<()> {
        let Some(table) = self.tables.get_mut(&origin.name) else { return Ok(()) };
        if table.series.has_new() {
            show(&mut self.out, table, &origin.name, self.style)?;
        }
        self.out.flush()
    }

    fn close(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn leave(&mut self, origin: &Origin) -> u64 {
        self.tables.remove(&origin.name).map_or(0, |table| table.series.refused)
    }
}

fn show(out: &mut Whole, table: &mut Table, name: &str, style: Style) -> io::Result<()> {
    table.head(out, name)?;
    table.series.print(out, style.deltas, true, usize::MAX)?;
    writeln!(out)?;
    table.series.shown();
    Ok(())
}

/// Tables beyond which those of processes that have ended go.
const MAX_TABLES: usize = 16;

/// The last values, drawn again where they stand on a terminal.
pub(super) struct Screen {
    style: Style,
    tables: BTreeMap<String, Table>,
    term: Term,
    is_drawn: bool,
}

impl Screen {
    pub(super) fn new(style: Style) -> Self {
        Self { style, tables: BTreeMap::new(), term: Term::stdout(), is_drawn: false }
    }

    /// Draws all that fits.
    fn draw(&mut self) -> io::Result<()> {
        let (rows, columns) = self.term.size();
        let mut all = Vec::new();
        for (name, table) in &mut self.tables {
            table.head(&mut all, name)?;
            let names = usize::from(columns).saturating_sub(self.style.values_width());
            table.series.print(&mut all, self.style.deltas, false, names)?;
            table.series.shown();
        }
        let frame = frame(&String::from_utf8_lossy(&all), rows.into(), columns.into());
        let mut out = io::stdout().lock();
        // The first time, what stands there is scrolled away; from then on it is drawn over.
        if !std::mem::replace(&mut self.is_drawn, true) {
            out.write_all("\n".repeat(usize::from(rows)).as_bytes())?;
        }
        out.write_all(b"\x1b[H")?;
        out.write_all(frame.as_bytes())?;
        out.write_all(b"\x1b[J")?;
        out.flush()
    }
}

impl Output for Screen {
    fn renewed(&mut self, origin: &Origin) -> io::Result<()> {
        if let Some(table) = self.tables.get_mut(&origin.name) {
            table.series.clear();
        }
        Ok(())
    }

    fn sample(&mut self, origin: &Origin, sample: &Sample<'_>) -> io::Result<()> {
        let style = self.style;
        let table = self.tables.entry(origin.name.clone()).or_insert_with(|| Table::new(style));
        table.time = sample.time;
        table.series.set(sample);
        Ok(())
    }

    fn ended(&mut self, origin: &Origin, instrument: &Instrument<'_>) {
        if let Some(table) = self.tables.get_mut(&origin.name) {
            table.series.forget(instrument);
        }
    }

    fn pause(&mut self) -> io::Result<()> {
        let has_new = self.tables.values().any(|table| table.series.has_new());
        if has_new { self.draw() } else { Ok(()) }
    }

    fn finish(&mut self, _origin: &Origin, _start_utc_ns: Option<i64>) -> io::Result<()> {
        self.pause()
    }

    fn close(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn leave(&mut self, origin: &Origin) -> u64 {
        let refused = self.tables.get(&origin.name).map_or(0, |table| table.series.refused);
        // The last values stay to be read; but processes may come and go for ever.
        if self.tables.len() > MAX_TABLES {
            self.tables.remove(&origin.name);
        }
        refused
    }
}

/// As many lines as fit, cut where they end, each of which clears what stood behind it. The last
/// line of the terminal stays free.
fn frame(text: &str, rows: usize, columns: usize) -> String {
    let (room, count) = (rows.saturating_sub(1).max(1), text.lines().count());
    let shown = if count > room { room - 1 } else { count };
    let mut out = String::new();
    let mut line = |text: &str| {
        out.extend(text.chars().take(columns.max(1)));
        out.push_str("\x1b[K\n");
    };
    text.lines().take(shown).for_each(&mut line);
    if shown < count {
        line(&format!("and {} more lines: name fewer with --counters", count - shown));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_fits_its_terminal() {
        assert_eq!(frame("abc\nd\n", 4, 2), "ab\x1b[K\nd\x1b[K\n");
        let more = frame("a\nb\nc\nd\n", 4, 80);
        assert_eq!(more.lines().count(), 3);
        assert!(more.starts_with("a\x1b[K\nb\x1b[K\nand 2 more"), "{more}");
        assert_eq!(frame("a\nb\n", 0, 0).lines().count(), 1);
    }
}
