//! What the program says of itself.

use super::run::tracemill;

#[test]
fn version_formats_and_help() {
    let version = format!("tracemill {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(tracemill(&["--version"]).ok(), version);
    let verbose = tracemill(&["--version", "--verbose"]).ok();
    assert!(verbose.starts_with(&version) && verbose.contains("cli"), "{verbose}");
    assert!(verbose.contains("nettrace V4"), "{verbose}");
    assert_eq!(
        tracemill(&["list-formats"]).ok(),
        "netperf V1, V2, V3\nnettrace V4, V5, V6\nperf.data\n"
    );
    let formats = tracemill(&["list-formats", "--json"]).json();
    assert_eq!(formats["formats"].as_array().unwrap().len(), 3);
    for verb in ["info", "stats", "events", "monitor", "collect"] {
        let help = tracemill(&[verb, "--help"]).ok();
        assert!(help.contains("Exit codes:"), "{help}");
    }
}

#[test]
fn help_and_readme_say_the_same_of_exit_codes() {
    let help = tracemill(&["collect", "--help"]).ok();
    let readme = include_str!("../../README.md");
    let table = readme.split("| exit | |").nth(1).unwrap();
    let codes: Vec<_> = table
        .lines()
        .skip(2)
        .map_while(|line| line.strip_prefix("| ")?.split(" |").next())
        .map(str::to_owned)
        .collect();
    let told = help.split("Exit codes:\n").nth(1).unwrap().lines();
    let told: Vec<_> = told
        .filter_map(|line| line.strip_prefix("  ")?.split_once("  "))
        .map(|(code, _)| code.to_owned())
        .filter(|code| !code.trim().is_empty())
        .collect();
    assert_eq!(codes, told);
    assert_eq!(codes.len(), 8);
    assert!(help.contains("the first of 1, 2, 6, 3, 4, 5 that holds"), "{help}");
    assert!(table.contains("the first of 1, 2, 6, 3, 4 and 5 that holds"));
    // Where a command is started, its exit code counts.
    assert!(
        help.contains("the exit code of the command") && table.contains("exit code of the command")
    );
    let others = tracemill(&["events", "--help"]).ok();
    assert!(!others.contains("of the command"), "{others}");
}

#[test]
fn what_providers_are_asked_for_by_default_is_told() {
    for verb in ["monitor", "collect"] {
        let help = tracemill(&[verb, "--help"]).ok();
        let words: Vec<_> = help.split_whitespace().collect();
        let help = words.join(" ");
        assert!(help.contains("Without keywords it is asked for 0"), "{help}");
        assert!(help.contains("NAME:0xffffffffffffffff:5"), "{help}");
    }
    assert!(include_str!("../../README.md").contains("alone asks for keywords 0 and level 4"));
}

#[test]
fn completions_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = tracemill(&["completions", shell]).ok();
        assert!(script.contains("fail-on-loss"), "{shell}");
    }
}

#[test]
fn manual_pages_whole_or_not_at_all() {
    let page = tracemill(&["man"]).ok();
    assert!(page.contains(".TH tracemill 1") && page.contains("tracemill\\-stats(1)"), "{page}");
    let folder = std::env::temp_dir().join(format!("tracemill-man-{}", std::process::id()));
    let path = folder.to_str().unwrap();
    assert_eq!(tracemill(&["man", "--dir", path]).ok(), "");
    let names = || {
        let entries = std::fs::read_dir(&folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    let pages = names();
    // One for each verb, and one for the program.
    let help = tracemill(&["--help"]).ok();
    let verbs = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let verbs = verbs.take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("   "));
    let mut expected: Vec<_> = verbs
        .map(|line| line.split_whitespace().next().unwrap())
        .filter(|verb| *verb != "help")
        .map(|verb| format!("tracemill-{verb}.1"))
        .collect();
    expected.push("tracemill.1".to_owned());
    expected.sort();
    assert_eq!(pages, expected);
    let stats = std::fs::read_to_string(folder.join("tracemill-stats.1")).unwrap();
    assert!(stats.contains("\\-\\-memory"), "{stats}");
    // A page that cannot be placed: nothing half-written stays.
    std::fs::remove_file(folder.join("tracemill.1")).unwrap();
    std::fs::create_dir(folder.join("tracemill.1")).unwrap();
    let ran = tracemill(&["man", "--dir", path]);
    assert_eq!((ran.code, ran.err.lines().count()), (1, 1), "{}", ran.err);
    assert_eq!(names(), pages);
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(tracemill(&["man", "--dir", "/dev/null/x"]).code, 1);
}

#[test]
fn profiles_and_what_they_ask_for() {
    let text = tracemill(&["list-profiles"]).ok();
    assert!(
        text.contains("\n                              Microsoft-Windows-DotNETRuntime:0x8003:5\n")
    );
    let json = tracemill(&["list-profiles", "--json"]).json();
    let profiles = json["profiles"].as_array().unwrap();
    let find = |name: &str| profiles.iter().find(|profile| profile["name"] == name).unwrap();
    let collect = find("gc-collect");
    assert_eq!(collect["rundown_keywords"], 1);
    assert_eq!(collect["providers"][0]["name"], "Microsoft-Windows-DotNETRuntime");
    assert_eq!(collect["providers"][0]["keywords"], 1);
    assert_eq!(collect["providers"][0]["level"], 4);
    let arguments = find("database")["providers"][1]["arguments"].as_str().unwrap();
    assert!(arguments.starts_with("FilterAndPayloadSpecs="), "{arguments}");
    assert!(profiles.iter().all(|profile| text.contains(profile["name"].as_str().unwrap())));
}
