//! The last values of all series, as a table for people.

use std::collections::BTreeMap;
use std::io::{self, Write};

use tracemill::conventions::counters::Kind;
use tracemill::conventions::metrics::Instrument;

use super::columns::{cut, cut_left, drop_shared, fit, widest};
use super::number::readable;
use super::row;
use super::sample::{Measure, Sample};
use crate::cli::{table, text};

/// Bytes of the names of one series; one with longer names is refused.
const MAX_NAMES: usize = 4096;
/// Quantiles of a series that are shown.
const MAX_QUANTILES: usize = 64;
/// Shown where nothing was measured.
const NOTHING: &str = "-";

/// Series by provider, name and tags.
#[derive(Debug)]
pub(super) struct AllSeries {
    rows: BTreeMap<Key, Last>,
    /// Series at most.
    max: usize,
    /// Values of series beyond.
    pub refused: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    provider: String,
    name: String,
    tags: String,
    id: Option<u32>,
}

#[derive(Debug)]
struct Last {
    title: String,
    cells: Vec<Cell>,
    /// Not shown yet.
    is_new: bool,
}

#[derive(Clone, Debug)]
struct Cell {
    /// What to add to the tags.
    label: String,
    value: Option<f64>,
    delta: Option<f64>,
}

impl AllSeries {
    pub(super) fn new(max: usize) -> Self {
        Self { rows: BTreeMap::new(), max, refused: 0 }
    }

    /// Whether the series has a value that has not been shown.
    pub(super) fn is_new(&self, sample: &Sample<'_>) -> bool {
        self.rows.get(&Key::of(sample)).is_some_and(|last| last.is_new)
    }

    /// Whether there is any such series.
    pub(super) fn has_new(&self) -> bool {
        self.rows.values().any(|last| last.is_new)
    }

    /// All have been shown.
    pub(super) fn shown(&mut self) {
        self.rows.values_mut().for_each(|last| last.is_new = false);
    }

    /// Takes a value.
    pub(super) fn set(&mut self, sample: &Sample<'_>) {
        let key = Key::of(sample);
        let is_known = self.rows.contains_key(&key);
        if !is_known && (self.rows.len() >= self.max || key.len() > MAX_NAMES) {
            self.refused += 1;
            return;
        }
        let title = if is_known { String::new() } else { title(sample) };
        let empty = || Last { title, cells: Vec::new(), is_new: true };
        let last = self.rows.entry(key).or_insert_with(empty);
        last.is_new = true;
        last.take(&sample.measure);
    }

    /// Forgets all of them, but not how many values were refused.
    pub(super) fn clear(&mut self) {
        self.rows.clear();
    }

    /// Forgets the series of an instrument.
    pub(super) fn forget(&mut self, instrument: &Instrument<'_>) {
        self.rows.retain(|key, _| {
            instrument.meter != *key.provider
                || instrument.name != *key.name
                || instrument.id != key.id
        });
    }

    /// Prints those with values not shown yet, or all. Names are cut so that their columns are no
    /// wider than `width` together.
    ///
    /// # Errors
    /// They cannot be written.
    pub(super) fn print(
        &self,
        out: &mut impl Write,
        deltas: bool,
        only_new: bool,
        width: usize,
    ) -> io::Result<()> {
        let heads = [("provider", false), ("counter", false), ("tags", false), ("value", true)];
        let heads = heads.into_iter().chain(deltas.then_some(("change", true)));
        let heads: Vec<table::Head> = heads.collect();
        let rows = self.rows.iter().filter(|(_, last)| last.is_new || !only_new);
        let cells =
            rows.flat_map(|(key, last)| last.cells.iter().map(move |cell| (key, last, cell)));
        let mut all: Vec<_> =
            cells.clone().map(|(key, last, cell)| names(key, last, cell)).collect();
        let mut widths = widest(&all);
        if widths.iter().sum::<usize>() > width {
            drop_shared(&mut all);
            widths = widest(&all);
        }
        fit(&mut widths, width);
        let rows = all.into_iter().zip(cells).map(|([provider, name, tags], (.., cell))| {
            let [provider_width, name_width, tags_width] = widths;
            let names = [cut(provider, provider_width), cut(name, name_width)];
            let names = names.into_iter().chain([cut_left(&tags, tags_width)]);
            let values = std::iter::once(cell.value).chain(deltas.then_some(cell.delta));
            let values = values.map(|value| value.map_or_else(|| NOTHING.to_owned(), readable));
            names.chain(values).collect()
        });
        table::print(out, &heads, rows)
    }
}

