//! The filters of the command line.

use tracemill::{Filter, FilterSpec};

use super::args::{Filters, usage_error};
use super::console::Console;
use super::end::End;
use super::none;
use super::pump::Pass;
use super::text;

impl Filters {
    /// The filter they make. What is wrong with them ends the program.
    pub(crate) fn filter(&self) -> Filter {
        let keywords = self.keyword.iter().copied().reduce(|all, mask| all | mask);
        let mut spec = FilterSpec::default();
        spec.providers.clone_from(&self.provider);
        spec.events.clone_from(&self.event);
        (spec.level, spec.keywords, spec.time) = (self.level, keywords, self.time);
        spec.processes.clone_from(&self.pid);
        spec.threads.clone_from(&self.tid);
        spec.conditions.clone_from(&self.condition);
        Filter::new(&spec).unwrap_or_else(|error| {
            usage_error(&format!("invalid value for '--where <EXPR>': {error}"))
        })
    }

    /// Whether there are any.
    pub(crate) fn is_given(&self) -> bool {
        !(self.provider.is_empty()
            && self.event.is_empty()
            && self.keyword.is_empty()
            && self.pid.is_empty()
            && self.tid.is_empty()
            && self.condition.is_empty()
            && self.level.is_none()
            && self.time.is_none())
    }
}

/// Says why a filter may have taken less than was meant. `took_any`: whether it took an event at all.
pub(crate) fn remarks(
    filter: &Filter,
    filters: &Filters,
    took_any: bool,
    pass: &Pass,
    console: &Console,
) {
    let mut is_told = filter.lacks_clock();
    if filter.lacks_clock() {
        let message = "its clock does not tell enough for --time; no event taken";
        console.remark(&pass.name, message);
    }
    if !pass.is_known() || pass.end == End::Stopped {
        return;
    }
    if let Some((first, last)) = filter.time_missed().filter(|_| !filter.lacks_clock()) {
        is_told = true;
        let [first, last] = [first, last].map(|ns| text::span(Some(ns)));
        let message = format!("no event is within --time; they are from {first} to {last}");
        console.remark(&pass.name, &message);
    }
    for field in filter.fields_not_met() {
        is_told = true;
        let message = format!("no event has a field named {}", text::escaped(field));
        console.remark(&pass.name, &message);
    }
    for mismatch in filter.mismatches() {
        is_told = true;
        console.remark(&pass.name, &format!("--where: {mismatch}"));
    }
    if !is_told && !took_any && filters.is_given() && pass.stats.events > 0 {
        console.remark(&pass.name, &none::why(filter, filters, pass));
    }
}

/// A level by number or name.
pub(crate) fn level(text: &str) -> Result<u8, String> {
    const NAMES: [&[&str]; 6] = [
        &["always", "logalways"],
        &["critical"],
        &["error"],
        &["warning", "warn"],
        &["informational", "info"],
        &["verbose"],
    ];
    let lower = text.to_ascii_lowercase();
    if let Some(level) = NAMES.iter().position(|names| names.contains(&&*lower)) {
        return u8::try_from(level).map_err(|_| String::new());
    }
    let number = text.parse().ok().filter(|level| *level <= 5);
    number.ok_or_else(|| {
        "expected 0 to 5, logalways, critical, error, warning, informational or verbose".to_owned()
    })
}

/// Keywords as bits.
pub(crate) fn keywords(text: &str) -> Result<u64, String> {
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    // A sign is not a digit.
    let is_number = !hex.unwrap_or(text).starts_with('+');
    let bits = hex.map_or_else(|| text.parse(), |hex| u64::from_str_radix(hex, 16));
    bits.ok()
        .filter(|_| is_number)
        .ok_or_else(|| "expected bits as a number of 64 bits, as 0x8000 or 32768".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_keywords() {
        assert_eq!((level("Warning"), level("4"), level("0")), (Ok(3), Ok(4), Ok(0)));
        assert!(["loud", "-1", "6", "256"].iter().all(|wrong| level(wrong).is_err()));
        assert_eq!((keywords("0x8000"), keywords("12")), (Ok(0x8000), Ok(12)));
        for wrong in ["", "0x", "gc", "+1", "0x+1", "-1", "0x10000000000000000"] {
            assert!(keywords(wrong).is_err(), "{wrong}");
        }
    }
}
