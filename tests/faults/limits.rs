//! Frames beyond the limits.

use bytes::Bytes;
use tracemill::{Config, ErrorKind};
use tracemill_testkit::{Event, TraceHeader, netperf, v4, v6};

use crate::read::{Counts, pass, read_with};
use crate::write::{Block, Stream, block, class, event, events, stack_rows};

fn with_limit(max_frame: usize) -> Config {
    let mut config = Config::default();
    config.max_frame = max_frame;
    config
}

#[test]
fn a_frame_beyond_the_limit_is_an_error_that_says_what_is_needed() {
    fn of<S: Stream>(kind: Block, content: &[u8]) {
        let mut stream = S::begin();
        stream.numbers(1..=2);
        let offset = stream.put(kind, content);
        stream.numbers(3..=3);
        let read = read_with(stream.end(), &with_limit(5_000));
        read.has(&[], Counts::default()).delivers(1..=2);
        let error = read.fails(ErrorKind::Limit, offset, "max_frame");
        assert_eq!(error.value() as usize, content.len());
    }
    let large = Event { payload: vec![1; 5_000], ..event(3) };
    of::<v4::Writer>(Block::Events, &block::<v4::Writer>(true, std::slice::from_ref(&large)).0);
    of::<v6::Writer>(Block::Events, &block::<v6::Writer>(true, std::slice::from_ref(&large)).0);
    of::<v4::Writer>(Block::Stacks, &stack_rows(1, &[vec![1; 6_000]]));
    of::<v6::Writer>(Block::Stacks, &stack_rows(1, &[vec![1; 6_000]]));
    // Without blocks, or in a block that is no frame itself, the event is what is too large.
    for version in [1, 2] {
        let mut writer = netperf::OldWriter::new(version, &TraceHeader::default());
        let metadata_id = writer.metadata(&class(1));
        writer.event(&Event { metadata_id, ..event(1) });
        let offset = writer.offset();
        writer.event(&large);
        let read = read_with(writer.finish(), &with_limit(5_000));
        read.delivers(1..=1);
        assert_eq!(read.fails(ErrorKind::Limit, offset, "max_frame").value(), 5_060);
    }
}

#[test]
fn a_block_of_v3_beyond_the_limit_is_read_if_its_events_are_within() {
    let mut writer = netperf::Writer::new(&TraceHeader::default());
    let (class, all) = (class(1), events(1..=100));
    let records = all.iter().map(netperf::Record::Event);
    let records: Vec<_> = [netperf::Record::Metadata(&class)].into_iter().chain(records).collect();
    writer.event_block(&records);
    let read = read_with(writer.finish(), &with_limit(4_096));
    read.has(&[], Counts::default()).delivers(1..=100).is_complete();
}

#[test]
fn the_largest_block_of_v6_is_within_the_default_limit() {
    let mut writer = v6::Writer::begin();
    let fixed =
        block::<v6::Writer>(true, &[Event { payload: vec![7; 1 << 23], ..event(1) }]).0.len()
            - (1 << 23);
    let payload = vec![7; (1 << 24) - 1 - fixed];
    let size = payload.len();
    writer.events(&[Event { payload, ..event(1) }]);
    let stream = Bytes::from(writer.finish());
    for chunk in [usize::MAX, 100_000] {
        let read = pass(&stream, &Config::default(), chunk);
        assert_eq!((read.error, read.counts), (None, Counts::default()));
        assert_eq!(read.events[0].payload.len(), size);
    }
}
