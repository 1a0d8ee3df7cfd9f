//! Providers that were asked for by name and sent nothing, which is what a name looks like that is not
//! spelt as the program's is.

use tracemill::Format;
use tracemill::ipc::Provider;

use crate::cli::console::Console;
use crate::cli::pump::Pass;
use crate::cli::text;

/// Those of which no event has come so far, in sessions that could be read.
#[derive(Debug)]
pub(crate) struct Silent {
    providers: Vec<Provider>,
}

impl Silent {
    /// Of those that are asked for, those of these names.
    pub(crate) fn new(asked: &[Provider], names: &[String]) -> Self {
        let is_named = |provider: &&Provider| {
            names.iter().any(|name| name.eq_ignore_ascii_case(&provider.name))
        };
        Self { providers: asked.iter().filter(is_named).cloned().collect() }
    }

    /// Looks at what a session sent.
    pub(crate) fn look(&mut self, pass: &Pass) {
        let classes = &pass.parser.format().state().classes;
        if pass.is_stopped() || pass.stats.classes_refused > 0 {
            // It may have been to come, or was beyond a limit.
            self.providers.clear();
        }
        self.providers.retain(|silent| {
            !classes.iter().any(|class| class.provider().eq_ignore_ascii_case(&silent.name))
        });
    }

    /// Says which have sent nothing.
    pub(crate) fn print(&self, console: &Console, process: &str) {
        let Some(asked) = self.asked() else { return };
        let is_pattern = self.providers.iter().any(|silent| silent.name.contains('*'));
        let pattern = if is_pattern { ", '*' is no pattern here" } else { "" };
        let message = format!(
            "no event came from {asked}; or nothing of the kind happened, or the name is spelt otherwise \
             (case counts{pattern})"
        );
        console.remark(process, &message);
    }

    /// What they were asked for, and what to ask for instead; `None` if there are none.
    pub(crate) fn asked(&self) -> Option<String> {
        if self.providers.is_empty() {
            return None;
        }
        let asked: Vec<_> = self.providers.iter().map(asked).collect();
        let more = self.providers.iter().find(|silent| !is_all(silent));
        let more = more.map(|silent| format!("; try {}:0xffffffffffffffff:5", escaped(silent)));
        Some(asked.join(", ") + &more.unwrap_or_default())
    }
}

/// What a provider is asked for.
fn asked(provider: &Provider) -> String {
    let (name, keywords, level) = (escaped(provider), provider.keywords, provider.level);
    format!("{name}, asked for with keywords {keywords:#x} and level {level}")
}

fn escaped(provider: &Provider) -> String {
    text::escaped(&provider.name)
}

/// Whether it is asked for all it has.
fn is_all(provider: &Provider) -> bool {
    provider.keywords == u64::MAX && matches!(provider.level, 0 | 5..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_is_said_first() {
        let of = |list: &[(&str, u64, u8)]| {
            let providers = list.iter().map(|(name, keywords, level)| {
                Provider::new((*name).to_owned(), *keywords, *level)
            });
            let names: Vec<_> = list.iter().map(|(name, ..)| name.to_ascii_lowercase()).collect();
            Silent::new(&providers.collect::<Vec<_>>(), &names).asked()
        };
        assert_eq!(of(&[]), None);
        let all = of(&[("A", u64::MAX, 5)]).unwrap();
        assert_eq!(all, "A, asked for with keywords 0xffffffffffffffff and level 5");
        let both = of(&[("A", 0, 4), ("B", 0xff, 5)]).unwrap();
        let expected = "A, asked for with keywords 0x0 and level 4, \
                        B, asked for with keywords 0xff and level 5; try A:0xffffffffffffffff:5";
        assert_eq!(both, expected);
    }
}
