//! What a trace says about itself at its beginning.

use crate::bytes::Put;

/// The Trace object (V1-V5) or Trace block (V6). Every field is written as it is, however impossible.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceHeader {
    /// SYSTEMTIME of the session's start, UTC: year, month, day of week (Sunday 0), day, hour, minute, second, millisecond.
    pub system_time: [u16; 8],
    /// Tick count at `system_time`.
    pub sync_ticks: i64,
    /// Ticks a second.
    pub frequency: i64,
    /// Bytes of a pointer: 4 or 8. Not written by V1 and V2.
    pub pointer_size: i32,
    /// Process id. Not written by V1 and V2; in V6 a key-value, left out if 0.
    pub process_id: i32,
    /// Number of processors. Not written by V1 and V2; in V6 a key-value, left out if 0.
    pub processors: i32,
    /// Expected CPU sampling rate in nanoseconds. Not written by V1 and V2; in V6 a key-value, left out if 0.
    pub sampling_rate: i32,
    /// V6: more key-values, after those of the fields above.
    pub key_values: Vec<(String, String)>,
}

impl Default for TraceHeader {
    /// 2024-02-29 12:34:56.789 (a Thursday) at tick 1,000,000,000,000 of 1 GHz; 64 bits, process 4242, 8 processors, 1 ms sampling.
    fn default() -> Self {
        Self {
            system_time: [2024, 2, 4, 29, 12, 34, 56, 789],
            sync_ticks: 1_000_000_000_000,
            frequency: 1_000_000_000,
            pointer_size: 8,
            process_id: 4242,
            processors: 8,
            sampling_rate: 1_000_000,
            key_values: Vec::new(),
        }
    }
}

impl TraceHeader {
    /// SYSTEMTIME, sync ticks, frequency: 32 bytes, what all versions begin with.
    pub(crate) fn put_times(&self, out: &mut Vec<u8>) {
        for part in self.system_time {
            out.put_u16(part);
        }
        out.put_i64(self.sync_ticks);
        out.put_i64(self.frequency);
    }

    /// The 48 bytes of V3 to V5.
    pub(crate) fn put_object(&self, out: &mut Vec<u8>) {
        self.put_times(out);
        out.put_i32(self.pointer_size);
        out.put_i32(self.process_id);
        out.put_i32(self.processors);
        out.put_i32(self.sampling_rate);
    }

    /// The Trace block of V6.
    pub(crate) fn put_block(&self, out: &mut Vec<u8>) {
        self.put_times(out);
        out.put_i32(self.pointer_size);
        let known = [
            ("HardwareThreadCount", self.processors),
            ("ProcessId", self.process_id),
            ("ExpectedCPUSamplingRate", self.sampling_rate),
        ];
        let known: Vec<_> = known.iter().filter(|(_, value)| *value != 0).collect();
        out.put_u32((known.len() + self.key_values.len()) as u32);
        for (key, value) in known {
            out.put_string(key);
            out.put_string(&value.to_string());
        }
        for (key, value) in &self.key_values {
            out.put_string(key);
            out.put_string(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        let header = TraceHeader::default();
        let mut out = Vec::new();
        header.put_object(&mut out);
        assert_eq!(out.len(), 48);
        assert_eq!(out[..8], [0xe8, 7, 2, 0, 4, 0, 29, 0]);
        assert_eq!(out[32..40], [8, 0, 0, 0, 0x92, 0x10, 0, 0]);
    }

    #[test]
    fn v6_key_values() {
        let header = TraceHeader {
            processors: 0,
            sampling_rate: 0,
            process_id: 84,
            key_values: vec![("k".into(), "ü".into())],
            ..TraceHeader::default()
        };
        let mut out = Vec::new();
        header.put_block(&mut out);
        assert_eq!(out[32..], *b"\x08\0\0\0\x02\0\0\0\x09ProcessId\x0284\x01k\x02\xc3\xbc");
    }
}
