//! Event headers: the hot loop (specification section 3).
//!
//! A compressed header is a byte of flags and then the fields that changed, most of them varints.
//! Which fields there are cannot be foretold, but branches on it are cheaper than any way around
//! them: a predicted branch lets the processor run ahead into the next event, while branch-free
//! decoding makes one chain of loads of it all.

use tracemill_engine::{Cursor, Fault, Faults, RunView};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::decode::block_header;
use crate::view::Detail;
use crate::wire::{PlainEvent, PlainEventV6};

/// Field values of the event last read, which the next compressed header builds on. Zero at the
/// start of a block; kept in the run's position where decoding pauses inside one.
#[derive(Clone, Copy, Debug, Default, FromBytes, Immutable, IntoBytes, KnownLayout)]
#[repr(C)]
pub(crate) struct Header {
    pub ticks: u64,
    pub thread: u64,
    pub capture_thread: u64,
    pub metadata_id: u32,
    pub sequence: u32,
    pub processor: u32,
    pub stack_id: u32,
    pub payload_size: u32,
    /// Place of the activity id in the run, plus one; 0 for none.
    pub activity: u32,
    /// Place of the related activity id in the run, plus one; 0 for none.
    pub related: u32,
    pub label_list: u32,
    /// [`Detail::SORTED`] if this event is marked so, else 0.
    pub sorted: u32,
    /// Bits of [`Marks`], which the block decoder keeps beside the header.
    pub marks: u32,
}
const _: () = assert!(size_of::<Header>() == 64);

/// Why a header cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The block ends inside of it.
    Short,
    /// A varint is longer than its type allows.
    Overlong,
}

/// What a header holds anew, as bits of the flags byte.
pub(crate) mod flag {
    pub(crate) const METADATA_ID: u8 = 0x01;
    pub(crate) const CAPTURE: u8 = 0x02;
    pub(crate) const THREAD: u8 = 0x04;
    pub(crate) const STACK: u8 = 0x08;
    pub(crate) const ACTIVITY: u8 = 0x10;
    pub(crate) const RELATED: u8 = 0x20;
    pub(crate) const SORTED: u8 = 0x40;
    pub(crate) const PAYLOAD_SIZE: u8 = 0x80;
    /// All that a plain header always holds.
    pub(crate) const PLAIN: u8 = 0xff;
}

/// The rest of a block, read front to back. Passed and returned by value: taking its address would
/// keep it in memory, and each read would then wait for the store of the one before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rest<'a>(pub &'a [u8]);

impl<'a> Rest<'a> {
    /// Reads a compressed header over the one before it; `len` is that of the whole run. Returns
    /// the header, its flags byte, and what follows.
    #[inline(always)]
    pub(crate) fn compressed<const V6: bool>(
        self,
        header: &mut Header,
        len: usize,
    ) -> Result<(u8, Self), Failure> {
        let (flags, mut rest) = self.u8()?;
        if flags & flag::METADATA_ID != 0 {
            (header.metadata_id, rest) = rest.varu32()?;
        }
        if flags & flag::CAPTURE != 0 {
            let delta;
            (delta, rest) = rest.varu32()?;
            header.sequence = header.sequence.wrapping_add(delta.wrapping_add(1));
            (header.capture_thread, rest) = rest.varu64()?;
            (header.processor, rest) = rest.varu32()?;
        } else if header.metadata_id != 0 {
            header.sequence = header.sequence.wrapping_add(1);
        }
        if flags & flag::THREAD != 0 {
            (header.thread, rest) = rest.varu64()?;
        }
        if flags & flag::STACK != 0 {
            (header.stack_id, rest) = rest.varu32()?;
        }
        let delta;
        (delta, rest) = rest.varu64()?;
        header.ticks = header.ticks.wrapping_add(delta);
        if V6 {
            if flags & flag::ACTIVITY != 0 {
                (header.label_list, rest) = rest.varu32()?;
            }
        } else if flags & (flag::ACTIVITY | flag::RELATED) != 0 {
            if flags & flag::ACTIVITY != 0 {
                (header.activity, rest) = rest.guid(len)?;
            }
            if flags & flag::RELATED != 0 {
                (header.related, rest) = rest.guid(len)?;
            }
        }
        header.sorted = u32::from(flags & flag::SORTED) << 25;
        if flags & flag::PAYLOAD_SIZE != 0 {
            (header.payload_size, rest) = rest.varu32()?;
        }
        Ok((flags, rest))
    }

    /// Reads a header that is not compressed. Returns the header, the bytes behind the payload that
    /// belong to the event, and what follows the header.
    pub(crate) fn plain<const V6: bool>(
        self,
        mut header: Header,
        len: usize,
    ) -> Result<(Header, usize, Self), Failure> {
        let (fixed, event_size, rest) = if V6 {
            let (event, rest) =
                PlainEventV6::ref_from_prefix(self.0).map_err(|_| Failure::Short)?;
            header.metadata_id = event.metadata_id.get();
            header.sequence = event.sequence_number.get();
            header.thread = event.thread_index.get();
            header.capture_thread = event.capture_thread_index.get();
            (header.processor, header.stack_id) = (event.processor.get(), event.stack_id.get());
            header.ticks = event.timestamp.get();
            header.label_list = event.label_list_id.get();
            header.payload_size = event.payload_size.get();
            (size_of::<PlainEventV6>(), event.event_size.get(), rest)
        } else {
            let (event, rest) = PlainEvent::ref_from_prefix(self.0).map_err(|_| Failure::Short)?;
            header.metadata_id = event.metadata_id.get();
            header.sequence = event.sequence_number.get();
            header.thread = event.thread_id.get();
            header.capture_thread = event.capture_thread_id.get();
            (header.processor, header.stack_id) = (event.processor.get(), event.stack_id.get());
            header.ticks = event.timestamp.get();
            // The activity ids stand at fixed places behind the timestamp.
            let start = place(len, self.0);
            (header.activity, header.related) = (start + 44 + 1, start + 60 + 1);
            header.payload_size = event.payload_size.get();
            (size_of::<PlainEvent>(), event.event_size.get(), rest)
        };
        header.sorted = !header.metadata_id & Detail::SORTED;
        header.metadata_id &= 0x7fff_ffff;
        // EventSize does not count itself.
        let whole = (event_size as usize).checked_add(4).ok_or(Failure::Short)?;
        let used = fixed.checked_add(header.payload_size as usize).ok_or(Failure::Short)?;
        Ok((header, whole.checked_sub(used).ok_or(Failure::Short)?, Rest(rest)))
    }

