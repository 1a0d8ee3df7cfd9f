//! Ranges of time, as on the command line and in the ticks of a stream.

use std::ops::Range;
use std::str::FromStr;

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use tracemill::Clock;

/// `A..B`: from A, included, to B, not; either may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimeRange {
    from: Option<Side>,
    to: Option<Side>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    /// Nanoseconds since the trace began.
    Since(i128),
    /// Nanoseconds since 1970 UTC.
    Utc(i128),
}

impl TimeRange {
    /// The range in ticks relative to the clock's origin. `None` if the clock does not tell enough.
    pub(crate) fn ticks(&self, clock: &Clock) -> Option<Range<i128>> {
        let frequency = i128::from(clock.frequency?);
        let ticks = |side: Side| {
            let ns = match side {
                Side::Since(ns) => ns,
                Side::Utc(ns) => ns - i128::from(clock.origin_utc_ns?),
            };
            // The first tick that is not before: so both sides cut at the same place.
            let product = ns.checked_mul(frequency)?;
            Some(product.div_euclid(NANOS) + i128::from(product.rem_euclid(NANOS) > 0))
        };
        let from = self.from.map_or(Some(i128::MIN), ticks)?;
        let to = self.to.map_or(Some(i128::MAX), ticks)?;
        Some(from..to)
    }
}

const NANOS: i128 = 1_000_000_000;

impl FromStr for TimeRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (from, to) = text.split_once("..").ok_or("expected A..B")?;
        let range = Self { from: side(from)?, to: side(to)? };
        match (range.from, range.to) {
            (Some(Side::Since(from)), Some(Side::Since(to)))
            | (Some(Side::Utc(from)), Some(Side::Utc(to)))
                if from > to =>
            {
                Err("the range ends before it begins".to_owned())
            }
            _ => Ok(range),
        }
    }
}

/// An instant, UTC unless it says otherwise, or a time since the trace began.
fn side(text: &str) -> Result<Option<Side>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Ok(Some(Side::Utc(timestamp.as_nanosecond())));
    }
    let civil = text.parse::<DateTime>().and_then(|civil| civil.to_zoned(TimeZone::UTC));
    if let Ok(zoned) = civil {
        return Ok(Some(Side::Utc(zoned.timestamp().as_nanosecond())));
    }
    match text.parse::<SignedDuration>() {
        Ok(duration) => Ok(Some(Side::Since(duration.as_nanos()))),
        Err(_) => Err(format!(
            "'{text}' is neither a time since the trace began, as 1.5s, 200ms or 2m, nor one of \
             RFC 3339, as 2026-01-31T12:00:00Z"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOCK: Clock = Clock {
        frequency: Some(3),
        origin_ticks: 0,
        origin_utc_ns: Some(1_000_000_000_000_000_000),
    };

    fn ticks(text: &str) -> Option<Range<i128>> {
        text.parse::<TimeRange>().unwrap().ticks(&CLOCK)
    }

    #[test]
    fn sides() {
        assert_eq!(ticks("1s..2m"), Some(3..360));
        assert_eq!(ticks("-1s.."), Some(-3..i128::MAX));
        assert_eq!(ticks("..1.5s"), Some(i128::MIN..5), "the fifth tick is at 1.67 s");
        assert_eq!(ticks("333ms..334ms"), Some(1..2), "the first tick is at 333.3 ms");
        // 2001-09-09T01:46:40Z is 10^9 seconds after 1970.
        assert_eq!(ticks("2001-09-09T01:46:40Z..2001-09-09T03:46:41+02:00"), Some(0..3));
        assert_eq!(ticks("2001-09-09T01:46:41.."), Some(3..i128::MAX));
        assert_eq!("1s..".parse::<TimeRange>().unwrap().ticks(&Clock::default()), None);
    }

    #[test]
    fn not_ranges() {
        for text in
            ["", "1s", "x..", "5..6", "2s..1s", "2001-09-09T01:46:41Z..2001-09-09T01:46:40Z"]
        {
            assert!(text.parse::<TimeRange>().is_err(), "{text}");
        }
    }
}
