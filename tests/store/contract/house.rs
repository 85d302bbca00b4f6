//! Second factors of the service's own members: what their sign-in asks for beside what every tenant's users have.

use rift_mfa::domain::access::Role;
use rift_mfa::domain::challenge::MfaType;
use rift_mfa::domain::notice::{MemberNotice, Notice, When};
use rift_mfa::store::{
    AuditFilter, BackupHash, CheckTotp, Checked, Enrolment, MemberMail, Removed, ShownBackup, StartApp, Told,
    TotpMatch,
};

use super::access::organization;
use super::sign_in::{active, full};
use crate::support::{Fixture, at, at_once, lock, say};

fn told(f: &Fixture, org: rift_mfa::domain::id::OrgId, action: &'static str) -> Told {
    let when = When { at: at(0).to_string(), address: None };
    let notice = Notice::Member(MemberNotice::FactorRemoved { org: "Acme".into(), when });
    Told { mail: Some(MemberMail { email: "jane@example.com".into(), notice }), ..f.told_of(org, action) }
}

pub async fn two_first_enrolments_at_once_give_one_factor(f: &Fixture) {
    for round in 0..8 {
        let user = f.user(&format!("jane{round}"));
        // Two half sessions begin one after the other: the second start takes the first one's place.
        let first = f.enrolling(&user, None, round).await;
        let key = f.start_of_key(&user, "enrol", round);
        assert!(f.start_key(&key).await.starts_with("enrolling"));
        let (fixture, who) = (f.clone(), user.clone());
        let outcomes = at_once(2, move |n| {
            let (f, user, factor) = (fixture.clone(), who.clone(), key.start.factor.id);
            async move {
                if n == 0 {
                    let guess = f.totp_guess(&user, first.factor, 100, round);
                    return f.try_totp(&guess).await;
                }
                let guess = crate::support::KeyGuess {
                    enrols: Some(factor),
                    ..f.key_guess(&user, "new enrol", 1, round)
                };
                f.try_key(&guess).await
            }
        })
        .await;
        let enrolled = outcomes.iter().filter(|one| matches!(one, Checked::Approved(_))).count();
        assert_eq!(enrolled, 1, "{outcomes:?}");
        let key = f.key(&user);
        let filter = format!("user_key = {key} AND status = 'confirmed'");
        assert_eq!(f.raw.count("factors", &filter).await, 1);
    }
}

pub async fn a_further_factor_is_confirmed_by_whom_it_was_begun(f: &Fixture) {
    let user = f.user("jane");
    f.enrolled(&user, 0).await;
    let untrusted = StartApp { asked_to_enrol: true, ..f.start_of_app(&user, 10) };
    assert_eq!(f.start_app(&untrusted).await, "proof required");
    let trusted = StartApp { asked_to_enrol: true, trusted: true, ..f.start_of_app(&user, 20) };
    assert_eq!(f.start_app(&trusted).await, "enrolling");
    let check = async |only_first| {
        let check = CheckTotp {
            user: &user,
            matches: &[TotpMatch { factor: trusted.factor.id, step: 500 }],
            id: Some(trusted.challenge.id),
            record: f.challenge(&user, MfaType::App, 30),
            enrolment: Enrolment { only_first, told: None },
            lock: lock(),
            now: at(30),
        };
        say(&f.store.check_totp(f.scope, &check, None).await.unwrap())
    };
    // Somebody who has only the password comes upon an enrolment that a session began which is gone.
    assert_eq!(check(true).await, "proof required");
    assert_eq!(check(false).await, "enrolled");
}

pub async fn of_the_last_two_factors_removed_at_once_one_stays(f: &Fixture) {
    let org = organization(f, 0).await;
    for round in 0..8 {
        let user = f.user(&format!("jane{round}"));
        let one = f.enrolled(&user, round).await;
        let trusted = StartApp { asked_to_enrol: true, trusted: true, ..f.start_of_app(&user, round) };
        assert_eq!(f.start_app(&trusted).await, "enrolling");
        assert_eq!(f.totp(f.totp_guess(&user, trusted.factor.id, 100, round)).await, "enrolled");
        let (fixture, who, factors) = (f.clone(), user.clone(), [one, trusted.factor.id]);
        let outcomes = at_once(2, move |n| {
            let (f, user) = (fixture.clone(), who.clone());
            async move {
                let told = told(&f, org, "member.factor_removed");
                f.store.remove_own_factor(f.scope, &user, factors[n], at(round), &told).await
            }
        })
        .await;
        assert!(outcomes.contains(&Removed::Yes) && outcomes.contains(&Removed::Last), "{outcomes:?}");
        let left = format!("user_key = {} AND status = 'confirmed'", f.key(&user));
        assert_eq!(f.raw.count("factors", &left).await, 1);
    }
    let (jane, other) = (f.user("jane0"), f.user("other"));
    let factor = f.enrolled(&other, 50).await;
    let foreign = f.store.remove_own_factor(f.scope, &jane, factor, at(50), &told(f, org, "test")).await;
    assert_eq!(foreign.unwrap(), Removed::Absent, "somebody else's");
    assert_eq!(f.raw.count("audit_log", "action = 'member.factor_removed'").await, 8);
    assert_eq!(f.raw.count("notices", "email = 'jane@example.com'").await, 8);
}

