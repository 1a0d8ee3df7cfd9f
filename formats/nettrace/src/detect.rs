//! Which format is it? (specification section 0)

use tracemill_engine::Detection;

pub(crate) const NETTRACE: &[u8; 8] = b"Nettrace";
pub(crate) const SERIALIZATION: &[u8; 20] = b"!FastSerialization.1";
/// Netperf V1-V3 begins with the length of [`SERIALIZATION`], a 32-bit number.
pub(crate) const NETPERF: &[u8; 24] = b"\x14\0\0\0!FastSerialization.1";

/// Tells by its magic whether a stream that begins with `head` is a netperf or nettrace one.
/// 12 bytes are enough.
///
/// ```
/// use tracemill_nettrace::{Detection, detect};
/// assert_eq!(detect(b"Nettrace\0\0\0\0"), Detection::Yes);
/// assert_eq!(detect(b"Net"), Detection::Unsure);
/// assert_eq!(detect(b"PERFILE2"), Detection::No);
/// ```
pub fn detect(head: &[u8]) -> Detection {
    let enough = |magic: &[u8]| {
        let len = head.len().min(magic.len());
        head.get(..len) == magic.get(..len)
    };
    if enough(NETTRACE) {
        return if head.len() < NETTRACE.len() { Detection::Unsure } else { Detection::Yes };
    }
    if enough(NETPERF) {
        return if head.len() < 12 { Detection::Unsure } else { Detection::Yes };
    }
    Detection::No
}
