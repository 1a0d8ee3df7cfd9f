//! V1 to V3: events that lie in the stream one by one.

use tracemill::ErrorKind;
use tracemill_testkit::netperf::{OldWriter, Record, Writer};
use tracemill_testkit::{Event, Put, TraceHeader};

use crate::read::{Counts, damage, read};
use crate::write::{BEGIN, class, event, events, put_v3};

fn old(version: i32) -> (OldWriter, u32) {
    let mut writer = OldWriter::new(version, &TraceHeader::default());
    let id = writer.metadata(&class(1));
    (writer, id)
}

fn v3() -> Writer {
    let mut writer = Writer::new(&TraceHeader::default());
    writer.event_block(&[Record::Metadata(&class(1)), Record::Event(&event(1))]);
    writer
}

/// Bytes of an event of V1 to V3 whose sizes are as told.
fn raw(event_size: i32, payload_size: i32, stack_size: i32) -> Vec<u8> {
    let mut out = Vec::new();
    out.put_i32(event_size);
    out.put_u32(1);
    out.put_u32(1);
    out.put_u64(BEGIN);
    out.put_bytes(&[0; 32]);
    out.put_i32(payload_size);
    out.put_bytes(&[9, 0, 0, 0]);
    out.put_i32(stack_size);
    out.put_bytes(&[0; 8]);
    out
}

/// Sizes of [`raw`] that cannot be true of its 72 bytes: size, payload, stack.
const IMPOSSIBLE: [(i32, i32, i32); 8] = [
    (0, 4, 8),
    (55, 0, 0),
    (-1, 4, 8),
    (i32::MIN, 4, 8),
    (68, 20, 0),
    (68, -1, 8),
    (68, 4, 9),
    (68, 4, -1),
];

#[test]
fn an_event_of_v1_or_v2_whose_sizes_contradict_is_an_error() {
    for version in [1, 2] {
        for (size, payload, stack) in IMPOSSIBLE {
            let (mut writer, metadata_id) = old(version);
            writer.event(&Event { metadata_id, ..event(1) });
            let offset = writer.offset();
            writer.raw(&raw(size, payload, stack));
            let read = read(writer.finish());
            read.has(&[], Counts::default()).delivers(1..=1);
            read.fails(ErrorKind::Invalid, offset, "event");
        }
    }
}

#[test]
fn an_event_of_v3_whose_sizes_contradict_costs_the_rest_of_its_block() {
    for (size, payload, stack) in IMPOSSIBLE {
        let mut writer = v3();
        let mut content = raw(68, 4, 8);
        content.extend(raw(size, payload, stack));
        content.extend(raw(68, 4, 8));
        let offset = put_v3(&mut writer, &content) + 72;
        writer.event_block(&[Record::Event(&event(3))]);
        let read = read(writer.finish());
        read.has(&[damage(offset, "event")], Counts::default()).delivers([1, 9, 3]).is_complete();
    }
}

#[test]
fn an_event_of_v3_beyond_its_block_is_a_fault() {
    for cut in 1..72 {
        let mut writer = v3();
        let content = [raw(68, 4, 8), raw(68, 4, 8)].concat();
        let offset = put_v3(&mut writer, &content[..content.len() - cut]) + 72;
        writer.event_block(&[Record::Event(&event(3))]);
        let read = read(writer.finish());
        read.has(&[damage(offset, "event")], Counts::default()).delivers([1, 9, 3]).is_complete();
    }
}

#[test]
fn padding_of_v3_is_part_of_the_event_and_stacks_need_not_be_aligned() {
    let mut writer = v3();
    let odd = Event { payload: vec![5; 3], stack: vec![6; 16], ..event(2) };
    let mut padded = raw(68 + 1_000, 4, 8);
    padded.extend(vec![0xee; 1_000]);
    writer.event_block(&[Record::Event(&odd)]);
    put_v3(&mut writer, &padded);
    let read = read(writer.finish());
    read.has(&[], Counts::default()).is_complete();
    assert_eq!(read.events[1].payload, [5; 3]);
    assert_eq!(read.events[1].stack.as_deref(), Some(&[6; 16][..]));
    assert_eq!(read.events[2].stack.as_deref(), Some(&[0; 8][..]));
}

#[test]
fn an_event_of_v3_of_unknown_class_is_raw_with_one_fault_a_block() {
    let mut writer = v3();
    let unknown = Event { metadata_id: 77, ..event(2) };
    let content: Vec<Record<'_>> = [Record::Event(&unknown); 3].to_vec();
    let faults = [(); 2].map(|()| {
        writer.event_block(&content);
        damage(writer.offset() - 1 - 3 * 64, "metadata id")
    });
    let read = read(writer.finish());
    read.has(&faults, Counts { undescribed: 6, ..Counts::default() }).is_complete();
    read.delivers([1, 2, 2, 2, 2, 2, 2]);
    assert_eq!((read.events[1].class_id, &read.events[1].class), (77, &None));
}

