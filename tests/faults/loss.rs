//! What a stream without damage lost.

use bytes::Bytes;
use tracemill::nettrace::Nettrace;
use tracemill::{Config, Parser, ThreadLoss};
use tracemill_testkit::{Event, v4, v6};

use crate::read::{Counts, damage, read};
use crate::write::{Block, Stream, block, event, events, numbers_v6, put_v6, thread};

/// Event `number` of capture thread `thread`.
fn of_thread(thread: u64, number: u32) -> Event {
    Event { capture_thread: thread, thread, ..event(number) }
}

/// The counts of a stream of one block of these events, plain and compressed.
fn counts<S: Stream>(events: &[Event]) -> Counts {
    let of = |compressed| {
        let mut stream = S::begin();
        stream.put(Block::Events, &block::<S>(compressed, events).0);
        let read = read(stream.end());
        assert_eq!((read.events.len(), read.error), (events.len(), None));
        read.counts
    };
    assert_eq!(of(true), of(false));
    of(true)
}

fn lost(lost: u64) -> Counts {
    Counts { lost, ..Counts::default() }
}

#[test]
fn a_gap_is_lost_and_so_is_what_is_missing_before_the_first_event() {
    fn of<S: Stream>() {
        assert_eq!(counts::<S>(&events(1..=5)), lost(0));
        assert_eq!(counts::<S>(&events([1, 2, 6, 7])), lost(3));
        assert_eq!(counts::<S>(&events([4, 5])), lost(3));
        let two = [(1, 1), (2, 3), (1, 2), (2, 4), (1, 5), (2, 5)];
        assert_eq!(counts::<S>(&two.map(|(thread, number)| of_thread(thread, number))), lost(4));
    }
    of::<v4::Writer>();
    of::<v6::Writer>();
}

#[test]
fn a_gap_between_blocks_is_lost() {
    fn of<S: Stream>() {
        let mut stream = S::begin();
        for numbers in [1..=3, 5..=5, 9..=12] {
            stream.numbers(numbers);
        }
        let read = read(stream.end());
        read.has(&[], lost(4)).delivers([1, 2, 3, 5, 9, 10, 11, 12]).is_complete();
    }
    of::<v4::Writer>();
    of::<v6::Writer>();
}

#[test]
fn numbers_that_go_back_are_anomalies_and_counting_goes_on_from_there() {
    fn of<S: Stream>() {
        let expected = Counts { anomalies: 1, lost: 1, ..Counts::default() };
        assert_eq!(counts::<S>(&events([1, 2, 3, 4, 2, 3, 5])), expected);
        let twice = Counts { anomalies: 1, ..Counts::default() };
        assert_eq!(counts::<S>(&events([1, 2, 2, 3])), twice);
        // Half of the numbers ahead is behind.
        let half = 1 << 31;
        assert_eq!(counts::<S>(&events([1, half + 1])), lost(u64::from(half) - 1));
        assert_eq!(counts::<S>(&events([1, half + 2])), twice);
    }
    of::<v4::Writer>();
    of::<v6::Writer>();
}

#[test]
fn numbers_wrap_at_32_bits() {
    fn of<S: Stream>() {
        let mut stream = S::begin();
        stream.point(&[(1, u32::MAX - 2)]);
        stream.numbers([u32::MAX - 1, u32::MAX, 0, 1, 2]);
        stream.numbers([4]);
        let read = read(stream.end());
        read.has(&[], Counts { sequence_points: 1, ..lost(1) }).is_complete();
    }
    of::<v4::Writer>();
    of::<v6::Writer>();
}

#[test]
fn number_1_is_a_recycled_thread_up_to_v5() {
    let again = [events(1..=5), events(1..=3)].concat();
    let recycled = Counts { recycled_threads: 1, ..Counts::default() };
    assert_eq!(counts::<v4::Writer>(&again), recycled);
    assert_eq!(counts::<v4::Writer>(&events([1, 1, 2])), recycled);
    let anomaly = Counts { anomalies: 1, ..Counts::default() };
    assert_eq!(counts::<v6::Writer>(&again), anomaly);
    assert_eq!(counts::<v6::Writer>(&events([1, 1, 2])), anomaly);
    // Its first events are missing: which they are cannot be told.
    assert_eq!(counts::<v4::Writer>(&events([1, 2, 3, 4, 5, 2])), anomaly);
}

