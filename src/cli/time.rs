//! Ranges of time, as on the command line.

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use tracemill::{Instant, TimeRange};

/// `A..B`: from A, included, to B, not; either may be missing.
pub(crate) fn range(text: &str) -> Result<TimeRange, String> {
    let (from, to) = text.split_once("..").ok_or("expected A..B")?;
    let range = TimeRange { from: side(from)?, to: side(to)? };
    match (range.from, range.to) {
        (Some(Instant::SinceStart(from)), Some(Instant::SinceStart(to)))
        | (Some(Instant::Utc(from)), Some(Instant::Utc(to)))
            if from > to =>
        {
            Err("the range ends before it begins".to_owned())
        }
        _ => Ok(range),
    }
}

/// An instant, UTC unless it says otherwise, or a time since the trace began.
fn side(text: &str) -> Result<Option<Instant>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Ok(Some(Instant::Utc(timestamp.as_nanosecond())));
    }
    let civil = text.parse::<DateTime>().and_then(|civil| civil.to_zoned(TimeZone::UTC));
    if let Ok(zoned) = civil {
        return Ok(Some(Instant::Utc(zoned.timestamp().as_nanosecond())));
    }
    match text.parse::<SignedDuration>() {
        Ok(duration) => Ok(Some(Instant::SinceStart(duration.as_nanos()))),
        Err(_) => Err(format!(
            "'{text}' is neither a time since the trace began, as 1.5s, 200ms or 2m, nor one of \
             RFC 3339, as 2026-01-31T12:00:00Z"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::Instant::{SinceStart, Utc};
    use super::*;

    #[test]
    fn sides() {
        let sides = |text: &str| range(text).map(|range| (range.from, range.to));
        let since = |ms: i128| Some(SinceStart(ms * 1_000_000));
        assert_eq!(sides("1s..2m"), Ok((since(1_000), since(120_000))));
        assert_eq!(sides("-1s.."), Ok((since(-1_000), None)));
        assert_eq!(sides("..1.5s"), Ok((None, since(1_500))));
        assert_eq!(sides(".."), Ok((None, None)));
        // 2001-09-09T01:46:40Z is 10^9 seconds after 1970.
        let utc = |seconds: i128| Some(Utc((1_000_000_000 + seconds) * 1_000_000_000));
        assert_eq!(sides("2001-09-09T01:46:40Z..2001-09-09T03:46:41+02:00"), Ok((utc(0), utc(1))));
        assert_eq!(sides("2001-09-09T01:46:41.."), Ok((utc(1), None)));
    }

    #[test]
    fn not_ranges() {
        for text in
            ["", "1s", "x..", "5..6", "2s..1s", "2001-09-09T01:46:41Z..2001-09-09T01:46:40Z"]
        {
            assert!(range(text).is_err(), "{text}");
        }
    }
}
