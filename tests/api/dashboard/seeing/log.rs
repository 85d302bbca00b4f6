//! The log of challenges, and one of them as a line of what happened.

use rift_mfa::domain::access::Role;
use serde_json::json;

use super::{HOSTILE, MARKUP, at};
use crate::harness::on_both;

on_both! {
    async fn the_log_is_empty_then_follows_and_is_filtered(app: TestApp) {
        let mut viewer = app.signed_in(Role::Viewer).await;
        viewer.get(&at(&app, "/log")).await.ok().says(&["No challenges yet", "hx-trigger=\"every 3s\""]);
        let jane = app.start_email("jane@example.com").await;
        app.post("/v1/mfa", "User=john@example.com, Type=EMAIL, Reference=order-7").await.ok();
        app.verify("jane@example.com", "EMAIL", &jane).await.ok();
        let page = viewer.get(&at(&app, "/log")).await.ok();
        page.says(&["j•••@example.com", "approved", "pending", "order-7", "24 Nov 2026, 12:00:00"]);
        page.keeps_quiet_about(&["jane@example.com\"", ">jane@", "john@example.com"]);
        let rows = |html: &str| html.matches("class=\"badge ").count();
        for (query, many) in [
            ("?status=approved", 1), ("?type=EMAIL", 2), ("?type=SMS", 0), ("?reference=order-7", 1), ("?reference=order-8", 0),
            ("?from=2026-11-24T12:00", 2), ("?to=2026-11-24", 0), ("?status=&type=&reference=", 2), ("?mode=live", 0),
        ] {
            let page = viewer.get(&at(&app, &format!("/log{query}"))).await.ok();
            assert_eq!(rows(&page.html), many, "{query}");
        }
        for query in ["?type=TELEGRAM", "?status=lost", "?from=yesterday", "?starting_after=nobody"] {
            viewer.get(&at(&app, &format!("/log{query}"))).await.is(400).says(&["role=\"alert\""]);
        }
    }

    async fn a_contact_is_looked_for_by_a_form_and_stands_in_no_address(app: TestApp) {
        app.start_email("jane@example.com").await;
        app.start_email("john@example.com").await;
        let mut viewer = app.signed_in(Role::Viewer).await;
        let page = viewer.post(&at(&app, "/log?type=EMAIL"), &[("user", "JANE@example.com")]).await.ok();
        assert_eq!(page.html.matches("class=\"badge ").count(), 1);
        page.says(&["value=\"JANE@example.com\""]).keeps_quiet_about(&["user=JANE", "data-live"]);
        viewer.post(&at(&app, "/log"), &[("user", "nobody@example.com")]).await.ok().says(&["Nothing fits"]);
        viewer.post(&at(&app, "/log"), &[("user", "jane@")]).await.is(400).says(&["id=\"wrong-user\""]);
        // In an address it is not read.
        let page = viewer.get(&at(&app, "/log?user=jane@example.com")).await.ok();
        assert_eq!(page.html.matches("class=\"badge ").count(), 2);
        page.keeps_quiet_about(&["jane@example.com\""]);
    }

    async fn the_log_goes_on_with_older_ones(app: TestApp) {
        for n in 0..51 {
            app.post("/v1/mfa", &format!("User=user{n}@example.com, Type=EMAIL, Reference=r{n}")).await.ok();
            app.advance(1);
        }
        let mut viewer = app.signed_in(Role::Viewer).await;
        let page = viewer.get(&at(&app, "/log?type=EMAIL")).await.ok();
        page.says(&[">r50<", ">r1<"]).keeps_quiet_about(&[">r0<"]);
        let id = page.between("starting_after=", "\"");
        let page = viewer.get(&at(&app, &format!("/log?type=EMAIL&starting_after={id}"))).await.ok();
        page.says(&[">r0<", "stays as it is"]).keeps_quiet_about(&[">r1<", "data-live", "Older"]);
    }

    async fn a_trace_tells_who_asked_what_was_looked_at_and_each_step(app: TestApp) {
        let started = app.post("/v1/mfa", "User=bounce@test.rift.dev, Type=EMAIL").await.ok();
        let id = started["id"].as_str().unwrap().to_owned();
        app.deliver().await;
        app.verify("bounce@test.rift.dev", "EMAIL", "111111").await.fails(401, "invalid_code");
        let mut viewer = app.signed_in(Role::Viewer).await;
        let page = viewer.get(&at(&app, &format!("/log/{id}"))).await.ok();
        page.says(&[
            "Started: E-mail", "Asked by", "key_", "req_", "Messages in 10 minutes", "<b>0</b> of 5",
            "sandbox refused it", "E-mail: failed", "Check: invalid code", "The code was wrong.", "b•••@test.rift.dev",
        ]);
        page.keeps_quiet_about(&["bounce@", "111111", "424242"]);
        page.says(&["hx-trigger=\"every 3s\""]);
        app.advance(600);
        viewer.get(&at(&app, &format!("/log/{id}"))).await.ok()
            .says(&["Ended: expired"]).keeps_quiet_about(&["data-live"]);
        // The other mode and another application do not have it.
        viewer.get(&at(&app, &format!("/log/{id}?mode=live"))).await.is(404);
        viewer.get(&at(&app, "/log/nonsense")).await.is(404);
    }

    async fn words_of_others_are_text(app: TestApp) {
        let body = json!({"User": "jane@example.com", "Type": "EMAIL", "Reference": HOSTILE.replace(['\u{202e}'], "")});
        let started = app.post_json("/v1/mfa", &body).await;
        let mut owner = app.signed_in(Role::Owner).await;
        if started.status.as_u16() == 200 {
            let id = started.body["id"].as_str().unwrap().to_owned();
            for path in ["/log".to_owned(), format!("/log/{id}")] {
                owner.get(&at(&app, &path)).await.ok().keeps_quiet_about(&["<script>alert"]).says(&["&#60;script&#62;"]);
            }
        }
        for (name, value) in [("reference", HOSTILE), ("from", HOSTILE), ("user", HOSTILE), ("starting_after", HOSTILE)] {
            let page = owner.post(&at(&app, "/log"), &[(name, value)]).await;
            page.keeps_quiet_about(&MARKUP);
            let query = serde_urlencoded::to_string([(name, value)]).unwrap();
            owner.get(&at(&app, &format!("/log?{query}"))).await.keeps_quiet_about(&MARKUP);
        }
    }
}
