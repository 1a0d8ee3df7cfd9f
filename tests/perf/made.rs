//! Recordings made here: every type of record, every part of a sample, either byte order, and
//! compression as later versions write it.

use std::fmt::Write as _;
use std::io::Write as _;

use bytes::Bytes;
use tracemill::perf::{Branch, EventHeader, Frame, Perf, Record, Sample, What, bit};
use tracemill::{Config, EventView, Format, Order, Parser, Stats};
use tracemill_test_support::laws::{check_cut_of, check_order_of, perf};
use tracemill_test_support::row::Row;
use tracemill_testkit::Rng;

use crate::writer::{Attr, Writer, file, pipe, tracing};

/// Every part but a weight in three, and one that no kernel has.
const ALL: u64 = (1 << 24) - 1;
const EVENTS: [Attr; 3] = [
    Attr {
        kind: 0,
        config: 0,
        sample_type: ALL,
        read_format: 0x1f,
        branches: 1 << 17 | 1 << 19,
        regs_user: 0b1010,
        regs_intr: 0b1,
        ids: &[10, 11],
        name: "cycles:u",
    },
    Attr {
        kind: 2,
        config: 42,
        sample_type: IDENTIFIED | bit::RAW | bit::CALLCHAIN,
        read_format: 0,
        branches: 0,
        regs_user: 0,
        regs_intr: 0,
        ids: &[20],
        name: "my:thing",
    },
    Attr {
        kind: 1,
        config: 9,
        sample_type: IDENTIFIED | bit::WEIGHT_STRUCT | bit::READ,
        read_format: 0x14,
        branches: 0,
        regs_user: 0,
        regs_intr: 0,
        ids: &[30],
        name: "dummy",
    },
];
const IDENTIFIED: u64 = bit::IDENTIFIER | bit::IP | bit::TID | bit::TIME | bit::CPU | bit::PERIOD;
const FORMAT: &str = "name: thing\nID: 42\nformat:\n\
    \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n\
    \tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n\
    \tfield:char comm[8];\toffset:8;\tsize:8;\tsigned:0;\n\
    \tfield:u16 half;\toffset:16;\tsize:2;\tsigned:0;\n\
    \tfield:long state;\toffset:24;\tsize:8;\tsigned:1;\n\
    \tfield:__data_loc char[] what;\toffset:32;\tsize:4;\tsigned:0;\n\
    \tfield:__rel_loc u16[] more;\toffset:36;\tsize:4;\tsigned:0;\n\n\
    print fmt: \"%s\", REC->comm\n";

/// What ends a record of the kernel: thread, time, stream, CPU, id, as the first event asks.
fn trailer(body: &mut Writer, time: u64) {
    body.u32s(&[7, 8]).u64s(&[time, 10, 77]).u32s(&[3, 0]).u64s(&[10]);
}

/// The same of the other events.
fn short_trailer(body: &mut Writer, time: u64, id: u64) {
    body.u32s(&[7, 9]).u64s(&[time]).u32s(&[2, 0]).u64s(&[id]);
}

fn full_sample(body: &mut Writer) {
    body.u64s(&[10, 0x1000]).u32s(&[7, 8]).u64s(&[100, 0x2000, 10, 77]).u32s(&[3, 0]).u64s(&[55]);
    // A group of two.
    body.u64s(&[2, 1000, 900, 5, 10, 1, 6, 11, 2]);
    body.u64s(&[4, (-128i64).cast_unsigned(), 0x1000, (-512i64).cast_unsigned(), 0x3000]);
    body.u32s(&[12]).bytes(b"raw-raw-raw-");
    body.u64s(&[2, 9, 0xa, 0xb]).bits(&BRANCH);
    body.u64s(&[0xc, 0xd]).bits(&[(64, 0)]).u64s(&[31, 32]);
    body.u64s(&[2, 0x11, 0x33]);
    body.u64s(&[16]).bytes(b"stack-stack-stac").u64s(&[11]);
    body.u64s(&[123, 0x5a5a, 0x77]).u64s(&[2, 0x99]).u64s(&[0xabc, 66, 4096, 8192]);
    body.u64s(&[8]).bytes(b"aux-aux-");
}

const BRANCH: [(u32, u64); 7] = [(1, 1), (1, 0), (1, 1), (1, 0), (16, 0x1234), (4, 5), (40, 0)];

