//! Members' sign-in: attempts, links, passwords, sessions.

use std::time::Duration;

use rift_mfa::clock::{Chance as _, OsChance};
use rift_mfa::domain::access::{Member, Role};
use rift_mfa::domain::id::OrgId;
use rift_mfa::domain::link::LinkKind;
use rift_mfa::domain::session::{SessionToken, Stage};
use rift_mfa::store::{
    Attempt, AuditFilter, Credential, Ending, FirstOwner, LinkRow, MemberChange, MemberChanged, NewLink,
    NewSession, SessionRow,
};

use super::access::{new_member, organization};
use crate::support::{DAY, Fixture, HOUR, MINUTE, at, at_once, id};

const HASH: &[u8] = &[7; 32];

pub fn token() -> SessionToken {
    SessionToken::generate(&mut *OsChance.rng())
}

fn session(of: &SessionToken, second: i64) -> NewSession {
    let address = Some("203.0.113.7".to_owned());
    NewSession { id: id(at(second)), token: of.hash(), address, agent: "Firefox".into() }
}

async fn link(f: &Fixture, kind: LinkKind, org: OrgId, member: Option<&Member>, second: i64) -> LinkRow {
    let new = NewLink { id: id(at(second)), kind, org, member: member.map(|member| member.id) };
    assert!(f.store.make_link(&new, &Role::ALL, at(second), &f.told_of(org, "test.link")).await.unwrap());
    f.store.find_link(new.id, at(second)).await.unwrap().unwrap()
}

/// A member who has a password and a half session since that second.
pub async fn active(f: &Fixture, org: OrgId, email: &str, role: Role, second: i64) -> (Member, SessionRow) {
    let member = new_member(org, email, role, second);
    f.store.add_member(&member, None, 500, &f.told_of(org, "member.added")).await.unwrap();
    let invitation = link(f, LinkKind::Invitation, org, Some(&member), second).await;
    let of = token();
    let (new, note) = (session(&of, second), f.note_of(org, "member.activated"));
    assert!(f.store.accept_invitation(&invitation, "Jane", HASH, &new, at(second), &note).await.unwrap());
    let half = f.store.find_session(&of.hash(), at(second)).await.unwrap().unwrap();
    assert_eq!((half.stage, half.member.active), (Stage::Half, true));
    (half.member.clone(), half)
}

/// Makes a half session a full one.
pub async fn full(f: &Fixture, half: &SessionRow, second: i64) -> SessionRow {
    let of = token();
    let note = f.note_of(half.member.org, "member.signed_in");
    assert!(f.store.finish_session(half, &of.hash(), at(second), &note).await.unwrap());
    f.store.find_session(&of.hash(), at(second)).await.unwrap().unwrap()
}

async fn begin(f: &Fixture, member: &Member, hash: &[u8], second: i64) -> Option<SessionRow> {
    let of = token();
    let credential = Credential { member: member.clone(), org_name: String::new(), hash: hash.to_vec() };
    let begun = f.store.begin_session(&credential, &session(&of, second), at(second)).await.unwrap();
    let found = f.store.find_session(&of.hash(), at(second)).await.unwrap();
    assert_eq!(found.is_some(), begun);
    found
}

async fn lives(f: &Fixture, row: &SessionRow, second: i64) -> bool {
    f.store.find_session(&row.token, at(second)).await.unwrap().is_some()
}

async fn lines(f: &Fixture, org: OrgId, action: &str) -> usize {
    let filter = AuditFilter { action: Some(action.into()), ..AuditFilter::default() };
    f.store.audit_oldest(org, &filter, 0, 99).await.unwrap().len()
}

