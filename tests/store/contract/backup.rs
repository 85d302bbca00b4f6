//! Backup codes: a set is valid when it was handed over, each code is taken once, and an attempt is spent first.

use rift_mfa::domain::challenge::{MfaType, Status, VerifiedBy};
use rift_mfa::domain::id::ChallengeId;
use rift_mfa::store::{Checked, Disposition, Next, SpendBackup, SpentBackup, StartBackup};

use crate::support::{BackupGuess, Fixture, MINUTE, at, at_once, id, say, sealed};

async fn status(f: &Fixture, id: ChallengeId) -> Status {
    f.store.trace(f.scope, id).await.unwrap().unwrap().challenge.status
}

pub async fn a_set_is_valid_once_it_was_handed_over(f: &Fixture) {
    let jane = f.user("jane");
    let first = f.start_of_set(&jane, 0);
    let set = f.requested(&first).await;
    assert_eq!((status(f, set).await, f.codes_left(&jane).await), (Status::Pending, 0));
    let spend = SpendBackup { user: &jane, index: '1', named: None, now: at(1) };
    assert!(matches!(f.store.spend_backup(f.scope, &spend).await.unwrap(), SpentBackup::Spent(None)));
    // Not even a candidate from elsewhere makes a pending set valid.
    let guess = f.backup_guess(&jane, '1', 1);
    assert_eq!(f.settle(&guess, Some((set, '1'))).await.map(|it| say(&it)).unwrap(), "invalid_code 9");

    assert!(f.record(&f.queued(&first, 0, &jane), &Next::Sent { inbox: None }, 2).await);
    assert_eq!((status(f, set).await, f.codes_left(&jane).await), (Status::Issued, 3));
    let Checked::Approved(approval) = f.try_backup(&f.backup_guess(&jane, '1', 3)).await.unwrap() else {
        panic!("a valid code was not taken")
    };
    assert_eq!((approval.by, approval.backup_remaining), (VerifiedBy::BackupCode, Some(2)));
    let record = f.store.trace(f.scope, approval.id).await.unwrap().unwrap();
    assert_eq!(record.challenge.verified_by, Some(VerifiedBy::BackupCode));
    assert_eq!((record.challenge.status, record.checks[0].result.as_str()), (Status::Approved, "approved"));
}

pub async fn the_old_set_dies_with_the_hand_over_and_not_before(f: &Fixture) {
    let jane = f.user("jane");
    let old = f.issued(&jane, 0).await;
    let bystander = f.issued(&f.user("john"), 0).await;
    let second = f.start_of_set(&jane, 30);
    let new = f.requested(&second).await;
    assert_eq!(f.backup(f.backup_guess(&jane, '1', 31)).await, "approved", "the old set still holds");
    assert!(f.record(&f.queued(&second, 0, &jane), &Next::Sent { inbox: None }, 32).await);
    assert_eq!((status(f, old).await, status(f, new).await), (Status::Superseded, Status::Issued));
    assert_eq!(f.raw.count("backup_codes", &format!("set_id = '{old}'")).await, 0);
    assert_eq!(f.codes_left(&jane).await, 3);
    let guess = f.backup_guess(&jane, '2', 33);
    assert_eq!(f.settle(&guess, Some((old, '2'))).await.map(|it| say(&it)).unwrap(), "invalid_code 10");
    assert_eq!(status(f, bystander).await, Status::Issued);
}

pub async fn a_set_that_nobody_got_leaves_the_old_one(f: &Fixture) {
    let jane = f.user("jane");
    let old = f.issued(&jane, 0).await;
    for (second, next) in [(30, Next::Failed { reason: "550".into() }), (60, Next::Expired)] {
        let start = f.start_of_set(&jane, second);
        let failed = f.requested(&start).await;
        assert!(f.record(&f.queued(&start, 0, &jane), &next, second + 1).await);
        assert_eq!((status(f, old).await, status(f, failed).await), (Status::Issued, Status::Failed));
        assert_eq!(f.raw.count("backup_codes", &format!("set_id = '{failed}'")).await, 0);
    }
    assert_eq!(f.backup(f.backup_guess(&jane, '1', 62)).await, "approved");
}

pub async fn a_newer_request_ends_one_that_waits(f: &Fixture) {
    let jane = f.user("jane");
    let first = f.start_of_set(&jane, 0);
    let older = f.requested(&first).await;
    let newer = f.requested(&f.start_of_set(&jane, 30)).await;
    assert_eq!((status(f, older).await, status(f, newer).await), (Status::Superseded, Status::Pending));
    assert_eq!(f.raw.count("messages", "status = 'queued'").await, 1);
    // Its message was on its way all the same: that is told, and makes the dead set no more valid.
    f.record(&f.queued(&first, 0, &jane), &Next::Sent { inbox: None }, 31).await;
    assert_eq!((status(f, older).await, f.codes_left(&jane).await), (Status::Superseded, 0));
}

