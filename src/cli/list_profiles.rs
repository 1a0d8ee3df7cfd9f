//! `tracemill list-profiles`: the sets of providers that go by a name, and what they ask for.

use std::io::{self, Write};

use serde::Serialize;
use tracemill::ipc::{Provider, SessionConfig};

use super::args::ListProfilesArgs;
use super::attach::{PROFILES, Profile, Providers};
use super::json::{self, Int, SCHEMA_VERSION};
use super::outcome::Outcome;

/// Lists them.
pub(crate) fn run(args: &ListProfilesArgs) -> io::Result<Outcome> {
    let mut out = io::stdout().lock();
    if args.json {
        let profiles = PROFILES.iter().map(Record::of).collect();
        json::print_line(&mut out, &Report { schema_version: SCHEMA_VERSION, profiles })?;
    } else {
        print(&mut out)?;
    }
    out.flush()?;
    Ok(Outcome::default())
}

/// A name and what it is for; below, its providers as --providers takes them.
fn print(out: &mut impl Write) -> io::Result<()> {
    let width = PROFILES.iter().map(|profile| profile.name.len()).max().unwrap_or(0);
    for profile in PROFILES {
        writeln!(out, "{:width$}  {}", profile.name, profile.about)?;
        for Provider { name, keywords, level, arguments, .. } in &providers(profile) {
            let more = if arguments.is_empty() { "" } else { ":..." };
            writeln!(out, "{:width$}    {name}:{keywords:#x}:{level}{more}", "")?;
        }
    }
    Ok(())
}

fn providers(profile: &Profile) -> Vec<Provider> {
    let mut providers = Providers::default();
    // Those of the program's own are right: a test looks.
    let _ = providers.add_profile(profile.name);
    let SessionConfig { providers, .. } = providers.into_config();
    providers
}

#[derive(Serialize)]
struct Report {
    schema_version: u32,
    profiles: Vec<Record>,
}

#[derive(Serialize)]
struct Record {
    name: &'static str,
    about: &'static str,
    providers: Vec<ProviderRecord>,
    rundown_keywords: Option<Int>,
}

#[derive(Serialize)]
struct ProviderRecord {
    name: String,
    keywords: Int,
    level: u8,
    arguments: Option<String>,
}

impl Record {
    fn of(profile: &Profile) -> Self {
        let record = |Provider { name, keywords, level, arguments, .. }| ProviderRecord {
            name,
            keywords: Int::from(keywords),
            level,
            arguments: Some(arguments).filter(|text| !text.is_empty()),
        };
        Self {
            name: profile.name,
            about: profile.about,
            providers: providers(profile).into_iter().map(record).collect(),
            rundown_keywords: profile.rundown.map(Int::from),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_has_all_its_providers() {
        for profile in PROFILES {
            assert_eq!(providers(profile).len(), profile.providers.len(), "{}", profile.name);
        }
    }
}
