//! Numbers of any kind, compared as what they are and not as what they could be turned into.

use std::cmp::Ordering;

use tracemill_engine::Value;

/// A number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    /// Any of 64 bits, with or without sign.
    Int(i128),
    /// IEEE 754.
    Float(f64),
}

impl Number {
    /// The number that a value is.
    pub(super) fn of(value: &Value<'_>) -> Option<Self> {
        Some(match *value {
            Value::Unsigned(value) | Value::FileTime(value) => Self::Int(value.into()),
            Value::Signed(value) => Self::Int(value.into()),
            Value::Bool(value) => Self::Int(value.into()),
            Value::Char(unit) => Self::Int(unit.into()),
            Value::Float32(value) => Self::Float(value.into()),
            Value::Float64(value) => Self::Float(value),
            _ => return None,
        })
    }

    /// How it compares; `None` if either is not a number (NaN).
    pub(super) fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(one), Self::Int(other)) => Some(one.cmp(&other)),
            (Self::Float(one), Self::Float(other)) => one.partial_cmp(&other),
            (Self::Int(one), Self::Float(other)) => int_to_float(one, other),
            (Self::Float(one), Self::Int(other)) => int_to_float(other, one).map(Ordering::reverse),
        }
    }
}

/// Compares without rounding either: by the whole part, then by what is behind the point.
fn int_to_float(int: i128, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    // What is beyond 128 bits becomes the outermost of them, which no value of 64 bits is.
    #[expect(clippy::cast_possible_truncation, reason = "the whole part; saturates")]
    let whole = float.trunc() as i128;
    let rest = if float.is_finite() { float.fract() } else { 0.0 };
    Some(int.cmp(&whole).then(0.0.partial_cmp(&rest)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_rounded() {
        use Number::{Float, Int};
        const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53
        for (one, other, expected) in [
            (Int(9_007_199_254_740_993), Float(EXACT), Some(Ordering::Greater)),
            (Int(9_007_199_254_740_992), Float(EXACT), Some(Ordering::Equal)),
            (Int(i128::from(u64::MAX)), Float(18_446_744_073_709_551_616.0), Some(Ordering::Less)),
            (Int(i128::from(i64::MIN)), Float(-9.223_372_036_854_776e18), Some(Ordering::Equal)),
            (Int(-1), Float(-1.5), Some(Ordering::Greater)),
            (Int(0), Float(-0.0), Some(Ordering::Equal)),
            (Int(0), Float(f64::MIN_POSITIVE), Some(Ordering::Less)),
            (Int(5), Float(f64::INFINITY), Some(Ordering::Less)),
            (Int(5), Float(f64::NEG_INFINITY), Some(Ordering::Greater)),
            (Int(5), Float(f64::NAN), None),
            (Int(-1), Int(i128::from(u64::MAX)), Some(Ordering::Less)),
        ] {
            assert_eq!(one.compare(other), expected, "{one:?} {other:?}");
            assert_eq!(other.compare(one), expected.map(Ordering::reverse), "{other:?} {one:?}");
        }
    }
}
