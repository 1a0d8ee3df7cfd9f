//! What bad input gets: a clear line, the right exit code, and all that was whole.

use super::run::{TempFile, bytes, feed, fixture, lines, tracemill};

#[test]
fn what_cannot_be_read_is_one_line() {
    let folder = std::env::temp_dir();
    let folder = folder.to_str().unwrap();
    for verb in ["info", "stats", "events"] {
        let ran = tracemill(&[verb, "/no/such/file"]);
        assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{verb}");
        assert_eq!(ran.err, "tracemill: /no/such/file: no such file\n");
        let ran = tracemill(&[verb, folder]);
        assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{verb}");
        assert_eq!(ran.err, format!("tracemill: {folder}: is a directory, not a file\n"));
    }
    let ran = tracemill(&["info", "--json", "/no/such/file"]);
    let error = &lines(&ran.err)[0];
    assert_eq!(
        (error["kind"].as_str(), error["message"].as_str()),
        (Some("io"), Some("no such file"))
    );
}

#[cfg(unix)]
#[test]
fn without_permission_is_one_line() {
    use std::os::unix::fs::PermissionsExt;
    let file = TempFile::new("forbidden", &bytes("http.nettrace"));
    std::fs::set_permissions(&file.0, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::File::open(&file.0).is_ok() {
        eprintln!("SKIPPED without_permission_is_one_line: this user may read everything");
        return;
    }
    let ran = tracemill(&["info", file.path()]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.err, format!("tracemill: {}: permission denied\n", file.path()));
}

#[test]
fn an_unknown_format_shows_its_bytes_and_what_is_known() {
    for verb in ["info", "stats", "events"] {
        let ran = feed(&[verb, "-"], b"/* CTF 1.8 */ and more");
        assert_eq!((ran.code, ran.out.as_str()), (3, ""), "{verb}");
        let expected = "tracemill: standard input: unknown format, looks like CTF metadata; it \
                        begins with 2f 2a 20 43 54 46 20 31 |/* CTF 1|; supported: netperf V1, V2, \
                        V3, nettrace V4, V5, V6, perf.data\n";
        assert_eq!(ran.err, expected);
    }
    let ran = tracemill(&["info", &fixture("busy-netperf3.nettrace.xz")]);
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("compressed with xz: unpack it first"), "{}", ran.err);
    // A trace of a version to come.
    let mut future = bytes("v6-all-types.nettrace");
    future[12] = 7;
    let ran = feed(&["info", "-"], &future);
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("version") && ran.err.contains("not supported: 7"), "{}", ran.err);
}

#[test]
fn an_empty_input_is_truncated() {
    for verb in ["info", "stats", "events"] {
        let ran = feed(&[verb, "-"], b"");
        assert_eq!((ran.code, ran.out.as_str()), (4, ""), "{verb}");
        assert!(ran.err.contains("truncated at 0x0"), "{}", ran.err);
    }
    let empty = TempFile::new("empty", b"");
    assert_eq!(tracemill(&["info", empty.path()]).code, 4);
}

#[test]
fn a_truncated_file_gives_all_that_was_whole() {
    let whole = bytes("http.nettrace");
    let cut = TempFile::new("cut", &whole[..20_000]);
    let ran = tracemill(&["events", "--order", "file", cut.path()]);
    assert_eq!(ran.code, 4);
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    let expected = "truncated at 0x2fa8: the stream ends inside of an EventBlock, 12644 bytes \
                    declared, 7800 present\n";
    assert!(ran.err.ends_with(expected), "{}", ran.err);
    let all = tracemill(&["events", "--order", "file", &fixture("http.nettrace")]).ok();
    let count = ran.out.lines().count();
    assert!(all.starts_with(&ran.out) && (100..327).contains(&count), "{count}");
    for args in [["info", "--json"], ["stats", "--json"]] {
        let ran = tracemill(&[args[0], args[1], cut.path()]);
        assert_eq!(ran.code, 4);
        let report = ran.json();
        assert_eq!(report["events"], count);
        assert_eq!(report["end"]["state"], "truncated");
        assert_eq!(report["end"]["offset"], 0x2fa8);
        assert_eq!(report["end"]["declared"], 12644);
        assert_eq!(report["end"]["present"], 7800);
        assert_eq!(lines(&ran.err)[0]["kind"], "truncated");
    }
}

#[test]
fn wherever_it_is_cut_nothing_breaks() {
    let whole = bytes("v6-all-features.nettrace");
    for len in (0..whole.len()).step_by(29) {
        let ran = feed(&["events", "-"], &whole[..len]);
        assert_eq!(ran.code, 4, "{len}: {}", ran.err);
        assert!(ran.err.contains("truncated at"), "{len}: {}", ran.err);
    }
}

