//! Whether a stream is of a format, by its first bytes.

/// What the first bytes of a stream tell of a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detection {
    /// It is this format.
    Yes,
    /// It is not.
    No,
    /// So far it may be: more bytes are needed.
    Unsure,
}
