//! What the first start says: addresses, the link by which the first owner comes in, a test key, and three commands to paste.

use std::fmt::Write as _;
use std::sync::Arc;

use super::AppError;
use crate::clock::{Chance, Clock};
use crate::config::Config;
use crate::domain::audit::By;
use crate::domain::link::LinkToken;
use crate::domain::policy::Settings;
use crate::domain::tenant::{Mode, Plan};
use crate::keyring::Vault;
use crate::service::{Access, Desk, NewKey, TenantError, Tenants};
use crate::store::Store;

/// What the first start makes.
pub(super) struct Demo {
    key: NewKey,
    link: Option<LinkToken>,
}

/// Makes the demo organization, its application, a test key, and the link of the first owner.
pub(super) async fn make_demo(
    store: Arc<dyn Store>,
    vault: Arc<Vault>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
) -> Result<Demo, AppError> {
    let failed =
        |error: TenantError| AppError::Failed(format!("the demo application cannot be made: {error}"));
    let desk = Desk::new(store, vault, clock, chance, By::system());
    let tenants = Tenants::new(desk.clone());
    let org = tenants.create_org("Demo", Plan::Enterprise).await.map_err(failed)?;
    let mut settings = Settings::everything_on();
    // Where examples/sign-in listens: security keys can be tried at once.
    for (key, value) in [("webauthn.rp_id", "localhost"), ("webauthn.origins", "http://localhost:3000")] {
        settings.set(key, value).map_err(|error| failed(error.into()))?;
    }
    let app = tenants.create_app(org.id, "Demo", settings).await.map_err(failed)?;
    let key = tenants.create_key(app.id, Mode::Test, "first start", None).await.map_err(failed)?;
    let link = Access::new(desk).first_link(org.id).await.map_err(failed)?;
    Ok(Demo { key, link })
}

/// What the first start prints. The user is a magic one of test mode, whose code is always 424242, so that each line can
/// be pasted as it stands.
pub(super) fn first(config: &Config, demo: &Demo) -> String {
    let url = base(config);
    let key = &demo.key;
    let sign_in = demo.link.as_ref().map_or_else(|| format!("{url}/dashboard"), |link| link.url(url));
    let secret = key.key.reveal();
    let app = key.record.scope.app;
    format!(
        r#"
Rift MFA is ready.

  API        {url}
  Guide      {url}/docs
  Reference  {url}/docs/api
  Dashboard  {url}/dashboard
  Sign in    {sign_in}
             (works once, for 7 days: the first owner gives an address, a name and a password there)
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
        "Rift MFA is ready.\n\n  API        {url}\n  Guide      {url}/docs\n  Reference  {url}/docs/api\n  \
         Dashboard  {url}/dashboard\n"
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
            let _ = writeln!(
                text,
                "A new link to sign in: rift-mfa member invite EMAIL --org {} --role owner",
                app.org
            );
        }
    }
    text
}

fn base(config: &Config) -> &str {
    config.http.public_url.as_str().trim_end_matches('/')
}
