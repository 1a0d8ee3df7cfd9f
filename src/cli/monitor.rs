//! `tracemill monitor`: events of running processes, printed as they come.

use std::io;

use tracemill::{Config, Filter, Glob};

use super::args::{MonitorArgs, usage_error};
use super::attach::{Asked, Origin, Watch, live};
use super::console::Console;
use super::events::Lines;
use super::outcome::Outcome;
use super::pump::Pass;

/// Prints until all processes have ended, or it is stopped.
pub(crate) fn run(args: &MonitorArgs) -> io::Result<Outcome> {
    let console = Console::live(args.printing.is_json(), args.quiet);
    let config = args.asking.config(&["dotnet-common"], false, &console);
    let config = config.unwrap_or_else(|message| usage_error(&message));
    if args.running.is_empty() {
        let message = "which process? -p PID, -n NAME or --dport PATH; see 'tracemill ps'";
        usage_error(message);
    }
    let names = || config.providers.iter().map(|provider| &*provider.name);
    for wanted in &args.filters.provider {
        if !names().any(|name| Glob::of_names(wanted).fits_name(name)) {
            let asked: Vec<_> = names().collect();
            let message = format!(
                "--provider {wanted} chooses of what is asked for, which is {}; to ask for it, name it \
                 in --providers",
                asked.join(", ")
            );
            if !args.quiet {
                console.say(None, "remark", None, &message);
            }
        }
    }
    let asked = Asked {
        running: &args.running,
        config: &config,
        named: &args.asking.named(),
        needs_stacks: true,
        duration: args.asking.duration,
        is_quiet: args.quiet,
        fail_on_loss: args.fail_on_loss,
    };
    live(&asked, &Monitor { args, filter: args.filters.filter() })
}

/// The verb.
struct Monitor<'a> {
    args: &'a MonitorArgs,
    filter: Filter,
}

impl Watch for Monitor<'_> {
    type Visitor = Lines;

    fn visitor(&self, _: &Origin) -> Lines {
        let (filter, filters) = (self.filter.clone(), self.args.filters.clone());
        Lines::new(&self.args.printing, filter, filters, self.args.count)
    }

    fn finish(&self, mut lines: Lines, pass: &Pass, console: &Console) -> io::Result<()> {
        lines.finish(pass)?;
        lines.remarks(pass, console);
        Ok(())
    }

    fn config(&self) -> Config {
        self.args.running.memory.limit(self.args.printing.config())
    }

    fn is_json(&self) -> bool {
        self.args.printing.is_json()
    }
}
