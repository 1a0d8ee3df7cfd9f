//! What a V6 metadata row says beside fields (specification section 4).

use tracemill_engine::{Cursor, EventClass, Fault};

use crate::rows::text;

/// One of the optional parts of a metadata row. Text is UTF-8 as on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Attribute<'a> {
    /// Opcode of the events.
    Opcode(u8),
    /// Keywords of the events.
    Keywords(u64),
    /// A message with names of fields in braces, to be filled in.
    MessageTemplate(&'a [u8]),
    /// A description for people.
    Description(&'a [u8]),
    /// Key and value.
    Pair(&'a [u8], &'a [u8]),
    /// GUID of the provider, as on the wire.
    ProviderGuid([u8; 16]),
    /// Level of the events.
    Level(u8),
    /// Version of the events.
    Version(u8),
}

/// The optional parts of one class, in order. Nothing is copied.
///
/// ```
/// use tracemill_nettrace::{Attribute, Attributes};
///
/// fn template(class: &tracemill_engine::EventClass) -> Option<&[u8]> {
///     Attributes::of(class).find_map(|attribute| match attribute {
///         Attribute::MessageTemplate(text) => Some(text),
///         _ => None,
///     })
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Attributes<'a> {
    cursor: Cursor<'a>,
}

impl<'a> Attributes<'a> {
    /// Those of a class of a nettrace stream; up to V5 there are none. They end where one does not
    /// fit or is of an unknown kind, whose length cannot be known.
    pub fn of(class: &'a EventClass) -> Self {
        Self { cursor: Cursor::new(class.attributes(), 0) }
    }

    /// The value of a pair.
    pub fn get(&self, key: &[u8]) -> Option<&'a [u8]> {
        self.clone().find_map(|attribute| match attribute {
            Attribute::Pair(known, value) if known == key => Some(value),
            _ => None,
        })
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Attribute<'a>> {
        if self.cursor.is_empty() {
            return None;
        }
        let attribute = attribute(&mut self.cursor).ok();
        if attribute.is_none() {
            self.cursor = Cursor::new(&[], 0);
        }
        attribute
    }
}

/// Reads one.
///
/// # Errors
/// It does not fit, or is of an unknown kind.
pub(crate) fn attribute<'a>(cursor: &mut Cursor<'a>) -> Result<Attribute<'a>, Fault> {
    let (offset, what) = (cursor.offset(), "metadata: runs past the end of its row");
    Ok(match cursor.u8(what)? {
        1 => Attribute::Opcode(cursor.u8(what)?),
        3 => Attribute::Keywords(cursor.u64(what)?),
        4 => Attribute::MessageTemplate(text(cursor)?),
        5 => Attribute::Description(text(cursor)?),
        6 => Attribute::Pair(text(cursor)?, text(cursor)?),
        7 => Attribute::ProviderGuid(*cursor.view::<[u8; 16]>(what)?),
        8 => Attribute::Level(cursor.u8(what)?),
        9 => Attribute::Version(cursor.u8(what)?),
        _ => return Err(Fault::damage(offset, "metadata: unknown optional kind")),
    })
}
