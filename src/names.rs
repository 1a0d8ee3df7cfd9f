//! What threads are called: for events of any format, as far as it tells.

use tracemill_engine::EventView;
use tracemill_perf as perf;

/// The names of threads, where a format tells them in events (perf) or with its threads (nettrace).
///
/// Show it all events in order, best by time, and ask it about each one before the next. Bounded.
///
/// ```
/// use tracemill::{Auto, Config, Order, Parser, ThreadNames};
///
/// let mut config = Config::default();
/// config.order = Order::Time;
/// let mut parser = Parser::new(Auto::new(&config), &config);
/// let mut names = ThreadNames::new(10_000);
/// while let Some(batch) = parser.next_batch()? {
///     for event in &batch {
///         names.take(event);
///         println!("{:?}", names.of(event).map(String::from_utf8_lossy));
///     }
/// }
/// # Ok::<(), tracemill::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ThreadNames {
    perf: perf::ThreadNames,
}

impl ThreadNames {
    /// Keeps at most `max` names, some 200 bytes each; where there are more, the oldest is forgotten.
    pub fn new(max: usize) -> Self {
        Self { perf: perf::ThreadNames::new(max) }
    }

    /// Takes in what an event says; most say nothing. Constant time.
    #[inline]
    pub fn take(&mut self, view: EventView<'_>) {
        self.perf.take(view);
    }

    /// The name of an event's thread, as on the wire; `None` if it has none.
    pub fn of<'a>(&'a self, view: EventView<'a>) -> Option<&'a [u8]> {
        let own = view.thread().map(|thread| thread.name).filter(|name| !name.is_empty());
        own.or_else(|| self.perf.of(view))
    }

    /// The name of a thread of a process that events have told.
    pub fn told(&self, process: u64, thread: u64) -> Option<&[u8]> {
        self.perf.get(process << 32 | thread)
    }
}
