//! The header of a file (specification section 1).

use crate::frame::BIG;
use crate::wire::Reader;

/// The header of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub attribute_size: u64,
    pub attributes: (u64, u64),
    pub data: (u64, u64),
    pub features: [u64; 4],
}

impl Header {
    /// Bytes with and without a bitmap of sections, and from a pipe.
    pub(crate) const LEN: u64 = 104;
    pub(crate) const SHORT: u64 = 72;
    pub(crate) const PIPE: u64 = 16;

    /// The header that `head` begins with; `None` if it is from a pipe, or none.
    pub(crate) fn of(head: &[u8]) -> Option<(Self, bool)> {
        let is_big = head.get(..8)? == BIG;
        let mut reader = Reader::new(head, 0, is_big);
        reader.take(8, "").ok()?;
        let size = reader.u64("").ok()?;
        if size != Self::LEN && size != Self::SHORT {
            return None;
        }
        let mut next = || reader.u64("").ok();
        let attribute_size = next()?;
        let (attributes, data) = ((next()?, next()?), (next()?, next()?));
        let _event_types = (next()?, next()?);
        let mut features = [0; 4];
        if size == Self::LEN {
            for word in &mut features {
                *word = next()?;
            }
            if is_big && features[0] >> HOSTNAME & 1 == 0 {
                // A machine of 32 bits wrote words of 32 bits.
                let turned = features.map(|word| word.rotate_left(32));
                features =
                    if turned[0] >> HOSTNAME & 1 != 0 { turned } else { [1 << BUILD_ID, 0, 0, 0] };
            }
        }
        Some((Self { attribute_size, attributes, data, features }, is_big))
    }

    /// Where the table of sections begins, if there is one.
    pub(crate) fn table(&self) -> Option<u64> {
        let has_one = self.data.1 > 0 && self.features != [0; 4];
        if has_one { self.data.0.checked_add(self.data.1) } else { None }
    }
}

pub(crate) const BUILD_ID: u64 = 2;
pub(crate) const HOSTNAME: u64 = 3;
