//! Elements and attributes of a small XML file; text and comments are left out.

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

use crate::Failure;

/// An element.
#[derive(Clone, Debug, Default)]
pub struct Element {
    /// Without its namespace prefix.
    pub name: String,
    attributes: Vec<(String, String)>,
    /// The elements in it.
    pub children: Vec<Self>,
}

impl Element {
    /// An attribute's value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// An attribute that has to be there.
    pub fn need(&self, name: &str) -> Result<&str, Failure> {
        self.get(name).ok_or_else(|| format!("<{}> has no {name}: {self:?}", self.name).into())
    }

    /// The elements of this name below it, at any depth, in order.
    pub fn all(&self, name: &str) -> Vec<&Self> {
        let mut found = Vec::new();
        for child in &self.children {
            if child.name == name {
                found.push(child);
            }
            found.extend(child.all(name));
        }
        found
    }
}

/// The elements of a file, in a root without a name.
pub fn parse(text: &str) -> Result<Element, Failure> {
    let mut reader = Reader::from_str(text);
    let mut open = vec![Element::default()];
    loop {
        let (started, ended) = match reader.read_event()? {
            Event::Start(tag) => (Some(element(&tag)?), false),
            Event::Empty(tag) => (Some(element(&tag)?), true),
            Event::End(_) => (None, true),
            Event::Eof => break,
            _ => (None, false),
        };
        open.extend(started);
        if ended {
            let done = open.pop().ok_or("an end without a start")?;
            open.last_mut().ok_or("an end without a start")?.children.push(done);
        }
    }
    match (open.pop(), open.len()) {
        (Some(root), 0) => Ok(root),
        _ => Err("an element does not end".into()),
    }
}

fn element(tag: &BytesStart<'_>) -> Result<Element, Failure> {
    let name = tag.local_name().as_ref().to_owned();
    let mut attributes = Vec::new();
    for attribute in tag.attributes() {
        let attribute = attribute?;
        let key = attribute.key.local_name().as_ref().to_owned();
        attributes.push((key, attribute.normalized_value(XmlVersion::Implicit1_0)?.into_owned()));
    }
    Ok(Element { name, attributes, children: Vec::new() })
}
