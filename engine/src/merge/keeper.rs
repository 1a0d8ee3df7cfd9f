//! Copies of what an event refers to, each once.

use crate::format::Decode;
use crate::record::{Record, StackRef};
use crate::run::RunView;

/// Copies what an event that has to wait refers to in its run.
#[derive(Debug)]
pub struct Keeper<'k> {
    run: RunView<'k>,
    /// Where to; nowhere if the run stays, and then what it says about places means nothing.
    copies: Option<&'k mut Vec<u8>>,
    /// Bytes copied, or that would have been.
    len: &'k mut usize,
    own: Own,
    recent: &'k mut Recent,
}

/// The [extent](Decode::extent) of an event, and where it was copied to.
#[derive(Clone, Copy, Debug)]
struct Own {
    at: u32,
    len: u32,
    to: u32,
}

impl Own {
    fn of((at, len): (u32, u32), to: u32) -> Self {
        Self { at, len, to }
    }

    /// Where these bytes of the run are, if they are part of it.
    #[inline]
    fn place(&self, at: u32, len: u32) -> Option<u32> {
        let ahead = at.checked_sub(self.at)?;
        let is_inside = u64::from(ahead) + u64::from(len) <= u64::from(self.len);
        is_inside.then_some(self.to + ahead)
    }
}

impl<'k> Keeper<'k> {
    /// Copies all that an event refers to; the event of the copies. Counted in `len`, and without
    /// `copies` only counted.
    pub(super) fn keep<D: Decode + ?Sized>(
        decoder: &D,
        run: RunView<'k>,
        record: &Record,
        copies: Option<&'k mut Vec<u8>>,
        len: &'k mut usize,
        recent: &'k mut Recent,
    ) -> Record {
        let to = copies.as_ref().map_or(0, |copies| small(copies.len()));
        let own = Own::of(decoder.extent(record), to);
        let mut keeper = Self { run, copies, len, own, recent };
        keeper.copy(own.at, own.len);
        let mut moved = *record;
        moved.payload_at = keeper.moved(record.payload_at, record.payload_len);
        if let Some((at, len)) = record.stack.inline_place() {
            moved.stack = StackRef::inline(keeper.moved(at, len), len);
        }
        decoder.keep(&mut moved.detail, &mut keeper);
        moved
    }

    /// Copies `len` bytes of the run from `at` on; where they are then. Bytes beyond the run are
    /// left out.
    #[inline]
    pub fn run_bytes(&mut self, at: u32, len: u32) -> u32 {
        if let Some(place) = self.own.place(at, len) {
            return place;
        }
        let from = self.run.offset + u64::from(at);
        if let Some((_, _, place)) =
            self.recent.iter().find(|(known, size, _)| (*known, *size) == (from, len))
        {
            return *place;
        }
        let place = self.moved(at, len);
        self.recent.swap(0, 1);
        if let Some(oldest) = self.recent.first_mut() {
            *oldest = (from, len, place);
        }
        place
    }

    /// The same, of bytes that no other event shares.
    #[inline]
    fn moved(&mut self, at: u32, len: u32) -> u32 {
        self.own.place(at, len).unwrap_or_else(|| self.copy(at, len))
    }

    #[inline]
    fn copy(&mut self, at: u32, len: u32) -> u32 {
        let bytes = part(self.run, at, len);
        *self.len += bytes.len();
        let Some(copies) = &mut self.copies else { return 0 };
        let place = small(copies.len());
        copies.extend_from_slice(bytes);
        place
    }
}

fn part(run: RunView<'_>, at: u32, len: u32) -> &[u8] {
    let at = at as usize;
    run.bytes.get(at..at + len as usize).unwrap_or_default()
}

/// What was copied last, since most events refer to what the one before referred to.
pub(super) type Recent = [(u64, u32, u32); 2];

/// Nothing yet.
pub(super) const NONE_RECENT: Recent = [(u64::MAX, 0, 0); 2];

/// Bytes that an event refers to, but for what its detail does outside of its extent.
#[inline]
pub(super) fn size_of_own<D: Decode + ?Sized>(decoder: &D, record: &Record) -> usize {
    let own = Own::of(decoder.extent(record), 0);
    if decoder.is_within_extents() {
        return own.len as usize;
    }
    let outside = |at: u32, len: u32| if own.place(at, len).is_some() { 0 } else { len as usize };
    let payload = outside(record.payload_at, record.payload_len);
    let stack = record.stack.inline_place().map_or(0, |(at, len)| outside(at, len));
    own.len as usize + payload + stack
}

/// A place in a page: it holds one frame at most, which has at most 1 GiB.
pub(super) fn small(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
