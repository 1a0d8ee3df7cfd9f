//! Records of tools that change the state (specification sections 3.5 and 9).

use tracemill_engine::{Fault, Faults};

use crate::attribute::{Attribute, MIN_LEN};
use crate::build_ids;
use crate::frame::Perf;
use crate::kinds::kind;
use crate::wire::{Head, Reader, text};

impl Perf {
    /// Takes in a record of a tool whose body is at `offset`. It is in the stream's own byte order.
    pub(crate) fn tool(&mut self, head: Head, body: &[u8], offset: u64, faults: &mut Faults) {
        let mut reader = Reader::new(body, offset, self.is_big);
        let result = match head.kind {
            kind::ATTR => self.header_attribute(reader, faults),
            kind::EVENT_UPDATE => self.update(reader),
            kind::BUILD_ID => build_ids::read(head.misc, reader, false)
                .map(|listed| self.list_build_id(listed, offset, faults)),
            kind::ID_INDEX => self.id_index(reader, faults),
            kind::FEATURE => {
                let feature = reader.u64("FEATURE: too short");
                feature.map(|feature| self.feature(feature, reader, faults))
            }
            _ => Ok(()),
        };
        if let Err(fault) = result {
            faults.push(fault);
        }
    }

    fn header_attribute(&mut self, reader: Reader<'_>, faults: &mut Faults) -> Result<(), Fault> {
        let what = "ATTR: too short";
        let mut size = reader;
        size.u32(what)?;
        let declared = (size.u32(what)? as usize).max(MIN_LEN);
        let mut rest = reader;
        let bytes = rest.take(declared, what)?;
        let attribute = Attribute::read(bytes, reader.offset, self.is_big)?;
        self.add(attribute, rest.u64s(), reader.offset, faults);
        Ok(())
    }

    fn update(&mut self, mut reader: Reader<'_>) -> Result<(), Fault> {
        let what = "EVENT_UPDATE: too short";
        let (of, id) = (reader.u64(what)?, reader.u64(what)?);
        let index = self.view().ids.get(id).copied();
        if let Some(index) = index.filter(|_| of == NAME) {
            let name = String::from_utf8_lossy(text(reader.bytes)).into_owned();
            self.name(index as usize, &name);
        }
        Ok(())
    }

    fn id_index(&mut self, mut reader: Reader<'_>, faults: &mut Faults) -> Result<(), Fault> {
        let what = "ID_INDEX: runs past its end";
        let (nr, max) = (reader.u64(what)?, self.limits.ids);
        let cpus = &mut self.change().cpus;
        for _ in 0..nr {
            let id = reader.u64(what)?;
            let _index = reader.u64(what)?;
            let cpu = u32::try_from(reader.u64(what)?);
            let _thread = reader.u64(what)?;
            if cpus.len() >= max {
                faults.push(Fault::limit(reader.offset, "max_stack_bytes"));
                break;
            }
            if let Ok(cpu) = cpu {
                cpus.insert(id, cpu);
            }
        }
        Ok(())
    }

    /// Takes in descriptions of tracepoints.
    pub(crate) fn tracing_data(&mut self, data: &[u8], offset: u64, faults: &mut Faults) {
        if let Err(fault) = self.tracepoints.read(data, offset) {
            faults.push(fault);
        }
        for index in 0..self.attributes().len() {
            if self.attributes().get(index).is_some_and(Attribute::is_tracepoint) {
                self.define(index);
            }
        }
    }
}

/// What an `EVENT_UPDATE` tells.
const NAME: u64 = 2;
