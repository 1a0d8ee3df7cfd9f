//! The sections behind the records (specification section 9).

use tracemill_engine::{Fault, Faults, Framed};

use crate::container::{Section, Stage};
use crate::frame::Perf;
use crate::wire::Reader;

impl Perf {
    pub(crate) fn table(&mut self, input: &[u8], offset: u64, faults: &mut Faults) -> Framed {
        let count: u32 = self.features.iter().map(|word| word.count_ones()).sum();
        let len = 16 * count as usize;
        let Some(table) = input.get(..len) else {
            return Framed::NeedMore(len - input.len());
        };
        let mut sections = self.listed(table, offset, faults);
        sections.reverse();
        self.stage = if sections.is_empty() { Stage::Rest } else { Stage::Sections(sections) };
        Framed::Control(len)
    }

    /// The sections of a table that begins at `offset`, in order of their places.
    pub(crate) fn listed(&self, table: &[u8], offset: u64, faults: &mut Faults) -> Vec<Section> {
        let bits = (0..256).filter(|bit| {
            let word = self.features.get(*bit / 64).copied().unwrap_or(0);
            word >> (*bit % 64) & 1 != 0
        });
        let mut sections: Vec<Section> = table
            .chunks_exact(16)
            .zip(bits)
            .map(|(entry, bit)| {
                let entry = Reader::new(entry, offset, self.is_big);
                Section { feature: bit as u64, offset: entry.at_u64(0), size: entry.at_u64(8) }
            })
            .filter(|section| section.size > 0)
            .collect();
        sections.sort_by_key(|section| (section.offset, section.feature));
        // One that begins before another has ended cannot be read in passing.
        let mut end = offset.saturating_add(table.len() as u64);
        sections.retain(|section| {
            let next = section.offset.checked_add(section.size).filter(|_| section.offset >= end);
            if next.is_none() {
                let what = "feature section: not behind the one before it";
                faults.push(Fault::damage(offset, what));
            }
            end = next.unwrap_or(end);
            next.is_some()
        });
        sections
    }

    pub(crate) fn sections(
        &mut self,
        mut sections: Vec<Section>,
        input: &[u8],
        offset: u64,
        faults: &mut Faults,
    ) -> Framed {
        let Some(section) = sections.last().copied() else {
            return Framed::Skip(u64::MAX);
        };
        if section.offset > offset {
            self.skip_end = section.offset;
            self.stage = Stage::Sections(sections);
            return Framed::Skip(section.offset - offset);
        }
        let size = usize::try_from(section.size).ok().filter(|size| *size <= self.limits.frame);
        let Some(size) = size else {
            faults.push(Fault::limit(offset, "max_frame"));
            self.skip_end = section.offset.saturating_add(section.size);
            sections.pop();
            self.stage = Stage::Sections(sections);
            return Framed::Skip(section.size);
        };
        let Some(content) = input.get(..size) else {
            self.stage = Stage::Sections(sections);
            return Framed::NeedMore(size - input.len());
        };
        sections.pop();
        let is_last = sections.is_empty();
        self.stage = if is_last { Stage::Rest } else { Stage::Sections(sections) };
        let content = Reader::new(content, offset, self.is_big);
        self.feature(section.feature, content, faults);
        if is_last && self.parts.is_empty() { Framed::End(size) } else { Framed::Control(size) }
    }
}
