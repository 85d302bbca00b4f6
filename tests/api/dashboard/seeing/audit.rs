//! The audit log: in pages, filtered, and as a file.

use rift_mfa::domain::access::Role;

use super::{HOSTILE, MARKUP};
use crate::harness::on_both;

on_both! {
    async fn lines_are_shown_with_old_and_new_values_and_found_by_filters(app: TestApp) {
        let key = app.owner("apps:write").await;
        let path = format!("/v1/manage/apps/{}", app.one.app);
        let body = serde_json::json!({"name": format!("Shop {HOSTILE}").replace('\u{202e}', "")});
        let renamed = app.manage(&key.key, "PATCH", &path, Some(&body)).await;
        assert_eq!(renamed.status.as_u16(), 200, "{renamed:?}");
        let mut owner = app.signed_in(Role::Owner).await;
        let page = owner.get("/dashboard/audit").await.ok();
        page.says(&["app.renamed", "<del>", "<ins>", "&#60;script&#62;", "org key"]).keeps_quiet_about(&["<script>alert"]);
        let lines = |html: &str| html.matches("<time datetime=").count();
        let all = lines(&page.html);
        for (query, fits) in [
            ("?action=app.renamed", 1), ("?action=nothing", 0), (&*format!("?app={}&action=app.renamed", app.one.app), 1),
            ("?to=2020-01-01", 0), ("?from=2020-01-01T00:00", all), ("?actor=nobody", 0),
        ] {
            assert_eq!(lines(&owner.get(&format!("/dashboard/audit{query}")).await.ok().html), fits, "{query}");
        }
        for query in ["?from=yesterday", "?app=nonsense", "?starting_after=nobody"] {
            let page = owner.get(&format!("/dashboard/audit{query}")).await;
            assert!(page.status.is_client_error(), "{query}");
        }
        for name in ["actor", "action", "app", "from", "target"] {
            let query = serde_urlencoded::to_string([(name, HOSTILE)]).unwrap();
            owner.get(&format!("/dashboard/audit?{query}")).await.keeps_quiet_about(&MARKUP);
        }
        owner.get("/dashboard/audit?action=nothing").await.ok().says(&["Nothing fits"]);
    }

    async fn the_log_is_exported_with_its_filters(app: TestApp) {
        let mut admin = app.signed_in(Role::Admin).await;
        let csv = admin.get("/dashboard/audit/export?format=csv").await.ok();
        assert!(csv.header("content-type").starts_with("text/csv"));
        assert!(csv.html.starts_with("seq,id,at,") && csv.html.lines().count() > 1);
        let lines = admin.get("/dashboard/audit/export?format=jsonl&action=org.created").await.ok();
        assert_eq!(lines.header("content-disposition"), "attachment; filename=\"audit.jsonl\"");
        for line in lines.html.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(line["action"], "org.created");
        }
        admin.get("/dashboard/audit/export?from=yesterday").await.is(400);
    }
}
