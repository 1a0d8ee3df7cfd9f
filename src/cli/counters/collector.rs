//! Takes samples out of a stream of events, and hands those that are wanted to the output.

use std::collections::HashMap;
use std::io;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracemill::conventions::metrics::{Instrument, Metric, PROVIDER};
use tracemill::conventions::{Text, counters, metrics};
use tracemill::{Batch, EventClass, EventView};

use super::hold::{Hold, Verdict};
use super::output::Output;
use super::sample::{Measure, Sample, Time};
use super::session::SHARED;
use super::told::Told;
use super::wanted::Wanted;
use crate::cli::attach::Origin;
use crate::cli::pump::Visitor;

/// Instruments with tags of their own that are kept; those of others are not shown.
const MAX_INSTRUMENTS: usize = 4096;
/// Bytes of such tags, and of their instrument's names.
const MAX_TAGS: usize = 4096;

/// An output that several write to.
pub(super) type Shared = Arc<Mutex<Box<dyn Output>>>;

/// Visits the events of one process or file.
pub(super) struct Collector {
    pub origin: Origin,
    told: Told,
    wanted: Wanted,
    output: Shared,
    /// Only counters at this interval, in milliseconds.
    interval_ms: Option<u64>,
    /// The session of metrics that is read; the first that comes, if it is not known.
    session: Option<String>,
    hold: Hold,
    /// Tags of meters and instruments, where they have any.
    tags: HashMap<Id, [String; 2]>,
    /// Seconds of an interval of the metrics.
    per: f64,
    unreadable: u64,
    /// Whether a value was shown.
    has_shown: bool,
}

/// What an instrument is known by.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Id {
    Number(u32),
    Name(String, String),
}

impl Collector {
    /// `interval_ms`: at which counters are wanted, if at one. `per`: seconds of an interval, until
    /// the stream tells.
    pub(super) fn new(
        origin: Origin,
        told: Told,
        wanted: Wanted,
        output: Shared,
        interval_ms: Option<u64>,
        per: f64,
    ) -> Self {
        let session = origin.pid.map(|_| SHARED.to_owned());
        Self {
            origin,
            told,
            wanted,
            output,
            interval_ms,
            session,
            hold: Hold::default(),
            tags: HashMap::new(),
            per,
            unreadable: 0,
            has_shown: false,
        }
    }

    /// Shows what still waits.
    ///
    /// # Errors
    /// Output cannot be written.
    pub(super) fn finish(&mut self, start_utc_ns: Option<i64>) -> io::Result<()> {
        self.hold.settle();
        let output = Arc::clone(&self.output);
        let mut output = lock(&output);
        self.release(i64::MAX, &mut **output)?;
        output.finish(&self.origin, start_utc_ns)
    }

    /// Says what was not shown, and why. `is_all`: whether all was read that there is.
    pub(super) fn rest(&self, refused: u64, is_all: bool) {
        self.told.rest(refused, self.unreadable);
        // What is in a recording was asked for by somebody else.
        let names: Vec<_> = self.wanted.not_met().collect();
        if self.origin.pid.is_some() || (is_all && !self.has_shown && !names.is_empty()) {
            self.told.nothing_of(&names);
        } else if is_all && !self.has_shown && refused == 0 && self.unreadable == 0 {
            self.told.nothing();
        }
    }

    /// Shows what still waits, and forgets what is known by number: a new session counts anew.
    ///
    /// # Errors
    /// Output cannot be written.
    pub(super) fn renew(&mut self) -> io::Result<()> {
        self.hold.settle();
        let output = Arc::clone(&self.output);
        let mut output = lock(&output);
        self.release(i64::MAX, &mut **output)?;
        self.hold = Hold::default();
        self.tags.clear();
        output.renewed(&self.origin)
    }

    fn event(
        &mut self,
        event: EventView<'_>,
        class: &EventClass,
        output: &mut dyn Output,
    ) -> io::Result<()> {
        if class.provider() == PROVIDER {
            let Some(reader) = metrics::Reader::for_class(class) else { return Ok(()) };
            let Some(report) = reader.read(event) else {
                self.unreadable += 1;
                return Ok(());
            };
            if self.is_ours(report.session) {
                self.metric(Time::of(event), report.metric, output)?;
            }
        } else if let Some(reader) = counters::Reader::for_class(class) {
            match reader.read(event) {
                Some(counter) => self.counter(event, class.provider(), &counter, output)?,
                None => self.unreadable += 1,
            }
        }
        Ok(())
    }

    fn counter(
        &mut self,
        event: EventView<'_>,
        provider: &str,
        counter: &counters::Counter<'_>,
        output: &mut dyn Output,
    ) -> io::Result<()> {
        if !self.wanted.has_counter(provider, counter.name) {
            return Ok(());
        }
        let series_ms = counter.series_ms();
        if self.interval_ms.is_some_and(|wanted| series_ms.is_some_and(|ms| ms != wanted)) {
            self.told.other_interval(provider, series_ms);
            return Ok(());
        }
        let sample = Sample::of_counter(Time::of(event), provider, counter);
        if self.wanted.is_source(provider) || self.hold.judge(provider, &sample) == Verdict::Show {
            self.has_shown = true;
            output.sample(&self.origin, &sample)?;
        }
        Ok(())
    }

