//! What is mapped in one address space.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kinds::kind;
use crate::record::Record;
use crate::wire::{text, u64_at};

/// Something that is mapped to a range of addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mapping {
    /// First address.
    pub start: u64,
    /// Bytes.
    pub len: u64,
    /// Place in the file of what is at the first address; of the kernel, how far it is from the symbol
    /// that its image begins with.
    pub file_offset: u64,
    /// The file's build id, if the recording tells it.
    pub build_id: Option<([u8; 20], u8)>,
    name: Box<[u8]>,
}

impl Mapping {
    pub(crate) fn new(start: u64, len: u64, name: &[u8]) -> Self {
        Self { start, len, file_offset: 0, build_id: None, name: name.into() }
    }

    /// Reads an `MMAP` or `MMAP2`. `None` if it does not fit.
    pub(crate) fn read(record: Record<'_>, payload: &[u8]) -> Option<Self> {
        let body = record.body();
        let is_short = record.kind() == kind::MMAP;
        let name = text(payload.get(if is_short { 32 } else { 64 }..)?);
        let mut mapping = Self::new(u64_at(body, 8)?, u64_at(body, 16)?, name);
        mapping.file_offset = u64_at(body, 24)?;
        if let Some(len) = image_name_len(name) {
            // What stands for the place in the file is the address of the symbol behind the name.
            mapping.name = name.get(..len)?.into();
            let is_inside = mapping.file_offset.wrapping_sub(mapping.start) < mapping.len;
            let first = if is_inside { mapping.file_offset } else { mapping.start };
            mapping.file_offset = mapping.start.wrapping_sub(first);
        }
        mapping.build_id = if !is_short && record.misc() >> 14 & 1 != 0 {
            Some((body.get(36..56)?.try_into().ok()?, (*body.get(32)?).min(20)))
        } else {
            record.build_id_of(&mapping.name)
        };
        Some(mapping)
    }

    /// Path of the file, or a name in brackets; what is not UTF-8 is replaced.
    pub fn name(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.name)
    }

    /// The same as it stands in the recording, the symbol behind the kernel's left out.
    pub fn name_bytes(&self) -> &[u8] {
        &self.name
    }

    /// The build id: 20 bytes, or fewer of older kinds.
    pub fn build_id(&self) -> Option<&[u8]> {
        let (bytes, len) = self.build_id.as_ref()?;
        bytes.get(..usize::from(*len))
    }

    fn end(&self) -> u64 {
        self.start.saturating_add(self.len)
    }
}

/// Bytes of the name of a kernel's image, if `name` is of one: `[kernel.kallsyms]_text`.
fn image_name_len(name: &[u8]) -> Option<usize> {
    let is_image = name.starts_with(b"[kernel.kallsyms") || name.starts_with(b"[guest.kernel.");
    let end = name.iter().position(|byte| *byte == b']').filter(|_| is_image)?;
    Some(end + 1)
}

/// Mappings that do not overlap, by their first address.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mappings(BTreeMap<u64, Arc<Mapping>>);

impl Mappings {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The one that holds `address`.
    pub(crate) fn at(&self, address: u64) -> Option<&Mapping> {
        let (start, mapping) = self.0.range(..=address).next_back()?;
        (address - start < mapping.len).then_some(mapping)
    }

    /// Removes the one that begins at `start`; whether there was one.
    pub(crate) fn remove(&mut self, start: u64) -> bool {
        self.0.remove(&start).is_some()
    }

    /// Adds one; what was there before is cut away.
    pub(crate) fn insert(&mut self, mapping: Mapping) {
        let (start, end) = (mapping.start, mapping.end());
        let first = self.0.range(..start).next_back().map_or(start, |(at, _)| *at);
        let covered: Vec<u64> = self
            .0
            .range(first..end)
            .filter(|(_, other)| other.end() > start)
            .map(|(at, _)| *at)
            .collect();
        for at in covered {
            let Some(other) = self.0.remove(&at) else {
                continue;
            };
            if other.start < start {
                let left = Mapping { len: start - other.start, ..Mapping::clone(&other) };
                self.0.insert(left.start, Arc::new(left));
            }
            if other.end() > end {
                let cut = end - other.start;
                let file_offset = other.file_offset.wrapping_add(cut);
                let len = other.len - cut;
                let right = Mapping { start: end, len, file_offset, ..Mapping::clone(&other) };
                self.0.insert(end, Arc::new(right));
            }
        }
        self.0.insert(start, Arc::new(mapping));
    }
}
