//! Where in a file the stream is: head, records, and the sections behind them (specification
//! sections 1 and 2).
//!
//! ```text
//! header | ids, attributes | records | table of sections | sections
//! header | records                                                      from a pipe
//! ```

use tracemill_engine::{Error, Fault, Faults, Format, Framed};

use crate::attribute::{Attribute, MIN_LEN};
use crate::frame::{BIG, LITTLE, OLD, Perf};
use crate::header::Header;
use crate::wire::{Head, Reader};

/// Where in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// At the very start.
    Magic,
    /// Behind the header, before the records.
    Head(Header),
    /// In the records.
    Records,
    /// Before the table of sections.
    Table,
    /// Between sections: those to come, the next one last.
    Sections(Vec<Section>),
    /// Behind all that is known.
    Rest,
}

/// A section behind the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Section {
    pub feature: u64,
    pub offset: u64,
    pub size: u64,
}

impl Perf {
    /// What is at the head of `input`, outside of the records.
    pub(crate) fn container(
        &mut self,
        input: &[u8],
        offset: u64,
        run_open: bool,
        faults: &mut Faults,
    ) -> Result<Framed, Error> {
        if run_open {
            return Ok(Framed::Barrier);
        }
        match std::mem::replace(&mut self.stage, Stage::Rest) {
            Stage::Magic => {
                self.stage = Stage::Magic;
                self.header(input, offset, faults)
            }
            Stage::Head(header) => {
                self.stage = Stage::Head(header);
                self.head(header, input, offset, faults)
            }
            Stage::Table => {
                self.stage = Stage::Table;
                Ok(self.table(input, offset, faults))
            }
            Stage::Sections(sections) => Ok(self.sections(sections, input, offset, faults)),
            Stage::Records | Stage::Rest => {
                let Some(len) = self.parts.pop_front() else {
                    return Ok(Framed::Skip(u64::MAX));
                };
                // Another file, which is records alone; its compressed ones are a stream of their
                // own.
                (self.stage, self.features) = (Stage::Records, [0; 4]);
                self.data_end = Some(offset.saturating_add(len));
                self.inflate.begin();
                self.frame(input, offset, run_open, faults)
            }
        }
    }

    fn header(&mut self, input: &[u8], offset: u64, faults: &mut Faults) -> Result<Framed, Error> {
        let Some((magic, _)) = input.split_first_chunk::<8>() else {
            return Ok(Framed::NeedMore(8 - input.len()));
        };
        if magic == OLD {
            return Err(Error::unsupported(offset, "version of perf.data", 1));
        }
        if magic != LITTLE && magic != BIG {
            return Err(Error::invalid(offset, "header: no magic of perf.data"));
        }
        let Some((start, _)) = input.split_first_chunk::<16>() else {
            return Ok(Framed::NeedMore(16 - input.len()));
        };
        let is_big = magic == BIG;
        let size = Reader::new(start, offset, is_big).at_u64(8);
        let len = match size {
            Header::LEN => 104,
            Header::SHORT => 72,
            Header::PIPE => {
                self.begin(is_big);
                self.stage = Stage::Records;
                return Ok(Framed::Control(16));
            }
            _ => return Err(Error::invalid(offset + 8, "header: size is not 104, 72 or 16")),
        };
        let Some(whole) = input.get(..len) else {
            return Ok(Framed::NeedMore(len - input.len()));
        };
        let Some((header, _)) = Header::of(whole) else {
            return Err(Error::invalid(offset, "header: ill-formed"));
        };
        let (start, end) = (header.data.0, header.data.0.checked_add(header.data.1));
        let Some(end) = end.filter(|_| start >= size) else {
            return Err(Error::invalid(offset + 40, "header: no such place for the records"));
        };
        let attributes_end = header.attributes.0.checked_add(header.attributes.1);
        let is_indexed = self.indexed(header.attributes).is_some();
        if header.attributes.1 > 0 && !is_indexed && attributes_end.is_none_or(|end| end > start) {
            let what = "a recording whose attributes are behind its records";
            return Err(Error::unsupported(offset + 24, what, 0));
        }
        if header.attribute_size < (MIN_LEN + 16) as u64 {
            return Err(Error::invalid(offset + 16, "header: attribute size below 80"));
        }
        self.begin(is_big);
        (self.data_end, self.is_file) = ((header.data.1 > 0).then_some(end), true);
        self.stage = Stage::Head(header);
        if start == size {
            self.stage = Stage::Magic;
            self.take_head(header, whole, offset, faults);
        }
        Ok(Framed::Control(len))
    }

    /// All that lies between the header and the records.
    fn head(
        &mut self,
        header: Header,
        input: &[u8],
        offset: u64,
        faults: &mut Faults,
    ) -> Result<Framed, Error> {
        let len = header.data.0 - offset;
        let Some(len) = usize::try_from(len).ok().filter(|len| *len <= self.limits.frame) else {
            return Err(Error::limit(offset, "max_frame", len));
        };
        let Some(head) = input.get(..len) else {
            return Ok(Framed::NeedMore(len - input.len()));
        };
        self.take_head(header, head, offset, faults);
        Ok(Framed::Control(len))
    }

