//! Event classes of V4 to V6.

use tracemill::Config;
use tracemill_testkit::{Event, Field, Metadata, Put, TraceHeader, Type, v4, v6};

use crate::read::{Counts, Read, damage, read, read_with};
use crate::write::{Block, Stream, block, class, event, put_v6, thread};

/// Class 1 with whatever its version can say.
fn rich() -> Metadata {
    Metadata {
        keywords: 5,
        version: 2,
        level: 4,
        opcode: Some(1),
        fields: vec![Field::new("a", Type::Int32), Field::new("b", Type::Utf16Z)],
        ..class(1)
    }
}

/// A block of one record and one event of class 1; where the record begins.
fn v4_of(record: &[u8]) -> (Vec<u8>, u64) {
    let mut writer = v4::Writer::new(&TraceHeader::default());
    let events = [Event { metadata_id: 0, sequence: 0, payload: record.to_vec(), ..event(0) }];
    let content = block::<v4::Writer>(true, &events).0;
    let offset = writer.put(Block::Metadata, &content) + (content.len() - record.len()) as u64;
    writer.numbers(1..=1);
    (writer.finish(), offset)
}

fn v6_of(row: &[u8]) -> (Vec<u8>, u64) {
    let mut writer = v6::Writer::new(&TraceHeader::default());
    let mut content = vec![0, 0];
    content.put_sized16(row);
    let offset = put_v6(&mut writer, v6::METADATA, &content) + 4;
    writer.thread_block(&[thread(1)]);
    writer.numbers(1..=1);
    (writer.finish(), offset)
}

/// One fault inside of the record, which defines the class only if `defined`.
#[track_caller]
fn ill_formed(read: &Read, record: std::ops::RangeInclusive<u64>, defined: bool) {
    read.delivers(1..=1).is_complete();
    let faults = 1 + u64::from(!defined);
    let undescribed = u64::from(!defined);
    assert_eq!(read.counts, Counts { faults, undescribed, ..Counts::default() });
    assert!(record.contains(&read.faults[0].offset()), "{:?}, not in {record:?}", read.faults);
    let provider = read.events[0].class.as_ref().map(|(provider, _)| provider.as_str());
    assert_eq!(provider, defined.then_some("P"));
}

#[test]
fn a_record_that_is_cut_defines_what_was_whole() {
    let record = rich().payload_v3_v5();
    // Id, provider "P", event id; behind the name, keywords, version and level comes the list of
    // fields, behind which a record may end.
    let (needed, name, fields) = (4 + 4 + 4, 4 + 4 + 4 + 6, 4 + 4 + 4 + 6 + 16);
    let tags = record.len() - 6;
    for len in 0..record.len() {
        let (stream, offset) = v4_of(&record[..len]);
        let read = read(stream);
        if len == fields || len == tags {
            read.has(&[], Counts::default()).delivers(1..=1).is_complete();
            continue;
        }
        ill_formed(&read, offset..=offset + len as u64, len >= needed);
        if len >= name {
            assert_eq!(read.events[0].class, Some(("P".into(), "E1".into())));
        }
    }
    let row = &rich().row_v6()[2..];
    for len in 0..row.len() {
        let (stream, offset) = v6_of(&row[..len]);
        ill_formed(&read(stream), offset..=offset + len as u64, len >= 4);
    }
}

#[test]
fn a_field_list_that_cannot_be_true_leaves_the_class_without_fields() {
    let mut lies = class(1).payload_v3_v5();
    let at = lies.len() - 4;
    for count in [i32::MAX, -1, 1] {
        lies[at..].copy_from_slice(&count.to_le_bytes());
        let (stream, offset) = v4_of(&lies);
        ill_formed(&read(stream), offset + at as u64..=offset + lies.len() as u64, true);
    }
    // Objects in objects, far deeper than is followed; arrays are illegal in this list.
    let deep = (0..2_000).fold(Type::Int32, |inner, _| Type::Object(vec![Field::new("o", inner)]));
    for kind in [deep, Type::array(Type::Int32), Type::Other(99), Type::Other(0)] {
        let mut broken = class(1);
        broken.fields = vec![Field::new("f", kind)];
        broken.opcode = Some(1);
        let record = broken.payload_v3_v5();
        let (stream, offset) = v4_of(&record);
        ill_formed(&read(stream), offset + at as u64..=offset + record.len() as u64, true);
    }
}

