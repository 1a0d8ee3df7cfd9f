//! Label lists of V6.

use tracemill::Config;
use tracemill_testkit::{Event, Label, v6};

use crate::read::{Counts, Read, damage, read, read_with};
use crate::write::{Block, Stream, block, event, put_v6};

fn with_list(number: u32, label_list: u32) -> Event {
    Event { label_list, ..event(number) }
}

/// Content of a label list block.
fn lists(first: u32, lists: &[Vec<Label>]) -> Vec<u8> {
    let mut writer = v6::Writer::empty();
    writer.label_list_block(first, lists);
    writer.into_bytes()[4..].to_vec()
}

fn counts_of(read: &Read) -> Vec<usize> {
    read.events.iter().map(|seen| seen.labels).collect()
}

fn activity(byte: u8) -> Vec<Label> {
    vec![Label::ActivityId([byte; 16])]
}

#[test]
fn an_unknown_label_list_is_one_fault_a_block() {
    let mut writer = v6::Writer::begin();
    writer.label_list_block(1, &[vec![Label::Opcode(1), Label::Level(2)]]);
    let all = [with_list(1, 0), with_list(2, 1), with_list(3, 9), with_list(4, 8), with_list(5, 1)];
    let (content, places) = block::<v6::Writer>(true, &all);
    let first = writer.put(Block::Events, &content) + places[2];
    let (content, places) = block::<v6::Writer>(false, &[with_list(6, 9)]);
    let second = writer.put(Block::Events, &content) + places[0];
    let stream = writer.finish();
    for batch_events in [1, 256] {
        let mut config = Config::default();
        config.batch_events = batch_events;
        let read = read_with(stream.clone(), &config);
        let faults = [damage(first, "label list"), damage(second, "label list")];
        read.has(&faults, Counts::default()).delivers(1..=6).is_complete();
        assert_eq!(counts_of(&read), [0, 2, 0, 0, 2, 0]);
    }
}

#[test]
fn a_label_list_defined_again_is_one_fault_a_block_and_the_new_one_holds() {
    let mut writer = v6::Writer::begin();
    writer.label_list_block(1, &[activity(1), activity(2)]);
    writer.events(&[with_list(1, 1)]);
    let content = lists(2, &[activity(3), activity(4)]);
    let offset = put_v6(&mut writer, v6::LABEL_LIST, &content) + 8;
    writer.label_list_block(9, &[activity(9)]);
    let again = put_v6(&mut writer, v6::LABEL_LIST, &lists(1, &[activity(5), activity(6)])) + 8;
    writer.events(&[with_list(2, 1), with_list(3, 2), with_list(4, 3)]);
    let read = read(writer.finish());
    let faults = [damage(offset, "defined again"), damage(again, "defined again")];
    read.has(&faults, Counts::default()).delivers(1..=4).is_complete();
    let ids: Vec<_> = read.events.iter().map(|seen| seen.activity.unwrap()[0]).collect();
    assert_eq!(ids, [1, 5, 6, 4]);
}

#[test]
fn label_lists_begin_anew_after_a_sequence_point() {
    let mut writer = v6::Writer::begin();
    writer.label_list_block(1, &[activity(1), activity(2)]);
    writer.events(&[with_list(1, 1)]);
    writer.sequence_point(0, 0, &[(1, 1)]);
    writer.label_list_block(1, &[activity(3)]);
    let (content, places) = block::<v6::Writer>(true, &[with_list(2, 1), with_list(3, 2)]);
    let offset = writer.put(Block::Events, &content) + places[1];
    let read = read(writer.finish());
    let counts = Counts { sequence_points: 1, ..Counts::default() };
    read.has(&[damage(offset, "label list")], counts).delivers(1..=3).is_complete();
    let ids: Vec<_> = read.events.iter().map(|seen| seen.activity).collect();
    assert_eq!(ids, [Some([1; 16]), Some([3; 16]), None]);
}

#[test]
fn an_unknown_kind_of_label_costs_the_rest_of_the_block() {
    for kind in [0, 11, 0x7f] {
        let odd = vec![Label::Level(1), Label::Other(kind, vec![1, 2])];
        let content = lists(1, &[activity(1), odd, activity(3)]);
        let mut writer = v6::Writer::begin();
        let offset = put_v6(&mut writer, v6::LABEL_LIST, &content) + 8 + 17 + 2;
        let all = [with_list(1, 1), with_list(2, 2), with_list(3, 3)];
        let (content, places) = block::<v6::Writer>(true, &all);
        let unknown = writer.put(Block::Events, &content) + places[1];
        let read = read(writer.finish());
        let faults = [damage(offset, "unknown kind"), damage(unknown, "label list")];
        read.has(&faults, Counts::default()).delivers(1..=3).is_complete();
        assert_eq!(counts_of(&read), [1, 0, 0]);
    }
}

#[test]
fn label_lists_before_one_that_does_not_fit_hold() {
    let text = vec![Label::KeyText("key".into(), "value".into()), Label::SpanId(7)];
    let content = lists(1, &[activity(1), text]);
    let second = 8 + 17;
    for len in second + 1..content.len() {
        let mut writer = v6::Writer::begin();
        let offset = put_v6(&mut writer, v6::LABEL_LIST, &content[..len]);
        let (events, places) = block::<v6::Writer>(true, &[with_list(1, 1), with_list(2, 2)]);
        let unknown = writer.put(Block::Events, &events) + places[1];
        let read = read(writer.finish());
        let place = read.faults[0].offset();
        assert!((offset + second as u64..=offset + len as u64).contains(&place));
        let faults = [damage(place, ""), damage(unknown, "label list")];
        read.has(&faults, Counts::default()).delivers(1..=2).is_complete();
        assert_eq!(counts_of(&read), [1, 0]);
    }
    for len in 0..8 {
        let mut writer = v6::Writer::begin();
        let offset = put_v6(&mut writer, v6::LABEL_LIST, &content[..len]);
        writer.numbers(1..=1);
        let read = read(writer.finish());
        assert!((offset..=offset + 4).contains(&read.faults[0].offset()));
        assert_eq!(read.counts, Counts { faults: 1, ..Counts::default() });
        read.delivers(1..=1).is_complete();
    }
}

#[test]
fn every_kind_of_label_is_read() {
    let all = vec![
        Label::RelatedActivityId([2; 16]),
        Label::TraceId([3; 16]),
        Label::SpanId(4),
        Label::KeyText("k".into(), "v".into()),
        Label::KeyNumber("n".into(), -1),
        Label::KeyUnsigned("n".into(), u64::MAX),
        Label::Opcode(0),
        Label::Keywords(8),
        Label::Level(9),
        Label::Version(10),
        Label::ActivityId([1; 16]),
    ];
    let mut writer = v6::Writer::begin();
    writer.label_list_block(1, &[all, activity(7)]);
    writer.events(&[with_list(1, 1), with_list(2, 2), with_list(3, 0)]);
    let read = read(writer.finish());
    read.has(&[], Counts::default()).delivers(1..=3).is_complete();
    assert_eq!(counts_of(&read), [11, 1, 0]);
    assert_eq!(read.events[0].activity, Some([1; 16]));
}
