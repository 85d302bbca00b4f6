//! The overview: three steps, then figures and charts.

use rift_mfa::domain::access::Role;

use super::at;
use crate::harness::on_both;

on_both! {
    async fn a_new_application_shows_its_next_steps_and_ticks_what_is_done(app: TestApp) {
        let mut owner = app.signed_in(Role::Owner).await;
        app.set(&[("methods.email", "off"), ("methods.sms", "off"), ("methods.whatsapp", "off"), ("methods.phone", "off"),
                  ("methods.app", "off"), ("methods.dual", "off"), ("methods.hsm", "off")]).await;
        let page = owner.get(&at(&app, "")).await.ok();
        page.says(&["Choose methods", "/v1/mfa", "$RIFT_KEY", "sk_test_"]).keeps_quiet_about(&["<svg class=\"marks\""]);
        assert_eq!(page.html.matches("class=\"card step done\"").count(), 1, "there is a key, and no method");
        app.set(&[("methods.sms", "on")]).await;
        let page = owner.get(&at(&app, "")).await.ok();
        assert_eq!(page.html.matches("class=\"card step done\"").count(), 2);
        page.says(&["Type=SMS", "+12125550123", "Code=424242", "SMS is on"]);
        // Started, and not verified yet: the figures come, and the third step stays.
        app.post("/v1/mfa", "User=+12125550123, Type=SMS").await.ok();
        let page = owner.get(&at(&app, "")).await.ok();
        page.says(&["class=\"card step", "Sends", "<svg class=\"marks\"", "United States"]);
        app.post("/v1/mfa/verify", "User=+12125550123, Type=SMS, Code=424242").await.ok();
        owner.get(&at(&app, "")).await.ok().keeps_quiet_about(&["class=\"card step"]).says(&["Verified"]);
        let mut viewer = app.signed_in(Role::Viewer).await;
        viewer.get(&at(&app, "?mode=live")).await.ok().says(&["No message was started in this time."]);
    }

    async fn figures_of_the_running_hour_are_in_their_charts_and_tables(app: TestApp) {
        for user in ["jane", "john", "kim"] {
            app.post("/v1/mfa", &format!("User={user}@test.rift.dev, Type=EMAIL")).await.ok();
        }
        app.verify("jane@test.rift.dev", "EMAIL", "424242").await.ok();
        app.verify("john@test.rift.dev", "EMAIL", "111111").await.fails(401, "invalid_code");
        for _ in 0..10 {
            app.verify("mallory@test.rift.dev", "EMAIL", "111111").await;
        }
        let mut owner = app.signed_in(Role::Owner).await;
        for range in ["24h", "7d", "30d", "90d", "nonsense"] {
            let page = owner.get(&at(&app, &format!("?range={range}"))).await.ok();
            let tile = |name: &str| page.between(&format!("<span class=\"name\">{name}</span><span class=\"value\">"), "<");
            assert_eq!([tile("Sends"), tile("Verified"), tile("Wrong codes"), tile("Conversion")], ["3", "1", "1", "33%"], "{range}");
            assert_eq!([tile("Locked now"), tile("Locks")], ["1", "1"], "{range}");
            page.says(&["<rect class=\"column c1\"", "Sends in numbers", "24 Nov"]).keeps_quiet_about(&["style="]);
        }
        // Once more when the hour is closed.
        app.advance(2 * 3600);
        while app.store.close_hour(rift_mfa::clock::Clock::now(&*app.clock)).await.unwrap().is_some() {}
        let mut owner = app.signed_in(Role::Owner).await;
        let page = owner.get(&at(&app, "?range=24h")).await.ok();
        page.says(&["<span class=\"name\">Sends</span><span class=\"value\">3</span>"]);
        page.says(&["<span class=\"name\">Locked now</span><span class=\"value\">0</span>"]);
    }
}