pub async fn attempts_are_counted_once_each_however_many_come_at_once(f: &Fixture) {
    let of = |key: u8, most: i64| Attempt { key: [key; 32], most, span: Duration::from_mins(15) };
    let both = [of(2, 100), of(1, 5)];
    let fixture = f.clone();
    let tried = both.clone();
    let outcomes = at_once(20, move |_| {
        let (f, tried) = (fixture.clone(), tried.clone());
        async move { f.store.reserve(&tried, at(0)).await }
    })
    .await;
    assert_eq!(outcomes.iter().filter(|full| full.is_none()).count(), 5);
    assert!(outcomes.iter().flatten().all(|until| *until == at(15 * MINUTE)));
    // What was refused counts nowhere.
    assert_eq!(f.raw.number("SELECT MAX(count) FROM attempts").await, 5);
    f.store.give_back(&both, at(1)).await.unwrap();
    assert_eq!(f.store.reserve(&both, at(2)).await.unwrap(), None);
    assert!(f.store.reserve(&both, at(15 * MINUTE - 1)).await.unwrap().is_some());
    assert_eq!(f.store.reserve(&[of(3, 1)], at(3)).await.unwrap(), None, "another's");
    for second in 0..5 {
        assert_eq!(f.store.reserve(&both, at(15 * MINUTE + second)).await.unwrap(), None, "anew");
    }
    assert!(f.store.reserve(&both, at(15 * MINUTE + 5)).await.unwrap().is_some());
}

pub async fn an_invitation_is_used_once(f: &Fixture) {
    let org = organization(f, 0).await;
    let member = new_member(org, "jane@example.com", Role::Viewer, 1);
    f.store.add_member(&member, None, 9, &f.told_of(org, "member.added")).await.unwrap();
    let invitation = link(f, LinkKind::Invitation, org, Some(&member), 1).await;
    assert_eq!(invitation.member.as_ref().unwrap().email, "jane@example.com");
    let end = 1 + 7 * DAY;
    assert!(f.store.find_link(invitation.id, at(end - 1)).await.unwrap().is_some());
    assert!(f.store.find_link(invitation.id, at(end)).await.unwrap().is_none(), "its life has ended");
    let (new, note) = (session(&token(), end), f.note_of(org, "member.activated"));
    assert!(!f.store.accept_invitation(&invitation, "", HASH, &new, at(end), &note).await.unwrap());

    let (fixture, used) = (f.clone(), invitation.clone());
    let outcomes = at_once(6, move |n| {
        let (f, link, note) = (fixture.clone(), used.clone(), note.clone());
        async move {
            let hash = [u8::try_from(n).unwrap(); 32];
            f.store.accept_invitation(&link, "Jane", &hash, &session(&token(), 5), at(5), &note).await
        }
    })
    .await;
    assert_eq!(outcomes.iter().filter(|done| **done).count(), 1);
    assert_eq!(f.raw.count("member_sessions", "stage = 'half'").await, 1);
    assert_eq!(lines(f, org, "member.activated").await, 1);
    assert!(f.store.find_link(invitation.id, at(6)).await.unwrap().is_none());
    let known = f.store.credentials("jane@example.com", 8).await.unwrap();
    assert_eq!((known.len(), known[0].member.active), (1, true));
}

