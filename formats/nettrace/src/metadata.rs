//! Metadata records become event classes (specification sections 1.1 and 4).

use tracemill_engine::{Cursor, Defined, EventClass, Fault, Faults, Guid, Layout, State};

use crate::attributes::{Attribute, attribute};
use crate::fields::{Builder, Failure, Written, utf16z};
use crate::rows::text;

/// How a record is written.
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
    let (class, layout, failure) = read(cursor, start, id, dialect, state.classes.room());
    match failure {
        Some(Failure::IllFormed(fault)) => faults.push(fault),
        Some(Failure::Limit) => return state.classes.refuse(),
        None => {}
    }
    let Some(class) = class else {
        return;
    };
    let schemas = state.schemas;
    let known =
        schemas.and_then(|schemas| schemas.find(class.provider(), class.event_id, class.version));
    let mut class = class.with_definition(bytes).with_known(known);
    if let Some(layout) = layout {
        class = class.with_layout(layout);
    }
    if state.classes.define(class) == Defined::Replaced {
        faults.push(Fault::damage(start, "metadata id: defined again with other content"));
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

/// Reads what follows the id of the record that begins at `start`. The class has all that was whole, if that is a provider and an event
/// id at least; the layout has at most `limit` bytes.
fn read(
    mut cursor: Cursor<'_>,
    start: u64,
    id: u32,
    dialect: Dialect,
    limit: usize,
) -> (Option<EventClass>, Option<Layout>, Option<Failure>) {
    let (mut class, mut layout) = (None, None);
    let result = match dialect {
        Dialect::V1 | Dialect::V2 => {
            read_v1(&mut cursor, id, dialect, limit, &mut class, &mut layout)
        }
        Dialect::V3 => read_v3(&mut cursor, id, limit, &mut class, &mut layout),
        Dialect::V6 => read_v6(&mut cursor, start, id, limit, &mut class, &mut layout),
    };
    (class, layout, result.err())
}

fn read_v1(
    cursor: &mut Cursor<'_>,
    id: u32,
    dialect: Dialect,
    limit: usize,
    class: &mut Option<EventClass>,
    layout: &mut Option<Layout>,
) -> Result<(), Failure> {
    let what = "metadata: runs past the end of the record";
    let (guid, provider) = if dialect == Dialect::V1 {
        let guid = *cursor.view::<[u8; 16]>(what)?;
        (Some(guid), Guid(guid).to_string())
    } else {
        (None, utf16z(cursor, what)?)
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
    let name = utf16z(&mut extra, what)?;
    let keywords = extra.u64(what)?;
    let version = extra.u32(what)? & 0xff;
    let level = extra.u32(what)?.to_le_bytes()[0];
    let known = class.insert(EventClass::new(id, event_id, &provider, &name));
    (known.version, known.provider_guid) = (version, guid);
    (known.keywords, known.level) = (keywords, level);
    if !extra.is_empty() {
        *layout = Some(Builder::new(limit).layout(&mut extra, Written::V1)?);
    }
    Ok(())
}

fn read_v3(
    cursor: &mut Cursor<'_>,
    id: u32,
    limit: usize,
    class: &mut Option<EventClass>,
    layout: &mut Option<Layout>,
) -> Result<(), Failure> {
    let what = "metadata: runs past the end of the record";
    let provider = utf16z(cursor, what)?;
    let event_id = cursor.u32(what)? & 0xffff;
    *class = Some(EventClass::new(id, event_id, &provider, ""));
    let name = utf16z(cursor, what)?;
    let known = class.insert(EventClass::new(id, event_id, &provider, &name));
    known.keywords = cursor.u64(what)?;
    known.version = cursor.u32(what)? & 0xff;
    known.level = cursor.u32(what)?.to_le_bytes()[0];
    if !cursor.is_empty() {
        *layout = Some(Builder::new(limit).layout(cursor, Written::V1)?);
    }
    // Tags: what is called V5.
    while !cursor.is_empty() {
        let len = cursor.u32(what)?;
        let kind = cursor.u8(what)?;
        let mut tag = cursor.split(len as usize, what)?;
        match kind {
            1 => known.opcode = Some(tag.u8(what)?),
            2 => *layout = Some(Builder::new(limit).layout(&mut tag, Written::V2)?),
            _ => {}
        }
    }
    Ok(())
}

fn read_v6(
    cursor: &mut Cursor<'_>,
    start: u64,
    id: u32,
    limit: usize,
    class: &mut Option<EventClass>,
    layout: &mut Option<Layout>,
) -> Result<(), Failure> {
    let what = "metadata: runs past the end of its row";
    let provider = String::from_utf8_lossy(text(cursor)?);
    let event_id = cursor.varu32(what)?;
    *class = Some(EventClass::new(id, event_id, &provider, ""));
    let name = String::from_utf8_lossy(text(cursor)?);
    let known = class.insert(EventClass::new(id, event_id, &provider, &name));
    *layout = Some(Builder::new(limit).layout(cursor, Written::V6)?);
    let size = cursor.u16(what)?;
    let mut optional = cursor.split(size.into(), what)?;
    let from = usize::try_from(optional.offset() - start).unwrap_or(usize::MAX);
    known.place_attributes(from..from.saturating_add(optional.len()));
    while !optional.is_empty() {
        match attribute(&mut optional)? {
            Attribute::Opcode(opcode) => known.opcode = Some(opcode),
            Attribute::Keywords(keywords) => known.keywords = keywords,
            Attribute::ProviderGuid(guid) => known.provider_guid = Some(guid),
            Attribute::Level(level) => known.level = level,
            Attribute::Version(version) => known.version = version.into(),
            // Read when they are asked for.
            Attribute::MessageTemplate(_) | Attribute::Description(_) | Attribute::Pair(..) => {}
        }
    }
    Ok(())
}