#[test]
fn a_thread_that_stands_at_0_again_is_not_a_recycled_one() {
    let mut stream = v4::Writer::begin();
    stream.point(&[(1, u32::MAX)]);
    stream.numbers([0]);
    stream.numbers([1, 2]);
    let counts = Counts { sequence_points: 1, ..Counts::default() };
    read(stream.end()).has(&[], counts).delivers([0, 1, 2]).is_complete();
}

#[test]
fn a_sequence_point_tells_what_is_missing_before_it() {
    fn of<S: Stream>() {
        let mut stream = S::begin();
        stream.numbers(1..=3);
        // Thread 2 is known only by what it lost.
        stream.point(&[(1, 5), (2, 4)]);
        stream.numbers(6..=7);
        stream.numbers([9]);
        stream.point(&[(1, 9), (2, 4)]);
        let read = read(stream.end());
        let counts = Counts { sequence_points: 2, ..lost(2 + 4 + 1) };
        read.has(&[], counts).delivers([1, 2, 3, 6, 7, 9]).is_complete();
    }
    of::<v4::Writer>();
    of::<v6::Writer>();
}

#[test]
fn a_sequence_point_behind_its_thread_is_an_anomaly() {
    fn of<S: Stream>() {
        let mut stream = S::begin();
        stream.numbers(1..=5);
        stream.point(&[(1, 3)]);
        stream.numbers(4..=5);
        let read = read(stream.end());
        let counts = Counts { anomalies: 1, sequence_points: 1, ..Counts::default() };
        read.has(&[], counts).delivers([1, 2, 3, 4, 5, 4, 5]).is_complete();
    }
    of::<v4::Writer>();
    of::<v6::Writer>();
}

#[test]
fn a_sequence_point_before_any_event_is_the_base_of_the_stream() {
    fn of<S: Stream>() {
        let mut stream = S::begin();
        stream.point(&[(1, 100)]);
        stream.numbers(101..=102);
        stream.events(&[of_thread(2, 3)]);
        stream.point(&[(1, 103), (2, 3)]);
        let read = read(stream.end());
        // Thread 2 was not in the base, so it stood at 0.
        read.has(&[], Counts { sequence_points: 2, ..lost(2 + 1) }).delivers([101, 102, 3]);
    }
    of::<v4::Writer>();
    of::<v6::Writer>();
}

#[test]
fn a_sequence_point_names_many_threads() {
    fn of<S: Stream>(threads: u64) {
        let mut stream = S::begin();
        stream.numbers(1..=1);
        let entries: Vec<_> = (1..=threads).map(|thread| (thread, 2)).collect();
        stream.point(&entries);
        let read = read(stream.end());
        read.has(&[], Counts { sequence_points: 1, ..lost(threads * 2 - 1) }).delivers(1..=1);
    }
    of::<v4::Writer>(3_000);
    of::<v6::Writer>(2);
}

#[test]
fn a_removal_tells_what_is_missing_at_the_end_of_a_thread() {
    let mut writer = v6::Writer::begin();
    writer.numbers(1..=3);
    writer.remove_thread_block(&[(1, 7), (2, 1)]);
    read(writer.finish()).has(&[], lost(4 + 1)).delivers(1..=3).is_complete();
    let mut writer = v6::Writer::begin();
    writer.numbers(1..=3);
    writer.remove_thread_block(&[(1, 2)]);
    let counts = Counts { anomalies: 1, ..Counts::default() };
    read(writer.finish()).has(&[], counts).delivers(1..=3).is_complete();
}

#[test]
fn a_removal_before_any_event_tells_what_its_thread_lost() {
    let mut writer = v6::Writer::begin();
    writer.sequence_point(0, 0, &[(1, 10)]);
    writer.remove_thread_block(&[(1, 13)]);
    writer.events(&[of_thread(2, 1)]);
    let counts = Counts { sequence_points: 1, ..lost(3) };
    read(writer.finish()).has(&[], counts).delivers(1..=1).is_complete();
}

