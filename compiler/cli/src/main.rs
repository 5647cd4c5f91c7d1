//! The command `aipress`: reads a fleet from files or Git, calls the compiler, writes and shows what it returns.

#![expect(clippy::result_large_err, reason = "an error ends the run once: its size costs nothing")]

mod args;
mod commands;
mod edit;
mod exit;
mod fleet;
mod out;
mod rehearse;
mod render;
mod source;
mod survey;
mod words;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Killing is safe at any moment; only a rehearsal leaves something: programs that run and a folder.
    let _ = ctrlc::set_handler(|| {
        rehearse::interrupt::clean();
        std::process::exit(exit::INTERRUPTED)
    });
    let cli = match args::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(u8::from(error.use_stderr()));
        }
    };
    match commands::run(&cli) {
        Ok(exit) => ExitCode::from(exit.code()),
        Err(failure) => {
            let code = failure.code();
            out::report(&failure.sources, failure.diagnostics);
            ExitCode::from(code)
        }
    }
}
