//! Event blocks of V4 to V6.

use tracemill::{Config, ErrorKind};
use tracemill_testkit::{Event, Put, TraceHeader, v4, v6};

use crate::read::{Counts, damage, read, read_with};
use crate::write::{BEGIN, Block, Stream, block, event, events};

/// Two events, a block of `content`, two events more. What is wrong is `at` bytes into the block.
fn between<S: Stream>(content: &[u8], at: u64, word: &'static str, inside: &[u32], counts: Counts) {
    let mut stream = S::begin();
    stream.numbers(1..=2);
    let offset = stream.put(Block::Events, content);
    let last = inside.last().map_or(2, |last| *last);
    stream.numbers(last + 1..=last + 2);
    let read = read(stream.end());
    read.has(&[damage(offset + at, word)], counts).is_complete();
    read.delivers([1, 2].into_iter().chain(inside.iter().copied()).chain(last + 1..=last + 2));
}

#[test]
fn a_block_header_that_is_too_short_or_too_long_skips_the_block() {
    fn of<S: Stream>() {
        let (whole, _) = block::<S>(true, &events(3..=4));
        for header_size in [0u16, 1, 19, whole.len() as u16 + 1, u16::MAX] {
            let mut content = whole.clone();
            content[..2].copy_from_slice(&header_size.to_le_bytes());
            between::<S>(&content, 0, "block header", &[], Counts::default());
        }
        for len in 0..20 {
            between::<S>(&whole[..len], 0, "block header", &[], Counts::default());
        }
    }
    of::<v4::Writer>();
    of::<v6::Writer>();
}

#[test]
fn a_longer_block_header_is_skipped_and_an_empty_block_says_nothing() {
    fn of<S: Stream>() {
        let mut stream = S::begin();
        let (mut content, _) = block::<S>(true, &events(1..=2));
        content[..2].copy_from_slice(&25u16.to_le_bytes());
        content.splice(20..20, [0xff; 5]);
        stream.put(Block::Events, &content);
        stream.events(&[]);
        stream.numbers(3..=3);
        read(stream.end()).has(&[], Counts::default()).delivers(1..=3).is_complete();
    }
    of::<v4::Writer>();
    of::<v6::Writer>();
}

#[test]
fn an_event_beyond_its_block_is_a_fault_at_the_event() {
    fn of<S: Stream>(compressed: bool) {
        let (whole, places) = block::<S>(compressed, &events(3..=5));
        // Every way to cut the last event.
        for len in places[2] as usize + 1..whole.len() {
            let word = "runs past the end";
            between::<S>(&whole[..len], places[2], word, &[3, 4], Counts::default());
        }
    }
    of::<v4::Writer>(true);
    of::<v6::Writer>(true);
    of::<v4::Writer>(false);
    of::<v6::Writer>(false);
}

