//! The program that Terraform starts in the place of a provider.

use std::process::ExitCode;

use aipress_standin::provider::Provider;
use aipress_standin::settings::Settings;
use aipress_standin::{serve, table};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("aipress-standin: {text}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    serve::started_by_terraform().map_err(|error| error.to_string())?;
    let table = table::of_this_process().map_err(|error| error.to_string())?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let provider = Provider::new(table, Settings::from_environment());
    runtime.block_on(serve::serve(provider)).map_err(|error| error.to_string())
}
