//! API keys and organization keys: shown once, rolled, revoked; live ones after a second look.

use rift_mfa::domain::access::Role;
use rift_mfa::domain::tenant::Mode;

use super::later;
use crate::dashboard::visitor::Page;
use crate::harness::on_both;

/// The secret of the one page that shows it.
fn secret(page: &Page) -> String {
    page.between("aria-label=\"The key\">", "<")
}

on_both! {
    async fn a_key_is_shown_once_works_and_ends(app: TestApp) {
        let mut developer = app.signed_in(Role::Developer).await;
        let path = app.at("/keys");
        let made = developer.submit(&path, &[("name", "checkout"), ("mode", "test"), ("life", "30d")]).await.ok();
        made.says(&["shown this once", "curl https://mfa.example/v1/mfa", "checkout"]);
        assert_eq!(made.header("cache-control"), "no-store");
        let key = secret(&made);
        assert!(key.starts_with("sk_test_"), "{key}");
        app.post_as(&key, "/v1/mfa", "User=jane@example.com, Type=EMAIL").await.ok();

        let list = developer.get(&path).await.ok();
        list.says(&["checkout"]).keeps_quiet_about(&[&key]);
        let kept = app.tenants.keys(Some(app.one.app)).await.unwrap();
        let kept = kept.iter().find(|kept| kept.name == "checkout").unwrap();
        assert_eq!(kept.created_at.until(kept.expires_at.unwrap()).as_secs(), 30 * 86_400);

        let roll = format!("{path}/{}/roll", kept.id);
        let rolled = developer.submit(&roll, &[("grace", "1h")]).await.ok();
        rolled.says(&["works for an hour more"]);
        let successor = secret(&rolled);
        assert_ne!(successor, key);
        let keys = app.tenants.keys(Some(app.one.app)).await.unwrap();
        let successor_id = keys.iter().find(|one| one.name == "checkout" && one.id != kept.id).unwrap().id;
        let revoke = format!("{path}/{successor_id}/revoke");
        developer.submit(&revoke, &[]).await.leads_to(&format!("{path}?done=key_revoked"));
        let list = developer.get(&path).await.ok();
        list.says(&["Keys that have ended", "revoked"]).keeps_quiet_about(&[&key, &successor]);
    }

    async fn wrong_fields_are_told_and_keep_what_was_typed(app: TestApp) {
        let mut owner = app.signed_in(Role::Owner).await;
        let path = app.at("/keys");
        let long = "x".repeat(101);
        owner.post(&path, &[("name", &long), ("mode", "test"), ("life", "7d")]).await.is(400).says(&["class=\"wrong\"", &long, "value=\"7d\" selected"]);
        owner.post(&path, &[("name", "a"), ("mode", "test"), ("life", "5y")]).await.is(400).says(&["Choose one of the times"]);
    }

    async fn a_developer_has_no_hand_in_live_keys(app: TestApp) {
        let mut developer = app.signed_in(Role::Developer).await;
        let path = app.at("/keys");
        developer.get(&path).await.ok().keeps_quiet_about(&["value=\"live\""]);
        developer.post(&path, &[("mode", "live"), ("life", "")]).await.is(403);
        let keys = app.tenants.keys(Some(app.one.app)).await.unwrap();
        let live = keys.iter().find(|key| key.scope.mode == Mode::Live).unwrap();
        developer.post(&format!("{path}/{}/revoke", live.id), &[]).await.is(403);
        developer.post(&format!("{path}/{}/roll", live.id), &[("grace", "0")]).await.is(403);
        assert_eq!(app.tenants.keys(Some(app.one.app)).await.unwrap().len(), keys.len());
    }

    async fn a_live_key_ends_after_a_second_look(app: TestApp) {
        let mut admin = app.signed_in(Role::Admin).await;
        let keys = app.tenants.keys(Some(app.one.app)).await.unwrap();
        let of = |mode| keys.iter().find(|key| key.scope.mode == mode).unwrap().id;
        let (live, test) = (of(Mode::Live), of(Mode::Test));
        later(&app, &admin);
        let path = |id, what: &str| format!("{}/{id}/{what}", app.at("/keys"));
        for what in ["roll", "revoke"] {
            admin.get(&path(live, what)).await.leads_near("/dashboard/confirm?next=");
            admin.post(&path(live, what), &[("grace", "0")]).await.leads_near("/dashboard/confirm?next=");
            admin.get(&path(test, what)).await.ok();
        }
        let mut admin = app.signed_in(Role::Admin).await;
        admin.submit(&path(live, "revoke"), &[]).await.is(303);
        assert!(app.tenants.key(live).await.unwrap().revoked_at.is_some());
    }

    async fn an_organization_key_has_the_scopes_that_were_ticked(app: TestApp) {
        let mut owner = app.signed_in(Role::Owner).await;
        owner.get("/dashboard/organization-keys").await.ok().says(&["No key that works"]);
        let new = "/dashboard/organization-keys/new";
        owner.post(new, &[("name", "terraform"), ("life", "90d")]).await.is(400).says(&["at least one scope", "terraform"]);
        let fields = [("name", "terraform"), ("life", "90d"), ("scope", "apps:write"), ("scope", "keys:read")];
        let made = owner.submit(new, &fields).await.ok();
        let key = secret(&made);
        assert!(key.starts_with("rk_"), "{key}");
        app.shown(&key, "/v1/manage/apps").await;
        app.manage(&key, "GET", "/v1/manage/members", None).await.fails(403, "scope_required");
        let list = owner.get("/dashboard/organization-keys").await.ok();
        list.says(&["terraform", "apps:write"]).keeps_quiet_about(&[&key]);
        let act = |list: &Page, what: &str| {
            let id = list.between("/dashboard/organization-keys/ork_", "/");
            format!("/dashboard/organization-keys/ork_{id}/{what}")
        };
        owner.submit(&act(&list, "roll"), &[("grace", "0")]).await.ok().says(&["has stopped working"]);
        owner.get(&act(&list, "revoke")).await.leads_to("/dashboard/organization-keys");
        let list = owner.get("/dashboard/organization-keys").await.ok();
        owner.submit(&act(&list, "revoke"), &[]).await.is(303);
        owner.get("/dashboard/organization-keys").await.ok().says(&["No key that works", "Keys that have ended"]);
        later(&app, &owner);
        owner.get(new).await.leads_near("/dashboard/confirm?next=");
    }

    async fn an_admin_gives_no_scope_that_he_lacks(app: TestApp) {
        let mut admin = app.signed_in(Role::Admin).await;
        let new = "/dashboard/organization-keys/new";
        admin.get(new).await.ok().keeps_quiet_about(&["value=\"all\"", "value=\"org:write\""]);
        for scope in ["all", "org:write"] {
            admin.post(new, &[("name", "more"), ("life", ""), ("scope", scope)]).await.is(403);
        }
    }
}
