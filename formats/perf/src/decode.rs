//! The pure half: runs of records become events (specification sections 3 and 4).

use std::any::Any;
use std::sync::Arc;

use tracemill_engine::{
    Decode, Keeper, Position, Record, RunView, Sink, Span, State, Table, prefetch_until,
};

use crate::attribute::{Attribute, Place};
use crate::build_ids::BuildIds;
use crate::kinds::{self, kind};
use crate::other::raw;
use crate::plan::Plan;
use crate::record::{Detail, flag};
use crate::scan::is_single;
use crate::usual::{Lead, Recent, Usual, low};
use crate::wire::{Head, u64_at};

/// What a run holds; told by the framing half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    /// Records, one after the other.
    Records = 1,
    /// One, with what follows it beyond its size.
    Long = 2,
    /// One that tells of loss.
    Lost = 4,
}

/// The decoder of a stream: a snapshot of its state.
#[derive(Clone, Debug)]
pub struct Decoder {
    pub(crate) state: State,
    /// What was recorded.
    pub(crate) attributes: Arc<Vec<Attribute>>,
    /// How samples of each are decoded.
    pub(crate) plans: Arc<Vec<Plan>>,
    /// Attributes by the ids of their events.
    pub(crate) ids: Table<u32>,
    /// CPUs by the ids of events, from `ID_INDEX`.
    pub(crate) cpus: Table<u32>,
    /// Build ids of files, as far as they have been listed.
    pub(crate) build_ids: BuildIds,
    /// Where records have their id: as the first attribute says.
    pub(crate) sample_id: Option<Place>,
    pub(crate) end_id: Option<Place>,
    /// Bytes that other records of the kernel end with, at least.
    pub(crate) trailer: u16,
    /// Types whose class was kept, one bit each.
    pub(crate) known: u128,
    /// What the next record that tells of loss adds to it.
    pub(crate) lost: Option<Span>,
    /// Whether the stream is in big-endian; runs never are.
    pub(crate) is_big: bool,
}

/// What is left of a run, and where that is.
#[derive(Clone, Copy)]
struct Rest<'a> {
    bytes: &'a [u8],
    at: u32,
}

impl Decode for Decoder {
    fn state(&self) -> &State {
        &self.state
    }

    fn as_any(&self) -> &(dyn Any + Send + Sync) {
        self
    }

    fn decode<'a>(&'a self, run: RunView<'a>, position: &mut Position, sink: &mut Sink<'a>) {
        if run.open {
            return self.open(run, position, sink);
        }
        let before = position.at;
        let rest = run.bytes.get(before..).unwrap_or_default();
        let at = small(before);
        let mut rest = Rest { bytes: rest, at };
        let is_long = run.tag == Tag::Long as u32;
        // Most records are samples, and most of these look like the first one.
        let lead = self.lead(rest.bytes).filter(|_| !is_long);
        match lead {
            Some(lead) => {
                self.like(&lead, None, &mut rest, sink);
            }
            None => while !sink.is_full() && self.next(&mut rest, is_long, sink) {},
        }
        let left = rest.bytes.len();
        position.at = run.bytes.len() - left;
        if run.tag == Tag::Lost as u32
            && position.at > before
            && let Some(span) = self.lost
        {
            sink.span(span);
        }
    }

    fn ends_round(&self, record: &Record) -> bool {
        record.class == kind::FINISHED_ROUND
    }

    /// All of it: payload and call chain are part of its body.
    fn extent(&self, record: &Record) -> (u32, u32) {
        let detail = Detail::of(&record.detail);
        (detail.body_at.saturating_sub(HEAD_LEN), detail.body_len + HEAD_LEN)
    }

    fn is_within_extents(&self) -> bool {
        true
    }

    fn keep(&self, detail: &mut [u32; 6], keeper: &mut Keeper<'_>) {
        let detail: &mut Detail = zerocopy::transmute_mut!(detail);
        let (at, len) = (detail.body_at.saturating_sub(HEAD_LEN), detail.body_len + HEAD_LEN);
        detail.body_at = keeper.run_bytes(at, len) + HEAD_LEN;
    }

    fn copied(&self) -> u64 {
        self.state.copied() + self.ids.copied() + self.cpus.copied() + self.build_ids.copied()
    }
}

impl Decoder {
    /// The attribute of a sample, and which one it is.
    #[inline]
    pub(crate) fn of_sample(&self, body: &[u8]) -> Option<(u32, &Attribute)> {
        self.by_id(self.sample_id.and_then(Place::get), body)
    }

    /// The form of the first record in `bytes`, if it is a sample, or else of the first event.
    fn lead(&self, bytes: &[u8]) -> Option<Lead> {
        let head = Head::at(bytes, 0).filter(|head| head.kind == kind::SAMPLE);
        let body = head.and_then(|_| bytes.get(Head::LEN..));
        let plan = body.and_then(|body| self.plan_of(body)).or(self.plans.first())?;
        let lead = Lead::of(plan.form, self.sample_id)?;
        Some(if self.plans.len() == 1 { lead.of_one_event() } else { lead })
    }