#[test]
fn an_event_of_v1_or_v2_of_unknown_class_is_raw_with_one_fault() {
    for version in [1, 2] {
        let (mut writer, metadata_id) = old(version);
        let offset = writer.offset();
        for number in 1..=2 {
            writer.event(&Event { metadata_id: 5, ..event(number) });
        }
        writer.event(&Event { metadata_id, ..event(3) });
        let read = read(writer.finish());
        let counts = Counts { undescribed: 2, ..Counts::default() };
        read.has(&[damage(offset, "metadata id")], counts).delivers(1..=3).is_complete();
    }
}

#[test]
fn classes_of_v1_and_v2_are_known_by_the_offset_of_their_record() {
    for version in [1, 2] {
        let mut writer = OldWriter::new(version, &TraceHeader::default());
        let mut ids = Vec::new();
        for number in 1..=3 {
            let id = writer.metadata(&class(number));
            writer.event(&Event { metadata_id: id, ..event(number) });
            ids.push(id);
        }
        let read = read(writer.finish());
        read.has(&[], Counts::default()).delivers(1..=3).is_complete();
        assert_eq!(ids[0], 0x72);
        for (seen, id) in read.events.iter().zip(ids) {
            let (provider, name) = seen.class.as_ref().expect("described");
            let number = u32::from_le_bytes(seen.payload[..].try_into().unwrap());
            assert_eq!((seen.class_id, name), (id, &format!("E{number}")));
            let guid = "00000000-0000-0000-0000-000000000000";
            assert_eq!(provider, if version == 1 { guid } else { "P" });
        }
    }
}

#[test]
fn an_event_that_begins_like_the_tail_is_an_event() {
    let (mut writer, _) = old(2);
    let offset = writer.offset();
    // EventSize 262, metadata id 0x100: the first five bytes of a tail.
    let like = Event { metadata_id: 0x100, payload: vec![8; 262 - 56], ..event(1) };
    writer.event(&like);
    let read = read(writer.finish());
    let counts = Counts { undescribed: 1, ..Counts::default() };
    read.has(&[damage(offset, "metadata id")], counts).is_complete();
    assert_eq!(read.events[0].payload, vec![8; 262 - 56]);
}

#[test]
fn every_beginning_of_the_tail_is_truncated() {
    for version in [1, 2] {
        let (mut writer, metadata_id) = old(version);
        writer.event(&Event { metadata_id, ..event(1) });
        let offset = writer.offset();
        let stream = writer.finish();
        assert_eq!(stream.len() as u64, offset + 17);
        for len in 0..17 {
            let read = read(stream[..offset as usize + len].to_vec());
            read.has(&[], Counts::default()).delivers(1..=1);
            read.fails(ErrorKind::Truncated, offset, "");
            if len == 0 {
                read.fails(ErrorKind::Truncated, offset, "without its end marker");
            } else if len >= 5 {
                assert_eq!(read.fails(ErrorKind::Truncated, offset, "tail").value(), 17);
            }
        }
    }
}

#[test]
fn a_cut_event_that_begins_like_the_tail_is_a_cut_event() {
    let (mut writer, _) = old(2);
    let offset = writer.offset();
    writer.event(&Event { metadata_id: 0x100, payload: vec![8; 262 - 56], ..event(1) });
    let stream = writer.into_bytes();
    let read = read(stream[..stream.len() - 1].to_vec());
    let error = read.fails(ErrorKind::Truncated, offset, "event");
    assert_eq!(error.value(), 266);
}

#[test]
fn a_metadata_record_of_v1_to_v3_that_does_not_fit_defines_what_was_whole() {
    // The field list lies: its count is not there.
    let mut broken = class(1);
    broken.fields = vec![tracemill_testkit::Field::new("a", tracemill_testkit::Type::Other(99))];
    for version in [1, 2] {
        let mut writer = OldWriter::new(version, &TraceHeader::default());
        let id = writer.metadata(&broken);
        writer.event(&Event { metadata_id: id, ..event(1) });
        let read = read(writer.finish());
        read.delivers(1..=1).is_complete();
        assert_eq!(read.counts, Counts { faults: 1, ..Counts::default() });
        assert_eq!(read.events[0].class.as_ref().map(|(_, name)| name.as_str()), Some("E1"));
    }
    let mut writer = Writer::new(&TraceHeader::default());
    let all = events(1..=2);
    writer.event_block(&[Record::Metadata(&broken), Record::Event(&all[0])]);
    writer.event_block(&[Record::Event(&all[1])]);
    let read = read(writer.finish());
    read.delivers(1..=2).is_complete();
    assert_eq!(read.counts, Counts { faults: 1, ..Counts::default() });
    assert_eq!(read.events[1].class, Some(("P".into(), "E1".into())));
}
