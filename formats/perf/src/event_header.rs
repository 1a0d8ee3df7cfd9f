//! `EventHeader`: events of user programs (`user_events`) that describe themselves (specification
//! section 11).
//!
//! ```text
//! raw data    common fields | flags version id tag opcode level | extensions | payload
//! extension   size, kind (bit 15: another follows), bytes       ; 1 metadata, 2 activity ids
//! metadata    name;attributes NUL, then for each field: name NUL, encoding [format [tag]] [count]
//! ```

use tracemill_engine::EventView;

use crate::items::{Items, u16_of};
use crate::sample::Sample;
use crate::wire::text;

/// An event that describes itself. `Copy`; valid as long as the view it was made of.
#[derive(Clone, Copy, Debug)]
pub struct EventHeader<'a> {
    head: [u8; 8],
    /// Name and fields.
    metadata: &'a [u8],
    activity: &'a [u8],
    payload: &'a [u8],
}

impl<'a> EventHeader<'a> {
    /// Reads `view` as such an event; `None` if it is none, or ill-formed in front of its fields.
    pub fn of(view: EventView<'a>) -> Option<Self> {
        let sample = Sample::of(view)?;
        if !sample.attribute().is_event_header {
            return None;
        }
        Self::read(view.payload().get(COMMON..)?)
    }

    fn read(raw: &'a [u8]) -> Option<Self> {
        let (head, mut rest) = raw.split_first_chunk::<8>()?;
        let is_big = head.first()? & LITTLE == 0;
        let (mut metadata, mut activity) = (&[][..], &[][..]);
        let mut has_more = head.first()? & EXTENDED != 0;
        while has_more {
            let (size, behind) = u16_of(rest, is_big)?;
            let (kind, behind) = u16_of(behind, is_big)?;
            let (bytes, behind) = behind.split_at_checked(size.into())?;
            match kind & 0x7fff {
                1 => metadata = bytes,
                2 => activity = bytes,
                _ => {}
            }
            (rest, has_more) = (behind, kind & 0x8000 != 0);
        }
        Some(Self { head: *head, metadata, activity, payload: rest })
    }

    /// Whether its numbers are in big-endian.
    pub fn is_big_endian(&self) -> bool {
        self.byte(0) & LITTLE == 0
    }

    /// Version of the event.
    pub fn version(&self) -> u8 {
        self.byte(1)
    }

    /// Number of the event within its provider, 0 if it has none.
    pub fn id(&self) -> u16 {
        u16::from_le_bytes([self.byte(2), self.byte(3)])
    }

    /// A number of the writer's own.
    pub fn tag(&self) -> u16 {
        u16::from_le_bytes([self.byte(4), self.byte(5)])
    }

    /// Opcode.
    pub fn opcode(&self) -> u8 {
        self.byte(6)
    }

    /// Verbosity: 1 critical to 5 verbose.
    pub fn level(&self) -> u8 {
        self.byte(7)
    }

    /// Its name and, behind semicolons, attributes, as on the wire.
    pub fn name(&self) -> &'a [u8] {
        let name = text(self.metadata);
        name.split(|byte| *byte == b';').next().unwrap_or_default()
    }

    /// The activity it belongs to, in order as it is written as text.
    pub fn activity_id(&self) -> Option<[u8; 16]> {
        self.activity.first_chunk().copied()
    }

    /// The activity that started its own.
    pub fn related_activity_id(&self) -> Option<[u8; 16]> {
        self.activity.get(16..)?.first_chunk().copied()
    }

    /// Its fields, one by one. Ends at the first that is ill-formed, and after 4,096 items.
    pub fn items(&self) -> Items<'a> {
        let fields = self.metadata.get(text(self.metadata).len() + 1..).unwrap_or_default();
        Items::new(fields, self.payload, self.is_big_endian())
    }

    fn byte(&self, at: usize) -> u8 {
        self.head.get(at).copied().unwrap_or(0)
    }
}