fn tracepoint(body: &mut Writer, time: u64) {
    body.u64s(&[20, 0x4000]).u32s(&[7, 8]).u64s(&[time]).u32s(&[1, 0]).u64s(&[1, 1, 0x4000]);
    let mut raw = Writer::new(body.is_big);
    raw.u16s(&[42]).bytes(&[1, 2]).u32s(&[7]).bytes(b"me\0xxxxx").u16s(&[515, 0, 0, 0]);
    raw.u64s(&[(-3i64).cast_unsigned()]).u32s(&[0x0004_0028, 0x0004_0004]);
    // What aligns it is part of it.
    raw.bytes(b"hey\0").u16s(&[3, 260]).bytes(&[0; 4]);
    body.u32s(&[raw.out.len() as u32]).bytes(&raw.out);
}

/// One of each, those of the kernel first.
fn kernel_records(out: &mut Writer) {
    let map = |body: &mut Writer| {
        body.u32s(&[7, 8]).u64s(&[0x1000, 0x200, 0x30]);
    };
    out.record(1, 1, |b| {
        map(b);
        b.text("[kernel.kallsyms]");
        trailer(b, 1);
    });
    out.record(2, 0, |b| {
        b.u64s(&[10, 5]);
        trailer(b, 2);
    });
    out.record(3, 1 << 13, |b| {
        b.u32s(&[7, 8]).text("worker");
        trailer(b, 3);
    });
    for (kind, time) in [(4, 4), (7, 7)] {
        out.record(kind, 0, |b| {
            b.u32s(&[7, 1, 8, 1]).u64s(&[time]);
            trailer(b, time);
        });
    }
    for (kind, time) in [(5, 5), (6, 6)] {
        out.record(kind, 0, |b| {
            b.u64s(&[time, 10, 77]);
            trailer(b, time);
        });
    }
    out.record(8, 0, |b| {
        b.u32s(&[7, 8]).u64s(&[41, 30, 4]);
        short_trailer(b, 8, 30);
    });
    out.record(9, 2, full_sample);
    out.record(9, 1, |b| tracepoint(b, 101));
    out.record(9, 1, |b| {
        b.u64s(&[30, 0x4000]).u32s(&[7, 8]).u64s(&[102]).u32s(&[1, 0]).u64s(&[1]);
        b.u64s(&[17, 30, 3, 0x0006_0005_0001_1170]);
    });
    out.record(10, 2, |b| {
        map(b);
        b.u32s(&[8, 1]).u64s(&[99, 1]).u32s(&[5, 2]).text("/bin/true");
        trailer(b, 10);
    });
    out.record(10, 2 | 1 << 14, |b| {
        map(b);
        b.bytes(&[20, 0, 0, 0]).bytes(b"twenty bytes of hash").u32s(&[5, 2]).text("/bin/false");
        trailer(b, 10);
    });
    rest_of_kernel_records(out);
}

fn rest_of_kernel_records(out: &mut Writer) {
    let mut plain = |kind: u32, time: u64, body: &dyn Fn(&mut Writer)| {
        out.record(kind, 0, |b| {
            body(b);
            trailer(b, time);
        });
    };
    plain(11, 11, &|b| {
        b.u64s(&[4096, 512, 1]);
    });
    plain(12, 12, &|b| {
        b.u32s(&[7, 8]);
    });
    plain(14, 14, &|_| ());
    plain(15, 15, &|b| {
        b.u32s(&[70, 80]);
    });
    plain(16, 16, &|b| {
        b.u32s(&[7, 8]).u64s(&[2, 4, 401, 4, 402]);
    });
    plain(17, 17, &|b| {
        b.u64s(&[0xffff]).u32s(&[64]).u16s(&[1, 2]).text("bpf_prog");
    });
    plain(18, 18, &|b| {
        b.u16s(&[1, 0]).u32s(&[33]).bytes(b"tag-tag-");
    });
    plain(19, 19, &|b| {
        b.u64s(&[5]).text("/system");
    });
    plain(20, 20, &|b| {
        b.u64s(&[0xff00]).u16s(&[2, 3]).bytes(b"oonnn").bytes(&[0; 7]);
    });
    plain(21, 21, &|b| {
        b.u64s(&[2]);
    });
    plain(22, 22, &|b| {
        b.u64s(&[6, 2, 0x10, 0x20]);
    });
    plain(13, 0, &|b| {
        b.u64s(&[9]);
    });
    plain(60, 60, &|b| {
        b.bytes(b"not known").bytes(&[0; 7]);
    });
}

