//! The floors, and the check of a tree of source files against them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::source::{self, Named, Token};

/// Files of `src/` by their path in it, such as `http/api/start.rs`.
pub type Sources = BTreeMap<String, String>;

/// Who may name whom: each module at the top of `src/`, and the other modules there that it may import.
/// A new module gets its line here, and with it its floor.
const FLOORS: &[(&str, &[&str])] = &[
    // Floor 0: pure values, time, chance, keys.
    ("domain", &[]),
    ("clock", &["domain"]),
    ("keyring", &["domain", "clock"]),
    // Floor 1: decisions, the way out, the memory. Siblings do not know each other.
    ("methods", &["domain", "clock", "keyring"]),
    ("providers", &["domain", "clock", "keyring"]),
    ("store", &["domain", "clock", "keyring"]),
    // Floor 2: use cases join the parts of floor 1; the courier sends.
    ("service", &["domain", "clock", "keyring", "methods", "providers", "store"]),
    ("courier", &["domain", "clock", "keyring", "providers", "store"]),
    // Floor 3: what the outside sees.
    ("http", &["domain", "clock", "keyring", "service"]),
    ("dashboard", &["domain", "clock", "keyring", "service", "http"]),
    // Composition: the only place that knows everyone.
    ("config", &["domain", "clock", "keyring"]),
    (
        "app",
        &[
            "domain",
            "clock",
            "keyring",
            "methods",
            "providers",
            "store",
            "service",
            "courier",
            "http",
            "dashboard",
            "config",
        ],
    ),
    // `doctor` asks the store for its clock and a mail server for its log-in, through what app has built.
    (
        "cli",
        &[
            "domain",
            "clock",
            "keyring",
            "service",
            "http",
            "dashboard",
            "config",
            "app",
            "store",
            "providers",
        ],
    ),
    ("main", &["config", "app", "cli"]),
];

/// Folders in which one file is one thing: (folder, the files that all may use). Its other files do not
/// import each other.
const ISLANDS: &[(&str, &[&str])] =
    &[("methods", &["registry"]), ("providers", &["registry", "wire", "guard", "sign"])];

/// Words that may stand only in some modules: (words, the modules, why).
const RESERVED: &[(&[&str], &[&str], &str)] = &[
    (&["sqlx"], &["store"], "only store/ speaks to a database"),
    (&["SqliteStore"], &["store", "app"], "app alone names concrete stores; take the trait Store"),
    (&["SqlStore"], &["store", "app"], "app alone names concrete stores; take the trait Store"),
    (&["PostgresStore"], &["store", "app"], "app alone names concrete stores; take the trait Store"),
    (&["reqwest"], &["providers"], "only providers/ speak HTTP to the outside, through providers/wire.rs"),
    // `config` has a kind of settings of this name.
    (
        &["Smtp"],
        &["providers", "app", "config"],
        "app alone names concrete providers; take the trait Provider",
    ),
];

/// Modules that app alone may reach into, besides the folder that they stand in.
const CONCRETE: &[[&str; 2]] = &[
    ["store", "sqlite"],
    ["store", "postgres"],
    ["providers", "smtp"],
    ["providers", "twilio"],
    ["providers", "vonage"],
    ["providers", "meta"],
    ["providers", "gateway"],
];

/// Words that may not stand in a module: (module, words, why).
const FORBIDDEN: &[(&str, &[&str], &str)] = &[
    ("domain", &["async"], "domain/ is pure: it waits for nothing"),
    ("domain", &[".", "await"], "domain/ is pure: it waits for nothing"),
    ("domain", &["axum"], "domain/ does not know HTTP"),
    ("domain", &["tokio"], "domain/ does not know the runtime"),
    ("domain", &["SystemTime"], "the time is a parameter"),
    ("domain", &["Timestamp", "::", "now"], "the time is a parameter"),
    ("methods", &["async"], "a method decides; the service waits"),
    ("methods", &[".", "await"], "a method decides; the service waits"),
    ("methods", &["axum"], "a method does not know HTTP"),
    ("http", &["store", "::"], "http/ goes through the service"),
    ("dashboard", &["store", "::"], "dashboard/ goes through the service"),
];

/// A file is split before it has more lines than this.
pub const MOST_LINES: usize = 400;
/// The median of the files' lengths stays under this.
pub const MEDIAN_LINES: usize = 200;

/// One breach of the rules, with the place and a sentence.
#[derive(Debug, PartialEq, Eq)]
pub struct Violation {
    pub file: String,
    pub line: usize,
    pub sentence: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "src/{}:{}: {}", self.file, self.line, self.sentence)
    }
}

