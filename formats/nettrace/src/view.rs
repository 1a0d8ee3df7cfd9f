//! What only `EventPipe` events have.

use tracemill_engine::EventView;
use zerocopy::native_endian::U64;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::decode::Decoder;
use crate::labels::{Label, Labels};

/// An event of a netperf or nettrace stream. `Copy`; valid as long as the view it was made of.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    view: EventView<'a>,
    decoder: &'a Decoder,
    detail: &'a Detail,
}

impl<'a> Event<'a> {
    /// Reads `view` as an `EventPipe` event; `None` if it is of another format. Constant time.
    #[inline]
    pub fn of(view: EventView<'a>) -> Option<Self> {
        let decoder = view.decoder::<Decoder>()?;
        Some(Self { view, decoder, detail: Detail::of(view.detail()) })
    }

    /// Number of the event within its capture thread, from 1, wrapping at 2^32. 0 up to V3.
    #[inline]
    pub fn sequence_number(&self) -> u32 {
        self.detail.sequence
    }

    /// The thread that wrote the event: an id of the operating system in V4 and V5, an index in V6,
    /// [`u64::MAX`] up to V3.
    #[inline]
    pub fn capture_thread(&self) -> u64 {
        self.detail.capture_thread.get()
    }

    /// Whether no later event of the stream is older.
    #[inline]
    pub fn is_sorted(&self) -> bool {
        self.detail.is_sorted()
    }

    /// The activity it belongs to: a GUID as on the wire. From the header up to V5, from the labels
    /// in V6.
    #[inline]
    pub fn activity_id(&self) -> Option<[u8; 16]> {
        self.guid(self.detail.activity).or_else(|| {
            self.labels().find_map(|label| match label {
                Label::ActivityId(id) => Some(id).filter(|id| *id != NONE),
                _ => None,
            })
        })
    }

    /// The activity that started its own: a GUID as on the wire.
    #[inline]
    pub fn related_activity_id(&self) -> Option<[u8; 16]> {
        self.guid(self.detail.related & !Detail::SORTED).or_else(|| {
            self.labels().find_map(|label| match label {
                Label::RelatedActivityId(id) => Some(id).filter(|id| *id != NONE),
                _ => None,
            })
        })
    }

    /// Number of its label list, 0 for none. V6.
    #[inline]
    pub fn label_list_id(&self) -> u32 {
        self.detail.label_list
    }

    /// Its labels, none if their list is unknown. V6.
    #[inline]
    pub fn labels(&self) -> Labels<'a> {
        let list = self.detail.label_list;
        let bytes = if list == 0 { None } else { self.decoder.labels.get(list.into()) };
        Labels::new(bytes.unwrap_or_default())
    }

    /// How verbose it is, from 0 (always) to 5 (verbose): as a label says, else its class. `None` if
    /// neither is there. As [`version`](Self::version), [`opcode`](Self::opcode) and
    /// [`keywords`](Self::keywords), this takes as long as the event has labels.
    #[inline]
    pub fn level(&self) -> Option<u8> {
        let label = self.labels().find_map(|label| match label {
            Label::Level(level) => Some(level),
            _ => None,
        });
        label.or_else(|| Some(self.view.class()?.level))
    }

    /// Its version: as a label says, else its class.
    #[inline]
    pub fn version(&self) -> Option<u32> {
        let label = self.labels().find_map(|label| match label {
            Label::Version(version) => Some(version.into()),
            _ => None,
        });
        label.or_else(|| Some(self.view.class()?.version))
    }

    /// Its opcode: as a label says, else its class, which need not tell.
    #[inline]
    pub fn opcode(&self) -> Option<u8> {
        let label = self.labels().find_map(|label| match label {
            Label::Opcode(opcode) => Some(opcode),
            _ => None,
        });
        label.or_else(|| self.view.class()?.opcode)
    }

    /// Its keywords, a set of bits: as a label says, else its class.
    #[inline]
    pub fn keywords(&self) -> Option<u64> {
        let label = self.labels().find_map(|label| match label {
            Label::Keywords(keywords) => Some(keywords),
            _ => None,
        });
        label.or_else(|| Some(self.view.class()?.keywords))
    }

    fn guid(&self, place: u32) -> Option<[u8; 16]> {
        let at = (place as usize).checked_sub(1)?;
        self.view.run_bytes(at, 16)?.try_into().ok().filter(|guid| *guid != NONE)
    }
}

/// An activity id that says that there is none.
const NONE: [u8; 16] = [0; 16];

/// The part of a record that is the format's own.
#[derive(Clone, Copy, Debug, FromBytes, Immutable, IntoBytes, KnownLayout)]
#[repr(C)]
pub(crate) struct Detail {
    pub capture_thread: U64,
    pub sequence: u32,
    /// Place of the activity id in the run, plus one; 0 for none.
    pub activity: u32,
    /// Place of the related activity id in the run, plus one; 0 for none. The highest bit, which no
    /// place has, says whether the event is marked as sorted.
    pub related: u32,
    pub label_list: u32,
}

impl Detail {
    /// Of [`related`](Self::related).
    pub(crate) const SORTED: u32 = 1 << 31;

    #[inline]
    pub(crate) fn is_sorted(&self) -> bool {
        self.related & Self::SORTED != 0
    }

    #[inline]
    pub(crate) fn of(words: &[u32; 6]) -> &Self {
        zerocopy::transmute_ref!(words)
    }

    #[inline(always)]
    pub(crate) fn into_words(self) -> [u32; 6] {
        zerocopy::transmute!(self)
    }
}
