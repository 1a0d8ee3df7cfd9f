//! Numbers as they stand in a recording: not aligned, and in the byte order of the machine that
//! recorded.

use tracemill_engine::Fault;

/// The 32-bit number at `at`.
#[inline]
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

/// The 64-bit number at `at`.
#[inline]
pub(crate) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}

/// The 16-bit number at `at`.
#[inline]
pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes))
}

/// Bytes up to a NUL, or all of them.
pub(crate) fn text(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// The head of a record (specification section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub kind: u32,
    pub misc: u16,
    pub size: u16,
}

impl Head {
    pub(crate) const LEN: usize = 8;

    #[inline]
    pub(crate) fn at(bytes: &[u8], at: usize) -> Option<Self> {
        u64_at(bytes, at).map(Self::of)
    }

    /// The same of its bytes as a number.
    #[inline]
    pub(crate) fn of(word: u64) -> Self {
        let kind = u32::try_from(word & 0xffff_ffff).unwrap_or(0);
        let [misc, size] = [32, 48].map(|shift| u16::try_from(word >> shift & 0xffff).unwrap_or(0));
        Self { kind, misc, size }
    }

    /// The same in either byte order.
    pub(crate) fn read(bytes: &[u8], at: usize, is_big: bool) -> Option<Self> {
        let Self { kind, misc, size } = Self::at(bytes, at)?;
        if !is_big {
            return Some(Self { kind, misc, size });
        }
        let (kind, misc, size) = (kind.swap_bytes(), misc.swap_bytes(), size.swap_bytes());
        Some(Self { kind, misc, size })
    }
}

/// Checked reads in either byte order, for what is read once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    pub bytes: &'a [u8],
    pub offset: u64,
    pub is_big: bool,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8], offset: u64, is_big: bool) -> Self {
        Self { bytes, offset, is_big }
    }

    /// # Errors
    /// Damage in `what` if there are fewer.
    pub(crate) fn take(&mut self, len: usize, what: &'static str) -> Result<&'a [u8], Fault> {
        let split = self.bytes.split_at_checked(len);
        let (taken, rest) = split.ok_or_else(|| Fault::damage(self.offset, what))?;
        self.bytes = rest;
        self.offset += len as u64;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], Fault> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N, what)?);
        if self.is_big {
            array.reverse();
        }
        Ok(array)
    }

    pub(crate) fn u32(&mut self, what: &'static str) -> Result<u32, Fault> {
        self.array(what).map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self, what: &'static str) -> Result<u64, Fault> {
        self.array(what).map(u64::from_le_bytes)
    }

    /// The 64-bit number at `at`, 0 if it is not there. Reads nothing.
    pub(crate) fn at_u64(&self, at: usize) -> u64 {
        let mut reader = *self;
        reader.take(at, "").and_then(|_| reader.u64("")).unwrap_or(0)
    }

    /// All of it as 64-bit numbers.
    pub(crate) fn u64s(self) -> impl Iterator<Item = u64> + use<'a> {
        let numbers = self.bytes.chunks_exact(8);
        numbers.map(move |bytes| Self { bytes, ..self }.at_u64(0))
    }

    /// A string behind its padded length, up to a NUL (section 2).
    pub(crate) fn string(&mut self, what: &'static str) -> Result<&'a [u8], Fault> {
        let len = self.u32(what)? as usize;
        self.take(len, what).map(text)
    }

    /// Bytes up to a NUL, which is passed over too.
    pub(crate) fn text_z(&mut self, what: &'static str) -> Result<&'a [u8], Fault> {
        let found = text(self.bytes);
        self.take(found.len() + 1, what)?;
        Ok(found)
    }
}
