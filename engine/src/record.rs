//! One event between a decoder and its view.

/// One event, as a decoder leaves it in the arena, no longer than a line of the cache. It holds places
/// instead of references, so that it can be kept with a copy of its run.
#[derive(Clone, Copy, Debug)]
#[repr(align(16))]
pub struct Record {
    /// Where its payload begins in the run.
    pub payload_at: u32,
    /// Bytes of its payload. Payload and run are checked against each other by the decoder.
    pub payload_len: u32,
    /// Raw time; 0 if it has none: then it does not wait in time order, and is never late.
    pub ticks: u64,
    /// Key of the thread.
    pub thread: u64,
    /// Id of the class.
    pub class: u32,
    /// Logical processor, [`u32::MAX`] if unknown.
    pub processor: u32,
    /// Where its stack is.
    pub stack: StackRef,
    /// What only events of this format have.
    pub detail: [u32; 6],
}

const _: () = assert!(size_of::<Record>() == 64);

/// Where the stack of an event is: nowhere, in the table of stacks, or in the run itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StackRef {
    at: u32,
    len: u32,
}

impl StackRef {
    /// No stack.
    pub const NONE: Self = Self { at: 0, len: Self::BY_ID };
    const BY_ID: u32 = u32::MAX;

    /// The stack of this id in [`State::stacks`](crate::State::stacks); 0 is none.
    #[inline]
    pub fn id(id: u32) -> Self {
        Self { at: id, len: Self::BY_ID }
    }

    /// `len` bytes of the run from `at` on.
    #[inline]
    pub fn inline(at: u32, len: u32) -> Self {
        Self { at, len }
    }

    #[inline]
    pub(crate) fn is_by_id(self) -> bool {
        self.len == Self::BY_ID
    }

    #[inline]
    pub(crate) fn as_id(self) -> u32 {
        if self.is_by_id() { self.at } else { 0 }
    }

    /// The same where it is in the run.
    #[inline]
    pub(crate) fn inline_place(self) -> Option<(u32, u32)> {
        (!self.is_by_id()).then_some((self.at, self.len))
    }

    #[inline]
    pub(crate) fn place(self) -> (usize, usize) {
        (self.at as usize, self.len as usize)
    }
}

/// Where the payloads of some records begin in the stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origins<'a> {
    pub(crate) records: &'a [Record],
    /// One for each.
    pub(crate) offsets: &'a [u64],
}

impl Origins<'_> {
    /// That of one of the records.
    pub(crate) fn offset(&self, record: &Record) -> u64 {
        let distance = std::ptr::from_ref(record).addr() - self.records.as_ptr().addr();
        self.offsets.get(distance / size_of::<Record>()).copied().unwrap_or_default()
    }
}
