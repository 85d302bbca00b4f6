//! What the first start says: addresses, a test key, and three commands to paste.

use std::fmt::Write as _;
use std::sync::Arc;

use super::AppError;
use crate::clock::{Chance, Clock};
use crate::config::Config;
use crate::domain::audit::By;
use crate::domain::policy::Settings;
use crate::domain::tenant::{Mode, Plan};
use crate::keyring::Vault;
use crate::service::{Desk, NewKey, TenantError, Tenants};
use crate::store::Store;

/// Makes the demo organization, its application and a test key.
pub(super) async fn make_demo(
    store: Arc<dyn Store>,
    vault: Arc<Vault>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
) -> Result<NewKey, AppError> {
    let failed =
        |error: TenantError| AppError::Failed(format!("the demo application cannot be made: {error}"));
    let tenants = Tenants::new(Desk::new(store, vault, clock, chance, By::system()));
    let org = tenants.create_org("Demo", Plan::Enterprise).await.map_err(failed)?;
    let mut settings = Settings::everything_on();
    // Where examples/sign-in listens: security keys can be tried at once.
    for (key, value) in [("webauthn.rp_id", "localhost"), ("webauthn.origins", "http://localhost:3000")] {
        settings.set(key, value).map_err(|error| failed(error.into()))?;
    }
    let app = tenants.create_app(org.id, "Demo", settings).await.map_err(failed)?;
    tenants.create_key(app.id, Mode::Test, "first start", None).await.map_err(failed)
}

/// What the first start prints. The user is a magic one of test mode, whose code is always 424242, so that each line can
/// be pasted as it stands.
pub(super) fn first(config: &Config, key: &NewKey) -> String {
    let url = base(config);
    let secret = key.key.reveal();
    let app = key.record.scope.app;
    format!(
        r#"
Rift MFA is ready.

  API        {url}
  Guide      {url}/docs
  Reference  {url}/docs/api
  Dashboard  not in this version; set the demo application {app} up with `rift-mfa app set`
  Test key   {secret}
             (shown once; a new one: rift-mfa key create --app {app} --mode test)

Send a code, read it in the test inbox, verify it:

curl -X POST {url}/v1/mfa -H "Authorization: Bearer {secret}" -d "User=jane@test.rift.dev, Type=EMAIL"

curl "{url}/v1/test/inbox?User=jane@test.rift.dev" -H "Authorization: Bearer {secret}"

curl -X POST {url}/v1/mfa/verify -H "Authorization: Bearer {secret}" -d "User=jane@test.rift.dev, Type=EMAIL, Code=424242"

In test mode nothing leaves this machine. Any address works; only @test.rift.dev always gets the code 424242.
The key ring is {ring}: keep a copy of it, apart from the database.
"#,
        ring = config.keyring.file.display(),
    )
}

/// What later starts print.
pub(super) fn later(config: &Config, apps: &[crate::domain::tenant::Application]) -> String {
    let url = base(config);
    let mut text = format!(
        "Rift MFA is ready.\n\n  API        {url}\n  Guide      {url}/docs\n  Reference  {url}/docs/api\n"
    );
    match apps.iter().find(|app| app.deletion.is_none()) {
        None => {
            let _ = writeln!(
                text,
                "\nThere is no application yet: rift-mfa org create NAME, then rift-mfa app create NAME --org ID --enable all"
            );
        }
        Some(app) => {
            let _ = writeln!(text, "\nA new test key: rift-mfa key create --app {} --mode test", app.id);
        }
    }
    text
}

fn base(config: &Config) -> &str {
    config.http.public_url.as_str().trim_end_matches('/')
}
