//! `tracemill`: looks into traces of any size, in flat memory.

mod cli;

fn main() -> std::process::ExitCode {
    cli::run()
}
