//! Completions and manual pages, made from the definitions of the arguments.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use super::args::Cli;
use super::console::Console;
use super::input;
use super::outcome::Outcome;

/// Prints completions for `shell`.
pub(crate) fn completions(shell: Shell) -> io::Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "tracemill", &mut script);
    print(&script)
}

/// Prints the manual page, or writes one for each verb into `folder`: all of them or none.
pub(crate) fn pages(folder: Option<&Path>) -> io::Result<Outcome> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let Some(folder) = folder else {
        return print(&page(command)?);
    };
    let verbs: Vec<Command> = command.get_subcommands().cloned().collect();
    let mut pages = Vec::new();
    for command in std::iter::once(command).chain(verbs) {
        let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
        pages.push((folder.join(format!("{name}.1")), page(command)?));
    }
    if let Err((path, error)) = write_all(folder, &pages) {
        let path = path.to_string_lossy();
        Console::plain(false).say(Some(&path), "io", None, &input::explain(&error));
        return Ok(Outcome::IO);
    }
    Ok(Outcome::default())
}

fn page(command: Command) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    Man::new(command).render(&mut page)?;
    Ok(page)
}

/// Writes each file beside its place first, so that nothing half-written is ever seen there.
fn write_all(folder: &Path, files: &[(PathBuf, Vec<u8>)]) -> Result<(), (PathBuf, io::Error)> {
    fs::create_dir_all(folder).map_err(|error| (folder.to_owned(), error))?;
    let beside = |path: &Path| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{}.tmp", std::process::id()));
        PathBuf::from(name)
    };
    let written = files.iter().try_for_each(|(path, content)| {
        fs::write(beside(path), content).map_err(|error| (path.clone(), error))
    });
    let placed = written.and_then(|()| {
        files.iter().try_for_each(|(path, _)| {
            fs::rename(beside(path), path).map_err(|error| (path.clone(), error))
        })
    });
    if placed.is_err() {
        for (path, _) in files {
            let _ = fs::remove_file(beside(path));
        }
    }
    placed
}

fn print(bytes: &[u8]) -> io::Result<Outcome> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()?;
    Ok(Outcome::default())
}
