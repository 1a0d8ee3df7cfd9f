//! Layouts that are made while a description is read.

use std::borrow::Cow;

use tracemill_engine::{Count, Field, Layout, Type};

/// Types so far, and the fields of objects.
#[derive(Default)]
pub(crate) struct Builder {
    types: Vec<Type>,
    /// An object counts its `first` from here until all is known.
    inner: Vec<Field>,
}

impl Builder {
    /// A type of so many elements.
    pub fn array(&mut self, element: Type, count: Count) -> Option<Type> {
        Some(Type::Array { element: self.index(element)?, count })
    }

    /// A type of these fields, one after the other.
    pub fn object(&mut self, members: Vec<Field>) -> Option<Type> {
        let first = self.inner.len().try_into().ok()?;
        let count = members.len().try_into().ok()?;
        self.inner.extend(members);
        Some(Type::Object { first, count })
    }

    /// A field.
    pub fn named(&mut self, name: String, of: Type) -> Option<Field> {
        Some(Field { name: Cow::Owned(name), type_index: self.index(of)?, map: None })
    }

    /// A `SYSTEMTIME`: an object of its parts.
    pub fn system_time(&mut self) -> Option<Type> {
        self.parts(&SYSTEM_TIME.map(|name| (name, Type::UInt16)))
    }

    /// A `SID`: an object of its parts, the last as many as the second says.
    pub fn sid(&mut self) -> Option<Type> {
        let authority = self.array(Type::UInt8, Count::Fixed(6))?;
        let sub = self.array(Type::UInt32, Count::Field(1))?;
        self.parts(&[
            ("Revision", Type::UInt8),
            ("SubAuthorityCount", Type::UInt8),
            ("IdentifierAuthority", authority),
            ("SubAuthority", sub),
        ])
    }

    /// The layout of a payload of these fields.
    pub fn layout(mut self, payload: Vec<Field>) -> Option<Layout> {
        let count = u32::try_from(payload.len()).ok()?;
        for of in &mut self.types {
            if let Type::Object { first, .. } = of {
                *first += count;
            }
        }
        let fields = payload.into_iter().chain(self.inner).collect();
        Some(Layout::new(fields, self.types, count))
    }

    fn parts(&mut self, parts: &[(&'static str, Type)]) -> Option<Type> {
        let fields: Option<Vec<_>> = parts
            .iter()
            .map(|(name, of)| {
                let type_index = self.index(*of)?;
                Some(Field { name: Cow::Borrowed(*name), type_index, map: None })
            })
            .collect();
        self.object(fields?)
    }

    /// The place of a type; `None` if there are too many. O(types).
    fn index(&mut self, of: Type) -> Option<u32> {
        let known = self.types.iter().position(|known| *known == of);
        let place = known.unwrap_or(self.types.len());
        if known.is_none() {
            self.types.push(of);
        }
        (place < MAX_TYPES).then(|| place.try_into().ok())?
    }
}

/// Types of a layout, so that looking one up takes bounded time.
const MAX_TYPES: usize = 4_096;

const SYSTEM_TIME: [&str; 8] =
    ["Year", "Month", "DayOfWeek", "Day", "Hour", "Minute", "Second", "Milliseconds"];
