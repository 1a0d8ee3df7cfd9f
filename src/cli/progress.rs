//! Progress on a terminal, once reading takes more than a second.

use std::io::{IsTerminal, stderr, stdout};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use tracemill::Stats;

use super::text;

const FIRST: Duration = Duration::from_secs(1);
const EVERY: Duration = Duration::from_millis(100);

/// A bar if the number of bytes is known, else a counter; both with rate and loss.
pub(crate) struct Progress {
    enabled: bool,
    started: Instant,
    due: Instant,
    bar: Option<ProgressBar>,
    /// What is shown is a part of this.
    status: Option<(Status, usize)>,
}

/// One line for several streams that come in at once: how long, and all of them together.
#[derive(Clone)]
pub(crate) struct Status {
    bar: ProgressBar,
    parts: Arc<Mutex<Vec<[u64; 3]>>>,
}

impl Status {
    /// For so many streams. Shows nothing unless `wanted` and standard error is a terminal that can.
    pub(crate) fn new(wanted: bool, parts: usize) -> Self {
        let bar = if Progress::new(wanted, false).enabled {
            let bar =
                ProgressBar::new_spinner().with_style(style("{spinner} {elapsed_precise} {msg}"));
            bar.enable_steady_tick(EVERY);
            bar
        } else {
            ProgressBar::hidden()
        };
        Self { bar, parts: Arc::new(Mutex::new(vec![[0; 3]; parts])) }
    }

    /// Takes it off the screen.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }

    fn show(&self, part: usize, stats: &Stats) {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(part) = parts.get_mut(part) {
            *part = [stats.bytes_in, stats.events, stats.lost];
        }
        let sum = |at: usize| parts.iter().filter_map(|part| part.get(at)).sum::<u64>();
        let [bytes, events, lost] = [0, 1, 2].map(sum);
        let (bytes, events, lost) = (text::size(bytes), text::grouped(events), text::grouped(lost));
        self.bar.set_message(format!("{bytes}  {events} events  {lost} lost; Ctrl-C stops"));
    }
}

impl Progress {
    /// Shows nothing unless `wanted` and standard error is a terminal that can; nor when data is
    /// printed to a terminal at the same time.
    pub(crate) fn new(wanted: bool, prints: bool) -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let mixed = prints && stdout().is_terminal();
        let enabled = wanted && !dumb && !mixed && stderr().is_terminal();
        let started = Instant::now();
        Self { enabled, started, due: started + FIRST, bar: None, status: None }
    }

    /// Shows in `status` how far the stream of this number is.
    pub(crate) fn part(status: &Status, part: usize) -> Self {
        let (enabled, now) = (!status.bar.is_hidden(), Instant::now());
        Self { enabled, started: now, due: now, bar: None, status: Some((status.clone(), part)) }
    }

    /// Whether it is time to show something.
    pub(crate) fn is_due(&self) -> bool {
        self.enabled && Instant::now() >= self.due
    }

    /// Shows how far it is.
    pub(crate) fn show(&mut self, total: Option<u64>, stats: &Stats) {
        self.due = Instant::now() + EVERY;
        if let Some((status, part)) = &self.status {
            return status.show(*part, stats);
        }
        let bar = self.bar.get_or_insert_with(|| match total {
            Some(total) => {
                ProgressBar::new(total).with_style(style("{wide_bar} {percent:>3}% {msg}"))
            }
            None => ProgressBar::new_spinner().with_style(style("{spinner} {msg}")),
        });
        let ms = self.started.elapsed().as_millis().max(1);
        let rate = u64::try_from(u128::from(stats.bytes_in) * 1000 / ms).unwrap_or(u64::MAX);
        bar.set_message(format!(
            "{}  {}/s  {} events  {} lost",
            text::size(stats.bytes_in),
            text::size(rate),
            text::grouped(stats.events),
            text::grouped(stats.lost),
        ));
        bar.set_position(stats.bytes_in);
    }

    /// Runs `print` while nothing of it is on the screen.
    pub(crate) fn suspend(&self, print: impl FnOnce()) {
        match self.bar.as_ref().or(self.status.as_ref().map(|(status, _)| &status.bar)) {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// Takes it off the screen for good.
    pub(crate) fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        self.enabled = false;
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
