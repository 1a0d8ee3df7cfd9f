//! One event, whatever the version.

/// One event as it stands in a stream. Each version writes the fields it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Metadata id; 0 is for metadata records.
    pub metadata_id: u32,
    /// V4+: number of the event among those of its capture thread, dropped ones included, from 1.
    pub sequence: u32,
    /// V4+: thread whose buffer held the event. OS thread id up to V5, thread index in V6.
    pub capture_thread: u64,
    /// Thread the event is about. OS thread id up to V5 (32 bits up to V3), thread index in V6.
    pub thread: u64,
    /// V4+: processor number.
    pub processor: u32,
    /// V4+: stack id; 0 is no stack.
    pub stack_id: u32,
    /// V1-V3: the stack itself, pointer-sized addresses, leaf first.
    pub stack: Vec<u8>,
    /// Time stamp in ticks.
    pub ticks: u64,
    /// Up to V5: activity id.
    pub activity_id: [u8; 16],
    /// Up to V5: related activity id.
    pub related_activity_id: [u8; 16],
    /// V6: label list index; 0 is the empty list.
    pub label_list: u32,
    /// V4+: no event later in the stream is older than this one.
    pub sorted: bool,
    /// Payload bytes.
    pub payload: Vec<u8>,
}

impl Default for Event {
    /// The first event of capture thread 1, of metadata id 1, sorted, processor unknown (0xffffffff, as most runtimes write), all else 0 or empty.
    fn default() -> Self {
        Self {
            metadata_id: 1,
            sequence: 1,
            capture_thread: 1,
            thread: 1,
            processor: u32::MAX,
            stack_id: 0,
            stack: Vec::new(),
            ticks: 0,
            activity_id: [0; 16],
            related_activity_id: [0; 16],
            label_list: 0,
            sorted: true,
            payload: Vec::new(),
        }
    }
}
