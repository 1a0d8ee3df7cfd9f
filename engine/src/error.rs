//! What can be wrong with a stream, and where.

use std::fmt;

/// The stream cannot be followed further. Final: the parser gives the same error for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    offset: u64,
    what: &'static str,
    value: u32,
    kind: ErrorKind,
}

const _: () = assert!(size_of::<Error>() <= 32);

/// What a caller can do about an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The bytes contradict the format, so that the next frame cannot be found.
    Invalid,
    /// A limit of [`Config`](crate::Config) is too small for this stream; raise it to go on.
    Limit,
    /// The stream ended before its end: all that was whole has been delivered.
    Truncated,
    /// Not a format, or not a version of it, that is known here.
    Unsupported,
}

impl Error {
    /// The bytes at `offset` contradict the format.
    #[cold]
    pub fn invalid(offset: u64, what: &'static str) -> Self {
        Self { offset, what, value: 0, kind: ErrorKind::Invalid }
    }

    /// The limit `what` would have to be `needed` for what begins at `offset`.
    #[cold]
    pub fn limit(offset: u64, what: &'static str, needed: u64) -> Self {
        Self { offset, what, value: saturate(needed), kind: ErrorKind::Limit }
    }

    /// The stream ended `what`, as in "inside of a block", which begins at `offset` and has
    /// `declared` bytes, 0 if that was not known yet.
    #[cold]
    pub fn truncated(offset: u64, what: &'static str, declared: u64) -> Self {
        Self { offset, what, value: saturate(declared), kind: ErrorKind::Truncated }
    }

    /// The stream is of a kind not known here; `value` is the number that says so.
    #[cold]
    pub fn unsupported(offset: u64, what: &'static str, value: u32) -> Self {
        Self { offset, what, value, kind: ErrorKind::Unsupported }
    }

    /// Bytes from the start of the stream to the first byte at fault; for
    /// [`Truncated`](ErrorKind::Truncated), to the beginning of what was cut.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// What is wrong, in the words of the format's specification.
    pub fn what(&self) -> &'static str {
        self.what
    }

    /// What a caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// [`Limit`](ErrorKind::Limit): what the limit would have to be.
    /// [`Truncated`](ErrorKind::Truncated): the bytes declared, 0 if not known.
    /// [`Unsupported`](ErrorKind::Unsupported): the number met. Else 0.
    /// Values above `u32::MAX` are given as `u32::MAX`.
    pub fn value(&self) -> u32 {
        self.value
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { offset, what, value, kind } = self;
        match kind {
            ErrorKind::Invalid => write!(f, "{what} (at byte {offset:#x})"),
            ErrorKind::Limit => {
                write!(
                    f,
                    "limit {what} of Config reached, perhaps lowered by its budget: {value} needed (at byte {offset:#x})"
                )
            }
            ErrorKind::Truncated if *value == 0 => {
                write!(f, "the stream ends {what} (at byte {offset:#x})")
            }
            ErrorKind::Truncated => {
                write!(f, "the stream ends {what} of {value} bytes (at byte {offset:#x})")
            }
            ErrorKind::Unsupported => {
                write!(f, "{what} is not supported: {value:#x} there (at byte {offset:#x})")
            }
        }
    }
}

impl std::error::Error for Error {}

/// Damage that was stepped over: reading goes on behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    offset: u64,
    what: &'static str,
    value: u32,
    kind: FaultKind,
}

const _: () = assert!(size_of::<Fault>() <= 32);

/// What was lost to a [`Fault`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// The bytes contradict the format: an event, a row or the rest of a frame was passed over.
    Damage,
    /// A limit of [`Config`](crate::Config) was reached: state was not kept, events were.
    Limit,
    /// Bytes behind the end of the stream; [`Fault::value`] is their number.
    Trailing,
}

impl Fault {
    /// Damage at `offset`.
    #[cold]
    pub fn damage(offset: u64, what: &'static str) -> Self {
        Self { offset, what, value: 0, kind: FaultKind::Damage }
    }

    /// The limit `what` was reached at `offset`.
    #[cold]
    pub fn limit(offset: u64, what: &'static str) -> Self {
        Self { offset, what, value: 0, kind: FaultKind::Limit }
    }

    /// `count` bytes from `offset` on are behind the end of the stream.
    #[cold]
    pub fn trailing(offset: u64, count: u64) -> Self {
        let what = "bytes after the end marker";
        Self { offset, what, value: saturate(count), kind: FaultKind::Trailing }
    }

    /// Bytes from the start of the stream to the first byte at fault.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// What is wrong, in the words of the format's specification.
    pub fn what(&self) -> &'static str {
        self.what
    }

    /// What was lost to it.
    pub fn kind(&self) -> FaultKind {
        self.kind
    }

    /// [`Trailing`](FaultKind::Trailing): the number of bytes, at most `u32::MAX`. Else 0.
    pub fn value(&self) -> u32 {
        self.value
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { offset, what, value, kind } = self;
        match kind {
            FaultKind::Damage => write!(f, "{what} (at byte {offset:#x})"),
            FaultKind::Limit => write!(f, "limit {what} reached (at byte {offset:#x})"),
            FaultKind::Trailing => write!(f, "{value} {what} (at byte {offset:#x})"),
        }
    }
}

fn saturate(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_with_the_place() {
        let error = Error::limit(0x40, "max_frame", 20_000_000);
        assert_eq!(
            error.to_string(),
            "limit max_frame of Config reached, perhaps lowered by its budget: 20000000 needed (at byte 0x40)"
        );
        let fault = Fault::trailing(9, 3);
        assert_eq!(fault.to_string(), "3 bytes after the end marker (at byte 0x9)");
    }
}
