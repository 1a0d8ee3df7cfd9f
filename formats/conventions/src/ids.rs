//! Ids of the W3C's trace context.

use std::fmt;

use crate::text::Text;

/// A trace's id, as written: 16 bytes, 32 hexadecimal digits.
///
/// ```
/// use tracemill_conventions::{Text, TraceId};
///
/// let text = "ab5f9ac4f3d9ea7f2c3316e8af0bbfd2";
/// assert_eq!(TraceId::parse(Text::utf8(text.as_bytes())).unwrap().to_string(), text);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TraceId(pub [u8; 16]);

impl TraceId {
    /// Reads 32 hexadecimal digits; `None` for all others, and for zeros, which mean that there is
    /// no id.
    pub fn parse(text: Text<'_>) -> Option<Self> {
        hex(text).map(Self)
    }
}

/// A span's id, as written: 8 bytes, 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpanId(pub [u8; 8]);

impl SpanId {
    /// Reads 16 hexadecimal digits; `None` for all others, and for zeros, which mean that there is
    /// no id.
    pub fn parse(text: Text<'_>) -> Option<Self> {
        hex(text).map(Self)
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

fn hex<const N: usize>(text: Text<'_>) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let mut chars = text.chars();
    for byte in &mut bytes {
        let digits = (chars.next()?.to_digit(16)?, chars.next()?.to_digit(16)?);
        *byte = u8::try_from(digits.0 << 4 | digits.1).ok()?;
    }
    (chars.next().is_none() && bytes != [0; N]).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_and_odd_lengths_are_no_ids() {
        let parse = |text: &str| SpanId::parse(Text::utf8(text.as_bytes()));
        assert_eq!(parse("15066232d9ee169e").unwrap().to_string(), "15066232d9ee169e");
        for text in ["", "0000000000000000", "15066232d9ee169", "15066232d9ee169e0", "x506"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
