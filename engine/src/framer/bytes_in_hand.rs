//! Bytes in hand: chunks in the queue, and what was gathered of a frame that straddles them.

use bytes::{Buf, Bytes};

use super::{Framer, Stage};
use crate::error::Fault;
use crate::format::Format;

impl<F: Format> Framer<F> {
    /// Drops what lies behind the last frame. Whether the stage has changed.
    pub(super) fn drop_trailing(&mut self, finished: bool) -> bool {
        self.stats.bytes_trailing += self.discard(usize::MAX);
        if finished {
            let trailing = self.stats.bytes_trailing;
            if trailing > 0 {
                self.faults.begin_frame();
                self.faults.push(Fault::trailing(self.offset - trailing, trailing));
            }
            self.stage = Stage::Closed(None);
        }
        finished
    }

    /// Passes over up to `len` bytes of what is there; how many there were.
    pub(super) fn discard(&mut self, len: usize) -> u64 {
        let mut left = len;
        let carried = left.min(self.carry.len());
        self.carry.advance(carried);
        left -= carried;
        while let Some(chunk) = self.queue.front_mut().filter(|_| left > 0) {
            let taken = left.min(chunk.len());
            chunk.advance(taken);
            (left, self.queued) = (left - taken, self.queued - taken);
            if chunk.is_empty() {
                self.queue.pop_front();
            }
        }
        let discarded = (len - left) as u64;
        self.offset += discarded;
        discarded
    }

    pub(super) fn gather(&mut self, bytes: &[u8]) {
        self.carry.extend_from_slice(bytes);
        self.stats.bytes_copied += bytes.len() as u64;
        let high_water = &mut self.stats.memory.carry_high_water;
        *high_water = (*high_water).max(self.carry.len() as u64);
    }

    /// Moves what is left of a chunk to the carry, where its frame is gathered.
    pub(super) fn carry_over(&mut self, chunk: &mut Bytes, more: usize) {
        self.wanted = chunk.len() + more;
        self.seen = chunk.len();
        self.queued -= chunk.len();
        self.gather(chunk);
        chunk.clear();
    }

    /// Copies what the carry wants from the next chunk; false if there is none.
    pub(super) fn top_up(&mut self) -> bool {
        let Some(mut chunk) = self.queue.pop_front() else {
            return false;
        };
        let head = chunk.split_to((self.wanted - self.carry.len()).min(chunk.len()));
        self.gather(&head);
        self.queued -= head.len();
        if !chunk.is_empty() {
            self.queue.push_front(chunk);
        }
        true
    }
}
