//! /dashboard/organization-keys: keys of the management API. To make, roll or revoke one a second factor is shown once more:
//! such a key can change everything that its scopes name.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use super::words::{Life, grace, life, lives, when};
use crate::dashboard::frame::{
    ActConfirmed, Given, Here, PageError, Shell, Trouble, Visit, VisitConfirmed, page, page_with, see_other,
};
use crate::domain::access::{Permission, Permissions};
use crate::http::needs::{Needs, OrgKeysRead, OrgKeysWrite};
use crate::service::Service;
use crate::service::manage::answers::OrgKeyView;

const LIST: &str = "/dashboard/organization-keys";

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route(LIST, get(list))
        .route("/dashboard/organization-keys/new", get(ask).post(create))
        .route("/dashboard/organization-keys/{key}/roll", get(ask_to_roll).post(roll))
        .route("/dashboard/organization-keys/{key}/revoke", get(ask_to_revoke).post(revoke))
}

#[derive(Template)]
#[template(path = "dashboard/setup/org_keys.html")]
struct OrgKeys {
    shell: Shell,
    active: Vec<Row>,
    ended: Vec<Row>,
    may_change: bool,
}

/// A key in the list.
struct Row {
    id: String,
    name: String,
    hint: String,
    scopes: Vec<&'static str>,
    state: &'static str,
    created: String,
    expires: Option<String>,
    used: Option<String>,
    /// Whether this member has all of its scopes: whoever rolls it is shown a key with them.
    rollable: bool,
}

#[derive(Template)]
#[template(path = "dashboard/setup/org_key_new.html")]
struct New {
    shell: Shell,
    name: String,
    groups: Vec<Group>,
    everything: Option<bool>,
    lives: Vec<Life>,
    trouble: Option<Trouble>,
}

/// The scopes of one thing.
struct Group {
    name: &'static str,
    about: &'static str,
    scopes: Vec<Scope>,
}