impl Key {
    fn of(sample: &Sample<'_>) -> Self {
        Self {
            provider: sample.provider.to_string(),
            name: sample.name.to_string(),
            tags: sample.all_tags(),
            id: sample.instrument_id,
        }
    }

    fn len(&self) -> usize {
        self.provider.len() + self.name.len() + self.tags.len()
    }
}

/// Name and unit; where an old runtime tells of a counter only by how much it grew, so does this.
fn title(sample: &Sample<'_>) -> String {
    let per = match sample.measure {
        Measure::Counter { kind: Kind::Sum { .. }, .. } => {
            return row::rows(sample).pop().map_or_else(String::new, |row| row.title);
        }
        Measure::Sum { value: None, delta: Some(_), per, .. } => Some(per),
        _ => None,
    };
    sample.title(per).chars().take(MAX_NAMES).collect()
}

impl Last {
    fn take(&mut self, measure: &Measure<'_>) {
        match *measure {
            Measure::Counter { kind: Kind::Mean { mean, .. }, .. } => self.one(Some(mean), None),
            Measure::Counter { kind: Kind::Sum { increment, .. }, .. } => {
                self.one(Some(increment), None);
            }
            Measure::Sum { delta, value, .. } => self.one(value.or(delta), delta),
            Measure::Gauge(value) => self.one(value, None),
            Measure::Histogram { quantiles, .. } => {
                let before = std::mem::take(&mut self.cells);
                let cells = quantiles.take(MAX_QUANTILES).map(|(at, value)| {
                    let label = row::percentile(at);
                    let old = before.iter().find(|cell| cell.label == label);
                    Cell { delta: change(old, Some(value)), label, value: Some(value) }
                });
                self.cells = cells.collect();
                if self.cells.is_empty() {
                    // Nothing was measured, of the same quantiles.
                    let none = |cell| Cell { value: None, delta: None, ..cell };
                    self.cells = before.into_iter().map(none).collect();
                }
                if self.cells.is_empty() {
                    self.one(None, None);
                }
            }
            Measure::Exponential { count, sum, min, max } => {
                #[expect(clippy::cast_precision_loss, reason = "for people")]
                let values = [("count", count as f64), ("sum", sum), ("min", min), ("max", max)];
                let before = std::mem::take(&mut self.cells);
                let cells = values.into_iter().zip(0..).map(|((label, value), place)| {
                    let delta = change(before.get::<usize>(place), Some(value));
                    Cell { label: label.to_owned(), value: Some(value), delta }
                });
                self.cells = cells.collect();
            }
        }
    }

    fn one(&mut self, value: Option<f64>, delta: Option<f64>) {
        let delta = delta.or_else(|| change(self.cells.first(), value));
        self.cells = vec![Cell { label: String::new(), value, delta }];
    }
}

/// Provider, counter and tags, as they are shown.
fn names(key: &Key, last: &Last, cell: &Cell) -> [String; 3] {
    let comma = !key.tags.is_empty() && !cell.label.is_empty();
    let tags = [&*key.tags, if comma { "," } else { "" }, &cell.label].concat();
    [&key.provider, &last.title, &tags].map(|name| text::escaped(name))
}

fn change(before: Option<&Cell>, value: Option<f64>) -> Option<f64> {
    Some(value? - before?.value?)
}
