//! Bytes that outlive a batch, copied out of the chunk so that they never pin it.
//!
//! A store is an arena of its own: bytes are only ever added, and all are freed at once when their
//! epoch ends. It is cut into segments that runs in flight share; one that is shared and not yet full
//! is copied before it is added to. Segments of an ended epoch are used again.

use std::sync::Arc;

/// A segment is closed when it holds this many bytes.
const SEGMENT: usize = 64 << 10;
/// A segment in use by a run is copied up to this size, and closed beyond it.
const COPIED: usize = SEGMENT / 4;
/// Segments of an ended epoch that are kept: 4 MiB, what a busy process fills.
const KEPT: usize = 64;

/// Where bytes lie in a [`Store`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    segment: u32,
    start: u32,
    len: u32,
}

impl Stored {
    /// How many bytes.
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// Append-only bytes, freed at once.
#[derive(Debug, Default)]
pub struct Store {
    segments: Vec<Arc<Vec<u8>>>,
    /// Segments of an epoch that ended. Not shared with clones.
    free: Vec<Arc<Vec<u8>>>,
    /// Bytes reserved by `segments`.
    reserved: usize,
    /// Whether the change that is going on has added something.
    is_touched: bool,
    copied: u64,
}

impl Clone for Store {
    fn clone(&self) -> Self {
        Self {
            segments: self.segments.clone(),
            free: Vec::new(),
            reserved: self.reserved,
            is_touched: self.is_touched,
            copied: self.copied,
        }
    }
}

impl Store {
    /// Copies `bytes` in. `None` if there would be more than 4 GiB in a segment, or of segments.
    pub fn push(&mut self, bytes: &[u8]) -> Option<Stored> {
        if !self.fits(bytes.len()) {
            let segment = self.free.pop().unwrap_or_default();
            self.reserved += segment.capacity();
            self.segments.push(segment);
        }
        if !std::mem::replace(&mut self.is_touched, true) {
            let last = self.segments.last().map_or(0, |bytes| bytes.len());
            self.copied += (last + self.segments.len() * size_of::<usize>()) as u64;
        }
        let at = self.segments.len().checked_sub(1)?;
        let segment = self.segments.get_mut(at)?;
        let before = segment.capacity();
        let start = segment.len();
        let len = start + bytes.len();
        // Doubled, but never beyond what a segment may hold.
        let capacity =
            if len > before { (before * 2).clamp(len, len.max(SEGMENT)) } else { before };
        if let Some(segment) = Arc::get_mut(segment) {
            segment.reserve_exact(capacity - start);
            segment.extend_from_slice(bytes);
        } else {
            // A segment in use by a run is copied, which is never more than `COPIED` bytes, and not
            // left as it is: else there would be as many segments as blocks.
            let mut copy = Vec::with_capacity(capacity);
            copy.extend_from_slice(segment);
            copy.extend_from_slice(bytes);
            *segment = Arc::new(copy);
        }
        self.reserved = self.reserved + segment.capacity() - before;
        Some(Stored {
            segment: u32::try_from(at).ok()?,
            start: u32::try_from(start).ok()?,
            len: u32::try_from(bytes.len()).ok()?,
        })
    }

    /// The bytes that were stored there; empty if that epoch is over.
    pub fn get(&self, stored: Stored) -> &[u8] {
        let start = stored.start as usize;
        let segment = self.segments.get(stored.segment as usize);
        segment.and_then(|bytes| bytes.get(start..start + stored.len())).unwrap_or_default()
    }

    /// Frees all at once. O(segments).
    pub fn clear(&mut self) {
        for mut segment in self.segments.drain(..) {
            if self.free.len() < KEPT
                && let Some(bytes) = Arc::get_mut(&mut segment)
                && bytes.capacity() <= 2 * SEGMENT
            {
                bytes.clear();
                self.free.push(segment);
            }
        }
        self.reserved = 0;
    }

    /// Begins a change, as [`Table::begin_change`](crate::Table::begin_change).
    pub fn begin_change(&mut self) {
        self.is_touched = false;
    }

    /// Bytes copied by changes, as [`Table::copied`](crate::Table::copied).
    pub fn copied(&self) -> u64 {
        self.copied
    }

    /// Bytes reserved from the system, segments kept for later included.
    pub fn reserved(&self) -> usize {
        self.reserved + self.free.iter().map(|segment| segment.capacity()).sum::<usize>()
    }

    /// Whether the last segment takes `len` more bytes, without much to be copied.
    fn fits(&mut self, len: usize) -> bool {
        let Some(segment) = self.segments.last_mut() else { return false };
        let before = segment.len();
        before + len <= SEGMENT && (before <= COPIED || Arc::get_mut(segment).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_segments_are_left_alone() {
        let mut store = Store::default();
        let first = store.push(b"first").unwrap();
        let snapshot = store.clone();
        let second = store.push(b"second").unwrap();
        assert_eq!(store.get(first), b"first");
        assert_eq!(store.get(second), b"second");
        assert_eq!(snapshot.get(second), b"", "not there when the snapshot was taken");
        store.clear();
        assert_eq!(snapshot.get(first), b"first");
        assert_eq!(store.get(first), b"");
    }

    #[test]
    fn epochs_cost_nothing() {
        let mut store = Store::default();
        let mut reserved = 0;
        for epoch in 0..50 {
            for _ in 0..300 {
                store.push(&[7; 1000]).unwrap();
            }
            store.clear();
            assert!(epoch < 2 || store.reserved() <= reserved, "epoch {epoch}");
            reserved = reserved.max(store.reserved());
        }
    }
}
