//! Metadata records become event classes (specification sections 1.1 and 4).

use tracemill_engine::{Cursor, Defined, EventClass, Fault, Faults, State};

use crate::fields::{Fields, Layout, list, utf16z};
use crate::rows::text;

/// How a record is written; kept with the class as its dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// The provider is a GUID.
    V1,
    /// The provider is a name.
    V2,
    /// The record begins with its id.
    V3,
    /// Rows of a metadata block.
    V6,
}

impl Dialect {
    fn from_number(number: u32) -> Self {
        match number {
            1 => Self::V1,
            2 => Self::V2,
            3 => Self::V3,
            _ => Self::V6,
        }
    }

    fn number(self) -> u32 {
        match self {
            Self::V1 => 1,
            Self::V2 => 2,
            Self::V3 => 3,
            Self::V6 => 6,
        }
    }
}

/// Takes in a record of V3 to V6, or, with the id that its place gives it, of V1 and V2.
pub(crate) fn define(
    state: &mut State,
    record: Cursor<'_>,
    dialect: Dialect,
    id: Option<u32>,
    faults: &mut Faults,
) {
    let (start, bytes) = (record.offset(), record.rest());
    let mut cursor = record;
    let what = "metadata id: runs past the end of the record";
    let id = match (id, dialect) {
        (Some(id), _) => Ok(id),
        (None, Dialect::V6) => cursor.varu32(what),
        (None, _) => cursor.u32(what),
    };
    let id = match id {
        Ok(0) => return faults.push(Fault::damage(start, "metadata id: 0 is reserved")),
        Ok(id) => id,
        Err(fault) => return faults.push(fault),
    };
    if state.classes.is_same(id, bytes) {
        return;
    }
    let (class, fault, _) = read(cursor, id, dialect, false);
    if let Some(fault) = fault {
        faults.push(fault);
    }
    if let Some(class) = class {
        let class = class.with_definition(bytes, dialect.number());
        if state.classes.define(class) == Defined::Replaced {
            faults.push(Fault::damage(start, "metadata id: defined again with other content"));
        }
    }
}

/// Takes in a metadata block of V6.
pub(crate) fn block_v6(state: &mut State, mut cursor: Cursor<'_>, faults: &mut Faults) {
    // This header does not count the two bytes of its size.
    let what = "metadata block: header longer than the block";
    let header = cursor.u16(what).and_then(|size| cursor.take(size.into(), what));
    if let Err(fault) = header {
        return faults.push(fault);
    }
    while !cursor.is_empty() {
        let what = "metadata: runs past the end of the block";
        match cursor.u16(what).and_then(|size| cursor.split(size.into(), what)) {
            Ok(row) => define(state, row, Dialect::V6, None, faults),
            Err(fault) => return faults.push(fault),
        }
    }
}

/// The fields of a definition that was kept.
pub(crate) fn fields_of(definition: &[u8], dialect: u32) -> Fields {
    let (mut cursor, dialect) = (Cursor::new(definition, 0), Dialect::from_number(dialect));
    let id = match dialect {
        Dialect::V1 | Dialect::V2 => Ok(0),
        Dialect::V3 => cursor.u32(""),
        Dialect::V6 => cursor.varu32(""),
    };
    if id.is_err() {
        return Vec::new();
    }
    read(cursor, 0, dialect, true).2
}

/// Reads what follows the id. The class has all that was whole, if that is a provider and an event
/// id at least. Fields are given only if they are to be kept.
fn read(
    mut cursor: Cursor<'_>,
    id: u32,
    dialect: Dialect,
    keep: bool,
) -> (Option<EventClass>, Option<Fault>, Fields) {
    let (mut class, mut fields) = (None, Vec::new());
    let result = match dialect {
        Dialect::V1 | Dialect::V2 => {
            read_v1(&mut cursor, id, dialect, keep, &mut class, &mut fields)
        }
        Dialect::V3 => read_v3(&mut cursor, id, keep, &mut class, &mut fields),
        Dialect::V6 => read_v6(&mut cursor, id, keep, &mut class, &mut fields),
    };
    (class, result.err(), fields)
}