    /// Takes in the attributes: from `head`, which is at `offset` and before the records, or from the
    /// index.
    fn take_head(&mut self, header: Header, head: &[u8], offset: u64, faults: &mut Faults) {
        self.enter_records(header);
        let index = self.index.clone();
        let place = |place: (u64, u64)| {
            let behind = || index.as_ref().and_then(|(at, index)| slice(index, *at, place));
            slice(head, offset, place).or_else(behind)
        };
        let table = place(header.attributes).unwrap_or_default();
        if table.is_empty() && header.attributes.1 > 0 {
            faults.push_hiding(Fault::damage(24, "attributes: not between header and records"));
        }
        let stride = usize::try_from(header.attribute_size).unwrap_or(usize::MAX);
        let mut at = header.attributes.0;
        for entry in table.chunks_exact(stride) {
            let (bytes, ids) = entry.split_at(stride - 16);
            let ids = Reader::new(ids, at, self.is_big);
            let ids_place = (ids.at_u64(0), ids.at_u64(8));
            let ids = place(ids_place).unwrap_or_default();
            if ids_place.1 > 0 && (ids.is_empty() || ids.len() % 8 != 0) {
                faults.push(Fault::damage(at, "ids: not between header and records"));
            }
            match Attribute::read(bytes, at, self.is_big) {
                Ok(attribute) => {
                    let ids = Reader::new(ids, ids_place.0, self.is_big).u64s();
                    self.add(attribute, ids, at, faults);
                }
                Err(fault) => faults.push_hiding(fault),
            }
            at += header.attribute_size;
        }
        self.read_index();
    }

    /// What is at a place, of what was read beforehand.
    fn indexed(&self, place: (u64, u64)) -> Option<&[u8]> {
        let (at, index) = self.index.as_ref()?;
        slice(index, *at, place)
    }

    /// Takes in the sections that were read beforehand. What is wrong with them is told when the
    /// stream comes to them.
    fn read_index(&mut self) {
        let Some((start, index)) = self.index.take() else {
            return;
        };
        let mut faults = Faults::default();
        let count: u32 = self.features.iter().map(|word| word.count_ones()).sum();
        let Some(table) = index.get(..16 * count as usize) else {
            return;
        };
        for section in self.listed(table, start, &mut faults) {
            let place = section.offset.checked_sub(start).zip(Some(section.size));
            let place = place.map(|(at, size)| (usize::try_from(at), usize::try_from(size)));
            let Some((Ok(at), Ok(size))) = place else {
                continue;
            };
            if size > self.limits.frame {
                continue;
            }
            if let Some(content) = index.get(at..).and_then(|rest| rest.get(..size)) {
                let content = Reader::new(content, section.offset, self.is_big);
                self.feature(section.feature, content, &mut faults);
            }
        }
    }

    fn enter_records(&mut self, header: Header) {
        self.features = header.table().map_or([0; 4], |_| header.features);
        self.stage = Stage::Records;
        self.tell_features();
    }

    /// The records end here.
    pub(crate) fn leave_records(&mut self) {
        self.stage = if self.features == [0; 4] { Stage::Rest } else { Stage::Table };
    }

    /// What is missing if the stream ends here, with `rest` that is less than a frame.
    pub(crate) fn end(&self, rest: &[u8], offset: u64) -> Option<Error> {
        let truncated = |what, declared| Some(Error::truncated(offset, what, declared));
        if offset < self.skip_end {
            return truncated("inside of what was passed over", 0);
        }
        match &self.stage {
            Stage::Magic => truncated("inside of its header", 0),
            Stage::Head(_) => truncated("before its attributes", 0),
            Stage::Records if !rest.is_empty() => {
                let size = Head::read(rest, 0, self.is_big).map_or(0, |head| head.size.into());
                truncated("inside of a record", size)
            }
            // A file whose header was never written anew, since its recording was killed; a pipe
            // just ends.
            Stage::Records => match (self.data_end, self.is_file) {
                (Some(end), _) if offset >= end && self.parts.iter().any(|len| *len > 0) => {
                    truncated("before its last file", 0)
                }
                (Some(end), _) if offset >= end && self.features == [0; 4] => None,
                (Some(end), _) if offset >= end => truncated("before its last section", 0),
                (None, false) => None,
                (None, true) => truncated("before its recording was finished", 0),
                (Some(_), _) => truncated("before the end of its records", 0),
            },
            Stage::Table | Stage::Sections(_) => truncated("before its last section", 0),
            Stage::Rest if self.parts.iter().any(|len| *len > 0) => {
                truncated("before its last file", 0)
            }
            Stage::Rest => None,
        }
    }
}

/// What is at a place, offset and size, in bytes that begin at `at`.
fn slice(bytes: &[u8], at: u64, (start, size): (u64, u64)) -> Option<&[u8]> {
    let start = usize::try_from(start.checked_sub(at)?).ok()?;
    bytes.get(start..start.checked_add(usize::try_from(size).ok()?)?)
}
