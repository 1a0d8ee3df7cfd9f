//! Addresses become places in files: what is mapped, by process and time.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::Value;
use tracemill::perf::{Context, Processes, Record, Sample, ThreadNames};
use tracemill::{Config, Order};
use tracemill_test_support::corpus;

use crate::reading;
use crate::writer::{CPU_CLOCK, Writer, file};

#[test]
fn every_address_in_user_space_is_in_a_mapping() {
    let Some(corpus) = corpus::shared("every_address_in_user_space_is_in_a_mapping") else {
        return;
    };
    for (path, truth) in corpus::perf(&corpus) {
        let name = path.file_name().unwrap().to_str().unwrap();
        let mut config = Config::default();
        config.order = Order::Time;
        let mut processes = Processes::new(1_000_000);
        let (mut found, mut missing, mut kernel) = (0u64, 0u64, 0u64);
        let mut modules = BTreeSet::new();
        reading::read(&path, &config, |view| {
            processes.take(view);
            let Some(sample) =
                Sample::of(view).filter(|sample| !sample.attribute().is_tracepoint())
            else {
                return;
            };
            let is_user = sample.record().misc() & 7 == 2;
            let context = if is_user { Context::User } else { Context::Kernel };
            let place =
                processes.resolve(sample.pid().unwrap(), sample.ip().unwrap(), Some(context));
            let Some((mapping, offset)) = place else {
                missing += 1;
                return;
            };
            let inside = sample.ip().unwrap() - mapping.start;
            assert_eq!(offset, mapping.file_offset.wrapping_add(inside));
            *if is_user { &mut found } else { &mut kernel } += 1;
            if let Some(id) = mapping.build_id() {
                let hex = id.iter().fold(String::new(), |mut hex, byte| {
                    write!(hex, "{byte:02x}").unwrap();
                    hex
                });
                // The kernel's has the symbol behind it that it begins with.
                let name = mapping.name();
                modules.insert(format!("{hex} {}", name.trim_end_matches("_text")));
            }
        });
        // These two tell what was mapped before at their end.
        let is_told_last = name.starts_with("s07") || name.starts_with("s20");
        assert!(
            is_told_last || missing * 100 <= found + kernel,
            "{name}: {missing} of {found} + {kernel}"
        );
        if name == "s08-buildid-mmap2.data" {
            let truth: Value = serde_json::from_slice(&std::fs::read(&truth).unwrap()).unwrap();
            let expected = truth["buildid_list"].as_array().unwrap().iter();
            // It lists those that it could read itself.
            let expected: BTreeSet<String> =
                expected.map(|line| line.as_str().unwrap().to_owned()).collect();
            let missing: Vec<_> = expected.difference(&modules).collect();
            assert!(missing.is_empty() && expected.len() >= 6, "{name}: {missing:?}");
        }
    }
}

