//! What waits: retries that grow apart, codes that die meanwhile, and messages whose node died.

use std::collections::BTreeSet;

use sqlx::{Connection, Row};

use super::{code_in, gone, over, smtp, start, told, tries, verify};
use crate::harness::{TestApp, on_both};
use crate::smtp::{Behaviour, SmtpSink};

/// How many messages are kept in the outbox with content, read past the service.
pub async fn payloads(app: &TestApp) -> i64 {
    const COUNT: &str = "SELECT COUNT(*) FROM messages WHERE payload IS NOT NULL";
    if app.folder().is_some() {
        let mut db = sqlx::SqliteConnection::connect(app.database_url()).await.unwrap();
        sqlx::query(COUNT).fetch_one(&mut db).await.unwrap().get(0)
    } else {
        let mut db = sqlx::PgConnection::connect(app.database_url()).await.unwrap();
        sqlx::query(COUNT).fetch_one(&mut db).await.unwrap().get(0)
    }
}

on_both! {
    async fn pauses_grow_and_an_expired_code_is_never_sent(app: TestApp) {
        let sink = SmtpSink::start().await;
        sink.behave(Behaviour::Busy);
        let mut app = over(app, &[&sink]).await;
        let id = start(&app).await;
        let mut at = Vec::new();
        for second in 0..300 {
            if app.deliver().await > 0 {
                at.push(second);
            }
            app.advance(1);
        }
        // 2, 4, 8, 16, 32, 60, 60, … seconds apart, up to a fifth more or less, seen once a second.
        let pauses: Vec<_> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let expected = [2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0, 60.0];
        for (pause, expected) in pauses.iter().zip(expected) {
            let (least, most) = (expected * 0.8, expected * 1.2 + 1.0);
            assert!((least..=most).contains(&f64::from(*pause)), "{pauses:?}");
        }
        assert!((8..=10).contains(&at.len()), "tries at {at:?}");
        let delivery = told(&app, &id).await;
        assert_eq!(delivery["attempts"].as_array().unwrap().len(), at.len());
        assert!(tries(&delivery).iter().all(|row| *row == ("smtp", "retry", "421 4.3.2")));

        sink.behave(Behaviour::Accept);
        assert_eq!(app.deliver().await, 1, "it is reported, not sent");
        let delivery = told(&app, &id).await;
        assert_eq!((&delivery["status"], &delivery["reason"]), (&"expired".into(), &"expired".into()));
        assert_eq!(delivery["attempts"].as_array().unwrap().len(), at.len());
        assert_eq!(payloads(&app).await, 0);
        app.advance(3600);
        assert_eq!(app.deliver().await, 0);
        assert!(sink.received().is_empty());
    }

    async fn a_message_that_was_never_begun_expires_with_its_code(app: TestApp) {
        let sink = SmtpSink::start().await;
        let mut app = over(app, &[&sink]).await;
        let id = start(&app).await;
        assert_eq!(payloads(&app).await, 1);
        app.advance(300);
        app.deliver().await;
        let delivery = told(&app, &id).await;
        assert_eq!((&delivery["status"], tries(&delivery).len()), (&"expired".into(), 0));
        assert_eq!(payloads(&app).await, 0);
        assert!(sink.received().is_empty());
    }

    async fn a_superseded_code_that_waits_for_a_retry_is_not_sent(app: TestApp) {
        let sink = SmtpSink::start().await;
        sink.behave(Behaviour::Greylist);
        let mut app = over(app, &[&sink]).await;
        let older = start(&app).await;
        app.deliver().await;
        assert_eq!(tries(&told(&app, &older).await), [("smtp", "retry", "450 4.2.0")]);
        sink.behave(Behaviour::Accept);
        app.advance(31);
        let newer = start(&app).await;
        app.deliver().await;
        assert_eq!(sink.received().len(), 1);
        verify(&app, &code_in(&sink.received()[0])).await.ok();
        let delivery = told(&app, &older).await;
        assert_eq!((&delivery["status"], &delivery["reason"]), (&"failed".into(), &"superseded".into()));
        assert_eq!(told(&app, &newer).await["status"], "sent");
        app.advance(120);
        assert_eq!(app.deliver().await, 0);
    }

    async fn a_superseded_code_that_waits_for_this_node_is_not_sent(app: TestApp) {
        let sink = SmtpSink::start().await;
        let mut app = over(app, &[&sink]).await;
        let older = start(&app).await;
        app.advance(31);
        let newer = start(&app).await;
        app.deliver().await;
        assert_eq!(told(&app, &newer).await["status"], "sent");
        assert_eq!(told(&app, &older).await["status"], "failed");
        assert_eq!(sink.received().len(), 1, "a dead code was sent");
        verify(&app, &code_in(&sink.received()[0])).await.ok();
    }

    async fn a_canceled_code_is_not_sent(app: TestApp) {
        let sink = SmtpSink::start().await;
        sink.behave(Behaviour::Greylist);
        let mut app = over(app, &[&sink]).await;
        let id = start(&app).await;
        app.deliver().await;
        app.post(&format!("/v1/mfa/{id}/cancel"), "").await.ok();
        sink.behave(Behaviour::Accept);
        app.advance(60);
        app.deliver().await;
        assert!(sink.received().is_empty());
        assert_eq!(told(&app, &id).await["reason"], "canceled");
    }

    async fn a_crashed_nodes_message_goes_out_at_its_leases_end(app: TestApp) {
        let sink = SmtpSink::start().await;
        let app = over(app, &[&sink]).await;
        let mut second = app.other_node(vec![smtp(sink.url("", ""))]).await;
        let mut third = app.other_node(vec![smtp(sink.url("", ""))]).await;
        let id = start(&app).await;
        // The first node has it and does nothing with it any more.
        app.advance(29);
        assert_eq!(second.deliver().await, 0, "it is leased");
        app.advance(2);
        let (by_second, by_third) = tokio::join!(second.deliver(), third.deliver());
        assert_eq!(by_second + by_third, 1, "one node takes it over");
        assert_eq!(sink.received().len(), 1);
        assert_eq!(told(&app, &id).await["status"], "sent");
        verify(&app, &code_in(&sink.received()[0])).await.ok();
    }

    async fn a_node_that_was_only_slow_sends_the_same_code(app: TestApp) {
        let sink = SmtpSink::start().await;
        let mut app = over(app, &[&sink]).await;
        let mut second = app.other_node(vec![smtp(sink.url("", ""))]).await;
        let id = start(&app).await;
        app.advance(31);
        assert_eq!(second.deliver().await, 1);
        app.deliver().await;
        let codes: BTreeSet<_> = sink.received().iter().map(code_in).collect();
        assert_eq!(codes.len(), 1, "a repeated mail carries the same code");
        assert_eq!(told(&app, &id).await["status"], "sent");
        verify(&app, codes.first().unwrap()).await.ok();
    }

    async fn a_mail_whose_answer_was_lost_comes_again_with_the_same_code(app: TestApp) {
        let sink = SmtpSink::start().await;
        sink.behave(Behaviour::KeepAndDrop);
        let mut app = over(app, &[&sink]).await;
        let id = start(&app).await;
        app.deliver().await;
        assert_eq!(told(&app, &id).await["status"], "queued");
        sink.behave(Behaviour::Accept);
        app.advance(3);
        app.deliver().await;
        let codes: Vec<_> = sink.received().iter().map(code_in).collect();
        assert_eq!((codes.len(), &codes[0]), (2, &codes[1]));
        assert_eq!(told(&app, &id).await["status"], "sent");
        verify(&app, &codes[0]).await.ok();
    }

    async fn a_code_that_was_used_before_its_retry_is_not_sent_again(app: TestApp) {
        let sink = SmtpSink::start().await;
        sink.behave(Behaviour::KeepAndDrop);
        let mut app = over(app, &[&sink]).await;
        start(&app).await;
        app.deliver().await;
        verify(&app, &code_in(&sink.received()[0])).await.ok();
        sink.behave(Behaviour::Accept);
        app.advance(60);
        app.deliver().await;
        assert!(sink.received().len() <= 2);
        verify(&app, &code_in(&sink.received()[0])).await.fails(401, "code_already_used");
    }

    async fn a_failed_start_sends_nothing(app: TestApp) {
        let sink = SmtpSink::start().await;
        let mut app = over(app, &[&sink]).await;
        start(&app).await;
        app.post("/v1/mfa", "User=jane@example.com, Type=EMAIL").await.fails(429, "resend_cooldown");
        app.post("/v1/mfa", "User=jane@example.com, Type=EMAIL, Code=123456").await.fails(400, "code_not_allowed");
        app.deliver().await;
        app.advance(3600);
        app.deliver().await;
        assert_eq!(sink.received().len(), 1);
    }

    async fn with_every_provider_down_the_trace_names_each(app: TestApp) {
        let sink = SmtpSink::start().await;
        sink.behave(Behaviour::RefuseAuth);
        let mut app = app.with_mail(vec![gone().await, smtp(sink.url("user", "pass"))]);
        app.key = app.one.live_key.clone();
        let id = start(&app).await;
        app.deliver().await;
        let delivery = told(&app, &id).await;
        assert_eq!(tries(&delivery), [("smtp", "retry", "connection_failed"), ("smtp", "retry", "authentication_failed")]);
        assert_eq!(delivery["status"], "queued");
    }
}
