//! What to say where filters took no event: which name nothing in the trace has, or that none fits all.

use tracemill::{EventClass, Filter, Format};

use super::args::Filters;
use super::pump::Pass;
use super::text;

/// Names that are listed.
const LISTED: usize = 8;

/// Why `filter`, made of `filters`, took none of the events, as far as names tell it.
pub(crate) fn why(filter: &Filter, filters: &Filters, pass: &Pass) -> String {
    let classes = || pass.parser.format().state().classes.iter();
    let of_providers = || classes().filter(|class| filter.takes_provider(class));
    if of_providers().next().is_none() {
        let there = listed(classes().map(EventClass::provider));
        return format!("no event is of provider {}{there}", joined(&filters.provider));
    }
    if !of_providers().any(|class| filter.takes_name(class)) {
        let there = listed(of_providers().map(EventClass::display_name));
        return format!("no event is named {}{there}", joined(&filters.event));
    }
    let count = text::counted(pass.stats.events, "event", "events");
    format!("none of the {count} passes the filters")
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
