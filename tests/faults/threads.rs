//! Threads of V6.

use tracemill::Config;
use tracemill_testkit::{Dialect, Event, Put, Thread, TraceHeader, v4, v6};

use crate::read::{Counts, Read, damage, limit, read, read_with};
use crate::write::{Block, Stream, block, class, event, numbers_v6, point_v6, put_v6, thread};

const POINT: Counts = Counts {
    faults: 0,
    undescribed: 0,
    unresolved_stacks: 0,
    lost: 0,
    lost_after_damage: 0,
    anomalies: 0,
    recycled_threads: 0,
    sequence_points: 1,
    bytes_trailing: 0,
    classes_refused: 0,
};

fn on(number: u32, thread: u64) -> Event {
    Event { thread, ..event(number) }
}

fn row(thread: &Thread) -> Vec<u8> {
    let mut writer = v6::Writer::empty();
    writer.thread_block(std::slice::from_ref(thread));
    writer.into_bytes()[4..].to_vec()
}

fn names(read: &Read) -> Vec<Option<&str>> {
    read.events.iter().map(|seen| seen.thread.as_ref().map(|(.., name)| name.as_str())).collect()
}

#[test]
fn an_unknown_thread_is_one_fault_a_block() {
    let mut writer = v6::Writer::begin();
    let all = [on(1, 1), on(2, 7), on(3, 8), on(4, 2), on(5, 7)];
    let (content, places) = block::<v6::Writer>(true, &all);
    let first = writer.put(Block::Events, &content) + places[1];
    let (content, places) = block::<v6::Writer>(false, &[on(6, 1), on(7, u64::MAX)]);
    let second = writer.put(Block::Events, &content) + places[1];
    let stream = writer.finish();
    for batch_events in [1, 256] {
        let mut config = Config::default();
        config.batch_events = batch_events;
        let read = read_with(stream.clone(), &config);
        let faults = [damage(first, "thread index"), damage(second, "thread index")];
        read.has(&faults, Counts::default()).delivers(1..=7).is_complete();
        let expected = [Some("t1"), None, None, Some("t2"), None, Some("t1"), None];
        assert_eq!(names(&read), expected);
    }
}

#[test]
fn an_unknown_capture_thread_is_one_fault_a_block() {
    let mut writer = v6::Writer::begin();
    let by = |number, capture_thread| Event { capture_thread, ..event(number) };
    let (content, places) = block::<v6::Writer>(true, &[by(1, 1), by(1, 7), by(1, 8)]);
    let offset = writer.put(Block::Events, &content) + places[1];
    let read = read(writer.finish());
    read.has(&[damage(offset, "thread index")], Counts::default()).delivers([1; 3]).is_complete();
}

#[test]
fn a_thread_defined_again_is_one_fault_a_block_and_the_new_one_holds() {
    let mut writer = v6::Writer::begin();
    writer.numbers(1..=1);
    let renamed = |index| Thread { name: Some("new".into()), ..thread(index) };
    let rows = [thread(3), renamed(2), renamed(1)];
    let content = rows.iter().map(row).collect::<Vec<_>>().concat();
    let at = row(&rows[0]).len() as u64;
    let offset = put_v6(&mut writer, v6::THREAD, &content) + at;
    writer.events(&[on(2, 1), on(3, 2), on(4, 3)]);
    let read = read(writer.finish());
    let place = read.faults[0].offset();
    assert!((offset..=offset + 2).contains(&place), "the second row, size or index: {place}");
    read.has(&[damage(place, "defined again")], Counts::default()).delivers(1..=4).is_complete();
    assert_eq!(names(&read), [Some("t1"), Some("new"), Some("new"), Some("t3")]);
}

