//! Call chains: addresses, and marks between them.

/// The addresses of a call chain, with the marks between them.
#[derive(Clone, Copy, Debug)]
pub struct Callchain<'a> {
    bytes: &'a [u8],
}

/// An entry of a call chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// An address.
    Address(u64),
    /// What follows is elsewhere.
    Context(Context),
}

/// Where addresses are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Context {
    /// In the hypervisor.
    Hypervisor,
    /// In the kernel.
    Kernel,
    /// In user space.
    User,
    /// In user space, and told later: the next entry is a cookie.
    UserDeferred,
    /// In a guest.
    Guest,
    /// In the kernel of a guest.
    GuestKernel,
    /// In user space of a guest.
    GuestUser,
    /// A mark that is not known here.
    Unknown(u64),
}

impl Frame {
    /// Reads an entry as it stands in a chain.
    #[inline]
    pub fn of(entry: u64) -> Self {
        let back = entry.wrapping_neg();
        if back == 0 || back > 4095 {
            return Self::Address(entry);
        }
        Self::Context(match back {
            32 => Context::Hypervisor,
            128 => Context::Kernel,
            512 => Context::User,
            640 => Context::UserDeferred,
            2048 => Context::Guest,
            2176 => Context::GuestKernel,
            2560 => Context::GuestUser,
            _ => Context::Unknown(entry),
        })
    }
}

impl Callchain<'_> {
    /// Entries, marks included.
    pub fn len(&self) -> usize {
        self.bytes.len() / 8
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

impl<'a> Callchain<'a> {
    /// The chain that stands in `bytes`, as in [`EventView::stack`](tracemill_engine::EventView::stack).
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// The entries as they stand there.
    #[inline]
    pub fn entries(&self) -> impl ExactSizeIterator<Item = u64> + use<'a> {
        let entries = self.bytes.chunks_exact(8);
        entries.map(|entry| entry.try_into().map_or(0, u64::from_le_bytes))
    }

    /// The entries, told apart.
    pub fn frames(&self) -> impl ExactSizeIterator<Item = Frame> + use<'a> {
        self.entries().map(Frame::of)
    }
}
