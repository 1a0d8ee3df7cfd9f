//! What a session asks for, in the words of dotnet-trace: `Name[:Keywords[:Level[:Arguments]]]`.

use tracemill::ipc::{Provider, SessionConfig};

use super::{ids, profiles};

/// Providers from the command line, joined as dotnet-trace joins them.
#[derive(Debug, Default)]
pub(crate) struct Providers {
    list: Vec<Provider>,
    /// Names of those that only a profile has.
    of_profiles: Vec<String>,
    /// What is to be said about them.
    pub remarks: Vec<String>,
}

impl Providers {
    /// Those of a list, comma separated.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn add_list(&mut self, text: &str) -> Result<(), String> {
        split_quoted(text, ',').into_iter().try_for_each(|spec| self.add(parse(spec)?))
    }

    /// Those of a profile that are not named yet. The rundown keywords it asks for, if it does.
    ///
    /// # Errors
    /// There is no such profile.
    pub(crate) fn add_profile(&mut self, name: &str) -> Result<Option<u64>, String> {
        let profile = profiles::find(name).ok_or_else(|| {
            let known: Vec<_> = profiles::PROFILES.iter().map(|profile| profile.name).collect();
            format!("there is no profile '{name}'; there are {}", known.join(", "))
        })?;
        for spec in profile.providers {
            let provider = parse(spec)?;
            if !self.has(&provider.name) {
                self.of_profiles.push(provider.name.clone());
                self.list.push(provider);
            }
        }
        Ok(profile.rundown)
    }

    /// The runtime's events of these kinds, joined with `+`, unless the runtime is named already, by
    /// `--providers` or by a profile.
    ///
    /// # Errors
    /// There is no such kind, or no such level.
    pub(crate) fn add_clr_events(&mut self, kinds: &str, level: &str) -> Result<(), String> {
        let mut keywords = 0;
        for kind in kinds.split('+') {
            keywords |= profiles::clr_keyword(kind.trim())
                .ok_or_else(|| format!("there are no runtime events '{kind}'"))?;
        }
        let level = parse_level(level)?;
        if self.has(profiles::RUNTIME) {
            let by = if self.of_profiles.iter().any(|name| is_same(name, profiles::RUNTIME)) {
                "--profile"
            } else {
                "--providers"
            };
            let message = format!("the runtime is named by {by} already, --clrevents is not used");
            self.remarks.push(message);
        } else {
            self.list.push(Provider::new(profiles::RUNTIME, keywords, level));
        }
        Ok(())
    }

    /// Chooses events of a provider that is named, by number.
    ///
    /// # Errors
    /// What is wrong with it; no such provider is named.
    pub(crate) fn choose(&mut self, text: &str) -> Result<(), String> {
        let (name, filter) = ids::parse(text)?;
        let known = self.list.iter_mut().find(|known| is_same(&known.name, name));
        let known = known.ok_or_else(|| {
            format!("events of '{name}' are chosen, but it is not asked for: add it to --providers")
        })?;
        ids::join(&mut known.filter, filter).map_err(|what| format!("'{name}' {what}"))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// A session of these.
    pub(crate) fn into_config(self) -> SessionConfig {
        SessionConfig::new(self.list)
    }

    /// Adds one: of the same provider twice, keywords are joined and the higher level wins.
    ///
    /// # Errors
    /// Both have arguments.
    pub(crate) fn add(&mut self, provider: Provider) -> Result<(), String> {
        if looks_like_a_guid(&provider.name) {
            let message = format!("providers go by name; '{}' looks like a GUID", provider.name);
            self.remarks.push(message);
        }
        let known = self.list.iter_mut().find(|known| is_same(&known.name, &provider.name));
        let Some(known) = known else {
            self.list.push(provider);
            return Ok(());
        };
        if !known.arguments.is_empty() && !provider.arguments.is_empty() {
            return Err(format!("provider '{}' is given arguments twice", known.name));
        }
        known.keywords |= provider.keywords;
        // Level 0 is everything.
        known.level = match (known.level, provider.level) {
            (0, _) | (_, 0) => 0,
            (one, other) => one.max(other),
        };
        known.arguments.push_str(&provider.arguments);
        Ok(())
    }

    fn has(&self, name: &str) -> bool {
        self.list.iter().any(|known| is_same(&known.name, name))
    }
}

