//! What is said about a bad setting, and where a setting came from. No value of a setting is stored here: the
//! one who writes `problem` answers for it.

use std::fmt;
use std::path::PathBuf;

/// Where the value of a setting stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `config/default.toml`, built in.
    Default,
    /// The file given with `--config`.
    File(PathBuf),
    /// The environment variable of this name.
    Variable(String),
    /// A file that holds this one value, and the origin of the `*_file` setting that names it.
    SecretFile(PathBuf, Box<Origin>),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("the built-in defaults"),
            Self::File(path) => write!(f, "the file {}", path.display()),
            Self::Variable(name) => write!(f, "the environment variable {name}"),
            Self::SecretFile(path, named_by) => {
                write!(f, "the file {}, named by {named_by}", path.display())
            }
        }
    }
}

/// Why the service does not start. Displays as one sentence for the operator, without any secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A setting is unknown, missing or has a bad value.
    #[error("{key}: {problem} (set in {origin})")]
    Setting {
        /// The full key, like `providers.email[0].url`.
        key: String,
        /// What is wrong, and the fix.
        problem: String,
        /// Where it was set; for a missing key, where its section was set.
        origin: Origin,
    },
    /// A configuration file cannot be read, or is not TOML.
    #[error("{origin}: {problem}")]
    Unreadable {
        /// The file.
        origin: Origin,
        /// What is wrong, and the fix.
        problem: String,
    },
}
