//! Compressed records: their contents are records in turn.

use bytes::Bytes;
use tracemill_engine::{Fault, Faults, Framed};

use crate::decode::Tag;
use crate::frame::Perf;
use crate::kinds::kind;
use crate::scan::{self, Scanned};
use crate::wire::Head;

/// Compressed records are inflated together up to so many bytes.
const MAX_INFLATED: usize = 48 << 10;

impl Perf {
    /// The next content of a compressed record of `size` bytes, whose compressed bytes are `piece`, and
    /// of those that follow it in `visible`.
    pub(crate) fn compressed(
        &mut self,
        head: Head,
        piece: &[u8],
        size: usize,
        visible: &[u8],
        offset: u64,
        faults: &mut Faults,
    ) -> Framed {
        if self.inflate.pending.is_empty() && !self.inflate.is_lost {
            if let Err(what) = self.fill(head, piece, size, visible) {
                faults.push_hiding(Fault::damage(offset, what));
                self.inflate.is_lost = true;
            }
            self.inflate.hand_over();
        }
        let (bytes, tag) = if self.inflate.pending.is_empty() {
            (Bytes::new(), Tag::Records as u32)
        } else {
            self.inside(offset, faults)
        };
        let mut len = 0;
        if self.inflate.pending.is_empty() {
            len = std::mem::take(&mut self.inflate.group);
            if len == 0 && (self.inflate.is_lost || self.inflate.is_inflated(piece)) {
                self.inflate.end_piece();
                self.count(head.kind, size);
                len = size;
            }
        }
        Framed::Content { len, bytes, tag, joins: true }
    }

    /// Inflates some of the record in hand. If that is all of it, those behind it follow, and what ends
    /// rounds between them, so that a run is more than the few samples of one.
    fn fill(
        &mut self,
        head: Head,
        piece: &[u8],
        size: usize,
        visible: &[u8],
    ) -> Result<(), &'static str> {
        if let Some(what) = self.inflate.failed.take() {
            return Err(what);
        }
        let decoder = self.view_handle();
        while self.inflate.ready() == 0 && !self.inflate.is_inflated(piece) {
            self.inflate.step(piece, &decoder)?;
        }
        if self.is_big || head.kind != kind::COMPRESSED || !self.inflate.is_inflated(piece) {
            return Ok(());
        }
        self.pass_on(head, size);
        while self.inflate.ready() < MAX_INFLATED
            && let Some(rest) = visible.get(self.inflate.group..)
            && let Some(next) = Head::at(rest, 0)
            && let Some(record) = rest.get(..next.size.into())
            && let Some(piece) = record.get(Head::LEN..)
        {
            match next.kind {
                kind::FINISHED_ROUND => {
                    self.inflate.put(record);
                    self.inflate.pass_on(record.len());
                }
                kind::COMPRESSED => {
                    while !self.inflate.is_inflated(piece) {
                        if let Err(what) = self.inflate.step(piece, &decoder) {
                            // Told when its turn comes.
                            self.inflate.failed = Some(what);
                            return Ok(());
                        }
                        if self.inflate.ready() >= MAX_INFLATED {
                            break;
                        }
                    }
                    if !self.inflate.is_inflated(piece) {
                        break;
                    }
                    self.pass_on(next, record.len());
                }
                _ => break,
            }
        }
        Ok(())
    }

    fn pass_on(&mut self, head: Head, size: usize) {
        self.inflate.pass_on(size);
        self.count(head.kind, size);
    }

    /// Takes the next records from what has been inflated.
    fn inside(&mut self, offset: u64, faults: &mut Faults) -> (Bytes, u32) {
        let mut pending = std::mem::take(&mut self.inflate.pending);
        let (len, tag) = match self.scan(&pending, true) {
            Scanned::Joined(len) => (len, Tag::Records as u32),
            Scanned::Single(head) => {
                let len = usize::from(head.size).min(pending.len());
                let record = pending.get(..len).unwrap_or_default();
                let body = record.get(Head::LEN..).unwrap_or_default();
                let tag = scan::tag(head);
                if tag == Tag::Lost as u32 {
                    self.tell_loss(head, body);
                }
                self.plain(head, record, offset, faults);
                (len, tag)
            }
            Scanned::Short => (pending.len(), Tag::Records as u32),
        };
        let bytes = pending.split_to(len);
        self.inflate.pending = pending;
        (bytes, tag)
    }
}
