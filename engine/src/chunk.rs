//! Where input bytes live while they are parsed: pooled buffers that come back by themselves.

use bytes::{Bytes, BytesMut};

use crate::stats::PoolStats;

/// A bounded set of chunk buffers for whoever reads from a file or a socket.
///
/// A buffer becomes a chunk by [`ChunkBuf::filled`]. It is free again when the last slice of that
/// chunk is dropped, wherever that happens; nothing is cleared and nothing is allocated then.
///
/// ```
/// use std::io::Read;
/// use tracemill_engine::ChunkPool;
///
/// let mut pool = ChunkPool::new(1, 64 << 10);
/// let mut buf = pool.lease().expect("one is free");
/// let len = std::io::repeat(7).read(&mut buf)?;
/// let chunk = buf.filled(len);
/// assert!(pool.lease().is_none(), "the chunk is still in use");
/// drop(chunk);
/// assert!(pool.lease().is_some());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct ChunkPool {
    slots: Vec<Bytes>,
    capacity: usize,
    count: usize,
    high_water: usize,
    leases: u64,
}

impl ChunkPool {
    /// A pool of at most `count` buffers of `capacity` bytes each, made when first needed.
    pub fn new(count: usize, capacity: usize) -> Self {
        let slots = Vec::with_capacity(count);
        Self { slots, capacity, count, high_water: 0, leases: 0 }
    }

    /// Takes a buffer, or `None` while all are in use. O(`count`).
    pub fn lease(&mut self) -> Option<ChunkBuf<'_>> {
        let slot = match self.slots.iter().position(Bytes::is_unique) {
            Some(slot) => slot,
            None if self.slots.len() < self.count => {
                self.slots.push(shareable(self.capacity));
                self.slots.len() - 1
            }
            None => return None,
        };
        let bytes = std::mem::take(self.slots.get_mut(slot)?);
        let bytes = bytes.try_into_mut().unwrap_or_else(|_| BytesMut::zeroed(self.capacity));
        self.leases += 1;
        Some(ChunkBuf { bytes, pool: self, slot })
    }

    /// How many buffers are out and free; [`resets`](PoolStats::resets) counts leases.
    pub fn stats(&self) -> PoolStats {
        let out = self.out();
        PoolStats {
            out,
            free: self.count - out,
            high_water: self.high_water,
            resets: self.leases,
            bytes: self.slots.len() * self.capacity,
        }
    }

    fn out(&self) -> usize {
        self.slots.iter().filter(|slot| !slot.is_unique() && !slot.is_empty()).count()
    }
}

/// A buffer on loan, to be read into. Dropping it gives it back unused.
#[derive(Debug)]
pub struct ChunkBuf<'pool> {
    bytes: BytesMut,
    pool: &'pool mut ChunkPool,
    slot: usize,
}

impl ChunkBuf<'_> {
    /// The first `len` bytes as a chunk.
    ///
    /// # Panics
    /// If `len` is more than the buffer holds.
    pub fn filled(mut self, len: usize) -> Bytes {
        let whole = std::mem::take(&mut self.bytes).freeze();
        let chunk = whole.slice(..len);
        self.put_back(whole);
        self.pool.high_water = self.pool.high_water.max(self.pool.out());
        chunk
    }

    fn put_back(&mut self, whole: Bytes) {
        if let Some(slot) = self.pool.slots.get_mut(self.slot) {
            *slot = whole;
        }
    }
}

impl std::ops::Deref for ChunkBuf<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl std::ops::DerefMut for ChunkBuf<'_> {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }
}

impl Drop for ChunkBuf<'_> {
    fn drop(&mut self) {
        let unused = std::mem::take(&mut self.bytes);
        if !unused.is_empty() {
            self.put_back(unused.freeze());
        }
    }
}

/// A buffer that can be frozen and thawed without an allocation: `bytes` allocates its counter when
/// a buffer is split for the first time, so that is done here.
fn shareable(capacity: usize) -> Bytes {
    let mut buffer = BytesMut::zeroed(capacity.max(1));
    let counted = buffer.split();
    drop(buffer);
    counted.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_come_back_when_the_last_slice_goes() {
        let mut pool = ChunkPool::new(2, 16);
        let mut buf = pool.lease().unwrap();
        buf.get_mut(..3).unwrap().copy_from_slice(b"abc");
        let chunk = buf.filled(3);
        let tail = chunk.slice(1..);
        drop(chunk);
        assert_eq!((pool.stats().out, pool.stats().high_water), (1, 1));
        let other = pool.lease().unwrap().filled(16);
        assert!(pool.lease().is_none());
        assert_eq!(&tail[..], b"bc");
        drop(tail);
        assert!(pool.lease().unwrap().starts_with(b"abc"), "nothing is cleared");
        drop(other);
        assert_eq!((pool.stats().out, pool.stats().free, pool.stats().high_water), (0, 2, 2));
    }
}
