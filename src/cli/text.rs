//! Numbers, times and names as text.

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;

/// Appends `number` with at least `min_digits` digits, 20 at most.
#[inline]
pub(crate) fn decimal(out: &mut Vec<u8>, number: u64, min_digits: usize) {
    let digits = digits_of(number).max(min_digits).min(20);
    let (high, low) = (number / EIGHT_DIGITS, number % EIGHT_DIGITS);
    if digits <= 8 {
        return put_last(out, low, digits);
    }
    if digits <= 16 {
        put_last(out, high % EIGHT_DIGITS, digits - 8);
    } else {
        put_last(out, high / EIGHT_DIGITS, digits - 16);
        put_last(out, high % EIGHT_DIGITS, 8);
    }
    put_last(out, low, 8);
}

const EIGHT_DIGITS: u64 = 100_000_000;

/// How many digits a number has.
#[inline]
fn digits_of(number: u64) -> usize {
    // About a third of the bits, and one more from the power of ten on.
    let bits = u64::BITS - number.leading_zeros();
    let digits = (bits as usize * 1233) >> 12;
    digits + usize::from(POWERS.get(digits).is_some_and(|power| number >= *power))
}

/// Powers of ten, but for the first: 0 has a digit.
const POWERS: [u64; 20] = [
    0,
    10,
    100,
    1_000,
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    100_000_000,
    1_000_000_000,
    10_000_000_000,
    100_000_000_000,
    1_000_000_000_000,
    10_000_000_000_000,
    100_000_000_000_000,
    1_000_000_000_000_000,
    10_000_000_000_000_000,
    100_000_000_000_000_000,
    1_000_000_000_000_000_000,
    10_000_000_000_000_000_000,
];

/// Appends the last of the eight digits of a number below 10^8. All are made at once, and how many
/// there are does not depend on them: what is appended next waits for that alone.
#[inline]
fn put_last(out: &mut Vec<u8>, number: u64, digits: usize) {
    // Fours, pairs and single digits, side by side, the first in the lowest bits; divisions by
    // multiplication are exact for these.
    let fours = (number / 10_000) | ((number % 10_000) << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let pairs = hundreds | ((fours - 100 * hundreds) << 16);
    let tens = ((pairs * 103) >> 10) & 0x000f_000f_000f_000f;
    let text = tens | ((pairs - 10 * tens) << 8) | 0x3030_3030_3030_3030;
    let end = out.len() + digits;
    out.extend_from_slice(&(text >> (64 - 8 * digits)).to_le_bytes());
    out.truncate(end);
}

/// Appends nanoseconds as seconds with all nine decimals.
pub(crate) fn seconds(out: &mut Vec<u8>, ns: i64) {
    if ns < 0 {
        out.push(b'-');
    }
    let ns = ns.unsigned_abs();
    decimal(out, ns / 1_000_000_000, 1);
    out.push(b'.');
    decimal(out, ns % 1_000_000_000, 9);
}

/// Appends nanoseconds since 1970 as a time of RFC 3339, in UTC.
pub(crate) fn instant(out: &mut Vec<u8>, utc_ns: i64) {
    const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(9));
    if let Ok(timestamp) = Timestamp::from_nanosecond(utc_ns.into()) {
        let _ = PRINTER.print_timestamp(&timestamp, out);
    }
}

/// Appends bytes as lower-case hexadecimal digits.
pub(crate) fn hex(out: &mut Vec<u8>, bytes: &[u8]) {
    let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
    out.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
}

/// Appends a GUID as it is usually written.
pub(crate) fn guid(out: &mut Vec<u8>, guid: [u8; 16]) {
    use std::io::Write;
    // Writing to memory does not fail.
    let _ = write!(out, "{}", tracemill::Guid(guid));
}

/// Appends `text` so that it stays on its line and does nothing to a terminal.
pub(crate) fn escape(out: &mut Vec<u8>, text: &str) {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    escape_chars(out, text.chars());
}

/// The same with characters.
pub(crate) fn escape_chars(out: &mut Vec<u8>, text: impl Iterator<Item = char>) {
    for char in text {
        if char.is_control() || is_layout(char) {
            chars(out, char.escape_default());
        } else {
            chars(out, std::iter::once(char));
        }
    }
}

