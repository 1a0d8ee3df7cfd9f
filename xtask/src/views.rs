//! The typed views that the templates become, and the events that they are views of.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::ops::Range;

use crate::Failure;
use crate::kinds::{Element, Kind, array, simple};
use crate::layout::{Lists, Type};
use crate::manifest::{Event, Map};
use crate::tables::MARK;
use crate::text::{camel, snake};

/// The name of a map's static and the map, if a field has one.
pub type Mapped<'a> = Option<(String, &'a Map)>;

/// What views have beside accessors of fields.
const TAKEN: [&str; 5] = ["read", "fixed", "rest", "is_exact", "for_each_field"];

/// Words of Rust that are names of fields.
const WORDS: [&str; 2] = ["type", "in"];

/// One view for each layout, and each event with its view.
#[derive(Default)]
pub struct Views {
    providers: Vec<Provider>,
    /// Name of each view, by its text without its name.
    known: BTreeMap<String, String>,
    names: BTreeSet<String>,
    /// Where each map is.
    maps: Vec<(Map, String)>,
}

/// What the files of a provider have in them.
struct Provider {
    name: String,
    module: String,
    events: Vec<String>,
    views: String,
}

/// A field of a view, in the words of its macro.
struct Row {
    /// Name of the accessor.
    accessor: String,
    /// As in the manifest.
    name: String,
    kind: Kind,
    map: Option<String>,
}

impl Views {
    /// Begins a provider.
    pub fn begin(&mut self, name: &str, module: &str) {
        let (name, module) = (name.to_owned(), module.to_owned());
        self.providers.push(Provider { name, module, events: Vec::new(), views: String::new() });
    }