fn tool_records(out: &mut Writer) {
    out.record(67, 1 << 15 | 1, |b| {
        b.u32s(&[u32::MAX]).bytes(b"twenty bytes of hash").bytes(&[20, 0, 0, 0]).text("[kernel]");
    });
    out.record(69, 0, |b| {
        b.u64s(&[1, 10, 0, 6, 8]);
    });
    out.record(73, 0, |b| {
        b.u64s(&[1, 8]).bytes(b"worker\0\0\0\0\0\0\0\0\0\0");
    });
    out.record(79, 0, |b| {
        b.u64s(&[1, 2, 3]);
    });
    out.record(71, 0, |b| {
        b.u64s(&[24, 0, 5]).u32s(&[1, 2, 3, 0]);
    });
    out.bytes(b"24 bytes behind a record");
    out.record(200, 0, |b| {
        b.bytes(b"of a tool");
    });
    out.record(68, 0, |_| ());
}

fn records(is_big: bool) -> Vec<u8> {
    let mut out = Writer::new(is_big);
    tool_records(&mut out);
    kernel_records(&mut out);
    out.out
}

/// A file or what comes from a pipe.
type Container = fn(bool, &[Attr], &[u8], &[u8]) -> Vec<u8>;

fn made(is_big: bool, of: Container) -> Bytes {
    let tracing = tracing(is_big, "my", &[FORMAT]);
    of(is_big, &EVENTS, &records(is_big), &tracing).into()
}

/// Reads all of it; what is said of each record, and the counters.
fn told(bytes: &Bytes, with_index: bool) -> (Vec<String>, Stats) {
    let config = Config::default();
    let mut format = Perf::new(&config);
    if let Some(at) = Perf::index_at(bytes).filter(|_| with_index) {
        format = format.with_index(at, bytes.slice(usize::try_from(at).unwrap()..));
    }
    let mut parser = Parser::new(format, &config);
    parser.push(bytes.clone()).unwrap();
    parser.finish();
    let mut lines = Vec::new();
    while let Some(batch) = parser.next_batch().unwrap() {
        assert_eq!(batch.faults(), []);
        lines.extend(batch.iter().map(line));
    }
    (lines, parser.stats())
}

fn line(view: EventView<'_>) -> String {
    let record = Record::of(view).unwrap();
    let class = view.class();
    let mut line = class.map_or_else(|| record.kind().to_string(), |c| c.display_name().to_owned());
    let thread = view.thread().unwrap_or_default();
    let (pid, tid) = (thread.process_id.unwrap_or(0), thread.id.unwrap_or(0));
    write!(line, " {} {pid}/{tid} cpu {:?}:", view.ticks(), view.processor()).unwrap();
    for (name, value) in Row::new(view.fields()).0 {
        let mut text = String::new();
        tracemill_test_support::forms::write(value, &mut text);
        write!(line, " {name}={text}").unwrap();
    }
    line
}

/// What was made, in every form.
pub fn seeds() -> Vec<(String, Bytes)> {
    let mut seeds = Vec::new();
    for is_big in [false, true] {
        let name = |form: &str| format!("made {form}, big-endian: {is_big}");
        seeds.push((name("file"), made(is_big, file)));
        seeds.push((name("pipe"), made(is_big, pipe)));
        seeds.push((name("compressed"), compressed(81, is_big, 90)));
        seeds.push((name("compressed anew"), compressed(83, is_big, 300)));
    }
    seeds
}

#[test]
fn every_type_of_record_says_what_was_written() {
    let (lines, stats) = told(&made(false, file), true);
    let expected = include_str!("made.txt");
    let found = lines.join("\n") + "\n";
    if found != expected {
        let path = std::env::temp_dir().join("made.txt");
        std::fs::write(&path, &found).unwrap();
        panic!("what is said differs; it is in {}", path.display());
    }
    // LOST tells of 5 on CPU 3; LOST_SAMPLES of 9 and a sample of 2 more on CPU 6, by the index of ids.
    assert_eq!((stats.lost, stats.undescribed, stats.faults), (16, 2, 0));
}

#[test]
fn from_a_pipe_it_is_the_same() {
    let (file, _) = told(&made(false, file), true);
    let (pipe, _) = told(&made(false, pipe), true);
    let is_head = |line: &&String| {
        ["ATTR", "EVENT_UPDATE", "FEATURE", "TRACING_DATA"]
            .iter()
            .any(|kind| line.starts_with(kind))
    };
    let heads = pipe.iter().filter(is_head).count();
    assert_eq!((heads, &pipe[heads..]), (9, &file[..]));
}

