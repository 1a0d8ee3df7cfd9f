//! Where addresses are: for events of any format, as far as it tells.

use std::borrow::Cow;

use tracemill_engine::EventView;
use tracemill_perf::{Mapping, Processes, Record};

/// What is mapped where, by process and time, so that the addresses of events become places in
/// modules.
///
/// Show it all events in order, best by time, and ask it about each one before the next. A format that
/// does not tell what is mapped has addresses alone. Bounded.
///
/// ```
/// use tracemill::{Auto, Config, Modules, Order, Parser};
///
/// let mut config = Config::default();
/// config.order = Order::Time;
/// let mut parser = Parser::new(Auto::new(&config), &config);
/// let mut modules = Modules::new(100_000);
/// while let Some(batch) = parser.next_batch()? {
///     for event in &batch {
///         modules.take(event);
///         modules.frames(event, |frame| match frame.module {
///             Some(module) => println!("{}+{:#x}", module.name(), module.offset),
///             None => println!("{:#x}", frame.address),
///         });
///     }
/// }
/// # Ok::<(), tracemill::Error>(())
/// ```
#[derive(Debug)]
pub struct Modules {
    perf: Processes,
}

/// An address, and where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Frame<'a> {
    /// The address, as the event has it.
    pub address: u64,
    /// What is mapped there; `None` if that is not known.
    pub module: Option<Module<'a>>,
}

/// A module, and a place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Module<'a> {
    /// Its name as it stands in the trace: a path, or a name in brackets.
    pub name: &'a [u8],
    /// How far from the start of its file, or of the kernel's image.
    pub offset: u64,
    /// The build id of its file, if the trace tells it.
    pub build_id: Option<&'a [u8]>,
}

impl Module<'_> {
    /// Its name; what is not UTF-8 is replaced.
    pub fn name(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.name)
    }
}

impl Modules {
    /// Keeps at most `max` mappings of all processes together, some 200 bytes each; where there are
    /// more, the oldest process is forgotten.
    pub fn new(max: usize) -> Self {
        Self { perf: Processes::new(max) }
    }

    /// Takes in what an event says; most say nothing. O(log mappings) for one that does.
    #[inline]
    pub fn take(&mut self, view: EventView<'_>) {
        self.perf.take(view);
    }

    /// Calls `each` for every address of an event's stack, the innermost first; for the address that
    /// it happened at, if it has no stack, or one without entries, as where the user's stack itself was
    /// copied.
    pub fn frames<'a>(&'a self, view: EventView<'a>, mut each: impl FnMut(Frame<'a>)) {
        if Record::of(view).is_some() {
            if view.stack().is_none_or(<[u8]>::is_empty) {
                self.ip(view).into_iter().for_each(each);
                return;
            }
            self.perf.frames(view).for_each(|found| each(frame(found)));
            return;
        }
        let size = usize::from(view.state().trace.pointer_size.clamp(1, 8));
        for bytes in view.stack().unwrap_or_default().chunks_exact(size) {
            let mut address = [0; 8];
            if let Some(low) = address.get_mut(..size) {
                low.copy_from_slice(bytes);
            }
            each(Frame { address: u64::from_le_bytes(address), module: None });
        }
    }

    /// Where an event happened, if it tells.
    pub fn ip<'a>(&'a self, view: EventView<'a>) -> Option<Frame<'a>> {
        self.perf.ip(view).map(frame)
    }

    /// Whether an event has an address or a stack.
    pub fn has_frames(&self, view: EventView<'_>) -> bool {
        view.stack().is_some() || self.ip(view).is_some()
    }

    /// Processes forgotten because there were too many mappings.
    pub fn forgotten(&self) -> u64 {
        self.perf.forgotten()
    }
}

fn frame((address, place): (u64, Option<(&Mapping, u64)>)) -> Frame<'_> {
    let module = place.map(|(mapping, offset)| Module {
        name: mapping.name_bytes(),
        offset,
        build_id: mapping.build_id(),
    });
    Frame { address, module }
}
