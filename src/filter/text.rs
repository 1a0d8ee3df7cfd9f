//! Text, searched as it comes from the wire: character by character, once, nothing kept.
//!
//! A [`Pattern`] carries the table of Knuth, Morris and Pratt: of each of its beginnings, how much of
//! its end is a beginning again. So a search never goes back in the text, which is decoded on the
//! way, and takes no longer than text and pattern together, whatever they are.

use tracemill_engine::{Value, utf8, utf16};

/// Text to be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    chars: Box<[char]>,
    /// Of the first n characters: the longest end, not all of it, that is a beginning of the whole.
    borders: Box<[usize]>,
}

impl Pattern {
    pub(super) fn new(chars: impl Iterator<Item = char>) -> Self {
        let chars: Box<[char]> = chars.collect();
        let mut pattern = Self { chars, borders: Box::default() };
        let mut borders = vec![0; pattern.chars.len() + 1];
        let mut border = 0;
        for len in 2..=pattern.chars.len() {
            // The borders of what is shorter are all there.
            let last = pattern.chars.get(len - 1).copied().unwrap_or_default();
            border = step(&pattern.chars, &borders, border, last);
            if let Some(slot) = borders.get_mut(len) {
                *slot = border;
            }
        }
        pattern.borders = borders.into();
        pattern
    }

    /// Whether the text is this and nothing else.
    pub(super) fn is(&self, text: impl Iterator<Item = char>) -> bool {
        text.eq(self.chars.iter().copied())
    }

    /// Whether the text begins with it; takes as much of it.
    pub(super) fn begins(&self, text: &mut impl Iterator<Item = char>) -> bool {
        self.chars.iter().all(|char| text.next() == Some(*char))
    }

    /// Whether it is in the text; takes the text up to its end.
    pub(super) fn is_in(&self, text: &mut impl Iterator<Item = char>) -> bool {
        let mut found = 0;
        while found < self.chars.len() {
            let Some(char) = text.next() else {
                return false;
            };
            found = step(&self.chars, &self.borders, found, char);
        }
        true
    }

    /// Whether the text ends with it.
    pub(super) fn ends(&self, text: impl Iterator<Item = char>) -> bool {
        let found = text.fold(0, |found, char| step(&self.chars, &self.borders, found, char));
        found == self.chars.len()
    }
}

/// How many characters of the pattern the text ends with, after one more.
#[inline]
fn step(pattern: &[char], borders: &[usize], mut found: usize, char: char) -> usize {
    loop {
        if pattern.get(found) == Some(&char) {
            return found + 1;
        }
        if found == 0 {
            return 0;
        }
        found = borders.get(found).copied().unwrap_or(0);
    }
}

/// Text with `*` for any text.
///
/// ```
/// let glob = tracemill::Glob::of_names("microsoft-*-runtime");
/// assert!(glob.fits_name("Microsoft-Windows-DotNETRuntime") == false);
/// assert!(glob.fits_name("Microsoft-Any-Runtime"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    first: Pattern,
    /// What stands between stars, and what behind the last; none without a star.
    middle: Box<[Pattern]>,
    last: Option<Pattern>,
}

impl Glob {
    /// Reads a pattern as it stands.
    pub fn new(pattern: &str) -> Self {
        let mut pieces = pattern.split('*').map(|piece| Pattern::new(piece.chars()));
        let first = pieces.next().unwrap_or_else(|| Pattern::new("".chars()));
        let mut middle: Vec<Pattern> = pieces.collect();
        let last = middle.pop();
        Self { first, middle: middle.into(), last }
    }

    /// Reads a pattern for [`fits_name`](Self::fits_name).
    pub fn of_names(pattern: &str) -> Self {
        Self::new(&pattern.chars().flat_map(char::to_lowercase).collect::<String>())
    }

    /// Whether a text fits. O(text + pattern): each piece is best taken where it is first found.
    pub fn fits(&self, mut text: impl Iterator<Item = char>) -> bool {
        let Some(last) = &self.last else {
            return self.first.is(text);
        };
        self.first.begins(&mut text)
            && self.middle.iter().all(|piece| piece.is_in(&mut text))
            && last.ends(text)
    }

    /// Whether a name fits, in whatever case.
    pub fn fits_name(&self, name: &str) -> bool {
        self.fits(name.chars().flat_map(char::to_lowercase))
    }
}

/// What asks something of a text.
pub(super) trait Ask {
    /// The answer. Every character is asked for once, in order.
    fn ask(&self, text: impl Iterator<Item = char>) -> bool;
}

/// Asks a value, if it is text. What is ill-formed reads as U+FFFD.
pub(super) fn ask(value: &Value<'_>, question: &impl Ask) -> Option<bool> {
    Some(match value {
        Value::Utf16(bytes) => question.ask(utf16(bytes)),
        Value::Utf8(bytes) => question.ask(utf8(bytes)),
        Value::Char(unit) => question.ask(utf16(&unit.to_le_bytes())),
        _ => return None,
    })
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
            ("ab*ba", "aba", false),
            ("*aab", "aaab", true),
            ("*ab*ab", "xab", false),
            ("ÄB*", "äbc", true),
        ] {
            assert_eq!(Glob::of_names(pattern).fits_name(name), fits, "{pattern} {name}");
        }
        assert!(!Glob::new("A*").fits("abc".chars()));
    }

    #[test]
    fn patterns_find_what_the_standard_library_finds() {
        // All texts of two letters up to some length, so that every overlap is met.
        let texts: Vec<String> = (0u32..7)
            .flat_map(|len| {
                (0u32..1 << len).map(move |bits| {
                    (0..len).map(|at| if bits >> at & 1 == 0 { 'a' } else { 'b' }).collect()
                })
            })
            .collect();
        for pattern in &texts {
            let found = Pattern::new(pattern.chars());
            for text in &texts {
                assert_eq!(found.is_in(&mut text.chars()), text.contains(&**pattern));
                assert_eq!(found.ends(text.chars()), text.ends_with(&**pattern));
                assert_eq!(found.begins(&mut text.chars()), text.starts_with(&**pattern));
                assert_eq!(found.is(text.chars()), text == pattern);
            }
        }
    }

    #[test]
    fn ill_formed_utf8_reads_as_the_standard_library_has_it() {
        for bytes in [&b"a\xff\xc3b\xe2\x82"[..], b"\xf0\x9f\x92\x96", b"", b"\xed\xa0\x80x"] {
            assert_eq!(utf8(bytes).collect::<String>(), String::from_utf8_lossy(bytes));
        }
    }
}
