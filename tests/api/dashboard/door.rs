//! The door: what is shown to whoever comes.

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
}
