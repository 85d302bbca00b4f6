//! Types that a plan or a tenant's switch leaves out.

use rift_mfa::domain::tenant::Plan;

use super::told;
use crate::harness::{TestApp, on_both, snapshot};

async fn on_plan(app: &TestApp, plan: Plan) {
    let org = app.tenants.app(app.one.app).await.expect("the application").org;
    app.tenants.set_plan(org, plan).await.expect("the plan is taken");
    app.service.keys().forget();
}

on_both! {
    async fn dual_needs_the_plan_enterprise(app: TestApp) {
        for plan in [Plan::Free, Plan::Pro] {
            on_plan(&app, plan).await;
            let refused = app.post("/v1/mfa", "User=jane@example.com:+14155552671, Type=DUAL").await;
            refused.fails(403, "plan_required");
            snapshot!("start_plan_required", told(&refused));
        }
        for path in ["/v1/mfa/backup", "/v1/mfa/verify"] {
            let code = if path.ends_with("verify") { ", Code=123456" } else { "" };
            let body = format!("User=jane@example.com:+14155552671, Type=DUAL{code}");
            app.post(path, &body).await.fails(403, "plan_required");
        }
        on_plan(&app, Plan::Enterprise).await;
        app.post("/v1/mfa", "User=jane@example.com:+14155552671, Type=DUAL").await.ok();
    }

    async fn the_form_of_a_field_is_told_before_the_plan(app: TestApp) {
        on_plan(&app, Plan::Free).await;
        app.post("/v1/mfa", "User=jane@example.com, Type=DUAL").await.fails(400, "invalid_user");
    }

    async fn a_type_that_is_switched_off_is_refused_with_the_settings_address(app: TestApp) {
        app.set(&[("methods.email", "off")]).await;
        let refused = app.post("/v1/mfa", "User=jane@example.com, Type=EMAIL").await;
        refused.fails(403, "method_disabled");
        let fix = refused.body["error"]["fix"].as_str().unwrap().to_owned();
        let address = format!("https://mfa.example/dashboard/applications/{}/methods", app.one.app);
        assert!(fix.contains(&address), "{fix}");
        snapshot!("start_method_disabled", told(&refused));
    }

    async fn a_switch_holds_for_verify_and_backup_and_for_no_other_type(app: TestApp) {
        let code = app.start_email("jane@example.com").await;
        app.set(&[("methods.email", "off")]).await;
        app.verify("jane@example.com", "EMAIL", &code).await.fails(403, "method_disabled");
        app.post("/v1/mfa/backup", "User=jane@example.com, Type=EMAIL").await.fails(403, "method_disabled");
        app.post("/v1/mfa", "User=jane@example.com, Type=APP").await.ok();
        app.set(&[("methods.app", "off")]).await;
        app.post("/v1/mfa", "User=jane@example.com, Type=APP").await.fails(403, "method_disabled");
        app.verify("jane@example.com", "APP", "123456").await.fails(403, "method_disabled");
    }

    async fn a_switch_of_one_application_leaves_the_other_alone(app: TestApp) {
        app.set(&[("methods.email", "off")]).await;
        let other = app.other.test_key.clone();
        app.post_as(&other, "/v1/mfa", "User=jane@example.com, Type=EMAIL").await.ok();
    }
}
