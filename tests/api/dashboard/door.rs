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
}
