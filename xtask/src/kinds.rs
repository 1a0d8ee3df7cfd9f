//! Types, in the words of the macro that views are made by.

use crate::Failure;
use crate::layout::Count;

/// What the macro of a view calls the type of a field.
pub struct Kind {
    pub text: String,
    /// Bytes and pointers, if they are always as many.
    pub size: Option<(usize, usize)>,
}

/// Of what arrays are made.
pub enum Element {
    /// Its type and bytes.
    Number(&'static str, usize),
    Byte,
    Pointer,
    Structure(String),
    View(String),
}

/// Of a type by its name.
pub fn simple(name: &'static str) -> Result<Kind, Failure> {
    let (text, size) = match name {
        "Pointer" => ("Pointer", Some((0, 1))),
        "Utf16Z" => ("Utf16", None),
        "AnsiZ" => ("Utf8", None),
        _ => {
            let (text, bytes) = number(name)?;
            (text, Some((bytes, 0)))
        }
    };
    Ok(Kind { text: text.to_owned(), size })
}

impl Element {
    /// One that is neither a structure nor a view.
    pub fn simple(name: &str) -> Result<Self, Failure> {
        Ok(match name {
            "UInt8" => Self::Byte,
            "Pointer" => Self::Pointer,
            other => {
                let (name, bytes) = number(other)?;
                Self::Number(name, bytes)
            }
        })
    }
}

/// An array, counted by one of the accessors before it or always as long.
pub fn array(element: Element, count: Count, before: &[&str]) -> Result<Kind, Failure> {
    let (text, size) = match (count, element) {
        (Count::Fixed(count), Element::Number(name, bytes)) => {
            (format!("[{name}; {count}]"), Some((bytes * usize::from(count), 0)))
        }
        (Count::Fixed(count), Element::Pointer) => {
            (format!("PointerArray({count})"), Some((0, usize::from(count))))
        }
        (Count::Fixed(_), _) => return Err("no view of an array of structures or bytes".into()),
        (Count::Field(field), element) => {
            let counter = before.get(field).ok_or("no counter")?;
            let text = match element {
                Element::Number(name, _) => format!("Slice({name}, {counter})"),
                Element::Byte => format!("Bytes({counter})"),
                Element::Pointer => format!("Pointers({counter})"),
                Element::Structure(name) => format!("Elements({name}, {counter})"),
                Element::View(name) => format!("Structs({name}, {counter})"),
            };
            (text, None)
        }
    };
    Ok(Kind { text, size })
}

/// The type of a value of fixed size, and its bytes.
fn number(name: &str) -> Result<(&'static str, usize), Failure> {
    Ok(match name {
        "Int8" => ("i8", 1),
        "UInt8" => ("u8", 1),
        "Int16" => ("I16", 2),
        "UInt16" => ("U16", 2),
        "Int32" => ("I32", 4),
        "UInt32" => ("U32", 4),
        "Int64" => ("I64", 8),
        "UInt64" => ("U64", 8),
        "Float32" => ("F32", 4),
        "Float64" => ("F64", 8),
        "Bool32" => ("Bool32", 4),
        "FileTime" => ("FileTime", 8),
        "Guid" => ("GuidBytes", 16),
        other => return Err(format!("no view of {other}").into()),
    })
}
