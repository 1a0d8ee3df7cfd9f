//! The event that ends a recording.

use tracemill::{EventView, Filter, FilterSpec, Mismatch};

use crate::cli::args::Until;
use crate::cli::console::Console;
use crate::cli::pump::Pass;
use crate::cli::text;

/// What finds it.
#[derive(Clone, Debug)]
pub(crate) struct Ending {
    filter: Filter,
    /// What it is called in messages.
    name: String,
    /// The fields that are compared, each time with how many values.
    compared: Vec<(String, usize)>,
    has_come: bool,
}

impl Ending {
    /// As the command line says; `None` if there is none.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn of(until: &Until) -> Result<Option<Self>, String> {
        let Some(provider) = &until.provider else {
            return Ok(None);
        };
        let mut spec = FilterSpec::default();
        spec.providers = vec![provider.clone()];
        spec.events = until.event.iter().cloned().collect();
        let mut compared = Vec::new();
        for pair in until.payload.iter().flat_map(|list| list.split(',')) {
            let (field, conditions) = conditions(pair)?;
            compared.push((field, conditions.len()));
            spec.conditions.push(conditions.join(" || "));
        }
        let filter = Filter::new(&spec).map_err(|error| error.to_string())?;
        let event = until.event.as_ref().map(|event| format!("{event} of ")).unwrap_or_default();
        let name = text::escaped(&format!("{event}{provider}"));
        Ok(Some(Self { filter, name, compared, has_come: false }))
    }

    /// Whether this is the event.
    pub(crate) fn is_met(&mut self, event: EventView<'_>) -> bool {
        self.has_come |= self.filter.takes(event);
        self.has_come
    }

    /// Says that it never came, and why that may be.
    pub(crate) fn remarks(&self, pass: &Pass, console: &Console) {
        if self.has_come || !pass.is_known() {
            return;
        }
        let of = if self.compared.is_empty() { "" } else { " with such a payload" };
        let message = format!("the event that ends it never came: {}{of}", self.name);
        console.remark(&pass.name, &message);
        for field in self.filter.fields_not_met().filter(|_| pass.stats.events > 0) {
            let message = format!("no such event has a field named {}", text::escaped(field));
            console.remark(&pass.name, &message);
        }
        for message in self.mismatches() {
            let message = format!("--stopping-event-payload-filter: {message}");
            console.remark(&pass.name, &message);
        }
    }

    /// The fields of which no comparison can hold, and why.
    fn mismatches(&self) -> impl Iterator<Item = String> {
        self.compared.iter().filter_map(|(field, count)| {
            let of_it = |mismatch: &Mismatch<'_>| bare(mismatch.subject()) == field;
            let all = || self.filter.mismatches().filter(of_it);
            // A value that looks like a number is compared as text, too.
            all().next().filter(|_| all().count() >= *count).map(|mismatch| mismatch.to_string())
        })
    }
}

/// A field as it stands in a condition, without what it is quoted with.
fn bare(field: &str) -> &str {
    field.trim_matches('`')
}

/// `FIELD:VALUE`: the field, and the conditions of which one has to hold. The value is what it looks
/// like, or text that looks so.
fn conditions(pair: &str) -> Result<(String, Vec<String>), String> {
    let wrong = || format!("'{pair}': expected FIELD:VALUE, as in Count:5,Name:x");
    let (field, value) = pair.split_once(':').ok_or_else(wrong)?;
    let (field, value) = (field.trim(), value.trim());
    if field.is_empty() || field.contains('`') {
        return Err(wrong());
    }
    let text: String = value.chars().map(escaped).collect();
    let mut all = vec![format!("`{field}` == \"{text}\"")];
    let lower = value.to_ascii_lowercase();
    if matches!(&*lower, "true" | "false") {
        all.push(format!("`{field}` == {lower}"));
    } else if is_number(value) {
        all.push(format!("`{field}` == {value}"));
    }
    Ok((field.to_owned(), all))
}

/// As people write numbers, and conditions have them.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    // Beyond that it is no number that a payload could have.
    is_digits(whole) && is_digits(decimals) && digits.len() <= 19
}

fn escaped(char: char) -> String {
    match char {
        '"' | '\\' => format!("\\{char}"),
        char if char.is_control() => format!("\\u{{{:x}}}", u32::from(char)),
        char => char.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compared() {
        let condition = |pair| conditions(pair).map(|(_, all)| all.join(" || "));
        let is = |pair, expected: &str| assert_eq!(condition(pair).as_deref(), Ok(expected));
        is("Name:a:b", "`Name` == \"a:b\"");
        is(" Name : say \"x\\\" ", r#"`Name` == "say \"x\\\"""#);
        is("Count:-5", "`Count` == \"-5\" || `Count` == -5");
        is("Done:True", "`Done` == \"True\" || `Done` == true");
        is("Empty:", "`Empty` == \"\"");
        assert!(condition("Name").is_err() && condition(":x").is_err());
    }

    #[test]
    fn all_of_them_can_be_read() {
        let mut until = Until { provider: None, event: None, payload: None };
        assert!(Ending::of(&until).unwrap().is_none());
        until.provider = Some("P".into());
        until.event = Some("E".into());
        for value in [
            "1",
            "-1",
            "1.5",
            "2e9",
            "nan",
            "inf",
            ".5",
            "5.",
            "1e400",
            "99999999999999999999999",
            "x\ny",
            "A B:'\"\\",
        ] {
            until.payload = Some(format!("Some Field:{value},b:true"));
            assert!(Ending::of(&until).is_ok(), "{value}: {:?}", Ending::of(&until));
        }
    }
}