#[test]
fn rows_before_a_thread_that_does_not_fit_hold() {
    let content = [row(&thread(5)), row(&thread(6))].concat();
    let second = row(&thread(5)).len();
    for len in second + 1..content.len() {
        let mut writer = v6::Writer::begin();
        let offset = put_v6(&mut writer, v6::THREAD, &content[..len]);
        let (events, places) = block::<v6::Writer>(true, &[on(1, 5), on(2, 6)]);
        let unknown = writer.put(Block::Events, &events) + places[1];
        let read = read(writer.finish());
        let place = read.faults[0].offset();
        assert!((offset + second as u64..=offset + len as u64).contains(&place));
        let faults = [damage(place, "thread"), damage(unknown, "thread index")];
        read.has(&faults, Counts::default()).delivers(1..=2).is_complete();
        assert_eq!(names(&read), [Some("t5"), None]);
    }
}

#[test]
fn an_unknown_kind_of_thread_info_costs_the_rest_of_its_row() {
    for kind in [0, 5, 255] {
        let odd = Thread { extra: vec![kind, 1, 1, b'x'], ..thread(5) };
        let content = [row(&odd), row(&thread(6))].concat();
        let mut writer = v6::Writer::begin();
        let at = row(&odd).len() as u64 - 4;
        let offset = put_v6(&mut writer, v6::THREAD, &content) + at;
        writer.events(&[on(1, 5), on(2, 6)]);
        let read = read(writer.finish());
        read.has(&[damage(offset, "unknown kind")], Counts::default()).delivers(1..=2);
        assert_eq!(read.events[0].thread, Some((Some(95), Some(9), "t5".into())));
        assert_eq!(names(&read)[1], Some("t6"));
    }
}

#[test]
fn a_thread_without_process_is_of_the_traced_one() {
    let mut writer = v6::Writer::begin();
    writer.thread_block(&[Thread { index: 5, ..Thread::default() }]);
    writer.events(&[on(1, 5)]);
    let read = read(writer.finish());
    read.has(&[], Counts::default());
    assert_eq!(read.events[0].thread, Some((None, Some(4242), String::new())));
    // In V4 the key is the thread's id.
    let mut writer = v4::Writer::begin();
    writer.events(&[on(1, 77)]);
    let thread = &crate::read::read(writer.finish()).events[0].thread;
    assert_eq!(*thread, Some((Some(77), Some(4242), String::new())));
}

#[test]
fn a_removed_thread_is_gone_and_its_index_may_be_used_again() {
    let mut writer = v6::Writer::begin();
    writer.numbers(1..=2);
    writer.remove_thread_block(&[(1, 2)]);
    writer.thread_block(&[Thread { name: Some("next".into()), ..thread(1) }]);
    writer.numbers(1..=2);
    writer.remove_thread_block(&[(1, 2)]);
    let offset = writer.events(&[Event { capture_thread: 2, ..event(1) }]) + 20;
    let read = read(writer.finish());
    read.has(&[damage(offset, "thread index")], Counts::default()).delivers([1, 2, 1, 2, 1]);
    let expected = [Some("t1"), Some("t1"), Some("next"), Some("next"), None];
    assert_eq!(names(&read), expected);
}

#[test]
fn a_removal_of_an_unknown_thread_is_ignored_with_one_fault_a_block() {
    let mut writer = v6::Writer::begin();
    writer.numbers(1..=2);
    let entries = [(1, 2), (50, 9), (2, 0), (51, 9)];
    let offset = put_v6(&mut writer, v6::REMOVE_THREAD, &numbers_v6(&entries)) + 2;
    let read = read(writer.finish());
    read.has(&[damage(offset, "thread index")], Counts::default()).delivers(1..=2).is_complete();
}

#[test]
fn removals_before_one_that_does_not_fit_hold() {
    let content = numbers_v6(&[(1, 5), (300, 300)]);
    for len in 3..content.len() {
        let mut writer = v6::Writer::begin();
        writer.numbers(1..=2);
        let offset = put_v6(&mut writer, v6::REMOVE_THREAD, &content[..len]);
        let unknown = writer.events(&[Event { capture_thread: 2, ..event(1) }]) + 20;
        let read = read(writer.finish());
        let place = read.faults[0].offset();
        assert!((offset + 2..=offset + len as u64).contains(&place));
        let faults = [damage(place, "removed thread"), damage(unknown, "thread index")];
        read.has(&faults, Counts { lost: 3, ..Counts::default() }).delivers([1, 2, 1]);
    }
}

