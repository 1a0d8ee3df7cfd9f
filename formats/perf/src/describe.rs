//! The description of a tracepoint, as text:
//!
//! ```text
//! name: sched_switch
//! ID: 316
//! format:
//!     field:unsigned short common_type;  offset:0;  size:2;  signed:0;
//!
//!     field:char prev_comm[16];          offset:8;  size:16; signed:0;
//!     field:__data_loc char[] what;      offset:24; size:4;  signed:0;
//! ```

use tracemill_engine::{Count, Field, Layout, Type};

/// What the text says.
pub(crate) struct Described {
    pub id: u64,
    pub name: Box<str>,
    pub layout: Layout,
}

/// Fields of one tracepoint; those beyond are not described.
const MAX_FIELDS: usize = 1024;

/// Reads a description; `None` if it has no name or no id. Fields that cannot be understood, and
/// those that all tracepoints have, are passed over.
pub(crate) fn tracepoint(text: &str) -> Option<Described> {
    let (mut name, mut id, mut fields) = (None, None, Vec::new());
    for line in text.lines() {
        let line = line.trim();
        if let Some(value) = line.strip_prefix("name:") {
            name = Some(value.trim());
        } else if let Some(value) = line.strip_prefix("ID:") {
            id = value.trim().parse().ok();
        } else if let Some(rest) = line.strip_prefix("field:") {
            if fields.len() < MAX_FIELDS {
                fields.extend(field(rest));
            }
        } else if line.starts_with("print fmt:") {
            break;
        }
    }
    fields.sort_by_key(|field| field.offset);
    Some(Described { id: id?, name: name?.into(), layout: layout(&fields) })
}

/// A field at its place.
struct Placed<'t> {
    name: &'t str,
    offset: u16,
    size: u16,
    of: Of,
}

/// What it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    One(Type),
    Many(Type, u16),
    /// Elements elsewhere in the payload, from its start, or from behind the field.
    Located(Type, bool),
}

fn layout(fields: &[Placed<'_>]) -> Layout {
    let (mut list, mut types) = (Vec::new(), Vec::new());
    let mut push = |name: &str, of: Type| {
        let known = types.iter().position(|known| *known == of).unwrap_or_else(|| {
            types.push(of);
            types.len() - 1
        });
        let index = u32::try_from(known).unwrap_or(0);
        if !name.is_empty() || matches!(of, Type::Pad(_) | Type::Tail) {
            list.push(Field { name: name.to_owned().into(), type_index: index, map: None });
        }
        index
    };
    let mut at = 0u16;
    for field in fields {
        // Of fields that share a place, the first is described.
        if field.offset < at || field.name.starts_with("common_") {
            continue;
        }
        if field.offset > at {
            push("", Type::Pad(field.offset - at));
        }
        let of = match field.of {
            Of::One(of) => of,
            Of::Many(of, count) => {
                Type::Array { element: push("", of), count: Count::Fixed(count) }
            }
            Of::Located(of, true) => Type::RelLoc { element: push("", of) },
            Of::Located(of, false) => Type::DataLoc { element: push("", of) },
        };
        push(field.name, of);
        at = field.offset.saturating_add(field.size);
    }
    push("", Type::Tail);
    let count = u32::try_from(list.len()).unwrap_or(0);
    Layout::new(list, types, count)
}

/// A line behind its `field:`.
fn field(line: &str) -> Option<Placed<'_>> {
    let mut parts = line.split(';').map(str::trim);
    let declaration = parts.next()?;
    let (mut offset, mut size, mut signed) = (None, None, false);
    for part in parts {
        match part.split_once(':') {
            Some(("offset", value)) => offset = value.trim().parse().ok(),
            Some(("size", value)) => size = value.trim().parse().ok(),
            Some(("signed", value)) => signed = value.trim() != "0",
            _ => {}
        }
    }
    let (offset, size): (u16, u16) = (offset?, size?);
    // `[n]` behind the name.
    let (declared, count) = match declaration.strip_suffix(']') {
        Some(rest) => {
            let (declared, count) = rest.rsplit_once('[')?;
            (declared.trim_end(), Some(count.trim().parse::<u16>().ok()))
        }
        None => (declaration, None),
    };
    let name = declared.rsplit(|char: char| !(char.is_alphanumeric() || char == '_')).next()?;
    let of = declared.strip_suffix(name)?;
    if name.is_empty() {
        return None;
    }
    let of = of.trim();
    let located = |relative: bool, of: &str| {
        let element = of.trim().trim_end_matches("[]").trim();
        let element = if element == "char" { Type::AnsiZ } else { element_of(element) };
        Of::Located(element, relative)
    };
    let of = if let Some(of) = of.strip_prefix("__data_loc") {
        (size == 4).then(|| located(false, of))?
    } else if let Some(of) = of.strip_prefix("__rel_loc") {
        (size == 4).then(|| located(true, of))?
    } else if let Some(count) = count {
        many(of, count, size, signed)
    } else {
        match (size, signed) {
            (1, _) if matches!(of, "bool" | "_Bool") => Of::One(Type::Bool8),
            _ => number(size, signed).map_or(Of::Many(Type::UInt8, size), Of::One),
        }
    };
    (size > 0).then_some(Placed { name, offset, size, of })
}

