//! Events of `Universal.Events`: samples, as of processor time and of page faults.
//!
//! They are numbered as they were registered, and the stream describes them: what a sample is of
//! tells the [name](tracemill_engine::EventClass::name) of its class.

use tracemill_engine::{EventView, Field, Layout, Type};

use crate::schema::field;
use crate::{typed, views};

/// A sample, whatever it is of.
#[derive(Clone, Copy, Debug)]
pub struct Sample;

impl Sample {
    /// A view of an event, if it is a sample of this provider. O(name of the provider).
    #[inline]
    pub fn of(event: EventView<'_>) -> Option<views::Sample<'_>> {
        let class = event.class().filter(|class| class.provider() == "Universal.Events")?;
        if !typed::is_same(class.layout(), &LAYOUT) {
            return None;
        }
        views::Sample::read(event.payload(), event.state().trace.pointer_size)
    }
}

static LAYOUT: Layout = Layout::of(&FIELDS, &[Type::VarUInt], 1);

static FIELDS: [Field; 1] = [field("Value", 0)];