struct Scope {
    name: &'static str,
    verb: &'static str,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "dashboard/setup/org_key_made.html")]
struct Made {
    shell: Shell,
    name: String,
    secret: String,
    scopes: Vec<&'static str>,
    rolled: Option<String>,
    curl: String,
}

#[derive(Template)]
#[template(path = "dashboard/setup/org_key_act.html")]
struct KeyAct {
    shell: Shell,
    action: String,
    key: Row,
    rolls: bool,
    trouble: Option<Trouble>,
}

/// What each group of scopes is about.
const GROUPS: [(&str, &str, &str); 11] = [
    ("org", "Organization", "its name"),
    ("org_keys", "Organization keys", "keys like this one; only with scopes that it has itself"),
    ("apps", "Applications", "applications, settings, templates"),
    ("keys", "API keys", "the keys that send and check codes"),
    ("providers", "Providers", "accounts of your own that messages go through"),
    ("members", "Members", "who works with this organization"),
    ("users", "Users", "find, lock, unlock and erase your users, remove their factors"),
    ("challenges", "Challenges", "the log of what was sent and checked"),
    ("webhooks", "Webhooks", "endpoints, their deliveries, replay"),
    ("usage", "Usage", "figures"),
    ("audit", "Audit log", "who changed what"),
];

/// The scopes that may be given by one who has these, with those of them ticked that a form holds.
fn groups(own: &Permissions, ticked: &[&str]) -> Vec<Group> {
    let scopes = |area: &str| {
        let of_area = Permission::ALL.iter().filter(|scope| {
            scope.as_str().split_once(':').is_some_and(|(own, _)| own == area) && own.allow(**scope)
        });
        of_area
            .map(|scope| {
                let name = scope.as_str();
                let verb = if name.ends_with(":write") { "change" } else { "read" };
                Scope { name, verb, chosen: ticked.contains(&name) }
            })
            .collect::<Vec<_>>()
    };
    GROUPS
        .iter()
        .map(|(area, name, about)| Group { name, about, scopes: scopes(area) })
        .filter(|group| !group.scopes.is_empty())
        .collect()
}

fn row(key: &OrgKeyView, own: &Permissions) -> Row {
    let scopes = Permissions::new(key.scopes.iter().filter_map(|scope| scope.parse().ok()));
    Row {
        id: key.id.clone(),
        name: key.name.clone(),
        hint: key.hint.clone(),
        rollable: scopes.is_some_and(|scopes| own.lacks(&scopes).is_none()),
        scopes: key.scopes.clone(),
        state: key.state,
        created: when(&key.created_at),
        expires: key.expires_at.as_deref().map(when),
        used: key.last_used_at.as_deref().map(when),
    }
}

async fn list(visit: Visit<OrgKeysRead>) -> Result<Response, PageError> {
    let keys = visit.run(|_, manage| async move { manage.org_keys().await }).await?;
    let rows = keys.data.iter().rev().map(|key| row(key, visit.who.scopes()));
    let (active, ended): (Vec<_>, Vec<_>) = rows.partition(|row| row.state == "active");
    let shell = visit.shell(Here::OrgKeys, None);
    page(&OrgKeys { may_change: shell.may(Permission::OrgKeysWrite), active, ended, shell })
}

fn new_page<S: Needs, C>(
    visit: &Visit<S, C>,
    form: &Given,
    trouble: Option<Trouble>,
) -> Result<Response, PageError> {
    let own = visit.who.scopes();
    let ticked = form.all("scope");
    let status = trouble.as_ref().map_or(StatusCode::OK, |trouble| trouble.status);
    let shown = New {
        shell: visit.shell(Here::OrgKeys, None),
        name: form.raw("name").to_owned(),
        groups: groups(own, &ticked),
        everything: own.allow(Permission::Everything).then(|| ticked.contains(&"all")),
        // A key that never ends is a choice, not what happens to who does not look.
        lives: lives(if form.has("name") { form.text("life") } else { "90d" }),
        trouble,
    };
    page_with(status, &shown)
}

async fn ask(visit: VisitConfirmed<OrgKeysWrite>) -> Result<Response, PageError> {
    new_page(&visit, &Given::default(), None)
}

async fn create(act: ActConfirmed<OrgKeysWrite>) -> Result<Response, PageError> {
    let Ok(life) = life(act.form.text("life")) else {
        let trouble = Trouble::new("life", "Choose one of the times in the list.");
        return new_page(&act.visit, &act.form, Some(trouble));
    };
    let scopes = act.form.all("scope").into_iter().map(str::parse).collect::<Result<Vec<Permission>, _>>();
    let Some(scopes) = scopes.ok().and_then(Permissions::new) else {
        let trouble = Trouble::new("scopes", "Choose at least one scope: a key without any can do nothing.");
        return new_page(&act.visit, &act.form, Some(trouble));
    };
    let name = act.form.text("name").to_owned();
    match act.run(move |_, manage| async move { manage.create_org_key(&name, scopes, life).await }).await {
        Ok(made) => made_page(&act.visit, made, None),
        Err(error) => new_page(&act.visit, &act.form, Some(Trouble::of(error)?)),
    }
}

fn made_page<S: Needs, C>(
    visit: &Visit<S, C>,
    made: OrgKeyView,
    rolled: Option<String>,
) -> Result<Response, PageError> {
    let secret = made.secret.unwrap_or_default();
    let reads_apps = made.scopes.iter().any(|scope| ["all", "apps:read", "apps:write"].contains(scope));
    let what = if reads_apps { "apps" } else { "org" };
    let curl = format!(
        "curl {}/v1/manage/{what} \\\n  -H \"Authorization: Bearer {secret}\"",
        visit.service.public_url()
    );
    let shell = visit.shell(Here::OrgKeys, None);
    page(&Made { shell, name: made.name, secret, scopes: made.scopes, rolled, curl })
}

async fn ask_about<C>(
    visit: &Visit<OrgKeysWrite, C>,
    key: &str,
    rolls: bool,
    trouble: Option<Trouble>,
) -> Result<Response, PageError> {
    let id = key.to_owned();
    let key = visit.run(move |_, manage| async move { manage.org_key(&id).await }).await?;
    let key = row(&key, visit.who.scopes());
    if key.state != "active" || (rolls && !key.rollable) {
        return Ok(see_other(LIST));
    }
    let action = format!("{LIST}/{}/{}", key.id, if rolls { "roll" } else { "revoke" });
    let status = trouble.as_ref().map_or(StatusCode::OK, |trouble| trouble.status);
    page_with(status, &KeyAct { shell: visit.shell(Here::OrgKeys, None), action, key, rolls, trouble })
}

async fn ask_to_roll(
    Path(key): Path<String>,
    visit: VisitConfirmed<OrgKeysWrite>,
) -> Result<Response, PageError> {
    ask_about(&visit, &key, true, None).await
}

async fn ask_to_revoke(
    Path(key): Path<String>,
    visit: VisitConfirmed<OrgKeysWrite>,
) -> Result<Response, PageError> {
    ask_about(&visit, &key, false, None).await
}

async fn roll(Path(key): Path<String>, act: ActConfirmed<OrgKeysWrite>) -> Result<Response, PageError> {
    let Some((time, words)) = grace(act.form.text("grace")) else {
        let trouble = Trouble::new("grace", "Choose one of the times in the list.");
        return ask_about(&act.visit, &key, true, Some(trouble)).await;
    };
    let id = key.clone();
    match act.run(move |_, manage| async move { manage.roll_org_key(&id, time).await }).await {
        Ok(made) if time.is_zero() => {
            made_page(&act.visit, made, Some("The old key has stopped working.".to_owned()))
        }
        Ok(made) => made_page(&act.visit, made, Some(format!("The old key works for {words} more."))),
        Err(error) => ask_about(&act.visit, &key, true, Some(Trouble::of(error)?)).await,
    }
}

async fn revoke(Path(key): Path<String>, act: ActConfirmed<OrgKeysWrite>) -> Result<Response, PageError> {
    act.run(move |_, manage| async move { manage.revoke_org_key(&key).await.map(|_| ()) }).await?;
    Ok(see_other(&format!("{LIST}?done=key_revoked")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::access::Role;

    fn offered(own: &Permissions) -> Vec<&'static str> {
        groups(own, &[]).into_iter().flat_map(|group| group.scopes).map(|scope| scope.name).collect()
    }

    #[test]
    fn an_owner_is_offered_every_scope_and_nobody_one_that_he_lacks() {
        assert_eq!(offered(&Role::Owner.permissions()).len() + 1, Permission::ALL.len());
        for role in Role::ALL {
            let own = role.permissions();
            for scope in offered(&own) {
                assert!(own.allow(scope.parse().unwrap()), "{role} {scope}");
            }
        }
        assert!(!offered(&Role::Admin.permissions()).contains(&"org:write"));
    }

    #[test]
    fn what_was_ticked_stays_ticked() {
        let shown = groups(&Role::Owner.permissions(), &["users:read", "apps:write"]);
        let ticked: Vec<_> = shown
            .iter()
            .flat_map(|group| &group.scopes)
            .filter(|scope| scope.chosen)
            .map(|scope| scope.name)
            .collect();
        assert_eq!(ticked, ["apps:write", "users:read"]);
    }
}