#[test]
fn unknown_tags_and_spare_bytes_are_skipped() {
    let mut record = rich().payload_v3_v5();
    record.put_u32(3);
    record.put_bytes(&[200, 1, 2, 3]);
    read(v4_of(&record).0).has(&[], Counts::default()).delivers(1..=1).is_complete();
    let spare = Metadata { extra: vec![9; 7], ..rich() };
    read(v6_of(&spare.row_v6()[2..]).0).has(&[], Counts::default()).is_complete();
}

#[test]
fn an_unknown_optional_kind_costs_the_rest_of_the_row() {
    for kind in [0, 2, 10, 255] {
        let class = Metadata { optional_extra: vec![kind, 1, 2], extra: vec![8; 3], ..rich() };
        let row = class.row_v6();
        let at = row.len() - 2 - 3 - 3;
        let (stream, offset) = v6_of(&row[2..]);
        let read = read(stream);
        read.has(&[damage(offset + at as u64, "unknown optional kind")], Counts::default());
        read.delivers(1..=1).is_complete();
        assert_eq!(read.events[0].class, Some(("P".into(), "E1".into())));
    }
}

#[test]
fn id_0_cannot_be_defined() {
    let (stream, offset) = v4_of(&class(0).payload_v3_v5());
    let counts = Counts { undescribed: 1, ..Counts::default() };
    let found = read(stream);
    assert_eq!((found.faults[0].offset(), found.counts.faults), (offset, 2));
    assert_eq!(found.counts, Counts { faults: 2, ..counts });
    let (stream, offset) = v6_of(&class(0).row_v6()[2..]);
    let found = read(stream);
    assert_eq!((found.faults[0].offset(), found.counts.faults), (offset, 2));
}

#[test]
fn a_metadata_block_header_that_does_not_fit_skips_the_block() {
    let rows = [&[0u8, 0][..], &class(5).row_v6()].concat();
    for header in [rows.len() as u16 - 1, u16::MAX] {
        let mut writer = v6::Writer::begin();
        let mut content = rows.clone();
        content[..2].copy_from_slice(&header.to_le_bytes());
        let offset = put_v6(&mut writer, v6::METADATA, &content);
        writer.numbers(1..=2);
        let read = read(writer.finish());
        assert!((offset..=offset + 2).contains(&read.faults[0].offset()));
        assert_eq!(read.counts, Counts { faults: 1, ..Counts::default() });
        read.delivers(1..=2).is_complete();
    }
    let (whole, _) = block::<v4::Writer>(true, &[]);
    for (header, len) in [(19u16, 20), (21, 20), (20, 19), (20, 0)] {
        let mut writer = v4::Writer::begin();
        let mut content = whole[..len].to_vec();
        if let Some(size) = content.get_mut(..2) {
            size.copy_from_slice(&header.to_le_bytes());
        }
        let offset = writer.put(Block::Metadata, &content);
        writer.numbers(1..=2);
        let read = read(writer.finish());
        read.has(&[damage(offset, "block header")], Counts::default()).delivers(1..=2);
        read.is_complete();
    }
    // A header that does not count its own size, and is skipped.
    let mut writer = v6::Writer::new(&TraceHeader::default());
    put_v6(&mut writer, v6::METADATA, &[&[3u8, 0, 7, 7, 7][..], &class(1).row_v6()].concat());
    writer.thread_block(&[thread(1)]);
    writer.numbers(1..=1);
    read(writer.finish()).has(&[], Counts::default()).delivers(1..=1).is_complete();
}

#[test]
fn rows_before_one_that_does_not_fit_hold() {
    let mut writer = v6::Writer::new(&TraceHeader::default());
    let rows = [&[0u8, 0][..], &class(1).row_v6(), &class(2).row_v6()].concat();
    let at = 2 + class(1).row_v6().len() as u64;
    let offset = put_v6(&mut writer, v6::METADATA, &rows[..rows.len() - 1]);
    writer.thread_block(&[thread(1)]);
    let events = [event(1), Event { metadata_id: 2, ..event(2) }];
    let (content, places) = block::<v6::Writer>(true, &events);
    let unknown = writer.put(Block::Events, &content) + places[1];
    let read = read(writer.finish());
    // Behind its size, the row is too short.
    let faults = [damage(offset + at + 2, "metadata"), damage(unknown, "metadata id")];
    read.has(&faults, Counts { undescribed: 1, ..Counts::default() }).delivers(1..=2);
}

