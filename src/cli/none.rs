//! What to say where filters took no event: which name nothing in the trace has, or that none fits all.

use tracemill::{EventClass, Format, Glob};

use super::args::Filters;
use super::pump::Pass;
use super::text;

/// Names that are listed.
const LISTED: usize = 8;

/// Why `filters` took none of the events, as far as names tell it.
pub(crate) fn why(filters: &Filters, pass: &Pass) -> String {
    let classes = || pass.parser.format().state().classes.iter();
    let (providers, events) = (globs(&filters.provider), globs(&filters.event));
    let is_of = |class: &EventClass| {
        providers.is_empty() || providers.iter().any(|glob| glob.fits_name(class.provider()))
    };
    if !classes().any(is_of) {
        let there = listed(classes().map(EventClass::provider));
        return format!("no event is of provider {}{there}", joined(&filters.provider));
    }
    let is_named = |class: &EventClass| {
        let names = || [class.name(), class.display_name()].into_iter();
        let has_number = |text: &String| text.parse() == Ok(class.event_id);
        let whole = |name| format!("{}:{name}", class.provider());
        let fits = |glob: &Glob, name| glob.fits_name(name) || glob.fits_name(&whole(name));
        events.iter().any(|glob| names().any(|name| fits(glob, name)))
            || filters.event.iter().any(has_number)
    };
    // The runtime's events have titles as well, as GC/Start, which nobody here knows.
    let is_title = filters.event.iter().any(|name| name.contains('/'));
    if !events.is_empty() && !is_title && !classes().filter(|class| is_of(class)).any(is_named) {
        let there = listed(classes().filter(|class| is_of(class)).map(EventClass::display_name));
        let wanted = joined(&filters.event);
        return format!("no event is named {wanted}{there}");
    }
    let count = text::counted(pass.stats.events, "event", "events");
    format!("none of the {count} passes the filters")
}

fn globs(names: &[String]) -> Vec<Glob> {
    names.iter().map(|name| Glob::of_names(name)).collect()
}

fn joined(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| text::escaped(name)).collect();
    names.join(" or ")
}

/// Some of the names that there are.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut some: Vec<&str> = Vec::new();
    for name in names.filter(|name| !name.is_empty()) {
        if some.contains(&name) {
            continue;
        }
        if some.len() == LISTED {
            some.push("...");
            break;
        }
        some.push(name);
    }
    if some.is_empty() {
        return String::new();
    }
    let some: Vec<_> = some.into_iter().map(text::escaped).collect();
    format!("; there are {}", some.join(", "))
}
