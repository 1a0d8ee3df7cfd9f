//! The pure half: runs of records become events (specification sections 3 and 4).

use std::any::Any;
use std::sync::Arc;

use tracemill_engine::{
    Decode, Keeper, Position, Record, RunView, Sink, Span, StackRef, State, Table,
};

use crate::attribute::{Attribute, Place};
use crate::build_ids::BuildIds;
use crate::kinds::{self, MMAP2_BUILD_ID, kind};
use crate::plan::{Form, Found, Plan, Recent};
use crate::record::{Detail, flag};
use crate::wire::{Head, u32_at, u64_at};

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
    /// Types whose class was kept, one bit each.
    pub(crate) known: u128,
    /// What the next record that tells of loss adds to it.
    pub(crate) lost: Option<Span>,
    /// Whether the stream is in big-endian; runs never are.
    pub(crate) is_big: bool,
}

impl Decode for Decoder {
    fn state(&self) -> &State {
        &self.state
    }

    fn as_any(&self) -> &(dyn Any + Send + Sync) {
        self
    }

    fn decode<'a>(&'a self, run: RunView<'a>, position: &mut Position, sink: &mut Sink<'a>) {
        let before = position.at;
        let rest = run.bytes.get(before..).unwrap_or_default();
        let at = small(before);
        let left = if run.tag == Tag::Long as u32 {
            self.long(rest, at, sink)
        } else {
            // Most records are samples, and most of these look like the first one.
            let lead = self.lead(rest);
            match (lead.has_chain, lead.has_raw) {
                (false, false) => self.records::<false, false>(lead, rest, at, sink),
                (true, false) => self.records::<true, false>(lead, rest, at, sink),
                (false, true) => self.records::<false, true>(lead, rest, at, sink),
                (true, true) => self.records::<true, true>(lead, rest, at, sink),
            }
        };
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

    /// Its body, which payload and call chain are part of.
    fn extent(&self, record: &Record) -> (u32, u32) {
        let detail = Detail::of(&record.detail);
        (detail.body_at, detail.body_len)
    }

    fn keep(&self, detail: &mut [u32; 8], keeper: &mut Keeper<'_>) {
        let detail: &mut Detail = zerocopy::transmute_mut!(detail);
        if detail.flags & flag::BODY_IS_PAYLOAD == 0 {
            detail.body_at = keeper.run_bytes(detail.body_at, detail.body_len);
        }
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

    /// The form of the first sample in `bytes` if it comes first of all, or of any.
    fn lead(&self, bytes: &[u8]) -> Form {
        let body = bytes.get(Head::LEN..).unwrap_or_default();
        let index = self.of_sample(body).map_or(0, |(index, _)| index as usize);
        let plan = self.plans.get(index).or(self.plans.first());
        plan.map_or(Form::NONE, |plan| plan.form)
    }

    /// Decodes records up to the end of `bytes`, which begin at `at` of their run, or until the sink is
    /// full; how many bytes are left. Samples of the form `lead`, which is all that is told by `CHAIN`
    /// and `RAW`, are decoded in line.
    fn records<const CHAIN: bool, const RAW: bool>(
        &self,
        lead: Form,
        bytes: &[u8],
        mut at: u32,
        sink: &mut Sink<'_>,
    ) -> usize {
        let parts = (CHAIN, RAW);
        let only = self.plans.first().filter(|_| self.plans.len() == 1 && lead.is_plain());
        let id_at = self.sample_id.unwrap_or(Place::NONE).or_beyond();
        let mut recent = Recent::default();
        let (mut payload_bytes, mut undescribed) = (0, 0);
        let mut rest = bytes;
        while !sink.is_full() {
            let Some(head) = Head::at(rest, 0) else {
                rest = &[];
                break;
            };
            let split = rest.split_at_checked(head.size.into());
            let split = split.and_then(|split| Some((split.0.get(Head::LEN..)?, split.1)));
            let Some((body, following)) = split else {
                // The framing half does not let that happen.
                self.record_of(head, rest.get(Head::LEN..).unwrap_or_default(), at, sink);
                rest = &[];
                break;
            };
            // Each is made where it stays: a copy of what has just been written in parts is slow.
            if head.kind == kind::SAMPLE
                && body.len() >= lead.fixed.into()
                && let Some(plan) = only.or_else(|| self.plan(id_at, body, lead, &mut recent))
            {
                let (body_at, len) = (at + HEAD_LEN, u32::from(head.size) - HEAD_LEN);
                let words = body.as_chunks().0;
                let found = lead.find(parts, body, words, body_at, len);
                let record = sample(plan, &lead, head, words, found, (body_at, len));
                payload_bytes += u64::from(record.payload_len);
                undescribed += u64::from(plan.undescribed);
                sink.event(record);
            } else {
                self.record_of(head, body, at, sink);
            }
            at += u32::from(head.size);
            rest = following;
        }
        sink.counts.payload_bytes += payload_bytes;
        sink.counts.undescribed += undescribed;
        rest.len()
    }

    /// The plan of a sample, if it has the form `lead`: most have the id of one shortly before.
    #[inline(always)]
    fn plan<'d>(
        &'d self,
        id_at: usize,
        body: &[u8],
        lead: Form,
        recent: &mut Recent<'d>,
    ) -> Option<&'d Plan> {
        let id = u64_at(body, id_at).unwrap_or(0);
        recent.get(id).or_else(|| self.plan_of_new(id, body, lead, recent))
    }

    #[inline(never)]
    fn plan_of_new<'d>(
        &'d self,
        id: u64,
        body: &[u8],
        lead: Form,
        recent: &mut Recent<'d>,
    ) -> Option<&'d Plan> {
        let plan = self.plan_of(body).filter(|plan| plan.form == lead && lead.is_plain())?;
        recent.put(id, plan);
        Some(plan)
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

    /// A record that goes to the end of `bytes`, with what follows it.
    fn long(&self, bytes: &[u8], at: u32, sink: &mut Sink<'_>) -> usize {
        if sink.is_full() {
            return bytes.len();
        }
        if let Some(head) = Head::at(bytes, 0) {
            self.record_of(head, bytes.get(Head::LEN..).unwrap_or_default(), at, sink);
        }
        0
    }

    /// A record of whatever kind and form.
    #[inline(never)]
    fn record_of(&self, head: Head, body: &[u8], at: u32, sink: &mut Sink<'_>) {
        let body_at = at + HEAD_LEN;
        let plan = if head.kind == kind::SAMPLE { self.plan_of(body) } else { None };
        let plan = plan.filter(|plan| body.len() >= plan.form.fixed.into());
        let (record, undescribed) = if let Some(plan) = plan {
            (self.sample_of(plan, head, body, body_at), plan.undescribed.into())
        } else if head.kind == kind::SAMPLE {
            (raw(head, body, body_at), 1)
        } else {
            let record = self.record(head, body, body_at);
            (record, u64::from(!self.is_known(record.class)))
        };
        sink.counts.undescribed += undescribed;
        sink.counts.payload_bytes += u64::from(record.payload_len);
        sink.event(record);
    }

    fn sample_of(&self, plan: &Plan, head: Head, body: &[u8], body_at: u32) -> Record {
        let (words, len) = (body.as_chunks().0, small(body.len()));
        let form = &plan.form;
        let parts = if form.is_plain() { (form.has_chain, form.has_raw) } else { (false, false) };
        let mut found = form.find(parts, body, words, body_at, len);
        if form.is_hidden
            && let Some(attribute) = self.attributes.get(plan.index as usize)
        {
            form.find_hidden(attribute, body, body_at, &mut found);
        }
        sample(plan, form, head, words, found, (body_at, len))
    }

    fn record(&self, head: Head, body: &[u8], body_at: u32) -> Record {
        if head.kind >= kind::FIRST_OF_TOOLS {
            return trimmed(raw(head, body, body_at), head, body, body.len());
        }
        let Some((index, attribute)) = self.of_other(body) else {
            return raw(head, body, body_at);
        };
        let shape = &attribute.shape;
        let number = |place: Place| place.before(body.len()).and_then(|at| u64_at(body, at));
        let cpu = shape.end_cpu.before(body.len()).and_then(|at| u32_at(body, at));
        let ticks = match head.kind {
            kind::FORK | kind::EXIT => number(shape.end_time).or_else(|| u64_at(body, 16)),
            kind::THROTTLE | kind::UNTHROTTLE => number(shape.end_time).or_else(|| u64_at(body, 0)),
            _ => number(shape.end_time),
        };
        // Whom a record is about; only the kernel tells whom it was in.
        let key = match head.kind {
            kind::MMAP
            | kind::MMAP2
            | kind::COMM
            | kind::READ
            | kind::ITRACE_START
            | kind::NAMESPACES => u64_at(body, 0),
            kind::FORK | kind::EXIT => u32_at(body, 0)
                .zip(u32_at(body, 8))
                .map(|(pid, tid)| u64::from(tid) << 32 | u64::from(pid)),
            _ => number(shape.end_tid),
        };
        let mut record = raw(head, body, body_at);
        record.ticks = time(ticks);
        record.thread = thread(key);
        record.processor = cpu.unwrap_or(u32::MAX);
        record.detail = detail(head, body, body_at, index, 0);
        let end = body.len().saturating_sub(shape.trailer.into());
        trimmed(record, head, body, end)
    }

    fn is_known(&self, class: u32) -> bool {
        class < 128 && self.known >> class & 1 != 0 || self.is_other_known(class)
    }

    #[cold]
    fn is_other_known(&self, class: u32) -> bool {
        class != kind::SAMPLE && self.state.classes.contains(class)
    }
}