/// Every breach of the rules about imports and words.
pub fn check_imports(sources: &Sources) -> Vec<Violation> {
    let test_files = test_files(sources);
    let mut out = Vec::new();
    for (file, text) in sources {
        let module = module_of(file);
        if test_files.iter().any(|test| module.starts_with(test)) {
            continue;
        }
        // lib.rs only declares the modules: it stands on no floor, but the reserved words hold there too.
        let unit = match file.as_str() {
            "lib.rs" => "lib",
            "main.rs" => "main",
            _ => module.first().map_or("", String::as_str),
        };
        let mut report = |line: usize, sentence: String| {
            out.push(Violation { file: file.clone(), line, sentence });
        };
        let tokens = source::tokens(text);
        check_words(unit, &tokens, &mut report);
        if unit == "lib" {
            continue;
        }
        let Some((_, allowed)) = FLOORS.iter().find(|(name, _)| *name == unit) else {
            report(
                1,
                format!("module `{unit}` has no floor: give it a line in tests/architecture/rules.rs."),
            );
            continue;
        };
        for named in source::named(&tokens, &module) {
            if let Some(sentence) = breach(unit, allowed, &module, &named, sources) {
                report(named.line, sentence);
            }
        }
    }
    out
}

/// What is wrong with one path named in the module `unit`, if anything.
fn breach(
    unit: &str,
    allowed: &[&str],
    module: &[String],
    named: &Named,
    sources: &Sources,
) -> Option<String> {
    let path = format!("crate::{}", named.path.join("::"));
    let Some(target) = named.path.first().map(String::as_str) else {
        return Some("the crate's root is imported whole: name the module that is meant.".to_owned());
    };
    if !FLOORS.iter().any(|(name, _)| *name == target) {
        return Some(format!(
            "`{path}`: `{target}` is no module with a floor; import from where it is defined."
        ));
    }
    if target != unit && !allowed.contains(&target) {
        return Some(format!(
            "`{unit}` may not import `{target}` (`{path}`): see the floors in CONTRIBUTING.md."
        ));
    }
    let inner = named.path.get(1).map(String::as_str);
    if unit != "app" && unit != target && CONCRETE.iter().any(|[a, b]| *a == target && Some(*b) == inner) {
        return Some(format!(
            "`{path}`: app alone names concrete types; take the trait from `crate::{target}`."
        ));
    }
    let (_, common) = ISLANDS.iter().find(|(folder, _)| *folder == unit && target == unit)?;
    let (own, inner) = (module.get(1)?.as_str(), inner?);
    let crossing = own != inner
        && !common.contains(&own)
        && !common.contains(&inner)
        && sources.keys().any(|file| module_of(file).iter().map(String::as_str).eq([unit, inner]));
    crossing.then(|| format!("`{unit}/{own}` may not import its sibling `{unit}/{inner}` (`{path}`)."))
}

fn check_words(unit: &str, tokens: &[Token], report: &mut impl FnMut(usize, String)) {
    let reserved =
        RESERVED.iter().filter(|(_, modules, _)| !modules.contains(&unit)).map(|(w, _, why)| (*w, *why));
    let forbidden = FORBIDDEN.iter().filter(|(module, _, _)| *module == unit).map(|(_, w, why)| (*w, *why));
    for (words, why) in reserved.chain(forbidden) {
        for (i, token) in tokens.iter().enumerate() {
            if source::reads(tokens, i, words) {
                report(token.line, format!("`{}` may not stand in `{unit}`: {why}.", words.concat()));
            }
        }
    }
}

/// The modules that other files declare behind `#[cfg(test)]`.
fn test_files(sources: &Sources) -> BTreeSet<Vec<String>> {
    let mut out = BTreeSet::new();
    for (file, text) in sources {
        for name in source::test_modules(text) {
            let mut module = module_of(file);
            module.push(name);
            out.insert(module);
        }
    }
    out
}

/// `http/api/mod.rs` and `http/api.rs` are both `["http", "api"]`; the crate's roots are empty.
fn module_of(file: &str) -> Vec<String> {
    let mut parts: Vec<String> = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    let root = parts.len() == 1 && (file == "lib.rs" || file == "main.rs");
    if root || parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    parts
}

/// Every breach of the rules about lengths.
pub fn check_lengths(sources: &Sources) -> Vec<Violation> {
    let mut lengths: Vec<usize> = sources.values().map(|text| text.lines().count()).collect();
    lengths.sort_unstable();
    let mut out: Vec<Violation> = sources
        .iter()
        .map(|(file, text)| (file, text.lines().count()))
        .filter(|(_, lines)| *lines > MOST_LINES)
        .map(|(file, lines)| Violation {
            file: file.clone(),
            line: lines,
            sentence: format!("{lines} lines, more than {MOST_LINES}: split it by what it is about."),
        })
        .collect();
    let median = lengths.get(lengths.len() / 2).copied().unwrap_or(0);
    if median >= MEDIAN_LINES {
        out.push(Violation {
            file: String::new(),
            line: 0,
            sentence: format!(
                "the median file has {median} lines, not under {MEDIAN_LINES}: split the long ones."
            ),
        });
    }
    out
}
