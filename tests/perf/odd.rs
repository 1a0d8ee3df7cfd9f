//! Recordings of unusual make: sections of all kinds, attributes that come late, large compressed
//! records, data of the AUX area, and a file that is read through a pipe.

use std::collections::BTreeMap;
use std::io::Write as _;

use bytes::Bytes;
use tracemill::perf::{Perf, Processes, Record, Sample};
use tracemill::{Config, EventView, Format, Parser, Stats};
use tracemill_test_support::corpus;
use tracemill_test_support::laws::{check_cut_of, perf};
use tracemill_testkit::Rng;

use crate::writer::{CPU_CLOCK, Writer, file, file_with, pipe, tracing};

fn sample(out: &mut Writer, time: u64) {
    out.record(9, 2, |b| {
        b.u64s(&[5, 0x1234]).u32s(&[7, 8]).u64s(&[time]);
    });
}

/// Reads all of it, with its index beforehand if it has one.
fn read(bytes: &[u8], mut visit: impl FnMut(EventView<'_>)) -> (Parser<Perf>, Stats) {
    let (config, bytes) = (Config::default(), Bytes::copy_from_slice(bytes));
    let mut format = Perf::new(&config);
    if let Some(at) = Perf::index_at(&bytes) {
        format = format.with_index(at, bytes.slice(usize::try_from(at).unwrap()..));
    }
    let mut parser = Parser::new(format, &config);
    parser.push(bytes).unwrap();
    parser.finish();
    while let Some(batch) = parser.next_batch().unwrap() {
        assert_eq!(batch.faults(), []);
        batch.iter().for_each(&mut visit);
    }
    let stats = parser.stats();
    (parser, stats)
}

/// A section by its bit, and what is told of it.
type Section = (u64, Vec<u8>, &'static [(&'static str, &'static str)]);

fn sections(is_big: bool) -> Vec<Section> {
    let of = |write: &dyn Fn(&mut Writer)| {
        let mut out = Writer::new(is_big);
        write(&mut out);
        out.out
    };
    let build_ids = of(&|out| {
        out.record(67, 1, |b| {
            b.u32s(&[u32::MAX]).bytes(b"0123456789abcdef\0\0\0\0").u32s(&[0]).text("/16");
        });
        out.record(67, 1 << 15 | 2, |b| {
            b.u32s(&[7]).bytes(b"0123456789abcdefghij").bytes(&[20, 0, 0, 0]).text("/bin/true");
        });
    });
    let groups = of(&|out| {
        out.u32s(&[2]).string("{anon_group}").u32s(&[0, 2]).string("slots").u32s(&[3, 4]);
    });
    let caches = of(&|out| {
        out.u32s(&[1, 1, 2, 64, 2048, 8]).string("Unified").string("1024K").string("0-1");
    });
    let memory = of(&|out| {
        out.u64s(&[1, 1 << 27, 2, 0, 70, 70, u64::MAX, 0x15, 1, 3, 3, 0b110]);
    });
    let auxtrace = of(&|out| {
        out.u64s(&[2, 1000, 24, 2000, 48]);
    });
    let pmu_caps = of(&|out| {
        out.u32s(&[2, 2]).string("branches").string("32").string("max_precise").string("3");
        out.string("cpu_core").u32s(&[0]).string("cpu_atom");
    });
    let hybrid = of(&|out| {
        out.u32s(&[2]).string("cpu_core").string("0-15").string("cpu_atom").string("16-23");
    });
    let count = of(&|out| {
        out.u32s(&[3]);
    });
    vec![
        (
            2,
            build_ids,
            &[
                ("BuildId /16", "30313233343536373839616263646566"),
                ("BuildId /bin/true", "303132333435363738396162636465666768696a"),
            ],
        ),
        (17, groups, &[("EventGroups", "{anon_group}:0+2 slots:3+4")]),
        (18, auxtrace, &[("AuxtraceIndex", "2 pieces, 72 bytes")]),
        (20, caches, &[("Caches", "L2:Unified:1024K:2048x8x64:0-1")]),
        (22, memory, &[("MemoryBlockBytes", "134217728"), ("MemoryBlocksOfNodes", "0:67 1:2")]),
        (25, count, &[("BpfPrograms", "3")]),
        (30, hybrid, &[("HybridPmus", "cpu_core:0-15 cpu_atom:16-23")]),
        (31, pmu_caps, &[("PmuCaps", "cpu_core(branches=32 max_precise=3) cpu_atom()")]),
        (15, Vec::new(), &[]),
    ]
}

fn properties(parser: &Parser<Perf>) -> BTreeMap<String, String> {
    parser.format().state().trace.properties.iter().cloned().collect()
}

#[test]
fn sections_of_all_kinds_are_told_and_damage_in_them_is_a_fault() {
    for is_big in [false, true] {
        let sections = sections(is_big);
        let mut one = Writer::new(is_big);
        sample(&mut one, 1);
        let more: Vec<(u64, &[u8])> =
            sections.iter().map(|(bit, content, _)| (*bit, &**content)).collect();
        let (parser, _) = read(&file_with(is_big, &[CPU_CLOCK], &one.out, &more, false), |_| ());
        let found = properties(&parser);
        for (bit, _, expected) in &sections {
            for (key, value) in *expected {
                assert_eq!(found.get(*key).map(String::as_str), Some(*value), "{bit}: {key}");
            }
        }
        let features = "BUILD_ID HOSTNAME EVENT_DESC BRANCH_STACK GROUP_DESC AUXTRACE CACHE \
                        MEM_TOPOLOGY BPF_PROG_INFO CLOCK_DATA HYBRID_TOPOLOGY PMU_CAPS";
        assert_eq!(found["Features"], features);
        // From a pipe they are the same.
        let mut records = Writer::new(is_big);
        for (bit, content, _) in &sections {
            records.record(80, 0, |b| {
                b.u64s(&[*bit]).bytes(content);
            });
        }
        let (parser, _) =
            read(&pipe(is_big, &[CPU_CLOCK], &records.out, &tracing(is_big, "none", &[])), |_| ());
        for (key, value) in sections.iter().flat_map(|(_, _, expected)| expected.iter()) {
            assert_eq!(properties(&parser)[*key], *value, "{key}");
        }
        // Each cut short is damage, unless what is left is whole.
        for (bit, content, _) in &sections {
            for len in 1..content.len() {
                let bytes =
                    file_with(is_big, &[CPU_CLOCK], &one.out, &[(*bit, &content[..len])], false);
                let config = Config::default();
                let mut parser = Parser::new(Perf::new(&config), &config);
                parser.push(Bytes::from(bytes)).unwrap();
                parser.finish();
                while parser.next_batch().unwrap().is_some() {}
                let is_whole = *bit == 2 && len == 40;
                assert_eq!(parser.stats().faults, u64::from(!is_whole), "{bit}, {len}");
            }
        }
    }
}

#[test]
fn mappings_have_the_build_ids_that_are_listed() {
    let list = |out: &mut Writer| {
        out.record(67, 1 << 15 | 2, |b| {
            b.u32s(&[7]).bytes(b"0123456789abcdefghij").bytes(&[20, 0, 0, 0]).text("/bin/true");
        });
    };
    let map = |out: &mut Writer| {
        for (pid, start, offset, name) in [
            (7, 0x1000, 0x500, "/bin/true"),
            (u32::MAX, 0xffff_ffff_8100_0000, 0xffff_ffff_8100_0000, "[kernel.kallsyms]_text"),
        ] {
            out.record(1, 2, |b| {
                b.u32s(&[pid, 7]).u64s(&[start, 0x1000, offset]).text(name);
                b.u32s(&[7, 7]).u64s(&[1, 5]);
            });
        }
        sample(out, 2);
        out.record(17, 0, |b| {
            b.u64s(&[0xffff_ffff_c000_0000]).u32s(&[64]).u16s(&[1, 0]).text("bpf_prog_a");
            b.u32s(&[7, 7]).u64s(&[3, 5]);
        });
        sample(out, 4);
        out.record(17, 0, |b| {
            b.u64s(&[0xffff_ffff_c000_0000]).u32s(&[64]).u16s(&[1, 1]).text("bpf_prog_a");
            b.u32s(&[7, 7]).u64s(&[5, 5]);
        });
        sample(out, 6);
    };
    let (mut listed, mut records) = (Writer::new(false), Writer::new(false));
    list(&mut listed);
    map(&mut records);
    let mut in_stream = listed.clone();
    in_stream.bytes(&records.out);
    let with_section = file_with(false, &[CPU_CLOCK], &records.out, &[(2, &listed.out)], false);
    for bytes in
        [with_section, pipe(false, &[CPU_CLOCK], &in_stream.out, &tracing(false, "none", &[]))]
    {
        let mut processes = Processes::new(100);
        let mut programs = Vec::new();
        read(&bytes, |view| {
            processes.take(view);
            let Some(sample) = Sample::of(view) else {
                return;
            };
            let (mapping, offset) = processes.resolve(7, sample.ip().unwrap(), None).unwrap();
            assert_eq!((&*mapping.name(), offset), ("/bin/true", 0x734));
            assert_eq!(mapping.build_id(), Some(&b"0123456789abcdefghij"[..]));
            let (address, place) = processes.ip(view).unwrap();
            assert_eq!((address, place.unwrap().1), (0x1234, 0x734));
            let kernel = processes.resolve(7, 0xffff_ffff_8100_0010, None).unwrap();
            assert_eq!((&*kernel.0.name(), kernel.1), ("[kernel.kallsyms]", 0x10));
            let program = processes.resolve(7, 0xffff_ffff_c000_0020, None);
            programs.push(program.map(|(mapping, at)| (mapping.name().into_owned(), at)));
        });
        assert_eq!(programs, [None, Some(("bpf_prog_a".to_owned(), 0x20)), None]);
    }
}

#[test]
fn attributes_may_come_late() {
    let mut records = Writer::new(false);
    (1..=3).for_each(|time| sample(&mut records, time));
    let mut times = Vec::new();
    let mut take = |view: EventView<'_>| times.push(Sample::of(view).and_then(|s| s.time()));
    let behind = file_with(false, &[CPU_CLOCK], &records.out, &[], true);
    let (_, stats) = read(&behind, &mut take);
    assert_eq!((stats.events, stats.undescribed), (3, 0));
    // From a pipe, those before are raw.
    let mut stream = Writer::new(false);
    stream.bytes(b"PERFILE2").u64s(&[16]);
    sample(&mut stream, 4);
    stream.record(64, 0, |body| {
        body.attribute(&CPU_CLOCK).u64s(CPU_CLOCK.ids);
    });
    sample(&mut stream, 5);
    let (_, stats) = read(&stream.out, |view| {
        if Record::of(view).is_some_and(|record| record.kind() == 9) {
            take(view);
        }
    });
    assert_eq!(stats.undescribed, 1);
    assert_eq!(times, [Some(1), Some(2), Some(3), None, Some(5)]);
    check_cut_of(perf, &stream.out.into(), &Config::default(), &mut Rng::new(3), "late");
}

/// Records that are hard to compress, in one `COMPRESSED2` as perf writes more than 65,519 bytes: cut
/// into several of which the first alone has a size, that of all.
#[test]
fn a_compressed_record_may_be_longer_than_its_size() {
    let (mut plain, mut noise) = (Writer::new(false), 1u64);
    for time in 1..=9_000 {
        plain.record(9, 2, |b| {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_041);
            b.u64s(&[5, noise]).u32s(&[7, 8]).u64s(&[time]);
        });
        plain.record(200, 0, |b| {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_041);
            b.u64s(&[noise, noise.rotate_left(13).wrapping_mul(noise)]);
        });
    }
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    encoder.write_all(&plain.out).unwrap();
    encoder.flush().unwrap();
    let content = encoder.get_ref().clone();
    assert!(content.len() > 140_000, "{}", content.len());
    for len in [65_519, 65_520, 65_530, 70_000, content.len()] {
        let mut out = Writer::new(false);
        let (first, rest) = content.split_at(len);
        let pieces: Vec<&[u8]> = first.chunks(65_519).collect();
        let all = len + 16 * (pieces.len() - 1);
        for (at, piece) in pieces.iter().enumerate() {
            let size = if at == 0 { (all + 16).next_multiple_of(8) } else { piece.len() + 16 };
            out.u32s(&[83]).u16s(&[0, (size & 0xffff) as u16]);
            out.u64s(&[if at == 0 { all as u64 } else { u64::MAX / 3 }]).bytes(piece);
        }
        for piece in rest.chunks(60_000) {
            out.record(83, 0, |body| {
                body.u64s(&[piece.len() as u64]).bytes(piece);
                let missing = body.out.len().next_multiple_of(8) - body.out.len();
                body.bytes(&[0; 8][..missing]);
            });
        }
        let bytes = file(false, &[CPU_CLOCK], &out.out, &tracing(false, "none", &[]));
        let mut times = 0;
        let (_, stats) = read(&bytes, |view| {
            if let Some(sample) = Sample::of(view) {
                times += 1;
                assert_eq!(sample.time(), Some(times));
            }
        });
        assert_eq!((times, stats.faults), (9_000, 0), "{len}");
        check_cut_of(perf, &bytes.into(), &Config::default(), &mut Rng::new(5), "compressed");
    }
}