/// A set that goes out by two channels is in the user's hands as soon as one of them has delivered.
pub async fn one_of_two_messages_is_enough(f: &Fixture) {
    for (name, failed_leg) in [("jane", 0), ("john", 1)] {
        let user = f.user(name);
        let old = f.issued(&user, 0).await;
        let mut start = f.start_of_set(&user, 30);
        start.messages.push(f.message(&user, 30));
        let new = f.requested(&start).await;
        let leg = |n| f.queued(&start, n, &user);
        assert!(f.record(&leg(failed_leg), &Next::Failed { reason: "550".into() }, 31).await);
        assert_eq!(status(f, old).await, Status::Issued);
        assert!(f.record(&leg(1 - failed_leg), &Next::Sent { inbox: None }, 32).await);
        assert_eq!(
            (status(f, old).await, status(f, new).await),
            (Status::Superseded, Status::Issued),
            "{name}"
        );
    }
}

pub async fn test_mode_hands_a_set_over_with_its_start(f: &Fixture) {
    let jane = f.user("jane");
    let mut start = f.start_of_set(&jane, 0);
    start.messages[0].disposition = Disposition::Inbox(sealed("codes"));
    let set = f.requested(&start).await;
    assert_eq!((status(f, set).await, f.codes_left(&jane).await), (Status::Issued, 3));
    assert_eq!(f.raw.count("messages", "status = 'delivered' AND payload IS NULL").await, 1);
}

pub async fn a_set_is_for_one_user_and_costs_the_recipient(f: &Fixture) {
    let (jane, address) = (f.user("jane"), f.user("address"));
    let send = async |second| {
        let mut start = StartBackup { recipient: address.clone(), ..f.start_of_set(&jane, second) };
        start.messages = vec![f.message(&address, second)];
        say(&f.store.start_backup(f.scope, &start, None).await.unwrap())
    };
    assert_eq!(send(0).await, "started 30");
    let before = f.raw.everything().await;
    assert_eq!(send(29).await, "cooldown 30");
    assert_eq!(f.raw.everything().await, before);
    f.fail(&jane, 10, 29).await;
    assert_eq!(send(40).await, "locked 929", "the user's lock holds");
    f.store.unlock(f.scope, &jane, at(41), &f.note()).await.unwrap();
    f.fail(&address, 10, 41).await;
    assert_eq!(send(42).await, "locked 941", "the recipient's, too");
    assert_eq!(f.raw.count("backup_sets", "1 = 1").await, 1);
    f.started(&jane, "111111", 43).await;
}

pub async fn fifty_of_one_code_at_once_approve_one(f: &Fixture) {
    let jane = f.user("jane");
    f.issued(&jane, 0).await;
    let (fixture, user) = (f.clone(), jane.clone());
    let outcomes = at_once(50, move |_| {
        let (f, user) = (fixture.clone(), user.clone());
        async move { f.try_backup(&f.backup_guess(&user, '1', 1)).await.map(|outcome| say(&outcome)) }
    })
    .await;
    let count = |word: &str| outcomes.iter().filter(|outcome| *outcome == word).count();
    assert_eq!((count("approved"), count("code_already_used")), (1, 49), "{outcomes:?}");
    assert_eq!(f.codes_left(&jane).await, 2);
    assert_eq!(f.raw.count("backup_codes", "used_at IS NOT NULL").await, 1);
}

pub async fn a_spent_attempt_counts_though_its_check_never_ends(f: &Fixture) {
    let jane = f.user("jane");
    f.issued(&jane, 0).await;
    for n in 1..=9 {
        let spend = SpendBackup { user: &jane, index: '1', named: None, now: at(1) };
        let SpentBackup::Spent(Some(candidate)) = f.store.spend_backup(f.scope, &spend).await.unwrap() else {
            panic!("no row was selected")
        };
        assert_eq!(candidate.hash, b"1 at 0");
        assert_eq!(f.standing(&jane, 1).await.failures(), n);
    }
    let wrong = BackupGuess { fits: false, ..f.backup_guess(&jane, '1', 2) };
    assert_eq!(f.backup(wrong.clone()).await, "invalid_code 10");
    assert_eq!(f.check(f.guess(&jane, "999999", 3)).await, "locked 902");
    // Backup codes are evaluated while the user is locked, and go on counting.
    assert_eq!(f.backup(BackupGuess { at: 4, ..wrong }).await, "invalid_code 9");
    assert_eq!(f.backup(f.backup_guess(&jane, '1', 5)).await, "approved");
    assert_eq!(f.standing(&jane, 5).await.failures(), 0);
    assert_eq!(f.check(f.guess(&jane, "999999", 6)).await, "locked 902", "an approval ends no lock");
}

