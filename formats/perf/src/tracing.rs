//! Descriptions of tracepoints: the text files of the kernel's tracing folder, in one blob
//! (specification section 6).

use std::collections::HashMap;
use std::sync::Arc;

use tracemill_engine::{Fault, Layout};

use crate::describe;
use crate::wire::Reader;

/// The tracepoints that are described, by id.
#[derive(Debug)]
pub(crate) struct Tracepoints {
    known: HashMap<u64, Arc<Tracepoint>>,
    max: usize,
    /// Bytes that their layouts may still take.
    room: usize,
}

/// A tracepoint.
#[derive(Debug)]
pub(crate) struct Tracepoint {
    pub system: Box<str>,
    pub name: Box<str>,
    pub layout: Layout,
}

impl Tracepoint {
    /// Whether its events describe themselves.
    pub(crate) fn is_event_header(&self) -> bool {
        let first = self.layout.fields().iter().find(|field| !field.name.is_empty());
        first.is_some_and(|field| field.name == "eventheader_flags")
    }
}

/// Bytes of a system's name.
const MAX_NAME: usize = 4 << 10;

impl Tracepoints {
    /// At most `max` of them, with layouts of together `room` bytes.
    pub(crate) fn new(max: usize, room: usize) -> Self {
        Self { known: HashMap::new(), max, room }
    }

    pub(crate) fn get(&self, id: u64) -> Option<&Arc<Tracepoint>> {
        self.known.get(&id)
    }

    /// Takes in a blob.
    ///
    /// # Errors
    /// It is ill-formed; what comes before is kept.
    pub(crate) fn read(&mut self, blob: &[u8], offset: u64) -> Result<(), Fault> {
        let what = "tracing data: runs past its end";
        let mut reader = Reader::new(blob, offset, false);
        if reader.take(MAGIC.len(), what)? != MAGIC {
            return Err(Fault::damage(offset, "tracing data: no magic"));
        }
        let _version = reader.text_z(what)?;
        reader.is_big = reader.take(1, what)? != [0];
        let _long_size = reader.take(1, what)?;
        let _page_size = reader.u32(what)?;
        for _ in ["header_page", "header_event"] {
            let _name = reader.text_z(what)?;
            sized(&mut reader)?;
        }
        for _ in 0..reader.u32(what)? {
            sized(&mut reader)?;
        }
        for _ in 0..reader.u32(what)? {
            let system = reader.text_z(what)?;
            let is_name = system.len() <= MAX_NAME;
            for _ in 0..reader.u32(what)? {
                let start = reader.offset;
                let text = sized(&mut reader)?;
                if is_name {
                    self.add(system, text, start)?;
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, system: &[u8], text: &[u8], offset: u64) -> Result<(), Fault> {
        let text = String::from_utf8_lossy(text);
        let Some(described) = describe::tracepoint(&text) else {
            return Err(Fault::damage(offset, "tracing data: ill-formed description"));
        };
        let system = String::from_utf8_lossy(system).into();
        let bytes = described.layout.bytes() + described.name.len();
        if self.known.len() >= self.max || bytes > self.room {
            return Err(Fault::limit(offset, "max_strings"));
        }
        self.room -= bytes;
        let (id, name, layout) = (described.id, described.name, described.layout);
        let old = self.known.insert(id, Arc::new(Tracepoint { system, name, layout }));
        self.room += old.map_or(0, |old| old.layout.bytes() + old.name.len());
        Ok(())
    }
}

const MAGIC: &[u8; 10] = b"\x17\x08\x44tracing";

/// Bytes behind their number.
fn sized<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], Fault> {
    let what = "tracing data: runs past its end";
    let len = usize::try_from(reader.u64(what)?).unwrap_or(usize::MAX);
    reader.take(len, what)
}
