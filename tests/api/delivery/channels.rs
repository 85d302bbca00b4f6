//! One code by several channels, one after the other.

use std::sync::Arc;

use rift_mfa::domain::message::Channel;
use rift_mfa::providers::Outcome;
use serde_json::{Value, json};

use super::late::payloads;
use crate::harness::scripted::Scripted;
use crate::harness::{TestApp, on_both};

const NUMBER: &str = "+14155552671";

/// A node with one provider for each channel of a number.
struct Ways {
    app: TestApp,
    sms: Arc<Scripted>,
    whatsapp: Arc<Scripted>,
    voice: Arc<Scripted>,
}

async fn ways(app: TestApp) -> Ways {
    let (sms, whatsapp, voice) = (Scripted::new("sms"), Scripted::new("whatsapp"), Scripted::new("voice"));
    let mail = Scripted::new("mail");
    let app = app.with_channels(
        &[
            (Channel::Email, &[&mail]),
            (Channel::Sms, &[&sms]),
            (Channel::Whatsapp, &[&whatsapp]),
            (Channel::Voice, &[&voice]),
        ],
        Vec::new(),
    );
    let settings =
        [("countries", "*"), ("sms.fallback", r#"["whatsapp", "voice"]"#), ("sms.fallback_after", "20s")];
    app.set(&settings).await;
    Ways { app, sms, whatsapp, voice }
}

impl Ways {
    async fn start(&mut self) -> String {
        let started = self.app.post("/v1/mfa", &format!("User={NUMBER}, Type=SMS")).await.ok();
        assert_eq!(started["deliveries"].as_array().unwrap().len(), 1, "what stands by is not sent yet");
        self.app.deliver().await;
        started["id"].as_str().unwrap().to_owned()
    }

    /// Channel, status and reason of each message.
    async fn told(&self, id: &str) -> Vec<(String, String, String)> {
        let trace = self.app.get(&format!("/v1/mfa/{id}")).await.ok();
        let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
        let rows = trace["deliveries"].as_array().unwrap();
        rows.iter().map(|row| (text(row, "channel"), text(row, "status"), text(row, "reason"))).collect()
    }

    async fn tells(&self, id: &str, expected: [(&str, &str, &str); 3]) {
        let told = self.told(id).await;
        let told: Vec<_> = told.iter().map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str())).collect();
        assert_eq!(told, expected);
    }

    fn counts(&self) -> (usize, usize, usize) {
        (self.sms.given().len(), self.whatsapp.given().len(), self.voice.given().len())
    }
}

