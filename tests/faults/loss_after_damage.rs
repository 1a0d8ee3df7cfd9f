//! Gaps that damage may have made.

use tracemill_testkit::{Dialect, Event, v4, v6};

use crate::read::{Counts, damage, read};
use crate::write::{
    Block, Stream, block, event, events, numbers_v6, point_v4, point_v6, put_v6, thread,
};

fn after_damage(lost: u64, lost_after_damage: u64) -> Counts {
    Counts { lost, lost_after_damage, ..Counts::default() }
}

#[test]
fn gaps_after_a_damaged_block_are_named_so_until_the_next_sequence_point() {
    fn of<S: Stream>(compressed: bool) {
        let mut stream = S::begin();
        stream.numbers([1, 3]);
        let (content, places) = block::<S>(compressed, &events(4..=6));
        let len = places[2] as usize + 5;
        let offset = stream.put(Block::Events, &content[..len]) + places[2];
        // Number 6 is hidden by the damage; 9 was lost, or else hidden too.
        stream.numbers([7, 8, 10]);
        stream.point(&[(1, 12)]);
        stream.numbers([13, 15]);
        let read = read(stream.end());
        let counts = Counts { sequence_points: 1, ..after_damage(6, 4) };
        read.has(&[damage(offset, "event")], counts).is_complete();
        read.delivers([1, 3, 4, 5, 7, 8, 10, 13, 15]);
    }
    of::<v4::Writer>(true);
    of::<v6::Writer>(true);
    of::<v4::Writer>(false);
    of::<v6::Writer>(false);
}

#[test]
fn gaps_of_every_thread_after_damage_are_named_so() {
    fn of<S: Stream>() {
        let mut stream = S::begin();
        stream.numbers([1]);
        let offset = stream.put(Block::Events, &[0; 30]);
        stream.events(&[Event { capture_thread: 2, ..event(4) }]);
        let read = read(stream.end());
        read.has(&[damage(offset, "block header")], after_damage(3, 3)).delivers([1, 4]);
    }
    of::<v4::Writer>();
    of::<v6::Writer>();
}

#[test]
fn a_gap_after_an_event_block_of_no_bytes_is_after_damage() {
    fn of<S: Stream>() {
        let mut stream = S::begin();
        stream.numbers([1]);
        let offset = stream.put(Block::Events, &[]);
        stream.numbers([3]);
        let read = read(stream.end());
        read.has(&[damage(offset, "block header")], after_damage(1, 1)).delivers([1, 3]);
    }
    of::<v4::Writer>();
    of::<v6::Writer>();
}

#[test]
fn a_gap_left_by_an_event_of_id_0_is_after_damage() {
    fn of<S: Stream>(compressed: bool) {
        let mut all = events(1..=3);
        all[1].metadata_id = 0;
        let (content, places) = block::<S>(compressed, &all);
        let mut stream = S::begin();
        let offset = stream.put(Block::Events, &content) + places[1];
        let read = read(stream.end());
        read.has(&[damage(offset, "metadata id")], after_damage(1, 1)).delivers([1, 3]);
    }
    of::<v4::Writer>(true);
    of::<v6::Writer>(true);
    of::<v4::Writer>(false);
    of::<v6::Writer>(false);
}

#[test]
fn a_gap_after_an_unknown_object_is_after_damage() {
    let mut writer = v4::Writer::begin();
    writer.numbers([1]);
    let offset = writer.offset();
    writer.block("EventBlocj", &block::<v4::Writer>(true, &events([2])).0);
    writer.numbers([3]);
    let read = read(writer.finish());
    read.has(&[damage(offset, "unknown name")], after_damage(1, 1)).delivers([1, 3]);
}

#[test]
fn a_gap_after_an_unknown_block_of_v6_is_a_gap() {
    let mut writer = v6::Writer::begin();
    writer.numbers([1]);
    writer.block(77, &[1; 20]);
    writer.numbers([3]);
    read(writer.finish()).has(&[], after_damage(1, 0)).delivers([1, 3]).is_complete();
}

