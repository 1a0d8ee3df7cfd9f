//! Streams that just stop.

use tracemill::{Error, ErrorKind};
use tracemill_testkit::netperf::{OldWriter, Record, Writer};
use tracemill_testkit::{Dialect, Event, TraceHeader, v4, v6};

use crate::read::{Counts, Read, damage, read};
use crate::write::{
    Block, Stream, block, class, event, events, point_v4, point_v6, put_v3, put_v4, put_v6,
    stack_rows,
};

fn truncated(read: &Read, offset: u64, word: &str, declared: usize) -> Error {
    let error = read.fails(ErrorKind::Truncated, offset, word);
    assert_eq!(error.value() as usize, declared, "{error}");
    error
}

#[test]
fn the_end_of_a_frame_without_an_end_marker() {
    let mut v3 = Writer::new(&TraceHeader::default());
    v3.event_block(&[Record::Metadata(&class(1)), Record::Event(&event(1))]);
    let mut old = OldWriter::new(1, &TraceHeader::default());
    let metadata_id = old.metadata(&class(1));
    old.event(&Event { metadata_id, ..event(1) });
    let (mut v4, mut v6) = (v4::Writer::begin(), v6::Writer::begin());
    v4.numbers(1..=1);
    v6.numbers(1..=1);
    for stream in [old.into_bytes(), v3.into_bytes(), v4.into_bytes(), v6.into_bytes()] {
        let end = stream.len() as u64;
        let read = read(stream);
        read.has(&[], Counts::default()).delivers(1..=1);
        truncated(&read, end, "without its end marker", 0);
    }
}

/// Every cut of the last block, of which all events up to `places` are whole.
fn cut_events<S: Stream>(compressed: bool, name: &str) {
    let (content, mut places) = block::<S>(compressed, &events(3..=5));
    places.push(content.len() as u64);
    let mut stream = S::begin();
    stream.numbers(1..=2);
    let offset = stream.put(Block::Events, &content);
    let bytes = stream.end();
    for len in 0..content.len() as u64 {
        let read = read(bytes[..(offset + len) as usize].to_vec());
        let whole = places[1..].iter().filter(|end| **end <= len).count() as u32;
        read.has(&[], Counts::default()).delivers(1..=2 + whole);
        truncated(&read, offset, name, content.len());
    }
}

#[test]
fn events_that_are_whole_in_a_cut_block_are_delivered() {
    cut_events::<v4::Writer>(true, "EventBlock");
    cut_events::<v6::Writer>(true, "EventBlock");
    cut_events::<v4::Writer>(false, "EventBlock");
    cut_events::<v6::Writer>(false, "EventBlock");
}

#[test]
fn events_that_are_whole_in_a_cut_block_of_v3_are_delivered() {
    let mut writer = Writer::new(&TraceHeader::default());
    writer.event_block(&[Record::Metadata(&class(1)), Record::Event(&event(1))]);
    let before = writer.offset();
    let all = events(2..=4);
    writer.event_block(&all.iter().map(Record::Event).collect::<Vec<_>>());
    let size = 3 * 64;
    let offset = writer.offset() - 1 - size;
    let bytes = writer.finish();
    for at in offset..offset + size {
        let read = read(bytes[..at as usize].to_vec());
        let whole = ((at - offset) / 64) as u32;
        read.has(&[], Counts::default()).delivers(1..=1 + whole);
        truncated(&read, offset, "EventBlock", size as usize);
    }
    for at in before + 1..offset {
        let read = read(bytes[..at as usize].to_vec());
        read.has(&[], Counts::default()).delivers(1..=1);
        truncated(&read, before, "head of an object", 0);
    }
}

#[test]
fn an_event_of_v1_or_v2_that_is_cut() {
    for version in [1, 2] {
        let mut writer = OldWriter::new(version, &TraceHeader::default());
        let metadata_id = writer.metadata(&class(1));
        let numbered = |number| Event { metadata_id, ..event(number) };
        writer.event(&numbered(1));
        let offset = writer.offset();
        writer.event(&numbered(2));
        let bytes = writer.into_bytes();
        for at in offset as usize + 1..bytes.len() {
            let read = read(bytes[..at].to_vec());
            read.has(&[], Counts::default()).delivers(1..=1);
            let declared = if at - (offset as usize) < 4 { 0 } else { 64 };
            truncated(&read, offset, "event", declared);
        }
    }
}