#[test]
fn damage_is_a_fault_with_its_place_and_the_rest_goes_on() {
    let whole = bytes("http.nettrace");
    let clean = feed(&["info", "--json", "-"], &whole).json();
    // The header of the first EventBlock says that it is longer than the block.
    let at = 20 + whole.windows(10).position(|name| name == b"EventBlock").unwrap();
    let mut damaged = whole.clone();
    let start = (at - 10..at + 10).find(|at| whole[*at..].starts_with(&[20, 0])).unwrap();
    damaged[start..start + 2].copy_from_slice(&[0xff, 0xff]);
    let ran = feed(&["info", "--json", "-"], &damaged);
    assert_eq!(ran.code, 4, "{}", ran.err);
    let info = ran.json();
    assert_eq!((&info["fault_count"], &info["end"]["state"]), (&1.into(), &"complete".into()));
    let offset = info["faults"][0]["offset"].as_u64().unwrap();
    assert!(offset.abs_diff(start as u64) < 64, "{offset} {start}");
    assert!(info["events"].as_u64() < clean["events"].as_u64());
    assert!(info["events"].as_u64() > Some(0), "the other block is read");
    let fault = &lines(&ran.err)[0];
    assert_eq!((&fault["kind"], &fault["offset"]), (&"fault".into(), &offset.into()));
    let text = feed(&["events", "-"], &damaged);
    assert_eq!(text.code, 4);
    assert!(text.err.contains(&format!("(at byte {offset:#x})\n")), "{}", text.err);
}

#[test]
fn bytes_after_the_end_are_a_fault() {
    let mut more = bytes("http.nettrace");
    more.extend_from_slice(b"more");
    let ran = feed(&["stats", "--json", "-"], &more);
    assert_eq!(ran.code, 4);
    let fault = &ran.json()["faults"][0];
    assert_eq!((&fault["kind"], &fault["bytes"]), (&"trailing".into(), &4.into()));
}

#[test]
fn the_eleventh_fault_is_counted_and_not_told() {
    let mut random = bytes("activities.nettrace");
    for at in (2000..random.len()).step_by(997) {
        random[at] ^= 0x55;
    }
    let ran = feed(&["info", "--json", "-"], &random);
    assert_eq!(ran.code, 4);
    let faults = ran.json()["fault_count"].as_u64().unwrap();
    let told = lines(&ran.err);
    let kinds = |kind: &str| told.iter().filter(|line| line["kind"] == kind).count();
    assert!(faults > 10, "{faults}");
    assert_eq!((kinds("fault"), kinds("faults")), (10, 1));
    // Of one frame at most 64 are kept, and so can be listed.
    let listed = ran.json()["faults"].as_array().unwrap().len() as u64;
    assert!((11..=faults.min(1000)).contains(&listed), "{listed} of {faults}");
}

#[test]
fn each_file_is_done_whatever_happened_to_the_others() {
    let whole = bytes("http.nettrace");
    let (cut, lossy) =
        (TempFile::new("several", &whole[..20_000]), fixture("v6-all-features.nettrace"));
    let unknown = TempFile::new("unknown", b"what is this?");
    let files = [lossy.as_str(), cut.path(), unknown.path(), "/no/such/file"];
    for (count, code) in [(1, 5), (2, 4), (3, 3), (4, 1)] {
        let mut args = vec!["info", "--json", "--fail-on-loss"];
        // The worst comes first.
        args.extend(files[..count].iter().rev());
        let ran = tracemill(&args);
        assert_eq!(ran.code, code, "{}", ran.err);
        assert_eq!(lines(&ran.out).len(), count.min(2));
    }
}

#[test]
fn the_command_line_can_be_wrong() {
    for args in [
        &[][..],
        &["bogus"],
        &["info"],
        &["info", "--bogus", "x"],
        &["info", "-", "-"],
        &["stats", "-", "x", "-"],
        &["stats", "--by", "colour", "x"],
        &["events", "-F", "colour", "x"],
        &["events", "-n", "some", "x"],
        &["completions", "cmd"],
    ] {
        let ran = tracemill(args);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{args:?}");
        assert!(!ran.err.is_empty(), "{args:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_one_line() {
    for args in [["stats", "--json"], ["events", "-fcsv"], ["events", "-ftext"], ["info", "-q"]] {
        let mut command = super::run::command(&[args[0], args[1], &fixture("http.nettrace")]);
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = command.stdout(full).output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), err.lines().count()), (Some(1), 1), "{args:?}: {err}");
        assert!(err.contains("No space left"), "{err}");
    }
}
