//! GUIDs as they are usually written.

use std::fmt;

/// A GUID as it stands on the wire: its first three parts are little-endian.
///
/// ```
/// let wire = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
/// assert_eq!(tracemill_engine::Guid(wire).to_string(), "00010203-0405-0607-0809-0a0b0c0d0e0f");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guid(pub [u8; 16]);

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
        for (place, from) in ORDER.into_iter().enumerate() {
            if matches!(place, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{:02x}", self.0.get(from).unwrap_or(&0))?;
        }
        Ok(())
    }
}
