//! Magic, objects, blocks, limits, the end.

use bytes::Bytes;
use tracemill::{Auto, Config, ErrorKind, FaultKind, Parser};
use tracemill_testkit::{Put, TraceHeader, netperf, v4, v6};

use crate::read::{Counts, Expected, Read, damage, read};
use crate::write::{Stream, class, put_v3, put_v4, put_v6, thread};

/// What stands before the first object of V4, and before the first block of V6.
const V4_HEADER: &[u8; 32] = b"Nettrace\x14\0\0\0!FastSerialization.1";
const V6_HEADER: &[u8; 20] = b"Nettrace\0\0\0\0\x06\0\0\0\0\0\0\0";

#[test]
fn bytes_that_match_no_magic_are_unsupported() {
    for (bytes, offset, value) in [
        (&b"PK\x03\x04 a zip file"[..], 0, u32::from(b'P')),
        (b"Nettracf\0\0\0\0", 7, u32::from(b'f')),
        (b"Nettrace\x15\0\0\0!FastSerialization.1", 8, 0x15),
        (b"Nettrace\x14\0\0\0!FastSerialization.2", 31, u32::from(b'2')),
        (b"\x14\0\0\0!FastSerializatiox.1", 21, u32::from(b'x')),
        (b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 0, 0),
    ] {
        let read = read(bytes.to_vec());
        read.has(&[], Counts::default()).delivers([]);
        let error = read.fails(ErrorKind::Unsupported, offset, "");
        assert_eq!(error.value(), value, "{error}");
        let mut parser = Parser::new(Auto::new(&Config::default()), &Config::default());
        parser.push(Bytes::copy_from_slice(bytes)).unwrap();
        assert_eq!(parser.next_batch().unwrap_err().kind(), ErrorKind::Unsupported);
    }
}

#[test]
fn another_major_version_of_v6_is_unsupported_and_any_minor_is_read() {
    for major in [1, 5, 7, u32::MAX] {
        let stream = v6::Writer::with_version(&TraceHeader::default(), major, 0).finish();
        let error = read(stream).fails(ErrorKind::Unsupported, 12, "version");
        assert_eq!(error.value(), major);
    }
    let mut writer = v6::Writer::with_version(&TraceHeader::default(), 6, 99);
    writer.metadata_block(&[class(1)]);
    writer.thread_block(&[thread(1)]);
    writer.numbers(1..=2);
    read(writer.finish()).has(&[], Counts::default()).delivers(1..=2).is_complete();
}

#[test]
fn an_unknown_version_of_trace_is_unsupported() {
    let v4 = |version| v4::Writer::with_version(&TraceHeader::default(), version).finish();
    let old = |version| netperf::OldWriter::new(version, &TraceHeader::default()).finish();
    let mut v3 = netperf::Writer::new(&TraceHeader::default()).finish();
    v3[27] = 2;
    for (stream, object, version) in
        [(v4(5), 32, 5), (v4(3), 32, 3), (old(3), 24, 3), (old(0), 24, 0), (v3, 24, 2)]
    {
        let error = read(stream).fails(ErrorKind::Unsupported, object, "version");
        assert_eq!(error.value(), version);
    }
}

#[test]
fn every_beginning_of_a_magic_or_of_the_first_header_is_truncated() {
    let header = TraceHeader::default();
    for (stream, first) in [
        (v4::Writer::new(&header).finish(), V4_HEADER.len()),
        (v6::Writer::new(&header).finish(), V6_HEADER.len()),
        (netperf::Writer::new(&header).finish(), 24),
        (netperf::OldWriter::new(1, &header).finish(), 24),
    ] {
        for len in 0..first {
            let read = read(stream[..len].to_vec());
            read.has(&[], Counts::default());
            read.fails(ErrorKind::Truncated, 0, "header");
        }
    }
}

