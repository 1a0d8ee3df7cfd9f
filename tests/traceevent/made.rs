//! What `TraceEvent` makes of fields, as text.

use tracemill_test_support::row::Row;

pub fn zero(_: &Row<'_>) -> String {
    "0".into()
}

pub fn null(_: &Row<'_>) -> String {
    "null".into()
}

pub fn method_flags(row: &Row<'_>) -> String {
    (row.number("MethodFlags") & 0x7f).to_string()
}

pub fn optimization_tier(row: &Row<'_>) -> String {
    // Only of code that was jitted.
    let flags = row.number("MethodFlags");
    if flags & 8 == 0 { "0".into() } else { (flags >> 7 & 7).to_string() }
}

fn sum(row: &Row<'_>, prefix: &str) -> String {
    (0..5).map(|generation| row.number(&format!("{prefix}{generation}"))).sum::<u64>().to_string()
}

pub fn total_heap_size(row: &Row<'_>) -> String {
    sum(row, "GenerationSize")
}

pub fn total_promoted(row: &Row<'_>) -> String {
    sum(row, "TotalPromotedSize")
}

/// The oldest generation of which something was promoted.
pub fn depth(row: &Row<'_>) -> String {
    let promoted = |of: &u32| row.number(&format!("TotalPromotedSize{of}")) > 0;
    (0..3).rfind(promoted).unwrap_or(0).to_string()
}

pub fn signed(row: &Row<'_>, name: &str) -> String {
    u32::try_from(row.number(name)).unwrap().cast_signed().to_string()
}

pub fn mechanism(row: &Row<'_>, name: &str) -> String {
    match row.number(name) & 0x7fff_ffff {
        0 => "1024".into(),
        bits => bits.trailing_zeros().to_string(),
    }
}

pub fn file_name(row: &Row<'_>) -> String {
    let path = row.text("ModuleILPath");
    path.rsplit('/').next().unwrap().to_owned()
}

pub fn integer(bytes: &[u8], at: usize, len: usize) -> String {
    let bytes = &bytes[at..at + len];
    bytes.iter().rev().fold(0u64, |value, byte| value << 8 | u64::from(*byte)).to_string()
}

pub fn latin(row: &Row<'_>, name: &str) -> String {
    row.bytes(name).iter().map(|byte| char::from(*byte)).collect()
}