    /// Adds an event of the provider at hand, in the order of its table; `maps` are those of fields.
    pub fn add(
        &mut self,
        event: &Event,
        template: &str,
        lists: &Lists,
        maps: &[Mapped<'_>],
    ) -> Result<(), Failure> {
        let maps: Vec<_> = maps.iter().map(|map| self.map(map)).collect();
        let doc = match &event.template {
            Some(template) => format!("Payloads as the template `{template}` describes them."),
            None => "Payloads without fields.".to_owned(),
        };
        let base = camel(template.strip_suffix("Args").unwrap_or(template));
        let (view, _) = self.define(&base, &doc, lists, &maps, 0..lists.count)?;
        let (name, id, version) = (event.name(), event.id, event.version);
        let rows = &mut self.providers.last_mut().ok_or("no provider")?.events;
        let (place, camel) = (rows.len(), camel(name));
        rows.push(format!(
            "    {place} {camel}V{version} {view} \"`{name}`, number {id}, version {version}.\";\n"
        ));
        Ok(())
    }

    /// Adds the files.
    pub fn write(self, files: &mut BTreeMap<String, String>) {
        let mark = format!("{MARK}. Do not edit.\n\n");
        let mut views = format!("{mark}//! Views of payloads, one for each layout.\n\n");
        let (mut events, mut uses) = (mark.clone(), String::new());
        for Provider { name, module, events: rows, views: texts } in self.providers {
            let short = module.strip_prefix("dot_net_").unwrap_or(&module);
            let short = short.strip_suffix("_event_source").unwrap_or(short);
            let _ = writeln!(events, "pub mod {short};");
            let text = format!(
                "{mark}//! Events of `{name}`.\n\ncrate::typed::events! {{\n    \
                 crate::typed::Table::of(&crate::tables::{module}::PROVIDER);\n{}}}\n",
                rows.concat()
            );
            files.insert(format!("events/{short}.rs"), text);
            if !texts.is_empty() {
                let _ = writeln!(views, "mod {module};");
                let _ = writeln!(uses, "pub use {module}::*;");
                files
                    .insert(format!("views/{module}.rs"), mark.clone() + &imports(&texts) + &texts);
            }
        }
        let _ = write!(views, "\npub use crate::built_in::views::*;\n{uses}");
        files.insert("views/mod.rs".to_owned(), views);
        files.insert("events/mod.rs".to_owned(), events);
    }

    /// The path of a map: those with the same names are one.
    fn map(&mut self, mapped: &Mapped<'_>) -> Option<String> {
        let (name, map) = mapped.as_ref()?;
        if let Some((_, path)) = self.maps.iter().find(|(known, _)| known == *map) {
            return Some(path.clone());
        }
        let path = format!("{}::{name}", self.providers.last()?.module);
        self.maps.push(((*map).clone(), path.clone()));
        Some(path)
    }

    /// The view of some of the fields, and whether it is a mere structure; new ones are called `base`.
    fn define(
        &mut self,
        base: &str,
        doc: &str,
        lists: &Lists,
        maps: &[Option<String>],
        range: Range<usize>,
    ) -> Result<(String, bool), Failure> {
        let mut rows: Vec<Row> = Vec::new();
        // The fields of structures follow those of the payload.
        let is_element = range.start > 0;
        let places = maps.get(range.clone()).unwrap_or_default().iter();
        for (field, map) in lists.fields.get(range).unwrap_or_default().iter().zip(places) {
            let accessor = accessor(&field.name, &rows)?;
            let of = *lists.types.get(field.type_index).ok_or("no such type")?;
            let inner = format!("{base}{}", camel(&field.name));
            let kind = match of {
                Type::Simple(name) => simple(name)?,
                Type::Object { .. } => return Err("a structure that is not in an array".into()),
                Type::Array { element, count } => {
                    let doc = format!("An element of `{}` of [`{base}`].", field.name);
                    let element = match *lists.types.get(element).ok_or("no such type")? {
                        Type::Object { first, count } => {
                            let fields = first..first + count;
                            let (name, is_flat) = self.define(&inner, &doc, lists, maps, fields)?;
                            if is_flat { Element::Structure(name) } else { Element::View(name) }
                        }
                        Type::Simple(name) => Element::simple(name)?,
                        Type::Array { .. } => return Err("an array of arrays".into()),
                    };
                    let counters: Vec<_> = rows.iter().map(|row| &*row.accessor).collect();
                    array(element, count, &counters)?
                }
            };
            rows.push(Row { accessor, name: field.name.clone(), kind, map: map.clone() });
        }
        let (text, is_flat) = body(&rows, is_element);
        if let Some(known) = self.known.get(&text) {
            return Ok((known.clone(), is_flat));
        }
        let mut name = base.to_owned();
        let mut number = 1;
        while !self.names.insert(name.clone()) {
            number += 1;
            name = format!("{base}Other{number}");
        }
        let provider = self.providers.last_mut().ok_or("no provider")?;
        let call = text.replace('$', &name).replacen(['\u{1}'], &format!("/// {doc}\n    "), 1);
        provider.views += &call;
        self.known.insert(text, name.clone());
        Ok((name, is_flat))
    }
}

/// The call of a macro, with `$` for the name and U+0001 where its documentation is to be, and
/// whether it is of a mere structure.
fn body(rows: &[Row], is_element: bool) -> (String, bool) {
    let is_fixed = |row: &&Row| matches!(row.kind.size, Some((_, 0)));
    let front = rows.iter().take_while(is_fixed).count();
    let (front, behind) = rows.split_at(front);
    let (mut after, mut bytes, mut pointers) = (0, 0, 0);
    let mut text = String::new();
    for Row { accessor, name, kind, map } in front {
        bytes += kind.size.unwrap_or_default().0;
        let _ = writeln!(
            text,
            "        {accessor}: {} {name:?}{};",
            kind.text,
            names(accessor, map.as_ref())
        );
    }
    if is_element && behind.is_empty() {
        let text = text.replace("\n    ", "\n");
        return (format!("\nelement! {{\n    \u{1}$ {{\n{text}    }}\n}}\n"), true);
    }
    if !front.is_empty() {
        text = format!("    $Fixed {{\n{text}    }}\n");
    }
    text += if behind.is_empty() { "    {}\n" } else { "    {\n" };
    for Row { accessor, name, kind, map } in behind {
        let _ = writeln!(
            text,
            "        {accessor}: {} {name:?} ({after} {bytes} {pointers}){};",
            kind.text,
            names(accessor, map.as_ref()),
        );
        (after, bytes, pointers) = match kind.size {
            Some(size) => (after, bytes + size.0, pointers + size.1),
            None => (after + 1, 0, 0),
        };
    }
    if !behind.is_empty() {
        text += "    }\n";
    }
    (format!("\nview! {{\n    \u{1}$ [{after}; {bytes}, {pointers}]\n{text}}}\n"), false)
}

/// The accessor of a field's names.
fn names(accessor: &str, map: Option<&String>) -> String {
    let name = accessor.trim_end_matches('_');
    map.map_or_else(String::new, |map| format!(" [{name}_names {map}]"))
}

/// What the texts of views need.
fn imports(texts: &str) -> String {
    let is_part = |letter: char| !letter.is_alphanumeric() && letter != '_';
    let words: BTreeSet<&str> = texts.split(is_part).collect();
    let of_bytes = ["F32", "F64", "I16", "I32", "I64", "U16", "U32", "U64"];
    let of_views = ["Bool32", "FileTime", "GuidBytes", "element", "view"];
    // Maps are named with their module.
    let modules: BTreeSet<&str> =
        texts.split([' ', ']']).filter_map(|path| Some(path.split_once("::")?.0)).collect();
    let mut text = String::new();
    for (path, names) in [
        ("zerocopy::little_endian", of_bytes.iter().filter(|name| words.contains(*name)).collect()),
        ("crate::tables", modules.iter().collect::<Vec<_>>()),
        ("crate::typed", of_views.iter().filter(|name| words.contains(*name)).collect()),
    ] {
        for name in names {
            let _ = writeln!(text, "use {path}::{name};");
        }
    }
    text
}

/// A name for an accessor.
fn accessor(name: &str, before: &[Row]) -> Result<String, Failure> {
    let mut accessor = snake(name);
    if WORDS.contains(&accessor.as_str()) {
        accessor.push('_');
    }
    let is_plain = accessor.starts_with(|letter: char| letter.is_ascii_lowercase());
    if !is_plain || TAKEN.contains(&accessor.as_str()) {
        return Err(format!("no accessor can be called {accessor:?}").into());
    }
    if before.iter().any(|row| row.accessor == accessor) {
        return Err(format!("two accessors {accessor}").into());
    }
    Ok(accessor)
}
