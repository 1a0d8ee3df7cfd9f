//! Just enough of ETL to reach real descriptions: records with the newest header, in buffers that
//! are not compressed.

use std::path::Path;

/// A record with the newest header.
pub struct Record {
    pub pointer_size: u8,
    /// Its description, if it carries one.
    pub schema: Option<Vec<u8>>,
    pub payload: Vec<u8>,
}

/// The records of a file, in order; none of buffers that are compressed.
pub fn records(path: &Path) -> Vec<Record> {
    let file = std::fs::read(path).unwrap();
    let mut records = Vec::new();
    let mut at = 0;
    while at < file.len() {
        let buffer = &file[at..at + number(&file, at, 4)];
        at += buffer.len();
        if number(buffer, 0x34, 2) & 0x40 != 0 {
            continue;
        }
        let filled = number(buffer, 0x30, 4).max(number(buffer, 4, 4));
        let mut place = 0x48;
        while place + 8 <= filled {
            let record = &buffer[place..];
            let kind = record[2];
            let size = number(record, if matches!(kind, 1 | 2 | 17) { 4 } else { 0 }, 2);
            if matches!(kind, 18 | 19) && record[3] == 0xc0 {
                records.push(read(&record[..size], if kind == 19 { 8 } else { 4 }));
            }
            assert!(size > 0 && record[3] & 0x80 != 0);
            place += size.next_multiple_of(8);
        }
    }
    records
}

fn read(record: &[u8], pointer_size: u8) -> Record {
    let (mut at, mut schema) = (80, None);
    let mut more = number(record, 4, 2) & 1 != 0;
    while more {
        let item = &record[at..];
        if number(item, 2, 2) == 11 {
            schema = Some(item[8..8 + number(item, 6, 2)].to_vec());
        }
        more = item[4] & 1 != 0;
        at += number(item, 0, 2).next_multiple_of(8);
    }
    Record { pointer_size, schema, payload: record[at..].to_vec() }
}

fn number(bytes: &[u8], at: usize, len: usize) -> usize {
    bytes[at..at + len].iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte))
}
