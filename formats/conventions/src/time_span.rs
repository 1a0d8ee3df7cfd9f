//! .NET's spans of time as text.

use std::time::Duration;

use crate::text::Text;

/// Reads `[d.]hh:mm:ss[.fffffff]`, the invariant form of a `TimeSpan`. `None` for a negative one, and
/// for what is none.
pub(crate) fn read(text: Text<'_>) -> Option<Duration> {
    text.with_ascii(parse)
}

/// A duration of so many units of 100 ns.
pub(crate) fn of_ticks(ticks: u64) -> Duration {
    Duration::new(ticks / 10_000_000, u32::try_from(ticks % 10_000_000).unwrap_or(0) * 100)
}

fn parse(text: &str) -> Option<Duration> {
    let mut parts = text.splitn(3, ':');
    let (first, minutes, last) = (parts.next()?, number(parts.next()?)?, parts.next()?);
    let (days, hours) = first.split_once('.').unwrap_or(("0", first));
    let (seconds, fraction) = last.split_once('.').unwrap_or((last, "0"));
    let (hours, seconds) = (number(hours)?, number(seconds)?);
    if hours > 23 || minutes > 59 || seconds > 59 || fraction.len() > 7 {
        return None;
    }
    let digits = u32::try_from(fraction.len()).ok()?;
    let ticks = number(fraction)? * 10u64.pow(7 - digits);
    let days = number(days)?.checked_mul(86_400)?;
    let seconds = days.checked_add(hours * 3_600 + minutes * 60 + seconds)?;
    Some(Duration::new(seconds, u32::try_from(ticks * 100).ok()?))
}

/// A number of digits alone.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_nothing_else() {
        for (text, span) in [
            ("00:00:00", Some(Duration::ZERO)),
            ("00:01:00", Some(Duration::from_secs(60))),
            ("00:00:00.0237744", Some(Duration::from_nanos(23_774_400))),
            ("1.02:03:04.5", Some(Duration::new(93_784, 500_000_000))),
            ("-00:00:01", None),
            ("24:00:00", None),
            ("00:00", None),
            ("00:00:+1", None),
            ("00:00:01.12345678", None),
            ("18446744073709551615.00:00:00", None),
            ("", None),
        ] {
            assert_eq!(read(Text::utf8(text.as_bytes())), span, "{text}");
        }
        assert_eq!(of_ticks(237_744), Duration::from_nanos(23_774_400));
    }
}