#[test]
fn either_byte_order_says_the_same() {
    for of in [file as Container, pipe] {
        let (little, _) = told(&made(false, of), true);
        let (big, stats) = told(&made(true, of), true);
        assert_eq!((big, stats.lost), (little, 16));
    }
}

#[test]
fn every_part_of_a_sample_is_what_was_written() {
    for is_big in [false, true] {
        let bytes = made(is_big, file);
        let config = Config::default();
        let mut parser = Parser::new(Perf::new(&config), &config);
        parser.push(bytes).unwrap();
        parser.finish();
        let mut count = 0;
        while let Some(batch) = parser.next_batch().unwrap() {
            for sample in batch.iter().filter_map(Sample::of) {
                match sample.attribute().index() {
                    0 => check_full(&sample),
                    1 => assert_eq!(sample.raw().map(<[u8]>::len), Some(52)),
                    _ => {
                        assert_eq!(sample.weight_parts(), Some((70_000, 5, 6)));
                        let counter = sample.read().unwrap().counters().next().unwrap();
                        assert_eq!(
                            (counter.value, counter.id, counter.lost),
                            (17, Some(30), Some(3))
                        );
                    }
                }
                assert_eq!(sample.record().is_big_endian(), is_big);
                count += 1;
            }
        }
        assert_eq!(count, 3);
        let state = parser.format().state();
        assert_eq!(state.clock.origin_utc_ns, Some(3_000_000_000));
        assert!(state.trace.properties.contains(&("HostName".into(), "far-away".into())));
        let first = &parser.format().attributes()[0];
        assert!(first.is_frequency() && first.has_sample_ids() && !first.uses_clock_id());
    }
}

fn check_full(sample: &Sample<'_>) {
    assert!(sample.is_whole() && sample.rest().is_empty());
    assert_eq!(
        (sample.ip(), sample.addr(), sample.time()),
        (Some(0x1000), Some(0x2000), Some(100))
    );
    assert_eq!((sample.pid(), sample.tid(), sample.cpu()), (Some(7), Some(8), Some(3)));
    assert_eq!((sample.id(), sample.stream_id(), sample.period()), (Some(10), Some(77), Some(55)));
    let read = sample.read().unwrap();
    assert!(read.is_group());
    assert_eq!((read.time_enabled(), read.time_running()), (Some(1000), Some(900)));
    let counters: Vec<_> = read.counters().map(|c| (c.value, c.id, c.lost)).collect();
    assert_eq!(counters, [(5, Some(10), Some(1)), (6, Some(11), Some(2))]);
    let frames: Vec<String> =
        sample.callchain().unwrap().frames().map(|frame| format!("{frame:?}")).collect();
    let address = |address| format!("{:?}", Frame::Address(address));
    assert_eq!(frames, ["Context(Kernel)", &address(0x1000), "Context(User)", &address(0x3000)]);
    assert_eq!(sample.raw(), Some(&b"raw-raw-raw-"[..]));
    let branches = sample.branches().unwrap();
    let flags = 0b101 | 0x1234 << 4 | 5 << 20;
    let found: Vec<_> = branches.entries().collect();
    let expected = [Branch { from: 0xa, to: 0xb, flags }, Branch { from: 0xc, to: 0xd, flags: 0 }];
    assert_eq!((found, branches.hw_idx), (expected.to_vec(), Some(9)));
    assert_eq!(branches.counters().collect::<Vec<_>>(), [31, 32]);
    let user = sample.user_registers().unwrap();
    assert_eq!((user.abi, user.iter().collect::<Vec<_>>()), (2, vec![(1, 0x11), (3, 0x33)]));
    let interrupt = sample.interrupt_registers().unwrap();
    assert_eq!(interrupt.iter().collect::<Vec<_>>(), [(0, 0x99)]);
    assert_eq!(sample.user_stack(), Some(&b"stack-stack"[..]));
    assert_eq!((sample.weight(), sample.data_src()), (Some(123), Some(0x5a5a)));
    assert_eq!((sample.transaction(), sample.phys_addr()), (Some(0x77), Some(0xabc)));
    assert_eq!((sample.cgroup(), sample.data_page_size()), (Some(66), Some(4096)));
    assert_eq!((sample.code_page_size(), sample.aux()), (Some(8192), Some(&b"aux-aux-"[..])));
    assert_eq!(sample.weight_parts(), None);
}

