//! Times as dotnet-counters writes them: local ones.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// `11/25/2026 03:51:34`, the invariant culture's; empty if unknown.
pub(super) fn culture(utc_ns: Option<i64>) -> String {
    local(utc_ns).map_or_else(String::new, |time| time.strftime("%m/%d/%Y %H:%M:%S").to_string())
}

/// `2026-11-25T03:51:34.1234567+00:00`, .NET's round trip; empty if unknown.
pub(super) fn round_trip(utc_ns: Option<i64>) -> String {
    let Some(time) = local(utc_ns) else { return String::new() };
    let ticks = time.subsec_nanosecond() / 100;
    format!("{}.{ticks:07}{}", time.strftime("%Y-%m-%dT%H:%M:%S"), time.strftime("%:z"))
}

/// Nanoseconds since 1970, now.
pub(super) fn now() -> Option<i64> {
    Timestamp::now().as_nanosecond().try_into().ok()
}

fn local(utc_ns: Option<i64>) -> Option<Zoned> {
    let timestamp = Timestamp::from_nanosecond(utc_ns?.into()).ok()?;
    Some(timestamp.to_zoned(TimeZone::system()))
}
