//! What has to be said beside the values, each once.

use tracemill::conventions::Text;
use tracemill::conventions::metrics::Metric;

use super::session::{Ask, SHARED};
use crate::cli::attach::Origin;
use crate::cli::console::Console;

/// Failures of one kind that are told one by one.
const MAX_FAILURES: u32 = 10;

/// Standard error, and what it has been told.
pub(super) struct Told {
    console: Console,
    origin: String,
    /// What was asked for, of a process that runs.
    ask: Option<Ask>,
    said: Vec<Once>,
    failures: u32,
}

/// What is told once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Once {
    TimeSeries,
    Histograms,
    Sessions,
    Settings,
    Interval,
    Others,
}

impl Told {
    pub(super) fn new(console: Console, origin: &Origin, ask: Option<Ask>) -> Self {
        Self {
            console,
            origin: origin.name.clone(),
            ask: ask.filter(|_| origin.pid.is_some()),
            said: Vec::new(),
            failures: 0,
        }
    }

    /// Says what an event of the metrics says that is no value.
    pub(super) fn metric(&mut self, metric: &Metric<'_>) {
        match *metric {
            Metric::TimeSeriesLimitReached if self.once(Once::TimeSeries) => {
                self.limit("time series", "maxTimeSeries", |ask| ask.max_time_series);
            }
            Metric::HistogramLimitReached if self.once(Once::Histograms) => {
                self.limit("histograms", "maxHistograms", |ask| ask.max_histograms);
            }
            Metric::MultipleSessionsNotSupported(running)
                if running != SHARED && self.once(Once::Sessions) =>
            {
                self.say(&format!(
                    "its instruments are read by another session, '{running}', and it can have but \
                     one: none are shown here"
                ));
            }
            Metric::MultipleSessionsConfiguredIncorrectly {
                client,
                max_histograms,
                max_time_series,
                refresh_interval,
            } if self.is_ours(client) && self.once(Once::Settings) => {
                let text = |pair: [Option<String>; 2]| {
                    pair.map(|value| value.unwrap_or_else(|| "?".to_owned())).join(" and not ")
                };
                let number = |pair: [Option<u32>; 2]| pair.map(|one| one.map(|n| n.to_string()));
                let interval = refresh_interval.map(|one| one.map(|n| n.to_string()));
                self.say(&format!(
                    "another client shares the session of its instruments, and all have to ask for \
                     the same: --maxHistograms {}, --maxTimeSeries {}, --refresh-interval {}",
                    text(number(max_histograms)),
                    text(number(max_time_series)),
                    text(interval),
                ));
            }
            Metric::CallbackError(message) => {
                self.failure("an observable instrument failed", message);
            }
            Metric::Error(message) => {
                self.failure("it cannot report its instruments", message);
            }
            _ => {}
        }
    }

    /// Says that counters come at another interval.
    pub(super) fn other_interval(&mut self, provider: &str, series_ms: Option<u64>) {
        let Some(ms) = series_ms.filter(|_| self.once(Once::Interval)) else { return };
        let seconds = std::time::Duration::from_millis(ms).as_secs_f64();
        self.say(&format!(
            "counters of {provider} come every {seconds} s, since another session asks for it; \
             --refresh-interval {seconds} shows them"
        ));
    }

    /// Says that there are values of another session.
    pub(super) fn other_session(&mut self, ours: &str) {
        if self.once(Once::Others) {
            self.say(&format!(
                "it has instruments of several sessions: those of session '{ours}' are shown"
            ));
        }
    }

    /// Says how many values were not shown, and why.
    pub(super) fn rest(&self, refused: u64, unreadable: u64) {
        if refused > 0 {
            self.say(&format!("{refused} values of series beyond --maxTimeSeries are not shown"));
        }
        if unreadable > 0 {
            self.say(&format!("{unreadable} values cannot be read"));
        }
    }

    /// Says of which providers nothing came.
    pub(super) fn nothing_of(&self, names: &[&str]) {
        if !names.is_empty() {
            let names = names.join(", ");
            self.say(&format!(
                "no value of {names} came: it has another name (case counts), or was not used"
            ));
        }
    }

    /// Says that there is nothing to show.
    pub(super) fn nothing(&self) {
        self.say(
            "no value of a counter or an instrument is in it, or none at the interval asked for",
        );
    }

    fn limit(&self, what: &str, option: &str, value: impl Fn(&Ask) -> u32) {
        let limit = self.ask.as_ref().map_or_else(String::new, |ask| format!(" {}", value(ask)));
        self.say(&format!("it has more {what} than --{option}{limit} allows: some are not shown"));
    }

    fn failure(&mut self, what: &str, message: Text<'_>) {
        if self.failures < MAX_FAILURES {
            self.failures += 1;
            self.say(&format!("{what}: {message}"));
        }
    }

    /// Whether it is the first time.
    fn once(&mut self, what: Once) -> bool {
        let is_first = !self.said.contains(&what);
        if is_first {
            self.said.push(what);
        }
        is_first
    }

    fn is_ours(&self, client: Text<'_>) -> bool {
        self.ask.as_ref().is_none_or(|ask| client == *ask.client_id)
    }

    fn say(&self, message: &str) {
        self.console.remark(&self.origin, message);
    }
}
