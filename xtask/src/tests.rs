//! What is checked in is what the manifests say, and an edit of it is found.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use tracemill_test_support::corpus;

use crate::{compare, manifest, present, replace, tables};

/// The files, made of the manifests of the corpus.
fn made(test: &str) -> Option<BTreeMap<String, String>> {
    let folder = corpus::shared(test)?.join("manifests");
    let manifests = manifest::read_all(&folder).expect("manifests");
    Some(tables::write(&manifests).expect("what they become"))
}

/// A folder that is gone when the test is over.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn what_is_checked_in_is_what_the_manifests_say() {
    let name = "what_is_checked_in_is_what_the_manifests_say";
    let Some(wanted) = made(name) else { return };
    let checked_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("../formats/clr/src");
    compare(&wanted, &checked_in).expect("no difference");
    assert!(made(name).as_ref() == Some(&wanted), "two runs differ");
}

#[test]
fn edits_are_found_and_undone() {
    let Some(wanted) = made("edits_are_found_and_undone") else { return };
    let folder = Temporary::new("tracemill-xtask");
    replace(&wanted, &folder.0).expect("written");
    compare(&wanted, &folder.0).expect("no difference");
    for name in ["tables/mod.rs", "views/dot_net_runtime.rs", "events/runtime.rs"] {
        let path = folder.0.join(name);
        fs::write(&path, fs::read_to_string(&path).expect("a file") + "\n").expect("written");
        let failure = compare(&wanted, &folder.0).expect_err("a difference").to_string();
        assert!(failure.contains(name), "{failure}");
        replace(&wanted, &folder.0).expect("written");
        fs::remove_file(&path).expect("removed");
        assert!(compare(&wanted, &folder.0).is_err(), "{name} is not there");
        replace(&wanted, &folder.0).expect("written");
    }
    // Made once and no more: removed. By hand: found, and left alone.
    fs::write(folder.0.join("views/old.rs"), format!("{} ...", tables::MARK)).expect("written");
    fs::write(folder.0.join("views/own.rs"), "// By hand.").expect("written");
    replace(&wanted, &folder.0).expect("written");
    let failure = compare(&wanted, &folder.0).expect_err("a difference").to_string();
    assert!(failure.contains("views/own.rs") && !failure.contains("views/old.rs"), "{failure}");
    assert_eq!(present(&folder.0).expect("files").len(), wanted.len() + 1);
}
