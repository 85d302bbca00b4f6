//! Where messages may go, and how many to one country.

use std::sync::Arc;

use rift_mfa::domain::message::Channel;

use super::told;
use crate::harness::scripted::Scripted;
use crate::harness::{TestApp, on_both, post, send, snapshot};

const GERMAN: &str = "+4915112345678";
const AMERICAN: &str = "+14155552671";

/// Live mode, with a provider for each channel.
fn live(app: TestApp) -> TestApp {
    let one = Scripted::new("scripted");
    let list: [&Arc<Scripted>; 1] = [&one];
    app.with_channels(&Channel::ALL.map(|channel| (channel, &list[..])), Vec::new())
}

async fn text(app: &TestApp, number: &str) -> crate::harness::Answer {
    app.post("/v1/mfa", &format!("User={number}, Type=SMS")).await
}

on_both! {
    async fn live_mode_sends_nowhere_until_it_is_said(app: TestApp) {
        let app = live(app);
        let blocked = text(&app, GERMAN).await;
        blocked.fails(403, "destination_blocked");
        let told = told(&blocked);
        let fix = told["error"]["fix"].as_str().unwrap();
        assert!(fix.contains("countries=DE") && told["error"]["param"] == "User", "{told:#}");
        app.set(&[("countries", "DE,AT")]).await;
        text(&app, GERMAN).await.ok();
        text(&app, AMERICAN).await.fails(403, "destination_blocked");
        app.set(&[("countries", "*")]).await;
        text(&app, AMERICAN).await.ok();
    }

    async fn test_mode_sends_everywhere_until_a_list_is_made(app: TestApp) {
        text(&app, GERMAN).await.ok();
        app.set(&[("countries", "US")]).await;
        app.advance(30);
        let blocked = text(&app, GERMAN).await;
        blocked.fails(403, "destination_blocked");
        let mut body = told(&blocked);
        body["error"]["fix"] = body["error"]["fix"].as_str().unwrap().replace(&app.one.app.to_string(), "app_…").into();
        snapshot!("start_destination_blocked", body);
        for (user, kind) in [(GERMAN, "WHATSAPP"), (GERMAN, "PHONE"), ("jane@example.com:+4915112345678", "DUAL")] {
            app.post("/v1/mfa", &format!("User={user}, Type={kind}")).await.fails(403, "destination_blocked");
        }
        for (user, kind) in [(GERMAN, "SMS"), (GERMAN, "WHATSAPP"), ("jane@example.com:+4915112345678", "DUAL")] {
            app.post("/v1/mfa/backup", &format!("User={user}, Type={kind}")).await.fails(403, "destination_blocked");
        }
        text(&app, AMERICAN).await.ok();
        app.post("/v1/mfa", "User=jane@example.com, Type=EMAIL").await.ok();
    }

    async fn a_code_that_was_sent_verifies_whatever_the_list_says_since(app: TestApp) {
        text(&app, GERMAN).await.ok();
        app.set(&[("countries", "US")]).await;
        let code = app.last_code(GERMAN).await;
        app.verify(GERMAN, "PHONE", &code).await.ok();
    }

    async fn the_country_comes_before_the_provider_and_after_the_method(app: TestApp) {
        let live_key = app.one.live_key.clone();
        let body = format!("User={GERMAN}, Type=SMS");
        app.post_as(&live_key, "/v1/mfa", &body).await.fails(403, "destination_blocked");
        app.set(&[("countries", "*")]).await;
        app.post_as(&live_key, "/v1/mfa", &body).await.fails(503, "provider_not_configured");
        app.set(&[("countries", ""), ("methods.sms", "off")]).await;
        app.post_as(&live_key, "/v1/mfa", &body).await.fails(403, "method_disabled");
    }

    async fn numbers_that_earn_their_owner_money_get_nothing(app: TestApp) {
        let app = live(app);
        app.set(&[("countries", "*")]).await;
        for (user, kind) in [("+19005551234", "PHONE"), ("+449098790000", "SMS"), ("jane@example.com:+33899123456", "DUAL")] {
            app.post("/v1/mfa", &format!("User={user}, Type={kind}")).await.fails(403, "destination_blocked");
        }
        app.post("/v1/mfa/backup", "User=+19005551234, Type=SMS").await.fails(403, "destination_blocked");
    }

    async fn a_country_has_its_hourly_number_in_live_mode(app: TestApp) {
        let app = live(app);
        app.set(&[("countries", "*"), ("phone.sends_per_hour", "2")]).await;
        text(&app, "+4915112345671").await.ok();
        app.post("/v1/mfa", "User=+4915112345672, Type=PHONE").await.ok();
        let full = text(&app, "+4915112345673").await;
        full.fails(429, "too_many_sends");
        assert!((3600..=3660).contains(&full.retry_after().unwrap()), "{:?}", full.retry_after());
        app.post("/v1/mfa", "User=jane@example.com:+4915112345673, Type=DUAL").await.fails(429, "too_many_sends");
        app.post("/v1/mfa/backup", "User=+4915112345673, Type=SMS").await.fails(429, "too_many_sends");
        // Another country, another application, test mode and mails do not count in it.
        text(&app, AMERICAN).await.ok();
        app.post("/v1/mfa", "User=jane@example.com, Type=EMAIL").await.ok();
        app.post_as(&app.one.test_key, "/v1/mfa", "User=+4915112345673, Type=SMS").await.ok();
        // What was refused was not counted, neither there nor for the user.
        app.advance(full.retry_after().unwrap());
        text(&app, "+4915112345673").await.ok();
    }

    async fn a_channel_that_stands_by_counts_in_the_hour_as_well(app: TestApp) {
        let app = live(app);
        app.set(&[("countries", "*"), ("phone.sends_per_hour", "5"), ("sms.fallback", "whatsapp,voice")]).await;
        text(&app, "+4915112345671").await.ok();
        text(&app, "+4915112345672").await.fails(429, "too_many_sends");
        // WhatsApp and calls that were asked for have nothing that stands by.
        for n in 3..5 {
            app.post("/v1/mfa", &format!("User=+491511234567{n}, Type=WHATSAPP")).await.ok();
        }
        app.post("/v1/mfa", "User=+4915112345675, Type=WHATSAPP").await.fails(429, "too_many_sends");
        // One start is always allowed in an empty hour.
        app.set(&[("phone.sends_per_hour", "1")]).await;
        text(&app, AMERICAN).await.ok();
    }

    async fn the_hourly_number_is_exact_from_many_sides_at_once(app: TestApp) {
        let app = live(app);
        app.set(&[("countries", "*"), ("phone.sends_per_hour", "5")]).await;
        let starts = (0..20).map(|n| {
            let body = format!("User=+49151123456{n:02}, Type=SMS");
            send(app.router(), post("/v1/mfa", &app.key, "application/x-www-form-urlencoded", &body))
        });
        let answers = futures_util::future::join_all(starts).await;
        let sent = answers.iter().filter(|answer| answer.status == 200).count();
        let full = answers.iter().filter(|answer| answer.code() == "too_many_sends").count();
        assert_eq!((sent, full), (5, 15), "{answers:#?}");
    }
}
