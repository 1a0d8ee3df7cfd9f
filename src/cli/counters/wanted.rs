//! Which counters are wanted, in the words of dotnet-counters: `Provider[counter,counter]`, comma
//! separated; `EventCounters\Provider` for those of an event source alone.

use tracemill::conventions::Text;

/// What says that no meter of the name is meant.
const EVENT_COUNTERS: &str = "EventCounters\\";

/// Providers and their counters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// None: all there are.
    pub providers: Vec<Provider>,
}

/// An event source, a meter, or what is both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Provider {
    pub name: String,
    /// No meter of the name is meant.
    pub is_source: bool,
    /// None: all of it.
    pub counters: Vec<String>,
    /// Something of it has come.
    pub is_met: bool,
}

impl Wanted {
    /// Those of a list; more of the same provider are joined.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn add_list(&mut self, text: &str) -> Result<(), String> {
        split(text)?.into_iter().try_for_each(|spec| self.add(parse(spec)?))
    }

    fn add(&mut self, provider: Provider) -> Result<(), String> {
        let known = self.providers.iter_mut().find(|known| known.name == provider.name);
        let Some(known) = known else {
            self.providers.push(provider);
            return Ok(());
        };
        if known.is_source != provider.is_source {
            let name = &known.name;
            return Err(format!("'{name}' is named with and without {EVENT_COUNTERS}"));
        }
        if known.counters.is_empty() || provider.counters.is_empty() {
            known.counters.clear();
        } else {
            known.counters.extend(provider.counters);
        }
        Ok(())
    }

    /// Whether a counter of an event source is. What it fits is met.
    pub(super) fn has_counter(&mut self, provider: &str, name: Text<'_>) -> bool {
        self.meet(|one| one.name == provider && one.has(name))
    }

    /// Whether an instrument of a meter is. What it fits is met.
    pub(super) fn has_instrument(&mut self, meter: Text<'_>, name: Text<'_>) -> bool {
        self.meet(|one| !one.is_source && meter == *one.name && one.has(name))
    }

    fn meet(&mut self, fits: impl Fn(&Provider) -> bool) -> bool {
        let Some(one) = self.providers.iter_mut().find(|one| fits(one)) else {
            return self.providers.is_empty();
        };
        one.is_met = true;
        true
    }

    /// Names of those of which nothing was met.
    pub(super) fn not_met(&self) -> impl Iterator<Item = &str> {
        self.providers.iter().filter(|one| !one.is_met).map(|one| &*one.name)
    }

    /// Whether a meter of the name is not meant.
    pub(super) fn is_source(&self, provider: &str) -> bool {
        self.providers.iter().any(|one| one.is_source && one.name == provider)
    }
}

impl Provider {
    fn has(&self, name: Text<'_>) -> bool {
        self.counters.is_empty() || self.counters.iter().any(|one| name == **one)
    }
}

/// Parts between commas outside of brackets.
fn split(text: &str) -> Result<Vec<&str>, String> {
    let (mut parts, mut start, mut is_inside) = (Vec::new(), 0, false);
    for (at, char) in text.char_indices() {
        match char {
            '[' if is_inside => return Err(format!("'[' within brackets: '{text}'")),
            '[' => is_inside = true,
            ']' => is_inside = false,
            ',' if !is_inside => {
                parts.extend(text.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
    }
    if is_inside {
        return Err(format!("no ']' after the last '[': '{text}'"));
    }
    parts.extend(text.get(start..));
    Ok(parts)
}

fn parse(spec: &str) -> Result<Provider, String> {
    let spec = spec.trim();
    let (name, list) = match spec.split_once('[') {
        None => (spec, None),
        Some((name, rest)) => {
            let list = rest.strip_suffix(']').ok_or_else(|| format!("text after ']': '{spec}'"))?;
            (name.trim(), Some(list))
        }
    };
    let source = name.strip_prefix(EVENT_COUNTERS);
    let name = source.unwrap_or(name).to_owned();
    if name.is_empty() {
        return Err(format!("a provider without a name: '{spec}'"));
    }
    let counters = list.into_iter().flat_map(|list| list.split(','));
    let counters = counters.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    let counters: Vec<String> = counters.collect();
    if list.is_some() && counters.is_empty() {
        return Err(format!("brackets without a counter: '{spec}'"));
    }
    Ok(Provider { name, is_source: source.is_some(), counters, is_met: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Vec<(String, bool, Vec<String>)> {
        let mut wanted = Wanted::default();
        wanted.add_list(text).unwrap();
        wanted.providers.into_iter().map(|one| (one.name, one.is_source, one.counters)).collect()
    }

    #[test]
    fn commas_in_brackets_are_of_their_provider() {
        let one = |name: &str, is_source, counters: &[&str]| {
            let counters = counters.iter().map(|&name| name.to_owned()).collect();
            (name.to_owned(), is_source, counters)
        };
        let text = "System.Runtime[cpu-usage, working-set],My.Meter , EventCounters\\Own[a]";
        let expected = [
            one("System.Runtime", false, &["cpu-usage", "working-set"]),
            one("My.Meter", false, &[]),
            one("Own", true, &["a"]),
        ];
        assert_eq!(list(text), expected);
        assert_eq!(list("A[b],A[c]"), [one("A", false, &["b", "c"])]);
        assert_eq!(list("A[b],A"), [one("A", false, &[])]);
    }

    #[test]
    fn wrong_ones_are_told() {
        for wrong in ["", "A,,B", "A[b", "A[b]c", "A[[b]]", "[a]", "A[]", "A,EventCounters\\A"] {
            assert!(Wanted::default().add_list(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn meters_and_sources_are_told_apart() {
        let mut wanted = Wanted::default();
        wanted.add_list("A[x],EventCounters\\B").unwrap();
        let text = |text: &'static str| Text::utf8(text.as_bytes());
        assert!(wanted.not_met().eq(["A", "B"]));
        assert!(wanted.has_counter("A", text("x")) && wanted.has_instrument(text("A"), text("x")));
        assert!(!wanted.has_counter("A", text("y")) && !wanted.has_counter("C", text("x")));
        assert!(wanted.has_counter("B", text("y")) && !wanted.has_instrument(text("B"), text("y")));
        assert_eq!(wanted.not_met().next(), None);
        assert!(Wanted::default().has_instrument(text("any"), text("thing")));
    }
}