#[test]
fn blocks_that_are_cut_are_named_with_the_bytes_they_declare() {
    fn of<S: Stream>(kind: Block, content: &[u8], name: &str) {
        let mut stream = S::begin();
        stream.numbers(1..=2);
        let offset = stream.put(kind, content);
        let bytes = stream.end();
        for len in 0..content.len() {
            let read = read(bytes[..offset as usize + len].to_vec());
            read.has(&[], Counts::default()).delivers(1..=2);
            truncated(&read, offset, name, content.len());
        }
    }
    let stacks = stack_rows(1, &[vec![1; 8], vec![2; 8]]);
    of::<v4::Writer>(Block::Stacks, &stacks, "StackBlock");
    of::<v6::Writer>(Block::Stacks, &stacks, "StackBlock");
    of::<v4::Writer>(Block::SequencePoint, &point_v4(&[(1, 2), (2, 0)]), "SPBlock");
    of::<v6::Writer>(Block::SequencePoint, &point_v6(0, &[(1, 2), (2, 0)]), "SPBlock");
    let rows = [&[0u8, 0][..], &class(3).row_v6()].concat();
    of::<v6::Writer>(Block::Metadata, &rows, "MetadataBlock");
    let record = Event { metadata_id: 0, payload: class(3).payload_v3_v5(), ..event(0) };
    let records = block::<v4::Writer>(true, &[record]).0;
    of::<v4::Writer>(Block::Metadata, &records, "MetadataBlock");
    for (kind, name) in [(6, "ThreadBlock"), (7, "RemoveThreadBlock"), (8, "LabelListBlock")] {
        let mut writer = v6::Writer::begin();
        let offset = put_v6(&mut writer, kind, &[1; 50]);
        for len in 0..50 {
            let bytes = writer.clone().into_bytes();
            let read = read(bytes[..offset as usize + len].to_vec());
            truncated(&read, offset, name, 50);
        }
    }
}

#[test]
fn the_head_of_a_frame_that_is_cut() {
    fn of<S: Stream>(word: &str, declared: usize) {
        let mut stream = S::begin();
        stream.numbers(1..=2);
        let before = S::begin();
        let mut before = {
            let mut stream = before;
            stream.numbers(1..=2);
            stream
        }
        .end();
        before.truncate(before.len() - if S::DIALECT == Dialect::V4 { 1 } else { 4 });
        let offset = stream.numbers(3..=3);
        let bytes = stream.end();
        let start = before.len() as u64;
        for at in start + 1..offset {
            let read = read(bytes[..at as usize].to_vec());
            read.has(&[], Counts::default()).delivers(1..=2);
            truncated(&read, start, word, declared);
        }
    }
    of::<v4::Writer>("head of an object", 0);
    of::<v6::Writer>("head of a block", 4);
}

#[test]
fn the_trace_that_is_cut() {
    let header = TraceHeader::default();
    for (bytes, offset, len) in [
        (v4::Writer::new(&header).into_bytes(), 53, 48),
        (v6::Writer::new(&header).into_bytes(), 24, 0),
        (Writer::new(&header).into_bytes(), 45, 48),
        (OldWriter::new(2, &header).into_bytes(), 78, 36),
    ] {
        let len = if len == 0 { bytes.len() - offset } else { len };
        for at in offset..offset + len {
            let read = read(bytes[..at].to_vec());
            read.has(&[], Counts::default());
            truncated(&read, offset as u64, "Trace", len);
        }
    }
}

#[test]
fn a_block_without_the_tag_that_ends_it_is_whole() {
    let mut writer = v4::Writer::begin();
    writer.numbers(1..=2);
    let mut bytes = writer.into_bytes();
    bytes.pop();
    let end = bytes.len() as u64;
    let read = read(bytes);
    read.has(&[], Counts::default()).delivers(1..=2);
    truncated(&read, end, "tag that ends an object", 0);
}

#[test]
fn a_block_that_is_skipped_is_cut_like_any_other() {
    let mut writer = v4::Writer::begin();
    let object = writer.offset();
    let offset = put_v4(&mut writer, "NewBlock", &[1; 50]);
    let bytes = writer.into_bytes();
    for len in 0..50 {
        let read = read(bytes[..offset as usize + len].to_vec());
        read.has(&[damage(object, "unknown name")], Counts::default());
        truncated(&read, offset, "unknown block", 50);
    }
    let mut writer = v6::Writer::begin();
    let offset = put_v6(&mut writer, 77, &[1; 50]);
    let bytes = writer.into_bytes();
    for len in 0..50 {
        let read = read(bytes[..offset as usize + len].to_vec());
        read.has(&[], Counts::default());
        truncated(&read, offset, "unknown block", 50);
    }
}

#[test]
fn a_damaged_block_of_v3_is_cut_like_any_other() {
    let mut writer = Writer::new(&TraceHeader::default());
    let offset = put_v3(&mut writer, &[0; 200]);
    let bytes = writer.into_bytes();
    let read = read(bytes[..bytes.len() - 20].to_vec());
    read.has(&[damage(offset, "event")], Counts::default());
    truncated(&read, offset, "EventBlock", 200);
}

#[test]
fn what_is_missing_before_a_cut_counts() {
    fn of<S: Stream>() {
        let (content, places) = block::<S>(true, &events([4, 5, 9]));
        let mut stream = S::begin();
        stream.numbers(1..=2);
        let offset = stream.put(Block::Events, &content);
        let bytes = stream.end();
        let end = offset + places[2];
        let read = read(bytes[..end as usize].to_vec());
        read.has(&[], Counts { lost: 1, ..Counts::default() }).delivers([1, 2, 4, 5]);
        truncated(&read, offset, "EventBlock", content.len());
    }
    of::<v4::Writer>();
    of::<v6::Writer>();
}

#[test]
fn the_message_of_a_truncation_names_what_was_cut_once() {
    let mut writer = v6::Writer::begin();
    let offset = put_v6(&mut writer, v6::STACK, &[1; 50]);
    let error = read(writer.into_bytes()[..offset as usize + 9].to_vec()).error.unwrap();
    let expected =
        format!("the stream ends inside of a StackBlock of 50 bytes (at byte {offset:#x})");
    assert_eq!(error.to_string(), expected);
}
