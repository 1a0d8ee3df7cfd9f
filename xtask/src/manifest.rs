//! What an ETW instrumentation manifest says.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::Failure;
use crate::text::without_version;
use crate::xml::{self, Element};

/// A file.
pub struct Manifest {
    /// Its name.
    pub file: String,
    /// In its order.
    pub providers: Vec<Provider>,
}

/// Who emits events.
pub struct Provider {
    pub name: String,
    /// As on the wire: the first three parts are little-endian.
    pub guid: [u8; 16],
    pub events: Vec<Event>,
    pub maps: BTreeMap<String, Map>,
    /// The elements `data` and `struct` of each.
    pub templates: BTreeMap<String, Vec<Element>>,
}

/// A version of an event.
pub struct Event {
    pub id: u32,
    pub version: u8,
    pub symbol: String,
    pub template: Option<String>,
    pub level: Option<u8>,
    pub keywords: u64,
    pub task: Option<Task>,
    /// Name and text are one: the text, if there is one.
    pub opcode: Option<String>,
    pub message: Option<String>,
}

#[derive(Clone)]
pub struct Task {
    pub name: String,
    pub text: String,
    /// `EventSource` made it up, for an event without a task.
    pub is_made_up: bool,
}

/// Names of values.
#[derive(Clone, PartialEq, Eq)]
pub struct Map {
    pub is_bits: bool,
    pub names: Vec<(u64, String)>,
}

impl Event {
    /// The symbol without its version.
    pub fn name(&self) -> &str {
        without_version(&self.symbol)
    }

    /// Whether it says no more than its layout.
    pub fn is_bare(&self) -> bool {
        self.level.is_none() && self.task.is_none()
    }
}

/// The manifests of a folder, those first that win.
pub fn read_all(folder: &Path) -> Result<Vec<Manifest>, Failure> {
    let failed = |failure: &dyn std::fmt::Display, path: &Path| {
        Failure::from(format!("{}: {failure}", path.display()))
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(|failure| failed(&failure, folder))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "man") {
            let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).map_err(|failure| failed(&failure, &path))?;
            let providers = read(&text).map_err(|failure| failed(&failure, &path))?;
            found.push(Manifest { file, providers });
        }
    }
    if found.is_empty() {
        return Err(failed(&"no manifests", folder));
    }
    let order = ["ClrSupplement.", "ClrEtwAll.", "NativeRuntimeEventSource."];
    found.sort_by_key(|manifest| {
        let rank = order.iter().position(|prefix| manifest.file.starts_with(prefix));
        (rank.unwrap_or(order.len()), manifest.file.clone())
    });
    Ok(found)
}

fn read(text: &str) -> Result<Vec<Provider>, Failure> {
    let root = xml::parse(text.trim_start_matches('\u{feff}'))?;
    let mut strings = BTreeMap::new();
    for string in root.all("string") {
        strings.insert(string.need("id")?, string.need("value")?);
    }
    root.all("provider").into_iter().map(|element| provider(element, &strings)).collect()
}

type Strings<'a> = BTreeMap<&'a str, &'a str>;

/// The text of an element's message, `$(string.ID)`.
fn message<'a>(element: &Element, strings: &Strings<'a>) -> Result<Option<&'a str>, Failure> {
    let Some(message) = element.get("message") else { return Ok(None) };
    let id = message.strip_prefix("$(string.").and_then(|rest| rest.strip_suffix(')'));
    let text = id.and_then(|id| strings.get(id)).ok_or_else(|| format!("no text: {message}"))?;
    Ok(Some(text))
}

