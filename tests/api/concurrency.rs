//! Many at once: a code works once, guesses are limited, starts are counted, whoever asks and on whichever node.
//!
//! A request that loses a race may be told 503: the node is busy. A right answer is never given twice.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::{Answer, TestApp, on_both, post, send};

const FORM: &str = "application/x-www-form-urlencoded";

/// Sends all bodies to a path at once, spread over the nodes.
async fn at_once(app: &TestApp, path: &str, bodies: Vec<String>) -> Vec<Answer> {
    let routers = app.routers().await;
    let mut requests = tokio::task::JoinSet::new();
    for (at, body) in bodies.into_iter().enumerate() {
        requests.spawn(send(routers[at % routers.len()].clone(), post(path, &app.key, FORM, &body)));
    }
    requests.join_all().await
}

fn count(answers: &[Answer], status: u16, code: &str) -> usize {
    answers.iter().filter(|answer| (answer.status.as_u16(), answer.code()) == (status, code)).count()
}

/// Exactly one approval; the others lost in one of these ways, or were told that the node is busy.
#[track_caller]
fn one_wins(answers: &[Answer], losers: &[(u16, &str)]) {
    assert_eq!(count(answers, 200, ""), 1, "approvals");
    let lost: usize = losers.iter().map(|(status, code)| count(answers, *status, code)).sum();
    let busy = count(answers, 503, "unavailable");
    let strange: Vec<_> =
        answers.iter().map(|answer| (answer.status.as_u16(), answer.code().to_owned())).collect();
    assert_eq!(1 + lost + busy, answers.len(), "{strange:?}");
    assert!(lost > 0, "all losers were told 503");
}

/// Sends a request and hangs up once the server has begun on it.
async fn hang_up(app: &TestApp, body: &str) {
    // The key is remembered from this request, so that the next one is at its work with its first poll.
    app.get("/v1/mfa?limit=1").await.ok();
    let request = post("/v1/mfa/verify", &app.key, FORM, body);
    let mut sending = pin!(send(app.router(), request));
    for _ in 0..3 {
        if let Poll::Ready(answer) = sending.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            assert!(answer.status.is_client_error(), "{:#}", answer.body);
            return;
        }
    }
}

/// Waits until the server has done what clients that are gone asked for.
async fn until(app: &TestApp, path: &str, done: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
    let begun = Instant::now();
    loop {
        let seen = app.get(path).await.ok();
        if done(&seen) {
            return seen;
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "still {seen:#}");
        tokio::task::yield_now().await;
    }
}

