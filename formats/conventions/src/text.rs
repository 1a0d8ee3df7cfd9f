//! Text as it stands in a payload.

use std::fmt;
use std::str::FromStr;

use tracemill_engine::{Value, utf8, utf16};

/// Text borrowed from a payload, in UTF-16 or UTF-8. What is ill-formed reads as U+FFFD.
///
/// ```
/// use tracemill_conventions::Text;
///
/// let text = Text::utf16(b"4\x002\x00");
/// assert_eq!(text, "42");
/// assert_eq!(text.parse::<u32>(), Some(42));
/// ```
#[derive(Clone, Copy, Default)]
pub struct Text<'a> {
    bytes: &'a [u8],
    is_utf8: bool,
}

impl<'a> Text<'a> {
    /// UTF-16, little-endian.
    pub fn utf16(bytes: &'a [u8]) -> Self {
        Self { bytes, is_utf8: false }
    }

    /// UTF-8.
    pub fn utf8(bytes: &'a [u8]) -> Self {
        Self { bytes, is_utf8: true }
    }

    /// The text that a value is, if it is one.
    pub fn of(value: Value<'a>) -> Option<Self> {
        match value {
            Value::Utf16(bytes) => Some(Self::utf16(bytes)),
            Value::Utf8(bytes) => Some(Self::utf8(bytes)),
            _ => None,
        }
    }

    /// As on the wire.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Whether it is in UTF-8 and not in UTF-16.
    pub fn is_utf8(&self) -> bool {
        self.is_utf8
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Its characters.
    pub fn chars(&self) -> impl Iterator<Item = char> + 'a {
        let (wide, narrow): (&[u8], &[u8]) =
            if self.is_utf8 { (&[], self.bytes) } else { (self.bytes, &[]) };
        utf16(wide).chain(utf8(narrow))
    }

    /// Parses it. `None` if it is no such thing, or longer than what [numbers](f64) and the like
    /// take: 64 characters, all of ASCII.
    pub fn parse<T: FromStr>(&self) -> Option<T> {
        self.with_ascii(|text| text.parse().ok())
    }

    /// The same text as `&str`, if it is at most 64 characters of ASCII.
    pub(crate) fn with_ascii<T>(&self, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let mut copy = [0; 64];
        let mut len = 0;
        for char in self.chars() {
            *copy.get_mut(len)? = u8::try_from(char).ok().filter(u8::is_ascii)?;
            len += 1;
        }
        read(str::from_utf8(copy.get(..len)?).ok()?)
    }

    /// What is before and behind the first `pattern`, which is of ASCII. O(length).
    pub(crate) fn split_once(&self, pattern: &str) -> Option<(Self, Self)> {
        let at = self.find(pattern, 0)?;
        Some((self.upto(at), self.from(at + pattern.len())))
    }

    /// Where `pattern`, which is of ASCII, first stands from unit `from` on, in units.
    pub(crate) fn find(&self, pattern: &str, from: usize) -> Option<usize> {
        let first = u16::from(*pattern.as_bytes().first()?);
        let rest = self.from(from);
        let found = rest
            .units()
            .enumerate()
            .position(|(at, unit)| unit == first && rest.from(at).starts_with(pattern))?;
        Some(from + found)
    }

    /// Whether it starts with `pattern`, which is of ASCII.
    pub(crate) fn starts_with(&self, pattern: &str) -> bool {
        let mut units = self.units();
        pattern.bytes().all(|byte| units.next() == Some(byte.into()))
    }

    /// Its beginning, so many units long.
    pub(crate) fn upto(&self, units: usize) -> Self {
        let bytes = self.bytes.get(..units * self.width()).unwrap_or(self.bytes);
        Self { bytes, ..*self }
    }

    /// Its end, from a unit on.
    pub(crate) fn from(&self, units: usize) -> Self {
        let bytes = self.bytes.get(units * self.width()..).unwrap_or_default();
        Self { bytes, ..*self }
    }

    /// Its length in units: of 2 bytes in UTF-16, of 1 in UTF-8.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() / self.width()
    }

    fn width(&self) -> usize {
        if self.is_utf8 { 1 } else { 2 }
    }

    fn units(&self) -> impl Iterator<Item = u16> + 'a {
        self.bytes.chunks_exact(self.width()).map(|unit| match unit {
            [low, high] => u16::from_le_bytes([*low, *high]),
            unit => unit.first().map_or(0, |byte| u16::from(*byte)),
        })
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        self.chars().try_for_each(|char| f.write_char(char))
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        if self.is_utf8 == other.is_utf8 {
            return self.bytes == other.bytes;
        }
        self.chars().eq(other.chars())
    }
}

impl Eq for Text<'_> {}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        self.chars().eq(other.chars())
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn both_encodings_read_the_same() {
        for text in ["", "a", "Zoë, 日本 😀"] {
            let bytes = wide(text);
            let (wide, narrow) = (Text::utf16(&bytes), Text::utf8(text.as_bytes()));
            assert_eq!(wide, text);
            assert_eq!(wide, narrow);
            assert_eq!(narrow.to_string(), wide.to_string());
        }
        assert_eq!(Text::utf8(b"a\xffb").to_string(), "a\u{fffd}b");
        assert_eq!(Text::utf16(&[b'a', 0, 0, 0xd8]).to_string(), "a\u{fffd}");
    }

    #[test]
    fn numbers_are_parsed_and_nothing_else() {
        let long = "1".repeat(65);
        for (text, number) in [
            ("9253.789999999999", Some(9_253.789_999_999_999)),
            ("-1", Some(-1.0)),
            ("1E+20", Some(1e20)),
            ("", None),
            ("1;2", None),
            ("١", None),
            (&long, None),
        ] {
            assert_eq!(Text::utf16(&wide(text)).parse::<f64>(), number, "{text}");
        }
    }

    #[test]
    fn text_is_split_where_the_pattern_stands() {
        let bytes = wide("日=本, x=y");
        let (before, behind) = Text::utf16(&bytes).split_once(", ").unwrap();
        assert_eq!((before.to_string(), behind.to_string()), ("日=本".into(), "x=y".into()));
        assert!(Text::utf16(&bytes).split_once("; ").is_none());
    }
}