/// Two events, then `tail`, which begins at the offset that is given back.
fn v4_then(tail: &[u8]) -> (Read, u64) {
    let mut writer = v4::Writer::begin();
    writer.numbers(1..=2);
    let offset = writer.offset();
    writer.raw(tail);
    writer.numbers(3..=3);
    let read = read(writer.finish());
    read.has(&read_faults(&read), Counts::default()).delivers(1..=2);
    (read, offset)
}

/// The faults as they are, for streams whose error is what counts.
fn read_faults(read: &Read) -> Vec<Expected> {
    read.faults.iter().map(|fault| (fault.kind(), fault.offset(), fault.what())).collect()
}

#[test]
fn a_tag_that_is_not_allowed_is_an_error_at_the_tag() {
    for (tail, at) in [
        (&[0][..], 0),
        (&[2], 0),
        (&[4, 4, 1], 0),
        (&[6], 0),
        (&[5, 4], 1),
        (&[5, 6], 1),
        (&[5, 5, 5], 2),
        (&[5, 5, 0], 2),
        (b"\x05\x05\x01\x02\0\0\0\x02\0\0\0\x01\0\0\0X\x01", 16),
    ] {
        let (read, offset) = v4_then(tail);
        read.fails(ErrorKind::Invalid, offset + at, "object");
    }
}

#[test]
fn a_block_not_followed_by_its_end_is_an_error() {
    let mut writer = v4::Writer::begin();
    writer.numbers(1..=2);
    let offset = writer.offset() - 1;
    let mut stream = writer.into_bytes();
    stream[offset as usize] = 1;
    let read = read(stream);
    read.has(&[], Counts::default()).delivers(1..=2);
    read.fails(ErrorKind::Invalid, offset, "EndObject");
}

#[test]
fn an_object_name_of_impossible_length_is_an_error() {
    for length in [-1, i32::MIN, 256] {
        let mut tail = b"\x05\x05\x01\x02\0\0\0\x02\0\0\0".to_vec();
        tail.put_i32(length);
        let (read, offset) = v4_then(&tail);
        read.fails(ErrorKind::Invalid, offset + 11, "name length");
    }
    let mut writer = v4::Writer::begin();
    let offset = writer.offset();
    put_v4(&mut writer, &"x".repeat(255), b"skipped");
    writer.numbers(1..=1);
    let read = read(writer.end());
    read.has(&[damage(offset, "unknown name")], Counts::default()).delivers(1..=1).is_complete();
}

#[test]
fn a_negative_block_size_is_an_error() {
    for size in [-1, i32::MIN] {
        let mut tail = b"\x05\x05\x01\x02\0\0\0\x02\0\0\0\x0a\0\0\0StackBlock\x06".to_vec();
        let at = tail.len() as u64;
        tail.put_i32(size);
        let (read, offset) = v4_then(&tail);
        read.fails(ErrorKind::Invalid, offset + at, "BlockSize");
    }
}

#[test]
fn a_first_object_that_is_not_trace_is_an_error() {
    let mut writer = v4::Writer::empty();
    writer.raw(V4_HEADER);
    writer.numbers(1..=1);
    read(writer.finish()).fails(ErrorKind::Invalid, 32, "not Trace");
    let null = [&V4_HEADER[..], &[1]].concat();
    read(null).fails(ErrorKind::Invalid, 32, "not Trace");
    let mut writer = v6::Writer::empty();
    writer.raw(V6_HEADER);
    writer.numbers(1..=1);
    read(writer.finish()).fails(ErrorKind::Invalid, 20, "not Trace");
    // Nor may the stream end, or hold what is not known, before Trace.
    read([&V6_HEADER[..], &[0; 4]].concat()).fails(ErrorKind::Invalid, 20, "not Trace");
    read([&V6_HEADER[..], &[0, 0, 0, 77]].concat()).fails(ErrorKind::Invalid, 20, "not Trace");
}