pub async fn a_repeated_backup_code_counts_after_a_minute(f: &Fixture) {
    let jane = f.user("jane");
    f.issued(&jane, 0).await;
    assert_eq!(f.backup(f.backup_guess(&jane, '1', 1)).await, "approved");
    for (second, failures) in [(60, 0), (61, 1)] {
        assert_eq!(f.backup(f.backup_guess(&jane, '1', second)).await, "code_already_used");
        assert_eq!(f.standing(&jane, second).await.failures(), failures, "at {second} s");
    }
    let unknown = f.backup_guess(&jane, 'Z', 62);
    assert_eq!(f.backup(unknown).await, "invalid_code 8");
    assert_eq!(f.backup(f.backup_guess(&f.user("nobody"), '1', 1)).await, "not_enrolled");
}

/// What does not count must not lock either: the lock of ten earlier failures keeps its end.
pub async fn a_repeated_code_lengthens_no_lock(f: &Fixture) {
    let jane = f.user("jane");
    f.issued(&jane, 0).await;
    f.fail(&jane, 10, 0).await;
    assert_eq!(f.backup(f.backup_guess(&jane, '1', 10)).await, "approved");
    assert_eq!(f.backup(f.backup_guess(&jane, '1', 20)).await, "code_already_used");
    assert_eq!(f.standing(&jane, 20).await.locked_until(at(20)), Some(at(15 * MINUTE)));
    assert_eq!(f.raw.count("events", "kind = 'user.locked'").await, 1);
}

pub async fn a_backup_code_answers_the_challenge_that_is_named(f: &Fixture) {
    let (jane, john) = (f.user("jane"), f.user("john"));
    let set = f.issued(&jane, 0).await;
    f.issued(&john, 0).await;
    let waiting = f.started(&jane, "111111", 30).await;
    let johns = f.started(&john, "222222", 30).await;
    let named = |id| BackupGuess { id: Some(id), kind: MfaType::Email, ..f.backup_guess(&jane, '1', 31) };
    for other in [johns, id(at(0))] {
        assert_eq!(f.backup(named(other)).await, "unknown");
    }
    assert_eq!(
        f.backup(BackupGuess { kind: MfaType::Phone, ..named(waiting) }).await,
        "unknown",
        "another family"
    );
    assert_eq!(f.codes_left(&jane).await, 3, "an unknown Id consumes nothing");
    assert_eq!(f.standing(&jane, 31).await.failures(), 0, "and spends no attempt");

    let Checked::Approved(approval) = f.try_backup(&named(waiting)).await.unwrap() else {
        panic!("not approved")
    };
    assert_eq!((approval.id, approval.by), (waiting, VerifiedBy::BackupCode));
    let record = f.store.trace(f.scope, waiting).await.unwrap().unwrap().challenge;
    assert_eq!((record.status, record.verified_by), (Status::Approved, Some(VerifiedBy::BackupCode)));
    assert_eq!(f.backup(BackupGuess { index: '2', ..named(waiting) }).await, "no_pending_code");
    assert_eq!(f.codes_left(&jane).await, 2, "a code for a challenge that has ended is not consumed");
    assert_eq!(status(f, set).await, Status::Issued);
}

/// The issue of a set has an Id, but is no challenge: nothing is verified by naming it.
pub async fn the_issue_of_a_set_is_no_challenge(f: &Fixture) {
    let jane = f.user("jane");
    f.issued(&jane, 0).await;
    let issue = f.requested(&f.start_of_set(&jane, 30)).await;
    let outcome = f.backup(BackupGuess { id: Some(issue), ..f.backup_guess(&jane, '1', 31) }).await;
    assert_eq!((outcome.as_str(), status(f, issue).await), ("unknown", Status::Pending));
    assert_eq!(f.codes_left(&jane).await, 3);
    assert_eq!(f.store.cancel(f.scope, issue, at(32)).await.unwrap(), Some(true), "the old set stays then");
    assert_eq!(f.codes_left(&jane).await, 3);
}

pub async fn a_backup_code_fits_no_other_user_and_no_other_tenancy(f: &Fixture) {
    let (jane, john) = (f.user("jane"), f.user("john"));
    let set = f.issued(&jane, 0).await;
    f.issued(&john, 0).await;
    let guess = f.backup_guess(&john, '1', 1);
    assert_eq!(f.settle(&guess, Some((set, '1'))).await.map(|it| say(&it)).unwrap(), "invalid_code 10");
    for scope in f.strangers() {
        let elsewhere = Fixture { scope, ..f.clone() };
        let guess = f.backup_guess(&jane, '1', 1);
        assert_eq!(elsewhere.backup(guess.clone()).await, "not_enrolled");
        let taken = elsewhere.settle(&guess, Some((set, '1'))).await.map(|it| say(&it)).unwrap();
        assert!(!taken.starts_with("approved"), "{taken}");
    }
    assert_eq!(f.codes_left(&jane).await, 3);
}
