//! A template as the lists that a `Layout` is made of.

use crate::Failure;
use crate::xml::Element;

/// Fields and types, in Rust but for the maps.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lists {
    /// Those of the payload come first.
    pub fields: Vec<Field>,
    /// What stands in the list of types.
    pub types: Vec<String>,
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

/// The lists of the elements `data` and `struct` of a template.
pub fn lists(items: &[Element]) -> Result<Lists, Failure> {
    let mut lists = Lists { count: items.len(), ..Lists::default() };
    // The fields of structs follow all of the payload's, so those are numbered first.
    let mut next = items.len();
    let mut inner = Vec::new();
    for (place, item) in items.iter().enumerate() {
        let element = match item.name.as_str() {
            "data" => simple(item)?.to_owned(),
            "struct" => {
                let first = next;
                next += item.children.len();
                inner.push(item);
                format!("Type::Object {{ first: {first}, count: {} }}", item.children.len())
            }
            other => return Err(format!("<{other}> in a template").into()),
        };
        let type_index = lists.array(element, item, items.get(..place).unwrap_or_default())?;
        lists.fields.push(field(item, type_index)?);
    }
    for object in inner {
        for (place, item) in object.children.iter().enumerate() {
            let earlier = object.children.get(..place).unwrap_or_default();
            let type_index = lists.array(simple(item)?.to_owned(), item, earlier)?;
            lists.fields.push(field(item, type_index)?);
        }
    }
    Ok(lists)
}

impl Lists {
    /// The place of a type, or of an array of it if the item has a count or a length.
    fn array(
        &mut self,
        element: String,
        item: &Element,
        before: &[Element],
    ) -> Result<usize, Failure> {
        let element = self.place(element);
        let Some(count) = item.get("count").or(item.get("length")) else {
            let is_array = item.name == "struct" || item.get("inType") == Some("win:Binary");
            return if is_array { Err("an array without a length".into()) } else { Ok(element) };
        };
        let count = if let Ok(count) = count.parse::<u16>() {
            format!("Fixed({count})")
        } else {
            let found = before.iter().rposition(|earlier| earlier.get("name") == Some(count));
            format!("Field({})", found.ok_or_else(|| format!("no field {count}"))?)
        };
        Ok(self.place(format!("Type::Array {{ element: {element}, count: Count::{count} }}")))
    }

    fn place(&mut self, wanted: String) -> usize {
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
fn simple(item: &Element) -> Result<&'static str, Failure> {
    Ok(match item.need("inType")? {
        "win:Int8" => "Type::Int8",
        "win:UInt8" | "win:Binary" => "Type::UInt8",
        "win:Int16" => "Type::Int16",
        "win:UInt16" => "Type::UInt16",
        "win:Int32" => "Type::Int32",
        "win:UInt32" | "win:HexInt32" => "Type::UInt32",
        "win:Int64" => "Type::Int64",
        "win:UInt64" | "win:HexInt64" => "Type::UInt64",
        "win:Float" => "Type::Float32",
        "win:Double" => "Type::Float64",
        "win:Boolean" => "Type::Bool32",
        "win:Pointer" => "Type::Pointer",
        "win:UnicodeString" => "Type::Utf16Z",
        "win:AnsiString" => "Type::AnsiZ",
        "win:GUID" => "Type::Guid",
        "win:FILETIME" => "Type::FileTime",
        other => return Err(format!("no type for {other}").into()),
    })
}
