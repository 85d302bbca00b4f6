//! Limits and locks, as tables of moments.

use super::*;

const LOCK: LockPolicy =
    LockPolicy { soft_failures: 10, soft_lock: Duration::from_mins(15), hard_failures: 20, hard_lock: DAY };
const LIMITS: SendLimits =
    SendLimits { cooldown: Duration::from_secs(30), per_ten_minutes: 5, unapproved_per_day: 10, per_day: 50 };

fn at(seconds: i64) -> Moment {
    Moment::from_millis(1_000_000_000 + seconds * 1000)
}

#[test]
fn the_sum_over_families_locks_at_ten_and_at_twenty() {
    let mut standing = Standing::default();
    for n in 0..9 {
        let family = if n % 2 == 0 { Family::Email } else { Family::App };
        assert_eq!(standing.fail(family, at(n), &LOCK), None);
    }
    assert_eq!(standing.failures_left(&LOCK), 1);
    assert_eq!(standing.fail(Family::Backup, at(9), &LOCK), Some(at(9 + 900)));
    assert_eq!(standing.locked_until(at(9 + 899)), Some(at(909)));
    assert_eq!(standing.locked_until(at(909)), None);
    for n in 0..9 {
        assert_eq!(standing.fail(Family::Email, at(1000 + n), &LOCK), None, "the 15 minutes come once");
    }
    assert_eq!(standing.fail(Family::Email, at(1010), &LOCK), Some(at(1010).plus(DAY)));
    assert_eq!(standing.fail(Family::Backup, at(1011), &LOCK), None);
}

#[test]
fn past_the_hard_threshold_every_failure_without_a_lock_begins_one() {
    let mut standing = Standing::default();
    for n in 0..20 {
        standing.fail(Family::App, at(n), &LOCK);
    }
    let end = at(19).plus(DAY);
    assert_eq!(standing.locked_until(at(20)), Some(end));
    // Backup codes are evaluated while the user is locked, so failures go on and do not age with the first ones.
    for n in 0..25 {
        assert_eq!(standing.fail(Family::Backup, at(23 * 3600 + n), &LOCK), None);
    }
    standing.forget_old(end);
    assert_eq!(standing.locked_until(end), None);
    assert!(standing.failures() >= LOCK.hard_failures);
    assert_eq!(standing.fail(Family::App, end, &LOCK), Some(end.plus(DAY)));
}

#[test]
fn a_success_clears_its_own_family_and_a_day_clears_all() {
    let mut standing = Standing::default();
    for n in 0..6 {
        standing.fail(Family::Email, at(n), &LOCK);
    }
    for n in 6..9 {
        standing.fail(Family::App, at(n), &LOCK);
    }
    standing.succeed(Family::App, true);
    assert_eq!(standing.failures(), 6);
    standing.succeed(Family::Email, true);
    assert_eq!(standing.failures(), 0);
    standing.fail(Family::Email, at(100), &LOCK);
    standing.forget_old(at(100).plus(DAY));
    assert_eq!(standing, Standing::default());
}

#[test]
fn a_threshold_that_was_left_can_be_crossed_again() {
    let mut standing = Standing::default();
    for n in 0..10 {
        standing.fail(if n < 5 { Family::Email } else { Family::App }, at(n), &LOCK);
    }
    standing.succeed(Family::App, true);
    for n in 0..4 {
        assert_eq!(standing.fail(Family::Email, at(2000 + n), &LOCK), None);
    }
    assert!(standing.fail(Family::Email, at(2005), &LOCK).is_some());
}

#[test]
fn an_attempt_that_was_taken_back_does_not_count() {
    let mut standing = Standing::default();
    standing.spend(Family::Backup, at(0));
    standing.spend(Family::Backup, at(1));
    standing.take_back(Family::Backup, at(0));
    assert_eq!(standing.failures(), 1);
    standing.take_back(Family::Email, at(1));
    assert_eq!(standing.failures(), 1);
}

#[test]
fn a_flood_of_one_family_does_not_push_another_out() {
    let mut standing = Standing::default();
    standing.fail(Family::Email, at(0), &LOCK);
    for n in 0..500 {
        standing.fail(Family::Backup, at(n), &LOCK);
    }
    assert_eq!(standing.failures(), 1 + KEPT_PER_FAMILY);
    standing.succeed(Family::Backup, true);
    assert_eq!(standing.failures(), 1);
}

#[test]
fn sends_wait_thirty_seconds_then_ten_minutes_then_a_day() {
    let mut standing = Standing::default();
    let mut now = at(0);
    for n in 0..5 {
        assert_eq!(standing.admit_send(now, &LIMITS), Ok(()), "{n}");
        standing.record_send(now);
        let until = now.plus(LIMITS.cooldown);
        let expected =
            if n < 4 { SendRefused::Cooldown { until } } else { SendRefused::TooMany { until: at(600) } };
        assert_eq!(standing.admit_send(now, &LIMITS), Err(expected));
        now = until;
    }
    now = at(600 + 120);
    for _ in 0..5 {
        now = standing.next_send(now, &LIMITS);
        assert_eq!(standing.admit_send(now, &LIMITS), Ok(()));
        standing.record_send(now);
    }
    assert_eq!(standing.admit_send(at(3000), &LIMITS), Err(SendRefused::TooMany { until: at(0).plus(DAY) }));
    standing.succeed(Family::Email, true);
    assert_eq!(standing.admit_send(at(3000), &LIMITS), Ok(()));
}

#[test]
fn fifty_a_day_hold_even_when_each_is_approved() {
    let mut standing = Standing::default();
    for n in 0..50 {
        assert_eq!(standing.admit_send(at(n), &LIMITS), Ok(()));
        standing.record_send(at(n));
        standing.succeed(Family::Email, true);
    }
    assert_eq!(standing.admit_send(at(60), &LIMITS), Err(SendRefused::TooMany { until: at(0).plus(DAY) }));
}

#[test]
fn an_enrolment_is_a_success_but_lifts_no_send_limit() {
    let mut standing = Standing::default();
    standing.record_send(at(0));
    standing.succeed(Family::App, false);
    assert!(standing.admit_send(at(1), &LIMITS).is_err());
}

#[test]
fn starts_of_apps_and_keys_have_a_window_of_their_own() {
    let mut standing = Standing::default();
    for n in 0..30 {
        assert_eq!(standing.admit_start(at(n), 30), Ok(()));
    }
    assert_eq!(standing.admit_start(at(30), 30), Err(SendRefused::TooMany { until: at(600) }));
    assert_eq!(standing.admit_send(at(30), &LIMITS), Ok(()));
}

#[test]
fn a_standing_is_stored_and_read_back() {
    let mut standing = Standing::default();
    standing.fail(Family::Email, at(0), &LOCK);
    standing.record_send(at(1));
    let text = serde_json::to_string(&standing).unwrap();
    assert_eq!(serde_json::from_str::<Standing>(&text).unwrap(), standing);
    assert_eq!(serde_json::to_string(&Standing::default()).unwrap(), "{}");
}