/// A sample with the form of its plan.
#[inline(always)]
fn sample(
    plan: &Plan,
    form: &Form,
    head: Head,
    words: &[[u8; 8]],
    found: Found,
    (body_at, body_len): (u32, u32),
) -> Record {
    let detail = Detail {
        body_at,
        body_len,
        kind: kind::SAMPLE,
        misc: head.misc.into(),
        attribute: plan.index,
        flags: found.flags,
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
        offset: 0,
        stack: found.stack,
        detail: detail.into_words(),
    }
}

/// The class of the samples of the first attribute; those of the others follow.
pub(crate) const FIRST_OF_SAMPLES: u32 = 256;

/// A record of which nothing is known but its type.
fn raw(head: Head, body: &[u8], body_at: u32) -> Record {
    Record {
        payload_at: body_at,
        payload_len: small(body.len()),
        ticks: 0,
        thread: u64::MAX,
        class: class(head),
        processor: u32::MAX,
        offset: 0,
        stack: StackRef::NONE,
        detail: detail(head, body, body_at, u32::MAX, flag::BODY_IS_PAYLOAD),
    }
}

fn class(head: Head) -> u32 {
    match head.kind {
        kind::MMAP2 if head.misc >> 14 & 1 != 0 => MMAP2_BUILD_ID,
        // Below the classes of samples there is room for types that are not known.
        number if number < 256 => number,
        _ => 255,
    }
}

