//! Reads the events of the provider.

use tracemill_engine::{EventClass, EventView};

use super::{Instrument, Interval, Metric, PROVIDER, Report, Series};
use crate::quantiles::Quantiles;
use crate::slots::{self, Slots, Slotted};
use crate::text::Text;

/// Reads metrics of one class.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    kind: Kind,
    slots: Slots<14>,
}

impl Reader {
    /// A reader for a class, if it is one of the provider's.
    pub fn for_class(class: &EventClass) -> Option<Self> {
        if class.provider() != PROVIDER {
            return None;
        }
        let kind = Kind::of(class.name())?;
        Some(Self { kind, slots: Slots::of(class.layout()?.fields(), kind.names()) })
    }

    /// Reads an event of its class.
    pub fn read<'a>(&self, event: EventView<'a>) -> Option<Report<'a>> {
        let pointer_size = event.state().trace.pointer_size;
        self.read_payload(event.class()?, event.payload(), pointer_size)
    }

    /// Reads the payload of an event of its class. Pointers have 4 or 8 bytes.
    pub fn read_payload<'a>(
        &self,
        class: &'a EventClass,
        payload: &'a [u8],
        pointer_size: u8,
    ) -> Option<Report<'a>> {
        let fields = slots::values(class, None, payload, pointer_size)?;
        let found = self.slots.read(fields);
        let metric = self.kind.read(&found)?;
        let session = if self.kind.has_session() { found.text(0) } else { Text::default() };
        Some(Report { session, metric })
    }
}

/// The provider's events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Begin,
    End,
    Counter,
    UpDownCounter,
    Gauge,
    Histogram,
    Exponential,
    CollectionStart,
    CollectionStop,
    EnumerationComplete,
    TimeSeriesLimit,
    HistogramLimit,
    CallbackError,
    Error,
    MultipleSessions,
    Misconfigured,
    Message,
    Version,
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "BeginInstrumentReporting" => Self::Begin,
            "EndInstrumentReporting" => Self::End,
            "CounterRateValuePublished" => Self::Counter,
            "UpDownCounterRateValuePublished" => Self::UpDownCounter,
            "GaugeValuePublished" => Self::Gauge,
            "HistogramValuePublished" => Self::Histogram,
            "Base2ExponentialHistogramValuePublished" => Self::Exponential,
            "CollectionStart" => Self::CollectionStart,
            "CollectionStop" => Self::CollectionStop,
            "InitialInstrumentEnumerationComplete" => Self::EnumerationComplete,
            "TimeSeriesLimitReached" => Self::TimeSeriesLimit,
            "HistogramLimitReached" => Self::HistogramLimit,
            "ObservableInstrumentCallbackError" => Self::CallbackError,
            "Error" => Self::Error,
            "MultipleSessionsNotSupportedError" => Self::MultipleSessions,
            "MultipleSessionsConfiguredIncorrectlyError" => Self::Misconfigured,
            "Message" => Self::Message,
            "Version" => Self::Version,
            _ => return None,
        })
    }

    /// The fields it reads. The first is the session, if it has one.
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Begin | Self::End => &INSTRUMENT_NAMES,
            Self::Counter | Self::UpDownCounter => &COUNTER_NAMES,
            Self::Gauge => &GAUGE_NAMES,
            Self::Histogram => &HISTOGRAM_NAMES,
            Self::Exponential => &EXPONENTIAL_NAMES,
            Self::CollectionStart | Self::CollectionStop => {
                &[SESSION, "intervalStartTime", "intervalEndTime"]
            }
            Self::EnumerationComplete | Self::TimeSeriesLimit | Self::HistogramLimit => &[SESSION],
            Self::CallbackError | Self::Error => &[SESSION, "errorMessage"],
            Self::MultipleSessions => &["runningSessionId"],
            Self::Misconfigured => &MISCONFIGURED_NAMES,
            Self::Message => &["Message"],
            Self::Version => &["Major", "Minor", "Patch"],
        }
    }

    fn has_session(self) -> bool {
        self.names().first() == Some(&SESSION)
    }

    fn read<'a>(self, found: &Found<'a>) -> Option<Metric<'a>> {
        Some(match self {
            Self::Begin => Metric::Begin(instrument(found)?),
            Self::End => Metric::End(instrument(found)?),
            Self::Counter => {
                let (series, rate, value) = (series(found)?, number(found, 7), number(found, 8));
                Metric::Counter { series, rate, value }
            }
            Self::UpDownCounter => {
                let (series, rate, value) = (series(found)?, number(found, 7), number(found, 8));
                Metric::UpDownCounter { series, rate, value }
            }
            Self::Gauge => Metric::Gauge { series: series(found)?, last_value: number(found, 7) },
            Self::Histogram => Metric::Histogram {
                series: series(found)?,
                quantiles: Quantiles::of(found.needed(7)?),
                count: found.unsigned(8),
                sum: found.float(9),
            },
            Self::Exponential => Metric::ExponentialHistogram {
                series: series(found)?,
                scale: found.int(7)?,
                sum: found.float(8)?,
                count: found.unsigned(9)?,
                zero_count: found.unsigned(10)?,
                min: found.float(11)?,
                max: found.float(12)?,
                buckets: found.text(13),
            },
            Self::CollectionStart => Metric::CollectionStart(interval(found)?),
            Self::CollectionStop => Metric::CollectionStop(interval(found)?),
            Self::EnumerationComplete => Metric::EnumerationComplete,
            Self::TimeSeriesLimit => Metric::TimeSeriesLimitReached,
            Self::HistogramLimit => Metric::HistogramLimitReached,
            Self::CallbackError => Metric::CallbackError(found.needed(1)?),
            Self::Error => Metric::Error(found.needed(1)?),
            Self::MultipleSessions => Metric::MultipleSessionsNotSupported(found.needed(0)?),
            Self::Misconfigured => Metric::MultipleSessionsConfiguredIncorrectly {
                client: found.needed(0)?,
                max_histograms: [1, 2].map(|slot| found.text(slot).parse()),
                max_time_series: [3, 4].map(|slot| found.text(slot).parse()),
                refresh_interval: [5, 6].map(|slot| found.text(slot).parse()),
            },
            Self::Message => Metric::Message(found.needed(0)?),
            Self::Version => {
                let part = |slot| found.unsigned(slot).and_then(|part| part.try_into().ok());
                Metric::Version([part(0)?, part(1)?, part(2)?])
            }
        })
    }
}

