//! Providers that fail: the next one has the message, and who keeps failing is left alone for a while.

use std::sync::Arc;
use std::time::Duration;

use rift_mfa::domain::message::Channel;
use rift_mfa::providers::{About, Outcome, Reason};
use serde_json::Value;

use super::tries;
use crate::harness::scripted::Scripted;
use crate::harness::{TestApp, on_both};

async fn two(app: TestApp) -> (TestApp, Arc<Scripted>, Arc<Scripted>) {
    let (first, second) = (Scripted::new("first"), Scripted::new("second"));
    let app = app.with_channels(&[(Channel::Sms, &[&first, &second])], Vec::new());
    app.set(&[("countries", "*"), ("phone.sends_per_hour", "1000")]).await;
    (app, first, second)
}

async fn text(app: &mut TestApp, n: usize) -> String {
    let started = app.post("/v1/mfa", &format!("User=+1415555{n:04}, Type=SMS")).await.ok();
    app.deliver().await;
    started["id"].as_str().unwrap().to_owned()
}

async fn told(app: &TestApp, id: &str) -> Value {
    app.get(&format!("/v1/mfa/{id}")).await.ok()["deliveries"][0].clone()
}

fn down() -> Outcome {
    Outcome::retry("http_503", "Down.")
}

on_both! {
    async fn the_second_provider_has_what_the_first_does_not_take(app: TestApp) {
        let (mut app, first, second) = two(app).await;
        first.then(down());
        let id = text(&mut app, 1000).await;
        let delivery = told(&app, &id).await;
        assert_eq!(delivery["status"], "sent");
        assert_eq!(tries(&delivery), [("first", "retry", "http_503"), ("second", "sent", "")]);
        assert_eq!(first.given(), second.given());
    }

    async fn what_is_refused_is_over(app: TestApp) {
        let (mut app, first, second) = two(app).await;
        first.then(Outcome::refused("21610", "Unsubscribed."));
        let id = text(&mut app, 1000).await;
        app.advance(60);
        assert_eq!(app.deliver().await, 0);
        let delivery = told(&app, &id).await;
        assert_eq!((delivery["status"].as_str(), delivery["reason"].as_str()), (Some("failed"), Some("21610")));
        assert_eq!((first.given().len(), second.given().len()), (1, 0));
    }

    async fn what_one_provider_declines_the_next_one_is_asked(app: TestApp) {
        let (mut app, first, second) = two(app).await;
        first.then(Outcome::declined("21408", "Not to this country."));
        let id = text(&mut app, 1000).await;
        assert_eq!(tries(&told(&app, &id).await), [("first", "refused", "21408"), ("second", "sent", "")]);
        // Nobody else is there: it is over at once, with the last one's word.
        first.then(Outcome::declined("21408", "Not to this country."));
        second.then(Outcome::declined("15", "Not from this sender."));
        let id = text(&mut app, 1001).await;
        let delivery = told(&app, &id).await;
        assert_eq!((delivery["status"].as_str(), delivery["reason"].as_str()), (Some("failed"), Some("15")));
        // One that is down may take it yet.
        first.then(down());
        second.then(Outcome::declined("15", "Not from this sender."));
        let id = text(&mut app, 1002).await;
        assert_eq!(told(&app, &id).await["status"], "queued");
        app.advance(5);
        app.deliver().await;
        assert_eq!(told(&app, &id).await["status"], "sent");
    }

    async fn who_keeps_failing_is_skipped_and_tried_again_with_one_message(app: TestApp) {
        let (mut app, first, second) = two(app).await;
        first.always(Some(down()));
        for n in 1000..1005 {
            text(&mut app, n).await;
        }
        assert_eq!((first.given().len(), second.given().len()), (5, 5));
        for n in 1005..1025 {
            let id = text(&mut app, n).await;
            assert_eq!(tries(&told(&app, &id).await), [("second", "sent", "")]);
        }
        app.advance(29);
        text(&mut app, 1025).await;
        assert_eq!(first.given().len(), 5);
        app.advance(1);
        text(&mut app, 1026).await;
        assert_eq!(first.given().len(), 6, "one message tries it again");
        text(&mut app, 1027).await;
        assert_eq!(first.given().len(), 6, "and it failed");
        app.advance(30);
        first.always(None);
        for n in 1028..1031 {
            let id = text(&mut app, n).await;
            assert_eq!(tries(&told(&app, &id).await), [("first", "sent", "")]);
        }
        assert_eq!(second.given().len(), 28);
    }

    async fn a_mail_that_was_taken_for_lost_is_not_sent_again_once_its_code_was_used(app: TestApp) {
        let mail = Scripted::new("mail");
        let mut app = app.with_channels(&[(Channel::Email, &[&mail])], Vec::new());
        mail.then(Outcome::retry("timeout", "No answer in time."));
        let started = app.post("/v1/mfa", "User=jane@example.com, Type=EMAIL").await.ok();
        app.deliver().await;
        app.verify("jane@example.com", "EMAIL", &mail.code()).await.ok();
        app.advance(60);
        assert_eq!((app.deliver().await, mail.given().len()), (0, 1));
        let delivery = told(&app, started["id"].as_str().unwrap()).await;
        assert_eq!((&delivery["status"], &delivery["reason"]), (&"failed".into(), &"approved".into()));
    }

    async fn a_poison_message_hurts_nobody(app: TestApp) {
        let (mut app, first, second) = two(app).await;
        // It fails at each provider each time; the others go through.
        let poison = app.post("/v1/mfa", "User=+14155559999, Type=SMS").await.ok();
        for _ in 0..6 {
            first.then(down());
            second.then(down());
            app.deliver().await;
            app.advance(40);
        }
        let id = poison["id"].as_str().unwrap();
        assert!(tries(&told(&app, id).await).len() > 5);
        let other = text(&mut app, 1000).await;
        assert_eq!(tries(&told(&app, &other).await), [("first", "sent", "")]);
    }

    async fn what_a_provider_says_of_one_message_it_does_not_say_of_others(app: TestApp) {
        let (mut app, first, _) = two(app).await;
        first.always(Some(Outcome::put_off("450 4.7.1", "Greylisted.")));
        for n in 1000..1010 {
            text(&mut app, n).await;
        }
        assert_eq!(first.given().len(), 10, "it is not skipped");
    }

    async fn a_pause_that_is_asked_for_is_kept(app: TestApp) {
        let one = Scripted::new("one");
        let mut app = app.with_channels(&[(Channel::Sms, &[&one])], Vec::new());
        app.set(&[("countries", "*")]).await;
        let busy = Outcome::Retry {
            reason: Reason::new("http_429", "Slow down."),
            after: Some(Duration::from_secs(12)),
            about: About::Provider,
        };
        one.then(busy);
        text(&mut app, 1000).await;
        text(&mut app, 1001).await;
        assert_eq!(one.given().len(), 1, "nobody else asks meanwhile");
        for _ in 0..12 {
            assert_eq!(one.given().len(), 1);
            app.advance(1);
            app.deliver().await;
        }
        for _ in 0..5 {
            app.advance(1);
            app.deliver().await;
        }
        assert_eq!(one.given().len(), 3, "both went out");
    }

    async fn where_all_fail_they_are_tried_all_the_same(app: TestApp) {
        let (mut app, first, second) = two(app).await;
        first.always(Some(down()));
        second.always(Some(down()));
        for n in 1000..1010 {
            text(&mut app, n).await;
        }
        assert!(first.given().len() >= 10 && second.given().len() >= 10);
        second.always(None);
        let id = text(&mut app, 1010).await;
        assert_eq!(told(&app, &id).await["status"], "sent");
    }

    async fn an_hours_backlog_whose_codes_are_dead_sends_nothing(app: TestApp) {
        let (mut app, first, second) = two(app).await;
        first.always(Some(down()));
        second.always(Some(down()));
        let mut ids = Vec::new();
        for n in 1000..1050 {
            ids.push(text(&mut app, n).await);
        }
        let tried = first.given().len() + second.given().len();
        app.advance(3600);
        first.always(None);
        second.always(None);
        while app.deliver().await > 0 {}
        assert_eq!(first.given().len() + second.given().len(), tried);
        for id in ids {
            assert_eq!(told(&app, &id).await["status"], "expired");
        }
    }
}
