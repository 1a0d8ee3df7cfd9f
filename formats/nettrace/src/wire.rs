//! Structures as they stand in the stream, little-endian (specification sections 1 to 6).

use zerocopy::little_endian::{I32, I64, U16, U32, U64};
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

/// A date and time of day in UTC (section 1).
#[derive(Clone, Copy, Debug, FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct SystemTime {
    pub year: U16,
    pub month: U16,
    pub day_of_week: U16,
    pub day: U16,
    pub hour: U16,
    pub minute: U16,
    pub second: U16,
    pub millisecond: U16,
}
const _: () = assert!(size_of::<SystemTime>() == 16);

/// Head of the Trace object or block of every version (sections 1, 1.1 and 2).
#[derive(Clone, Copy, Debug, FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct Sync {
    pub time: SystemTime,
    pub ticks: U64,
    pub frequency: I64,
}
const _: () = assert!(size_of::<Sync>() == 32);

/// Trace object of V3 to V5 (section 1).
#[derive(Clone, Copy, Debug, FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct Trace {
    pub sync: Sync,
    pub pointer_size: I32,
    pub process_id: I32,
    pub processors: I32,
    pub sampling_interval_ns: I32,
}
const _: () = assert!(size_of::<Trace>() == 48);

/// Header of event and metadata blocks in V4 and V5, and of event blocks in V6 (section 3).
#[derive(Clone, Copy, Debug, FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct BlockHeader {
    pub header_size: U16,
    pub flags: U16,
    pub min_timestamp: U64,
    pub max_timestamp: U64,
}
const _: () = assert!(size_of::<BlockHeader>() == 20);

/// Header of an event in V1 to V3; payload, stack size, stack and padding follow (section 3).
#[derive(Clone, Copy, Debug, FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct NetperfEvent {
    pub event_size: I32,
    pub metadata_id: U32,
    pub thread_id: U32,
    pub timestamp: U64,
    pub activity_id: [u8; 16],
    pub related_activity_id: [u8; 16],
    pub payload_size: I32,
}
const _: () = assert!(size_of::<NetperfEvent>() == 56);

/// Header of an event in V4 and V5 that is not compressed (section 3).
#[derive(Clone, Copy, Debug, FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct PlainEvent {
    pub event_size: U32,
    /// Bit 31 set: not sorted.
    pub metadata_id: U32,
    pub sequence_number: U32,
    pub thread_id: U64,
    pub capture_thread_id: U64,
    pub processor: U32,
    pub stack_id: U32,
    pub timestamp: U64,
    pub activity_id: [u8; 16],
    pub related_activity_id: [u8; 16],
    pub payload_size: U32,
}
const _: () = assert!(size_of::<PlainEvent>() == 80);

/// Header of an event in V6 that is not compressed (section 3).
#[derive(Clone, Copy, Debug, FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct PlainEventV6 {
    pub event_size: U32,
    /// Bit 31 set: not sorted.
    pub metadata_id: U32,
    pub sequence_number: U32,
    pub thread_index: U64,
    pub capture_thread_index: U64,
    pub processor: U32,
    pub stack_id: U32,
    pub timestamp: U64,
    pub label_list_id: U32,
    pub payload_size: U32,
}
const _: () = assert!(size_of::<PlainEventV6>() == 52);

/// Head of a stack block (section 5).
#[derive(Clone, Copy, Debug, FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct StackBlock {
    pub first_id: U32,
    pub count: U32,
}
const _: () = assert!(size_of::<StackBlock>() == 8);

/// Head of a sequence point in V4 and V5 (section 6).
#[derive(Clone, Copy, Debug, FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct SequencePoint {
    pub timestamp: U64,
    pub thread_count: U32,
}
const _: () = assert!(size_of::<SequencePoint>() == 12);

/// One thread of a sequence point in V4 and V5 (section 6).
#[derive(Clone, Copy, Debug, FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct SequencePointThread {
    pub capture_thread_id: U64,
    pub sequence_number: U32,
}
const _: () = assert!(size_of::<SequencePointThread>() == 12);

/// Head of a sequence point in V6 (section 6).
#[derive(Clone, Copy, Debug, FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct SequencePointV6 {
    pub timestamp: U64,
    /// Bit 0: threads begin anew. Bit 1: metadata does.
    pub flags: U32,
    pub thread_count: U32,
}
const _: () = assert!(size_of::<SequencePointV6>() == 16);