fn is_same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// One provider.
fn parse(spec: &str) -> Result<Provider, String> {
    let mut parts = spec.splitn(4, ':');
    let mut part = || parts.next().unwrap_or_default().trim();
    let (name, keywords, level, arguments) = (part(), part(), part(), part());
    if name.is_empty() {
        return Err(format!("a provider without a name: '{spec}'"));
    }
    let digits = keywords.strip_prefix("0x").or(keywords.strip_prefix("0X")).unwrap_or(keywords);
    let keywords = match digits {
        "" => 0,
        digits => u64::from_str_radix(digits, 16).map_err(|_| {
            format!(
                "'{keywords}' are no keywords: a hexadecimal number is expected, as in {name}:0x1:5"
            )
        })?,
    };
    Ok(Provider::new(name, keywords, parse_level(level)?).arguments(unescaped(arguments)))
}

/// A level by number, where more than 5 is 5, or by name; informational if there is none.
fn parse_level(text: &str) -> Result<u8, String> {
    if let Ok(number) = text.parse::<u64>() {
        return Ok(u8::try_from(number.min(5)).unwrap_or(5));
    }
    Ok(match text.to_ascii_lowercase().as_str() {
        "logalways" => 0,
        "critical" => 1,
        "error" => 2,
        "warning" => 3,
        "" | "informational" => 4,
        "verbose" => 5,
        _ => {
            let levels = "0 to 5, logalways, critical, error, warning, informational or verbose";
            return Err(format!("there is no level '{text}'; there are {levels}"));
        }
    })
}

/// Undoes backslashes.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                Some(other) => out.push(other),
                None => out.push('\\'),
            },
            char => out.push(char),
        }
    }
    out
}

/// Parts between separators that do not stand in double quotes.
fn split_quoted(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut start, mut is_quoted, mut is_escaped) = (Vec::new(), 0, false, false);
    for (at, char) in text.char_indices() {
        match char {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            char if char == separator && !is_quoted => {
                parts.extend(text.get(start..at));
                start = at + char.len_utf8();
            }
            _ => {}
        }
    }
    parts.extend(text.get(start..));
    parts
}

fn looks_like_a_guid(name: &str) -> bool {
    let lengths = name.trim_matches(['{', '}']).split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12])
        && name.chars().all(|char| char.is_ascii_hexdigit() || "{}-".contains(char))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Vec<(String, u64, u8, String)> {
        let mut providers = Providers::default();
        providers.add_list(text).unwrap();
        let list = providers.list.into_iter();
        list.map(|one| (one.name, one.keywords, one.level, one.arguments)).collect()
    }

    #[test]
    fn parts_may_be_missing() {
        let one = |name: &str, keywords, level, arguments: &str| {
            (name.to_owned(), keywords, level, arguments.to_owned())
        };
        assert_eq!(list("A"), [one("A", 0, 4, "")]);
        assert_eq!(list("A:ff:9,B::Warning"), [one("A", 255, 5, ""), one("B", 0, 3, "")]);
        assert_eq!(list("A:0x1:5:k=v:w"), [one("A", 1, 5, "k=v:w")]);
        let quoted = list(r#"A:::F="x,y;z\"",B"#);
        assert_eq!(quoted, [one("A", 0, 4, "F=\"x,y;z\"\""), one("B", 0, 4, "")]);
    }

    #[test]
    fn the_same_provider_is_joined() {
        let joined = |text| list(text).pop().map(|(_, keywords, level, _)| (keywords, level));
        assert_eq!(joined("A:1:2,a:2:4"), Some((3, 4)));
        assert_eq!(joined("A:1:0,A:2:4"), Some((3, 0)), "log always is above all");
        assert!(Providers::default().add_list("A:::x=1,A:::y=2").is_err());
    }

    #[test]
    fn profiles_do_not_override() {
        let mut providers = Providers::default();
        providers.add_list("Microsoft-Windows-DotNETRuntime:1:1").unwrap();
        assert_eq!(providers.add_profile("gc-collect"), Ok(Some(1)));
        let names: Vec<_> = providers.list.iter().map(|one| (&*one.name, one.level)).collect();
        let private = "Microsoft-Windows-DotNETRuntimePrivate";
        assert_eq!(names, [("Microsoft-Windows-DotNETRuntime", 1), (private, 4)]);
        assert!(providers.add_profile("nonsense").is_err());
        providers.add_clr_events("gc+jit", "verbose").unwrap();
        let named = |by| format!("the runtime is named by {by} already, --clrevents is not used");
        assert_eq!(providers.remarks, [named("--providers")]);
        let mut providers = Providers::default();
        providers.add_list("Demo-Busy:ff:5").unwrap();
        providers.add_profile("gc-collect").unwrap();
        providers.add_clr_events("jit", "verbose").unwrap();
        assert_eq!(providers.remarks, [named("--profile")]);
    }

    #[test]
    fn wrong_ones_are_told() {
        for wrong in [":1", "A:xyz", "A:1:loud"] {
            assert!(Providers::default().add_list(wrong).is_err(), "{wrong}");
        }
    }
}