#[test]
fn mappings_are_cut_inherited_and_replaced() {
    let mut out = Writer::new(false);
    let end = |body: &mut Writer| {
        body.u32s(&[1, 1]).u64s(&[9, 5]);
    };
    let map = |out: &mut Writer, pid: u32, start: u64, len: u64, offset: u64, name: &str| {
        out.record(1, 2, |b| {
            b.u32s(&[pid, pid]).u64s(&[start, len, offset]).text(name);
            end(b);
        });
    };
    map(&mut out, 1, 0x1000, 0x3000, 0, "/old");
    map(&mut out, 1, 0x2000, 0x1000, 0x500, "/new");
    out.record(3, 0, |b| {
        b.u32s(&[1, 1]).text("parent");
        end(b);
    });
    out.record(7, 0, |b| {
        b.u32s(&[2, 1, 2, 1]).u64s(&[9]);
        end(b);
    });
    map(&mut out, 2, 0x1000, 0x1000, 0, "/own");
    out.record(3, 1 << 13, |b| {
        b.u32s(&[1, 1]).text("begun anew");
        end(b);
    });
    let bytes = file(false, &[CPU_CLOCK], &out.out, b"");
    let path = std::env::temp_dir().join(format!("tracemill-places-{}", std::process::id()));
    std::fs::write(&path, bytes).unwrap();
    let mut processes = Processes::new(100);
    let mut steps = Vec::new();
    let at = |processes: &Processes, pid, address| {
        let place = processes.resolve(pid, address, Some(Context::User));
        place.map_or_else(String::new, |(mapping, offset)| format!("{}+{offset:x}", mapping.name()))
    };
    let mut few = Processes::new(2);
    reading::read(&path, &Config::default(), |view| {
        processes.take(view);
        few.take(view);
        assert!(Record::of(view).is_some());
        let pids = [1, 2].map(|pid| {
            [0x1800, 0x2800, 0x3800, 0x4000].map(|address| at(&processes, pid, address)).join(" ")
        });
        steps.push(pids.join(" | "));
    });
    std::fs::remove_file(&path).unwrap();
    let cut = "/old+800 /new+d00 /old+2800 ";
    assert_eq!(
        steps,
        [
            "/old+800 /old+1800 /old+2800  |    ".to_owned(),
            format!("{cut} |    "),
            format!("{cut} |    "),
            format!("{cut} | {cut}"),
            format!("{cut} | /own+800 /new+d00 /old+2800 "),
            "    | /own+800 /new+d00 /old+2800 ".to_owned(),
        ]
    );
    assert_eq!(processes.name(2, 2), Some(&b"parent"[..]));
    assert_eq!(processes.name(1, 1), Some(&b"begun anew"[..]));
    assert!(few.forgotten() > 0 && few.len() <= 2);
}

#[test]
fn names_of_threads_are_given_inherited_and_bounded() {
    let mut out = Writer::new(false);
    let end = |body: &mut Writer| {
        body.u32s(&[1, 1]).u64s(&[9, 5]);
    };
    let comm = |out: &mut Writer, pid: u32, tid: u32, name: &str| {
        out.record(3, 0, |b| {
            b.u32s(&[pid, tid]).text(name);
            end(b);
        });
    };
    let fork = |out: &mut Writer, child: [u32; 2], parent: [u32; 2]| {
        out.record(7, 0, |b| {
            b.u32s(&[child[0], parent[0], child[1], parent[1]]).u64s(&[9]);
            end(b);
        });
    };
    comm(&mut out, 1, 1, "main");
    fork(&mut out, [1, 2], [1, 1]);
    comm(&mut out, 1, 2, "worker");
    fork(&mut out, [3, 3], [1, 2]);
    // The id of another thread, whose maker nobody knows.
    fork(&mut out, [1, 2], [7, 7]);
    comm(&mut out, 4, 4, &"x".repeat(1000));
    let bytes = file(false, &[CPU_CLOCK], &out.out, b"");
    let path = std::env::temp_dir().join(format!("tracemill-names-{}", std::process::id()));
    std::fs::write(&path, bytes).unwrap();
    let (mut names, mut few) = (ThreadNames::new(100), ThreadNames::new(2));
    let mut steps = Vec::new();
    let all = |names: &ThreadNames| {
        let keys = [(1, 1), (1, 2), (3, 3), (4, 4)].map(|(pid, tid)| pid << 32 | tid);
        let name = |key| String::from_utf8_lossy(names.get(key).unwrap_or(b"-")).into_owned();
        keys.map(name).join(" ")
    };
    reading::read(&path, &Config::default(), |view| {
        names.take(view);
        few.take(view);
        steps.push(all(&names));
    });
    std::fs::remove_file(&path).unwrap();
    let long = format!("main - worker {}", "x".repeat(64));
    let expected = [
        "main - - -",
        "main main - -",
        "main worker - -",
        "main worker worker -",
        "main - worker -",
        &long,
    ];
    assert_eq!(steps, expected);
    assert_eq!(all(&few), format!("- - worker {}", "x".repeat(64)));
    assert_eq!([names.get(0), names.get(u64::MAX)], [Some(&b"swapper"[..]), None]);
}