#[test]
fn a_class_defined_again_is_a_fault_only_if_it_differs_and_the_new_one_holds() {
    let other = Metadata { name: "other".into(), ..class(1) };
    let mut writer = v4::Writer::begin();
    writer.numbers(1..=1);
    writer.metadata_block(&[class(1), class(2)]);
    writer.numbers(2..=2);
    writer.metadata_block(std::slice::from_ref(&other));
    let record = writer.offset() - 1 - other.payload_v3_v5().len() as u64;
    writer.numbers(3..=3);
    let found = read(writer.finish());
    found.has(&[damage(record, "defined again")], Counts::default()).delivers(1..=3).is_complete();
    let names: Vec<_> = found.events.iter().map(|seen| seen.class.clone().unwrap().1).collect();
    assert_eq!(names, ["E1", "E1", "other"]);

    let mut writer = v6::Writer::begin();
    writer.numbers(1..=1);
    writer.metadata_block(&[class(1), other.clone()]);
    let row = writer.offset() - other.row_v6().len() as u64 + 2;
    writer.numbers(2..=2);
    writer.sequence_point(0, v6::CLEAR_METADATA, &[(1, 2)]);
    writer.metadata_block(&[class(1)]);
    writer.numbers(3..=3);
    let found = read(writer.finish());
    let counts = Counts { sequence_points: 1, ..Counts::default() };
    found.has(&[damage(row, "defined again")], counts).delivers(1..=3).is_complete();
    let names: Vec<_> = found.events.iter().map(|seen| seen.class.clone().unwrap().1).collect();
    assert_eq!(names, ["E1", "other", "E1"]);
}

#[test]
fn a_sequence_point_may_clear_the_classes() {
    let mut writer = v6::Writer::begin();
    writer.numbers(1..=1);
    writer.sequence_point(0, v6::CLEAR_METADATA, &[(1, 1)]);
    let offset = writer.numbers(2..=2) + 20;
    let counts = Counts { undescribed: 1, sequence_points: 1, ..Counts::default() };
    let read = read(writer.finish());
    read.has(&[damage(offset, "metadata id")], counts).delivers(1..=2).is_complete();
}

#[test]
fn classes_beyond_a_limit_are_not_kept_and_those_there_stay() {
    fn of<S: Stream>(config: &Config) {
        let mut stream = S::begin();
        let large = Metadata { name: "n".repeat(3_000), ..class(3) };
        let event_of = |id, number| Event { metadata_id: id, ..event(number) };
        let content = match S::DIALECT {
            tracemill_testkit::Dialect::V6 => [&[0, 0][..], &large.row_v6()].concat(),
            tracemill_testkit::Dialect::V4 => {
                let record = Event { payload: large.payload_v3_v5(), ..event(0) };
                let record = Event { metadata_id: 0, ..record };
                block::<S>(true, std::slice::from_ref(&record)).0
            }
        };
        stream.put(Block::Metadata, &content);
        stream.events(&[event_of(1, 1), event_of(3, 2), event_of(2, 3), event_of(3, 4)]);
        let read = read_with(stream.end(), config);
        let counts = Counts { undescribed: 2, classes_refused: 1, ..Counts::default() };
        read.has(&[], counts).delivers(1..=4).is_complete();
        let known: Vec<_> = read.events.iter().map(|seen| seen.class.is_some()).collect();
        assert_eq!(known, [true, false, true, false]);
    }
    let (mut number, mut bytes) = (Config::default(), Config::default());
    number.max_classes = 2;
    bytes.max_strings = 2_000;
    for config in [number, bytes] {
        of::<v4::Writer>(&config);
        of::<v6::Writer>(&config);
    }
}

#[test]
fn an_unknown_class_is_a_fault_again_once_the_refused_ones_are_cleared() {
    let mut config = Config::default();
    config.max_classes = 2;
    let mut writer = v6::Writer::begin();
    writer.metadata_block(&[class(3)]);
    writer.sequence_point(0, v6::CLEAR_METADATA, &[]);
    writer.metadata_block(&[class(1)]);
    let events = [event(1), Event { metadata_id: 2, ..event(2) }];
    let (content, places) = block::<v6::Writer>(true, &events);
    let offset = writer.put(Block::Events, &content) + places[1];
    let read = read_with(writer.finish(), &config);
    let counts =
        Counts { undescribed: 1, classes_refused: 1, sequence_points: 1, ..Counts::default() };
    read.has(&[damage(offset, "metadata id")], counts).delivers(1..=2).is_complete();
}