pub async fn a_link_is_for_whom_it_makes_sense_and_kills_the_older_one(f: &Fixture) {
    let org = organization(f, 0).await;
    let invited = new_member(org, "new@example.com", Role::Admin, 1);
    f.store.add_member(&invited, None, 9, &f.told_of(org, "member.added")).await.unwrap();
    let (jane, _) = active(f, org, "jane@example.com", Role::Owner, 1).await;
    let make = async |kind, member: Option<&Member>, roles: &[Role]| {
        let new = NewLink { id: id(at(2)), kind, org, member: member.map(|member| member.id) };
        f.store.make_link(&new, roles, at(2), &f.told_of(org, "test.link")).await.unwrap()
    };
    for (kind, member) in [
        (LinkKind::Reset, Some(&invited)),
        (LinkKind::Invitation, Some(&jane)),
        (LinkKind::FirstStart, Some(&invited)),
        (LinkKind::FirstStart, None),
        (LinkKind::Reset, None),
    ] {
        assert!(!make(kind, member, &Role::ALL).await, "{kind:?}");
    }
    assert!(!make(LinkKind::Invitation, Some(&invited), &[Role::Viewer]).await, "the role is another one");
    let (one, other) = (
        link(f, LinkKind::Invitation, org, Some(&invited), 3).await,
        link(f, LinkKind::Invitation, org, Some(&invited), 4).await,
    );
    assert!(f.store.find_link(one.id, at(5)).await.unwrap().is_none());
    assert!(f.store.find_link(other.id, at(5)).await.unwrap().is_some());
    let reset = link(f, LinkKind::Reset, org, Some(&jane), 5).await;
    assert!(f.store.find_link(reset.id, at(5 + 30 * MINUTE)).await.unwrap().is_none());
    // A link does what it is for and nothing else.
    let note = f.note_of(org, "test.used");
    let (new, told) = (session(&token(), 6), f.told_of(org, "test.used"));
    assert!(!f.store.accept_invitation(&reset, "", HASH, &new, at(6), &note).await.unwrap());
    assert!(!f.store.reset_password(&other, HASH, at(6), &told).await.unwrap());
    let first = f.store.accept_first_start(&other, &jane, HASH, &new, at(6), &note).await.unwrap();
    assert_eq!((first, lines(f, org, "test.used").await), (FirstOwner::Gone, 0));
}

pub async fn a_first_start_makes_one_owner(f: &Fixture) {
    let org = organization(f, 0).await;
    let invited = new_member(org, "invited@example.com", Role::Owner, 1);
    f.store.add_member(&invited, None, 9, &f.told_of(org, "member.added")).await.unwrap();
    let first = link(f, LinkKind::FirstStart, org, None, 1).await;
    let accept = move |f: Fixture, first: LinkRow, email: String| async move {
        let owner = Member { active: true, ..new_member(org, &email, Role::Owner, 2) };
        let note = f.note_of(org, "member.added");
        f.store.accept_first_start(&first, &owner, HASH, &session(&token(), 2), at(2), &note).await
    };
    let taken = accept(f.clone(), first.clone(), "invited@example.com".into()).await.unwrap();
    assert_eq!(taken, FirstOwner::Exists);
    assert!(f.store.find_link(first.id, at(2)).await.unwrap().is_some(), "a mistake costs no link");
    let (fixture, used) = (f.clone(), first.clone());
    let outcomes =
        at_once(5, move |n| accept(fixture.clone(), used.clone(), format!("o{n}@example.com"))).await;
    assert_eq!(outcomes.iter().filter(|made| **made == FirstOwner::Made).count(), 1);
    assert!(outcomes.iter().all(|made| *made != FirstOwner::Exists));
    assert_eq!(f.raw.count("members", "status = 'active'").await, 1);
    let again = NewLink { id: id(at(9)), kind: LinkKind::FirstStart, org, member: None };
    let told = f.told_of(org, "test.link");
    assert!(!f.store.make_link(&again, &Role::ALL, at(9), &told).await.unwrap(), "somebody is here");
}

pub async fn once_somebody_has_come_in_a_first_start_is_over(f: &Fixture) {
    let org = organization(f, 0).await;
    let first = link(f, LinkKind::FirstStart, org, None, 1).await;
    let (jane, _) = active(f, org, "jane@example.com", Role::Viewer, 2).await;
    assert!(f.store.find_link(first.id, at(3)).await.unwrap().is_none());
    let (house, note) = (f.house(jane.id), f.note_of(org, "member.removed"));
    f.store.remove_member(org, jane.id, &house, &Role::ALL, at(4), &note).await.unwrap();
    assert!(f.store.find_link(first.id, at(5)).await.unwrap().is_none(), "nor when that one has left");
}

