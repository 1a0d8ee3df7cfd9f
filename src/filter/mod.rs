//! Which events are wanted, decided once for each class as far as that goes.

mod entry;
mod error;
mod expr;
mod kind;
mod number;
mod own;
mod parser;
mod place;
mod program;
mod scan;
mod spec;
mod test;
#[cfg(test)]
mod tests;
mod text;
mod time;

use std::sync::Arc;

use tracemill_engine::{ClassMap, EventClass, EventView};

use crate::ThreadNames;

use entry::Entry;
pub use error::FilterError;
use expr::{Expr, Leaf, Subject};
pub use kind::Mismatch;
use number::Number;
use own::Own;
use program::{Decision, Maker, Met};
pub use spec::FilterSpec;
use test::{Literal, Relation, Test};
pub use text::Glob;
use time::Window;
pub use time::{Instant, TimeRange};

#[doc = include_str!("language.md")]
#[derive(Clone, Debug)]
pub struct Filter {
    rules: Arc<Rules>,
    by: By,
    /// Whether anything depends on what labels may say.
    by_labels: bool,
    window: Option<Window>,
    decided: Decided,
    /// For events whose class is not known.
    undescribed: Entry,
    /// Of each comparison, what classes had to say.
    met: Box<[Met]>,
    /// If a condition asks for them.
    names: Option<Box<ThreadNames>>,
}

/// What decides.
#[derive(Clone, Copy, Debug)]
enum By {
    /// The class and its conditions, and nothing else.
    Class,
    /// Them, or thread, process and time, or both or none; and names of threads may be asked for.
    Parts { class: bool, event: bool },
}

/// Names of threads that are followed.
const MAX_NAMES: usize = 1 << 14;

/// What came of it for each class.
#[derive(Clone, Debug)]
struct Decided {
    entries: ClassMap<Entry>,
    /// Whether for a stream whose events may have labels.
    labels: bool,
}

/// What was asked for, made ready.
#[derive(Debug)]
struct Rules {
    providers: Vec<Glob>,
    events: Vec<EventName>,
    threads: Vec<u64>,
    processes: Vec<u64>,
    condition: Expr,
    leaves: Vec<Leaf>,
}

/// An event by name, or by number within its provider.
#[derive(Debug)]
enum EventName {
    Glob(Glob),
    /// With a colon in it: perhaps the provider before the event.
    Full(Glob),
    Id(u32),
}

impl Filter {
    /// Makes a filter.
    ///
    /// # Errors
    /// A condition cannot be read; the error says where and why.
    pub fn new(spec: &FilterSpec) -> Result<Self, FilterError> {
        let mut leaves = Vec::new();
        let mut conditions = Vec::new();
        for condition in &spec.conditions {
            conditions.push(parser::parse(condition, &mut leaves)?);
        }
        let level = spec.level.map(|level| {
            let level = Literal::Number(Number::Int(level.into()));
            (Own::Level, Test::Is(Relation::LessOrEqual, level))
        });
        let keywords = spec.keywords.map(|mask| (Own::Keywords, Test::Bits(mask)));
        for (own, test) in [level, keywords].into_iter().flatten() {
            conditions.push(Expr::Leaf(leaves.len()));
            leaves.push(Leaf { subject: Subject::Own(own), test });
        }
        let rules = Rules {
            providers: spec.providers.iter().map(|name| Glob::of_names(name)).collect(),
            events: spec.events.iter().map(|name| EventName::new(name)).collect(),
            threads: spec.threads.clone(),
            processes: spec.processes.clone(),
            condition: Expr::All(conditions),
            leaves,
        };
        let is_named = !(rules.providers.is_empty() && rules.events.is_empty());
        let is_by_labels =
            |leaf: &Leaf| matches!(leaf.subject, Subject::Own(own) if own.may_be_labelled());
        let by_labels = rules.leaves.iter().any(is_by_labels);
        let is_name = |leaf: &Leaf| matches!(leaf.subject, Subject::Own(Own::ThreadName));
        let asks_names = rules.leaves.iter().any(is_name);
        let mut met: Box<[Met]> = vec![Met::No; rules.leaves.len()].into();
        let by_class = is_named || !rules.leaves.is_empty();
        let by_event =
            !(rules.threads.is_empty() && rules.processes.is_empty()) || spec.time.is_some();
        Ok(Self {
            by: match (by_class, by_event) {
                (true, false) if !asks_names => By::Class,
                (class, event) => By::Parts { class, event },
            },
            by_labels,
            window: spec.time.map(Window::new),
            decided: Decided { entries: ClassMap::new(), labels: by_labels },
            undescribed: rules.decide(None, by_labels, &mut met),
            met,
            names: asks_names.then(|| Box::new(ThreadNames::new(MAX_NAMES))),
            rules: Arc::new(rules),
        })
    }

    /// Whether an event is wanted. Of a class that was met before this takes a nanosecond or two,
    /// unless the event has to be looked at; of a new one a microsecond. Allocates for new classes
    /// only.
    #[inline]
    pub fn takes(&mut self, event: EventView<'_>) -> bool {
        let By::Parts { class: by_class, event: by_event } = self.by else {
            return self.takes_class(event);
        };
        if let Some(names) = &mut self.names {
            names.take(event);
        }
        (!by_class || self.takes_class(event)) && (!by_event || self.takes_rest(event))
    }

