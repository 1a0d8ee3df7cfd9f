//! The fields of a kind of event against what `TraceEvent` reads of it.

use std::collections::BTreeSet;

use tracemill::Value;
use tracemill_test_support::row::{Row, text};

use super::golden::Kind;
use super::order::{Found, Hashed, find};
use super::ours::Event;
use super::sample;
use super::templates::{Differs, TEMPLATES, Template};

/// What of the templates was met: id, version, place among [`TEMPLATES`] and in their differences.
pub type Met = BTreeSet<(u32, u32, usize, usize)>;

/// What of the templates was not met, with its reason.
pub fn not_met(met: &Met) -> Vec<String> {
    let mut gone = Vec::new();
    for (place, template) in TEMPLATES.iter().enumerate() {
        let ids = template.ids.iter();
        for (id, version) in ids.flat_map(|id| template.versions.iter().map(move |of| (*id, *of))) {
            for (at, differs) in template.differs.iter().enumerate() {
                if !met.contains(&(id, version, place, at)) {
                    let Template { provider, reason, .. } = template;
                    gone.push(format!("{provider} {id} v{version}: {differs:?} ({reason})"));
                }
            }
        }
    }
    gone
}

/// Compares the events of a kind. `Err` says what differs and is not among the templates.
pub fn compare(kind: &Kind, ours: &[&Event], met: &mut Met) -> Result<Found, String> {
    let found = hash(kind, ours, |event| event.row().0.iter().flat_map(line).collect());
    if found == Found::AsTheyStand || found == Found::OtherTies {
        samples(kind, ours, None)?;
        return Ok(found);
    }
    let class = &ours[0].class;
    let id = class.event_id;
    let applies = |template: &Template| {
        template.provider == class.provider()
            && template.ids.contains(&id)
            && template.versions.contains(&kind.version)
    };
    let Some(place) = TEMPLATES.iter().position(applies) else {
        return if found == Found::Never { Err("values_hash".into()) } else { Ok(found) };
    };
    let (_, sample) = kind.samples().next().ok_or("no sample")?;
    let names: Vec<&str> = sample.fields.0.iter().map(|(name, _)| &**name).collect();
    let mut adapter = Adapter { template: &TEMPLATES[place], used: BTreeSet::new() };
    adapter.check_names(&names, &ours[0].row())?;
    let found = hash(kind, ours, |event| {
        let row = event.row();
        names
            .iter()
            .flat_map(|name| format!("{name}={}\n", adapter.text(name, &row)).into_bytes())
            .collect()
    });
    samples(kind, ours, Some(&mut adapter))?;
    let guessed =
        adapter.template.differs.iter().any(|differs| matches!(differs, Differs::Wrong(_)));
    met.extend(adapter.used.into_iter().map(|at| (id, kind.version, place, at)));
    match found {
        Found::Never if guessed => Ok(Found::AsTheyStand),
        Found::Never => Err("values_hash, even with what is known to differ".into()),
        _ => Ok(found),
    }
}

fn line((name, value): &(&str, Value<'_>)) -> Vec<u8> {
    format!("{name}={}\n", text(*value)).into_bytes()
}

fn hash(kind: &Kind, ours: &[&Event], mut lines: impl FnMut(&Event) -> Vec<u8>) -> Found {
    let hashed = ours.iter().map(|event| {
        let bytes = lines(event);
        Hashed { ticks: event.ticks, capture_thread: event.capture_thread, bytes }
    });
    find(&hashed.collect::<Vec<_>>(), &kind.values_hash)
}

/// The fields of the samples. Where the templates are the same, names and their order are, too.
fn samples(kind: &Kind, ours: &[&Event], mut adapter: Option<&mut Adapter>) -> Result<(), String> {
    for (at, sample) in kind.samples() {
        let row = ours[at].row();
        if adapter.is_none() && row.0.len() != sample.fields.0.len() {
            return Err(format!("sample {at}: {} fields", row.0.len()));
        }
        for (place, (name, theirs)) in sample.fields.0.iter().enumerate() {
            let agrees = match &mut adapter {
                Some(adapter) => adapter.agrees(name, theirs, &row),
                None => row.0[place].0 == name && sample::agrees(theirs, row.0[place].1),
            };
            if !agrees {
                return Err(format!("sample {at}: {name} is {theirs} there"));
            }
        }
    }
    Ok(())
}

/// Turns our fields into those that `TraceEvent` shows.
struct Adapter {
    template: &'static Template,
    used: BTreeSet<usize>,
}

impl Adapter {
    fn differs(&mut self, which: impl Fn(&Differs) -> bool) -> Option<Differs> {
        let at = self.template.differs.iter().position(which)?;
        self.used.insert(at);
        Some(self.template.differs[at])
    }

    /// Which of our fields stands behind a name of theirs, if it is one of ours as it is.
    fn source<'n>(&mut self, name: &'n str) -> &'n str {
        let renamed = |differs: &Differs| matches!(differs, Differs::Renamed(_, to) if *to == name);
        match self.differs(renamed) {
            Some(Differs::Renamed(from, _)) => from,
            _ => name,
        }
    }

    fn check_names(&mut self, theirs: &[&str], ours: &Row<'_>) -> Result<(), String> {
        let sources: Vec<&str> = theirs.iter().map(|name| self.source(name)).collect();
        for (name, _) in &ours.0 {
            let left_out =
                |differs: &Differs| matches!(differs, Differs::LeftOut(out) if out == name);
            if !sources.contains(name) && self.differs(left_out).is_none() {
                return Err(format!("{name} is not there"));
            }
        }
        let ours = ours.0.iter().map(|(name, _)| *name);
        let places: Vec<_> =
            sources.iter().filter_map(|name| ours.clone().position(|own| own == *name)).collect();
        if !places.is_sorted()
            && self.differs(|differs| matches!(differs, Differs::Order)).is_none()
        {
            return Err(format!("the order is {theirs:?}"));
        }
        Ok(())
    }

    /// What they show under a name. What they make of fields counts as met where it is not ours.
    fn text(&mut self, name: &str, row: &Row<'_>) -> String {
        let own = row.get(self.source(name)).map(text);
        let made = self.template.differs.iter().position(
            |differs| matches!(differs, Differs::Made(of, _) | Differs::Wrong(of) if *of == name),
        );
        let Some((at, differs)) = made.map(|at| (at, self.template.differs[at])) else {
            return own.unwrap_or_else(|| "not among our fields".into());
        };
        let Differs::Made(_, make) = differs else {
            return String::new();
        };
        let made = make(row);
        if own.as_ref() != Some(&made) {
            self.used.insert(at);
        }
        made
    }

    fn agrees(&mut self, name: &str, theirs: &serde_json::Value, row: &Row<'_>) -> bool {
        let is_own = row.get(self.source(name));
        if is_own.is_some_and(|own| sample::agrees(theirs, own)) {
            return true;
        }
        let wrong = |differs: &Differs| matches!(differs, Differs::Wrong(of) if *of == name);
        self.differs(wrong).is_some() || sample::text(theirs) == self.text(name, row)
    }
}
