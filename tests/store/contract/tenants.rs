//! Organizations, applications and API keys.

use rift_mfa::clock::{Chance as _, OsChance};
use rift_mfa::domain::id::{KeyId, OrgId};
use rift_mfa::domain::policy::Settings;
use rift_mfa::domain::secret::{ApiKey, ApiKeyHash};
use rift_mfa::domain::tenant::{ApiKeyRecord, Application, Mode, Organization, Plan, Scope};
use rift_mfa::store::Rolled;

use crate::support::{Fixture, HOUR, at, at_once, id};

async fn application(f: &Fixture, name: &str, second: i64) -> Application {
    let org =
        Organization { id: id(at(second)), name: name.into(), plan: Plan::Free, created_at: at(second) };
    f.store.create_org(&org, &f.note()).await.unwrap();
    let app = Application {
        id: id(at(second)),
        org: org.id,
        name: name.into(),
        settings: Settings::default(),
        created_at: at(second),
        deletion: None,
    };
    f.store.create_app(&app, None, &f.note()).await.unwrap();
    app
}

fn new_key(app: &Application, mode: Mode, second: i64) -> (ApiKeyRecord, ApiKeyHash) {
    let key = ApiKey::generate(mode, &mut *OsChance.rng());
    let record = ApiKeyRecord {
        id: id(at(second)),
        scope: Scope { app: app.id, mode },
        name: "backend".into(),
        hint: key.hint(),
        created_at: at(second),
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    };
    (record, key.hash())
}

pub async fn organizations_and_applications_are_kept_in_order(f: &Fixture) {
    assert!(f.store.is_empty().await.unwrap());
    let (first, second) = (application(f, "Acme", 0).await, application(f, "Bolt", 1).await);
    assert!(!f.store.is_empty().await.unwrap());
    let orgs: Vec<_> =
        f.store.orgs().await.unwrap().into_iter().map(|org| (org.id, org.name, org.plan)).collect();
    assert_eq!(orgs, [(first.org, "Acme".into(), Plan::Free), (second.org, "Bolt".into(), Plan::Free)]);
    let apps: Vec<_> =
        f.store.apps(None).await.unwrap().into_iter().map(|app| (app.id, app.org, app.created_at)).collect();
    assert_eq!(apps, [(first.id, first.org, at(0)), (second.id, second.org, at(1))]);
    assert_eq!(f.store.app(first.id).await.unwrap().unwrap().settings, Settings::default());
    assert!(f.store.app(id(at(0))).await.unwrap().is_none());

    assert!(f.store.set_plan(first.org, Plan::Enterprise, at(1), &f.note()).await.unwrap());
    assert_eq!(f.store.org(first.org).await.unwrap().unwrap().plan, Plan::Enterprise);
    assert_eq!(f.store.org(second.org).await.unwrap().unwrap().plan, Plan::Free);
    let absent: OrgId = id(at(0));
    assert!(!f.store.set_plan(absent, Plan::Pro, at(1), &f.note()).await.unwrap());
    assert!(f.store.org(absent).await.unwrap().is_none());
    let orphan = Application { org: absent, id: id(at(2)), ..first };
    assert!(
        f.store.create_app(&orphan, None, &f.note()).await.is_err(),
        "an application needs an organization"
    );
}

pub async fn a_key_opens_its_application_and_mode(f: &Fixture) {
    let app = application(f, "Acme", 0).await;
    let (test, test_hash) = new_key(&app, Mode::Test, 0);
    let (live, live_hash) = new_key(&app, Mode::Live, 1);
    for (record, hash) in [(&test, &test_hash), (&live, &live_hash)] {
        f.store.create_key(record, hash, None, &f.note()).await.unwrap();
    }
    let owner = f.store.find_key(&live_hash).await.unwrap().unwrap();
    assert_eq!((owner.key.id, owner.key.scope, owner.plan), (live.id, live.scope, Plan::Free));
    assert_eq!(
        (owner.app.id, owner.key.name.as_str(), owner.key.hint),
        (app.id, "backend", live.hint.clone())
    );
    assert_eq!(f.store.find_key(&test_hash).await.unwrap().unwrap().key.scope.mode, Mode::Test);
    let (_, unknown) = new_key(&app, Mode::Test, 2);
    assert!(f.store.find_key(&unknown).await.unwrap().is_none());
    assert!(
        f.store.create_key(&new_key(&app, Mode::Test, 3).0, &test_hash, None, &f.note()).await.is_err(),
        "a hash is one key's"
    );

    let other = application(f, "Bolt", 4).await;
    let (others, hash) = new_key(&other, Mode::Test, 4);
    f.store.create_key(&others, &hash, None, &f.note()).await.unwrap();
    let ids = async |app| f.store.keys(app).await.unwrap().iter().map(|key| key.id).collect::<Vec<_>>();
    assert_eq!(ids(None).await, [test.id, live.id, others.id]);
    assert_eq!(ids(Some(other.id)).await, [others.id]);
    assert_eq!(f.store.key(test.id).await.unwrap().unwrap().hint, test.hint);
    assert!(f.store.key(id(at(0))).await.unwrap().is_none());
}

