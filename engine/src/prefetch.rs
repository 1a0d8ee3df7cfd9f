//! The prefetch hint: a header walk over large payloads is a chain of cache misses without it.
#![expect(unsafe_code, reason = "the prefetch instruction; it cannot fault and changes no result")]

const LINE: usize = 64;

/// Asks for the cache lines at `bytes[from]`, a line further and so on, as far as there are any, up to
/// `until`; where to go on. No effect on any result.
#[inline(always)]
pub fn prefetch_until(bytes: &[u8], from: usize, until: usize) -> usize {
    let mut at = from;
    while at < until {
        prefetch(bytes, at);
        at += LINE;
    }
    at
}

/// Asks for the cache line at `bytes[at]`, if there is one.
#[inline(always)]
pub fn prefetch(bytes: &[u8], at: usize) {
    #[cfg(target_arch = "x86_64")]
    if let Some(byte) = bytes.get(at) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: SSE is part of x86-64, and a prefetch of any address, here a valid one, has no
        // effect but on caches.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(byte).cast()) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (bytes, at);
}