pub async fn a_set_that_is_shown_is_valid_at_once(f: &Fixture) {
    let (org, user) = (organization(f, 0).await, f.user("jane"));
    let codes = |mark: u8| {
        let code = |index| BackupHash { index, salt: vec![mark; 16], hash: vec![mark; 32] };
        ['0', '1', '2'].map(code).to_vec()
    };
    for (second, mark) in [(1, 1), (2, 2)] {
        let told = told(f, org, "member.backup_codes_made");
        let challenge = f.challenge(&user, MfaType::Backup, second);
        let shown = ShownBackup { challenge, codes: codes(mark), told: &told, now: at(second) };
        f.store.show_backup(f.scope, &shown).await.unwrap();
        assert_eq!(f.codes_left(&user).await, 3, "the older set is gone");
    }
    assert_eq!(f.raw.count("backup_sets", "1 = 1").await, 1);
    assert_eq!(f.raw.count("messages", "1 = 1").await, 0, "nothing is sent");
    assert_eq!(f.raw.count("audit_log", "action = 'member.backup_codes_made'").await, 2);
    assert_eq!(f.backup(f.backup_guess(&user, '1', 3)).await, "approved");
    assert_eq!(f.codes_left(&user).await, 2);
}

pub async fn a_reset_of_factors_leaves_none_and_no_session(f: &Fixture) {
    let org = organization(f, 0).await;
    let (jane, half) = active(f, org, "jane@example.com", Role::Developer, 0).await;
    let house = f.house(jane.id);
    let mut at_home = f.clone();
    at_home.scope = house.scope;
    at_home.enrolled(&house.user, 1).await;
    let session = full(f, &half, 2).await;
    let told = told(f, org, "member.factors_reset");
    assert!(f.store.reset_factors(org, jane.id, &house, &Role::ALL, at(3), &told).await.unwrap());
    assert!(f.store.find_session(&session.token, at(3)).await.unwrap().is_none());
    for table in ["factors", "users", "backup_codes", "challenges"] {
        assert_eq!(f.raw.count(table, "1 = 1").await, 0, "{table}");
    }
    assert_eq!(f.raw.count("notices", "email = 'jane@example.com' AND status = 'queued'").await, 1);
    assert_eq!(f.raw.count("member_passwords", "1 = 1").await, 1, "the password stays");
    // Who had no factor is reset all the same.
    assert!(f.store.reset_factors(org, jane.id, &house, &Role::ALL, at(4), &told).await.unwrap());
}

pub async fn what_is_told_is_written_with_what_was_done(f: &Fixture) {
    let (org, user) = (organization(f, 0).await, f.user("jane"));
    let started = f.enrolling(&user, None, 0).await;
    let told = told(f, org, "member.factor_added");
    let check = |second| CheckTotp {
        user: &user,
        matches: &[],
        id: Some(started.challenge),
        record: f.challenge(&user, MfaType::App, second),
        enrolment: Enrolment { only_first: true, told: Some(&told) },
        lock: lock(),
        now: at(second),
    };
    let wrong = say(&f.store.check_totp(f.scope, &check(1), None).await.unwrap());
    assert!(wrong.starts_with("invalid_code"), "{wrong}");
    assert_eq!(f.raw.count("notices", "1 = 1").await, 0, "a wrong code tells nothing");
    let right = [TotpMatch { factor: started.factor, step: 100 }];
    let confirm = CheckTotp { matches: &right, ..check(2) };
    assert_eq!(say(&f.store.check_totp(f.scope, &confirm, None).await.unwrap()), "enrolled");
    let lines = f.store.audit_oldest(org, &AuditFilter::default(), 0, 9).await.unwrap();
    let line = lines.iter().find(|line| line.action == "member.factor_added").unwrap();
    assert!(line.changes.contains(&started.factor.to_string()), "{}", line.changes);
    assert_eq!(f.raw.count("notices", "status = 'queued'").await, 1);
}
