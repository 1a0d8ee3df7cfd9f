//! Templates become layouts.

use std::collections::HashMap;
use std::sync::Arc;

use tracemill_engine::{Count, Layout, Type};

use super::xml::Element;
use crate::builder::Builder;

/// A payload.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    /// Its fields.
    pub layout: Arc<Layout>,
    /// Places of fields that have a map, and of the map.
    pub maps: Arc<[(usize, usize)]>,
}

impl Template {
    /// The payload of an event without a template.
    pub fn empty() -> Self {
        Self { layout: Arc::new(Layout::new(Vec::new(), Vec::new(), 0)), maps: Arc::new([]) }
    }

    /// What the elements of a template say; `None` if a type is not known. `maps` are places by
    /// name.
    pub fn of(template: &Element, maps: &HashMap<&str, usize>) -> Option<Self> {
        let mut builder = Builder::default();
        let items = items(template)?;
        let mut fields = Vec::with_capacity(items.len());
        let mut mapped = Vec::new();
        for (place, item) in items.iter().enumerate() {
            let before = items.get(..place)?;
            let of = if item.name == "struct" {
                let inner = self::items(item)?;
                let mut members = Vec::with_capacity(inner.len());
                for (place, member) in inner.iter().enumerate() {
                    let of = data(member, inner.get(..place)?, &mut builder)?;
                    members.push(builder.named(member.get("name")?.to_owned(), of)?);
                }
                let object = builder.object(members)?;
                match item.get("count").or(item.get("length")) {
                    Some(count) => builder.array(object, self::count(count, before)?)?,
                    None => object,
                }
            } else {
                data(item, before, &mut builder)?
            };
            if let Some(map) = item.get("map").and_then(|map| maps.get(map)) {
                mapped.push((place, *map));
            }
            fields.push(builder.named(item.get("name")?.to_owned(), of)?);
        }
        Some(Self { layout: Arc::new(builder.layout(fields)?), maps: mapped.into() })
    }
}

/// The fields in a template or structure, unless there are too many.
fn items(element: &Element) -> Option<Vec<&Element>> {
    let is_field = |item: &&Element| matches!(&*item.name, "data" | "struct");
    let items: Vec<_> = element.children.iter().filter(is_field).collect();
    (items.len() <= MAX_FIELDS).then_some(items)
}

/// Fields of a template or structure, so that looking one up takes bounded time.
const MAX_FIELDS: usize = 1_024;

/// The type of an element `data`.
fn data(item: &Element, before: &[&Element], builder: &mut Builder) -> Option<Type> {
    let (name, length) = (item.get("inType")?, item.get("length"));
    let text = match name {
        "win:UnicodeString" => Some(Type::Char16),
        "win:AnsiString" => Some(Type::Char8),
        "win:Binary" => Some(Type::UInt8),
        _ => None,
    };
    let counted = item.get("count");
    match (text, length, counted) {
        (Some(unit), Some(length), None) => builder.array(unit, count(length, before)?),
        (_, None, Some(counted)) => {
            let element = simple(name, builder)?;
            builder.array(element, count(counted, before)?)
        }
        // Binary without a length has no end.
        (_, None, None) if name != "win:Binary" => simple(name, builder),
        _ => None,
    }
}

/// A type by its name in manifests.
fn simple(name: &str, builder: &mut Builder) -> Option<Type> {
    Some(match name {
        "win:Int8" => Type::Int8,
        "win:UInt8" | "win:Binary" => Type::UInt8,
        "win:Int16" => Type::Int16,
        "win:UInt16" => Type::UInt16,
        "win:Int32" => Type::Int32,
        "win:UInt32" | "win:HexInt32" => Type::UInt32,
        "win:Int64" => Type::Int64,
        "win:UInt64" | "win:HexInt64" => Type::UInt64,
        "win:Float" => Type::Float32,
        "win:Double" => Type::Float64,
        "win:Boolean" => Type::Bool32,
        "win:Pointer" => Type::Pointer,
        "win:UnicodeString" => Type::Utf16Z,
        "win:AnsiString" => Type::AnsiZ,
        "win:GUID" => Type::Guid,
        "win:FILETIME" => Type::FileTime,
        "win:SYSTEMTIME" => builder.system_time()?,
        "win:SID" => builder.sid()?,
        _ => return None,
    })
}

/// A number, or the field before that has the number.
fn count(text: &str, before: &[&Element]) -> Option<Count> {
    if let Ok(count) = text.parse() {
        return Some(Count::Fixed(count));
    }
    let place = before.iter().rposition(|field| field.get("name") == Some(text))?;
    place.try_into().ok().map(Count::Field)
}