#[test]
fn a_thread_removed_already_is_unknown_to_the_next_removal() {
    let mut writer = v6::Writer::begin();
    writer.numbers(1..=5);
    let offset = put_v6(&mut writer, v6::REMOVE_THREAD, &numbers_v6(&[(1, 5), (1, 5)])) + 2;
    let read = read(writer.finish());
    read.has(&[damage(offset, "thread index")], Counts::default()).delivers(1..=5).is_complete();
}

#[test]
fn a_sequence_point_of_an_unknown_thread_is_ignored_with_one_fault_a_block() {
    let mut writer = v6::Writer::begin();
    writer.numbers(1..=2);
    let entries = [(50, 9), (1, 2), (51, 9)];
    let offset = writer.put(Block::SequencePoint, &point_v6(0, &entries)) + 16;
    writer.numbers(3..=3);
    let read = read(writer.finish());
    read.has(&[damage(offset, "thread index")], POINT).delivers(1..=3).is_complete();
}

#[test]
fn a_sequence_point_may_clear_the_threads() {
    let mut writer = v6::Writer::begin();
    writer.numbers(1..=2);
    writer.sequence_point(0, v6::CLEAR_THREADS, &[(1, 2)]);
    let offset = writer.numbers(1..=1) + 20;
    let read = read(writer.finish());
    read.has(&[damage(offset, "thread index")], POINT).delivers([1, 2, 1]).is_complete();
}

#[test]
fn threads_beyond_the_limit_are_not_kept_with_one_fault_a_block() {
    let mut config = Config::default();
    config.max_threads = 3;
    let mut writer = v6::Writer::begin();
    let rows: Vec<_> = (3..=6).map(thread).collect();
    let content = rows.iter().map(row).collect::<Vec<_>>().concat();
    let at = row(&rows[0]).len() as u64;
    let offset = put_v6(&mut writer, v6::THREAD, &content) + at;
    writer.events(&[on(1, 3)]);
    let read = read_with(writer.finish(), &config);
    let place = read.faults[0].offset();
    assert!((offset..=offset + 2).contains(&place));
    read.has(&[limit(place, "max_threads")], Counts::default()).delivers(1..=1).is_complete();
}

#[test]
fn a_thread_row_may_hold_pairs_and_a_long_index() {
    let odd = Thread {
        index: u64::MAX,
        key_values: vec![("k".into(), "v".into()), (String::new(), String::new())],
        ..thread(0)
    };
    let mut writer = v6::Writer::begin();
    writer.thread_block(std::slice::from_ref(&odd));
    writer.events(&[on(1, u64::MAX)]);
    let read = read(writer.finish());
    read.has(&[], Counts::default()).delivers(1..=1).is_complete();
    assert_eq!(names(&read), [odd.name.as_deref()]);
}

#[test]
fn a_thread_index_that_is_not_whole_defines_nothing() {
    let mut content = Vec::new();
    content.put_sized16(&[0x80, 0x80]);
    content.put_sized16(&[]);
    content.put_bytes(&row(&thread(1)));
    let mut writer = v6::Writer::new(&TraceHeader::default());
    writer.metadata_block(&[class(1)]);
    let offset = put_v6(&mut writer, v6::THREAD, &content);
    writer.numbers(1..=1);
    let read = read(writer.finish());
    assert_eq!((read.faults.len(), v6::Writer::DIALECT), (2, Dialect::V6));
    assert!((offset + 2..=offset + 4).contains(&read.faults[0].offset()));
    assert!((offset + 4..=offset + 6).contains(&read.faults[1].offset()));
    read.delivers(1..=1).is_complete();
}