pub async fn an_owner_who_has_never_signed_in_is_no_other_owner(f: &Fixture) {
    let org = organization(f, 0).await;
    let (jane, _) = active(f, org, "jane@example.com", Role::Owner, 1).await;
    let invited = new_member(org, "invited@example.com", Role::Owner, 2);
    f.store.add_member(&invited, None, 9, &f.told_of(org, "member.added")).await.unwrap();
    let note = f.note_of(org, "test.change");
    let less = MemberChange { role: Some(Role::Admin), name: None, among: &Role::ALL };
    let leave = async |member: &Member, second| {
        let removed =
            f.store.remove_member(org, member.id, &f.house(member.id), &Role::ALL, at(second), &note).await;
        removed.unwrap()
    };
    assert_eq!(leave(&jane, 3).await, MemberChanged::LastOwner);
    let changed = f.store.change_member(org, jane.id, &less, at(3), &note).await.unwrap();
    assert_eq!(changed, MemberChanged::LastOwner);
    assert_eq!(leave(&invited, 4).await, MemberChanged::Yes, "an invitation is taken back");
    active(f, org, "joe@example.com", Role::Owner, 5).await;
    assert_eq!(leave(&jane, 6).await, MemberChanged::Yes);
}

pub async fn a_half_session_becomes_a_full_one_once(f: &Fixture) {
    let org = organization(f, 0).await;
    let (member, half) = active(f, org, "jane@example.com", Role::Owner, 0).await;
    assert!(!f.store.confirm_session(&half, at(1)).await.unwrap(), "a half session confirms nothing");
    assert_eq!(f.store.sessions(org, member.id, at(1)).await.unwrap().len(), 0, "it is no session yet");
    let (fixture, row) = (f.clone(), half.clone());
    let outcomes = at_once(10, move |_| {
        let (f, half) = (fixture.clone(), row.clone());
        async move {
            let note = f.note_of(org, "member.signed_in");
            f.store.finish_session(&half, &token().hash(), at(1), &note).await
        }
    })
    .await;
    assert_eq!(outcomes.iter().filter(|done| **done).count(), 1);
    assert_eq!(lines(f, org, "member.signed_in").await, 1);
    assert!(!lives(f, &half, 1).await, "its token is worth nothing any more");
    let late = begin(f, &member, HASH, 10).await.unwrap();
    let note = f.note_of(org, "member.signed_in");
    let (of, end) = (token(), at(10 + 10 * MINUTE));
    assert!(!f.store.finish_session(&late, &of.hash(), end, &note).await.unwrap(), "ten minutes have passed");
    assert_eq!(f.store.sessions(org, member.id, at(11)).await.unwrap().len(), 1);
}

pub async fn sessions_end_with_time(f: &Fixture) {
    let org = organization(f, 0).await;
    let (_, half) = active(f, org, "jane@example.com", Role::Owner, 0).await;
    assert!(lives(f, &half, 10 * MINUTE - 1).await && !lives(f, &half, 10 * MINUTE).await);
    let full = full(f, &half, 0).await;
    assert_eq!((full.stage, full.confirmed_at), (Stage::Full, Some(at(0))));
    assert!(lives(f, &full, HOUR - 1).await && !lives(f, &full, HOUR).await);
    let see = async |second: i64| {
        f.store.see_session(org, full.id, at(second - MINUTE), at(second)).await.unwrap();
        f.store.find_session(&full.token, at(second)).await.unwrap().map(|row| row.seen_at)
    };
    assert_eq!(see(59).await, Some(at(0)), "less than a minute ago");
    for hour in 1..=24 {
        let second = hour * (HOUR - 1);
        assert_eq!(see(second).await, Some(at(second)), "{hour}");
    }
    let last = 24 * (HOUR - 1);
    assert!(last < DAY && lives(f, &full, DAY - 1).await && !lives(f, &full, DAY).await);
    assert!(!f.store.confirm_session(&full, at(DAY)).await.unwrap());
}