on_both! {
    async fn a_refused_text_goes_on_at_once_with_the_same_code(app: TestApp) {
        let mut ways = ways(app).await;
        ways.sms.then(Outcome::refused("21614", "Not a mobile."));
        let id = ways.start().await;
        // The courier hears of it at once; the test's asks by itself.
        ways.app.deliver().await;
        assert_eq!(ways.counts(), (1, 1, 0));
        assert_eq!(ways.sms.code(), ways.whatsapp.code());
        ways.tells(&id, [("sms", "failed", "21614"), ("whatsapp", "sent", ""), ("voice", "held", "")]).await;
        ways.app.verify(NUMBER, "PHONE", &ways.whatsapp.code()).await.ok();
        ways.tells(&id, [("sms", "failed", "21614"), ("whatsapp", "sent", ""), ("voice", "skipped", "approved")]).await;
        ways.app.advance(60);
        assert_eq!(ways.app.deliver().await, 0);
        assert_eq!(payloads(&ways.app).await, 0);
    }

    async fn refusals_go_through_all_channels_and_then_it_is_over(app: TestApp) {
        let mut ways = ways(app).await;
        for provider in [&ways.sms, &ways.whatsapp, &ways.voice] {
            provider.then(Outcome::refused("no", "No."));
        }
        let id = ways.start().await;
        ways.app.deliver().await;
        ways.app.deliver().await;
        ways.tells(&id, [("sms", "failed", "no"), ("whatsapp", "failed", "no"), ("voice", "failed", "no")]).await;
        assert_eq!(payloads(&ways.app).await, 0);
    }

    async fn without_a_report_the_next_channel_has_its_turn_after_the_wait(app: TestApp) {
        let mut ways = ways(app).await;
        let id = ways.start().await;
        ways.tells(&id, [("sms", "sent", ""), ("whatsapp", "held", ""), ("voice", "held", "")]).await;
        ways.app.advance(19);
        assert_eq!(ways.app.deliver().await, 0);
        ways.app.advance(1);
        assert_eq!(ways.app.deliver().await, 1);
        ways.app.advance(19);
        assert_eq!(ways.app.deliver().await, 0);
        ways.app.advance(1);
        assert_eq!(ways.app.deliver().await, 1);
        assert_eq!(ways.counts(), (1, 1, 1));
        assert_eq!((ways.sms.code(), ways.sms.code()), (ways.whatsapp.code(), ways.voice.code()));
        assert_eq!(payloads(&ways.app).await, 0);
    }

    async fn a_provider_that_is_down_does_not_keep_the_next_channel(app: TestApp) {
        let mut ways = ways(app).await;
        ways.sms.always(Some(Outcome::retry("http_500", "Down.")));
        let id = ways.start().await;
        for _ in 0..20 {
            ways.app.advance(1);
            ways.app.deliver().await;
        }
        assert_eq!((ways.whatsapp.given().len(), ways.voice.given().len()), (1, 0));
        let tries = ways.sms.given().len();
        assert!(tries > 1, "{tries}");
        // From here on the text has had its turn.
        ways.sms.always(None);
        for _ in 0..10 {
            ways.app.advance(1);
            ways.app.deliver().await;
        }
        assert_eq!(ways.counts(), (tries, 1, 0));
        ways.tells(&id, [("sms", "failed", "passed_over"), ("whatsapp", "sent", ""), ("voice", "held", "")]).await;
    }

    async fn a_new_start_ends_what_stands_by(app: TestApp) {
        let mut ways = ways(app).await;
        let first = ways.start().await;
        ways.app.advance(19);
        // The cooldown is for the user, not for the channels.
        ways.app.post("/v1/mfa", &format!("User={NUMBER}, Type=SMS")).await.fails(429, "resend_cooldown");
        ways.app.advance(11);
        ways.app.deliver().await;
        assert_eq!(ways.counts(), (1, 1, 0));
        ways.start().await;
        ways.tells(&first, [("sms", "sent", ""), ("whatsapp", "sent", ""), ("voice", "skipped", "superseded")]).await;
        ways.app.post(&format!("/v1/mfa/{first}/cancel"), "").await.ok();
    }

    async fn nothing_goes_on_after_the_code_s_life(app: TestApp) {
        let mut ways = ways(app).await;
        ways.app.set(&[("code.ttl", "1m"), ("sms.fallback_after", "40s")]).await;
        let id = ways.start().await;
        ways.app.advance(60);
        ways.app.deliver().await;
        assert_eq!(ways.counts(), (1, 0, 0));
        ways.tells(&id, [("sms", "sent", ""), ("whatsapp", "expired", "expired"), ("voice", "expired", "expired")]).await;
        assert_eq!(payloads(&ways.app).await, 0);
    }

    async fn only_texts_go_on_and_only_by_channels_that_have_a_provider(app: TestApp) {
        let (sms, voice) = (Scripted::new("sms"), Scripted::new("voice"));
        let mut app = app.with_channels(&[(Channel::Sms, &[&sms]), (Channel::Voice, &[&voice])], Vec::new());
        app.set(&[("countries", "*"), ("sms.fallback", "whatsapp,voice")]).await;
        let started = app.post("/v1/mfa", &format!("User={NUMBER}, Type=SMS")).await.ok();
        let trace = app.get(&format!("/v1/mfa/{}", started["id"].as_str().unwrap())).await.ok();
        let channels: Vec<_> = trace["deliveries"].as_array().unwrap().iter().map(|row| &row["channel"]).collect();
        assert_eq!(channels, [&json!("sms"), &json!("voice")]);
        app.advance(60);
        let started = app.post("/v1/mfa", &format!("User={NUMBER}, Type=PHONE")).await.ok();
        let trace = app.get(&format!("/v1/mfa/{}", started["id"].as_str().unwrap())).await.ok();
        assert_eq!(trace["deliveries"].as_array().unwrap().len(), 1);
        app.deliver().await;
    }

    async fn dual_s_text_goes_on_and_its_mail_stays_a_mail(app: TestApp) {
        let mut ways = ways(app).await;
        ways.sms.then(Outcome::refused("21614", "Not a mobile."));
        let pair = format!("jane@example.com:{NUMBER}");
        ways.app.post("/v1/mfa", &format!("User={pair}, Type=DUAL")).await.ok();
        ways.app.deliver().await;
        ways.app.deliver().await;
        assert_eq!(ways.counts(), (1, 1, 0));
        ways.app.verify(&pair, "DUAL", &ways.whatsapp.code()).await.ok();
        ways.app.advance(120);
        assert_eq!(ways.app.deliver().await, 0);
    }

    async fn in_test_mode_a_magic_number_goes_through_the_channels(app: TestApp) {
        let mut app = app;
        app.set(&[("sms.fallback", "whatsapp")]).await;
        let started = app.post("/v1/mfa", "User=+15005550001, Type=SMS").await.ok();
        app.deliver().await;
        app.deliver().await;
        let trace = app.get(&format!("/v1/mfa/{}", started["id"].as_str().unwrap())).await.ok();
        let told: Vec<_> = trace["deliveries"].as_array().unwrap().iter().map(|row| (&row["channel"], &row["status"])).collect();
        assert_eq!(told, [(&json!("sms"), &json!("failed")), (&json!("whatsapp"), &json!("failed"))]);
        // Whoever's message arrives needs no other channel.
        let started = app.post("/v1/mfa", &format!("User={NUMBER}, Type=SMS")).await.ok();
        let trace = app.get(&format!("/v1/mfa/{}", started["id"].as_str().unwrap())).await.ok();
        assert_eq!(trace["deliveries"].as_array().unwrap().len(), 1);
    }
}