/// The same records, compressed in one stream that is cut into records of `kind` anywhere.
fn compressed(kind: u32, is_big: bool, piece: usize) -> Bytes {
    let mut plain = Writer::new(is_big);
    kernel_records(&mut plain);
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
    let mut out = Writer::new(is_big);
    tool_records(&mut out);
    for chunk in plain.out.chunks(piece) {
        encoder.write_all(chunk).unwrap();
        encoder.flush().unwrap();
        let content = std::mem::take(encoder.get_mut());
        out.record(kind, 0, |body| {
            if kind == 83 {
                body.u64s(&[content.len() as u64]).bytes(&content);
                let missing = body.out.len().next_multiple_of(8) - body.out.len();
                body.bytes(&[0; 8][..missing]);
            } else {
                body.bytes(&content);
            }
        });
    }
    let tracing = tracing(is_big, "my", &[FORMAT]);
    file(is_big, &EVENTS, &out.out, &tracing).into()
}

#[test]
fn compressed_records_are_the_records() {
    let (expected, _) = told(&made(false, file), true);
    for kind in [81, 83] {
        for is_big in [false, true] {
            for piece in [1, 7, 100, 1000, 60_000] {
                let (found, stats) = told(&compressed(kind, is_big, piece), true);
                assert_eq!(found, expected, "{kind}, {is_big}, pieces of {piece}");
                assert_eq!(stats.lost, 16);
            }
        }
    }
}

#[test]
fn laws_hold_on_what_was_made() {
    let mut rng = Rng::new(5);
    for (name, bytes) in seeds() {
        for order in [Order::File, Order::Time] {
            let mut config = Config::default();
            config.order = order;
            let expected = check_cut_of(perf, &bytes, &config, &mut rng, &name);
            assert_eq!((expected.error(), expected.fault_count()), (None, 0), "{name}");
            check_order_of(perf, &bytes, &config, &expected, &mut rng, &name);
        }
    }
}

const SELF_DESCRIBED: &str = "name: My_L4K1\nID: 77\nformat:\n\
    \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n\
    \tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n\
    \tfield:u8 eventheader_flags;\toffset:8;\tsize:1;\tsigned:0;\n\
    \tfield:u8 version;\toffset:9;\tsize:1;\tsigned:0;\n\
    \tfield:u16 id;\toffset:10;\tsize:2;\tsigned:0;\n\
    \tfield:u16 tag;\toffset:12;\tsize:2;\tsigned:0;\n\
    \tfield:u8 opcode;\toffset:14;\tsize:1;\tsigned:0;\n\
    \tfield:u8 level;\toffset:15;\tsize:1;\tsigned:0;\n";

#[test]
fn events_of_programs_describe_themselves() {
    const OF_PROGRAMS: Attr = Attr { config: 77, name: "user_events:My_L4K1", ..EVENTS[1] };
    for is_big in [false, true] {
        let mut raw = Writer::new(is_big);
        let metadata = b"Done;\0count\0\x04who\0\x07";
        raw.u16s(&[77, 0]).u32s(&[7]);
        raw.bytes(&[if is_big { 4 } else { 6 }, 1]).u16s(&[9, 8]).bytes(&[2, 4]);
        raw.u16s(&[metadata.len() as u16, 1]).bytes(metadata).u32s(&[70_000]).bytes(b"me\0");
        let mut records = Writer::new(is_big);
        records.record(9, 2, |b| {
            b.u64s(&[20, 1]).u32s(&[7, 8]).u64s(&[100]).u32s(&[1, 0]).u64s(&[1, 0]);
            b.u32s(&[raw.out.len() as u32]).bytes(&raw.out);
        });
        let tracing = tracing(is_big, "user_events", &[SELF_DESCRIBED]);
        let bytes = Bytes::from(file(is_big, &[OF_PROGRAMS], &records.out, &tracing));
        let config = Config::default();
        let at = Perf::index_at(&bytes).unwrap();
        let index = bytes.slice(usize::try_from(at).unwrap()..);
        let mut parser = Parser::new(Perf::new(&config).with_index(at, index), &config);
        parser.push(bytes).unwrap();
        parser.finish();
        let batch = parser.next_batch().unwrap().unwrap();
        let event = batch.iter().find_map(EventHeader::of).expect("one that describes itself");
        assert_eq!((event.name(), event.id(), event.tag()), (&b"Done"[..], 9, 8));
        assert_eq!((event.level(), event.opcode(), event.is_big_endian()), (4, 2, is_big));
        let values: Vec<String> = event
            .items()
            .map(|item| match item.what {
                What::Value(value) => tracemill_test_support::row::text(value),
                other => format!("{other:?}"),
            })
            .collect();
        assert_eq!(values, ["70000", "me"]);
    }
}