    /// The next `len` bytes, and what follows.
    #[inline(always)]
    pub(crate) fn take(self, len: usize) -> Result<(&'a [u8], Self), Failure> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or(Failure::Short)?;
        Ok((taken, Rest(rest)))
    }

    #[inline(always)]
    fn u8(self) -> Result<(u8, Self), Failure> {
        let (byte, rest) = self.0.split_first().ok_or(Failure::Short)?;
        Ok((*byte, Rest(rest)))
    }

    #[inline(always)]
    fn varu32(self) -> Result<(u32, Self), Failure> {
        let (first, rest) = self.u8()?;
        if first < 0x80 {
            return Ok((first.into(), rest));
        }
        let (second, rest) = rest.u8()?;
        let value = u32::from(first & 0x7f) | u32::from(second & 0x7f) << 7;
        if second < 0x80 {
            return Ok((value, rest));
        }
        rest.varu32_long(value)
    }

    #[inline(never)]
    fn varu32_long(self, mut value: u32) -> Result<(u32, Self), Failure> {
        let mut rest = self;
        for shift in [14, 21, 28] {
            let byte;
            (byte, rest) = rest.u8()?;
            value |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok((value, rest));
            }
        }
        Err(Failure::Overlong)
    }

    #[inline(always)]
    fn varu64(self) -> Result<(u64, Self), Failure> {
        // With ten bytes at hand, one check of the bounds is enough for all of them.
        let Some(bytes) = self.0.first_chunk::<10>() else {
            return self.varu64_at_the_end();
        };
        let (mut value, mut len) = (0u64, 0);
        for byte in bytes {
            value |= u64::from(byte & 0x7f) << (7 * len);
            len += 1;
            if *byte < 0x80 {
                return Ok((value, Rest(self.0.get(len..).unwrap_or_default())));
            }
        }
        Err(Failure::Overlong)
    }

    #[cold]
    fn varu64_at_the_end(self) -> Result<(u64, Self), Failure> {
        let (mut value, mut rest) = (0u64, self);
        for shift in (0..70).step_by(7) {
            let byte;
            (byte, rest) = rest.u8()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok((value, rest));
            }
        }
        Err(Failure::Overlong)
    }

    #[inline(never)]
    fn guid(self, len: usize) -> Result<(u32, Self), Failure> {
        let (_, rest) = self.take(16)?;
        Ok((place(len, self.0) + 1, rest))
    }
}

/// Hands each record of a metadata block of V4 and V5 to `define`. Records are events of id 0, whose
/// sequence numbers mean nothing.
pub(crate) fn records(
    block: Cursor<'_>,
    faults: &mut Faults,
    mut define: impl FnMut(Cursor<'_>, &mut Faults),
) {
    let (bytes, offset) = (block.rest(), block.offset());
    let run = RunView { bytes, offset, tag: 0, cut: false, open: false };
    let (len, compressed) = match block_header(run) {
        Ok(header) => header,
        Err(fault) => return faults.push(fault),
    };
    let mut rest = Rest(bytes.get(len..).unwrap_or_default());
    let mut header = Header::default();
    while !rest.0.is_empty() {
        let at = offset + u64::from(place(bytes.len(), rest.0));
        let read = if compressed {
            let mut next = header;
            let read = rest.compressed::<false>(&mut next, bytes.len());
            read.map(|(_, rest)| (next, 0, rest))
        } else {
            rest.plain::<false>(header, bytes.len())
        };
        let mut payload = offset;
        let record = read.and_then(|(next, behind, following)| {
            payload += u64::from(place(bytes.len(), following.0));
            let (record, following) = following.take(next.payload_size as usize)?;
            (header, rest) = (next, following.take(behind)?.1);
            Ok(record)
        });
        let record = match record {
            Ok(record) => record,
            Err(Failure::Short) => {
                return faults.push(Fault::damage(at, "metadata: runs past the end of the block"));
            }
            Err(Failure::Overlong) => {
                let what = "event header: varint longer than its type allows";
                return faults.push(Fault::damage(at, what));
            }
        };
        if header.metadata_id == 0 {
            define(Cursor::new(record, payload), faults);
        } else {
            faults.push(Fault::damage(at, "metadata id: not 0 in a metadata block"));
        }
    }
}

/// Where `rest` begins in a run of `len` bytes. Runs are shorter than 2 GiB: a frame has 1 GiB at
/// most, and a run is closed before it has as much again.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "a run is shorter than 2 GiB")]
pub(crate) fn place(len: usize, rest: &[u8]) -> u32 {
    (len - rest.len()) as u32
}

#[cfg(test)]
mod tests;
