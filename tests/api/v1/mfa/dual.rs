//! DUAL: two codes, one user, and both contacts' counts.

use rift_mfa::domain::tenant::Mode;
use serde_json::{Value, json};

use super::{fail, start, status, trace, wrong};
use crate::harness::{TestApp, on_both, snapshot};

const JANE: &str = "jane@example.com";
const NUMBER: &str = "+14155552671";
const PAIR: &str = "jane@example.com:+14155552671";

/// Starts a DUAL challenge: its answer, the mail's code, the text message's code.
async fn dual(app: &TestApp, pair: &str) -> (Value, String, String) {
    // A moment of its own, so that its messages are the newest.
    app.advance(1);
    let started = start(app, &format!("User={pair}, Type=DUAL")).await;
    let (email, phone) = pair.split_once(':').unwrap();
    (started, app.last_code(email).await, app.last_code(phone).await)
}

on_both! {
    async fn each_leg_gets_its_own_code(app: TestApp) {
        let (started, mail, sms) = dual(&app, PAIR).await;
        snapshot!("start_dual", &started);
        assert_ne!(mail, sms, "two codes are alike once in a million");
        let shown = trace(&app, &started["id"]).await;
        snapshot!("trace_dual", &shown);
        let inbox = app.get(&format!("/v1/test/inbox?User={PAIR}")).await.ok();
        let mut codes: Vec<_> = inbox["data"].as_array().unwrap().iter().map(|row| row["code"].clone()).collect();
        codes.sort_by_key(|code| *code != json!(mail));
        assert_eq!(codes, [json!(mail), json!(sms)]);
    }

    async fn either_code_verifies_and_kills_the_other(app: TestApp) {
        for (at, method) in [(0, "email"), (1, "sms")] {
            let (started, mail, sms) = dual(&app, PAIR).await;
            let codes = [mail, sms];
            let approved = app.verify(PAIR, "DUAL", &codes[at]).await.ok();
            assert_eq!((&approved["method"], &approved["user"]), (&json!(method), &json!(PAIR)));
            assert_eq!(trace(&app, &started["id"]).await["method"], method);
            // The very code that was accepted, and the one that died with it.
            app.verify(PAIR, "DUAL", &codes[at]).await.fails(401, "code_already_used");
            app.verify(PAIR, "DUAL", &codes[1 - at]).await.fails(401, "no_pending_code");
        }
    }

    async fn the_accepted_code_again_counts_nothing_and_the_other_one_does(app: TestApp) {
        app.set(&[("lock.failures", "1")]).await;
        let (_, mail, sms) = dual(&app, PAIR).await;
        app.verify(PAIR, "DUAL", &sms).await.ok();
        app.verify(PAIR, "DUAL", &sms).await.fails(401, "code_already_used");
        app.verify(PAIR, "DUAL", &sms).await.fails(401, "code_already_used");
        app.verify(PAIR, "DUAL", &mail).await.fails(401, "no_pending_code");
        app.verify(PAIR, "DUAL", &mail).await.fails(429, "user_locked");
    }

    async fn an_accepted_code_spends_no_attempt_of_the_next_challenge(app: TestApp) {
        let (_, _, sms) = dual(&app, PAIR).await;
        app.verify(PAIR, "DUAL", &sms).await.ok();
        let (_, _, next) = dual(&app, PAIR).await;
        if next != sms {
            app.verify(PAIR, "DUAL", &sms).await.fails(401, "code_already_used");
            let failed = app.verify(PAIR, "DUAL", &wrong(&next)).await;
            assert_eq!(failed.body["error"]["attempts_remaining"], 4);
        }
    }

    async fn its_codes_verify_nothing_else(app: TestApp) {
        let (_, mail, sms) = dual(&app, PAIR).await;
        app.verify(JANE, "EMAIL", &mail).await.fails(401, "no_pending_code");
        app.verify(NUMBER, "PHONE", &sms).await.fails(401, "no_pending_code");
        app.verify("eve@example.com:+14155552671", "DUAL", &sms).await.fails(401, "no_pending_code");
        app.verify("jane@example.com:+14155552672", "DUAL", &mail).await.fails(401, "no_pending_code");
        app.verify(PAIR, "DUAL", &mail).await.ok();
    }

    async fn two_codes_in_one_check_are_no_code_where_either_is_enough(app: TestApp) {
        let (started, mail, sms) = dual(&app, PAIR).await;
        app.verify(PAIR, "DUAL", &format!("{mail}:{sms}")).await.fails(400, "invalid_code_format");
        assert_eq!(trace(&app, &started["id"]).await["attempts"], 0);
    }

    async fn both_asks_for_both_in_their_order(app: TestApp) {
        app.set(&[("dual.require", "both")]).await;
        let (started, mail, sms) = dual(&app, PAIR).await;
        for half in [&mail, &sms] {
            app.verify(PAIR, "DUAL", half).await.fails(400, "invalid_code_format");
        }
        if mail != sms {
            app.verify(PAIR, "DUAL", &format!("{sms}:{mail}")).await.fails(401, "invalid_code");
        }
        app.verify(PAIR, "DUAL", &format!("{mail}:{}", wrong(&sms))).await.fails(401, "invalid_code");
        app.verify(PAIR, "DUAL", &format!("{}:{sms}", wrong(&mail))).await.fails(401, "invalid_code");
        assert_eq!(status(&app, &started["id"]).await, "pending");
        app.verify(PAIR, "DUAL", &format!("{mail}:{sms}")).await.ok();
        app.verify(PAIR, "DUAL", &format!("{mail}:{sms}")).await.fails(401, "code_already_used");
    }

    async fn five_guesses_are_all_there_are(app: TestApp) {
        let (started, mail, _) = dual(&app, PAIR).await;
        for _ in 0..5 {
            app.verify(PAIR, "DUAL", &wrong(&mail)).await.fails(401, "invalid_code");
        }
        app.verify(PAIR, "DUAL", &mail).await.fails(429, "too_many_attempts");
        assert_eq!(status(&app, &started["id"]).await, "exhausted");
    }

    async fn its_failures_count_against_both_contacts(app: TestApp) {
        for (contact, kind) in [(JANE, "EMAIL"), (NUMBER, "PHONE")] {
            fail(&app, PAIR, "DUAL", 5).await;
            fail(&app, contact, kind, 5).await;
            app.verify(contact, kind, "123456").await.fails(429, "user_locked");
            app.verify(PAIR, "DUAL", "123456").await.fails(429, "user_locked");
            app.post("/v1/mfa", &format!("User={PAIR}, Type=DUAL")).await.fails(429, "user_locked");
            let factors = app.get(&format!("/v1/mfa/factors?User={PAIR}")).await.ok();
            assert!(factors["locked_until"].is_string());
            app.post("/v1/mfa/unlock", &format!("User={contact}")).await.ok();
            app.post("/v1/mfa/unlock", &format!("User={PAIR}")).await.ok();
        }
    }

    async fn a_contact_s_own_failures_are_not_the_other_s(app: TestApp) {
        fail(&app, JANE, "EMAIL", 9).await;
        fail(&app, PAIR, "DUAL", 1).await;
        app.verify(JANE, "EMAIL", "123456").await.fails(429, "user_locked");
        app.verify(NUMBER, "PHONE", "123456").await.fails(401, "no_pending_code");
        // Lifting the pair's lock lifts both contacts'.
        app.post("/v1/mfa/unlock", &format!("User={PAIR}")).await.ok();
        app.verify(JANE, "EMAIL", "123456").await.fails(401, "no_pending_code");
    }

    async fn success_with_other_partners_does_not_clear_a_pair_s_failures(app: TestApp) {
        // Whoever guesses at a pair holds an address and a number of his own, and pairs each with the victim's.
        fail(&app, PAIR, "DUAL", 9).await;
        let (_, _, own) = dual(&app, "jane@example.com:+14155552699").await;
        app.verify("jane@example.com:+14155552699", "DUAL", &own).await.ok();
        let (_, own, _) = dual(&app, "eve@example.com:+14155552671").await;
        app.verify("eve@example.com:+14155552671", "DUAL", &own).await.ok();
        app.verify(PAIR, "DUAL", "123456").await.fails(401, "no_pending_code");
        app.verify(PAIR, "DUAL", "123456").await.fails(429, "user_locked");
    }

    async fn its_sends_count_against_both_contacts(app: TestApp) {
        start(&app, &format!("User={PAIR}, Type=DUAL")).await;
        app.post("/v1/mfa", &format!("User={JANE}, Type=EMAIL")).await.fails(429, "resend_cooldown");
        app.post("/v1/mfa", &format!("User={NUMBER}, Type=WHATSAPP")).await.fails(429, "resend_cooldown");
        app.post("/v1/mfa", &format!("User={PAIR}, Type=DUAL")).await.fails(429, "resend_cooldown");
        app.advance(30);
        start(&app, &format!("User={NUMBER}, Type=SMS")).await;
        app.post("/v1/mfa", &format!("User={PAIR}, Type=DUAL")).await.fails(429, "resend_cooldown");
        // A refused start counts nowhere.
        start(&app, &format!("User={JANE}, Type=EMAIL")).await;
    }

    async fn one_leg_s_approval_is_none_of_the_messages_to_the_other_contact(app: TestApp) {
        // A mailbox of one's own, and a number that never answers: ten texts a day are all that it gets.
        for _ in 0..10 {
            let (_, mail, _) = dual(&app, PAIR).await;
            app.verify(PAIR, "DUAL", &mail).await.ok();
        }
        app.advance(1);
        app.post("/v1/mfa", &format!("User={PAIR}, Type=DUAL")).await.fails(429, "too_many_sends");
        app.post("/v1/mfa", &format!("User=eve@example.com:{NUMBER}, Type=DUAL")).await.fails(429, "too_many_sends");
        app.post("/v1/mfa", &format!("User={NUMBER}, Type=SMS")).await.fails(429, "too_many_sends");
        start(&app, &format!("User={JANE}, Type=EMAIL")).await;
    }

    async fn nor_is_a_backup_code_out_of_one_s_mailbox(app: TestApp) {
        app.issue(&format!("User={PAIR}, Type=DUAL")).await;
        let codes = app.backup_codes(JANE).await;
        for code in &codes[..9] {
            app.verify(PAIR, "DUAL", code).await.ok();
            start(&app, &format!("User={PAIR}, Type=DUAL")).await;
        }
        app.verify(PAIR, "DUAL", &codes[9]).await.ok();
        app.post("/v1/mfa", &format!("User={PAIR}, Type=DUAL")).await.fails(429, "too_many_sends");
    }

    async fn an_older_code_of_the_pair_dies_and_the_contacts_own_live_on(app: TestApp) {
        let mail = app.start_email(JANE).await;
        app.advance(30);
        let (first, old, _) = dual(&app, PAIR).await;
        app.advance(30);
        let (_, new, _) = dual(&app, PAIR).await;
        assert_eq!(status(&app, &first["id"]).await, "superseded");
        if old != new {
            app.verify(PAIR, "DUAL", &old).await.fails(401, "invalid_code");
        }
        app.verify(JANE, "EMAIL", &mail).await.ok();
    }

    async fn backup_codes_go_both_ways_at_once(app: TestApp) {
        app.set(&[("backup.count", "5")]).await;
        let issued = app.issue(&format!("User={PAIR}, Type=DUAL")).await;
        snapshot!("backup_dual", &issued);
        let (mailed, texted) = (app.backup_codes(JANE).await, app.backup_codes(NUMBER).await);
        assert_eq!((mailed.len(), &mailed), (5, &texted));
        let approved = app.verify(PAIR, "DUAL", &mailed[0]).await.ok();
        assert_eq!(approved["method"], "backup_code");
        app.verify(PAIR, "BACKUP", &mailed[1]).await.ok();
        app.verify(JANE, "BACKUP", &mailed[2]).await.fails(401, "not_enrolled");
    }

    async fn a_spelling_of_its_address_is_the_same_user(app: TestApp) {
        let (_, mail, _) = dual(&app, PAIR).await;
        app.verify("Jane@Example.com:+14155552671", "DUAL", &mail).await.ok();
    }

    async fn magic_needs_both_contacts_to_be_magic(app: TestApp) {
        start(&app, "User=jane@test.rift.dev:+12125550123, Type=DUAL").await;
        app.verify("jane@test.rift.dev:+12125550123", "DUAL", "424242").await.ok();
        start(&app, "User=jane@test.rift.dev:+14155552671, Type=DUAL").await;
        let code = app.last_code(NUMBER).await;
        assert_ne!(code, "424242");
        app.verify("jane@test.rift.dev:+14155552671", "DUAL", &code).await.ok();
    }

    async fn the_two_rows_are_taken_in_one_order(app: TestApp) {
        // Pairs that share contacts crosswise, from many sides at once: nobody waits for ever, and limits are exact.
        let routers = app.routers().await;
        let key = app.tenants.create_key(app.one.app, Mode::Test, "", None).await.unwrap();
        let pairs = ["a@example.com:+14155552601", "b@example.com:+14155552601", "a@example.com:+14155552602",
            "b@example.com:+14155552602"];
        let starts = (0..40).map(|n| {
            let body = format!("User={}, Type=DUAL", pairs[n % pairs.len()]);
            let form = "application/x-www-form-urlencoded";
            let (app, key, router) = (&app, key.key.reveal(), &routers[n % routers.len()]);
            async move { app.send_by(router, || crate::harness::post("/v1/mfa", key, form, &body)).await }
        });
        let answers = futures_util::future::join_all(starts).await;
        let sent = answers.iter().filter(|answer| answer.status == 200).count();
        // The first start of a pair shuts out all that share a contact; the pair across it may go too.
        assert!((1..=2).contains(&sent), "{sent} were sent");
        assert!(answers.iter().all(|answer| answer.status == 200 || answer.code() == "resend_cooldown"), "{answers:#?}");
    }
}
