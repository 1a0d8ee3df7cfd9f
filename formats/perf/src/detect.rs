//! Is it a perf.data? (specification section 1)

use tracemill_engine::Detection;

pub(crate) const LITTLE: &[u8; 8] = b"PERFILE2";
pub(crate) const BIG: &[u8; 8] = b"2ELIFREP";
/// Version 1, of 2009 and 2010.
pub(crate) const OLD: &[u8; 8] = b"PERFFILE";

/// Tells by its magic whether a stream that begins with `head` is a perf.data, as a file or from a
/// pipe. Version 1 is one that cannot be read.
/// 8 bytes are enough.
///
/// ```
/// use tracemill_perf::{Detection, detect};
/// assert_eq!(detect(b"PERFILE2\x68\0"), Detection::Yes);
/// assert_eq!(detect(b"PERF"), Detection::Unsure);
/// assert_eq!(detect(b"Nettrace"), Detection::No);
/// ```
pub fn detect(head: &[u8]) -> Detection {
    for magic in [LITTLE, BIG, OLD] {
        let len = head.len().min(magic.len());
        if head.get(..len) == magic.get(..len) {
            return if len < magic.len() { Detection::Unsure } else { Detection::Yes };
        }
    }
    Detection::No
}
