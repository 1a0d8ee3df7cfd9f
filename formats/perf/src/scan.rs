//! Finds records that mean nothing to the state, many at a time: the hot loop of the sequential half.

use tracemill_engine::{Fault, Faults, prefetch_until};

use crate::decode::Tag;
use crate::frame::Perf;
use crate::kinds::{self, kind};
use crate::wire::Head;

/// What lies at the head of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scanned {
    /// So many bytes of whole records that change nothing.
    Joined(usize),
    /// A record that is looked at on its own, if it is a record at all.
    Single(Head),
    /// Less than the head of one.
    Short,
}

impl Perf {
    /// What lies at the head of `bytes`. Records found are counted. `is_inside`: of a compressed
    /// one, where records of tools mean nothing.
    #[inline]
    pub(crate) fn scan(&mut self, bytes: &[u8], is_inside: bool) -> Scanned {
        let singles = if is_inside { SINGLES_INSIDE } else { SINGLES };
        let long_enough = Head::LEN + usize::from(self.longest);
        let (mut at, mut samples, mut rounds, mut others) = (0, 0, 0, 0);
        let (mut rest, mut fetched) = (bytes, 0);
        // Samples behind others are decoded unseen.
        let is_left_unseen = self.opens > 0 && !(is_inside || self.reads_lost);
        while at < MAX_JOINED
            && let Some(head) = Head::at(rest, 0)
        {
            // Records are looked at in passing: those to come are asked for from memory.
            fetched = prefetch_until(bytes, fetched, at + AHEAD);
            if is_left_unseen && at > 0 && head.kind == kind::SAMPLE {
                break;
            }
            let size = usize::from(head.size);
            let Some((record, following)) = rest.split_at_checked(size) else {
                break;
            };
            let body = record.get(Head::LEN..);
            // Nobody can foretell where a round ends: what is neither costs less than two guesses.
            let is_sample = head.kind == kind::SAMPLE && size >= long_enough;
            let is_round = head.kind == kind::FINISHED_ROUND && size == Head::LEN;
            if is_sample | is_round {
                if self.reads_lost && is_sample && self.is_news(head, body.unwrap_or_default()) {
                    break;
                }
                samples += u64::from(is_sample);
                rounds += u64::from(is_round);
            } else {
                if is_in(singles, head) || !body.is_some_and(|body| self.is_long_enough(head, body))
                {
                    break;
                }
                self.count(head.kind, size);
                others += size;
            }
            at += size;
            rest = following;
        }
        let round_bytes = Head::LEN * usize::try_from(rounds).unwrap_or(0);
        self.count_many(kind::SAMPLE, samples, at - others - round_bytes);
        self.count_many(kind::FINISHED_ROUND, rounds, round_bytes);
        match Head::at(bytes, 0) {
            _ if at > 0 => Scanned::Joined(at),
            Some(head) => Scanned::Single(head),
            None => Scanned::Short,
        }
    }

    /// Whether a record has all that such ones always have.
    #[inline]
    pub(crate) fn is_long_enough(&self, head: Head, body: &[u8]) -> bool {
        if head.kind == kind::SAMPLE {
            let fixed = self.fixed.or_else(|| {
                self.view().of_sample(body).map(|(_, attribute)| attribute.shape.fixed)
            });
            return body.len() >= fixed.unwrap_or(0).into();
        }
        let min = kinds::of(head.kind).map_or(0, |kind| kind.min);
        let is_of_kernel = head.kind < kind::FIRST_OF_TOOLS;
        let trailer = if is_of_kernel { self.view().trailer } else { 0 };
        body.len() >= usize::from(min) + usize::from(trailer)
    }

    /// A record that was looked at on its own and is not more than a record.
    pub(crate) fn plain(&mut self, head: Head, record: &[u8], offset: u64, faults: &mut Faults) {
        let body = record.get(Head::LEN..).unwrap_or_default();
        self.count(head.kind, record.len());
        if !self.is_long_enough(head, body) {
            faults.push(Fault::damage(offset, "record: shorter than its fixed part"));
        }
    }

    /// Whether a sample tells of loss that is not known yet.
    #[cold]
    fn is_news(&self, head: Head, body: &[u8]) -> bool {
        self.losses.is_news(self.view(), head, body)
    }
}

/// Bytes ahead of the record being looked at.
const AHEAD: usize = 4096;

/// Whole records are joined up to so many bytes at once.
const MAX_JOINED: usize = 64 << 10;

/// Types of records that are looked at one by one, a bit each.
const SINGLES: u128 = SINGLES_INSIDE
    | 1 << kind::ATTR
    | 1 << kind::TRACING_DATA
    | 1 << kind::BUILD_ID
    | 1 << kind::ID_INDEX
    | 1 << kind::AUXTRACE
    | 1 << kind::EVENT_UPDATE
    | 1 << kind::FEATURE
    | 1 << kind::COMPRESSED
    | 1 << kind::COMPRESSED2;
const SINGLES_INSIDE: u128 = 1 << kind::LOST
    | 1 << kind::LOST_SAMPLES
    | 1 << kind::THROTTLE
    | 1 << kind::UNTHROTTLE
    | 1 << kind::READ;

/// Whether a record is looked at on its own.
pub(crate) fn is_single(head: Head) -> bool {
    is_in(SINGLES, head)
}

#[inline]
fn is_in(kinds: u128, head: Head) -> bool {
    head.kind < 128 && kinds >> head.kind & 1 != 0
}

/// The tag of a record that was looked at on its own.
pub(crate) fn tag(head: Head) -> u32 {
    match head.kind {
        kind::SAMPLE => Tag::Lost as u32,
        kind if is_in(SINGLES_INSIDE, head) && kind < kind::FIRST_OF_TOOLS => Tag::Lost as u32,
        _ => Tag::Records as u32,
    }
}
