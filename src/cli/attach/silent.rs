//! Providers that were asked for by name and sent nothing, which is what a name looks like that is not
//! spelt as the program's is.

use tracemill::Format;

use crate::cli::console::Console;
use crate::cli::pump::Pass;
use crate::cli::text;

/// Those of which no event has come so far, in sessions that could be read.
#[derive(Debug)]
pub(crate) struct Silent {
    names: Vec<String>,
}

impl Silent {
    /// Of those that are asked for.
    pub(crate) fn new(names: &[String]) -> Self {
        Self { names: names.to_owned() }
    }

    /// Looks at what a session sent.
    pub(crate) fn look(&mut self, pass: &Pass) {
        let classes = &pass.parser.format().state().classes;
        if pass.is_stopped() || pass.stats.classes_refused > 0 {
            // It may have been to come, or was beyond a limit.
            self.names.clear();
        }
        self.names.retain(|name| {
            !classes.iter().any(|class| class.provider().eq_ignore_ascii_case(name))
        });
    }

    /// Says which have sent nothing.
    pub(crate) fn print(&self, console: &Console, process: &str) {
        if self.names.is_empty() {
            return;
        }
        let names: Vec<_> = self.names.iter().map(|name| text::escaped(name)).collect();
        let names = names.join(", ");
        let message = format!(
            "no event came from {names}: nothing of the kind happened, or the name is spelt otherwise \
             (case counts), or keywords and level leave it out"
        );
        console.remark(process, &message);
    }
}
