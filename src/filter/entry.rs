//! What has been decided for a class.

use tracemill_engine::EventView;

use super::expr::Leaf;
use super::own;
use super::program::Decision;
use crate::ThreadNames;

/// What comes of a filter for the events of a class.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    verdict: Verdict,
    /// Elsewhere, since most events do not get that far: so that many verdicts are in few lines of the
    /// cache.
    decisions: Box<Decisions>,
}

#[derive(Clone, Debug)]
struct Decisions {
    /// For events without labels.
    plain: Decision,
    /// For events with labels that may say otherwise than the class; None if no labels matter.
    labelled: Option<Decision>,
}

/// What has been decided, in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// No event of the class is taken, whatever its labels.
    Never,
    /// All are, whatever their labels.
    Always,
    /// That depends.
    Test,
}

impl Entry {
    pub(super) fn new(plain: Decision, labelled: Option<Decision>) -> Self {
        let verdict = match (&plain, &labelled) {
            (Decision::Never, None | Some(Decision::Never)) => Verdict::Never,
            (Decision::Always, None | Some(Decision::Always)) => Verdict::Always,
            _ => Verdict::Test,
        };
        Self { verdict, decisions: Box::new(Decisions { plain, labelled }) }
    }

    /// Whether an event of the class is taken.
    #[inline]
    pub(super) fn takes(
        &self,
        leaves: &[Leaf],
        event: EventView<'_>,
        names: Option<&ThreadNames>,
    ) -> bool {
        match self.verdict {
            Verdict::Never => false,
            Verdict::Always => true,
            Verdict::Test => self.test(leaves, event, names),
        }
    }

    /// Looks at the event.
    #[inline(never)]
    fn test(&self, leaves: &[Leaf], event: EventView<'_>, names: Option<&ThreadNames>) -> bool {
        let Decisions { plain, labelled } = &*self.decisions;
        let labelled = labelled.as_ref().filter(|_| own::has_labels(event));
        match labelled.unwrap_or(plain) {
            Decision::Never => false,
            Decision::Always => true,
            Decision::Test(program) => program.holds(leaves, event, names),
        }
    }
}
