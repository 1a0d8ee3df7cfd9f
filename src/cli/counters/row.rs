//! A sample as the rows that dotnet-counters collects: one a value, one for each quantile.

use tracemill::conventions::counters::Kind;

use super::number::invariant;
use super::sample::{Measure, Sample};

/// A row.
pub(super) struct Row {
    /// Name for people, with its unit.
    pub title: String,
    /// `Percentile=50`; empty for what is no quantile.
    pub percentile: String,
    /// `Rate` or `Metric`.
    pub kind: &'static str,
    pub value: f64,
}

/// The rows of a sample; none if nothing was measured.
pub(super) fn rows(sample: &Sample<'_>) -> Vec<Row> {
    let row = |per: Option<f64>, value: f64| {
        let kind = if per.is_some() { "Rate" } else { "Metric" };
        Row { title: sample.title(per), percentile: String::new(), kind, value }
    };
    let one = match sample.measure {
        Measure::Counter { kind: Kind::Mean { mean, .. }, .. } => Some(row(None, mean)),
        Measure::Counter { kind: Kind::Sum { increment, .. }, series_ms, .. } => {
            // Whole seconds.
            let per = u32::try_from(series_ms / 1000).map_or(0.0, f64::from);
            Some(row(Some(per), increment))
        }
        Measure::Sum { is_up_down: false, delta, per, .. } => {
            delta.map(|delta| row(Some(per), delta))
        }
        Measure::Sum { value, .. } => value.map(|value| row(None, value)),
        Measure::Gauge(value) => value.map(|value| row(None, value)),
        Measure::Histogram { quantiles, .. } => {
            let quantile =
                |(at, value): (f64, f64)| Row { percentile: percentile(at), ..row(None, value) };
            return quantiles.map(quantile).collect();
        }
        Measure::Exponential { .. } => None,
    };
    one.into_iter().collect()
}

/// `Percentile=50`.
pub(super) fn percentile(quantile: f64) -> String {
    format!("Percentile={}", invariant(quantile * 100.0))
}
