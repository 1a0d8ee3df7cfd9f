//! What recordings are called.

use std::path::{Path, PathBuf};

use jiff::Zoned;

use crate::cli::attach::Found;

/// The file for `process`, one of `count`, recorded since `now`. `None` for standard output.
///
/// # Errors
/// All of them would have the same.
pub(crate) fn of(
    output: Option<&Path>,
    process: &Found,
    count: usize,
    now: &Zoned,
) -> Result<Option<PathBuf>, String> {
    let default = || default(process, count, now);
    let Some(output) = output else {
        return Ok(Some(PathBuf::from(default())));
    };
    // Text only if there is something to be replaced in it: a path may be any bytes.
    let name = output.to_str().filter(|name| name.contains(PID));
    if let Some(name) = name {
        return Ok(Some(PathBuf::from(name.replace(PID, &process.pid.to_string()))));
    }
    if output.is_dir() {
        return Ok(Some(output.join(default())));
    }
    if count > 1 {
        let message =
            "several processes need a file each: -o has to be a folder, or have {pid} in it";
        return Err(message.to_owned());
    }
    Ok((output.as_os_str() != "-").then(|| output.to_owned()))
}

/// Stands for the id of the process.
const PID: &str = "{pid}";

/// As dotnet-trace calls it; with several processes, their ids tell them apart.
fn default(process: &Found, count: usize, now: &Zoned) -> String {
    let app: String =
        process.app.chars().map(|char| if is_safe(char) { char } else { '_' }).collect();
    let app = if app.trim_matches('.').is_empty() { "process" } else { &app };
    let time = now.strftime("%Y%m%d_%H%M%S");
    if count > 1 {
        return format!("{app}_{}_{time}.nettrace", process.pid);
    }
    format!("{app}_{time}.nettrace")
}

fn is_safe(char: char) -> bool {
    !(char.is_control() || char.is_whitespace() || r#"/\:*?"<>|"#.contains(char))
}

#[cfg(test)]
mod tests {
    use tracemill::ipc::{Client, Timeouts};

    use super::*;

    fn name(output: Option<&str>, app: &str, count: usize) -> Result<Option<String>, String> {
        let client = Client::connect(Path::new("/none"), Timeouts::default()).unwrap();
        let process = Found { name: String::new(), pid: 47, app: app.to_owned(), client };
        let now: Zoned = "2026-01-02T03:04:05[UTC]".parse().unwrap();
        let name = of(output.map(Path::new), &process, count, &now)?;
        Ok(name.map(|path| path.to_str().unwrap().to_owned()))
    }

    #[test]
    fn names() {
        let is = |output, app, count, expected: Option<&str>| {
            assert_eq!(name(output, app, count), Ok(expected.map(str::to_owned)));
        };
        is(None, "app", 1, Some("app_20260102_030405.nettrace"));
        is(None, "app", 2, Some("app_47_20260102_030405.nettrace"));
        is(None, "../a b\n", 1, Some(".._a_b__20260102_030405.nettrace"));
        is(None, "..", 1, Some("process_20260102_030405.nettrace"));
        is(Some("/"), "app", 1, Some("/app_20260102_030405.nettrace"));
        is(Some("exact"), "app", 1, Some("exact"));
        is(Some("x-{pid}.y"), "app", 2, Some("x-47.y"));
        is(Some("-"), "app", 1, None);
        for output in ["-", "exact"] {
            assert!(name(Some(output), "app", 2).is_err());
        }
    }
}
