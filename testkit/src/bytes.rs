//! Little-endian values behind a `Vec<u8>`, and the growing stream that the writers share.

/// Puts values of the formats behind a byte vector; all integers little-endian.
pub trait Put {
    /// Bytes as they are.
    fn put_bytes(&mut self, bytes: &[u8]);

    /// One byte.
    fn put_u8(&mut self, value: u8) {
        self.put_bytes(&[value]);
    }
    /// 2 bytes.
    fn put_u16(&mut self, value: u16) {
        self.put_bytes(&value.to_le_bytes());
    }
    /// 4 bytes.
    fn put_u32(&mut self, value: u32) {
        self.put_bytes(&value.to_le_bytes());
    }
    /// 8 bytes.
    fn put_u64(&mut self, value: u64) {
        self.put_bytes(&value.to_le_bytes());
    }
    /// 4 bytes, two's complement.
    fn put_i32(&mut self, value: i32) {
        self.put_bytes(&value.to_le_bytes());
    }
    /// 8 bytes, two's complement.
    fn put_i64(&mut self, value: i64) {
        self.put_bytes(&value.to_le_bytes());
    }
    /// Unsigned LEB128 of a 32-bit number: 1 to 5 bytes.
    fn put_varu32(&mut self, value: u32) {
        self.put_varu64(u64::from(value));
    }
    /// Unsigned LEB128: 1 to 10 bytes.
    fn put_varu64(&mut self, mut value: u64) {
        let (mut bytes, mut len) = ([0u8; 10], 0);
        while value >= 0x80 {
            bytes[len] = value as u8 | 0x80;
            value >>= 7;
            len += 1;
        }
        bytes[len] = value as u8;
        self.put_bytes(&bytes[..=len]);
    }
    /// Zig-zag LEB128: 1 to 10 bytes.
    fn put_vari64(&mut self, value: i64) {
        self.put_varu64(((value << 1) ^ (value >> 63)) as u64);
    }
    /// UTF-16 with a terminating zero code unit (up to V5). A NUL inside of `text` ends it early for a reader.
    fn put_utf16z(&mut self, text: &str) {
        for unit in text.encode_utf16() {
            self.put_u16(unit);
        }
        self.put_u16(0);
    }
    /// V6 `string`: length in bytes as varuint32, then UTF-8.
    fn put_string(&mut self, text: &str) {
        self.put_varu32(text.len() as u32);
        self.put_bytes(text.as_bytes());
    }
    /// V6 `u16 size` (not counting itself), then the bytes. Panics above 65,535 bytes.
    fn put_sized16(&mut self, bytes: &[u8]) {
        self.put_u16(u16::try_from(bytes.len()).expect("row above 64 KiB"));
        self.put_bytes(bytes);
    }
}

impl Put for Vec<u8> {
    #[inline]
    fn put_bytes(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    #[inline]
    fn put_varu64(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.push(value as u8);
    }
}

/// The bytes of a stream that were not taken yet, and where they start.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stream {
    pub(crate) bytes: Vec<u8>,
    taken: u64,
}

impl Stream {
    /// Offset of the next byte from the start of the stream.
    pub(crate) fn offset(&self) -> u64 {
        self.taken + self.bytes.len() as u64
    }

    /// Zeros up to the next multiple of 4 of the stream offset.
    pub(crate) fn pad4(&mut self) {
        while !self.offset().is_multiple_of(4) {
            self.bytes.push(0);
        }
    }

    /// The bytes since the last call; offsets go on.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        self.taken = self.offset();
        std::mem::take(&mut self.bytes)
    }
}

/// `i32 firstId, i32 count, count * (i32 size, bytes)`: the stack block of V4 to V6.
pub(crate) fn stack_rows(first_id: u32, stacks: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    out.put_u32(first_id);
    out.put_u32(stacks.len() as u32);
    for stack in stacks {
        out.put_u32(stack.len() as u32);
        out.put_bytes(stack);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(put: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::new();
        put(&mut out);
        out
    }

    /// A sink with the trait's own methods only.
    struct Plain(Vec<u8>);
    impl Put for Plain {
        fn put_bytes(&mut self, bytes: &[u8]) {
            self.0.extend_from_slice(bytes);
        }
    }

    #[test]
    fn varints_at_their_edges() {
        for (value, bytes) in [
            (0, &[0u8][..]),
            (0x7f, &[0x7f]),
            (0x80, &[0x80, 1]),
            (0x3fff, &[0xff, 0x7f]),
            (0x4000, &[0x80, 0x80, 1]),
            (0xffff_ffff, &[0xff, 0xff, 0xff, 0xff, 0x0f]),
            (u64::MAX, &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]),
        ] {
            assert_eq!(written(|out| out.put_varu64(value)), bytes, "{value:#x}");
            let mut plain = Plain(Vec::new());
            plain.put_varu64(value);
            assert_eq!(plain.0, bytes, "{value:#x}");
        }
        assert_eq!(written(|out| out.put_vari64(-1)), [1]);
        assert_eq!(written(|out| out.put_vari64(42)), [84]);
        assert_eq!(
            written(|out| out.put_vari64(i64::MIN)),
            written(|out| out.put_varu64(u64::MAX))
        );
    }

    #[test]
    fn texts() {
        assert_eq!(written(|out| out.put_utf16z("aé")), [b'a', 0, 0xe9, 0, 0, 0]);
        assert_eq!(written(|out| out.put_utf16z("😀")), [0x3d, 0xd8, 0x00, 0xde, 0, 0]);
        assert_eq!(written(|out| out.put_string("é")), [2, 0xc3, 0xa9]);
        assert_eq!(written(|out| out.put_sized16(b"ab")), [2, 0, b'a', b'b']);
    }

    #[test]
    fn padding_counts_from_the_start_of_the_stream() {
        let mut stream = Stream::default();
        stream.bytes.put_bytes(b"abcde");
        assert_eq!(stream.take(), b"abcde");
        stream.pad4();
        assert_eq!((stream.offset(), stream.take()), (8, vec![0; 3]));
        stream.pad4();
        assert_eq!(stream.offset(), 8);
    }
}
