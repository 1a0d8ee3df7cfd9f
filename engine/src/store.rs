//! Bytes that outlive a batch, copied out of the chunk so that they never pin it.
//!
//! A store is an arena of its own: bytes are only ever added, and all are freed at once when their
//! epoch ends. It is cut into segments that runs in flight share; a segment that is shared is not
//! added to any more. Segments of an ended epoch are used again.

use std::sync::Arc;

/// A segment is closed when it holds this many bytes.
const SEGMENT: usize = 64 << 10;
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
    used: usize,
}

impl Clone for Store {
    fn clone(&self) -> Self {
        Self { segments: self.segments.clone(), free: Vec::new(), used: self.used }
    }
}

impl Store {
    /// Copies `bytes` in. `None` if the segments would then take more than `limit` bytes.
    pub fn push(&mut self, bytes: &[u8], limit: usize) -> Option<Stored> {
        if !self.fits(bytes.len()) {
            self.open(limit)?;
        }
        let at = self.segments.len().checked_sub(1)?;
        let segment = Arc::get_mut(self.segments.get_mut(at)?)?;
        let (start, before) = (segment.len(), segment.capacity());
        let len = start + bytes.len();
        if len > before {
            let capacity = (before * 2).clamp(len, len.max(SEGMENT));
            if self.used - before + capacity > limit {
                return None;
            }
            segment.reserve_exact(capacity - start);
        }
        segment.extend_from_slice(bytes);
        self.used += segment.capacity() - before;
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
        self.used = 0;
    }

    /// Bytes reserved for what is in it.
    pub fn bytes(&self) -> usize {
        self.used
    }

    /// Bytes reserved from the system, segments kept for later included.
    pub fn reserved(&self) -> usize {
        self.used + self.free.iter().map(|segment| segment.capacity()).sum::<usize>()
    }

    /// Whether the last segment takes `len` more bytes: it is not shared, and not full.
    fn fits(&mut self, len: usize) -> bool {
        let last = self.segments.last_mut().and_then(Arc::get_mut);
        last.is_some_and(|bytes| bytes.len() + len <= SEGMENT)
    }

    /// Opens a segment, one of the ended epoch if there is any that fits.
    fn open(&mut self, limit: usize) -> Option<()> {
        let room = limit.checked_sub(self.used)?;
        let segment = self.free.pop().filter(|segment| segment.capacity() <= room);
        let segment = segment.unwrap_or_default();
        self.used += segment.capacity();
        self.segments.push(segment);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_segments_are_left_alone() {
        let mut store = Store::default();
        let first = store.push(b"first", 1 << 20).unwrap();
        let snapshot = store.clone();
        let second = store.push(b"second", 1 << 20).unwrap();
        assert_eq!(store.get(first), b"first");
        assert_eq!(store.get(second), b"second");
        assert_eq!(snapshot.get(second), b"", "not there when the snapshot was taken");
        store.clear();
        assert_eq!(snapshot.get(first), b"first");
        assert_eq!(store.get(first), b"");
    }

    #[test]
    fn the_limit_holds_and_epochs_cost_nothing() {
        let mut store = Store::default();
        let limit = 300 << 10;
        let mut stored = 0;
        while store.push(&[7; 1000], limit).is_some() {
            stored += 1;
        }
        assert!(stored > 150 && store.bytes() <= limit, "{stored} {}", store.bytes());
        let reserved = store.reserved() + SEGMENT;
        for _ in 0..50 {
            store.clear();
            for _ in 0..100 {
                store.push(&[7; 1000], limit).unwrap();
            }
            assert!(store.reserved() <= reserved);
        }
    }
}
