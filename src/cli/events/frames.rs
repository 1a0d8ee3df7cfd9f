//! Addresses as places in modules:
//!
//! ```text
//! frames = [ frame *( ";" frame ) ]              ; the innermost first
//! frame  = name "+0x" offset | "0x" address      ; the address where no module is known
//! ```

use std::cell::RefCell;
use std::io::Write;

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use tracemill::{EventView, Frame, Modules, utf8};

use crate::cli::json::Int;
use crate::cli::text;

/// The frames of one event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frames<'a> {
    pub modules: &'a Modules,
    pub view: EventView<'a>,
}

impl Frames<'_> {
    /// Appends them on one line.
    pub(super) fn write(self, out: &mut Vec<u8>) {
        let mut is_first = true;
        self.modules.frames(self.view, |frame| {
            if !std::mem::take(&mut is_first) {
                out.push(b';');
            }
            write(out, &frame);
        });
    }
}

/// Appends one.
pub(super) fn write(out: &mut Vec<u8>, frame: &Frame<'_>) {
    // Writing to memory does not fail.
    let _ = match frame.module {
        Some(module) => {
            text::chars(out, utf8(module.name));
            write!(out, "+{:#x}", module.offset)
        }
        None => write!(out, "{:#x}", frame.address),
    };
}

impl Serialize for Frames<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let list = RefCell::new(Ok(serializer.serialize_seq(None)?));
        self.modules.frames(self.view, |frame| {
            let mut list = list.borrow_mut();
            if let Ok(open) = &mut *list
                && let Err(error) = open.serialize_element(&Json(frame))
            {
                *list = Err(error);
            }
        });
        list.into_inner()?.end()
    }
}

/// One as an object.
pub(super) struct Json<'a>(pub Frame<'a>);

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("address", &Int::from(self.0.address))?;
        if let Some(module) = self.0.module {
            map.serialize_entry("module", &module.name())?;
            map.serialize_entry("offset", &Int::from(module.offset))?;
            if let Some(id) = module.build_id {
                map.serialize_entry("build_id", &text::collect(|out| text::hex(out, id)))?;
            }
        }
        map.end()
    }
}
