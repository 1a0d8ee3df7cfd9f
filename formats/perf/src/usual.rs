//! Samples as most of a run are: of one form, whole, and of an event that has been there before. They
//! are decoded in line, with every place known beforehand; all other records one by one, by whoever asks
//! [`Lead::next`] in vain.

use tracemill_engine::{Record, StackRef};

use crate::attribute::Place;
use crate::decode::FIRST_OF_SAMPLES;
use crate::kinds::kind;
use crate::plan::{Form, Plan};
use crate::record::{Detail, flag};
use crate::wire::{Head, u32_at, u64_at};

/// The form of a run, ready to be read by.
#[derive(Clone, Copy)]
pub(crate) struct Lead {
    form: Form,
    /// Where the ids are, and these; with what stands for none where a sample has none.
    id: (usize, u64),
    time: (usize, u64),
    tid: (usize, u64),
    cpu: (usize, u32),
    /// Where what follows the fixed part begins.
    tail: usize,
    /// The least that a record has.
    least: u32,
}

/// The head of a record and what can be of its fixed part, with some that follows.
type Window = [[u8; 8]; WINDOW];

/// Words that are looked at together: more than the head and all fixed parts, by a power of two, so
/// that a place cannot lie outside.
const WINDOW: usize = 16;

/// A sample.
pub(crate) struct Usual<'a> {
    pub record: Record,
    /// What follows it.
    pub following: &'a [u8],
}

impl Lead {
    /// Of samples of the form `form`, whose ids are at `id`; `None` if that is not one that samples can
    /// be decoded by in line.
    pub(crate) fn of(form: Form, id: Option<Place>) -> Option<Self> {
        // The head comes first.
        let word = |place: Option<usize>| place.filter(|at| *at < WINDOW - 2).map(|at| at + 1);
        let [time, tid, cpu] = [form.time, form.tid, form.cpu].map(|at| word(Some(at.into())));
        let id = word(id.and_then(Place::get).map(|at| at / 8));
        let tail = usize::from(form.fixed) / 8 + 1;
        let behind = if form.has_chain { 8 } else { 4 * u32::from(form.has_raw) };
        let is_one = !form.is_hidden && tail < WINDOW;
        is_one.then(|| Self {
            form,
            id: id.map_or((0, 0), |at| (at, u64::MAX)),
            time: time.map_or((0, 0), |at| (at, u64::MAX)),
            tid: tid.map_or((0, u64::MAX), |at| (at, 0)),
            cpu: cpu.map_or((0, u32::MAX), |at| (at, 0)),
            tail,
            least: HEAD_LEN + u32::from(form.fixed) + behind,
        })
    }

    /// Whether samples of all events have the form, and that of this plan.
    pub(crate) fn is_of(&self, plan: &Plan) -> bool {
        plan.form == self.form
            && plan.undescribed == 0
            && plan.class == FIRST_OF_SAMPLES + plan.index
    }

    /// The same if there is but one event, so that nobody asks which one.
    pub(crate) fn of_one_event(self) -> Self {
        Self { id: (0, 0), ..self }
    }

    /// What the form has behind its fixed part: a call chain, and raw data.
    pub(crate) fn parts(&self) -> (bool, bool) {
        (self.form.has_chain, self.form.has_raw)
    }

    /// The sample at the head of `rest`, which is at `at` of its run, if it is such a one. `CHAIN` and
    /// `RAW` are the [parts](Self::parts).
    #[inline(always)]
    pub(crate) fn next<'a, const CHAIN: bool, const RAW: bool>(
        &self,
        recent: &Recent,
        rest: &'a [u8],
        at: u32,
    ) -> Option<Usual<'a>> {
        let window: &Window = rest.as_chunks().0.first_chunk()?;
        let head = Head::of(word(window, 0));
        let size = u32::from(head.size);
        if head.kind != kind::SAMPLE || size < self.least {
            return None;
        }
        let following = rest.get(head.size.into()..)?;
        let attribute = recent.get(word(window, self.id.0) & self.id.1)?;
        let tail = word(window, self.tail);
        let behind = self.least;
        let (body_at, body_len) = (at + HEAD_LEN, size - HEAD_LEN);
        let mut stack = StackRef::NONE;
        let mut raw_at = self.least;
        if CHAIN {
            let most = (size - behind) / 8;
            if tail > most.into() {
                return None;
            }
            let bytes = 8 * low(tail);
            stack = StackRef::inline(at + behind, bytes);
            raw_at = behind + bytes + 4;
        }
        let (mut payload_at, mut payload_len) = (body_at, body_len);
        let mut flags = flag::SAMPLE;
        if RAW {
            let len = if CHAIN { u32_at(rest, raw_at as usize - 4)? } else { low(tail) };
            if raw_at > size || len > size - raw_at {
                return None;
            }
            (payload_at, payload_len, flags) =
                (at + raw_at, len, flag::SAMPLE | flag::PAYLOAD_IS_RAW);
        }
        let time = word(window, self.time.0) & self.time.1;
        let detail = [
            pair(body_at, body_len),
            pair(attribute, flags),
            pair(self.form.places.0, self.form.parts),
        ];
        let record = Record {
            payload_at,
            payload_len,
            ticks: if time == u64::MAX { 0 } else { time },
            thread: word(window, self.tid.0).rotate_left(32) | self.tid.1,
            class: FIRST_OF_SAMPLES + attribute,
            processor: low(word(window, self.cpu.0)) | self.cpu.1,
            stack,
            detail: Detail::of_pairs(detail).into_words(),
        };
        Some(Usual { record, following })
    }

    /// The id that [`Recent`] knows a sample by.
    pub(crate) fn id(&self, body: &[u8]) -> u64 {
        let at = self.id.0.checked_sub(1);
        at.and_then(|at| u64_at(body, 8 * at)).unwrap_or(0) & self.id.1
    }
}

#[inline(always)]
fn word(window: &Window, at: usize) -> u64 {
    window.get(at & (WINDOW - 1)).map_or(0, |word| u64::from_le_bytes(*word))
}

/// The low half.
#[inline(always)]
pub(crate) fn low(word: u64) -> u32 {
    u32::try_from(word & u64::from(u32::MAX)).unwrap_or(0)
}

/// Two words of a [`Detail`], as they stand in memory.
#[inline(always)]
fn pair(first: u32, second: u32) -> u64 {
    u64::from(first) | u64::from(second) << 32
}

/// Attributes of the ids that came last: most samples have the id of one shortly before.
pub(crate) struct Recent {
    known: [(u64, u32); LEN],
}

const LEN: usize = 16;

impl Recent {
    pub(crate) fn new() -> Self {
        // No id is looked for where it would be found before it has been put.
        let mut id = 0;
        Self {
            known: [(); LEN].map(|()| {
                id += 1;
                (id, 0)
            }),
        }
    }

    /// What `id` was put with; `None` if it has to be looked up.
    #[inline(always)]
    pub(crate) fn get(&self, id: u64) -> Option<u32> {
        let (known, found) = self.known.get(place(id)).copied().unwrap_or_default();
        (known == id).then_some(found)
    }

    pub(crate) fn put(&mut self, id: u64, plan: &Plan) {
        if let Some(entry) = self.known.get_mut(place(id)) {
            *entry = (id, plan.index);
        }
    }
}

#[inline(always)]
fn place(id: u64) -> usize {
    usize::try_from(id & (LEN as u64 - 1)).unwrap_or(0)
}

const HEAD_LEN: u32 = 8;

#[cfg(test)]
mod tests;
