//! Failures are counted per user over all Types, and lock the user.

use super::{JANE, backup_set, fail, lock_at_first_failure, told, wrong};
use crate::harness::{TestApp, on_both, snapshot};

/// Five wrong guesses at one message.
async fn guess_five(app: &TestApp) {
    let code = app.start_email(JANE).await;
    for _ in 0..5 {
        app.verify(JANE, "EMAIL", &wrong(&code)).await.fails(401, "invalid_code");
    }
}

on_both! {
    async fn ten_failures_over_types_in_turn_lock_for_a_quarter_of_an_hour(app: TestApp) {
        let code = app.start_email(JANE).await;
        for _ in 0..3 {
            app.verify(JANE, "EMAIL", &wrong(&code)).await.fails(401, "invalid_code");
            app.verify(JANE, "APP", "123456").await.fails(401, "not_enrolled");
            app.verify(JANE, "BACKUP", "3-7KQ2M-9XD4-TPBW").await.fails(401, "not_enrolled");
        }
        app.verify(JANE, "EMAIL", &wrong(&code)).await.fails(401, "invalid_code");
        let locked = app.verify(JANE, "EMAIL", &code).await;
        locked.fails(429, "user_locked");
        assert_eq!(locked.retry_after(), Some(900));
        snapshot!("verify_user_locked", told(&locked));
        app.verify(JANE, "APP", "123456").await.fails(429, "user_locked");
    }

    async fn failures_made_during_the_long_lock_do_not_open_the_way_after_it(app: TestApp) {
        fail(&app, JANE, "APP", 10).await;
        app.advance(900);
        fail(&app, JANE, "APP", 10).await;
        app.verify(JANE, "APP", "123456").await.fails(429, "user_locked");
        app.advance(23 * 3600);
        for _ in 0..25 {
            app.verify(JANE, "BACKUP", "3-7KQ2M-9XD4-TPBW").await.fails(401, "not_enrolled");
        }
        app.advance(3600);
        app.verify(JANE, "APP", "123456").await.fails(401, "not_enrolled");
        app.verify(JANE, "APP", "123456").await.fails(429, "user_locked");
    }

    async fn nine_failures_do_not_lock(app: TestApp) {
        let code = app.start_email(JANE).await;
        fail(&app, JANE, "APP", 9).await;
        app.verify(JANE, "EMAIL", &code).await.ok();
    }

    async fn a_lock_ends_by_itself(app: TestApp) {
        fail(&app, JANE, "APP", 10).await;
        app.advance(899);
        app.verify(JANE, "APP", "123456").await.fails(429, "user_locked");
        app.advance(1);
        app.verify(JANE, "APP", "123456").await.fails(401, "not_enrolled");
        app.approve(JANE).await;
    }

    async fn twenty_failures_lock_for_a_day(app: TestApp) {
        fail(&app, JANE, "APP", 10).await;
        app.advance(900);
        fail(&app, JANE, "BACKUP", 10).await;
        let locked = app.verify(JANE, "EMAIL", "123456").await;
        locked.fails(429, "user_locked");
        assert_eq!(locked.retry_after(), Some(86_400));
    }

    async fn checks_that_a_lock_refused_do_not_count(app: TestApp) {
        fail(&app, JANE, "APP", 10).await;
        for _ in 0..10 {
            app.verify(JANE, "APP", "123456").await.fails(429, "user_locked");
        }
        app.advance(900);
        app.verify(JANE, "APP", "123456").await.fails(401, "not_enrolled");
        app.verify(JANE, "APP", "123456").await.fails(401, "not_enrolled");
    }

    async fn a_resend_between_guesses_does_not_reset_the_count(app: TestApp) {
        guess_five(&app).await;
        app.advance(30);
        guess_five(&app).await;
        app.advance(30);
        app.post("/v1/mfa", "User=jane@example.com, Type=EMAIL").await.fails(429, "user_locked");
        app.verify(JANE, "EMAIL", "123456").await.fails(429, "user_locked");
    }

    async fn a_failure_is_forgotten_after_a_day(app: TestApp) {
        fail(&app, JANE, "APP", 9).await;
        app.advance(86_400);
        fail(&app, JANE, "APP", 9).await;
        app.verify(JANE, "APP", "123456").await.fails(401, "not_enrolled");
        app.verify(JANE, "APP", "123456").await.fails(429, "user_locked");
    }

    async fn a_success_clears_the_failures_of_its_own_family(app: TestApp) {
        guess_five(&app).await;
        app.advance(30);
        app.approve(JANE).await;
        fail(&app, JANE, "APP", 9).await;
        app.verify(JANE, "APP", "123456").await.fails(401, "not_enrolled");
        app.verify(JANE, "APP", "123456").await.fails(429, "user_locked");
    }

    async fn a_success_clears_no_other_family_s_failures(app: TestApp) {
        fail(&app, JANE, "APP", 9).await;
        app.approve(JANE).await;
        app.verify(JANE, "APP", "123456").await.fails(401, "not_enrolled");
        app.verify(JANE, "APP", "123456").await.fails(429, "user_locked");
    }

    async fn a_code_that_came_too_late_counts_as_a_failure(app: TestApp) {
        lock_at_first_failure(&app).await;
        let code = app.start_email(JANE).await;
        app.advance(300);
        app.verify(JANE, "EMAIL", &code).await.fails(401, "code_expired");
        app.verify(JANE, "EMAIL", &code).await.fails(429, "user_locked");
    }

    async fn a_code_that_never_was_sent_counts_as_a_failure(app: TestApp) {
        lock_at_first_failure(&app).await;
        app.verify(JANE, "EMAIL", "123456").await.fails(401, "no_pending_code");
        app.verify(JANE, "EMAIL", "123456").await.fails(429, "user_locked");
    }

    async fn a_lock_is_one_user_s_of_one_application_and_mode(app: TestApp) {
        fail(&app, JANE, "APP", 10).await;
        app.verify("bob@example.com", "APP", "123456").await.fails(401, "not_enrolled");
        let body = format!("User={JANE}, Type=APP, Code=123456");
        for key in [app.other.test_key.clone(), app.one.live_key.clone()] {
            app.post_as(&key, "/v1/mfa/verify", &body).await.fails(401, "not_enrolled");
        }
    }

    async fn a_locked_user_s_backup_code_works_and_the_lock_stays(app: TestApp) {
        let codes = backup_set(&app, JANE).await;
        fail(&app, JANE, "APP", 10).await;
        app.verify(JANE, "APP", "123456").await.fails(429, "user_locked");
        assert_eq!(app.verify(JANE, "BACKUP", &codes[0]).await.ok()["status"], "approved");
        assert_eq!(app.verify(JANE, "EMAIL", &codes[1]).await.ok()["method"], "backup_code");
        app.verify(JANE, "APP", "123456").await.fails(429, "user_locked");
    }

    async fn a_wrong_form_is_told_even_to_a_locked_user(app: TestApp) {
        fail(&app, JANE, "APP", 10).await;
        app.verify(JANE, "APP", "12345").await.fails(400, "invalid_code_format");
    }

    async fn the_setting_for_the_lock_takes_effect(app: TestApp) {
        app.set(&[("lock.failures", "3"), ("lock.time", "1h")]).await;
        fail(&app, JANE, "APP", 3).await;
        let locked = app.verify(JANE, "APP", "123456").await;
        locked.fails(429, "user_locked");
        assert_eq!(locked.retry_after(), Some(3_600));
    }
}