pub async fn a_session_goes_as_its_member_goes(f: &Fixture) {
    let org = organization(f, 0).await;
    active(f, org, "owner@example.com", Role::Owner, 0).await;
    let (jane, half) = active(f, org, "jane@example.com", Role::Admin, 0).await;
    let now_full = full(f, &half, 1).await;
    let change = MemberChange { role: Some(Role::Viewer), name: None, among: &Role::ALL };
    f.store.change_member(org, jane.id, &change, at(2), &f.note_of(org, "member.changed")).await.unwrap();
    let seen = f.store.find_session(&now_full.token, at(2)).await.unwrap().unwrap();
    assert_eq!(seen.member.role, Role::Viewer, "at once");

    let house = f.house(jane.id);
    let other = begin(f, &jane, HASH, 3).await.unwrap();
    link(f, LinkKind::Reset, org, Some(&jane), 3).await;
    let note = f.note_of(org, "member.removed");
    let removed = f.store.remove_member(org, jane.id, &house, &Role::ALL, at(4), &note).await.unwrap();
    assert_eq!(removed, MemberChanged::Yes);
    assert!(!lives(f, &now_full, 4).await && !lives(f, &other, 4).await);
    let signed_in = f.note_of(org, "member.signed_in");
    assert!(!f.store.finish_session(&other, &token().hash(), at(4), &signed_in).await.unwrap());
    for table in ["member_passwords", "member_sessions", "member_links"] {
        assert_eq!(f.raw.count(table, &format!("member_id = '{}'", jane.id)).await, 0, "{table}");
    }
    assert!(begin(f, &jane, HASH, 5).await.is_none());
}

pub async fn another_password_ends_the_other_sessions_and_the_links(f: &Fixture) {
    let org = organization(f, 0).await;
    let (jane, half) = active(f, org, "jane@example.com", Role::Owner, 0).await;
    let mine = full(f, &half, 1).await;
    let (other, waiting) =
        (full(f, &begin(f, &jane, HASH, 1).await.unwrap(), 1).await, begin(f, &jane, HASH, 2).await.unwrap());
    let reset = link(f, LinkKind::Reset, org, Some(&jane), 2).await;
    let told = f.told_of(org, "member.password_changed");
    let change = async |row: &SessionRow, old: &[u8], second| {
        f.store.change_password(row, old, &[8; 32], at(second), &told).await.unwrap()
    };
    assert!(!change(&mine, &[9; 32], 3).await, "not the old password");
    assert!(!change(&waiting, HASH, 3).await, "a half session changes nothing");
    assert!(!change(&mine, HASH, 2 * HOUR).await, "it has ended");
    assert!(lives(f, &other, 3).await && lives(f, &waiting, 3).await);
    assert!(change(&mine, HASH, 3).await);
    assert!(lives(f, &mine, 3).await && !lives(f, &other, 3).await && !lives(f, &waiting, 3).await);
    assert!(f.store.find_link(reset.id, at(3)).await.unwrap().is_none());
    assert!(begin(f, &jane, HASH, 4).await.is_none() && begin(f, &jane, &[8; 32], 4).await.is_some());
    assert!(!change(&mine, HASH, 5).await, "once");
    assert_eq!(lines(f, org, "member.password_changed").await, 1);
}

pub async fn a_reset_ends_every_session_and_is_used_once(f: &Fixture) {
    let org = organization(f, 0).await;
    let (jane, half) = active(f, org, "jane@example.com", Role::Owner, 0).await;
    let now_full = full(f, &half, 1).await;
    let reset = link(f, LinkKind::Reset, org, Some(&jane), 2).await;
    let (fixture, used) = (f.clone(), reset.clone());
    let outcomes = at_once(6, move |n| {
        let (f, link) = (fixture.clone(), used.clone());
        async move {
            let hash = [10 + u8::try_from(n).unwrap(); 32];
            f.store.reset_password(&link, &hash, at(3), &f.told_of(org, "member.password_changed")).await
        }
    })
    .await;
    assert_eq!(outcomes.iter().filter(|done| **done).count(), 1);
    assert!(!lives(f, &now_full, 3).await && begin(f, &jane, HASH, 3).await.is_none());
    assert_eq!(lines(f, org, "member.password_changed").await, 1);
}

