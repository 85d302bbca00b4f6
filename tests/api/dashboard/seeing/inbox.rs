//! The test inbox, and the whole way tried by hand.

use rift_mfa::domain::access::Role;

use super::{HOSTILE, MARKUP, at};
use crate::harness::on_both;

on_both! {
    async fn the_inbox_is_empty_then_shows_each_message_whole(app: TestApp) {
        let mut viewer = app.signed_in(Role::Viewer).await;
        viewer.get(&at(&app, "/inbox")).await.ok().says(&["Nothing here yet"]);
        let code = app.start_email("jane@example.com").await;
        app.post("/v1/mfa", "User=+12125550123, Type=SMS").await.ok();
        let page = viewer.get(&at(&app, "/inbox")).await.ok();
        page.says(&["jane@example.com", &code, "+12125550123", "424242", "sandbox=\"\""]);
        let frame = page.between("src=\"/dashboard/applications/", "\"");
        let html = viewer.get(&format!("/dashboard/applications/{frame}")).await.ok();
        html.says(&[&code, "<html"]);
        let policy = html.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.ends_with("sandbox"), "{policy}");
        assert_eq!(html.header("cross-origin-opener-policy"), "unsafe-none", "a sandboxed frame shows no isolated page");
        assert!(!policy.contains("script-src"));
        let page = viewer.post(&at(&app, "/inbox"), &[("user", "+12125550123")]).await.ok();
        page.says(&["424242"]).keeps_quiet_about(&["jane@example.com"]);
        viewer.post(&at(&app, "/inbox"), &[("user", "jane@")]).await.is(400).says(&["role=\"alert\""]);
        for path in ["/inbox/nonsense/html", "/inbox/msg_01jd8zq5e8f0v9y7x6w5t4s3r2/html"] {
            viewer.get(&at(&app, path)).await.is(404);
        }
    }

    async fn the_whole_way_is_tried_by_hand(app: TestApp) {
        let mut developer = app.signed_in(Role::Developer).await;
        let jane = [("user", "jane@example.com"), ("type", "EMAIL")];
        let page = developer.post(&at(&app, "/inbox/start"), &jane).await.ok();
        page.says(&["POST /v1/mfa</code>", "badge ok\">200", "&#34;status&#34;: &#34;pending&#34;"]);
        let code = page.between("class=\"big-code\"", "<").split('>').next_back().unwrap().to_owned();
        let wrong = if code == "111111" { "222222" } else { "111111" };
        let page = developer.post(&at(&app, "/inbox/verify"), &[jane[0], jane[1], ("code", wrong)]).await.ok();
        page.says(&["badge bad\">401", "invalid_code", "The code is wrong."]);
        let page = developer.post(&at(&app, "/inbox/verify"), &[jane[0], jane[1], ("code", &code)]).await.ok();
        page.says(&["badge ok\">200", "&#34;status&#34;: &#34;approved&#34;"]);
        // The trace says that it was no key.
        let log = developer.get(&at(&app, "/log")).await.ok();
        let id = log.between("/log/mfa_", "\"");
        developer.get(&at(&app, &format!("/log/mfa_{id}"))).await.ok().says(&["a member, at the dashboard"]);
        let page = developer.post(&at(&app, "/inbox/start"), &[("user", "user-42"), ("type", "APP")]).await.ok();
        page.says(&["src=\"data:image/png;base64,"]);
    }

    async fn what_is_tried_is_text_and_an_error_is_told(app: TestApp) {
        let mut owner = app.signed_in(Role::Owner).await;
        for path in ["/inbox/start", "/inbox/verify", "/inbox"] {
            let page = owner.post(&at(&app, path), &[("user", HOSTILE), ("type", HOSTILE), ("code", HOSTILE)]).await;
            page.keeps_quiet_about(&MARKUP);
        }
        app.set(&[("methods.sms", "off")]).await;
        let page = owner.post(&at(&app, "/inbox/start"), &[("user", "+12125550123"), ("type", "SMS")]).await.ok();
        page.says(&["403", "method_disabled"]);
        owner.post(&at(&app, "/inbox/start"), &[]).await.ok().says(&["400", "missing_parameter"]);
    }
}