type Found<'a> = Slotted<'a, 14>;

const SESSION: &str = "sessionId";
const METER: &str = "meterName";
const VERSION: &str = "meterVersion";
const INSTRUMENT: &str = "instrumentName";
const UNIT: &str = "unit";
const ID: &str = "instrumentId";
const TAGS: &str = "tags";

/// What has a value: fields 0 to 6 are the same for all, fields 0 to 5 for instruments too.
const COUNTER_NAMES: [&str; 9] =
    [SESSION, METER, VERSION, INSTRUMENT, UNIT, ID, TAGS, "rate", "value"];
const GAUGE_NAMES: [&str; 8] = [SESSION, METER, VERSION, INSTRUMENT, UNIT, ID, TAGS, "lastValue"];
const HISTOGRAM_NAMES: [&str; 10] =
    [SESSION, METER, VERSION, INSTRUMENT, UNIT, ID, TAGS, "quantiles", "count", "sum"];
const EXPONENTIAL_NAMES: [&str; 14] = [
    SESSION,
    METER,
    VERSION,
    INSTRUMENT,
    UNIT,
    ID,
    TAGS,
    "scale",
    "sum",
    "count",
    "zeroCount",
    "minimum",
    "maximum",
    "buckets",
];
const INSTRUMENT_NAMES: [&str; 12] = [
    SESSION,
    METER,
    VERSION,
    INSTRUMENT,
    UNIT,
    ID,
    "instrumentType",
    "description",
    "instrumentTags",
    "meterTags",
    "meterScopeHash",
    "meterTelemetrySchemaUrl",
];
const MISCONFIGURED_NAMES: [&str; 7] = [
    "clientId",
    "expectedMaxHistograms",
    "actualMaxHistograms",
    "expectedMaxTimeSeries",
    "actualMaxTimeSeries",
    "expectedRefreshInterval",
    "actualRefreshInterval",
];

fn instrument<'a>(found: &Found<'a>) -> Option<Instrument<'a>> {
    Some(Instrument {
        meter: found.needed(1)?,
        meter_version: found.text(2),
        name: found.needed(3)?,
        unit: found.text(4),
        id: id(found),
        kind: found.text(6),
        description: found.text(7),
        instrument_tags: found.text(8),
        meter_tags: found.text(9),
        meter_scope_hash: found.text(10),
        telemetry_schema_url: found.text(11),
    })
}

fn series<'a>(found: &Found<'a>) -> Option<Series<'a>> {
    Some(Series {
        meter: found.needed(1)?,
        meter_version: found.text(2),
        instrument: found.needed(3)?,
        unit: found.text(4),
        instrument_id: id(found),
        tags: found.needed(6)?,
    })
}

/// An instrument's id; 0 is none.
fn id(found: &Found<'_>) -> Option<u32> {
    found.unsigned(5)?.try_into().ok().filter(|id| *id != 0)
}

/// A number as text; an empty one is none.
fn number(found: &Found<'_>, slot: u8) -> Option<f64> {
    found.needed(slot)?.parse()
}

fn interval(found: &Found<'_>) -> Option<Interval> {
    Some(Interval { start: found.unsigned(1)?, end: found.unsigned(2)? })
}
