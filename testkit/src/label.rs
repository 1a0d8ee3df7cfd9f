//! Threads and labels of V6 (specification, section 5).

use crate::bytes::Put;

/// A row of a V6 thread block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thread {
    /// Thread index, what events refer to.
    pub index: u64,
    /// Thread name.
    pub name: Option<String>,
    /// OS process id; the trace's own where there is none.
    pub process_id: Option<u64>,
    /// OS thread id.
    pub thread_id: Option<u64>,
    /// Key-values.
    pub key_values: Vec<(String, String)>,
    /// Bytes at the end of the row (a reader cannot step over an unknown kind, but over the row).
    pub extra: Vec<u8>,
}

/// One label of a V6 label list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Label {
    /// 1.
    ActivityId([u8; 16]),
    /// 2.
    RelatedActivityId([u8; 16]),
    /// 3: 16 raw bytes.
    TraceId([u8; 16]),
    /// 4.
    SpanId(u64),
    /// 5.
    KeyText(String, String),
    /// 6: zig-zag, as the specification has it (one-collect writes unsigned LEB128: see `KeyUnsigned`).
    KeyNumber(String, i64),
    /// 6 as one-collect writes it.
    KeyUnsigned(String, u64),
    /// 7: takes the place of the class's opcode.
    Opcode(u8),
    /// 8: takes the place of the class's keywords.
    Keywords(u64),
    /// 9: takes the place of the class's level.
    Level(u8),
    /// 10: takes the place of the class's version.
    Version(u8),
    /// Any kind (7 bits) and the bytes behind it.
    Other(u8, Vec<u8>),
}

/// `u16 size, varu64 index, parts`.
pub(crate) fn put_thread(out: &mut Vec<u8>, thread: &Thread) {
    let mut row = Vec::new();
    row.put_varu64(thread.index);
    if let Some(name) = &thread.name {
        row.put_u8(1);
        row.put_string(name);
    }
    for (kind, id) in [(2, thread.process_id), (3, thread.thread_id)] {
        if let Some(id) = id {
            row.put_u8(kind);
            row.put_varu64(id);
        }
    }
    for (key, value) in &thread.key_values {
        row.put_u8(4);
        row.put_string(key);
        row.put_string(value);
    }
    row.put_bytes(&thread.extra);
    out.put_sized16(&row);
}

/// The labels of one list, the last one marked. Panics if there is none: the format has no empty list but list 0.
pub(crate) fn put_label_list(out: &mut Vec<u8>, labels: &[Label]) {
    assert!(!labels.is_empty(), "a label list cannot be empty");
    for (place, label) in labels.iter().enumerate() {
        let last = if place + 1 == labels.len() { 0x80 } else { 0 };
        out.put_u8(kind(label) | last);
        match label {
            Label::ActivityId(id) | Label::RelatedActivityId(id) | Label::TraceId(id) => {
                out.put_bytes(id);
            }
            Label::SpanId(value) | Label::Keywords(value) => out.put_u64(*value),
            Label::KeyText(key, value) => {
                out.put_string(key);
                out.put_string(value);
            }
            Label::KeyNumber(key, value) => {
                out.put_string(key);
                out.put_vari64(*value);
            }
            Label::KeyUnsigned(key, value) => {
                out.put_string(key);
                out.put_varu64(*value);
            }
            Label::Opcode(value) | Label::Level(value) | Label::Version(value) => {
                out.put_u8(*value);
            }
            Label::Other(_, bytes) => out.put_bytes(bytes),
        }
    }
}

fn kind(label: &Label) -> u8 {
    match label {
        Label::ActivityId(_) => 1,
        Label::RelatedActivityId(_) => 2,
        Label::TraceId(_) => 3,
        Label::SpanId(_) => 4,
        Label::KeyText(..) => 5,
        Label::KeyNumber(..) | Label::KeyUnsigned(..) => 6,
        Label::Opcode(_) => 7,
        Label::Keywords(_) => 8,
        Label::Level(_) => 9,
        Label::Version(_) => 10,
        Label::Other(kind, _) => kind & 0x7f,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thread_row() {
        let thread = Thread {
            index: 1000,
            name: Some("main".into()),
            process_id: Some(84),
            thread_id: Some(524),
            key_values: vec![("k".into(), "v".into())],
            extra: vec![9],
        };
        let mut out = Vec::new();
        put_thread(&mut out, &thread);
        assert_eq!(out, *b"\x13\0\xe8\x07\x01\x04main\x02\x54\x03\x8c\x04\x04\x01k\x01v\x09");
    }

    #[test]
    fn every_label_kind() {
        let labels = [
            Label::ActivityId([1; 16]),
            Label::RelatedActivityId([2; 16]),
            Label::TraceId([3; 16]),
            Label::SpanId(0x0102),
            Label::KeyText("a".into(), "b".into()),
            Label::KeyNumber("n".into(), -1),
            Label::KeyUnsigned("n".into(), 300),
            Label::Opcode(7),
            Label::Keywords(0x0a),
            Label::Level(4),
            Label::Other(0x41, vec![5]),
            Label::Version(0),
        ];
        let mut out = Vec::new();
        put_label_list(&mut out, &labels);
        let expected = [
            &[1][..],
            &[1; 16],
            &[2],
            &[2; 16],
            &[3],
            &[3; 16],
            &[4, 2, 1, 0, 0, 0, 0, 0, 0, 5, 1, b'a', 1, b'b'],
            &[6, 1, b'n', 1, 6, 1, b'n', 0xac, 2, 7, 7],
            &[8, 10, 0, 0, 0, 0, 0, 0, 0, 9, 4, 0x41, 5, 0x8a, 0],
        ];
        assert_eq!(out, expected.concat());
    }
}