/// An array of `count` elements, or of as many as fit.
fn many(of: &str, count: Option<u16>, size: u16, signed: bool) -> Of {
    if of == "char" {
        return Of::One(Type::Text(size));
    }
    let width = match count {
        Some(count) if count > 0 && size.is_multiple_of(count) => size / count,
        _ => 1,
    };
    match number(width, signed) {
        Some(element) => Of::Many(element, size / width),
        None => Of::Many(Type::UInt8, size),
    }
}

fn number(size: u16, signed: bool) -> Option<Type> {
    Some(match (size, signed) {
        (1, false) => Type::UInt8,
        (1, true) => Type::Int8,
        (2, false) => Type::UInt16,
        (2, true) => Type::Int16,
        (4, false) => Type::UInt32,
        (4, true) => Type::Int32,
        (8, false) => Type::UInt64,
        (8, true) => Type::Int64,
        _ => return None,
    })
}

/// A type of elements whose size only its name tells; what is not known is bytes.
fn element_of(name: &str) -> Type {
    match name {
        "u16" | "__u16" | "unsigned short" | "uint16_t" => Type::UInt16,
        "s16" | "__s16" | "short" | "int16_t" => Type::Int16,
        "u32" | "__u32" | "unsigned int" | "unsigned" | "uint32_t" => Type::UInt32,
        "s32" | "__s32" | "int" | "int32_t" | "pid_t" => Type::Int32,
        "u64" | "__u64" | "unsigned long" | "unsigned long long" | "uint64_t" => Type::UInt64,
        "s64" | "__s64" | "long" | "long long" | "int64_t" => Type::Int64,
        "s8" | "__s8" | "int8_t" | "signed char" => Type::Int8,
        _ => Type::UInt8,
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "tests")]
mod tests {
    use tracemill_engine::{Value, Values};

    use super::*;

    const TEXT: &str = "name: thing
ID: 42
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

\tfield:char comm[8];\toffset:8;\tsize:8;\tsigned:0;
\tfield:u8 flag;\toffset:16;\tsize:1;\tsigned:0;
\tfield:long state;\toffset:24;\tsize:8;\tsigned:1;
\tfield:unsigned int args[2];\toffset:32;\tsize:8;\tsigned:0;
\tfield:__data_loc char[] what;\toffset:40;\tsize:4;\tsigned:0;
\tfield:__rel_loc u16[] more;\toffset:44;\tsize:4;\tsigned:0;
\tfield:const char * place;\toffset:48;\tsize:8;\tsigned:0;

print fmt: \"field:nonsense\", REC->x
";

    #[test]
    fn fields_are_where_the_text_says() {
        let described = tracepoint(TEXT).unwrap();
        assert_eq!((described.id, &*described.name), (42, "thing"));
        let mut raw = vec![9; 66];
        raw[8..16].copy_from_slice(b"ab\0xxxxx");
        raw[16] = 7;
        raw[24..32].copy_from_slice(&(-5i64).to_le_bytes());
        raw[32..40].copy_from_slice(&[1, 0, 0, 0, 2, 0, 0, 0]);
        raw[40..44].copy_from_slice(&[56, 0, 4, 0]);
        raw[44..48].copy_from_slice(&[12, 0, 4, 0]);
        raw[56..60].copy_from_slice(b"hey\0");
        raw[60..64].copy_from_slice(&[3, 0, 4, 0]);
        let mut values = Values::new(&described.layout, &raw, 8);
        let found: Vec<String> = values
            .by_ref()
            .map(|value| {
                let (field, value) = value.unwrap();
                let text = match value {
                    Value::Utf8(text) => String::from_utf8_lossy(text).into_owned(),
                    Value::Unsigned(value) => value.to_string(),
                    Value::Signed(value) => value.to_string(),
                    Value::Array(elements) => {
                        elements.map(|value| value.as_u64().unwrap().to_string() + ",").collect()
                    }
                    other => format!("{other:?}"),
                };
                format!("{}={text}", field.name)
            })
            .collect();
        let place = u64::from_le_bytes([9; 8]);
        let expected = ["comm=ab", "flag=7", "state=-5", "args=1,2,", "what=hey", "more=3,4,"];
        assert_eq!(found[..6], expected);
        assert_eq!(found[6..], [format!("place={place}")]);
        assert!(values.rest().is_empty());
    }

    #[test]
    fn nonsense_is_no_description() {
        assert!(tracepoint("").is_none() && tracepoint("name: x\nID: y").is_none());
        let odd = "name:x\nID:1\nfield:;offset:1;size:1;\nfield:int a;offset:99999999;size:4;\n\
                   field:int b];offset:0;size:4;\nfield:weird c;offset:0;size:3;";
        let described = tracepoint(odd).unwrap();
        let names: Vec<_> = described.layout.fields().iter().map(|field| &*field.name).collect();
        assert_eq!(names, ["c", ""]);
    }
}