fn read_v1(
    cursor: &mut Cursor<'_>,
    id: u32,
    dialect: Dialect,
    keep: bool,
    class: &mut Option<EventClass>,
    fields: &mut Fields,
) -> Result<(), Fault> {
    let what = "metadata: runs past the end of the record";
    let (mut guid, provider) = (
        None,
        match dialect {
            Dialect::V1 => None,
            _ => Some(utf16z(cursor, true, what)?),
        },
    );
    let provider = if let Some(provider) = provider {
        provider
    } else {
        let bytes = *cursor.view::<[u8; 16]>(what)?;
        guid = Some(bytes);
        guid_text(&bytes)
    };
    let event_id = cursor.u32(what)? & 0xffff;
    let version = cursor.u32(what)? & 0xff;
    let known = class.insert(EventClass::new(id, event_id, &provider, ""));
    (known.version, known.provider_guid) = (version, guid);
    let len = cursor.u32(what)?;
    if len == 0 {
        return Ok(());
    }
    let mut extra = cursor.split(len as usize, what)?;
    let event_id = extra.u32(what)? & 0xffff;
    let name = utf16z(&mut extra, true, what)?;
    let keywords = extra.u64(what)?;
    let version = extra.u32(what)? & 0xff;
    let level = extra.u32(what)?.to_le_bytes()[0];
    let known = class.insert(EventClass::new(id, event_id, &provider, &name));
    (known.version, known.provider_guid) = (version, guid);
    (known.keywords, known.level) = (keywords, level);
    if !extra.is_empty() {
        *fields = list(&mut extra, Layout::V1, keep, 0)?;
    }
    Ok(())
}

fn read_v3(
    cursor: &mut Cursor<'_>,
    id: u32,
    keep: bool,
    class: &mut Option<EventClass>,
    fields: &mut Fields,
) -> Result<(), Fault> {
    let what = "metadata: runs past the end of the record";
    let provider = utf16z(cursor, true, what)?;
    let event_id = cursor.u32(what)? & 0xffff;
    *class = Some(EventClass::new(id, event_id, &provider, ""));
    let name = utf16z(cursor, true, what)?;
    let known = class.insert(EventClass::new(id, event_id, &provider, &name));
    known.keywords = cursor.u64(what)?;
    known.version = cursor.u32(what)? & 0xff;
    known.level = cursor.u32(what)?.to_le_bytes()[0];
    if !cursor.is_empty() {
        *fields = list(cursor, Layout::V1, keep, 0)?;
    }
    // Tags: what is called V5.
    while !cursor.is_empty() {
        let len = cursor.u32(what)?;
        let kind = cursor.u8(what)?;
        let mut tag = cursor.split(len as usize, what)?;
        match kind {
            1 => known.opcode = Some(tag.u8(what)?),
            2 => *fields = list(&mut tag, Layout::V2, keep, 0)?,
            _ => {}
        }
    }
    Ok(())
}

fn read_v6(
    cursor: &mut Cursor<'_>,
    id: u32,
    keep: bool,
    class: &mut Option<EventClass>,
    fields: &mut Fields,
) -> Result<(), Fault> {
    let what = "metadata: runs past the end of its row";
    let provider = String::from_utf8_lossy(text(cursor)?);
    let event_id = cursor.varu32(what)?;
    *class = Some(EventClass::new(id, event_id, &provider, ""));
    let name = String::from_utf8_lossy(text(cursor)?);
    let known = class.insert(EventClass::new(id, event_id, &provider, &name));
    *fields = list(cursor, Layout::V6, keep, 0)?;
    let size = cursor.u16(what)?;
    let mut optional = cursor.split(size.into(), what)?;
    while !optional.is_empty() {
        let offset = optional.offset();
        match optional.u8(what)? {
            1 => known.opcode = Some(optional.u8(what)?),
            3 => known.keywords = optional.u64(what)?,
            4 | 5 => drop(text(&mut optional)?),
            6 => {
                text(&mut optional)?;
                text(&mut optional)?;
            }
            7 => known.provider_guid = Some(*optional.view::<[u8; 16]>(what)?),
            8 => known.level = optional.u8(what)?,
            9 => known.version = optional.u8(what)?.into(),
            _ => return Err(Fault::damage(offset, "metadata: unknown optional kind")),
        }
    }
    Ok(())
}

/// A GUID as text: the first three parts are little-endian numbers.
fn guid_text(guid: &[u8; 16]) -> String {
    use std::fmt::Write;
    let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    let mut text = String::with_capacity(36);
    for (at, from) in order.into_iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        // Writing to a string does not fail.
        let _ = write!(text, "{:02x}", guid.get(from).unwrap_or(&0));
    }
    text
}