on_both! {
    async fn a_right_code_200_times_at_once_is_taken_once(app: TestApp) {
        let code = app.start_email("jane@example.com").await;
        let body = format!("User=jane@example.com, Type=EMAIL, Code={code}");
        let answers = at_once(&app, "/v1/mfa/verify", vec![body; 200]).await;
        // The very code again within a minute is no failure, so it locks nobody.
        one_wins(&answers, &[(401, "code_already_used")]);
        app.advance(31);
        app.post("/v1/mfa", "User=jane@example.com, Type=EMAIL").await.ok();
    }

    async fn a_totp_code_50_times_at_once_is_taken_once(app: TestApp) {
        let secret = app.enrol("jane-1").await;
        let body = format!("User=jane-1, Type=APP, Code={}", app.totp(&secret, 0));
        let answers = at_once(&app, "/v1/mfa/verify", vec![body; 50]).await;
        // The very code again within a minute is no failure.
        one_wins(&answers, &[(401, "code_already_used")]);
    }

    async fn two_steps_of_an_app_50_times_at_once_are_taken_in_order(app: TestApp) {
        let secret = app.enrol("jane-1").await;
        let bodies: Vec<_> =
            (0..50).map(|at| format!("User=jane-1, Type=APP, Code={}", app.totp(&secret, at % 2))).collect();
        let answers = at_once(&app, "/v1/mfa/verify", bodies).await;
        // The older step first and then the newer one, or the newer one alone.
        assert!((1..=2).contains(&count(&answers, 200, "")));
        for step in [0, 1] {
            let again = app.verify("jane-1", "APP", &app.totp(&secret, step)).await;
            assert_ne!(again.status, 200);
        }
    }

    async fn a_backup_code_50_times_at_once_is_taken_once(app: TestApp) {
        app.issue_backup("jane@example.com").await;
        let codes = app.backup_codes("jane@example.com").await;
        let body = format!("User=jane@example.com, Type=BACKUP, Code={}", codes[0]);
        let answers = at_once(&app, "/v1/mfa/verify", vec![body; 50]).await;
        // The very code again within a minute is no failure.
        one_wins(&answers, &[(401, "code_already_used")]);
        let factors = app.get("/v1/mfa/factors?User=jane@example.com").await.ok();
        assert_eq!(factors["backup_codes_remaining"], 9);
    }

    async fn two_backup_codes_at_once_are_each_taken_once(app: TestApp) {
        app.issue_backup("jane@example.com").await;
        let codes = app.backup_codes("jane@example.com").await;
        let body = |code: &String| format!("User=jane@example.com, Type=BACKUP, Code={code}");
        let answers = at_once(&app, "/v1/mfa/verify", vec![body(&codes[0]), body(&codes[1])]).await;
        let won = count(&answers, 200, "");
        assert_eq!(won + count(&answers, 503, "unavailable"), 2);
        let factors = app.get("/v1/mfa/factors?User=jane@example.com").await.ok();
        assert_eq!(factors["backup_codes_remaining"], json!(10 - won));
    }

    async fn of_300_guesses_at_once_five_are_evaluated(app: TestApp) {
        let started = app.post("/v1/mfa", "User=jane@example.com, Type=EMAIL").await.ok();
        let code: u32 = app.last_code("jane@example.com").await.parse().unwrap();
        let guess = |at: u32| format!("User=jane@example.com, Type=EMAIL, Code={:06}", (code + at * 1009) % 1_000_000);
        // The right one stands in the middle.
        let bodies: Vec<_> = (1..=150).chain([0]).chain(151..300).map(guess).collect();
        let answers = at_once(&app, "/v1/mfa/verify", bodies).await;
        let evaluated = count(&answers, 200, "") + count(&answers, 401, "invalid_code");
        assert!((1..=5).contains(&evaluated), "{evaluated} were evaluated");
        assert!(count(&answers, 200, "") <= 1);
        let trace = app.get(&format!("/v1/mfa/{}", started["id"].as_str().unwrap())).await.ok();
        assert!(trace["attempts"].as_u64().unwrap() <= 5, "{trace:#}");
    }

    async fn of_20_starts_at_once_one_sends(app: TestApp) {
        let body = "User=jane@example.com, Type=EMAIL".to_owned();
        let answers = at_once(&app, "/v1/mfa", vec![body; 20]).await;
        one_wins(&answers, &[(429, "resend_cooldown")]);
        let inbox = app.get("/v1/test/inbox?User=jane@example.com").await.ok();
        assert_eq!(inbox["data"].as_array().unwrap().len(), 1);
        let pending = app.get("/v1/mfa?User=jane@example.com&status=pending").await.ok();
        assert_eq!(pending["data"].as_array().unwrap().len(), 1);
        let code = app.last_code("jane@example.com").await;
        app.verify("jane@example.com", "EMAIL", &code).await.ok();
    }

    async fn a_client_that_hangs_up_spends_its_guesses_all_the_same(app: TestApp) {
        let mut codes = Vec::new();
        for _ in 0..2 {
            let started = app.post("/v1/mfa", "User=jane@example.com, Type=EMAIL").await.ok();
            let code = app.last_code("jane@example.com").await;
            let wrong = if code.starts_with('1') { "200000" } else { "100000" };
            for _ in 0..6 {
                hang_up(&app, &format!("User=jane@example.com, Type=EMAIL, Code={wrong}")).await;
            }
            let path = format!("/v1/mfa/{}", started["id"].as_str().unwrap());
            let trace = until(&app, &path, |trace| trace["attempts"] == 5).await;
            assert_eq!(trace["status"], "exhausted");
            codes.push(code);
            app.advance(31);
        }
        // Ten of the twelve were guesses on a living code: the user is locked, for the right code too.
        until(&app, "/v1/mfa/factors?User=jane@example.com", |user| user["locked_until"].is_string()).await;
        for code in &codes {
            app.verify("jane@example.com", "EMAIL", code).await.fails(429, "user_locked");
        }
    }

    async fn guesses_on_nothing_are_counted_after_a_hang_up_too(app: TestApp) {
        for _ in 0..12 {
            hang_up(&app, "User=jane@example.com, Type=APP, Code=123456").await;
        }
        until(&app, "/v1/mfa/factors?User=jane@example.com", |user| user["locked_until"].is_string()).await;
        app.verify("jane@example.com", "APP", "123456").await.fails(429, "user_locked");
    }
}