fn point<S: Stream>(entries: &[(u64, u32)]) -> Vec<u8> {
    match S::DIALECT {
        Dialect::V4 => point_v4(entries),
        Dialect::V6 => point_v6(0, entries),
    }
}

#[test]
fn numbers_of_an_ill_formed_sequence_point_count_as_far_as_they_go() {
    fn of<S: Stream>() {
        let whole = point::<S>(&[(1, 3), (2, 4)]);
        // Its last row is cut, by a byte.
        let mut stream = S::begin();
        stream.numbers(1..=2);
        let offset = stream.put(Block::SequencePoint, &whole[..whole.len() - 1]);
        stream.numbers([5]);
        let read = read(stream.end());
        let place = read.faults[0].offset();
        assert!((offset..=offset + whole.len() as u64).contains(&place));
        // What is missing after it may be its doing; it is no sequence point that was passed.
        read.has(&[damage(place, "sequence point")], after_damage(2, 1)).delivers([1, 2, 5]);
        read.is_complete();
    }
    of::<v4::Writer>();
    of::<v6::Writer>();
}

#[test]
fn a_count_of_threads_beyond_the_block_is_ill_formed() {
    fn of<S: Stream>(count_at: usize) {
        for count in [2u32, u32::MAX] {
            let mut content = point::<S>(&[(1, 3)]);
            content[count_at..count_at + 4].copy_from_slice(&count.to_le_bytes());
            let mut stream = S::begin();
            stream.numbers(1..=2);
            let offset = stream.put(Block::SequencePoint, &content);
            stream.numbers([4]);
            let read = read(stream.end());
            let place = offset + content.len() as u64;
            read.has(&[damage(place, "sequence point")], after_damage(1, 0)).delivers([1, 2, 4]);
        }
    }
    of::<v4::Writer>(8);
    of::<v6::Writer>(12);
}

#[test]
fn an_ill_formed_sequence_point_clears_where_threads_stand() {
    let whole = point_v6(v6::CLEAR_THREADS | v6::CLEAR_METADATA, &[(1, 5), (2, 0)]);
    for len in 12..whole.len() {
        let mut writer = v6::Writer::begin();
        writer.numbers(1..=5);
        writer.put(Block::SequencePoint, &whole[..len]);
        writer.metadata_block(&[crate::write::class(1)]);
        writer.thread_block(&[thread(1)]);
        writer.numbers(1..=2);
        let read = read(writer.finish());
        read.delivers([1, 2, 3, 4, 5, 1, 2]).is_complete();
        assert_eq!(read.counts, Counts { faults: 1, ..Counts::default() }, "{len} bytes");
    }
}

#[test]
fn a_gap_after_a_damaged_removal_block_is_after_damage() {
    let mut writer = v6::Writer::begin();
    writer.numbers(1..=2);
    let content = numbers_v6(&[(1, 300)]);
    let offset = put_v6(&mut writer, v6::REMOVE_THREAD, &content[..content.len() - 1]);
    writer.numbers([4]);
    let read = read(writer.finish());
    let place = read.faults[0].offset();
    assert!((offset..=offset + content.len() as u64).contains(&place));
    read.has(&[damage(place, "removed thread")], after_damage(1, 1)).delivers([1, 2, 4]);
}

#[test]
fn a_recycled_thread_after_damage_loses_nothing() {
    let mut writer = v4::Writer::begin();
    writer.numbers(1..=5);
    let offset = writer.put(Block::Events, &[0; 20]);
    writer.numbers(1..=2);
    let counts = Counts { recycled_threads: 1, ..Counts::default() };
    let read = read(writer.finish());
    read.has(&[damage(offset, "block header")], counts).delivers([1, 2, 3, 4, 5, 1, 2]);
}
