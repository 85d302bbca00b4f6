//! The configuration as an operator meets it: layers, files, and the sentence behind each mistake.

mod faults;
mod gateways;
mod layers;
mod vonage;

use std::fs;
use std::path::PathBuf;

use super::*;

const SMTP: &str = "[[providers.email]]\nkind = \"smtp\"\n\
    url = \"smtp://me:p%40ss@mail.acme.example\"\nfrom = \"Acme <a@acme.example>\"\n";

/// An RSA key of 2048 bits (PKCS#8) that nothing else uses.
const KEY: &str = include_str!("../../tests/support/rsa-for-tests.pem");

/// A folder with `rift.toml` in it; the folder lives as long as the value.
struct Setup {
    folder: tempfile::TempDir,
    file: PathBuf,
}

fn file(text: &str) -> Setup {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rift.toml");
    fs::write(&file, text).unwrap();
    Setup { folder, file }
}

fn load(text: &str, env: &[(&str, &str)]) -> Result<Config, String> {
    let setup = file(text);
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let shown = setup.file.display().to_string();
    Config::load(Some(&setup.file), env).map_err(|error| error.to_string().replace(&shown, "FILE"))
}