#[test]
fn a_second_trace_is_an_error() {
    let header = TraceHeader::default();
    let object = v4::Writer::new(&header).into_bytes()[32..].to_vec();
    let (found, offset) = v4_then(&object);
    found.fails(ErrorKind::Invalid, offset, "second Trace");
    let mut writer = v6::Writer::begin();
    writer.numbers(1..=2);
    let offset = writer.offset();
    writer.raw(&v6::Writer::new(&header).into_bytes()[20..]);
    let found = read(writer.finish());
    found.has(&[], Counts::default()).delivers(1..=2);
    found.fails(ErrorKind::Invalid, offset, "second Trace");
    let mut v3 = netperf::Writer::new(&header).into_bytes();
    v3.extend_from_within(24..);
    read(v3).fails(ErrorKind::Invalid, 94, "second Trace");
}

#[test]
fn an_end_of_stream_with_a_size_is_an_error() {
    for size in [1u8, 255] {
        let mut writer = v6::Writer::begin();
        writer.numbers(1..=2);
        let offset = writer.offset();
        writer.block(v6::END_OF_STREAM, &vec![0; size.into()]);
        let read = read(writer.finish());
        read.has(&[], Counts::default()).delivers(1..=2);
        read.fails(ErrorKind::Invalid, offset, "EndOfStream");
    }
}

#[test]
fn an_unknown_object_of_v4_is_skipped_with_a_fault() {
    for (name, content) in [("NewBlock", &[9; 33][..]), ("eventBlock", &[]), ("", &[1])] {
        let mut writer = v4::Writer::begin();
        writer.numbers(1..=2);
        let offset = writer.offset();
        writer.block(name, content);
        writer.numbers(3..=4);
        let read = read(writer.finish());
        read.has(&[damage(offset, "unknown name")], Counts::default()).delivers(1..=4);
        read.is_complete();
        assert_eq!(read.frames_of("unknown block"), 1);
    }
}

#[test]
fn an_unknown_object_not_followed_by_its_end_is_an_error() {
    let mut writer = v4::Writer::begin();
    writer.numbers(1..=2);
    writer.block("NewBlock", &[9; 33]);
    let end = writer.offset() - 1;
    let mut stream = writer.finish();
    stream[end as usize] = 7;
    let read = read(stream);
    read.delivers(1..=2);
    read.fails(ErrorKind::Invalid, end, "EndObject");
}

#[test]
fn an_unknown_object_of_v3_is_an_error() {
    let mut writer = netperf::Writer::new(&TraceHeader::default());
    let offset = writer.offset();
    writer.object("StackBlock", 1, 0, &[0; 8]);
    put_v3(&mut writer, &[]);
    read(writer.finish()).fails(ErrorKind::Invalid, offset, "unknown name");
}

#[test]
fn an_unknown_block_of_v6_is_skipped_and_counted_without_a_fault() {
    let mut writer = v6::Writer::begin();
    for (kind, content) in [(9, &[1; 100][..]), (77, &[]), (0x80, &[2; 4]), (0xff, &[3])] {
        writer.block(kind, content);
    }
    writer.numbers(1..=2);
    put_v6(&mut writer, 200, &[0; 50]);
    writer.numbers(3..=4);
    let read = read(writer.finish());
    read.has(&[], Counts::default()).delivers(1..=4).is_complete();
    assert_eq!(read.frames_of("unknown block"), 5);
}

#[test]
fn bytes_after_the_end_are_one_fault_with_their_number() {
    let header = TraceHeader::default();
    let ends: [Vec<u8>; 4] = [
        v4::Writer::begin().finish(),
        v6::Writer::begin().finish(),
        netperf::Writer::new(&header).finish(),
        netperf::OldWriter::new(2, &header).finish(),
    ];
    for stream in ends {
        for count in [1u32, 4, 1_000] {
            let mut stream = stream.clone();
            let end = stream.len() as u64;
            stream.extend((0..count).map(|at| at as u8));
            let read = read(stream);
            let counts = Counts { bytes_trailing: count.into(), ..Counts::default() };
            read.has(&[(FaultKind::Trailing, end, "end marker")], counts).is_complete();
            assert_eq!(read.faults[0].value(), count);
        }
    }
}