    /// Decodes records that nobody has looked at, as long as they mean nothing to the state.
    fn open<'a>(&'a self, run: RunView<'a>, position: &mut Position, sink: &mut Sink<'a>) {
        let bytes = run.bytes.get(position.at..).unwrap_or_default();
        let mut rest = Rest { bytes, at: small(position.at) };
        let passed = Some(&mut position.carry);
        let is_over =
            self.lead(rest.bytes).is_none_or(|lead| self.like(&lead, passed, &mut rest, sink));
        position.at = run.bytes.len() - rest.bytes.len();
        if is_over && !rest.bytes.is_empty() {
            position.stop();
        }
    }

    /// Decodes records, those like `lead` in line; whether it went as far as it could.
    #[inline]
    fn like(
        &self,
        lead: &Lead,
        passed: Option<&mut Passed>,
        rest: &mut Rest<'_>,
        sink: &mut Sink<'_>,
    ) -> bool {
        match lead.parts() {
            (false, false) => self.records::<false, false>(lead, passed, rest, sink),
            (true, false) => self.records::<true, false>(lead, passed, rest, sink),
            (false, true) => self.records::<false, true>(lead, passed, rest, sink),
            (true, true) => self.records::<true, true>(lead, passed, rest, sink),
        }
    }

    /// Decodes records until there are no more, or until the sink is full; where they are counted in
    /// `passed`, nobody has looked at them, and one that has to be looked at is the end. `CHAIN` and
    /// `RAW` are the parts of `lead`.
    #[inline(never)]
    fn records<const CHAIN: bool, const RAW: bool>(
        &self,
        lead: &Lead,
        passed: Option<&mut Passed>,
        rest: &mut Rest<'_>,
        sink: &mut Sink<'_>,
    ) -> bool {
        let mut recent = Recent::new();
        let mut payload_bytes = 0;
        let (is_open, events) = (passed.is_some(), sink.events());
        let (mut others, mut is_over) = (Passed::default(), false);
        let mut bytes = rest.bytes;
        let (whole, mut fetched) = (bytes, 0);
        // Where the next record is follows from what is left.
        let end = rest.at + small(bytes.len());
        let at = |bytes: &[u8]| end.wrapping_sub(low(bytes.len() as u64));
        while !sink.is_full() {
            if is_open {
                fetched = prefetch_until(whole, fetched, whole.len() - bytes.len() + AHEAD);
            }
            // Each is made where it stays: a copy of what has just been written in parts is slow.
            let usual = lead.next::<CHAIN, RAW>(&recent, bytes, at(bytes));
            if let Some(Usual { record, following }) = usual {
                payload_bytes += u64::from(record.payload_len);
                sink.event(record);
                bytes = following;
                continue;
            }
            if is_sample(bytes) && self.learn(lead, &mut recent, bytes) {
                continue;
            }
            if is_open && !self.pass(bytes, &mut others) {
                is_over = true;
                break;
            }
            *rest = Rest { bytes, at: at(bytes) };
            if !self.next(rest, false, sink) {
                is_over = true;
                break;
            }
            bytes = rest.bytes;
        }
        *rest = Rest { bytes, at: at(bytes) };
        sink.counts.payload_bytes += payload_bytes;
        if let Some(passed) = passed {
            let all = ((sink.events() - events) as u64) << 32 | (whole.len() - bytes.len()) as u64;
            let usual = others.iter().fold(all, |left, other| left - other);
            for (passed, other) in passed.iter_mut().zip(others) {
                *passed += other;
            }
            if let Some(samples) = passed.get_mut(kind::SAMPLE as usize) {
                *samples += usual;
            }
        }
        is_over
    }

    /// Whether the record at the head of `bytes`, which is not as usual, means nothing to the state, is
    /// whole, and as long as such ones are at least; it is then counted.
    #[inline(never)]
    fn pass(&self, bytes: &[u8], passed: &mut Passed) -> bool {
        let Some(head) = Head::at(bytes, 0).filter(|head| !is_single(*head)) else {
            return false;
        };
        let size = usize::from(head.size);
        let Some(body) = bytes.get(Head::LEN..size) else {
            return false;
        };
        let least = match head.kind {
            kind::SAMPLE => self.of_sample(body).map(|(_, attribute)| attribute.shape.fixed),
            kind => kinds::of(kind).map(|kind| kind.min + self.trailer),
        };
        // Those of other types are few.
        let slot = if head.kind == kind::FINISHED_ROUND { 0 } else { head.kind as usize };
        let is_round = head.kind == kind::FINISHED_ROUND && body.is_empty();
        let is_long = least.is_some_and(|least| body.len() >= least.into());
        let Some(passed) = passed.get_mut(slot).filter(|_| is_round || is_long && slot > 0) else {
            return false;
        };
        *passed += 1 << 32 | size as u64;
        true
    }

    /// Lets the sample at the head of `bytes`, if it has the form `lead`, stand for all with its id; false
    /// if it is not such a one, or does so already.
    #[inline(never)]
    fn learn(&self, lead: &Lead, recent: &mut Recent, bytes: &[u8]) -> bool {
        let head = Head::at(bytes, 0);
        let body = head.and_then(|head| bytes.get(Head::LEN..head.size.into()));
        let id = body.map_or(0, |body| lead.id(body));
        let plan = body.filter(|_| recent.get(id).is_none()).and_then(|body| self.plan_of(body));
        let plan = plan.filter(|plan| lead.is_of(plan));
        if let Some(plan) = plan {
            recent.put(id, plan);
        }
        plan.is_some()
    }

    /// Decodes the record at the head of `rest`, of whatever kind and form; `is_long`: with all that
    /// follows it. False if there is none.
    #[inline(never)]
    fn next(&self, rest: &mut Rest<'_>, is_long: bool, sink: &mut Sink<'_>) -> bool {
        let Rest { bytes, at } = *rest;
        let Some(head) = Head::at(bytes, 0) else {
            rest.bytes = &[];
            return false;
        };
        let size = if is_long { bytes.len() } else { usize::from(head.size).max(Head::LEN) };
        let (record, following) = bytes.split_at(size.min(bytes.len()));
        *rest = Rest { bytes: following, at: at + small(record.len()) };
        let (body, body_at) = (record.get(Head::LEN..).unwrap_or_default(), at + HEAD_LEN);
        let plan = if head.kind == kind::SAMPLE { self.plan_of(body) } else { None };
        let plan = plan.filter(|plan| body.len() >= plan.form.fixed.into());
        let (record, undescribed) = if let Some(plan) = plan {
            (self.sample(plan, body, body_at), plan.undescribed.into())
        } else if head.kind == kind::SAMPLE {
            (raw(head, body, body_at), 1)
        } else {
            let record = self.other(head, body, body_at);
            (record, u64::from(!self.is_known(record.class)))
        };
        sink.counts.undescribed += undescribed;
        sink.counts.payload_bytes += u64::from(record.payload_len);
        sink.event(record);
        true
    }

    fn plan_of(&self, body: &[u8]) -> Option<&Plan> {
        let (index, _) = self.of_sample(body)?;
        self.plans.get(index as usize)
    }

    /// The attribute of another record of the kernel.
    #[inline]
    pub(crate) fn of_other(&self, body: &[u8]) -> Option<(u32, &Attribute)> {
        self.by_id(self.end_id.and_then(|place| place.before(body.len())), body)
    }

    /// The attribute of the id at `place`.
    #[inline]
    fn by_id(&self, place: Option<usize>, body: &[u8]) -> Option<(u32, &Attribute)> {
        let first = self.attributes.first()?;
        if self.attributes.len() == 1 {
            return Some((0, first));
        }
        let Some(id) = place.and_then(|at| u64_at(body, at)).filter(|id| *id != 0) else {
            return Some((0, first));
        };
        let index = *self.ids.get(id)?;
        Some((index, self.attributes.get(index as usize)?))
    }

    /// A sample that has all of its fixed part, whatever follows that.
    pub(crate) fn sample(&self, plan: &Plan, body: &[u8], body_at: u32) -> Record {
        let (words, len) = (body.as_chunks().0, small(body.len()));
        let form = &plan.form;
        let mut found = form.find(body, words, body_at, len);
        if form.is_hidden
            && let Some(attribute) = self.attributes.get(plan.index as usize)
        {
            form.find_hidden(attribute, body, body_at, &mut found);
        }
        let detail = Detail {
            body_at,
            body_len: len,
            attribute: plan.index,
            flags: flag::SAMPLE | found.flags,
            places: form.places.0,
            parts: form.parts,
        };
        Record {
            payload_at: found.payload_at,
            payload_len: found.payload_len,
            ticks: form.time(words),
            thread: form.thread(words),
            class: plan.class,
            processor: form.cpu(words),
            stack: found.stack,
            detail: detail.into_words(),
        }
    }
}

#[inline(always)]
pub(crate) fn is_sample(bytes: &[u8]) -> bool {
    Head::at(bytes, 0).is_some_and(|head| head.kind == kind::SAMPLE)
}

/// Records that were decoded unseen, by type up to 15, and in place 0 those that end a round: how many in
/// the high half, and their bytes in the low one.
pub(crate) type Passed = [u64; 16];

/// The class of the samples of the first attribute; those of the others follow.
pub(crate) const FIRST_OF_SAMPLES: u32 = 256;

const HEAD_LEN: u32 = 8;
/// Bytes ahead of a record that nobody has looked at yet which are asked for from memory.
const AHEAD: usize = 2048;

/// A place in a run, which has at most 1 GiB.
#[inline]
pub(crate) fn small(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
