//! Organization keys and members.

use rift_mfa::clock::{Chance as _, OsChance};
use rift_mfa::domain::access::{Member, OrgKeyRecord, Role};
use rift_mfa::domain::id::OrgId;
use rift_mfa::domain::secret::{ApiKeyHash, OrgKey};
use rift_mfa::domain::tenant::{Organization, Plan};
use rift_mfa::store::{AuditFilter, Made, MemberChange, MemberChanged, Rolled};

use crate::support::{Fixture, at, at_once, id};

pub async fn organization(f: &Fixture, second: i64) -> OrgId {
    let created_at = at(second);
    let org = Organization { id: id(created_at), name: "Acme".into(), plan: Plan::Free, created_at };
    f.store.create_org(&org, &f.note()).await.unwrap();
    org.id
}

fn new_key(org: OrgId, second: i64) -> (OrgKeyRecord, ApiKeyHash) {
    let key = OrgKey::generate(&mut *OsChance.rng());
    let record = OrgKeyRecord {
        id: id(at(second)),
        org,
        name: "terraform".into(),
        hint: key.hint(),
        scopes: "apps:write,keys:read".parse().unwrap(),
        created_at: at(second),
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    };
    (record, key.hash())
}

pub fn new_member(org: OrgId, email: &str, role: Role, second: i64) -> Member {
    let (name, created_at) = (String::new(), at(second));
    Member { id: id(created_at), org, email: email.into(), name, role, active: false, created_at }
}

fn change(role: Option<Role>, name: Option<&str>) -> MemberChange<'_> {
    MemberChange { role, name, among: &Role::ALL }
}

pub async fn a_key_is_found_by_its_hash_and_ends_once(f: &Fixture) {
    let (org, other) = (organization(f, 0).await, organization(f, 1).await);
    let (key, hash) = new_key(org, 2);
    assert!(f.store.create_org_key(&key, &hash, 2, &f.note()).await.unwrap());
    let found = f.store.find_org_key(&hash).await.unwrap().unwrap();
    assert_eq!((found.id, found.org, found.scopes), (key.id, org, key.scopes.clone()));
    assert!(f.store.find_org_key(&new_key(org, 3).1).await.unwrap().is_none());
    assert_eq!(f.store.org_keys(other).await.unwrap().len(), 0);

    assert!(!f.store.revoke_org_key(other, key.id, at(5), &f.note()).await.unwrap(), "another's key");
    assert!(f.store.revoke_org_key(org, key.id, at(6), &f.note()).await.unwrap());
    assert!(!f.store.revoke_org_key(org, key.id, at(7), &f.note()).await.unwrap(), "once");
    assert_eq!(f.store.org_key(key.id).await.unwrap().unwrap().revoked_at, Some(at(6)));
    let (new, hash) = new_key(org, 8);
    let rolled = f.store.roll_org_key(key.id, at(9), &new, &hash, 9, &f.note()).await.unwrap();
    assert_eq!(rolled, Rolled::NotActive, "it is revoked");
}

pub async fn a_rolled_key_lives_until_its_grace_ends(f: &Fixture) {
    let org = organization(f, 0).await;
    let (old, hash) = new_key(org, 1);
    f.store.create_org_key(&old, &hash, 1, &f.note()).await.unwrap();
    assert!(!f.store.create_org_key(&new_key(org, 2).0, &new_key(org, 2).1, 1, &f.note()).await.unwrap());
    for (second, until, end) in [(3, 50, 50), (4, 90, 50), (5, 20, 20)] {
        let (new, hash) = new_key(org, second);
        let rolled = f.store.roll_org_key(old.id, at(until), &new, &hash, 4, &f.note()).await.unwrap();
        assert_eq!(rolled, Rolled::Yes);
        assert_eq!(f.store.org_key(old.id).await.unwrap().unwrap().expires_at, Some(at(end)));
    }
    let (new, hash) = new_key(org, 20);
    let rolled = f.store.roll_org_key(old.id, at(99), &new, &hash, 9, &f.note()).await.unwrap();
    assert_eq!(rolled, Rolled::NotActive, "it has ended");
    let keys = f.store.org_keys(org).await.unwrap();
    assert_eq!(keys.len(), 4);
    // A roll makes no more keys than there may be, unless the old one ends with it.
    let roll = async |until, most| {
        let (new, hash) = new_key(org, 21);
        f.store.roll_org_key(keys[1].id, at(until), &new, &hash, most, &f.note()).await.unwrap()
    };
    assert_eq!((roll(99, 3).await, roll(21, 3).await), (Rolled::TooMany, Rolled::Yes));
    assert_eq!(f.store.org_keys(org).await.unwrap().len(), 5);
}