pub async fn a_sign_in_meets_a_change_of_the_password(f: &Fixture) {
    let org = organization(f, 0).await;
    for round in 0..12 {
        let email = format!("m{round}@example.com");
        let (jane, half) = active(f, org, &email, Role::Admin, round).await;
        let mine = full(f, &half, round).await;
        let (fixture, member) = (f.clone(), jane.clone());
        at_once(2, move |n| {
            let (f, member, mine) = (fixture.clone(), member.clone(), mine.clone());
            async move {
                if n == 0 {
                    let told = f.told_of(org, "member.password_changed");
                    return f.store.change_password(&mine, HASH, &[8; 32], at(round + 1), &told).await;
                }
                let of = Credential { member, org_name: String::new(), hash: HASH.to_vec() };
                f.store.begin_session(&of, &session(&token(), round + 1), at(round + 1)).await
            }
        })
        .await;
        let left = f.raw.count("member_sessions", &format!("member_id = '{}'", jane.id)).await;
        assert_eq!(left, 1, "a session that the old password opened outlived it");
    }
}

pub async fn roles_that_may_not_be_touched_are_not(f: &Fixture) {
    let org = organization(f, 0).await;
    let (jane, half) = active(f, org, "jane@example.com", Role::Owner, 0).await;
    active(f, org, "other@example.com", Role::Owner, 0).await;
    let (within, house) = ([Role::Admin, Role::Developer, Role::Viewer], f.house(jane.id));
    let note = f.note_of(org, "test.touched");
    let change = MemberChange { role: Some(Role::Viewer), name: None, among: &within };
    let beyond = MemberChanged::Beyond(Role::Owner);
    assert_eq!(f.store.change_member(org, jane.id, &change, at(1), &note).await.unwrap(), beyond);
    assert_eq!(f.store.remove_member(org, jane.id, &house, &within, at(1), &note).await.unwrap(), beyond);
    let told = f.told_of(org, "test.touched");
    assert!(!f.store.reset_factors(org, jane.id, &house, &within, at(1), &told).await.unwrap());
    assert!(lives(f, &half, 1).await && lines(f, org, "test.touched").await == 0);
    let ended = f.store.end_sessions(org, jane.id, Ending::One(id(at(9))), at(1), Some(&told)).await.unwrap();
    assert_eq!((ended, lines(f, org, "test.touched").await), (0, 0), "what ends nothing leaves no line");
    let ended = f.store.end_sessions(org, jane.id, Ending::All, at(1), Some(&told)).await.unwrap();
    assert_eq!((ended, lines(f, org, "test.touched").await), (1, 1));
}

pub async fn what_members_left_behind_is_swept(f: &Fixture) {
    let org = organization(f, 0).await;
    let (jane, half) = active(f, org, "jane@example.com", Role::Owner, 0).await;
    full(f, &half, 0).await;
    link(f, LinkKind::Reset, org, Some(&jane), 0).await;
    let attempt = Attempt { key: [1; 32], most: 1, span: Duration::from_hours(1) };
    f.store.reserve(&[attempt], at(0)).await.unwrap();
    for (second, sessions, links, attempts) in
        [(HOUR - 1, 1, 2, 1), (HOUR, 1, 2, 0), (DAY, 0, 2, 0), (2 * DAY, 0, 1, 0)]
    {
        f.store.sweep(at(second), 100).await.unwrap();
        assert_eq!(f.raw.count("member_sessions", "1 = 1").await, sessions, "{second}");
        assert_eq!(f.raw.count("member_links", "1 = 1").await, links, "{second}");
        assert_eq!(f.raw.count("attempts", "1 = 1").await, attempts, "{second}");
    }
    assert_eq!(f.raw.count("member_passwords", "1 = 1").await, 1);
}
