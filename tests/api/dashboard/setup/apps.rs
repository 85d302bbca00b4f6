//! Applications, the organization, methods, countries, security keys, the end.

use rift_mfa::domain::access::Role;
use rift_mfa::domain::challenge::MfaType;
use rift_mfa::domain::tenant::{Mode, Plan};

use super::later;
use crate::harness::on_both;

on_both! {
    async fn an_application_is_made_with_its_first_methods(app: TestApp) {
        let mut developer = app.signed_in(Role::Developer).await;
        let page = developer.post("/dashboard/applications", &[("name", "Shop"), ("method", "email"), ("method", "app")]).await;
        let page = page.leads_near("/dashboard/applications/app_");
        let id = page.location().trim_start_matches("/dashboard/applications/").split('?').next().unwrap().to_owned();
        let made = app.tenants.app(id.parse().unwrap()).await.unwrap();
        assert_eq!(made.name, "Shop");
        assert!(made.settings.allows(MfaType::Email) && made.settings.allows(MfaType::App) && !made.settings.allows(MfaType::Sms));
        developer.get("/dashboard/applications").await.ok().says(&["Shop", "Authenticator app", &id]);
    }

    async fn a_wrong_or_taken_name_is_told_beside_its_field(app: TestApp) {
        let mut owner = app.signed_in(Role::Owner).await;
        let long = "x".repeat(101);
        let page = owner.post("/dashboard/applications", &[("name", &long), ("method", "hsm")]).await.is(400);
        page.says(&["class=\"wrong\"", &long, "value=\"hsm\" checked"]);
        let taken = app.tenants.app(app.one.app).await.unwrap().name;
        let page = owner.post("/dashboard/applications", &[("name", &taken)]).await.is(409);
        page.says(&["of this name", &app.one.app.to_string()]);
    }

    async fn an_application_ends_after_a_second_look_and_comes_back(app: TestApp) {
        let mut owner = app.signed_in(Role::Owner).await;
        let now = app.at("/delete/now");
        owner.get(&app.at("/delete")).await.ok().says(&["7 days"]);
        later(&app, &owner);
        owner.get(&now).await.leads_near("/dashboard/confirm?next=");
        owner.post(&now, &[]).await.leads_near("/dashboard/confirm?next=");
        assert!(app.tenants.app(app.one.app).await.unwrap().deletion.is_none());

        let mut owner = app.signed_in(Role::Owner).await;
        owner.submit(&now, &[]).await.leads_to("/dashboard/applications?done=app_deleted");
        let page = owner.get("/dashboard/applications").await.ok();
        page.says(&["Deleted; erased after", "Restore"]);
        owner.get(&app.at("/delete")).await.ok().says(&["Restore the application"]);
        // What is deleted is shown, and not changed.
        owner.get(&app.at("/settings")).await.ok().says(&["disabled"]);
        owner.post(&app.at("/countries"), &[("country", "DE")]).await.is(409);
        owner.post(&app.at("/restore"), &[]).await.is(303);
        assert!(app.tenants.app(app.one.app).await.unwrap().deletion.is_none());
    }

    async fn a_method_is_switched_and_says_what_it_lacks(app: TestApp) {
        let mut developer = app.signed_in(Role::Developer).await;
        let path = app.at("/methods");
        for on in [false, true] {
            let value = if on { "true" } else { "false" };
            developer.post(&path, &[("method", "sms"), ("on", value)]).await.leads_to(&format!("{path}?done=saved#sms"));
            assert_eq!(app.tenants.app(app.one.app).await.unwrap().settings.allows(MfaType::Sms), on);
        }
        developer.post(&path, &[("method", "fax"), ("on", "true")]).await.is(404);
        let org = app.org().await;
        app.tenants.set_plan(org, Plan::Free).await.unwrap();
        let page = developer.get(&path).await.ok();
        page.says(&[
            "rift-mfa org set-plan", "DUAL needs enterprise", "No country is allowed yet", "Set a provider up",
            "RP id", "always on",
        ]);
    }

    async fn countries_are_ticked(app: TestApp) {
        let mut owner = app.signed_in(Role::Owner).await;
        let path = app.at("/countries");
        let tag = owner.get(&path).await.ok().field("tag").unwrap();
        let fields = [("tag", tag.as_str()), ("country", "DE"), ("country", "CH")];
        owner.post(&path, &fields).await.leads_to(&format!("{path}?done=saved"));
        let settings = app.tenants.app(app.one.app).await.unwrap().settings;
        assert!(settings.allows_country(Some("CH"), Mode::Live) && !settings.allows_country(Some("US"), Mode::Live));
        owner.get(&path).await.ok().says(&["2 countries are allowed", "value=\"DE\" checked"]);

        // Under the tag of before, somebody else's choice would go under.
        let page = owner.post(&path, &[("tag", &tag), ("country", "FR")]).await.is(412);
        page.says(&["Somebody else", "CH, DE", "value=\"FR\" checked"]);
        let tag = page.field("tag").unwrap();
        owner.post(&path, &[("tag", &tag), ("every", "on"), ("country", "FR")]).await.is(303);
        assert!(app.tenants.app(app.one.app).await.unwrap().settings.allows_country(Some("US"), Mode::Live));
        let tag = owner.get(&path).await.ok().field("tag").unwrap();
        owner.post(&path, &[("tag", &tag), ("country", "Germany")]).await.is(400).says(&["ISO 3166-1"]);
    }

    async fn a_relying_party_is_checked_before_it_is_kept(app: TestApp) {
        let mut owner = app.signed_in(Role::Owner).await;
        let path = app.at("/security-keys");
        let tag = owner.get(&path).await.ok().field("tag").unwrap();
        let wrong = [("tag", tag.as_str()), ("rp_id", "example.com"), ("origins", "https://example.org"), ("verification", "required")];
        let page = owner.post(&path, &wrong).await.is(400);
        page.says(&["class=\"wrong\"", "a browser there refuses it", "https://example.org", "value=\"required\" checked"]);
        let right = [("tag", tag.as_str()), ("rp_id", "Example.com"), ("origins", "https://login.example.com\r\nhttps://example.com"), ("verification", "required")];
        owner.post(&path, &right).await.leads_to(&format!("{path}?done=saved"));
        let settings = app.tenants.app(app.one.app).await.unwrap().settings;
        assert_eq!(settings.webauthn_rp_id(), Some("example.com"));
        assert_eq!(settings.webauthn_origins().len(), 2);
        owner.get(&path).await.ok().says(&["bound to example.com for good"]);
        owner.post(&path, &right).await.is(412).says(&["meanwhile"]);
    }

    async fn the_organization_has_another_name(app: TestApp) {
        let mut owner = app.signed_in(Role::Owner).await;
        owner.post("/dashboard/organization", &[("name", "Acme & Sons")]).await.is(303);
        owner.get("/dashboard/organization").await.ok().says(&["Acme &#38; Sons", "rift-mfa org set-plan"]);
        owner.post("/dashboard/organization", &[("name", " ")]).await.is(400).says(&["class=\"wrong\""]);
        let mut admin = app.signed_in(Role::Admin).await;
        assert_eq!(admin.get("/dashboard/organization").await.ok().forms(), 0);
        admin.post("/dashboard/organization", &[("name", "Mine")]).await.is(403);
    }
}