pub async fn members_are_one_for_an_address(f: &Fixture) {
    let (org, other) = (organization(f, 0).await, organization(f, 1).await);
    let jane = new_member(org, "jane@example.com", Role::Admin, 2);
    assert_eq!(f.store.add_member(&jane, None, 2, &f.told()).await.unwrap(), Made::Yes);
    let again = new_member(org, "jane@example.com", Role::Owner, 3);
    assert_eq!(f.store.add_member(&again, None, 2, &f.told()).await.unwrap(), Made::Exists(jane.id));
    let theirs = new_member(other, "jane@example.com", Role::Owner, 3);
    assert_eq!(f.store.add_member(&theirs, None, 2, &f.told()).await.unwrap(), Made::Yes);
    let bob = new_member(org, "bob@example.com", Role::Viewer, 4);
    assert_eq!(f.store.add_member(&bob, None, 1, &f.told()).await.unwrap(), Made::TooMany);

    for (org, id) in [(other, jane.id), (org, id(at(9)))] {
        let changed = f
            .store
            .change_member(org, id, &change(Some(Role::Viewer), Some("x")), at(5), &f.note())
            .await
            .unwrap();
        assert_eq!(changed, MemberChanged::Absent);
        let removed =
            f.store.remove_member(org, id, &f.house(id), &Role::ALL, at(5), &f.note()).await.unwrap();
        assert_eq!(removed, MemberChanged::Absent);
    }
    let (role, name) = (Some(Role::Viewer), Some("Jane"));
    let changed = f.store.change_member(org, jane.id, &change(role, name), at(5), &f.note()).await.unwrap();
    assert_eq!(changed, MemberChanged::Yes);
    let kept = f.store.member(org, jane.id).await.unwrap().unwrap();
    assert_eq!((kept.role, kept.name.as_str(), kept.active), (Role::Viewer, "Jane", false));
}

pub async fn of_two_owners_who_leave_at_once_one_stays(f: &Fixture) {
    let org = organization(f, 0).await;
    let mut owners = Vec::new();
    for (email, second) in [("a@example.com", 1), ("b@example.com", 2)] {
        let owner = new_member(org, email, Role::Owner, second);
        f.store.add_member(&owner, None, 9, &f.told()).await.unwrap();
        owners.push(owner.id);
    }
    let fixture = f.clone();
    let left = at_once(2, move |n| {
        let (f, owner) = (fixture.clone(), owners[n]);
        async move {
            if n == 0 {
                f.store.remove_member(org, owner, &f.house(owner), &Role::ALL, at(3), &f.note()).await
            } else {
                f.store.change_member(org, owner, &change(Some(Role::Admin), None), at(3), &f.note()).await
            }
        }
    })
    .await;
    assert!(left.contains(&MemberChanged::Yes) && left.contains(&MemberChanged::LastOwner), "{left:?}");
}

pub async fn two_changes_of_a_member_at_once_are_both_made_and_told(f: &Fixture) {
    for round in 0..8 {
        let org = organization(f, round).await;
        let jane = new_member(org, "jane@example.com", Role::Admin, round);
        f.store.add_member(&jane, None, 2, &f.told_of(org, "member.added")).await.unwrap();
        let fixture = f.clone();
        at_once(2, move |n| {
            let f = fixture.clone();
            async move {
                let (role, name) = if n == 0 { (Some(Role::Viewer), None) } else { (None, Some("Jane")) };
                let note = f.note_of(org, "member.changed");
                f.store.change_member(org, jane.id, &change(role, name), at(9), &note).await
            }
        })
        .await;
        let kept = f.store.member(org, jane.id).await.unwrap().unwrap();
        assert_eq!((kept.role, kept.name.as_str()), (Role::Viewer, "Jane"), "one change undid the other");
        let lines = f.store.audit_oldest(org, &AuditFilter::default(), 0, 9).await.unwrap();
        let changes: Vec<_> = lines.iter().map(|line| line.changes.as_str()).collect();
        for change in [
            r#"[{"field":"role","new":"viewer","old":"admin"}]"#,
            r#"[{"field":"name","new":"Jane","old":""}]"#,
        ] {
            assert!(changes.contains(&change), "{changes:?}");
        }
    }
}

pub async fn of_the_keys_that_ended_the_last_two_hundred_are_listed(f: &Fixture) {
    let org = organization(f, 0).await;
    let (lives, hash) = new_key(org, 1);
    f.store.create_org_key(&lives, &hash, 100, &f.note()).await.unwrap();
    let mut last = lives.id;
    for second in 2..=205 {
        let (key, hash) = new_key(org, second);
        assert!(f.store.create_org_key(&key, &hash, 100, &f.note()).await.unwrap());
        f.store.revoke_org_key(org, key.id, at(second), &f.note()).await.unwrap();
        last = key.id;
    }
    let (key, hash) = new_key(org, 300);
    f.store.create_org_key(&key, &hash, 100, &f.note()).await.unwrap();
    let keys = f.store.org_keys(org).await.unwrap();
    let ended = keys.iter().filter(|key| key.revoked_at.is_some());
    assert_eq!((keys.len(), ended.count()), (202, 200));
    for id in [lives.id, key.id, last] {
        assert!(keys.iter().any(|key| key.id == id), "an active one, or the last that ended");
    }
}