#[test]
fn a_varint_beyond_its_maximum_is_a_fault_at_the_event() {
    fn of<S: Stream>() {
        let (whole, _) = block::<S>(true, &events(3..=4));
        let at = whole.len() as u64;
        for header in [
            // Metadata id, sequence, thread, stack, payload size, time.
            &[0x01, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00][..],
            &[0x02, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00],
            &[0x04, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
            &[0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
            &[0x80, 0x01, 0x80, 0x80, 0x80, 0x80, 0x80],
            &[0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        ] {
            let content = [&whole[..], header, &[0; 40]].concat();
            between::<S>(&content, at, "varint", &[3, 4], Counts::default());
        }
    }
    of::<v4::Writer>();
    of::<v6::Writer>();
}

#[test]
fn excess_bits_of_a_varint_are_masked() {
    fn of<S: Stream>() {
        let mut stream = S::begin();
        let mut content = block::<S>(true, &[]).0;
        // Id 1, sequence 1, time 2^63, each with bits beyond its width; payload of 4 bytes.
        content.put_bytes(&[0x87, 0x81, 0x80, 0x80, 0x80, 0x70]);
        content.put_bytes(&[0x80, 0x80, 0x80, 0x80, 0x70, 1, 0, 1]);
        content.put_bytes(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f]);
        content.put_bytes(&[4, 1, 0, 0, 0]);
        stream.put(Block::Events, &content);
        let read = read(stream.end());
        read.has(&[], Counts::default()).delivers(1..=1).is_complete();
        let seen = &read.events[0];
        assert_eq!((seen.class_id, seen.sequence, seen.ticks), (1, 1, 1 << 63));
    }
    of::<v4::Writer>();
    of::<v6::Writer>();
}

#[test]
fn id_0_in_an_event_block_skips_the_event() {
    fn of<S: Stream>(compressed: bool) {
        let mut all = events(1..=4);
        (all[1].metadata_id, all[1].sequence) = (0, 1);
        all[2].sequence = 2;
        all[3].sequence = 3;
        let (content, places) = block::<S>(compressed, &all);
        let mut stream = S::begin();
        let offset = stream.put(Block::Events, &content);
        let read = read(stream.end());
        read.has(&[damage(offset + places[1], "metadata id")], Counts::default());
        read.delivers([1, 3, 4]).is_complete();
    }
    of::<v4::Writer>(true);
    of::<v6::Writer>(true);
    of::<v4::Writer>(false);
    of::<v6::Writer>(false);
}

#[test]
fn an_unknown_class_is_raw_with_one_fault_a_block() {
    fn of<S: Stream>(compressed: bool) {
        let mut all = events(1..=6);
        for (at, id) in [(1, 7), (2, 8), (4, 7)] {
            all[at].metadata_id = id;
        }
        let (content, places) = block::<S>(compressed, &all);
        let mut stream = S::begin();
        let first = stream.put(Block::Events, &content) + places[1];
        stream.numbers(7..=7);
        let unknown = [Event { metadata_id: 9, ..event(8) }, Event { metadata_id: 9, ..event(9) }];
        let second = stream.events(&unknown) + 20;
        let stream = stream.end();
        // A batch may end between any two events of a block.
        for batch_events in [1, 2, 256] {
            let mut config = Config::default();
            config.batch_events = batch_events;
            let read = read_with(stream.clone(), &config);
            let faults = [damage(first, "metadata id"), damage(second, "metadata id")];
            read.has(&faults, Counts { undescribed: 5, ..Counts::default() });
            read.delivers(1..=9).is_complete();
            let ids: Vec<_> = read.events.iter().map(|seen| seen.class_id).collect();
            assert_eq!(ids, [1, 7, 8, 1, 7, 1, 1, 9, 9]);
            let known: Vec<_> = read.events.iter().map(|seen| seen.class.is_some()).collect();
            let expected = [true, false, false, true, false, true, true, false, false];
            assert_eq!(known, expected);
        }
    }
    of::<v4::Writer>(true);
    of::<v6::Writer>(true);
    of::<v4::Writer>(false);
    of::<v6::Writer>(false);
}

#[test]
fn sizes_of_a_plain_header_that_contradict_are_a_fault_at_the_event() {
    fn of<S: Stream>(payload_size_at: usize) {
        let (whole, places) = block::<S>(false, &events(3..=5));
        for (at, value) in [
            (0, 0u32),
            (0, 47),
            (0, u32::MAX),
            (payload_size_at, u32::MAX),
            (payload_size_at, 0x8000_0000),
            (payload_size_at, 5),
        ] {
            let mut content = whole.clone();
            let at = places[1] as usize + at;
            content[at..at + 4].copy_from_slice(&value.to_le_bytes());
            between::<S>(&content, places[1], "event", &[3], Counts::default());
        }
    }
    of::<v4::Writer>(76);
    of::<v6::Writer>(48);
}

#[test]
fn plain_headers_are_sorted_where_bit_31_is_clear_and_v4_pads() {
    fn of<S: Stream>() {
        let mut all = events(1..=3);
        all[1].sorted = false;
        all[1].payload = vec![1, 2, 3];
        let mut stream = S::begin();
        stream.put(Block::Events, &block::<S>(false, &all).0);
        let read = read(stream.end());
        read.has(&[], Counts::default()).is_complete();
        let sorted: Vec<_> = read.events.iter().map(|seen| seen.sorted).collect();
        assert_eq!(sorted, [true, false, true]);
        assert_eq!(read.events[1].payload, [1, 2, 3]);
        assert_eq!(read.events[1].class_id, 1, "bit 31 is not part of the id");
    }
    of::<v4::Writer>();
    of::<v6::Writer>();
}

#[test]
fn faults_beyond_64_of_a_frame_are_counted() {
    fn of<S: Stream>() {
        let damaged = [Event { metadata_id: 0, sequence: 0, ..event(1) }];
        let damaged: Vec<_> = damaged.iter().cycle().take(100).cloned().collect();
        let (content, places) = block::<S>(true, &damaged);
        let mut stream = S::begin();
        let offset = stream.put(Block::Events, &content);
        stream.put(Block::Events, &content);
        stream.numbers(1..=1);
        let stream = stream.end();
        for batch_events in [1, 256] {
            let mut config = Config::default();
            config.batch_events = batch_events;
            let read = read_with(stream.clone(), &config);
            read.delivers(1..=1).is_complete();
            assert_eq!(read.counts, Counts { faults: 200, ..Counts::default() });
            assert_eq!(read.faults.len(), 128);
            assert_eq!(read.faults[63].offset(), offset + places[63]);
        }
    }
    of::<v4::Writer>();
    of::<v6::Writer>();
}

#[test]
fn time_may_go_back_and_before_the_beginning() {
    fn of<S: Stream>(compressed: bool) {
        let mut all = events(1..=3);
        (all[0].ticks, all[1].ticks, all[2].ticks) = (BEGIN + 500, BEGIN - 250, BEGIN);
        let mut stream = S::begin();
        stream.put(Block::Events, &block::<S>(compressed, &all).0);
        let read = read(stream.end());
        read.has(&[], Counts::default()).delivers(1..=3).is_complete();
        let times: Vec<_> = read.events.iter().map(|seen| (seen.ticks, seen.ns)).collect();
        let expected =
            [(BEGIN + 500, Some(500)), (BEGIN - 250, Some(-250)), (BEGIN, Some(0))].to_vec();
        assert_eq!(times, expected);
        assert_eq!(read.events[0].processor, None, "0xffffffff is unknown");
    }
    of::<v4::Writer>(true);
    of::<v6::Writer>(true);
    of::<v4::Writer>(false);
    of::<v6::Writer>(false);
}

#[test]
fn another_id_in_a_metadata_block_of_v4_skips_the_event() {
    let mut writer = v4::Writer::new(&TraceHeader::default());
    let record = |id: u32, payload: Vec<u8>| Event {
        metadata_id: id,
        sequence: 0,
        capture_thread: 0,
        payload,
        ..event(0)
    };
    let all = [
        record(0, crate::write::class(1).payload_v3_v5()),
        record(3, crate::write::class(5).payload_v3_v5()),
        record(0, crate::write::class(2).payload_v3_v5()),
    ];
    let (content, places) = block::<v4::Writer>(true, &all);
    let offset = writer.put(Block::Metadata, &content);
    writer.events(&[event(1), Event { metadata_id: 2, ..event(2) }]);
    let read = read(writer.finish());
    read.has(&[damage(offset + places[1], "metadata id")], Counts::default());
    read.delivers(1..=2).is_complete();
}

#[test]
fn what_comes_before_an_error_is_delivered_with_its_faults() {
    let mut writer = v4::Writer::begin();
    let (content, places) = block::<v4::Writer>(true, &events(1..=3));
    let offset = writer.put(Block::Events, &content[..content.len() - 1]);
    let end = writer.offset();
    writer.raw(&[9]);
    let read = read(writer.into_bytes());
    read.has(&[damage(offset + places[2], "event")], Counts::default()).delivers(1..=2);
    read.fails(ErrorKind::Invalid, end, "tag");
}