#[test]
fn a_window_beyond_the_limit_is_a_fault() {
    let Some(corpus) = corpus::shared("a_window_beyond_the_limit_is_a_fault") else {
        return;
    };
    let bytes = Bytes::from(std::fs::read(corpus.join("perf/s13-z22.data")).unwrap());
    for (max_window, is_enough) in [(130 << 20, true), (64 << 20, false)] {
        let mut config = Config::default();
        config.max_window = max_window;
        let mut parser = Parser::new(Perf::new(&config), &config);
        parser.push(bytes.clone()).unwrap();
        parser.finish();
        let mut told = Vec::new();
        while let Some(batch) = parser.next_batch().unwrap() {
            told.extend(batch.faults().iter().map(ToString::to_string));
        }
        assert_eq!(told.is_empty(), is_enough, "{told:?}");
        assert!(told.iter().all(|fault| fault.contains("max_window")), "{told:?}");
    }
}

#[test]
fn data_of_the_aux_area_is_passed_over() {
    for len in [0u64, 24, 3 << 20] {
        let mut records = Writer::new(false);
        sample(&mut records, 1);
        records.record(71, 0, |b| {
            b.u64s(&[len, 0, 5]).u32s(&[1, 2, 3, 0]);
        });
        // What looks like records in it is none.
        let mut data = Writer::new(false);
        while (data.out.len() as u64) < len {
            sample(&mut data, 9);
        }
        records.bytes(&data.out[..usize::try_from(len).unwrap()]);
        sample(&mut records, 2);
        for bytes in [
            file(false, &[CPU_CLOCK], &records.out, &tracing(false, "none", &[])),
            pipe(false, &[CPU_CLOCK], &records.out, &tracing(false, "none", &[])),
        ] {
            let mut times = Vec::new();
            read(&bytes, |view| times.extend(Sample::of(view).and_then(|sample| sample.time())));
            assert_eq!(times, [1, 2], "{len}");
            check_cut_of(perf, &bytes.into(), &Config::default(), &mut Rng::new(7), "aux");
        }
    }
}
