//! Which events are taken. What depends on the class alone is decided once for each class.

use std::ops::Range;

use tracemill::{Clock, EventClass, EventView, State};

use super::args::Filters;
use super::glob::Glob;
use super::time::TimeRange;

/// The filters of the command line.
pub(crate) struct Filter {
    providers: Vec<Glob>,
    events: Vec<EventName>,
    threads: Vec<u64>,
    processes: Vec<u64>,
    time: Option<TimeRange>,
    /// `time` in ticks, for the clock it was made for.
    ticks: Range<i128>,
    clock: Option<Clock>,
}

/// An event by name, or by number within its provider.
enum EventName {
    Glob(Glob),
    Id(u32),
}

impl Filter {
    pub(crate) fn new(filters: &Filters) -> Self {
        let event = |text: &String| {
            let id = text.strip_prefix('#').unwrap_or(text).parse::<u32>();
            id.map_or_else(|_| EventName::Glob(Glob::new(text)), EventName::Id)
        };
        Self {
            providers: filters.provider.iter().map(|text| Glob::new(text)).collect(),
            events: filters.event.iter().map(event).collect(),
            threads: filters.tid.clone(),
            processes: filters.pid.clone(),
            time: filters.time,
            ticks: i128::MIN..i128::MAX,
            clock: None,
        }
    }

    /// To be called before the events of each batch. Whether the clock tells enough to filter by
    /// time; if not, no event is taken.
    pub(crate) fn begin_batch(&mut self, state: &State) -> bool {
        let Some(time) = &self.time else {
            return true;
        };
        if self.clock != Some(state.clock) {
            self.clock = Some(state.clock);
            self.ticks = time.ticks(&state.clock).unwrap_or(0..0);
        }
        !self.ticks.is_empty() || time.ticks(&state.clock).is_some()
    }

    /// Whether events of this class may be taken; `None` is a class that is not known.
    pub(crate) fn class(&self, class: Option<&EventClass>) -> bool {
        let provider = self.providers.is_empty()
            || class.is_some_and(|class| {
                self.providers.iter().any(|glob| glob.matches(class.provider()))
            });
        let event = self.events.is_empty()
            || class.is_some_and(|class| {
                self.events.iter().any(|event| match event {
                    EventName::Glob(glob) => glob.matches(class.display_name()),
                    EventName::Id(id) => *id == class.event_id,
                })
            });
        provider && event
    }

    /// Whether an event is taken, if its class is.
    #[inline]
    pub(crate) fn event(&self, event: EventView<'_>) -> bool {
        (self.time.is_none() || self.is_in_time(event))
            && (self.threads.is_empty() && self.processes.is_empty() || self.is_of_thread(event))
    }

    fn is_in_time(&self, event: EventView<'_>) -> bool {
        let origin = event.state().clock.origin_ticks;
        self.ticks.contains(&i128::from(event.ticks().wrapping_sub(origin).cast_signed()))
    }

    fn is_of_thread(&self, event: EventView<'_>) -> bool {
        let thread = event.thread().unwrap_or_default();
        let fits = |wanted: &[u64], id: Option<u64>| {
            wanted.is_empty() || id.is_some_and(|id| wanted.contains(&id))
        };
        fits(&self.threads, thread.id) && fits(&self.processes, thread.process_id)
    }
}