pub async fn a_revoked_key_is_found_as_revoked(f: &Fixture) {
    let app = application(f, "Acme", 0).await;
    let (key, hash) = new_key(&app, Mode::Test, 0);
    f.store.create_key(&key, &hash, None, &f.note()).await.unwrap();
    assert_eq!(f.store.find_key(&hash).await.unwrap().unwrap().key.state(at(10)), "active");
    assert!(f.store.revoke_key(key.id, at(10), &f.note()).await.unwrap());
    assert!(!f.store.revoke_key(key.id, at(20), &f.note()).await.unwrap(), "once");
    let absent: KeyId = id(at(0));
    assert!(!f.store.revoke_key(absent, at(20), &f.note()).await.unwrap());
    let found = f.store.find_key(&hash).await.unwrap().unwrap().key;
    assert_eq!((found.state(at(10)), found.revoked_at), ("revoked", Some(at(10))));
}

pub async fn a_rolled_key_lives_on_for_a_while_and_never_longer(f: &Fixture) {
    let app = application(f, "Acme", 0).await;
    let (old, old_hash) = new_key(&app, Mode::Test, 0);
    f.store.create_key(&old, &old_hash, None, &f.note()).await.unwrap();
    let roll = async |until: i64, second: i64| {
        let (new, hash) = new_key(&app, Mode::Test, second);
        let rolled = f.store.roll_key(old.id, at(until), &new, &hash, Some(4), &f.note()).await.unwrap()
            == Rolled::Yes;
        assert_eq!(
            f.store.find_key(&hash).await.unwrap().is_some(),
            rolled,
            "the successor comes with the roll"
        );
        rolled
    };
    let expiry = async || f.store.find_key(&old_hash).await.unwrap().unwrap().key.expires_at;
    assert!(roll(HOUR, 1).await);
    assert_eq!(expiry().await, Some(at(HOUR)));
    let found = f.store.find_key(&old_hash).await.unwrap().unwrap().key;
    assert_eq!((found.state(at(HOUR - 1)), found.state(at(HOUR))), ("active", "expired"));
    assert!(roll(2 * HOUR, 2).await);
    assert_eq!(expiry().await, Some(at(HOUR)), "a second roll lengthens nothing");
    assert!(roll(60, 3).await);
    assert_eq!(expiry().await, Some(at(60)));
    assert!(!roll(60, 4).await, "four are active");
    f.store.revoke_key(old.id, at(4), &f.note()).await.unwrap();
    assert!(!roll(HOUR, 5).await, "a revoked key has no successor");
    assert_eq!(f.store.keys(Some(app.id)).await.unwrap().len(), 4);
}

pub async fn the_last_use_of_keys_only_moves_forward(f: &Fixture) {
    let app = application(f, "Acme", 0).await;
    let mut ids = Vec::new();
    // More than one statement takes.
    for second in 0..40 {
        let (key, hash) = new_key(&app, Mode::Test, second);
        f.store.create_key(&key, &hash, None, &f.note()).await.unwrap();
        ids.push(key.id);
    }
    let (unused, used) = ids.split_last().unwrap();
    let shown_uses = async || -> Vec<_> {
        f.store.keys(Some(app.id)).await.unwrap().into_iter().map(|key| key.last_used_at).collect()
    };
    f.store.api_keys_used(at(60), &[]).await.unwrap();
    assert_eq!(shown_uses().await, [None; 40]);
    for (used_at, shown) in [(120, 120), (60, 120), (180, 180)] {
        f.store.api_keys_used(at(used_at), used).await.unwrap();
        let mut expected = [Some(at(shown)); 40];
        expected[39] = None;
        assert_eq!(shown_uses().await, expected);
    }
    assert_eq!(f.store.key(used[0]).await.unwrap().unwrap().last_used_at, Some(at(180)));
    assert_eq!(f.store.key(*unused).await.unwrap().unwrap().last_used_at, None);
}

pub async fn settings_are_not_saved_over_a_newer_version(f: &Fixture) {
    let (app, other) = (application(f, "Acme", 0).await, application(f, "Bolt", 0).await);
    let set = |key: &str, value: &str| {
        let mut settings = Settings::default();
        settings.set(key, value).unwrap();
        settings
    };
    let (mine, yours) = (set("code.length", "8"), set("code.attempts", "3"));
    assert!(f.store.save_settings(app.id, &Settings::default(), &mine, at(1), &f.note()).await.unwrap());
    assert!(
        !f.store.save_settings(app.id, &Settings::default(), &yours, at(2), &f.note()).await.unwrap(),
        "a lost update"
    );
    assert_eq!(f.store.app(app.id).await.unwrap().unwrap().settings, mine);
    assert!(f.store.save_settings(app.id, &mine, &yours, at(3), &f.note()).await.unwrap());
    assert_eq!(f.store.app(app.id).await.unwrap().unwrap().settings, yours);
    assert_eq!(f.raw.count("applications", &format!("updated_at = {}", at(3).millis())).await, 1);
    assert_eq!(f.store.app(other.id).await.unwrap().unwrap().settings, Settings::default());
    assert!(!f.store.save_settings(id(at(0)), &mine, &yours, at(4), &f.note()).await.unwrap());
}

pub async fn of_parallel_saves_one_wins(f: &Fixture) {
    let app = application(f, "Acme", 0).await;
    let fixture = f.clone();
    let saved = at_once(12, move |n| {
        let f = fixture.clone();
        async move {
            let mut new = Settings::default();
            new.set("code.ttl", &format!("{}s", 100 + n)).unwrap();
            f.store.save_settings(app.id, &Settings::default(), &new, at(1), &f.note()).await
        }
    })
    .await;
    assert_eq!(saved.iter().filter(|won| **won).count(), 1, "{saved:?}");
}
