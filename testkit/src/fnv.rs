//! The hash of the corpus truths.

/// FNV-1a, 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fnv {
    hash: u64,
}

impl Fnv {
    /// The hash of nothing.
    pub const fn new() -> Self {
        Self { hash: 0xcbf2_9ce4_8422_2325 }
    }

    /// Takes in `bytes`.
    #[inline]
    pub fn bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// Takes in one event as the corpus' `fnv1a64` has it: thread, time stamp in ticks, metadata id, payload.
    #[inline]
    pub fn event(&mut self, thread: u64, ticks: u64, metadata_id: u32, payload: &[u8]) {
        self.bytes(&thread.to_le_bytes());
        self.bytes(&ticks.to_le_bytes());
        self.bytes(&metadata_id.to_le_bytes());
        self.bytes(payload);
    }

    /// The hash of all that was taken in so far.
    pub const fn finish(&self) -> u64 {
        self.hash
    }
}

impl Default for Fnv {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_vectors() {
        for (text, hash) in [
            ("", 0xcbf2_9ce4_8422_2325),
            ("a", 0xaf63_dc4c_8601_ec8c),
            ("foobar", 0x8594_4171_f739_67e8),
        ] {
            let mut fnv = Fnv::new();
            fnv.bytes(text.as_bytes());
            assert_eq!(fnv.finish(), hash, "{text:?}");
        }
    }

    #[test]
    fn an_event_is_its_parts_in_order() {
        let (mut whole, mut parts) = (Fnv::new(), Fnv::new());
        whole.event(1, 2, 3, b"p");
        parts.bytes(&[1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, b'p']);
        assert_eq!(whole, parts);
    }
}
