//! The words of an expression, taken one by one.

use super::error::FilterError;
use super::number::Number;

/// An expression and how far it has been read.
pub(super) struct Scanner<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// Where the next word begins.
    pub(super) fn place(&mut self) -> usize {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
        self.at
    }

    pub(super) fn is_at_end(&mut self) -> bool {
        self.place() == self.text.len()
    }

    pub(super) fn text_from(&self, start: usize) -> &'t str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// Something is wrong with the next word.
    pub(super) fn error(&mut self, what: &'static str) -> FilterError {
        let place = self.place();
        self.error_at(place, what)
    }

    pub(super) fn error_at(&self, at: usize, what: &'static str) -> FilterError {
        FilterError::new(self.text, at, what)
    }

    /// Whether this sign comes next.
    pub(super) fn is_before(&mut self, sign: &str) -> bool {
        self.place();
        self.rest().starts_with(sign)
    }

    /// Takes a sign, if it comes next.
    pub(super) fn eat(&mut self, sign: &str) -> bool {
        let found = self.is_before(sign);
        if found {
            self.at += sign.len();
        }
        found
    }

    /// Takes a word, which may be empty.
    pub(super) fn word(&mut self) -> &'t str {
        self.place();
        self.word_here()
    }

    /// Takes this word, if it comes next and what is behind it can be compared.
    pub(super) fn eat_word_before_subject(&mut self, word: &str) -> bool {
        let start = self.place();
        if self.word_here().eq_ignore_ascii_case(word)
            && self.rest().starts_with(char::is_whitespace)
        {
            self.place();
            if self.rest().starts_with(|char| begins_name(char) || matches!(char, '@' | '`')) {
                return true;
            }
        }
        self.at = start;
        false
    }

    /// Takes names with dots between them. What a name cannot have stands in backticks.
    pub(super) fn names(&mut self) -> Result<Vec<Box<str>>, FilterError> {
        const EXPECTED: &str = "a field is expected, as Provider.Event.Field, or one of the \
             event's own, as @level";
        let start = self.place();
        if !self.rest().starts_with(|char| begins_name(char) || char == '`') {
            return Err(self.error_at(start, EXPECTED));
        }
        let mut names: Vec<Box<str>> = Vec::new();
        loop {
            let start = self.at;
            let name = if self.eat_here('`') {
                let rest = self.rest();
                let Some((name, _)) = rest.split_once('`') else {
                    return Err(self.error_at(start, "this name has no closing backtick"));
                };
                self.at += name.len() + 1;
                name
            } else {
                self.word_here()
            };
            if name.is_empty() {
                return Err(self.error_at(start, "a name is expected"));
            }
            names.push(name.into());
            if names.len() > MAX_NAMES {
                return Err(self.error_at(start, "no more than 32 names are allowed"));
            }
            if !self.eat_here('.') {
                return Ok(names);
            }
        }
    }

    /// Takes text in double or single quotes, if it comes next.
    pub(super) fn quoted(&mut self) -> Result<Option<String>, FilterError> {
        let start = self.place();
        let Some(quote) = self.next_char().filter(|char| matches!(char, '"' | '\'')) else {
            self.at = start;
            return Ok(None);
        };
        let mut text = String::new();
        loop {
            let place = self.at;
            match self.next_char() {
                None => return Err(self.error_at(start, "this text has no closing quote")),
                Some(char) if char == quote => return Ok(Some(text)),
                Some('\\') => text.push(self.escaped().ok_or_else(|| {
                    self.error_at(place, "not an escape: \\\\ \\\" \\' \\n \\r \\t \\0 \\u{1F600}")
                })?),
                Some(char) => text.push(char),
            }
        }
    }

    /// Takes a number, if one comes next.
    pub(super) fn number(&mut self) -> Result<Option<Number>, FilterError> {
        let start = self.place();
        let rest = self.rest();
        let unsigned = rest.strip_prefix('-').unwrap_or(rest);
        if !unsigned.starts_with(|char: char| char.is_ascii_digit()) {
            return Ok(None);
        }
        let mut is_exponent = false;
        let is_hex = unsigned.starts_with("0x") || unsigned.starts_with("0X");
        let end = unsigned.find(|char: char| {
            let is_sign = is_exponent && matches!(char, '+' | '-');
            is_exponent = !is_hex && matches!(char, 'e' | 'E');
            !(char.is_alphanumeric() || matches!(char, '.' | '_') || is_sign)
        });
        let digits = unsigned.get(..end.unwrap_or(unsigned.len())).unwrap_or_default();
        self.at += rest.len() - unsigned.len() + digits.len();
        let number = read_number(digits, unsigned.len() < rest.len());
        number.map(Some).map_err(|what| self.error_at(start, what))
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn next_char(&mut self) -> Option<char> {
        let char = self.rest().chars().next()?;
        self.at += char.len_utf8();
        Some(char)
    }

    fn eat_here(&mut self, sign: char) -> bool {
        let found = self.rest().starts_with(sign);
        self.at += if found { sign.len_utf8() } else { 0 };
        found
    }

    fn word_here(&mut self) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|char| !is_in_name(char)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    fn escaped(&mut self) -> Option<char> {
        Some(match self.next_char()? {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            '0' => '\0',
            char @ ('\\' | '"' | '\'') => char,
            'u' => {
                let (digits, _) = self.rest().strip_prefix('{')?.split_once('}')?;
                self.at += digits.len() + 2;
                // `from_str_radix` would take a sign.
                if !digits.starts_with(|char: char| char.is_ascii_hexdigit()) {
                    return None;
                }
                char::from_u32(u32::from_str_radix(digits, 16).ok()?)?
            }
            _ => return None,
        })
    }
}

/// Whether a name may begin with it. Others stand in backticks.
fn begins_name(char: char) -> bool {
    char.is_alphabetic() || matches!(char, '_' | '$')
}

fn is_in_name(char: char) -> bool {
    char.is_alphanumeric() || matches!(char, '_' | '$' | '-' | '/')
}

fn read_number(digits: &str, is_negative: bool) -> Result<Number, &'static str> {
    const NOT_ONE: &str = "not a number: 12, -12, 0x1F, 1.5 and 2e9 are";
    const TOO_LARGE: &str = "this number does not fit into 64 bits";
    let hex = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
    let (base, whole) = hex.map_or((10, digits), |hex| (16, hex));
    if !whole.is_empty() && whole.chars().all(|char| char.is_digit(base)) {
        let number = i128::from(u64::from_str_radix(whole, base).map_err(|_| TOO_LARGE)?);
        let number = if is_negative { -number } else { number };
        return if number < i64::MIN.into() { Err(TOO_LARGE) } else { Ok(Number::Int(number)) };
    }
    if hex.is_some() || digits.ends_with('.') {
        return Err(NOT_ONE);
    }
    let number: f64 = digits.parse().map_err(|_| NOT_ONE)?;
    if number.is_infinite() {
        return Err(TOO_LARGE);
    }
    Ok(Number::Float(if is_negative { -number } else { number }))
}

/// Names of a path.
const MAX_NAMES: usize = 32;