/// Whether a character moves others: ends of lines and paragraphs, and marks, embeddings and isolates
/// that change the direction of writing.
fn is_layout(char: char) -> bool {
    matches!(
        char,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// Appends characters.
pub(crate) fn chars(out: &mut Vec<u8>, chars: impl Iterator<Item = char>) {
    for char in chars {
        out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

/// Escapes what stands in `out` from `start` on.
pub(crate) fn escape_from(out: &mut Vec<u8>, start: usize) {
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~');
    if !out.get(start..).unwrap_or_default().iter().all(is_plain) {
        let tail = out.split_off(start);
        escape(out, &String::from_utf8_lossy(&tail));
    }
}

/// `text`, escaped.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = Vec::new();
    escape(&mut out, text);
    String::from_utf8_lossy(&out).into_owned()
}

/// A number with its digits in groups of three.
pub(crate) fn grouped(number: u64) -> String {
    group(&number.to_string())
}

fn group(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `number` of something.
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// Bytes in a fitting unit.
pub(crate) fn size(bytes: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let (mut tenths, mut unit) = (u128::from(bytes) * 10 / 1024, 0);
    while tenths >= 10_240 && unit + 1 < units.len() {
        (tenths, unit) = (tenths / 1024, unit + 1);
    }
    let unit = units.get(unit).copied().unwrap_or_default();
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

/// Nanoseconds as seconds, for people; `?` if unknown.
pub(crate) fn span(ns: Option<i64>) -> String {
    ns.map_or_else(|| "?".to_owned(), |ns| collect(|out| seconds(out, ns)) + " s")
}

/// An instant as text; `?` if unknown.
pub(crate) fn moment(utc_ns: Option<i64>) -> String {
    utc_ns.map_or_else(|| "?".to_owned(), |ns| collect(|out| instant(out, ns)))
}

/// A number; `?` if unknown.
pub(crate) fn or_unknown(number: Option<u64>) -> String {
    number.map_or_else(|| "?".to_owned(), |number| number.to_string())
}

/// A rate, not negative, with one decimal and its digits in groups of three; `?` if unknown.
pub(crate) fn rate(rate: Option<f64>) -> String {
    let Some(rate) = rate else {
        return "?".to_owned();
    };
    let text = format!("{rate:.1}");
    match text.split_once('.') {
        Some((whole, tenth)) => format!("{}.{tenth}", group(whole)),
        None => text,
    }
}

/// What `append` appends.
pub(crate) fn collect(append: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    append(&mut out);
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        assert_eq!(collect(|out| seconds(out, 1_500_000_000)), "1.500000000");
        assert_eq!(collect(|out| seconds(out, -1)), "-0.000000001");
        assert_eq!(collect(|out| seconds(out, i64::MIN)), "-9223372036.854775808");
        let text = collect(|out| instant(out, 951_825_600_000_000_001));
        assert_eq!(text, "2000-02-29T12:00:00.000000001Z");
    }

    #[test]
    fn numbers() {
        assert_eq!(collect(|out| decimal(out, u64::MAX, 1)), u64::MAX.to_string());
        assert_eq!(collect(|out| decimal(out, 7, 3)), "007");
        let mut number = 1_u64;
        for digits in 1..=19 {
            for near in [number - 1, number, number + 1, 7 * number / 5] {
                assert_eq!(collect(|out| decimal(out, near, 1)), near.to_string(), "{digits}");
            }
            number = number.saturating_mul(10);
        }
        for four in 0..10_000 {
            let number = 10_000 * four + (9_999 - four);
            assert_eq!(collect(|out| decimal(out, number, 8)), format!("{number:08}"));
        }
        for min_digits in 1..=20 {
            for number in [0, 5, EIGHT_DIGITS, 1_234_567_890_123, u64::MAX] {
                let text = collect(|out| decimal(out, number, min_digits));
                assert_eq!(text, format!("{number:0min_digits$}"));
            }
        }
        assert_eq!(collect(|out| decimal(out, 0, 9)), "000000000");
        assert_eq!(collect(|out| decimal(out, 120, 9)), "000000120");
        assert_eq!([grouped(0), grouped(999), grouped(1_234_567)], ["0", "999", "1,234,567"]);
        let rates = [Some(1_234_567.89), Some(0.04), None].map(rate);
        assert_eq!(rates, ["1,234,567.9", "0.0", "?"]);
        assert_eq!([size(1023), size(1024), size(u64::MAX)], ["1023 B", "1.0 KiB", "15.9 EiB"]);
    }

    #[test]
    fn names_cannot_leave_their_line() {
        assert_eq!(escaped("a\nb\u{1b}[1m é"), "a\\nb\\u{1b}[1m é");
        assert_eq!(escaped("\u{9b}x\u{202e}"), "\\u{9b}x\\u{202e}");
        assert_eq!(escaped("\u{2067}x\u{200f}"), "\\u{2067}x\\u{200f}");
    }

    #[test]
    fn guids() {
        let wire = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
        let text = collect(|out| guid(out, wire));
        assert_eq!(text, "00010203-0405-0607-0809-0a0b0c0d0e0f");
    }
}