#[test]
fn an_index_used_again_after_its_removal_counts_from_1() {
    for (last, missing) in [(3, 0), (5, 2)] {
        let mut writer = v6::Writer::begin();
        writer.numbers(1..=3);
        writer.remove_thread_block(&[(1, last)]);
        writer.thread_block(&[thread(1)]);
        writer.numbers(2..=3);
        let read = read(writer.finish());
        read.has(&[], lost(missing + 1)).delivers([1, 2, 3, 2, 3]).is_complete();
    }
}

#[test]
fn a_sequence_point_that_clears_the_threads_lets_all_begin_anew() {
    let mut writer = v6::Writer::begin();
    writer.numbers(1..=3);
    // Its numbers count before they are cleared.
    writer.sequence_point(0, v6::CLEAR_THREADS, &[(1, 4)]);
    writer.thread_block(&[thread(1)]);
    writer.numbers(1..=2);
    writer.sequence_point(0, v6::CLEAR_THREADS, &[(1, 2)]);
    writer.thread_block(&[thread(1)]);
    writer.numbers(2..=2);
    let read = read(writer.finish());
    let counts = Counts { sequence_points: 2, ..lost(1 + 1) };
    read.has(&[], counts).delivers([1, 2, 3, 1, 2, 2]).is_complete();
}

#[test]
fn numbers_of_unknown_threads_do_not_count_at_a_sequence_point() {
    let mut writer = v6::Writer::begin();
    let offset = writer.events(&[of_thread(9, 1)]) + 20;
    let at = writer.point(&[(9, 50), (1, 2)]) + 16;
    let removal = put_v6(&mut writer, v6::REMOVE_THREAD, &numbers_v6(&[(9, 70)]));
    let read = read(writer.finish());
    let faults = [offset, at, removal].map(|offset| damage(offset, "thread index"));
    read.has(&faults, Counts { sequence_points: 1, ..lost(2) }).delivers(1..=1).is_complete();
}

#[test]
fn metadata_records_have_no_numbers() {
    let mut writer = v4::Writer::begin();
    writer.numbers(1..=2);
    writer.metadata_block(&[crate::write::class(3), crate::write::class(4)]);
    writer.numbers(3..=3);
    read(writer.finish()).has(&[], Counts::default()).delivers(1..=3).is_complete();
}

#[test]
fn events_delivered_raw_are_not_lost() {
    fn of<S: Stream>() {
        let raw = Event { metadata_id: 50, stack_id: 9, ..event(2) };
        let counts = counts::<S>(&[event(1), raw, event(3)]);
        let expected =
            Counts { faults: 1, undescribed: 1, unresolved_stacks: 1, ..Counts::default() };
        assert_eq!((counts, S::DIALECT), (expected, S::DIALECT));
    }
    of::<v4::Writer>();
    of::<v6::Writer>();
}

/// What thread 1 lost, and all threads together.
fn loss_of(stream: Vec<u8>) -> (ThreadLoss, ThreadLoss) {
    let config = Config::default();
    let mut parser = Parser::new(Nettrace::new(&config), &config);
    parser.push(Bytes::from(stream)).unwrap();
    while parser.next_batch().unwrap().is_some() {}
    let first = parser.loss().threads().find(|(thread, _)| *thread == 1);
    (first.expect("followed").1, parser.loss().total())
}

#[test]
fn gaps_are_told_with_their_thread_and_their_time() {
    fn of<S: Stream>() {
        let mut stream = S::begin();
        stream.numbers([1, 2, 6]);
        stream.events(&[of_thread(2, 3)]);
        stream.numbers([7, 9]);
        let (first, total) = loss_of(stream.end());
        assert_eq!((first.events, first.lost, first.gaps), (5, 4, 2));
        assert_eq!((first.gap_from, first.gap_to), (event(2).ticks, event(9).ticks));
        assert_eq!((total.events, total.lost, total.gaps), (6, 6, 3));
    }
    of::<v4::Writer>();
    of::<v6::Writer>();
}

#[test]
fn a_gap_does_not_end_before_it_begins() {
    let mut writer = v6::Writer::begin();
    writer.numbers([1, 3]);
    writer.remove_thread_block(&[(1, 5)]);
    let (first, _) = loss_of(writer.end());
    assert_eq!((first.lost, first.gaps), (3, 2));
    assert!(first.gap_from <= first.gap_to, "{first:?}");
}
