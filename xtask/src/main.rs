//! `cargo run -p xtask -- schemas [DIR] [--check]`
//!
//! Reads the event manifests in DIR (`../shared/corpus/manifests` beside the project) and writes
//! the tables of `formats/clr` and the typed views of its events. With `--check` it writes nothing
//! and fails if they would differ.

mod kinds;
mod layout;
mod manifest;
mod tables;
#[cfg(test)]
mod tests;
mod text;
mod views;
mod xml;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What went wrong, for people.
type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), Failure> {
    let usage = "usage: cargo run -p xtask -- schemas [DIR] [--check]";
    let Some(("schemas", rest)) = arguments.split_first().map(|(task, rest)| (task.as_str(), rest))
    else {
        return Err(usage.into());
    };
    let check = rest.iter().any(|argument| argument == "--check");
    let folders: Vec<_> = rest.iter().filter(|argument| !argument.starts_with('-')).collect();
    if folders.len() + usize::from(check) != rest.len() || folders.len() > 1 {
        return Err(usage.into());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder =
        folders.first().map_or_else(|| root.join("../shared/corpus/manifests"), PathBuf::from);
    let wanted = tables::write(&manifest::read_all(&folder)?)?;
    let target = root.join("formats/clr/src");
    if check { compare(&wanted, &target) } else { replace(&wanted, &target) }
}

/// The folders of `formats/clr/src` in which all is written.
const FOLDERS: [&str; 3] = ["tables", "views", "events"];

/// Paths and contents of the files in them that are Rust code.
fn present(target: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let mut found = BTreeMap::new();
    for folder in FOLDERS {
        let path = target.join(folder);
        for entry in path.is_dir().then(|| fs::read_dir(path)).transpose()?.into_iter().flatten() {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                found.insert(format!("{folder}/{name}"), fs::read_to_string(&path)?);
            }
        }
    }
    Ok(found)
}

fn compare(wanted: &BTreeMap<String, String>, folder: &Path) -> Result<(), Failure> {
    let found = present(folder)?;
    let differ: Vec<&str> = (wanted.keys().chain(found.keys()))
        .filter(|name| wanted.get(*name) != found.get(*name))
        .map(String::as_str)
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect();
    if differ.is_empty() {
        return Ok(());
    }
    let names = differ.join(", ");
    Err(format!("{}: {names} differ; run cargo run -p xtask -- schemas", folder.display()).into())
}

fn replace(wanted: &BTreeMap<String, String>, folder: &Path) -> Result<(), Failure> {
    for name in FOLDERS {
        fs::create_dir_all(folder.join(name))?;
    }
    for (name, text) in present(folder)? {
        if !wanted.contains_key(&name) && text.starts_with(tables::MARK) {
            fs::remove_file(folder.join(name))?;
        }
    }
    for (name, text) in wanted {
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}
