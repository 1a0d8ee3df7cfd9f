//! The event that ends a recording.

use tracemill::{Filter, FilterSpec};

use crate::cli::args::Until;

/// What finds it; `None` if there is none.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn filter(until: &Until) -> Result<Option<Filter>, String> {
    let Some(provider) = &until.provider else {
        return Ok(None);
    };
    let mut spec = FilterSpec::default();
    spec.providers = vec![provider.clone()];
    spec.events = until.event.iter().cloned().collect();
    for pair in until.payload.iter().flat_map(|list| list.split(',')) {
        spec.conditions.push(condition(pair)?);
    }
    Filter::new(&spec).map(Some).map_err(|error| error.to_string())
}

/// `FIELD:VALUE`: the value is what it looks like, or text that looks so.
fn condition(pair: &str) -> Result<String, String> {
    let wrong = || format!("'{pair}': expected FIELD:VALUE, as in Count:5,Name:x");
    let (field, value) = pair.split_once(':').ok_or_else(wrong)?;
    let (field, value) = (field.trim(), value.trim());
    if field.is_empty() || field.contains('`') {
        return Err(wrong());
    }
    let text: String = value.chars().map(escaped).collect();
    let text = format!("`{field}` == \"{text}\"");
    let lower = value.to_ascii_lowercase();
    if matches!(&*lower, "true" | "false") {
        return Ok(format!("{text} || `{field}` == {lower}"));
    }
    Ok(if is_number(value) { format!("{text} || `{field}` == {value}") } else { text })
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
    fn conditions() {
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
        assert!(filter(&until).unwrap().is_none());
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
            assert!(filter(&until).is_ok(), "{value}: {:?}", filter(&until));
        }
    }
}
