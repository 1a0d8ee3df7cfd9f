//! What is wrong with a command line beyond what its grammar tells.

use std::sync::OnceLock;

use clap::CommandFactory;
use clap::error::ErrorKind;

use super::Cli;

/// The verb that is carried out: what is wrong with it is told with its own usage.
static VERB: OnceLock<String> = OnceLock::new();

/// Says which verb is carried out.
pub(crate) fn begin(verb: &str) {
    // There is one in all.
    let _ = VERB.set(verb.to_owned());
}

/// Ends the program as clap does when the command line is wrong.
pub(crate) fn usage_error(message: &str) -> ! {
    let mut command = Cli::command();
    command.build();
    let verb = VERB.get().and_then(|verb| command.find_subcommand(verb)).cloned();
    verb.unwrap_or(command).error(ErrorKind::ValueValidation, message).exit()
}
