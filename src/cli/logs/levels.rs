//! From which level on messages are wanted, as the logging source's `FilterSpecs` have it.

use tracemill::Glob;
use tracemill::conventions::Text;
use tracemill::conventions::logging::Level;

/// What is asked of a program whose own filters are to decide.
const APP_FILTERS: &str = "UseAppFilters";
/// Names of levels, from 0 on: as they are printed, as the source has them, as people cut them short.
const NAMES: [(&str, &str, &str); 7] = [
    ("trace", "Trace", "trace"),
    ("debug", "Debug", "debug"),
    ("information", "Information", "info"),
    ("warning", "Warning", "warn"),
    ("error", "Error", "error"),
    ("critical", "Critical", "crit"),
    ("none", "None", "none"),
];

/// Levels by category. Of those that fit, the longest counts, and the last of the same length.
#[derive(Debug, Default)]
pub(super) struct Levels {
    /// Of categories that no rule fits.
    default: Option<usize>,
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    category: String,
    glob: Glob,
    level: usize,
}

impl Levels {
    /// `LEVEL` and `CATEGORY:LEVEL`.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(super) fn parse(specs: &[String]) -> Result<Self, String> {
        let mut levels = Self::default();
        for spec in specs {
            let (category, level) = match spec.trim().rsplit_once(':') {
                Some((category, level)) => (category.trim(), number(level.trim())?),
                None => ("*", number(spec.trim())?),
            };
            if category.is_empty() || category.contains([';', '"', ',']) {
                return Err(format!("'{category}' is no category that can be asked for"));
            }
            if category == "*" {
                levels.default = Some(level);
                continue;
            }
            let (category, glob) = (category.to_owned(), Glob::of_names(category));
            levels.rules.push(Rule { category, glob, level });
        }
        Ok(levels)
    }

    /// Whether a message is wanted.
    pub(super) fn takes(&self, category: Text<'_>, level: Level) -> bool {
        if self.default.is_none() && self.rules.is_empty() {
            return true;
        }
        let fitting = self.rules.iter().filter(|rule| fits(&rule.glob, category));
        let rule = fitting.max_by_key(|rule| rule.category.len());
        let least = rule.map(|rule| rule.level).or(self.default);
        least.is_some_and(|least| rank(level) >= least && least < NONE)
    }

    /// The same for the source.
    pub(super) fn filter_specs(&self) -> String {
        let name = |level: usize| NAMES.get(level).map_or("None", |(_, name, _)| *name);
        let default = self.default.map(|level| format!("*:{}", name(level)));
        let rules = self.rules.iter().map(|rule| {
            // It knows but one '*': what comes too much is left out here.
            let category = match rule.category.match_indices('*').nth(1) {
                Some(_) => rule.category.split_inclusive('*').next().unwrap_or_default(),
                None => &rule.category,
            };
            format!("{category}:{}", name(rule.level))
        });
        let specs: Vec<String> = default.into_iter().chain(rules).collect();
        if specs.is_empty() { APP_FILTERS.to_owned() } else { specs.join(";") }
    }
}

/// Whether a category fits, in whatever case.
pub(super) fn fits(glob: &Glob, category: Text<'_>) -> bool {
    glob.fits(category.chars().flat_map(char::to_lowercase))
}

/// The level for no message.
const NONE: usize = 6;

fn rank(level: Level) -> usize {
    match level {
        Level::Trace => 0,
        Level::Debug => 1,
        Level::Information => 2,
        Level::Warning => 3,
        Level::Error => 4,
        Level::Critical => 5,
        Level::None | Level::Other(_) => NONE,
    }
}

/// Name of a level in JSON.
pub(super) fn name(level: Level) -> &'static str {
    NAMES.get(rank(level)).map_or("none", |(name, ..)| *name)
}

/// Name of a level in columns, of five characters at most.
pub(super) fn short(level: Level) -> &'static str {
    NAMES.get(rank(level)).map_or("none", |(.., name)| *name)
}

fn number(text: &str) -> Result<usize, String> {
    let lower = text.to_ascii_lowercase();
    let fits = |(name, _, short): &(&str, &str, &str)| lower == *name || lower == *short;
    NAMES.iter().position(fits).ok_or_else(|| {
        let names = NAMES.map(|(name, ..)| name).join(", ");
        format!("there is no level '{text}'; there are {names}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(specs: &[&str]) -> Levels {
        let specs: Vec<String> = specs.iter().map(|spec| (*spec).to_owned()).collect();
        Levels::parse(&specs).unwrap()
    }

    fn takes(levels: &Levels, category: &str, level: Level) -> bool {
        levels.takes(Text::utf8(category.as_bytes()), level)
    }

    #[test]
    fn the_longest_rule_counts() {
        let levels = levels(&["Shop.*:debug", "shop.data.*:Error", "warn"]);
        assert_eq!(levels.filter_specs(), "*:Warning;Shop.*:Debug;shop.data.*:Error");
        assert!(takes(&levels, "Shop.Cart", Level::Debug));
        assert!(!takes(&levels, "Shop.Data.Sql", Level::Warning));
        assert!(takes(&levels, "Shop.Data.Sql", Level::Critical));
        assert!(takes(&levels, "Other", Level::Warning));
        assert!(!takes(&levels, "Other", Level::Information));
    }

    #[test]
    fn what_no_rule_names_is_off() {
        let levels = levels(&["A*b*c:trace", "B:none"]);
        assert_eq!(levels.filter_specs(), "A*:Trace;B:None");
        assert!(takes(&levels, "AxbyC", Level::Trace) && !takes(&levels, "Ax", Level::Critical));
        assert!(!takes(&levels, "B", Level::Critical) && !takes(&levels, "C", Level::Critical));
    }

    #[test]
    fn without_rules_the_program_decides() {
        let levels = Levels::default();
        assert_eq!(levels.filter_specs(), "UseAppFilters");
        assert!(takes(&levels, "A", Level::Trace));
        for wrong in ["loud", "A:loud", ":debug", "A;B:debug", "A\"B:debug"] {
            assert!(Levels::parse(&[wrong.to_owned()]).is_err(), "{wrong}");
        }
    }
}
