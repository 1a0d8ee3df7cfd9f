//! What is wrong with a filter, and where.

use std::fmt;

/// An expression cannot be read: where, and what was expected there.
///
/// As text it is one line with the place marked:
/// `a number, text in quotes, true or false is expected (at byte 10: Reason >= <HERE>&& x)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    text: Box<str>,
    at: usize,
    what: &'static str,
}

impl FilterError {
    #[cold]
    pub(super) fn new(text: &str, at: usize, what: &'static str) -> Self {
        Self { text: text.into(), at, what }
    }

    /// The expression.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where it goes wrong, in bytes from the start of the expression.
    pub fn at(&self) -> usize {
        self.at
    }

    /// What is wrong there, or what was expected.
    pub fn what(&self) -> &'static str {
        self.what
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, after) = self.text.split_at_checked(self.at).unwrap_or((&self.text, ""));
        let start = before.char_indices().rev().nth(SHOWN).map(|(at, _)| at);
        write!(f, "{} (at byte {}: ", self.what, self.at)?;
        if let Some(start) = start {
            write!(f, "...{}", plain(before.get(start..).unwrap_or_default()))?;
        } else {
            write!(f, "{}", plain(before))?;
        }
        write!(f, "<HERE>")?;
        let end = after.char_indices().nth(SHOWN).map(|(at, _)| at);
        match end.and_then(|end| after.get(..end)) {
            Some(after) => write!(f, "{}...)", plain(after)),
            None => write!(f, "{})", plain(after)),
        }
    }
}

impl std::error::Error for FilterError {}

/// Characters shown on either side of the place.
const SHOWN: usize = 40;

/// A text that stays on its line.
fn plain(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}