fn provider(element: &Element, strings: &Strings<'_>) -> Result<Provider, Failure> {
    let mut maps = BTreeMap::new();
    for (kind, is_bits) in [("valueMap", false), ("bitMap", true)] {
        for map in element.all(kind) {
            let mut names = Vec::new();
            for value in map.all("map") {
                let name = message(value, strings)?.ok_or("a value without a name")?;
                names.push((number(value.need("value")?)?, name.to_owned()));
            }
            maps.insert(map.need("name")?.to_owned(), Map { is_bits, names });
        }
    }
    let mut templates = BTreeMap::new();
    for template in element.all("template") {
        let items = template.children.iter().filter(|item| item.name != "UserData");
        templates.insert(template.need("tid")?.to_owned(), items.cloned().collect());
    }
    let mut events = Vec::new();
    for found in element.all("event") {
        events.push(event(found, element, strings)?);
    }
    let guid = guid(element.need("guid")?)?;
    Ok(Provider { name: element.need("name")?.to_owned(), guid, events, maps, templates })
}

fn event(found: &Element, provider: &Element, strings: &Strings<'_>) -> Result<Event, Failure> {
    let id: u32 = found.need("value")?.parse()?;
    let mut keywords = 0;
    for name in found.get("keywords").unwrap_or_default().split_whitespace() {
        let known = provider.all("keyword");
        let keyword = known.into_iter().find(|keyword| keyword.get("name") == Some(name));
        keywords |= number(keyword.ok_or_else(|| format!("no keyword {name}"))?.need("mask")?)?;
    }
    // A task's own opcodes come before the provider's.
    let mut task = None;
    let mut opcodes = Vec::new();
    if let Some(name) = found.get("task") {
        let known = provider.all("task");
        let named: Vec<_> =
            known.into_iter().filter(|task| task.get("name") == Some(name)).collect();
        let first = named.first().ok_or_else(|| format!("no task {name}"))?;
        let made_up = u64::from(65_534_u32.saturating_sub(id));
        let mut is_made_up = false;
        for element in &named {
            is_made_up |= number(element.need("value")?)? == made_up;
        }
        let text = message(first, strings)?.unwrap_or(name).to_owned();
        task = Some(Task { name: name.to_owned(), text, is_made_up });
        opcodes = first.all("opcode");
    }
    let own = provider.children.iter().filter(|child| child.name == "opcodes");
    opcodes.extend(own.flat_map(|opcodes| opcodes.all("opcode")));
    let opcode = match found.get("opcode") {
        None | Some("win:Info") => None,
        Some(name) => Some(match opcodes.iter().find(|opcode| opcode.get("name") == Some(name)) {
            Some(opcode) => message(opcode, strings)?.unwrap_or(name),
            None => name.strip_prefix("win:").ok_or_else(|| format!("no opcode {name}"))?,
        }),
    };
    Ok(Event {
        id,
        version: found.need("version")?.parse()?,
        symbol: found.need("symbol")?.to_owned(),
        template: found.get("template").map(str::to_owned),
        level: found.get("level").map(level).transpose()?,
        keywords,
        task,
        opcode: opcode.map(str::to_owned),
        message: message(found, strings)?.filter(|text| tells(text)).map(str::to_owned),
    })
}

/// Whether a message is more than `NONE`, or than a list of the fields, `Count=%1;%nReason=%2`.
fn tells(message: &str) -> bool {
    let mut items = message.split(';').map(|item| item.trim().trim_start_matches("%n"));
    let is_field = |item: &str| item.split_once("=%").is_some_and(|(name, _)| !name.contains(' '));
    message != "NONE" && !items.all(|item| item.is_empty() || is_field(item))
}

fn level(name: &str) -> Result<u8, Failure> {
    let names = ["LogAlways", "Critical", "Error", "Warning", "Informational", "Verbose"];
    let found = names.iter().position(|known| name.strip_prefix("win:") == Some(known));
    Ok(u8::try_from(found.ok_or_else(|| format!("no level {name}"))?)?)
}

/// Decimal, or hexadecimal after `0x`.
fn number(text: &str) -> Result<u64, Failure> {
    Ok(match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16)?,
        None => text.parse()?,
    })
}

fn guid(text: &str) -> Result<[u8; 16], Failure> {
    let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
    let mut guid = u128::from_str_radix(&digits, 16)?.to_be_bytes();
    for part in [0..4, 4..6, 6..8] {
        guid.get_mut(part).unwrap_or_default().reverse();
    }
    Ok(guid)
}
