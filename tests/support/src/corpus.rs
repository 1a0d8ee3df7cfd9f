//! Where real traces are.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// A capture with what an independent reader found in it.
pub struct Capture {
    /// Path below the corpus folder, for messages.
    pub name: String,
    /// The trace, unpacked.
    pub bytes: Vec<u8>,
    /// The truth, if there is one.
    pub truth: Option<serde_json::Value>,
}

/// The shared corpus folder: `TRACEMILL_CORPUS`, else `../shared/corpus` beside the project. `None`,
/// with a line on stderr that says what is skipped, if there is none; with
/// `TRACEMILL_REQUIRE_CORPUS` set that is an error instead.
///
/// # Panics
/// If that is set and there is no corpus.
pub fn shared(test: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let folder = std::env::var_os("TRACEMILL_CORPUS")
        .map_or_else(|| root.join("shared/corpus"), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(
        std::env::var_os("TRACEMILL_REQUIRE_CORPUS").is_none(),
        "{test}: no corpus at {}",
        folder.display()
    );
    let skipped =
        format!("SKIPPED {test}: no corpus at {} (set TRACEMILL_CORPUS)\n", folder.display());
    // Straight to standard error: what `eprintln!` says in a test that passes is not shown.
    let _ = std::io::stderr().write_all(skipped.as_bytes());
    None
}

/// The project's own fixtures, which ship with it.
pub fn fixtures() -> Vec<Capture> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    let mut captures: Vec<Capture> = files(&folder).iter().map(|path| read(path, None)).collect();
    for capture in &mut captures {
        let truth = folder.join("truth").join(stem(&capture.name)).with_extension("json");
        capture.truth = json(&truth);
    }
    captures
}

/// Paths of all EventPipe captures of the corpus, with those of their truths.
pub fn eventpipe(corpus: &Path) -> Vec<(PathBuf, PathBuf)> {
    let mut found = Vec::new();
    for (folder, truths) in [
        ("nettrace/perfview", "nettrace/truth"),
        ("nettrace/dotnet31", "nettrace/truth"),
        ("nettrace/dotnet10", "nettrace/truth/dotnet10"),
        ("nettrace/v6", "nettrace/truth"),
        ("netperf", "netperf/truth"),
    ] {
        for path in files(&corpus.join(folder)) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let truth = corpus.join(truths).join(format!("{}.json", stem(&name)));
            found.push((path, truth));
        }
    }
    found
}

/// Paths of all perf recordings of the corpus, with those of their truths; one is a folder.
pub fn perf(corpus: &Path) -> Vec<(PathBuf, PathBuf)> {
    let entries = fs::read_dir(corpus.join("perf")).expect("the corpus has recordings of perf");
    let paths = entries.map(|entry| entry.expect("readable folder").path());
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "data"))
        .collect();
    paths.sort();
    let truth = |path: &PathBuf| PathBuf::from(format!("{}.truth.json", path.display()));
    paths.into_iter().map(|path| (path.clone(), truth(&path))).collect()
}

/// The files of a recording, in the order in which they are to be read: of a folder, `data` first.
pub fn perf_parts(recording: &Path) -> Vec<Vec<u8>> {
    let read = |path: &Path| fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    if !recording.is_dir() {
        return vec![read(recording)];
    }
    let more = (0..).map(|number| recording.join(format!("data.{number}")));
    let more = more.take_while(|path| path.is_file());
    std::iter::once(recording.join("data")).chain(more).map(|path| read(&path)).collect()
}

/// Where `TraceEvent`'s reading of a capture is, if there is one.
pub fn traceevent(capture: &Path) -> PathBuf {
    let name = capture.file_name().unwrap_or_default().to_string_lossy();
    let file = format!("{}.json", stem(&name));
    let folder = capture.parent().unwrap_or(capture);
    match folder.file_name().and_then(|name| name.to_str()) {
        Some("netperf") => folder.join("traceevent").join(file),
        Some("dotnet10") => folder.join("../traceevent/dotnet10").join(file),
        _ => folder.join("../traceevent").join(file),
    }
}

/// Reads a capture and its truth.
pub fn read(path: &Path, truth: Option<&Path>) -> Capture {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let bytes = if path.extension().is_some_and(|extension| extension == "xz") {
        let mut unpacked = Vec::new();
        let mut decoder = liblzma::read::XzDecoder::new(&bytes[..]);
        decoder.read_to_end(&mut unpacked).expect("the corpus is whole");
        unpacked
    } else {
        bytes
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Capture { name, bytes, truth: truth.and_then(json) }
}

/// The captures in a folder, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let is_capture = |path: &PathBuf| {
        let name = path.to_string_lossy();
        [".nettrace", ".netperf", ".nettrace.xz", ".netperf.xz"].iter().any(|e| name.ends_with(e))
    };
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.expect("readable folder").path()).filter(is_capture).collect();
    paths.sort();
    paths
}

/// A capture's name without its extensions.
fn stem(name: &str) -> &str {
    let name = name.strip_suffix(".xz").unwrap_or(name);
    name.strip_suffix(".nettrace").or_else(|| name.strip_suffix(".netperf")).unwrap_or(name)
}

fn json(path: &Path) -> Option<serde_json::Value> {
    let text = fs::read(path).ok()?;
    Some(serde_json::from_slice(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
}
