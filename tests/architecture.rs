//! Holds the house together: fails on an import that runs up a floor or between siblings, on words that
//! belong to another room, and on files that grow too long. It reads `src/` as text. The floors are a table
//! in `architecture/rules.rs`; `architecture/self_tests.rs` shows that each rule can fail.

#[path = "architecture/rules.rs"]
mod rules;
#[path = "architecture/self_tests.rs"]
mod self_tests;
#[path = "architecture/source.rs"]
mod source;

use std::path::Path;
use std::{fs, io};

use rules::{Sources, Violation};

/// Every Rust file under `src/`.
fn read_sources() -> io::Result<Sources> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Sources::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(&root).map_err(io::Error::other)?;
                sources.insert(name.to_string_lossy().replace('\\', "/"), fs::read_to_string(&path)?);
            }
        }
    }
    Ok(sources)
}

fn list(violations: &[Violation]) -> String {
    violations.iter().map(Violation::to_string).collect::<Vec<_>>().join("\n  ")
}

#[test]
fn sources_are_found() -> io::Result<()> {
    let sources = read_sources()?;
    assert!(sources.contains_key("main.rs"), "no src/main.rs: the other tests would check nothing");
    Ok(())
}

#[test]
fn imports_keep_to_the_floors() -> io::Result<()> {
    let violations = rules::check_imports(&read_sources()?);
    assert!(violations.is_empty(), "{} breaches of the floors:\n  {}", violations.len(), list(&violations));
    Ok(())
}

#[test]
fn files_stay_short() -> io::Result<()> {
    let violations = rules::check_lengths(&read_sources()?);
    assert!(violations.is_empty(), "{} breaches of the lengths:\n  {}", violations.len(), list(&violations));
    Ok(())
}