    fn metric(
        &mut self,
        time: Time,
        metric: Metric<'_>,
        output: &mut dyn Output,
    ) -> io::Result<()> {
        let (series, measure) = match metric {
            Metric::Begin(instrument) => {
                self.begin(&instrument);
                return Ok(());
            }
            Metric::End(instrument) => {
                self.tags.remove(&Id::of(instrument.meter, instrument.name, instrument.id));
                output.ended(&self.origin, &instrument);
                return Ok(());
            }
            Metric::CollectionStart(interval) => {
                // In units of 100 ns; rounded to milliseconds.
                let ms = interval.end.saturating_sub(interval.start).saturating_add(5_000) / 10_000;
                if let Ok(ms @ 1..) = u32::try_from(ms) {
                    self.per = f64::from(ms) / 1000.0;
                }
                return Ok(());
            }
            Metric::CollectionStop(_) => {
                self.hold.settle();
                return Ok(());
            }
            Metric::Counter { series, rate, value } => {
                let per = self.per;
                (series, Measure::Sum { is_up_down: false, delta: rate, value, per })
            }
            Metric::UpDownCounter { series, rate, value } => {
                let per = self.per;
                (series, Measure::Sum { is_up_down: true, delta: rate, value, per })
            }
            Metric::Gauge { series, last_value } => (series, Measure::Gauge(last_value)),
            Metric::Histogram { series, quantiles, count, sum } => {
                (series, Measure::Histogram { count, sum, quantiles })
            }
            Metric::ExponentialHistogram { series, count, sum, min, max, .. } => {
                (series, Measure::Exponential { count, sum, min, max })
            }
            other => {
                self.told.metric(&other);
                return Ok(());
            }
        };
        if !self.wanted.has_instrument(series.meter, series.instrument) {
            return Ok(());
        }
        self.hold.has_instruments(series.meter.to_string());
        let mut sample = Sample::of_series(time, series, measure);
        if !self.tags.is_empty() {
            let id = Id::of(series.meter, series.instrument, series.instrument_id);
            if let Some([meter, instrument]) = self.tags.get(&id) {
                sample.meter_tags = Text::utf8(meter.as_bytes());
                sample.instrument_tags = Text::utf8(instrument.as_bytes());
            }
        }
        self.has_shown = true;
        output.sample(&self.origin, &sample)
    }

    fn begin(&mut self, instrument: &Instrument<'_>) {
        let Instrument { meter, name, id, .. } = *instrument;
        if !self.wanted.has_instrument(meter, name) {
            return;
        }
        self.hold.has_instruments(meter.to_string());
        let tags = [instrument.meter_tags, instrument.instrument_tags];
        let len: usize = tags.iter().map(|tags| tags.bytes().len()).sum();
        let names = meter.bytes().len() + name.bytes().len();
        if (1..=MAX_TAGS).contains(&len) && names <= MAX_TAGS && self.tags.len() < MAX_INSTRUMENTS {
            self.tags.insert(Id::of(meter, name, id), tags.map(|tags| tags.to_string()));
        }
    }

    /// Whether an event of a session of metrics is for us.
    fn is_ours(&mut self, session: Text<'_>) -> bool {
        if session.is_empty() {
            return true;
        }
        let ours = self.session.get_or_insert_with(|| session.to_string());
        let is_ours = session == **ours;
        if !is_ours {
            self.told.other_session(ours);
        }
        is_ours
    }

    /// Shows what has waited long enough.
    fn release(&mut self, now: i64, output: &mut dyn Output) -> io::Result<()> {
        while let Some(kept) = self.hold.next(now) {
            self.has_shown = true;
            output.sample(&self.origin, &kept.sample())?;
        }
        Ok(())
    }
}

impl Id {
    fn of(meter: Text<'_>, name: Text<'_>, id: Option<u32>) -> Self {
        id.map_or_else(|| Self::Name(meter.to_string(), name.to_string()), Self::Number)
    }
}

impl Visitor for Collector {
    fn batch(&mut self, batch: &Batch<'_>) -> io::Result<ControlFlow<()>> {
        let output = Arc::clone(&self.output);
        let mut output = lock(&output);
        for event in batch {
            let now = event.ns().unwrap_or(i64::MAX);
            if self.origin.until_ns.is_some_and(|until| now >= until) {
                return Ok(ControlFlow::Break(()));
            }
            if !self.hold.is_empty() {
                self.release(now, &mut **output)?;
            }
            if let Some(class) = event.class() {
                self.event(event, class, &mut **output)?;
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn pause(&mut self) -> io::Result<()> {
        lock(&self.output).pause()
    }
}

/// The output; one that panicked has said so.
pub(super) fn lock(output: &Shared) -> MutexGuard<'_, Box<dyn Output>> {
    output.lock().unwrap_or_else(PoisonError::into_inner)
}
