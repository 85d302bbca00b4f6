//! A backup set by live mail: valid only once its mail was handed over, and the old set dies then.

use super::{codes_in, over, smtp};
use crate::harness::{Answer, TestApp, on_both};
use crate::smtp::{Behaviour, SmtpSink};

async fn issue(app: &TestApp) -> String {
    let issued = app.issue_backup("jane@example.com").await;
    assert_eq!(issued["deliveries"][0]["status"], "queued");
    assert!(issued.as_object().unwrap().keys().all(|name| !name.contains("code")), "{issued:#}");
    issued["id"].as_str().unwrap().to_owned()
}

async fn spend(app: &TestApp, code: &str) -> Answer {
    app.verify("jane@example.com", "BACKUP", code).await
}

async fn remaining(app: &TestApp) -> i64 {
    let factors = app.get("/v1/mfa/factors?User=jane@example.com").await.ok();
    factors["backup_codes_remaining"].as_i64().unwrap()
}

/// A user with a set that was handed over, and a minute later.
async fn with_a_set(app: &mut TestApp, sink: &SmtpSink) -> Vec<String> {
    issue(app).await;
    assert_eq!(remaining(app).await, 0, "nobody has the codes yet");
    app.deliver().await;
    assert_eq!(remaining(app).await, 10);
    app.advance(60);
    let codes = codes_in(sink.received().last().unwrap());
    assert_eq!(codes.len(), 10);
    codes
}

on_both! {
    async fn the_old_set_dies_when_the_new_one_is_handed_over(app: TestApp) {
        let sink = SmtpSink::start().await;
        let mut app = over(app, &[&sink]).await;
        let old = with_a_set(&mut app, &sink).await;
        spend(&app, &old[0]).await.ok();

        let id = issue(&app).await;
        let approved = spend(&app, &old[1]).await.ok();
        assert_eq!(approved["backup_codes_remaining"], 8, "the old set is still the valid one");
        app.deliver().await;
        assert_eq!(remaining(&app).await, 10);
        let new = codes_in(&sink.received()[1]);
        assert!(new.iter().all(|code| !old.contains(code)));
        spend(&app, &old[2]).await.fails(401, "invalid_code");
        spend(&app, &new[2]).await.ok();
        let trace = app.get(&format!("/v1/mfa/{id}")).await.ok();
        assert_eq!((&trace["object"], &trace["deliveries"][0]["status"]), (&"mfa.backup".into(), &"sent".into()));
        for code in old.iter().chain(&new) {
            assert!(!trace.to_string().contains(code.as_str()));
        }
    }

    async fn a_set_whose_hand_over_is_not_known_is_not_valid_yet(app: TestApp) {
        let sink = SmtpSink::start().await;
        let mut app = over(app, &[&sink]).await;
        let old = with_a_set(&mut app, &sink).await;
        sink.behave(Behaviour::KeepAndDrop);
        issue(&app).await;
        app.deliver().await;
        let new = codes_in(&sink.received()[1]);
        spend(&app, &new[4]).await.fails(401, "invalid_code");
        spend(&app, &old[4]).await.ok();
        sink.behave(Behaviour::Accept);
        app.advance(3);
        app.deliver().await;
        assert_eq!(codes_in(&sink.received()[2]), new, "a repeated mail carries the same codes");
        spend(&app, &old[5]).await.fails(401, "invalid_code");
        spend(&app, &new[4]).await.ok();
    }

    async fn a_refused_mail_leaves_the_old_set(app: TestApp) {
        let sink = SmtpSink::start().await;
        let mut app = over(app, &[&sink]).await;
        let old = with_a_set(&mut app, &sink).await;
        sink.refuse("jane@example.com");
        let id = issue(&app).await;
        app.deliver().await;
        let trace = app.get(&format!("/v1/mfa/{id}")).await.ok();
        assert_eq!(trace["deliveries"][0]["status"], "failed");
        assert_eq!(trace["deliveries"][0]["reason"], "550 5.1.1");
        assert_eq!(remaining(&app).await, 10);
        spend(&app, &old[0]).await.ok();
    }

    async fn a_mail_that_never_went_out_leaves_the_old_set(app: TestApp) {
        let sink = SmtpSink::start().await;
        let mut app = over(app, &[&sink]).await;
        let old = with_a_set(&mut app, &sink).await;
        sink.behave(Behaviour::Greylist);
        issue(&app).await;
        app.deliver().await;
        app.advance(600);
        app.deliver().await;
        sink.behave(Behaviour::Accept);
        app.advance(60);
        app.deliver().await;
        assert_eq!(sink.received().len(), 1);
        spend(&app, &old[0]).await.ok();
    }

    async fn of_two_sets_on_their_way_the_newer_one_is_valid_in_the_end(app: TestApp) {
        let sink = SmtpSink::start().await;
        let mut app = over(app, &[&sink]).await;
        issue(&app).await;
        app.advance(31);
        issue(&app).await;
        app.deliver().await;
        let mut other = app.other_node(vec![smtp(sink.url("", ""))]).await;
        app.advance(31);
        other.deliver().await;
        assert_eq!(remaining(&app).await, 10);
        let newest = codes_in(sink.received().last().unwrap());
        spend(&app, &newest[0]).await.ok();
    }
}