    /// The fields of the conditions, as they stand there, that no class has had so far.
    pub fn fields_not_met(&self) -> impl Iterator<Item = &str> {
        self.rules.leaves.iter().enumerate().filter_map(|(at, leaf)| {
            let Subject::Field(path) = &leaf.subject else {
                return None;
            };
            // A field that is named twice is told of once.
            let is_it =
                |leaf: &&Leaf| matches!(&leaf.subject, Subject::Field(other) if other == path);
            let is_first = !self.rules.leaves.iter().take(at).any(|leaf| is_it(&leaf));
            let is_met = self.met.get(at).is_some_and(|met| *met != Met::No);
            (is_first && !is_met).then_some(&*path.text)
        })
    }

    /// The comparisons that can hold of no class so far that has what they compare: text that is
    /// compared with a number, or with a name that no value has.
    pub fn mismatches(&self) -> impl Iterator<Item = Mismatch<'_>> {
        self.rules.leaves.iter().zip(&self.met).filter_map(|(leaf, met)| {
            let Met::Never(kind, map) = *met else {
                return None;
            };
            Some(Mismatch { subject: leaf.subject.text(), kind, map })
        })
    }

    /// Whether the provider of a class is one that is wanted; of any, where none are named.
    pub fn takes_provider(&self, class: &EventClass) -> bool {
        self.rules.has_provider(class)
    }

    /// Whether the event of a class is one that is wanted, by name or number, whoever its provider is;
    /// any, where none are named.
    pub fn takes_name(&self, class: &EventClass) -> bool {
        self.rules.has_name(class)
    }

    /// If the range of time lies before or behind all events that were looked at: the first and the
    /// last time of these, in nanoseconds as events have them.
    pub fn time_missed(&self) -> Option<(i64, i64)> {
        self.window.as_ref().and_then(Window::missed)
    }

    /// Whether events were not taken because their clock does not tell enough for a range of time.
    pub fn lacks_clock(&self) -> bool {
        self.window.as_ref().is_some_and(|window| window.lacks_clock)
    }

    #[inline]
    fn takes_class(&mut self, event: EventView<'_>) -> bool {
        match self.decided.entries.peek(event) {
            Some(entry) => entry.takes(&self.rules.leaves, event, self.names.as_deref()),
            None => self.decide(event),
        }
    }

    /// The same for a class that has to be looked for, or is new, or is not known.
    #[cold]
    #[inline(never)]
    fn decide(&mut self, event: EventView<'_>) -> bool {
        let (rules, met) = (&self.rules, &mut self.met);
        let labelled = self.by_labels && own::may_have_labels(event);
        if labelled != self.decided.labels {
            // Another stream, for which other things were left out.
            self.decided.entries.clear();
            self.decided.labels = labelled;
        }
        let entry =
            self.decided.entries.get(event, |class| rules.decide(Some(class), labelled, met));
        let entry = entry.map_or(&self.undescribed, |entry| entry);
        entry.takes(&rules.leaves, event, self.names.as_deref())
    }

    #[inline]
    fn takes_rest(&mut self, event: EventView<'_>) -> bool {
        self.window.as_mut().is_none_or(|window| window.has(event)) && self.rules.thread(event)
    }
}

impl Rules {
    /// What the class decides. `labelled`: labels of its events may say otherwise.
    fn decide(&self, class: Option<&EventClass>, labelled: bool, met: &mut [Met]) -> Entry {
        let is_named = self.is_named(class);
        let leaves = &self.leaves;
        let mut make = |labelled| {
            let decision = Maker { leaves, class, labelled, met }.make(&self.condition);
            if is_named { decision } else { Decision::Never }
        };
        let plain = make(false);
        Entry::new(plain, labelled.then(|| make(true)))
    }

    fn is_named(&self, class: Option<&EventClass>) -> bool {
        let Some(class) = class else {
            return self.providers.is_empty() && self.events.is_empty();
        };
        self.has_provider(class) && self.has_name(class)
    }

    fn has_provider(&self, class: &EventClass) -> bool {
        self.providers.is_empty()
            || self.providers.iter().any(|glob| glob.fits_name(class.provider()))
    }

    fn has_name(&self, class: &EventClass) -> bool {
        self.events.is_empty()
            || self.events.iter().any(|event| match event {
                EventName::Glob(glob) => place::names(class).any(|name| glob.fits_name(name)),
                EventName::Full(glob) => place::names(class).any(|name| {
                    glob.fits_name(name) || glob.fits_name(&format!("{}:{name}", class.provider()))
                }),
                EventName::Id(id) => *id == class.event_id,
            })
    }

    fn thread(&self, event: EventView<'_>) -> bool {
        if self.threads.is_empty() && self.processes.is_empty() {
            return true;
        }
        let thread = event.thread().unwrap_or_default();
        let fits = |wanted: &[u64], id: Option<u64>| {
            wanted.is_empty() || id.is_some_and(|id| wanted.contains(&id))
        };
        fits(&self.threads, thread.id) && fits(&self.processes, thread.process_id)
    }
}

impl EventName {
    fn new(text: &str) -> Self {
        let id = text.strip_prefix('#').unwrap_or(text).parse::<u32>();
        let glob = || Glob::of_names(text);
        let named = |_| if text.contains(':') { Self::Full(glob()) } else { Self::Glob(glob()) };
        id.map_or_else(named, Self::Id)
    }
}
