//! A name may be an event source and a meter. Both are asked for, and instruments win: so counters
//! of a source wait a little, to see whether its meter has any.

use std::collections::{BTreeMap, VecDeque};

use super::sample::{Kept, Sample};

/// How long they wait, in nanoseconds of the trace.
const PATIENCE_NS: i64 = 1_000_000_000;
/// Names kept; counters of others do not wait.
const MAX_NAMES: usize = 1024;
/// Bytes of a name; counters of one with more do not wait.
const MAX_NAME: usize = 1024;
/// Bytes of samples that wait at once; others do not.
const MAX_KEPT: usize = 4 << 20;

/// Counters that wait.
#[derive(Debug, Default)]
pub(super) struct Hold {
    names: BTreeMap<String, Name>,
    kept: VecDeque<Kept>,
    /// Bytes of all that is kept.
    bytes: usize,
    /// All instruments have been told, and one round of values.
    is_settled: bool,
}

#[derive(Clone, Copy, Debug)]
struct Name {
    /// When its first counter came.
    since_ns: i64,
    has_instruments: bool,
}

/// What to do with a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is shown.
    Show,
    /// Its meter says the same.
    Drop,
    /// It has been kept.
    Wait,
}

impl Hold {
    /// There is such an instrument.
    pub(super) fn has_instruments(&mut self, meter: String) {
        let has_room = self.names.len() < MAX_NAMES && meter.len() <= MAX_NAME;
        match self.names.get_mut(&meter) {
            Some(name) => name.has_instruments = true,
            None if has_room => {
                self.names.insert(meter, Name { since_ns: 0, has_instruments: true });
            }
            None => {}
        }
    }

    /// From now on, a name without instruments is an event source.
    pub(super) fn settle(&mut self) {
        self.is_settled = true;
    }

    /// A counter has come.
    pub(super) fn judge(&mut self, provider: &str, sample: &Sample<'_>) -> Verdict {
        let now = sample.time.ns.unwrap_or(i64::MAX);
        if !self.names.contains_key(provider) {
            if self.names.len() >= MAX_NAMES || provider.len() > MAX_NAME {
                return Verdict::Show;
            }
            let name = Name { since_ns: now, has_instruments: false };
            self.names.insert(provider.to_owned(), name);
        }
        let Some(name) = self.names.get(provider) else { return Verdict::Show };
        if name.has_instruments {
            return Verdict::Drop;
        }
        if self.is_over(*name, now) || self.bytes >= MAX_KEPT {
            return Verdict::Show;
        }
        let kept = Kept::of(sample);
        self.bytes += kept.as_ref().map_or(0, Kept::len);
        self.kept.extend(kept);
        Verdict::Wait
    }

    /// Whether anything waits.
    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// The next that has waited long enough at a time, and is to be shown.
    pub(super) fn next(&mut self, now: i64) -> Option<Kept> {
        loop {
            let name = self.names.get(self.kept.front()?.provider()).copied();
            match name {
                Some(name) if name.has_instruments => drop(self.pop()),
                Some(name) if !self.is_over(name, now) => return None,
                _ => return self.pop(),
            }
        }
    }

    fn pop(&mut self) -> Option<Kept> {
        let kept = self.kept.pop_front()?;
        self.bytes = self.bytes.saturating_sub(kept.len());
        Some(kept)
    }

    fn is_over(&self, name: Name, now: i64) -> bool {
        self.is_settled || now > name.since_ns.saturating_add(PATIENCE_NS)
    }
}

#[cfg(test)]
mod tests {
    use tracemill::conventions::Text;
    use tracemill::conventions::counters::Kind;

    use super::super::sample::{Measure, Time};
    use super::*;

    fn sample(provider: &'static str, ms: i64) -> Sample<'static> {
        let kind = Kind::Sum { increment: 1.0, rate_scale: None };
        let none = Text::default();
        Sample {
            time: Time { ns: Some(ms * 1_000_000), utc_ns: None },
            provider: Text::utf8(provider.as_bytes()),
            version: none,
            name: none,
            display_name: none,
            unit: none,
            tags: none,
            meter_tags: none,
            instrument_tags: none,
            instrument_id: None,
            measure: Measure::Counter { kind, interval_sec: None, series_ms: 1000 },
        }
    }

    #[test]
    fn counters_wait_for_a_second_and_come_in_order() {
        let mut hold = Hold::default();
        assert_eq!(hold.judge("A", &sample("A", 1000)), Verdict::Wait);
        assert_eq!(hold.judge("B", &sample("B", 1001)), Verdict::Wait);
        assert!(hold.next(2_000_000_000).is_none());
        assert_eq!(hold.next(2_000_000_001).unwrap().provider(), "A");
        assert!(hold.next(2_000_000_001).is_none());
        assert_eq!(hold.judge("A", &sample("A", 2001)), Verdict::Show);
        assert_eq!(hold.next(i64::MAX).unwrap().provider(), "B");
        assert!(hold.is_empty());
    }

    #[test]
    fn instruments_win() {
        let mut hold = Hold::default();
        assert_eq!(hold.judge("A", &sample("A", 1000)), Verdict::Wait);
        hold.has_instruments("A".to_owned());
        assert_eq!(hold.judge("A", &sample("A", 9000)), Verdict::Drop);
        assert!(hold.next(i64::MAX).is_none() && hold.is_empty());
    }

    #[test]
    fn nobody_waits_once_it_is_settled() {
        let mut hold = Hold::default();
        assert_eq!(hold.judge("A", &sample("A", 1000)), Verdict::Wait);
        hold.settle();
        assert!(hold.next(0).is_some());
        assert_eq!(hold.judge("B", &sample("B", 1000)), Verdict::Show);
    }
}
