//! `EventCounter`, `PollingCounter` and their incrementing kin: events named `EventCounters`, with
//! one object that says all.
//!
//! ```
//! use tracemill_conventions::counters::{Kind, Reader};
//! use tracemill_engine::EventView;
//!
//! fn per_second(reader: &Reader, event: EventView<'_>) -> Option<f64> {
//!     let counter = reader.read(event)?;
//!     match counter.kind {
//!         Kind::Sum { increment, .. } => Some(increment / counter.interval_sec?),
//!         Kind::Mean { .. } => None,
//!     }
//! }
//! ```

use std::time::Duration;

use tracemill_engine::{EventClass, EventView, Field, Layout, Type, Value};

use crate::slots::{self, Slots};
use crate::tags::Tags;
use crate::text::Text;
use crate::time_span;

/// What a counter tells of one interval.
#[derive(Clone, Copy, Debug)]
pub struct Counter<'a> {
    /// Its name within its provider.
    pub name: Text<'a>,
    /// Its name for people; empty before .NET Core 3.0.
    pub display_name: Text<'a>,
    /// Unit of its values, for people; often empty.
    pub display_units: Text<'a>,
    /// What was measured.
    pub kind: Kind,
    /// How long the interval was in truth, in seconds.
    pub interval_sec: Option<f64>,
    /// The interval as it was asked for, `Interval=1000`: when sessions ask for several, each gets
    /// the values of all, and this tells them apart.
    pub series: Text<'a>,
    /// Metadata, `key:value,key:value`.
    pub metadata: Text<'a>,
}

/// What was measured in an interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Values that were written, or one that was polled.
    Mean {
        /// Their mean.
        mean: f64,
        /// Their standard deviation.
        standard_deviation: f64,
        /// How many there were. If none, the others are 0.
        count: u32,
        /// The least of them.
        min: f64,
        /// The greatest of them.
        max: f64,
    },
    /// A sum that grows.
    Sum {
        /// By how much it grew in the interval.
        increment: f64,
        /// The span of time for which to show the rate.
        rate_scale: Option<Duration>,
    },
}

impl<'a> Counter<'a> {
    /// The interval that was asked for, in milliseconds.
    pub fn series_ms(&self) -> Option<u64> {
        self.series.split_once("=")?.1.parse()
    }

    /// Its metadata, split.
    pub fn metadata(&self) -> Tags<'a> {
        Tags::of_counter(self.metadata)
    }
}

const NAMES: [&str; 13] = [
    "Name",
    "DisplayName",
    "DisplayUnits",
    "IntervalSec",
    "Series",
    "Metadata",
    "Mean",
    "StandardDeviation",
    "Count",
    "Min",
    "Max",
    "Increment",
    "DisplayRateTimeScale",
];
const NAME: u8 = 0;
const DISPLAY_NAME: u8 = 1;
const UNITS: u8 = 2;
const INTERVAL: u8 = 3;
const SERIES: u8 = 4;
const METADATA: u8 = 5;
const MEAN: u8 = 6;
const DEVIATION: u8 = 7;
const COUNT: u8 = 8;
const MIN: u8 = 9;
const MAX: u8 = 10;
const INCREMENT: u8 = 11;
const SCALE: u8 = 12;

/// Objects in each other, around the one that says all: there are two.
const MAX_WRAPPED: usize = 4;

/// Reads counters of one class.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    slots: Slots<13>,
    /// How many objects to step into.
    wrapped: usize,
}

impl Reader {
    /// A reader for a class, if its events are counters.
    pub fn for_class(class: &EventClass) -> Option<Self> {
        if class.name() != "EventCounters" {
            return None;
        }
        let layout = class.layout()?;
        let (mut fields, mut wrapped) = (layout.fields(), 0);
        while let Some(inner) = inner(layout, fields).filter(|_| wrapped < MAX_WRAPPED) {
            (fields, wrapped) = (inner, wrapped + 1);
        }
        let slots = Slots::of(fields, &NAMES);
        let says = slots.has(NAME) && (slots.has(MEAN) || slots.has(INCREMENT));
        says.then_some(Self { slots, wrapped })
    }

    /// Reads an event of its class.
    pub fn read<'a>(&self, event: EventView<'a>) -> Option<Counter<'a>> {
        let pointer_size = event.state().trace.pointer_size;
        self.read_payload(event.class()?, event.payload(), pointer_size)
    }

    /// Reads the payload of an event of its class. Pointers have 4 or 8 bytes.
    pub fn read_payload<'a>(
        &self,
        class: &'a EventClass,
        payload: &'a [u8],
        pointer_size: u8,
    ) -> Option<Counter<'a>> {
        let mut fields = slots::values(class, None, payload, pointer_size)?;
        for _ in 0..self.wrapped {
            let Value::Object(inner) = fields.next()?.ok()?.1 else { return None };
            fields = inner;
        }
        let found = self.slots.read(fields);
        let kind = if let Some(increment) = found.float(INCREMENT) {
            Kind::Sum { increment, rate_scale: time_span::read(found.text(SCALE)) }
        } else {
            Kind::Mean {
                mean: found.float(MEAN)?,
                standard_deviation: found.float(DEVIATION).unwrap_or_default(),
                count: found.int(COUNT).and_then(|count| count.try_into().ok()).unwrap_or(0),
                min: found.float(MIN).unwrap_or_default(),
                max: found.float(MAX).unwrap_or_default(),
            }
        };
        Some(Counter {
            name: found.needed(NAME)?,
            display_name: found.text(DISPLAY_NAME),
            display_units: found.text(UNITS),
            kind,
            interval_sec: found.float(INTERVAL),
            series: found.text(SERIES),
            metadata: found.text(METADATA),
        })
    }
}

/// The fields of the only field, if that is an object.
fn inner<'a>(layout: &'a Layout, fields: &[Field]) -> Option<&'a [Field]> {
    let [only] = fields else { return None };
    match layout.type_at(only.type_index)? {
        Type::Object { first, count } => Some(layout.object(first, count)),
        _ => None,
    }
}
