//! What is done to a user by hand: a lock, and an erasure that leaves nothing.

use rift_mfa::domain::audit::Entry;
use rift_mfa::domain::id::OrgId;
use rift_mfa::domain::tenant::Mode;
use rift_mfa::domain::usage::By;
use rift_mfa::store::{
    AuditFilter, ClaimRequest, DeliveryReport, Disposition, HookNext, Next, Remember, Replay, ReportTaken,
    Ticket, UserRef,
};

use crate::support::{BackupGuess, DAY, Fixture, HOUR, MINUTE, at, at_once, id, say, sealed};

async fn log(f: &Fixture, org: OrgId) -> Vec<Entry> {
    f.store.audit_oldest(org, &AuditFilter::default(), 0, 100).await.unwrap()
}

pub async fn a_lock_by_hand_is_as_one_by_failures(f: &Fixture) {
    let jane = f.user("jane");
    let org: OrgId = id(at(0));
    let note = f.note_of(org, "user.locked");
    f.issued(&jane, 0).await;
    f.started(&jane, "111111", 30).await;
    let lock = async |until, now| f.store.lock_user(f.scope, &jane, at(until), at(now), &note).await.unwrap();
    assert_eq!(lock(2 * HOUR, 40).await, at(2 * HOUR));
    assert_eq!(f.check(f.guess(&jane, "111111", 41)).await, "locked 7200");
    for scope in f.strangers() {
        assert_eq!(f.store.summary(scope, &jane, at(41)).await.unwrap().locked_until, None);
    }
    let [line] = &log(f, org).await[..] else { panic!("one line") };
    assert_eq!((line.action.as_str(), line.at), ("user.locked", at(40)));
    assert_eq!(line.changes, r#"[{"field":"locked_until","new":"2026-11-24T14:00:00Z","old":null}]"#);
    // One that ends sooner changes nothing and leaves nothing.
    let before = f.raw.everything().await;
    assert_eq!(lock(HOUR, 50).await, at(2 * HOUR));
    assert_eq!(f.raw.everything().await, before);
    assert_eq!(log(f, org).await.len(), 1);
    assert_eq!(lock(3 * HOUR, 50).await, at(3 * HOUR));
    // Backup codes still work, and failures at them make no long lock a short one.
    assert_eq!(f.backup(f.backup_guess(&jane, '1', 60)).await, "approved");
    for n in 0..12 {
        f.try_backup(&BackupGuess { fits: false, ..f.backup_guess(&jane, '2', 70 + n) }).await.unwrap();
    }
    let summary = f.store.summary(f.scope, &jane, at(90)).await.unwrap();
    assert_eq!((summary.failures, summary.locked_until), (12, Some(at(3 * HOUR))));
    assert_eq!(f.store.summary(f.scope, &jane, at(3 * HOUR)).await.unwrap().locked_until, None);

    f.store.unlock(f.scope, &jane, at(100), &f.note_of(org, "user.unlocked")).await.unwrap();
    let summary = f.store.summary(f.scope, &jane, at(100)).await.unwrap();
    assert_eq!((summary.failures, summary.locked_until), (0, None));
    let lines = log(f, org).await;
    assert_eq!(
        lines[2].changes,
        r#"[{"field":"locked_until","new":null,"old":"2026-11-24T15:00:00Z"},{"field":"failures","new":"0","old":"12"}]"#
    );
    // Two by hand, and the tenth failure told of itself.
    assert_eq!(f.raw.count("events", "kind = 'user.locked'").await, 3);
    assert_eq!(f.raw.count("events", "kind = 'user.unlocked'").await, 1);

    let before = f.raw.everything().await;
    f.store.unlock(f.scope, &jane, at(101), &f.note_of(org, "user.unlocked")).await.unwrap();
    assert_eq!(f.raw.everything().await, before, "nothing was locked and nothing had failed");
    assert_eq!(log(f, org).await.len(), 3);

    let nobody = f.user("nobody");
    f.store.lock_user(f.scope, &nobody, at(HOUR), at(0), &note).await.unwrap();
    assert_eq!(f.check(f.guess(&nobody, "999999", 1)).await, "locked 3600", "one that is not known yet");
}

pub async fn a_lock_of_a_pair_is_a_lock_of_its_contacts(f: &Fixture) {
    let (mail, phone) = (f.user("mail"), f.user("phone"));
    let pair = UserRef { contacts: vec![mail.clone(), phone.clone()], ..f.user("pair") };
    f.store.lock_user(f.scope, &pair, at(HOUR), at(0), &f.note()).await.unwrap();
    for user in [&pair, &mail, &phone] {
        assert_eq!(f.store.summary(f.scope, user, at(1)).await.unwrap().locked_until, Some(at(HOUR)));
    }
    // One of them is locked for longer: the line tells of no lock that became shorter.
    let org: OrgId = id(at(0));
    f.store.lock_user(f.scope, &mail, at(3 * HOUR), at(1), &f.note()).await.unwrap();
    f.store.lock_user(f.scope, &pair, at(2 * HOUR), at(1), &f.note_of(org, "user.locked")).await.unwrap();
    let [line] = &log(f, org).await[..] else { panic!("one line") };
    assert_eq!(line.changes, "[]");
    f.store.unlock(f.scope, &pair, at(2), &f.note()).await.unwrap();
    for user in [&pair, &mail, &phone] {
        assert_eq!(f.store.summary(f.scope, user, at(3)).await.unwrap().locked_until, None);
    }
}

/// Everything that a user can have.
async fn all_of(f: &Fixture, user: &UserRef) {
    let mut start = f.start(user, "111111", 0);
    let mut delivered = f.message(user, 1);
    delivered.disposition = Disposition::Inbox(sealed("inbox"));
    start.messages.push(delivered);
    f.store.start_code(f.scope, &start, None).await.unwrap();
    f.check(f.guess(user, "999999", 1)).await;
    f.check(f.guess(user, "111111", 2)).await;
    f.key_enrolled(user, 10).await;
    let proof = f.started(user, "222222", 40).await;
    f.check(f.guess(user, "222222", 41)).await;
    let app = f.enrolling(user, Some(proof), 42).await;
    assert_eq!(f.totp(f.totp_guess(user, app.factor, 100, 43)).await, "enrolled");
    f.ceremony_of(user, 50, 5 * MINUTE).await;
    f.issued(user, 80).await;
    assert_eq!(f.backup(f.backup_guess(user, '1', 81)).await, "approved");
    f.requested(&f.start_of_set(user, 120)).await;
    // An enrolment whose secret stands in a stored answer.
    let proof = f.started(user, "333333", 160).await;
    f.check(f.guess(user, "333333", 161)).await;
    let enrolment =
        rift_mfa::store::StartApp { asked_to_enrol: true, proof: Some(proof), ..f.start_of_app(user, 170) };
    let ticket = Ticket { key: *user.key.as_bytes(), token: "mine".into() };
    let claim = ClaimRequest { ticket: ticket.clone(), body: [1; 32], claimed_until: at(200), now: at(170) };
    f.store.claim(f.scope, &claim).await.unwrap();
    let remember = Remember {
        ticket: &ticket,
        enrolment: Some(enrolment.challenge.id),
        answer: &|_| Some(sealed("secret")),
    };
    f.store.start_app(f.scope, &enrolment, Some(remember)).await.unwrap();
}

/// What all the tables hold, but for what outlives a user.
async fn left(f: &Fixture) -> String {
    let kept = ["usage_marks:", "usage_kept:", "audit_log:", "audit_heads:"];
    let all = f.raw.everything().await;
    all.lines().filter(|line| !kept.iter().any(|of| line.starts_with(of))).collect::<Vec<_>>().join("\n")
}

pub async fn an_erasure_leaves_nothing_of_the_user_and_all_of_the_others(f: &Fixture) {
    let (jane, x) = (f.user("jane"), f.user("x-ray"));
    all_of(f, &jane).await;
    let hook = f.hook(&["*"]).await;
    let before = left(f).await;
    all_of(f, &x).await;
    let told = f.claim_hooks(hook.id, "node-a", 200, 100).await;
    f.record_hook(told.last().unwrap(), &HookNext::Delivered, 200).await;
    for scope in f.strangers() {
        assert_eq!(f.store.erase_user(scope, &x, at(200), &f.note()).await.unwrap(), None);
    }
    let org: OrgId = id(at(0));
    let erased =
        f.store.erase_user(f.scope, &x, at(200), &f.note_of(org, "user.erased")).await.unwrap().unwrap();
    assert_eq!(
        erased.rows,
        [
            ("backup_codes", 6),
            ("backup_sets", 2),
            ("challenges", 9),
            ("checks", 7),
            ("delivery_attempts", 1),
            ("events", 16),
            ("factors", 3),
            ("idempotency", 1),
            ("inbox", 1),
            ("messages", 6),
            ("users", 1),
            ("webauthn_credentials", 1),
            ("webauthn_states", 1),
            ("webauthn_users", 1),
            ("webhook_attempts", 1),
            ("webhook_deliveries", 8),
        ]
    );
    assert_eq!(left(f).await, before);
    // No table that knows a user, by whatever migration it came, still knows this one.
    let tables = f.raw.tables_with("user_key").await;
    assert!(tables.len() >= 9, "{tables:?}");
    for table in &tables {
        assert_eq!(f.raw.count(table, &format!("user_key = {}", f.key(&x))).await, 0, "{table}");
    }
    let [line] = &log(f, org).await[..] else { panic!("one line") };
    assert_eq!((line.action.as_str(), line.id.clone()), ("user.erased", erased.audit.to_string()));
    assert!(line.changes.contains(r#"{"field":"challenges","new":"0","old":"9"}"#), "{}", line.changes);

    let before = f.raw.everything().await;
    assert_eq!(f.store.erase_user(f.scope, &x, at(201), &f.note()).await.unwrap(), None);
    assert_eq!(f.raw.everything().await, before, "who is not known is not erased");
    assert_eq!(f.check(f.guess(&x, "333333", 210)).await, "no_pending_code");
    f.started(&x, "444444", 211).await;
    assert_eq!(f.check(f.guess(&x, "444444", 212)).await, "approved", "a fresh user, without a cooldown");
}

pub async fn what_an_erased_user_did_stays_in_the_figures(f: &Fixture) {
    let (jane, x) = (f.user("jane"), f.user("x-ray"));
    all_of(f, &jane).await;
    all_of(f, &x).await;
    for (hour, country) in [(0, "DE"), (1, "US")] {
        let text = f.texted(&x, country, "555555", hour * HOUR + 30 * MINUTE).await;
        f.handed_over(&text.message, 180).await;
    }
    let read = async || f.usage(f.scope, -DAY, DAY, By::Hour).await;
    let figures = read().await;
    assert!(figures.iter().any(|line| line.contains("sms US 1 1")), "{figures:?}");
    // The first hour is closed and will be counted again; the second one is not closed.
    f.close_hours(HOUR + 15 * MINUTE).await;
    assert_eq!(read().await, figures);
    f.store.erase_user(f.scope, &x, at(2 * HOUR), &f.note()).await.unwrap().unwrap();
    assert_eq!(read().await, figures, "one hour is closed");
    f.close_hours(5 * HOUR).await;
    assert_eq!(read().await, figures, "both are closed");
    f.close_hours(2 * DAY).await;
    assert_eq!(read().await, figures, "both were counted again");
    f.store.erase_user(f.scope, &jane, at(2 * DAY), &f.note()).await.unwrap().unwrap();
    f.close_hours(4 * DAY).await;
    assert_eq!(read().await, figures, "both were closed before");
}

pub async fn a_message_under_way_leaves_nothing(f: &Fixture) {
    let mut f = f.clone();
    f.scope.mode = Mode::Live;
    let f = &f;
    let x = f.user("x-ray");
    let text = f.texted(&x, "DE", "111111", 0).await;
    let set = f.start_of_set(&x, 30);
    f.requested(&set).await;
    let codes = f.queued(&set, 0, &x);
    f.store.erase_user(f.scope, &x, at(40), &f.note()).await.unwrap().unwrap();
    let before = f.raw.everything().await;
    let attempt = rift_mfa::store::AttemptRecord {
        provider: "twilio".into(),
        own: false,
        result: "sent",
        reason: None,
        detail: None,
        provider_id: Some("SM1".into()),
        started_at: at(1),
        ended_at: at(2),
    };
    for message in [&text.message, &codes] {
        for next in [
            Next::Sent { inbox: Some(sealed("inbox")) },
            Next::Sent { inbox: None },
            Next::Failed { reason: "no".into() },
            Next::Expired,
            Next::Renew { until: at(60) },
            Next::Again { at: at(60) },
        ] {
            assert!(!f.store.record_attempt(message, Some(&attempt), &next, at(41)).await.unwrap());
        }
    }
    let report = DeliveryReport {
        provider: "twilio",
        own: None,
        provider_id: "SM1",
        message: Some(text.message.id),
        delivered: true,
        reason: None,
    };
    assert_eq!(f.store.record_report(&report, at(42)).await.unwrap(), ReportTaken::Unknown);
    assert_eq!(f.raw.everything().await, before);
}

/// Each meeting is tried so often, with a user of its own: one alone may pass by luck.
const ROUNDS: i64 = 12;

pub async fn an_erasure_meets_a_check_and_a_start(f: &Fixture) {
    for round in 0..ROUNDS {
        let user = f.user(&format!("user {round}"));
        f.started(&user, "111111", 0).await;
        let (fixture, who) = (f.clone(), user.clone());
        let outcomes = at_once(3, move |n| {
            let (f, user) = (fixture.clone(), who.clone());
            async move {
                match n {
                    0 => {
                        let erased = f.store.erase_user(f.scope, &user, at(40), &f.note()).await?;
                        let rows = erased.map(|erased| erased.rows).unwrap_or_default();
                        let challenges = rows.iter().find(|(what, _)| *what == "challenges");
                        Ok(challenges.map(|(_, many)| many.to_string()).unwrap_or_default())
                    }
                    1 => f.try_check(&f.guess(&user, "111111", 40)).await.map(|outcome| say(&outcome)),
                    _ => {
                        let start = f.start(&user, "222222", 40);
                        f.store.start_code(f.scope, &start, None).await.map(|outcome| format!("{outcome:?}"))
                    }
                }
            }
        })
        .await;
        // What came after the erasure is there, and nothing of what came before.
        let own = format!("user_key = {}", f.key(&user));
        let challenges = f.raw.count("challenges", &own).await;
        let erased: i64 = outcomes[0].parse().unwrap();
        assert_eq!(challenges + erased, 2, "{outcomes:?}");
        assert_eq!(f.raw.count("messages", &own).await, challenges, "{outcomes:?}");
        let orphans = "challenge_id NOT IN (SELECT id FROM challenges)";
        assert_eq!(f.raw.count("checks", orphans).await, 0, "{outcomes:?}");
        assert_eq!(f.raw.count("messages", orphans).await, 0, "{outcomes:?}");
        if challenges == 1 {
            assert_eq!(f.check(f.guess(&user, "222222", 41)).await, "approved", "{outcomes:?}");
        }
    }
}

pub async fn an_erasure_meets_a_hand_over(f: &Fixture) {
    for round in 0..ROUNDS {
        let user = f.user(&format!("user {round}"));
        let start = f.start_of_set(&user, 0);
        f.requested(&start).await;
        let message = f.queued(&start, 0, &user);
        let (fixture, who) = (f.clone(), user.clone());
        at_once(2, move |n| {
            let (f, user, message) = (fixture.clone(), who.clone(), message.clone());
            async move {
                if n == 0 {
                    f.store.erase_user(f.scope, &user, at(1), &f.note()).await.map(|_| ())
                } else {
                    let next = Next::Sent { inbox: Some(sealed("inbox")) };
                    f.store.record_attempt(&message, None, &next, at(1)).await.map(|_| ())
                }
            }
        })
        .await;
        for table in ["users", "messages", "inbox", "backup_sets", "challenges"] {
            let own = format!("user_key = {}", f.key(&user));
            assert_eq!(f.raw.count(table, &own).await, 0, "{table}");
        }
        assert_eq!(f.raw.count("delivery_attempts", "1 = 1").await, 0);
        assert_eq!(f.raw.count("backup_codes", "1 = 1").await, 0);
    }
}

pub async fn an_erasure_meets_a_replay(f: &Fixture) {
    let hook = f.hook(&["*"]).await;
    for round in 0..ROUNDS {
        let user = f.user(&format!("user {round}"));
        for (n, code) in ["111111", "222222", "333333"].iter().enumerate() {
            let second = 60 * i64::try_from(n).unwrap();
            f.started(&user, code, second).await;
            assert_eq!(f.check(f.guess(&user, code, second + 1)).await, "approved");
        }
        let told = format!(
            "SELECT d.event_id FROM webhook_deliveries d JOIN events e ON e.id = d.event_id WHERE e.user_key = {}
             ORDER BY d.event_id DESC",
            f.key(&user)
        );
        let events: Vec<String> = f.raw.texts(&told).await.into_iter().flatten().collect();
        assert_eq!(events.len(), 3);
        let (fixture, of) = (f.clone(), hook.id);
        at_once(4, move |n| {
            let (f, user, event) = (fixture.clone(), user.clone(), events.get(n).cloned());
            async move {
                // Neither waits for the other for ever: a deadlock would be ended by an error.
                match event {
                    Some(event) => {
                        let event = Replay::Event(event.parse().unwrap());
                        f.store.replay(f.scope, of, event, at(300), &f.note()).await.map(|_| ())
                    }
                    None => f.store.erase_user(f.scope, &user, at(300), &f.note()).await.map(|_| ()),
                }
            }
        })
        .await;
        let orphans = "event_id NOT IN (SELECT id FROM events)";
        assert_eq!(f.raw.count("webhook_deliveries", orphans).await, 0, "told of one that is erased");
    }
}
