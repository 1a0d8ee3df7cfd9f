//! Memory that is freed all at once, and a bounded pool of it.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bumpalo::Bump;

use crate::stats::PoolStats;

/// A bump arena for what lives as long as a batch. Nothing in it is ever dropped.
///
/// [`reset`](Self::reset) takes `&mut self`, which is the proof that no view is left.
#[derive(Debug)]
pub struct Arena {
    bump: Bump,
    limit: usize,
    resets: u64,
}

impl Arena {
    /// An arena that refuses to grow past `limit` bytes, at least 16 KiB. Takes nothing from the
    /// system yet.
    pub fn with_limit(limit: usize) -> Self {
        let limit = limit.max(16 << 10);
        let bump = Bump::new();
        bump.set_allocation_limit(Some(limit));
        Self { bump, limit, resets: 0 }
    }

    /// Moves `value` in; `None` if the limit is reached. Types that need dropping do not compile:
    ///
    /// ```compile_fail,E0080
    /// let arena = tracemill_engine::Arena::with_limit(1 << 16);
    /// arena.alloc(String::new());
    /// ```
    pub fn alloc<T>(&self, value: T) -> Option<&mut T> {
        const {
            assert!(!std::mem::needs_drop::<T>(), "an arena never drops its content");
        }
        self.bump.try_alloc(value).ok()
    }

    /// Copies `bytes` in; `None` if the limit is reached.
    pub fn alloc_bytes(&self, bytes: &[u8]) -> Option<&[u8]> {
        self.bump.try_alloc_slice_copy(bytes).ok().map(|copy| &*copy)
    }

    /// Copies characters in, as UTF-8; `None` if the limit is reached. The characters are asked for
    /// twice.
    pub fn alloc_chars(&self, chars: impl Iterator<Item = char> + Clone) -> Option<&str> {
        let len = chars.clone().map(char::len_utf8).sum();
        let text = self.bump.try_alloc_slice_fill_copy(len, 0u8).ok()?;
        let mut at = 0;
        for char in chars {
            at += char.encode_utf8(text.get_mut(at..)?).len();
        }
        std::str::from_utf8(text).ok()
    }

    /// Frees everything in one step. The largest block stays reserved for what comes next.
    pub fn reset(&mut self) {
        self.bump.reset();
        self.resets += 1;
    }

    /// Bytes reserved from the system.
    pub fn reserved(&self) -> usize {
        self.bump.allocated_bytes()
    }

    /// The most bytes it may reserve.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// How often it was reset.
    pub fn resets(&self) -> u64 {
        self.resets
    }

    pub(crate) fn bump(&self) -> &Bump {
        &self.bump
    }
}

/// A bounded set of arenas for a user's own threads.
///
/// ```
/// let pool = tracemill_engine::ArenaPool::new(1, 1 << 20);
/// let lease = pool.lease().expect("one is free");
/// assert!(pool.lease().is_none(), "all are out: a value, not a wait");
/// drop(lease);
/// assert_eq!(pool.stats().free, 1);
/// ```
#[derive(Debug)]
pub struct ArenaPool {
    shelf: Mutex<Shelf>,
    count: usize,
}

#[derive(Debug)]
struct Shelf {
    free: Vec<Arena>,
    high_water: usize,
    resets: u64,
}

impl ArenaPool {
    /// A pool of `count` arenas of at most `limit` bytes each.
    pub fn new(count: usize, limit: usize) -> Self {
        let free = (0..count).map(|_| Arena::with_limit(limit)).collect();
        Self { shelf: Mutex::new(Shelf { free, high_water: 0, resets: 0 }), count }
    }

    /// Takes an arena, or `None` while all are out: the sign to drain before reading on.
    pub fn lease(&self) -> Option<Lease<'_>> {
        let mut shelf = self.lock();
        let arena = shelf.free.pop()?;
        shelf.high_water = shelf.high_water.max(self.count - shelf.free.len());
        Some(Lease { arena: Some(arena), pool: self })
    }

    /// How many are out and free, and what the free ones hold.
    pub fn stats(&self) -> PoolStats {
        let shelf = self.lock();
        PoolStats {
            out: self.count - shelf.free.len(),
            free: shelf.free.len(),
            high_water: shelf.high_water,
            resets: shelf.resets,
            bytes: shelf.free.iter().map(Arena::reserved).sum(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shelf> {
        // A push or a pop cannot leave the list half changed.
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An arena on loan; goes back to its pool, reset, when dropped.
#[derive(Debug)]
pub struct Lease<'pool> {
    /// `None` only while being dropped.
    arena: Option<Arena>,
    pool: &'pool ArenaPool,
}

impl Deref for Lease<'_> {
    type Target = Arena;

    fn deref(&self) -> &Arena {
        self.arena.as_ref().expect("present until dropped")
    }
}

impl DerefMut for Lease<'_> {
    fn deref_mut(&mut self) -> &mut Arena {
        self.arena.as_mut().expect("present until dropped")
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        if let Some(mut arena) = self.arena.take() {
            arena.reset();
            let mut shelf = self.pool.lock();
            shelf.resets += 1;
            shelf.free.push(arena);
        }
    }
}
