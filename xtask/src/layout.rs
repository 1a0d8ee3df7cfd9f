//! A template as the lists that a `Layout` is made of.

use std::fmt;

use crate::Failure;
use crate::xml::Element;

/// Fields and types, in Rust but for the maps.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lists {
    /// Those of the payload come first.
    pub fields: Vec<Field>,
    /// What stands in the list of types.
    pub types: Vec<Type>,
    /// How many fields are the payload's.
    pub count: usize,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Field {
    pub name: String,
    pub type_index: usize,
    /// The name of the map.
    pub map: Option<String>,
}

/// A type; as text, in Rust.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    /// By its name.
    Simple(&'static str),
    Object {
        first: usize,
        count: usize,
    },
    Array {
        element: usize,
        count: Count,
    },
}

/// How many elements an array has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Count {
    Fixed(u16),
    Field(usize),
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Simple(name) => write!(f, "Type::{name}"),
            Self::Object { first, count } => {
                write!(f, "Type::Object {{ first: {first}, count: {count} }}")
            }
            Self::Array { element, count: Count::Fixed(count) } => {
                write!(f, "Type::Array {{ element: {element}, count: Count::Fixed({count}) }}")
            }
            Self::Array { element, count: Count::Field(field) } => {
                write!(f, "Type::Array {{ element: {element}, count: Count::Field({field}) }}")
            }
        }
    }
}

/// The lists of the elements `data` and `struct` of a template.
pub fn lists(items: &[Element]) -> Result<Lists, Failure> {
    let mut lists = Lists { count: items.len(), ..Lists::default() };
    // The fields of structs follow all of the payload's, so those are numbered first.
    let mut next = items.len();
    let mut inner = Vec::new();
    for (place, item) in items.iter().enumerate() {
        let element = match item.name.as_str() {
            "data" => simple(item)?,
            "struct" => {
                let first = next;
                next += item.children.len();
                inner.push(item);
                Type::Object { first, count: item.children.len() }
            }
            other => return Err(format!("<{other}> in a template").into()),
        };
        let type_index = lists.array(element, item, items.get(..place).unwrap_or_default())?;
        lists.fields.push(field(item, type_index)?);
    }
    for object in inner {
        for (place, item) in object.children.iter().enumerate() {
            let earlier = object.children.get(..place).unwrap_or_default();
            let type_index = lists.array(simple(item)?, item, earlier)?;
            lists.fields.push(field(item, type_index)?);
        }
    }
    Ok(lists)
}

impl Lists {
    /// The place of a type, or of an array of it if the item has a count or a length.
    fn array(
        &mut self,
        element: Type,
        item: &Element,
        before: &[Element],
    ) -> Result<usize, Failure> {
        let element = self.place(element);
        let Some(count) = item.get("count").or(item.get("length")) else {
            let is_array = item.name == "struct" || item.get("inType") == Some("win:Binary");
            return if is_array { Err("an array without a length".into()) } else { Ok(element) };
        };
        let count = if let Ok(count) = count.parse::<u16>() {
            Count::Fixed(count)
        } else {
            let found = before.iter().rposition(|earlier| earlier.get("name") == Some(count));
            Count::Field(found.ok_or_else(|| format!("no field {count}"))?)
        };
        Ok(self.place(Type::Array { element, count }))
    }

    fn place(&mut self, wanted: Type) -> usize {
        self.types.iter().position(|known| *known == wanted).unwrap_or_else(|| {
            self.types.push(wanted);
            self.types.len() - 1
        })
    }
}

fn field(item: &Element, type_index: usize) -> Result<Field, Failure> {
    let map = item.get("map").map(str::to_owned);
    Ok(Field { name: item.need("name")?.to_owned(), type_index, map })
}

/// The type of a value or element.
fn simple(item: &Element) -> Result<Type, Failure> {
    Ok(Type::Simple(match item.need("inType")? {
        "win:Int8" => "Int8",
        "win:UInt8" | "win:Binary" => "UInt8",
        "win:Int16" => "Int16",
        "win:UInt16" => "UInt16",
        "win:Int32" => "Int32",
        "win:UInt32" | "win:HexInt32" => "UInt32",
        "win:Int64" => "Int64",
        "win:UInt64" | "win:HexInt64" => "UInt64",
        "win:Float" => "Float32",
        "win:Double" => "Float64",
        "win:Boolean" => "Bool32",
        "win:Pointer" => "Pointer",
        "win:UnicodeString" => "Utf16Z",
        "win:AnsiString" => "AnsiZ",
        "win:GUID" => "Guid",
        "win:FILETIME" => "FileTime",
        other => return Err(format!("no type for {other}").into()),
    }))
}
