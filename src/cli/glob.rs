//! Names with `*` for any text.

/// A pattern for names; case does not matter.
#[derive(Clone, Debug)]
pub(crate) struct Glob(Vec<char>);

impl Glob {
    pub(crate) fn new(pattern: &str) -> Self {
        Self(pattern.chars().flat_map(char::to_lowercase).collect())
    }

    /// Whether `name` fits. O(pattern × name) at worst.
    pub(crate) fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().flat_map(char::to_lowercase).collect();
        let (mut at, mut read) = (0, 0);
        // Where to go on if what follows the last star does not fit: its text grows by one.
        let mut retry = None;
        while let Some(char) = name.get(read) {
            match self.0.get(at) {
                Some('*') => {
                    at += 1;
                    retry = Some((at, read));
                }
                Some(expected) if expected == char => (at, read) = (at + 1, read + 1),
                _ => {
                    let Some((after_star, from)) = retry else {
                        return false;
                    };
                    (at, read) = (after_star, from + 1);
                    retry = Some((after_star, from + 1));
                }
            }
        }
        self.0.iter().skip(at).all(|rest| *rest == '*')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, name, fits) in [
            ("gc*", "GCStart_V2", true),
            ("*start*", "GCStart_V2", true),
            ("*v2", "GCStart_V2", true),
            ("*v1", "GCStart_V2", false),
            ("gcstart", "GCStart_V2", false),
            ("*", "", true),
            ("", "", true),
            ("", "x", false),
            ("a*b*c", "aXbXbc", true),
            ("a**c", "abc", true),
            ("a*b", "a", false),
        ] {
            assert_eq!(Glob::new(pattern).matches(name), fits, "{pattern} {name}");
        }
    }
}
