//! `System.Diagnostics.Metrics`: instruments of meters, and their values in each interval.
//!
//! ```
//! use tracemill_conventions::metrics::{Metric, Reader};
//! use tracemill_engine::EventView;
//!
//! fn show(reader: &Reader, event: EventView<'_>) -> Option<()> {
//!     if let Metric::Counter { series, value: Some(value), .. } = reader.read(event)?.metric {
//!         print!("{} ", series.instrument);
//!         for (key, tag) in series.tags() {
//!             print!("{key}={tag} ");
//!         }
//!         println!("{value} {}", series.unit);
//!     }
//!     Some(())
//! }
//! ```

use crate::quantiles::Quantiles;
use crate::tags::Tags;
use crate::text::Text;

mod reader;

pub use reader::Reader;

/// The provider of such events.
pub const PROVIDER: &str = "System.Diagnostics.Metrics";

/// An event of the provider.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The session it is for, as its arguments call it; `SHARED` for one that several clients share.
    /// Empty for what is for all.
    pub session: Text<'a>,
    /// What it tells.
    pub metric: Metric<'a>,
}

/// What an event of the provider tells. Values that are `None` mean: nothing was measured in this
/// interval, so that the series is new or has ended.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Metric<'a> {
    /// An instrument is reported from now on.
    Begin(Instrument<'a>),
    /// An instrument is no longer reported.
    End(Instrument<'a>),
    /// Of a counter, which only grows.
    Counter {
        /// Which one.
        series: Series<'a>,
        /// By how much it grew in the interval.
        rate: Option<f64>,
        /// The sum so far; .NET 6 and 7 do not tell.
        value: Option<f64>,
    },
    /// Of a counter that goes up and down.
    UpDownCounter {
        /// Which one.
        series: Series<'a>,
        /// By how much it changed in the interval.
        rate: Option<f64>,
        /// Where it stands; .NET 7 does not tell.
        value: Option<f64>,
    },
    /// Of a gauge.
    Gauge {
        /// Which one.
        series: Series<'a>,
        /// The last value that was measured.
        last_value: Option<f64>,
    },
    /// Of a histogram.
    Histogram {
        /// Which one.
        series: Series<'a>,
        /// Quantiles of the interval; none if nothing was measured.
        quantiles: Quantiles<'a>,
        /// Measurements in the interval; .NET 6 and 7 do not tell.
        count: Option<u64>,
        /// Their sum; .NET 6 and 7 do not tell.
        sum: Option<f64>,
    },
    /// Of a histogram with exponential buckets.
    ExponentialHistogram {
        /// Which one.
        series: Series<'a>,
        /// Its scale: bounds are powers of 2 to the power of 2 to minus this.
        scale: i32,
        /// Measurements in the interval.
        count: u64,
        /// Their sum.
        sum: f64,
        /// How many of them are zero.
        zero_count: u64,
        /// The least of them.
        min: f64,
        /// The greatest of them.
        max: f64,
        /// Its buckets, as text.
        buckets: Text<'a>,
    },
    /// The values of an interval follow.
    CollectionStart(Interval),
    /// They have all come.
    CollectionStop(Interval),
    /// The instruments that were there when the session began have all been told.
    EnumerationComplete,
    /// There are more series than the session allows; others are not reported.
    TimeSeriesLimitReached,
    /// There are more histograms than the session allows; others are not reported.
    HistogramLimitReached,
    /// The program failed to give a value of an observable instrument.
    CallbackError(Text<'a>),
    /// The session failed.
    Error(Text<'a>),
    /// The session is refused, since there is this one.
    MultipleSessionsNotSupported(Text<'a>),
    /// A client of the shared session asks for limits other than those it has.
    MultipleSessionsConfiguredIncorrectly {
        /// That client.
        client: Text<'a>,
        /// Histograms at most: as they are, and as they were asked for.
        max_histograms: [Option<u32>; 2],
        /// Series at most, the same way.
        max_time_series: [Option<u32>; 2],
        /// Seconds of an interval, the same way.
        refresh_interval: [Option<f64>; 2],
    },
    /// For those who look for errors in the reporting itself.
    Message(Text<'a>),
    /// Version of the library: major, minor, patch.
    Version([u32; 3]),
}

/// An instrument, as its program made it.
#[derive(Clone, Copy, Debug)]
pub struct Instrument<'a> {
    /// Name of its meter.
    pub meter: Text<'a>,
    /// Version of its meter.
    pub meter_version: Text<'a>,
    /// Its name.
    pub name: Text<'a>,
    /// The name of its .NET type, as ``Counter`1``.
    pub kind: Text<'a>,
    /// Its unit.
    pub unit: Text<'a>,
    /// What it is, for people.
    pub description: Text<'a>,
    /// Tells instruments of equal names apart; `None` before .NET 10.
    pub id: Option<u32>,
    /// Tags of its meter, as text.
    pub meter_tags: Text<'a>,
    /// Its own tags, as text.
    pub instrument_tags: Text<'a>,
    /// Scope of its meter.
    pub meter_scope_hash: Text<'a>,
    /// Where its meter's schema is.
    pub telemetry_schema_url: Text<'a>,
}

impl<'a> Instrument<'a> {
    /// Tags of its meter.
    pub fn meter_tags(&self) -> Tags<'a> {
        Tags::of_metric(self.meter_tags)
    }

    /// Its own tags.
    pub fn instrument_tags(&self) -> Tags<'a> {
        Tags::of_metric(self.instrument_tags)
    }
}

/// A series: an instrument and the tags of its measurements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Series<'a> {
    /// Name of the instrument's meter.
    pub meter: Text<'a>,
    /// Version of the instrument's meter.
    pub meter_version: Text<'a>,
    /// Name of the instrument.
    pub instrument: Text<'a>,
    /// The instrument's [id](Instrument::id).
    pub instrument_id: Option<u32>,
    /// Unit of the values.
    pub unit: Text<'a>,
    /// Tags, as text: the same for all events of a series.
    pub tags: Text<'a>,
}

impl<'a> Series<'a> {
    /// Tags, split.
    pub fn tags(&self) -> Tags<'a> {
        Tags::of_metric(self.tags)
    }
}

/// When values were collected: 100 ns since 1601-01-01, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// Since when.
    pub start: u64,
    /// Until when.
    pub end: u64,
}
