//! Ranges of time, in nanoseconds and in the ticks of a stream.

use tracemill_engine::{Clock, EventView};

/// From one instant, included, to another, not; either may be missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeRange {
    /// The first instant that is in it.
    pub from: Option<Instant>,
    /// The first instant behind it.
    pub to: Option<Instant>,
}

/// An instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instant {
    /// Nanoseconds since the trace began, negative before; of perf, of its clock, as perf prints it.
    SinceStart(i128),
    /// Nanoseconds since 1970-01-01 UTC.
    Utc(i128),
}

impl TimeRange {
    /// The first and the last tick in it, relative to the clock's origin; the last is before the
    /// first if there is none. `None` if the clock does not tell enough.
    fn ticks(&self, clock: &Clock) -> Option<(i64, i64)> {
        let frequency = i128::from(clock.frequency.filter(|frequency| *frequency > 0)?);
        let ticks = |instant: Instant| {
            let ns = match instant {
                Instant::SinceStart(ns) => ns,
                Instant::Utc(ns) => ns.saturating_sub(clock.origin_utc_ns?.into()),
            };
            // The first tick that is not before: so both sides cut at the same place.
            let product = ns.saturating_mul(frequency);
            Some(product.div_euclid(NANOS) + i128::from(product.rem_euclid(NANOS) > 0))
        };
        let from = self.from.map_or(Some(i64::MIN.into()), ticks)?;
        let to = self.to.map_or(Some(i128::MAX), ticks)?;
        if from > i64::MAX.into() || to <= i64::MIN.into() {
            return Some((0, -1));
        }
        let clamp = |ticks: i128| {
            i64::try_from(ticks).unwrap_or(if ticks < 0 { i64::MIN } else { i64::MAX })
        };
        Some((clamp(from), clamp(to - 1)))
    }
}

const NANOS: i128 = 1_000_000_000;

/// A range in the ticks of one clock.
#[derive(Clone, Debug)]
pub(super) struct Window {
    range: TimeRange,
    clock: Option<Clock>,
    first: i64,
    last: i64,
    /// Whether a clock did not tell enough.
    pub lacks_clock: bool,
    /// Whether an event was in it.
    is_met: bool,
    /// The first and the last tick of those that were not, relative to the clock's origin.
    seen: Option<(i64, i64)>,
}

impl Window {
    pub(super) fn new(range: TimeRange) -> Self {
        let (clock, seen) = (None, None);
        Self { range, clock, first: 0, last: -1, lacks_clock: false, is_met: false, seen }
    }

    /// Whether an event is in it; none if its clock does not tell.
    #[inline]
    pub(super) fn has(&mut self, event: EventView<'_>) -> bool {
        let clock = &event.state().clock;
        if self.clock.as_ref() != Some(clock) {
            self.set(clock);
        }
        let ticks = event.ticks().wrapping_sub(clock.origin_ticks).cast_signed();
        let is_in = self.first <= ticks && ticks <= self.last;
        self.is_met |= is_in;
        // 0 is no time at all.
        if !self.is_met && event.ticks() != 0 {
            let (first, last) = self.seen.unwrap_or((ticks, ticks));
            self.seen = Some((first.min(ticks), last.max(ticks)));
        }
        is_in
    }

    /// When the first and the last event were, if it lies before or behind all of them.
    pub(super) fn missed(&self) -> Option<(i64, i64)> {
        let (clock, (first, last)) = (self.clock?, self.seen?);
        if self.is_met || self.first <= last && first <= self.last {
            return None;
        }
        let ns = |ticks: i64| clock.ns(clock.origin_ticks.wrapping_add(ticks.cast_unsigned()));
        Some((ns(first)?, ns(last)?))
    }

    #[cold]
    fn set(&mut self, clock: &Clock) {
        self.clock = Some(*clock);
        let ticks = self.range.ticks(clock);
        self.lacks_clock |= ticks.is_none();
        (self.first, self.last) = ticks.unwrap_or((0, -1));
    }
}

#[cfg(test)]
mod tests {
    use super::Instant::{SinceStart, Utc};
    use super::*;

    const CLOCK: Clock = Clock {
        frequency: Some(3),
        origin_ticks: 0,
        origin_utc_ns: Some(1_000_000_000_000_000_000),
    };

    #[test]
    fn both_sides_cut_at_the_first_tick_that_is_not_before() {
        const S: i128 = 1_000_000_000;
        let ticks = |from, to| TimeRange { from, to }.ticks(&CLOCK);
        let since = |ns| Some(SinceStart(ns));
        assert_eq!(ticks(since(S), since(120 * S)), Some((3, 359)));
        assert_eq!(ticks(since(-S), None), Some((-3, i64::MAX)));
        assert_eq!(ticks(None, since(S * 3 / 2)), Some((i64::MIN, 4)), "the fifth is at 1.67 s");
        assert_eq!(ticks(since(333_000_000), since(334_000_000)), Some((1, 1)));
        assert_eq!(ticks(Some(Utc(S * S)), Some(Utc(S * S + S))), Some((0, 2)));
        assert_eq!(ticks(since(S), since(S)), Some((3, 2)), "empty");
        assert_eq!(ticks(since(1 << 100), None), Some((0, -1)), "no tick is so late");
        assert_eq!(TimeRange { from: since(0), to: None }.ticks(&Clock::default()), None);
        assert_eq!(ticks(since(i128::MAX), None), Some((0, -1)));
        assert_eq!(ticks(since(i128::MIN), since(i128::MAX)), Some((i64::MIN, i64::MAX)));
    }
}
