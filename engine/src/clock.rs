//! From ticks to nanoseconds and to UTC, in integers.

const NANOS: u64 = 1_000_000_000;

/// What turns the ticks of a stream into time. Parts that a stream does not tell stay unknown.
///
/// ```
/// use tracemill_engine::Clock;
///
/// let clock = Clock { frequency: Some(10_000_000), origin_ticks: 50, origin_utc_ns: Some(7) };
/// assert_eq!(clock.ns(60), Some(1_000));
/// assert_eq!(clock.utc_ns(60), Some(1_007));
/// assert_eq!(clock.ns(40), Some(-1_000));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// Ticks per second.
    pub frequency: Option<u64>,
    /// Ticks when the trace began.
    pub origin_ticks: u64,
    /// The same instant in nanoseconds since 1970-01-01 UTC.
    pub origin_utc_ns: Option<i64>,
}

impl Clock {
    /// Nanoseconds since the trace began, negative before: since the clock's
    /// [origin](Self::origin_ticks), which formats that tell no beginning have at 0. `None` if the
    /// frequency is unknown or the result does not fit.
    pub fn ns(&self, ticks: u64) -> Option<i64> {
        let frequency = self.frequency.filter(|frequency| *frequency > 0)?;
        // The difference wraps as the ticks do, so that it is right on either side of the origin.
        let since = ticks.wrapping_sub(self.origin_ticks).cast_signed();
        // No division of 128 bits where that can be helped: it takes longer than an event.
        if NANOS.is_multiple_of(frequency) {
            return since.checked_mul((NANOS / frequency).cast_signed());
        }
        if let Some(ns) = split(since, frequency) {
            return Some(ns);
        }
        let product = i128::from(since) * i128::from(NANOS);
        i64::try_from(product.div_euclid(i128::from(frequency))).ok()
    }

    /// Nanoseconds since 1970-01-01 UTC. `None` if the wall clock or the frequency is unknown.
    pub fn utc_ns(&self, ticks: u64) -> Option<i64> {
        self.ns(ticks)?.checked_add(self.origin_utc_ns?)
    }
}

/// `since` ticks in nanoseconds, whole seconds and the rest apart, if that fits 64 bits on the way.
fn split(since: i64, frequency: u64) -> Option<i64> {
    let (nanos, frequency) = (NANOS.cast_signed(), i64::try_from(frequency).ok()?);
    let (seconds, rest) = (since.div_euclid(frequency), since.rem_euclid(frequency));
    let rest = rest.checked_mul(nanos)? / frequency;
    seconds.checked_mul(nanos)?.checked_add(rest)
}

/// A date and time of day in UTC as nanoseconds since 1970-01-01. `None` if there is no such
/// instant between the years 1678 and 2261.
///
/// ```
/// # use tracemill_engine::utc_ns;
/// assert_eq!(utc_ns((1970, 1, 2), (0, 0, 1), 5), Some(86_401_005_000_000));
/// assert_eq!(utc_ns((2026, 2, 29), (0, 0, 0), 0), None);
/// ```
pub fn utc_ns(date: (u16, u16, u16), time: (u16, u16, u16), ms: u16) -> Option<i64> {
    let ((year, month, day), (hour, minute, second)) = (date, time);
    if !(1..=12).contains(&month) || day == 0 || day > days_in(year, month) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 59 || ms > 999 {
        return None;
    }
    // Days since 1970 of the proleptic Gregorian calendar; the year is taken to begin in March, so
    // that the leap day is its last.
    let (year, month, day) = (i64::from(year), i64::from(month), i64::from(day));
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let days = year * 365 + leaps + (month * 153 + 2) / 5 + day - 1 - 719_468;
    let seconds =
        days * 86_400 + i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second);
    (seconds * 1_000 + i64::from(ms)).checked_mul(1_000_000)
}

fn days_in(year: u16, month: u16) -> u16 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_instants() {
        // Checked with `date -u -d ... +%s`.
        for (date, time, seconds) in [
            ((1970, 1, 1), (0, 0, 0), 0),
            ((2000, 2, 29), (12, 0, 0), 951_825_600),
            ((2026, 11, 23), (2, 39, 10), 1_795_401_550),
            ((1969, 12, 31), (23, 59, 59), -1),
        ] {
            assert_eq!(utc_ns(date, time, 0), Some(seconds * 1_000_000_000), "{date:?}");
        }
        assert_eq!(utc_ns((2026, 11, 23), (2, 39, 10), 1000), None, "met in the wild");
    }

    #[test]
    fn both_ways_to_divide_agree() {
        let clock = |frequency| Clock { frequency: Some(frequency), ..Clock::default() };
        for ticks in [0, 1, 7, 1 << 40, u64::MAX, 1 << 63, (1 << 63) - 1, u64::MAX - 12_345] {
            for frequency in
                [1, 10_000_000, 1_000_000_000, 3, 24_000_000, 1 << 33, 1 << 34, u64::MAX]
            {
                let since = i128::from(ticks.cast_signed()) * 1_000_000_000;
                let exact = i64::try_from(since.div_euclid(frequency.into())).ok();
                assert_eq!(clock(frequency).ns(ticks), exact, "{ticks} at {frequency}");
            }
        }
    }

    #[test]
    fn no_division_by_a_broken_frequency() {
        let clock = Clock { frequency: Some(0), origin_ticks: 0, origin_utc_ns: Some(0) };
        assert_eq!(clock.ns(5), None);
        assert_eq!(Clock::default().utc_ns(5), None);
    }
}
