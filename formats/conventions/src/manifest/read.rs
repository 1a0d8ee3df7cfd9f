//! Reads a manifest.

use std::collections::HashMap;
use std::sync::Arc;

use super::template::Template;
use super::xml::{self, Element};
use super::{Event, Limits, Malformed, Manifest, ValueMap};

/// Reads the providers of a manifest: one, for that of an event source. Takes memory in proportion
/// to `xml`, and work too.
///
/// # Errors
/// If it is no XML in UTF-8, or has more than `limits` allow. An event whose number cannot be read is
/// left out; what else is not understood is empty.
pub fn parse(xml: &[u8], limits: &Limits) -> Result<Vec<Manifest>, Malformed> {
    let text = str::from_utf8(xml).map_err(|_| Malformed { what: "not UTF-8" })?;
    // Some end with a NUL.
    let text = text.trim_start_matches('\u{feff}').trim_end_matches('\0');
    let root = xml::parse(text, limits)?;
    let mut strings = HashMap::new();
    root.each("string", &mut |string| {
        if let (Some(id), Some(value)) = (string.get("id"), string.get("value")) {
            strings.entry(id).or_insert_with(|| value.into());
        }
    });
    let providers = root.all("provider").into_iter();
    Ok(providers.map(|provider| manifest(provider, &strings)).collect())
}

type Strings<'a> = HashMap<&'a str, Arc<str>>;

fn manifest(provider: &Element, strings: &Strings<'_>) -> Manifest {
    let maps = maps(provider, strings);
    let by_name = maps.iter().enumerate().map(|(place, map)| (&*map.name, place)).collect();
    let scope = Scope {
        strings,
        tasks: names(provider, "task", "value"),
        opcodes: names(provider, "opcode", "value"),
        keywords: names(provider, "keyword", "mask"),
        templates: templates(provider, &by_name),
        empty: Template::empty(),
    };
    let mut events: Vec<_> =
        provider.all("event").into_iter().filter_map(|event| scope.event(event)).collect();
    events.sort_by_key(|event| (event.id, event.version));
    let keywords = provider
        .all("keyword")
        .into_iter()
        .filter_map(|keyword| Some((number(keyword.get("mask")?)?, keyword.get("name")?.into())));
    Manifest {
        provider: provider.get("name").unwrap_or_default().into(),
        guid: provider.get("guid").and_then(guid),
        events,
        keywords: keywords.collect(),
        maps,
    }
}

fn maps(provider: &Element, strings: &Strings<'_>) -> Vec<ValueMap> {
    let mut maps = Vec::new();
    for (kind, is_bits) in [("valueMap", false), ("bitMap", true)] {
        for map in provider.all(kind) {
            let names = map
                .children
                .iter()
                .filter_map(|value| Some((number(value.get("value")?)?, message(value, strings)?)));
            let name = map.get("name").unwrap_or_default().into();
            maps.push(ValueMap { name, is_bits, names: names.collect() });
        }
    }
    maps
}

fn templates<'a>(
    provider: &'a Element,
    maps: &HashMap<&str, usize>,
) -> HashMap<&'a str, Option<Template>> {
    let all = provider.all("template").into_iter();
    all.filter_map(|template| Some((template.get("tid")?, Template::of(template, maps)))).collect()
}

/// Names of a provider's tasks, opcodes or keywords, and their numbers. Opcodes may be in a task.
fn names<'a>(provider: &'a Element, kind: &str, value: &str) -> HashMap<&'a str, (Arc<str>, u64)> {
    let all = provider.all(kind).into_iter();
    all.filter_map(|element| {
        let name = element.get("name")?;
        Some((name, (name.into(), element.get(value).and_then(number)?)))
    })
    .collect()
}

/// What events refer to by name.
struct Scope<'a> {
    strings: &'a Strings<'a>,
    tasks: HashMap<&'a str, (Arc<str>, u64)>,
    opcodes: HashMap<&'a str, (Arc<str>, u64)>,
    keywords: HashMap<&'a str, (Arc<str>, u64)>,
    templates: HashMap<&'a str, Option<Template>>,
    empty: Template,
}

impl Scope<'_> {
    fn event(&self, event: &Element) -> Option<Event> {
        let template = match event.get("template") {
            Some(name) => self.templates.get(name).cloned().flatten(),
            None => Some(self.empty.clone()),
        };
        let (opcode, opcode_name) = event.get("opcode").and_then(|name| self.opcode(name)).unzip();
        let keywords = event.get("keywords").unwrap_or_default().split_ascii_whitespace();
        let bits = keywords.filter_map(|name| self.keywords.get(name)).map(|(_, bits)| bits);
        let task = event.get("task").and_then(|name| self.tasks.get(name));
        Some(Event {
            id: number(event.get("value")?)?.try_into().ok()?,
            version: event.get("version").map_or(Some(0), number)?.try_into().ok()?,
            name: event.get("symbol").or(event.get("task")).unwrap_or_default().into(),
            task: task.map(|(name, _)| name.clone()),
            opcode: opcode.unwrap_or_default(),
            opcode_name,
            level: event.get("level").and_then(level).unwrap_or_default(),
            keywords: bits.fold(0, |all, bits| all | bits),
            message: message(event, self.strings),
            layout: template.as_ref().map(|template| template.layout.clone()),
            field_maps: template.map_or_else(|| Arc::new([]) as _, |template| template.maps),
        })
    }

    fn opcode(&self, name: &str) -> Option<(u8, Arc<str>)> {
        if let Some((name, value)) = self.opcodes.get(name) {
            return Some((u8::try_from(*value).ok()?, name.clone()));
        }
        let name = name.strip_prefix("win:")?;
        let of = OPCODES.iter().find(|(known, _)| *known == name)?;
        Some((of.1, name.into()))
    }
}

/// Opcodes that all providers have.
const OPCODES: [(&str, u8); 11] = [
    ("Info", 0),
    ("Start", 1),
    ("Stop", 2),
    ("DC_Start", 3),
    ("DC_Stop", 4),
    ("Extension", 5),
    ("Reply", 6),
    ("Resume", 7),
    ("Suspend", 8),
    ("Send", 9),
    ("Receive", 240),
];

fn level(name: &str) -> Option<u8> {
    let levels = ["LogAlways", "Critical", "Error", "Warning", "Informational", "Verbose"];
    let place = levels.iter().position(|level| name.strip_prefix("win:") == Some(level));
    place.and_then(|place| place.try_into().ok()).or_else(|| name.parse().ok())
}

/// The text of an element's message, `$(string.ID)`.
fn message(element: &Element, strings: &Strings<'_>) -> Option<Arc<str>> {
    let id = element.get("message")?.strip_prefix("$(string.")?.strip_suffix(')')?;
    strings.get(id).cloned()
}

/// A number, decimal or `0x1f`.
fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x").or(text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// A GUID as on the wire from `{00112233-4455-6677-8899-aabbccddeeff}`.
fn guid(text: &str) -> Option<[u8; 16]> {
    let text = text.trim_start_matches('{').trim_end_matches('}').replace('-', "");
    if text.len() != 32 {
        return None;
    }
    let mut guid = u128::from_str_radix(&text, 16).ok()?.to_be_bytes();
    for part in [0..4, 4..6, 6..8] {
        guid.get_mut(part)?.reverse();
    }
    Some(guid)
}
