//! SMS, WHATSAPP and PHONE: starts and checks, in test mode.

use serde_json::json;

use super::{start, status, trace, wrong};
use crate::harness::{on_both, snapshot};

const NUMBER: &str = "+14155552671";
const TYPES: [(&str, &str, &str); 3] =
    [("SMS", "sms", "sms"), ("WHATSAPP", "whatsapp", "whatsapp"), ("PHONE", "voice", "voice")];

on_both! {
    async fn each_type_sends_by_its_channel_and_says_how_it_verified(app: TestApp) {
        for (kind, channel, method) in TYPES {
            let started = start(&app, &format!("User={NUMBER}, Type={kind}")).await;
            let delivery = &started["deliveries"][0];
            assert_eq!((&delivery["channel"], &delivery["to"]), (&json!(channel), &json!("+1•••71")));
            let code = app.last_code(NUMBER).await;
            let approved = app.verify(NUMBER, kind, &code).await.ok();
            assert_eq!((&approved["method"], &approved["type"]), (&json!(method), &json!(kind)));
            assert_eq!(approved["id"], started["id"]);
            app.advance(1);
        }
    }

    async fn sms_is_answered_and_traced_as_documented(app: TestApp) {
        let started = start(&app, &format!("User={NUMBER}, Type=SMS")).await;
        snapshot!("start_sms", &started);
        let shown = trace(&app, &started["id"]).await;
        snapshot!("trace_sms", &shown);
    }

    async fn the_three_types_are_one_family(app: TestApp) {
        for (sent, _, method) in TYPES {
            for (asked, _, _) in TYPES {
                start(&app, &format!("User={NUMBER}, Type={sent}")).await;
                let code = app.last_code(NUMBER).await;
                let approved = app.verify(NUMBER, asked, &code).await.ok();
                assert_eq!(approved["method"], method, "{sent} verified as {asked}");
                app.advance(1);
            }
        }
    }

    async fn a_code_by_another_channel_takes_the_place_of_the_last(app: TestApp) {
        let first = start(&app, &format!("User={NUMBER}, Type=SMS")).await;
        let old = app.last_code(NUMBER).await;
        app.advance(30);
        start(&app, &format!("User={NUMBER}, Type=PHONE")).await;
        assert_eq!(status(&app, &first["id"]).await, "superseded");
        let new = app.last_code(NUMBER).await;
        if old != new {
            app.verify(NUMBER, "SMS", &old).await.fails(401, "invalid_code");
        }
        app.verify(NUMBER, "SMS", &new).await.ok();
    }

    async fn failures_of_the_family_are_counted_together(app: TestApp) {
        start(&app, &format!("User={NUMBER}, Type=SMS")).await;
        let code = app.last_code(NUMBER).await;
        for (n, (kind, _, _)) in TYPES.iter().cycle().take(4).enumerate() {
            let failed = app.verify(NUMBER, kind, &wrong(&code)).await;
            failed.fails(401, "invalid_code");
            assert_eq!(failed.body["error"]["attempts_remaining"], json!(4 - n));
        }
        app.verify(NUMBER, "PHONE", &wrong(&code)).await.fails(401, "invalid_code");
        app.verify(NUMBER, "PHONE", &code).await.fails(429, "too_many_attempts");
    }

    async fn a_code_by_sms_is_no_code_by_mail(app: TestApp) {
        start(&app, &format!("User={NUMBER}, Type=SMS")).await;
        let code = app.last_code(NUMBER).await;
        app.verify("jane@example.com", "EMAIL", &code).await.fails(401, "no_pending_code");
        app.verify(&format!("jane@example.com:{NUMBER}"), "DUAL", &code).await.fails(401, "no_pending_code");
        app.verify(NUMBER, "PHONE", &code).await.ok();
    }

    async fn an_action_binds_the_code_and_stands_in_the_message(app: TestApp) {
        start(&app, &format!("User={NUMBER}, Type=SMS, Action=Pay 12 EUR to Bob")).await;
        let inbox = app.get(&format!("/v1/test/inbox?User={NUMBER}")).await.ok();
        assert!(inbox["data"][0]["text"].as_str().unwrap().contains("Pay 12 EUR to Bob"));
        let code = app.last_code(NUMBER).await;
        app.verify(NUMBER, "PHONE", &code).await.fails(401, "invalid_code");
        let body = format!("User={NUMBER}, Type=PHONE, Code={code}, Action=Pay 12 EUR to Bob");
        app.post("/v1/mfa/verify", &body).await.ok();
    }

    async fn a_number_is_e164_exactly(app: TestApp) {
        for wrong in ["4155552671", "+1 415 555 2671", "(415) 555-2671", "+1-415-555-2671", "+5215512345678"] {
            let refused = app.post("/v1/mfa", &format!("User={wrong}, Type=SMS")).await;
            refused.fails(400, "invalid_phone_number");
            assert_eq!(refused.body["error"]["param"], "User");
        }
    }

    async fn magic_numbers_end_in_their_known_ways(app: TestApp) {
        start(&app, "User=+12125550123, Type=PHONE").await;
        app.verify("+12125550123", "PHONE", "424242").await.ok();
        for (number, reason) in [("+15005550001", "sandbox_refused"), ("+15005550002", "sandbox_down")] {
            for (kind, _, _) in TYPES {
                let started = start(&app, &format!("User={number}, Type={kind}")).await;
                app.deliver().await;
                let delivery = trace(&app, &started["id"]).await["deliveries"][0].clone();
                assert_eq!(delivery["attempts"][0]["reason"], reason, "{delivery:#}");
                app.verify(number, kind, "424242").await.ok();
                app.advance(1);
            }
        }
    }

    async fn backup_codes_go_by_sms_and_whatsapp(app: TestApp) {
        app.set(&[("backup.count", "5")]).await;
        for (kind, channel) in [("SMS", "sms"), ("WHATSAPP", "whatsapp")] {
            let issued = app.issue(&format!("User={NUMBER}, Type={kind}")).await;
            assert_eq!(issued["deliveries"][0]["channel"], channel);
            let codes = app.backup_codes(NUMBER).await;
            assert_eq!(codes.len(), 5);
            app.advance(1);
            let approved = app.verify(NUMBER, kind, &codes[0]).await.ok();
            assert_eq!(
                (&approved["method"], &approved["backup_codes_remaining"]),
                (&json!("backup_code"), &json!(4))
            );
        }
    }
}