/// Bytes that all tracepoints begin with.
const COMMON: usize = 8;
/// Flags of the head.
const LITTLE: u8 = 2;
const EXTENDED: u8 = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::items::{MAX_ITEMS, What};
    use tracemill_engine::Value;

    fn event(is_big: bool) -> Vec<u8> {
        let number = |value: u16| if is_big { value.to_be_bytes() } else { value.to_le_bytes() };
        let mut metadata = b"Name;attribute=1\0".to_vec();
        metadata.extend_from_slice(b"byte\0\x02");
        metadata.extend_from_slice(b"signed\0\x83\x82");
        metadata.extend_from_slice(&number(77));
        metadata.extend_from_slice(b"text\0\x07");
        metadata.extend_from_slice(b"array\0\x23");
        metadata.extend_from_slice(&number(2));
        // Structures with two fields, the second of which is counted text.
        metadata.extend_from_slice(b"rows\0\xc1\x02a\0\x02b\0\x0a");
        metadata.extend_from_slice(b"one\0\x81\x01c\0\x82\x07");
        metadata.extend_from_slice(b"none\0\xc1\x01d\0\x02last\0\x02");
        let mut out = vec![4 | if is_big { 0 } else { 2 }, 3, 5, 0, 6, 0, 7, 4];
        for (kind, bytes) in [(2 | 0x8000, &[9; 16][..]), (1, &metadata)] {
            out.extend_from_slice(&number(u16::try_from(bytes.len()).unwrap()));
            out.extend_from_slice(&number(kind));
            out.extend_from_slice(bytes);
        }
        out.push(200);
        out.extend_from_slice(&number(0xfffe));
        out.extend_from_slice(b"hello\0");
        out.extend_from_slice(&[number(1), number(2), number(2)].concat());
        for (a, b) in [(11, "x"), (12, "yz")] {
            out.push(a);
            out.extend_from_slice(&number(u16::try_from(b.len()).unwrap()));
            out.extend_from_slice(b.as_bytes());
        }
        out.push(1);
        out.extend_from_slice(&number(0));
        out.push(33);
        out
    }

    #[test]
    fn fields_are_what_the_event_says() {
        for is_big in [false, true] {
            let bytes = event(is_big);
            let event = EventHeader::read(&bytes).unwrap();
            assert_eq!((event.name(), event.version(), event.id()), (&b"Name"[..], 3, 5));
            assert_eq!((event.tag(), event.opcode(), event.level()), (6, 7, 4));
            assert_eq!((event.activity_id(), event.related_activity_id()), (Some([9; 16]), None));
            let found: Vec<String> = event
                .items()
                .map(|item| {
                    let what = match item.what {
                        What::Value(Value::Unsigned(value)) => value.to_string(),
                        What::Value(Value::Signed(value)) => format!("{value:+}#{}", item.tag),
                        What::Value(Value::Bool(value)) => value.to_string(),
                        What::Value(Value::Utf8(text)) => String::from_utf8_lossy(text).into(),
                        What::Value(other) => format!("{other:?}"),
                        What::Array(count) => format!("[{count}]"),
                        What::Begin => "{".into(),
                        What::End => "}".into(),
                    };
                    format!("{}={what}", String::from_utf8_lossy(item.name))
                })
                .collect();
            let expected = "byte=200 signed=-2#77 text=hello array=[2] array=1 array=2 rows=[2] \
                            rows={ a=11 b=x rows={ a=12 b=yz rows=} one={ c=true one=} \
                            none=[0] none=} last=33";
            assert_eq!(found.join(" "), expected);
        }
    }

    #[test]
    fn no_bytes_are_too_odd() {
        let whole = event(false);
        for at in 0..whole.len() {
            for value in [0, 1, 0x21, 0x41, 0x7f, 0xc1, 0xff] {
                let mut odd = whole.clone();
                if let Some(byte) = odd.get_mut(at) {
                    *byte = value;
                }
                let count = EventHeader::read(&odd).map_or(0, |event| event.items().count());
                assert!(count <= MAX_ITEMS as usize);
            }
            let cut = whole.get(..at).and_then(EventHeader::read);
            assert!(cut.is_none_or(|event| event.items().count() < 20));
        }
    }
}
