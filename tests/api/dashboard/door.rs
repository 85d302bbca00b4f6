//! The door: what is shown to whoever comes.

use rift_mfa::domain::access::Role;

use super::visitor::SESSION;
use crate::harness::on_both;

on_both! {
    async fn who_is_not_signed_in_is_led_to_the_door_and_back_again(app: TestApp) {
        let mut visitor = app.visitor();
        visitor.get("/dashboard/account").await.leads_to("/dashboard/sign-in?next=%2Fdashboard%2Faccount");
        let page = visitor.get("/dashboard/sign-in?next=%2Fdashboard%2Faccount").await.ok();
        assert_eq!(page.field("next").as_deref(), Some("/dashboard/account"));
        assert!(!visitor.csrf().is_empty());
    }

    async fn the_door_leads_nowhere_else(app: TestApp) {
        let mut visitor = app.visitor();
        for next in [
            "//evil.example", "/\\evil.example", "https://evil.example", "/dashboard/../../x", "/\t/evil.example",
            "javascript:alert(1)", "\\\\evil.example", "/dashboard/..//evil.example", "///evil.example",
        ] {
            let query = serde_urlencoded::to_string([("next", next)]).unwrap();
            let page = visitor.get(&format!("/dashboard/sign-in?{query}")).await.ok();
            assert_eq!(page.field("next").as_deref(), Some("/dashboard"), "{next}");
            page.keeps_quiet_about(&["evil"]);
        }
    }

    async fn a_member_is_at_the_own_account_and_a_half_session_is_not(app: TestApp) {
        let mut owner = app.signed_in(Role::Owner).await;
        let email = owner.member.as_ref().unwrap().email.clone();
        owner.get("/dashboard/account").await.ok().says(&[&email, "Acme"]);
        let mut half = app.half_signed_in(Role::Owner).await;
        half.get("/dashboard/account").await.leads_to("/dashboard/sign-in/second");
        half.get("/dashboard/setup").await.ok();
        owner.post("/dashboard/sign-out", &[]).await.is(303);
        assert_eq!(owner.cookie(SESSION), None);
        owner.get("/dashboard/account").await.is(303);
    }

    async fn the_first_owner_comes_in_by_the_link_and_gets_a_new_token_at_each_step(app: TestApp) {
        let org = app.tenants.create_org("New", rift_mfa::domain::tenant::Plan::Free).await.unwrap().id;
        let link = app.access().first_link(org).await.unwrap().unwrap().url("");
        let mut ada = app.visitor();
        // A token that somebody else planted in the browser is worth nothing, and is not taken over.
        let planted = "A".repeat(43);
        ada.set_cookie(SESSION, Some(&planted));
        for _ in 0..3 {
            ada.get(&link).await.ok().says(&["New"]);
        }
        let fields = [("email", "ada@example.com"), ("name", "Ada"), ("password", "seven green kettles sing")];
        ada.submit(&link, &fields).await.leads_to("/dashboard/setup");
        let half = ada.cookie(SESSION).unwrap().to_owned();
        assert_ne!(half, planted);
        ada.submit("/dashboard/setup", &[]).await.is(405);
        let shown = ada.post("/dashboard/setup/app", &[]).await.ok();
        let (id, secret) = (shown.field("id").unwrap(), shown.between("id=\"secret\">", "<"));
        let wrong = ada.post("/dashboard/setup/app/confirm", &[("id", &id), ("code", "000000")]).await;
        assert!(wrong.status.is_client_error() && ada.cookie(SESSION) == Some(&half), "{}", wrong.html);
        let code = app.totp(&secret, 0);
        ada.post("/dashboard/setup/app/confirm", &[("id", &id), ("code", &code)]).await.is(303);
        let full = ada.cookie(SESSION).unwrap().to_owned();
        assert_ne!(full, half);
        ada.get("/dashboard/account").await.ok().says(&["ada@example.com"]);
        // The token of the step before opens nothing any more, and the link is used up.
        let mut old = app.visitor();
        for dead in [&half, &planted] {
            old.set_cookie(SESSION, Some(dead));
            old.get("/dashboard/account").await.is(303);
        }
        app.visitor().get(&link).await.is(404);

        ada.post("/dashboard/sign-out", &[]).await.is(303);
        old.set_cookie(SESSION, Some(&full));
        old.get("/dashboard/account").await.leads_to("/dashboard/sign-in?next=%2Fdashboard%2Faccount");
        ada.get("/dashboard/sign-in").await.ok();
        let fields = [("email", "ada@example.com"), ("password", "seven green kettles sing"), ("next", "//evil.example")];
        ada.post("/dashboard/sign-in", &fields).await.leads_to("/dashboard/sign-in/second?next=%2Fdashboard");
        app.advance(30);
        ada.submit("/dashboard/sign-in/second", &[("code", &app.totp(&secret, 0)), ("next", "/\\evil.example")]).await
            .leads_to("/dashboard");
        let again = ada.cookie(SESSION).unwrap().to_owned();
        assert!(again != full && again != half);

        let mut names = std::collections::BTreeSet::new();
        for set in &ada.set_cookies {
            let (name, _) = set.split_once('=').unwrap();
            names.insert(name.to_owned());
            let attributes: Vec<_> = set.split("; ").skip(1).collect();
            for attribute in ["Path=/", "Secure", "HttpOnly"] {
                assert!(attributes.contains(&attribute), "{set}");
            }
            let same_site = if name == SESSION { "SameSite=Lax" } else { "SameSite=Strict" };
            assert!(attributes.contains(&same_site) && !set.contains("Domain"), "{set}");
        }
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["__Host-rift-form", SESSION]);
    }
}
