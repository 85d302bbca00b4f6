//! The code that was accepted, given again.

use super::{JANE, lock_at_first_failure, told, wrong};
use crate::harness::{on_both, snapshot};

on_both! {
    async fn an_accepted_code_is_accepted_once(app: TestApp) {
        let code = app.start_email(JANE).await;
        app.verify(JANE, "EMAIL", &code).await.ok();
        let again = app.verify(JANE, "EMAIL", &code).await;
        again.fails(401, "code_already_used");
        snapshot!("verify_code_already_used", told(&again));
    }

    async fn within_60_seconds_it_does_not_count_as_a_failure(app: TestApp) {
        lock_at_first_failure(&app).await;
        let code = app.start_email(JANE).await;
        app.verify(JANE, "EMAIL", &code).await.ok();
        app.advance(59);
        for _ in 0..3 {
            app.verify(JANE, "EMAIL", &code).await.fails(401, "code_already_used");
        }
    }

    async fn after_60_seconds_it_counts_as_a_failure(app: TestApp) {
        lock_at_first_failure(&app).await;
        let code = app.start_email(JANE).await;
        app.verify(JANE, "EMAIL", &code).await.ok();
        app.advance(60);
        app.verify(JANE, "EMAIL", &code).await.fails(401, "code_already_used");
        app.verify(JANE, "EMAIL", &code).await.fails(429, "user_locked");
    }

    async fn an_accepted_code_given_again_costs_the_next_challenge_nothing(app: TestApp) {
        let first = app.start_email(JANE).await;
        app.verify(JANE, "EMAIL", &first).await.ok();
        app.advance(1);
        let second = app.start_email(JANE).await;
        for _ in 0..6 {
            app.verify(JANE, "EMAIL", &first).await.fails(401, "code_already_used");
        }
        let missed = app.verify(JANE, "EMAIL", &wrong(&second)).await;
        assert_eq!(missed.body["error"]["attempts_remaining"], 4, "no attempt was spent before");
        app.verify(JANE, "EMAIL", &second).await.ok();
        app.advance(61);
        app.verify(JANE, "EMAIL", &first).await.fails(401, "no_pending_code");
    }

    async fn another_code_after_an_approval_counts_as_a_failure_at_once(app: TestApp) {
        lock_at_first_failure(&app).await;
        let code = app.start_email(JANE).await;
        app.verify(JANE, "EMAIL", &code).await.ok();
        app.verify(JANE, "EMAIL", &wrong(&code)).await.fails(401, "no_pending_code");
        app.verify(JANE, "EMAIL", &code).await.fails(429, "user_locked");
    }
}
