//! What only records of perf have.

use tracemill_engine::EventView;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::attribute::Attribute;
use crate::build_ids::BuildId;
use crate::callchain::Context;
use crate::decode::Decoder;
use crate::kinds::kind;
use crate::plan::Places;
use crate::values::Read;
use crate::wire::{Head, u32_at, u64_at};

/// A record of a perf.data, of whatever type. `Copy`; valid as long as the view it was made of.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    view: EventView<'a>,
    detail: &'a Detail,
}

impl<'a> Record<'a> {
    /// Reads `view` as a record; `None` if it is of another format. Constant time.
    #[inline]
    pub fn of(view: EventView<'a>) -> Option<Self> {
        if !view.is_decoded_by::<Decoder>() {
            return None;
        }
        Some(Self { view, detail: Detail::of(view.detail()) })
    }

    /// The event that it is.
    #[inline]
    pub fn view(&self) -> EventView<'a> {
        self.view
    }

    /// Its type: 9 is a sample.
    #[inline]
    pub fn kind(&self) -> u32 {
        self.head().map_or(0, |head| head.kind)
    }

    /// Its `misc`: the low three bits say where the processor was (1 kernel, 2 user, 3 hypervisor, 4
    /// and 5 guests), the others mean something by type.
    #[inline]
    pub fn misc(&self) -> u16 {
        self.head().map_or(0, |head| head.misc)
    }

    /// Where the processor was, as [`misc`](Self::misc) tells.
    pub fn context(&self) -> Option<Context> {
        match self.misc() & 7 {
            1 => Some(Context::Kernel),
            2 => Some(Context::User),
            3 => Some(Context::Hypervisor),
            4 => Some(Context::GuestKernel),
            5 => Some(Context::GuestUser),
            _ => None,
        }
    }

    /// All of it behind its head of 8 bytes, as on the wire; of a stream in big-endian, in
    /// little-endian.
    #[inline]
    pub fn body(&self) -> &'a [u8] {
        let (at, len) = (self.detail.body_at as usize, self.detail.body_len as usize);
        self.view.run_bytes(at, len).unwrap_or_default()
    }

    #[inline]
    fn head(&self) -> Option<Head> {
        let at = (self.detail.body_at as usize).checked_sub(Head::LEN)?;
        Head::at(self.view.run_bytes(at, Head::LEN)?, 0)
    }

    /// The raw data of a sample, if its payload is that.
    #[inline]
    pub(crate) fn raw(&self) -> Option<&'a [u8]> {
        (self.detail.flags & flag::PAYLOAD_IS_RAW != 0).then(|| self.view.payload())
    }

    /// The event it belongs to: that of the id it carries, else the first of the recording; `None`
    /// if the recording has none of that id, and of records that tools write.
    #[inline]
    pub fn attribute(&self) -> Option<&'a Attribute> {
        self.decoder()?.attributes.get(self.detail.attribute as usize)
    }

    /// The event of this id, as in [`Counter::id`](crate::Counter).
    pub fn attribute_of(&self, id: u64) -> Option<&'a Attribute> {
        let decoder = self.decoder()?;
        let index = *decoder.ids.get(id)?;
        decoder.attributes.get(index as usize)
    }

    /// The build id of the file of this name, if the recording has listed it by now.
    pub(crate) fn build_id_of(&self, name: &[u8]) -> Option<BuildId> {
        self.decoder()?.build_ids.get(name)
    }

    /// The id it carries: one for each event and CPU or thread. `None` if it has none.
    pub fn id(&self) -> Option<u64> {
        let (attribute, body) = (self.attribute()?, self.body());
        let at = if self.kind() == kind::SAMPLE {
            attribute.shape.sample_id().get()?
        } else {
            attribute.shape.end_id.before(body.len())?
        };
        u64_at(body, at)
    }

    /// The id of the stream of events, of a record that carries one.
    pub fn stream_id(&self) -> Option<u64> {
        let (attribute, body) = (self.attribute()?, self.body());
        let at = if self.kind() == kind::SAMPLE {
            attribute.shape.stream_id.get()?
        } else {
            attribute.shape.end_stream_id.before(body.len())?
        };
        u64_at(body, at)
    }

    /// Values of the counter, of a READ record.
    pub fn read(&self) -> Option<Read<'a>> {
        let attribute = self.attribute().filter(|_| self.kind() == kind::READ)?;
        let end = self.body().len().checked_sub(attribute.shape.trailer.into())?;
        Some(Read::new(attribute, self.body().get(8..end)?))
    }

    /// Process and thread that the kernel was in when it wrote the record; -1 for none.
    pub fn current(&self) -> Option<(i32, i32)> {
        let (attribute, body) = (self.attribute()?, self.body());
        let at = if self.kind() == kind::SAMPLE {
            attribute.shape.tid.get()?
        } else {
            attribute.shape.end_tid.before(body.len())?
        };
        Some((u32_at(body, at)?.cast_signed(), u32_at(body, at + 4)?.cast_signed()))
    }

    /// Whether the recording was made on a machine in big-endian.
    pub fn is_big_endian(&self) -> bool {
        self.decoder().is_some_and(|decoder| decoder.is_big)
    }

    fn decoder(&self) -> Option<&'a Decoder> {
        self.view.decoder()
    }

    /// Whether it is a sample of an event that is known, with all of its fixed part.
    #[inline]
    pub(crate) fn is_known_sample(&self) -> bool {
        self.detail.flags & flag::SAMPLE != 0
    }

    /// A fixed part of a [known sample](Self::is_known_sample), one of the constants of [`Places`].
    #[inline]
    pub(crate) fn fixed(&self, part: u32) -> Option<u64> {
        let at = self.detail.body_at as usize + Places(self.detail.places).get(part)?;
        let bytes = self.view.run_bytes(at, 8)?.first_chunk()?;
        Some(u64::from_le_bytes(*bytes))
    }

    /// Whether samples of its event hold this, one of [`bit`](crate::bit).
    #[inline]
    pub(crate) fn has(&self, bit: u64) -> bool {
        u64::from(self.detail.parts) & bit != 0
    }
}

/// The part of an event that is the format's own.
#[derive(Clone, Copy, Debug, FromBytes, Immutable, IntoBytes, KnownLayout)]
#[repr(C)]
pub(crate) struct Detail {
    /// Where its body is in the run, behind its head.
    pub body_at: u32,
    pub body_len: u32,
    /// Which one; [`u32::MAX`] for none.
    pub attribute: u32,
    pub flags: u32,
    /// [`Places`] of a sample.
    pub places: u32,
    /// What a sample has: the low half of the attribute's `sample_type`.
    pub parts: u32,
}

/// Bits of [`Detail::flags`].
pub(crate) mod flag {
    /// A sample of an event that is known, with all of its fixed part.
    pub(crate) const SAMPLE: u32 = 1;
    /// The payload is the raw data of a sample.
    pub(crate) const PAYLOAD_IS_RAW: u32 = 2;
}

impl Detail {
    #[inline]
    pub(crate) fn of(words: &[u32; 6]) -> &Self {
        zerocopy::transmute_ref!(words)
    }

    /// The same of its words, two and two, the first of them in the low half.
    #[inline(always)]
    pub(crate) fn of_pairs(pairs: [u64; 3]) -> Self {
        let halves = if cfg!(target_endian = "big") { 32 } else { 0 };
        zerocopy::transmute!(pairs.map(|pair| pair.rotate_left(halves)))
    }

    #[inline]
    pub(crate) fn into_words(self) -> [u32; 6] {
        zerocopy::transmute!(self)
    }
}
