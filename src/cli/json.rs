//! What all JSON output has in common. Every object is described in `docs/json.md`.

use std::io::{self, Write};

use serde::{Serialize, Serializer};

/// Version of every JSON object printed; raised when a key changes its meaning or goes.
pub(crate) const SCHEMA_VERSION: u32 = 1;

/// An integer. Beyond 2^53, where many readers lose digits, it is written as a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Int {
    Small(i64),
    /// Beyond `i64`.
    Large(u64),
}

impl Int {
    /// The largest number that is written as one, as is its negative.
    pub(crate) const EXACT: i64 = 1 << 53;
}

impl From<u64> for Int {
    fn from(value: u64) -> Self {
        i64::try_from(value).map_or(Self::Large(value), Self::Small)
    }
}

impl From<i64> for Int {
    fn from(value: i64) -> Self {
        Self::Small(value)
    }
}

impl From<usize> for Int {
    fn from(value: usize) -> Self {
        Self::from(value as u64)
    }
}

impl Serialize for Int {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::Small(value) if (-Self::EXACT..=Self::EXACT).contains(&value) => {
                serializer.serialize_i64(value)
            }
            Self::Small(value) => serializer.collect_str(&value),
            Self::Large(value) => serializer.collect_str(&value),
        }
    }
}

impl std::fmt::Display for Int {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Small(value) => value.fmt(f),
            Self::Large(value) => value.fmt(f),
        }
    }
}

/// Prints `value` on a line of its own.
pub(crate) fn print_line(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_2_to_the_53_is_a_string() {
        let json = |value: Int| serde_json::to_string(&value).unwrap();
        assert_eq!(json((1_u64 << 53).into()), "9007199254740992");
        assert_eq!(json(((1_u64 << 53) + 1).into()), "\"9007199254740993\"");
        assert_eq!(json(u64::MAX.into()), "\"18446744073709551615\"");
        assert_eq!(json((-5_i64).into()), "-5");
        assert_eq!(json(i64::MIN.into()), "\"-9223372036854775808\"");
    }
}
