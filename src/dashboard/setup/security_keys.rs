//! /dashboard/applications/{app}/security-keys: the relying party that security keys and passkeys are bound to.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Map, Value};

use super::place;
use super::settings::said;
use crate::dashboard::frame::{Act, Given, Here, PageError, Shell, Trouble, Visit, page_with, see_other};
use crate::domain::access::Permission;
use crate::domain::policy::{Settings, UserVerification};
use crate::domain::tenant::Application;
use crate::http::needs::{AppsRead, AppsWrite, Needs};
use crate::service::{Service, ServiceError};

const RP_ID: &str = "webauthn.rp_id";
const ORIGINS: &str = "webauthn.origins";
const VERIFICATION: &str = "webauthn.user_verification";

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/dashboard/applications/{app}/security-keys", get(show).post(save))
}

#[derive(Template)]
#[template(path = "dashboard/setup/security_keys.html")]
struct SecurityKeys {
    shell: Shell,
    action: String,
    methods: String,
    tag: String,
    on: bool,
    fields: Fields,
    /// The RP id that keys are bound to now, where there may be keys.
    bound: Option<String>,
    wrong: BTreeMap<&'static str, String>,
    trouble: Option<Trouble>,
    may_change: bool,
}

impl SecurityKeys {
    fn wrong(&self, key: &str) -> Option<&str> {
        self.wrong.get(key).map(String::as_str)
    }
}

struct Fields {
    rp_id: String,
    origins: String,
    required: bool,
}

impl Fields {
    fn of(settings: &Settings) -> Self {
        Self {
            rp_id: settings.webauthn_rp_id().unwrap_or_default().to_owned(),
            origins: settings.webauthn_origins().join("\n"),
            required: settings.webauthn_user_verification() == UserVerification::Required,
        }
    }

    fn typed(form: &Given) -> Self {
        Self {
            rp_id: form.text("rp_id").to_owned(),
            origins: form.text("origins").to_owned(),
            required: form.text("verification") == "required",
        }
    }

    fn changes(&self) -> Map<String, Value> {
        let origins: Vec<&str> =
            self.origins.split([',', '\n']).map(str::trim).filter(|o| !o.is_empty()).collect();
        let verification = if self.required { "required" } else { "preferred" };
        [
            (RP_ID.to_owned(), Value::from(self.rp_id.to_lowercase())),
            (ORIGINS.to_owned(), Value::from(origins)),
            (VERIFICATION.to_owned(), Value::from(verification)),
        ]
        .into_iter()
        .collect()
    }
}

/// What is wrong with which field; nothing where all of it is right.
fn check(settings: &Settings, changes: &Map<String, Value>) -> BTreeMap<&'static str, String> {
    let mut wrong = BTreeMap::new();
    let mut tried = settings.clone();
    for key in [RP_ID, ORIGINS, VERIFICATION] {
        let Some(value) = changes.get(key) else { continue };
        if let Err(error) = tried.set_json(key, value) {
            wrong.insert(key, said(&error));
        }
    }
    if wrong.is_empty()
        && let Err(error) = tried.agree()
    {
        wrong.insert(RP_ID, said(&error));
    }
    wrong
}

fn shown<S: Needs>(
    visit: &Visit<S>,
    app: &Application,
    fields: Fields,
    wrong: BTreeMap<&'static str, String>,
    trouble: Option<Trouble>,
) -> Result<Response, PageError> {
    let status = match &trouble {
        Some(trouble) => trouble.status,
        None if wrong.is_empty() => StatusCode::OK,
        None => StatusCode::BAD_REQUEST,
    };
    let shell = visit.shell(Here::SecurityKeys, Some(app));
    let shown = SecurityKeys {
        may_change: shell.may(Permission::AppsWrite) && app.deletion.is_none(),
        action: place(app, "security-keys"),
        methods: place(app, "methods"),
        tag: app.settings.tag(),
        on: app.settings.allows(crate::domain::challenge::MfaType::Hsm),
        fields,
        bound: app.settings.webauthn_rp_id().map(str::to_owned),
        wrong,
        trouble,
        shell,
    };
    page_with(status, &shown)
}

async fn show(Path(app): Path<String>, visit: Visit<AppsRead>) -> Result<Response, PageError> {
    let app = visit.app(&app).await?;
    shown(&visit, &app, Fields::of(&app.settings), BTreeMap::new(), None)
}

async fn save(Path(app): Path<String>, act: Act<AppsWrite>) -> Result<Response, PageError> {
    let app = act.app(&app).await?;
    let fields = Fields::typed(&act.form);
    let changes = fields.changes();
    let wrong = check(&app.settings, &changes);
    if !wrong.is_empty() {
        return shown(&act.visit, &app, fields, wrong, None);
    }
    let (id, tag) = (app.id.to_string(), act.form.text("tag").to_owned());
    let saved = act
        .run(move |_, manage| async move {
            manage.put_settings(&id, &changes, &Some(vec![tag]), true).await.map(|_| ())
        })
        .await;
    let error = match saved {
        Ok(()) => return Ok(see_other(&format!("{}?done=saved", place(&app, "security-keys")))),
        Err(error) => error,
    };
    let moved = matches!(error, ServiceError::PreconditionFailed);
    let mut trouble = Trouble::of(error)?;
    let app = act.app(&app.id.to_string()).await?;
    if moved {
        let now = Fields::of(&app.settings);
        trouble.message =
            "Somebody else changed the application's settings meanwhile. Nothing is saved yet.".into();
        trouble.fix = Some(format!(
            "What you typed stands below; save again to put it in place of theirs (domain: {}; origins: {}).",
            if now.rp_id.is_empty() { "none" } else { &now.rp_id },
            if now.origins.is_empty() { "none".to_owned() } else { now.origins.replace('\n', ", ") },
        ));
    }
    shown(&act.visit, &app, fields, BTreeMap::new(), Some(trouble))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(form: &[u8]) -> Vec<&'static str> {
        let fields = Fields::typed(&Given::parse(form));
        check(&Settings::default(), &fields.changes()).into_keys().collect()
    }

    #[test]
    fn what_a_browser_would_refuse_is_told_beside_its_field() {
        let good = b"rp_id=Example.com&origins=https%3A%2F%2Fexample.com%0D%0Ahttps%3A%2F%2Flogin.example.com%0D%0A&verification=required";
        assert_eq!(wrong(good), Vec::<&str>::new());
        assert_eq!(wrong(b"rp_id=not+a+domain&origins=nothing"), [ORIGINS, RP_ID]);
        assert_eq!(wrong(b"rp_id=example.com&origins=https%3A%2F%2Fexample.org"), [RP_ID]);
        assert_eq!(wrong(b""), Vec::<&str>::new());
    }
}
