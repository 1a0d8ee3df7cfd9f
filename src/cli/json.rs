//! What all JSON output has in common, and the schema (version 1).
//!
//! Every object begins with `schema_version`. Integers beyond 2^53 are strings. What a trace does
//! not tell is null. Times end in `_ns`, nanoseconds since the trace began, or in `_time`, RFC 3339.
//!
//! | printed by | one object | keys |
//! |---|---|---|
//! | `info --json` | a file | those of `info/report.rs`, in order |
//! | `stats --json` | a file | those of `stats/report.rs`; `by.provider`, `by.event`, .. are lists of `tally/rows.rs`, the largest count first; `loss` lists capture threads (`stats/loss.rs`); `memory` with `--memory` (`stats/memory.rs`) |
//! | `events -f jsonl` | an event | the columns asked for; `ts` is `ts_ns` (nanoseconds) or, with `--utc`, a time; `keywords` is a number, `payload` hexadecimal; `fields` see below |
//! | `list-formats --json` | all | `formats` |
//! | standard error with any of these | a message | `kind` (`fault`, `faults`, `truncated`, `error`, `unsupported`, `io`, `remark`), `file`, `offset`, `message` |
//!
//! `fields` is an object of the fields that are whole, in their order: integers, floating-point
//! numbers (null if not finite), strings (text; byte arrays and decimals in hexadecimal; GUIDs;
//! times in UTC), true, false, arrays, objects. Enumerations are numbers. A second field of the same
//! name is `NAME#2`. Null if nobody describes the payload. Only where there is something to be said
//! follow: `undescribed_bytes`, bytes of the payload that no field describes; `ill_formed_at`, where in the payload
//! the first field is that does not fit; `lossy`, true if text was not well-formed and has U+FFFD in
//! its place (`payload` has it as it is).
//!
//! In both reports, `faults` lists the first 1,000 faults (`kind`: `damage`, `limit`, `trailing`;
//! `offset`; `what`; `bytes` of trailing ones), `fault_count` counts all. `end.state` is `complete`,
//! `truncated` (with `offset`, `what`, `declared` and `present` bytes of what was cut), `error`
//! (with `offset` and `what`) or `unreadable` (with `what`).

use std::io::{self, Write};

use serde::{Serialize, Serializer};

/// Version of every JSON object printed; raised when a field changes its meaning or goes.
pub(crate) const SCHEMA_VERSION: u32 = 1;

/// An integer. Beyond 2^53, where many readers lose digits, it is written as a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Int(i128);

const EXACT: u128 = 1 << 53;

impl From<u64> for Int {
    fn from(value: u64) -> Self {
        Self(value.into())
    }
}

impl From<i64> for Int {
    fn from(value: i64) -> Self {
        Self(value.into())
    }
}

impl From<usize> for Int {
    fn from(value: usize) -> Self {
        Self(value as i128)
    }
}

impl Serialize for Int {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match i64::try_from(self.0) {
            Ok(value) if self.0.unsigned_abs() <= EXACT => serializer.serialize_i64(value),
            _ => serializer.collect_str(&self.0),
        }
    }
}

impl std::fmt::Display for Int {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
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
