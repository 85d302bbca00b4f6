//! The `rift-mfa` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    rift_mfa::cli::main()
}
