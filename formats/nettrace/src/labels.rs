//! Label lists of V6: activity ids and more, shared by events (specification section 5).

use tracemill_engine::{Cursor, Fault};

use crate::rows::text;

/// One label of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Label<'a> {
    /// The activity the event belongs to, a GUID as on the wire.
    ActivityId([u8; 16]),
    /// The activity that started it, a GUID as on the wire.
    RelatedActivityId([u8; 16]),
    /// W3C trace id, 16 bytes in order.
    TraceId([u8; 16]),
    /// W3C span id.
    SpanId(u64),
    /// Key and value, UTF-8 as on the wire.
    Text(&'a [u8], &'a [u8]),
    /// Key and value. The value is on the wire as LEB128; writers disagree whether with zig-zag
    /// (the specification) or without (one-collect), so it is given as it stands.
    Number(&'a [u8], u64),
    /// Overrides the class's opcode.
    Opcode(u8),
    /// Overrides the class's keywords.
    Keywords(u64),
    /// Overrides the class's level.
    Level(u8),
    /// Overrides the class's version.
    Version(u8),
}

/// The labels of one list, in order.
#[derive(Clone, Debug)]
pub struct Labels<'a> {
    bytes: &'a [u8],
}

impl<'a> Labels<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }
}

impl<'a> Iterator for Labels<'a> {
    type Item = Label<'a>;

    fn next(&mut self) -> Option<Label<'a>> {
        if self.bytes.is_empty() {
            return None;
        }
        let mut cursor = Cursor::new(self.bytes, 0);
        // Lists are checked when they are stored: this does not fail.
        let (label, last) = label(&mut cursor).ok()?;
        self.bytes = if last { &[] } else { cursor.rest() };
        Some(label)
    }
}

/// Reads one label, and whether it is the last of its list.
///
/// # Errors
/// It does not fit, or is of an unknown kind, whose length cannot be known.
pub(crate) fn label<'a>(cursor: &mut Cursor<'a>) -> Result<(Label<'a>, bool), Fault> {
    let (start, what) = (cursor.offset(), "label: runs past the end of the block");
    let kind = cursor.u8(what)?;
    let mut guid = || cursor.view::<[u8; 16]>(what).copied();
    let label = match kind & 0x7f {
        1 => Label::ActivityId(guid()?),
        2 => Label::RelatedActivityId(guid()?),
        3 => Label::TraceId(guid()?),
        4 => Label::SpanId(cursor.u64(what)?),
        5 => Label::Text(text(cursor)?, text(cursor)?),
        6 => Label::Number(text(cursor)?, cursor.varu64(what)?),
        7 => Label::Opcode(cursor.u8(what)?),
        8 => Label::Keywords(cursor.u64(what)?),
        9 => Label::Level(cursor.u8(what)?),
        10 => Label::Version(cursor.u8(what)?),
        _ => return Err(Fault::damage(start, "label: unknown kind")),
    };
    Ok((label, kind & 0x80 != 0))
}