/// The same with a payload that ends where its fields do: before `end`, and behind its text.
fn trimmed(mut record: Record, head: Head, body: &[u8], end: usize) -> Record {
    let mut len = end;
    if let Some(start) = kinds::of(head.kind).and_then(|kind| kind.text) {
        let text = body.get(start.into()..end).unwrap_or_default();
        let nul = text.iter().position(|byte| *byte == 0);
        len = nul.map_or(end, |nul| usize::from(start) + nul + 1);
    }
    if len < body.len() {
        record.payload_len = small(len);
        let detail: &mut Detail = zerocopy::transmute_mut!(&mut record.detail);
        detail.flags &= !flag::BODY_IS_PAYLOAD;
    } else {
        let detail: &mut Detail = zerocopy::transmute_mut!(&mut record.detail);
        detail.flags |= flag::BODY_IS_PAYLOAD;
    }
    record
}

fn detail(head: Head, body: &[u8], body_at: u32, attribute: u32, flags: u32) -> [u32; 8] {
    let detail = Detail {
        body_at,
        body_len: small(body.len()),
        kind: head.kind,
        misc: head.misc.into(),
        attribute,
        flags,
        places: 0,
        parts: 0,
    };
    detail.into_words()
}

/// Time as events have it: 0 for none.
#[inline]
fn time(time: Option<u64>) -> u64 {
    time.filter(|time| *time != u64::MAX).unwrap_or(0)
}

/// The key of a thread: process above thread. On the wire the process comes first.
#[inline]
fn thread(pair: Option<u64>) -> u64 {
    pair.map_or(u64::MAX, |pair| pair.rotate_left(32))
}

const HEAD_LEN: u32 = 8;

/// A place in a run, which has at most 1 GiB.
#[inline]
fn small(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
