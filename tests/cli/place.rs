//! A folder in which commands are run, and databases that end with their test.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use sqlx::{Connection, Executor};

/// A folder of its own, with nothing in it and no setting from outside.
pub struct Place {
    folder: tempfile::TempDir,
    settings: Vec<(String, String)>,
}

/// What a command did.
#[derive(Debug)]
pub struct Done {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Done {
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self.out
    }

    /// It ended with this code, and what it said has all of these words.
    #[track_caller]
    pub fn fails(&self, code: i32, words: &[&str]) {
        let said = format!("{}{}", self.out, self.err);
        assert_eq!(self.code, code, "{said}");
        for word in words {
            assert!(said.contains(word), "no `{word}` in: {said}");
        }
    }

    /// Its answer is exactly one JSON object, on one line.
    #[track_caller]
    pub fn json(&self) -> Value {
        let value: Value =
            serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"));
        assert!(value.is_object(), "{value}");
        assert_eq!(self.out.trim_end().lines().count(), 1, "{}", self.out);
        value
    }
}

impl From<Output> for Done {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().expect("it ended by itself"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Place {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), settings: Vec::new() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A variable for each command from here on; a later one takes the place of an earlier one.
    pub fn set(&mut self, name: &str, value: &str) {
        self.settings.retain(|(known, _)| known != name);
        self.settings.push((name.to_owned(), value.to_owned()));
    }

    /// Writes a file; gives its path as text.
    pub fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name).display().to_string()
    }

    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rift-mfa"));
        let ours = |name: &str| name.starts_with("RIFT_") || name == "DATABASE_URL";
        for (name, _) in std::env::vars().filter(|(name, _)| ours(name)) {
            command.env_remove(name);
        }
        command.args(words).current_dir(self.folder.path()).stdin(Stdio::null());
        if words == ["serve"] {
            // Tests run side by side: no one may have the ports of the defaults.
            command.envs([("RIFT_HTTP__LISTEN", "127.0.0.1:0"), ("RIFT_HTTP__OPS_LISTEN", "127.0.0.1:0")]);
        }
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    pub fn run(&self, words: &[&str]) -> Done {
        self.command(words).output().unwrap().into()
    }

    /// Runs with `--json` and gives the object of a success.
    #[track_caller]
    pub fn json(&self, words: &[&str]) -> Value {
        let done = self.run(&[words, &["--json"]].concat());
        assert_eq!(done.code, 0, "{done:?}");
        done.json()
    }

    /// An organization and an application with everything on: the application's id.
    pub fn application(&self) -> String {
        let org = self.json(&["org", "create", "Acme", "--plan", "enterprise"]);
        let app =
            self.json(&["app", "create", "Shop", "--org", org["id"].as_str().unwrap(), "--enable", "all"]);
        app["id"].as_str().unwrap().to_owned()
    }

    /// A test key of an application.
    pub fn key(&self, app: &str) -> String {
        let key = self.json(&["key", "create", "--app", app, "--mode", "test"]);
        key["secret"].as_str().unwrap().to_owned()
    }
}

/// The rights of a file or a folder.
pub fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::MetadataExt;

    path.metadata().unwrap().mode() & 0o7777
}

/// An empty database on the test's PostgreSQL.
pub struct Postgres {
    pub url: String,
    name: String,
}

fn admin(sql: String) {
    let server = std::env::var("TEST_DATABASE_URL").expect("set TEST_DATABASE_URL, or run script/test");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut admin = sqlx::PgConnection::connect(&server).await.unwrap();
        admin.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
    });
}

impl Postgres {
    pub fn new() -> Self {
        let unique = tempfile::tempdir().unwrap();
        let unique = unique.path().file_name().unwrap().to_str().unwrap().trim_start_matches('.').to_owned();
        let name = format!("rift_cli_{}_{}", std::process::id(), unique.to_lowercase());
        admin(format!("CREATE DATABASE \"{name}\""));
        let mut url = url::Url::parse(&std::env::var("TEST_DATABASE_URL").unwrap()).unwrap();
        url.set_path(&name);
        Self { url: url.into(), name }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        admin(format!("DROP DATABASE IF EXISTS \"{}\" WITH (FORCE)", self.name));
    }
}
