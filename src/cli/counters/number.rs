//! Numbers as text: as .NET writes them, and as people like to read them.

use std::fmt::Write;

use crate::cli::text;

/// As .NET writes a double in the invariant culture: the shortest digits that read back the same.
pub(super) fn invariant(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    // As it is up to 15 digits before the point, and 4 zeros behind it.
    if (-5 < exponent) && (exponent < 15) {
        return value.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}E{sign}{:02}", exponent.unsigned_abs())
}

/// For people: whole numbers in groups of three, others with three decimals, or with as many as
/// show something.
pub(super) fn readable(value: f64) -> String {
    /// Beyond it, digits would be made up.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let size = value.abs();
    if !size.is_finite() || size >= EXACT || (size > 0.0 && size < 0.0005) {
        return format!("{value:.3e}");
    }
    let rounded = format!("{size:.3}");
    let (whole, decimals) = rounded.split_once('.').unwrap_or((&rounded, ""));
    let decimals = decimals.trim_end_matches('0');
    let mut out = String::new();
    if value < 0.0 {
        out.push('-');
    }
    out.push_str(&text::grouped(whole.parse().unwrap_or_default()));
    if !decimals.is_empty() {
        let _ = write!(out, ".{decimals}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_as_net_writes_them() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (9_253.789_999_999_999, "9253.789999999999"),
            (0.0001, "0.0001"),
            (0.00001, "1E-05"),
            (-1.25e-7, "-1.25E-07"),
            (123_456_789_012_345.0, "123456789012345"),
            (1e15, "1E+15"),
            (1.234_567_890_123_456_8e17, "1.2345678901234568E+17"),
            (1e300, "1E+300"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(invariant(value), text);
        }
    }

    #[test]
    fn numbers_for_people() {
        for (value, text) in [
            (0.0, "0"),
            (1_234_567.0, "1,234,567"),
            (-1234.5, "-1,234.5"),
            (35.676_16, "35.676"),
            (0.9999, "1"),
            (0.000_25, "2.500e-4"),
            (1e20, "1.000e20"),
        ] {
            assert_eq!(readable(value), text);
        }
    }
}
