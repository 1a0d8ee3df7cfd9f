//! Elements and attributes of an XML file from a stream; text and comments are left out.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::{Limits, Malformed};

/// An element.
#[derive(Debug, Default)]
pub(crate) struct Element {
    /// Without its namespace prefix.
    pub name: String,
    attributes: Vec<(String, String)>,
    /// The elements in it.
    pub children: Vec<Self>,
}

/// Attributes of an element that are looked at.
const MAX_ATTRIBUTES: usize = 32;

impl Element {
    /// An attribute's value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Calls `visit` for each element below it of this name, in order.
    pub fn each<'a>(&'a self, name: &str, visit: &mut impl FnMut(&'a Self)) {
        for child in &self.children {
            if child.name == name {
                visit(child);
            }
            child.each(name, visit);
        }
    }

    /// The elements below it of this name, in order.
    pub fn all<'a>(&'a self, name: &str) -> Vec<&'a Self> {
        let mut found = Vec::new();
        self.each(name, &mut |element| found.push(element));
        found
    }
}

/// The elements of a file, in a root without a name.
pub(crate) fn parse(text: &str, limits: &Limits) -> Result<Element, Malformed> {
    let mut reader = Reader::from_str(text);
    let mut open = vec![Element::default()];
    let mut elements = 0;
    loop {
        let event = reader.read_event().map_err(|_| Malformed { what: "not XML" })?;
        let ended = match event {
            Event::Start(tag) => {
                open.push(element(&tag)?);
                false
            }
            Event::Empty(tag) => {
                open.push(element(&tag)?);
                true
            }
            Event::End(_) => true,
            Event::Eof => break,
            _ => continue,
        };
        elements += 1;
        // Each element is counted where it begins and where it ends.
        if elements / 2 > limits.elements {
            return Err(Malformed { what: "more elements than are allowed" });
        }
        if open.len() > limits.depth {
            return Err(Malformed { what: "elements deeper in each other than is allowed" });
        }
        if ended {
            let (done, parent) = (open.pop(), open.last_mut());
            let (Some(done), Some(parent)) = (done, parent) else {
                return Err(Malformed { what: "an end without a start" });
            };
            parent.children.push(done);
        }
    }
    match (open.pop(), open.len()) {
        (Some(root), 0) => Ok(root),
        _ => Err(Malformed { what: "an element does not end" }),
    }
}

fn element(tag: &BytesStart<'_>) -> Result<Element, Malformed> {
    let malformed = Malformed { what: "attributes" };
    let name = tag.local_name().as_ref().to_owned();
    let mut attributes = Vec::new();
    // Not compared with each other: that takes the square of their number.
    for attribute in tag.attributes().with_checks(false).take(MAX_ATTRIBUTES) {
        let attribute = attribute.map_err(|_| malformed)?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|_| malformed)?;
        attributes.push((attribute.key.local_name().as_ref().to_owned(), value.into_owned()));
    }
    Ok(Element { name, attributes, children: Vec::new() })
}
