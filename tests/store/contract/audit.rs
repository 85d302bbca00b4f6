//! The audit log: lines in the transaction of what they tell, a chain that shows what was done to it.

use rift_mfa::domain::audit::{Broken, Walk};
use rift_mfa::domain::id::OrgId;
use rift_mfa::domain::policy::Settings;
use rift_mfa::domain::tenant::{Application, Deletion, Organization, Plan};
use rift_mfa::store::{AuditFilter, Made};

use crate::support::{Fixture, at, at_once, id};

async fn organization(f: &Fixture, second: i64) -> OrgId {
    let created_at = at(second);
    let org = Organization { id: id(created_at), name: "Acme".into(), plan: Plan::Free, created_at };
    f.store.create_org(&org, &f.note_of(org.id, "org.created")).await.unwrap();
    org.id
}

async fn actions(f: &Fixture, org: OrgId) -> Vec<String> {
    let lines = f.store.audit_oldest(org, &AuditFilter::default(), 0, 100).await.unwrap();
    lines.into_iter().map(|line| line.action).collect()
}

/// What a walk over the whole log finds.
async fn verdict(f: &Fixture, org: OrgId) -> Result<(), Broken> {
    let mut walk = Walk::default();
    for line in f.store.audit_oldest(org, &AuditFilter::default(), i64::MIN, 1000).await.unwrap() {
        walk.step(&line)?;
    }
    let head = f.store.audit_head(org).await.unwrap();
    walk.finish(head.as_ref(), |head| f.vault.audit_head_fits(org, head))
}

pub async fn a_change_leaves_one_line_and_what_changes_nothing_leaves_none(f: &Fixture) {
    let (org, other) = (organization(f, 0).await, organization(f, 1).await);
    let note = f.note_of(org, "org.renamed");
    assert!(f.store.rename_org(org, "Bolt", at(2), &note).await.unwrap());
    assert!(!f.store.rename_org(org, "Bolt", at(3), &note).await.unwrap());
    assert!(!f.store.rename_org(id(at(9)), "Bolt", at(3), &note).await.unwrap());
    assert!(!f.store.set_plan(org, Plan::Free, at(4), &f.note_of(org, "org.plan_changed")).await.unwrap());
    assert_eq!(actions(f, org).await, ["org.created", "org.renamed"]);
    assert_eq!(actions(f, other).await, ["org.created"], "each organization has its own log");
    assert_eq!((verdict(f, org).await, verdict(f, other).await), (Ok(()), Ok(())));
}

pub async fn a_change_that_fails_leaves_no_line(f: &Fixture) {
    let org = organization(f, 0).await;
    let app = Application {
        id: id(at(1)),
        org,
        name: "Shop".into(),
        settings: Settings::default(),
        created_at: at(1),
        deletion: None,
    };
    let note = f.note_of(org, "app.created");
    assert_eq!(f.store.create_app(&app, Some(1), &note).await.unwrap(), Made::Yes);
    assert!(f.store.create_app(&app, None, &note).await.is_err(), "the id is taken");
    let twin = Application { id: id(at(2)), ..app.clone() };
    assert_eq!(f.store.create_app(&twin, Some(9), &note).await.unwrap(), Made::Exists(app.id));
    let more = Application { name: "Bank".into(), ..twin };
    assert_eq!(f.store.create_app(&more, Some(1), &note).await.unwrap(), Made::TooMany);
    assert_eq!(actions(f, org).await, ["org.created", "app.created"]);
}

pub async fn lines_written_at_once_make_one_chain(f: &Fixture) {
    let org = organization(f, 0).await;
    let fixture = f.clone();
    at_once(16, move |n| {
        let f = fixture.clone();
        async move { f.store.rename_org(org, &format!("name {n}"), at(1), &f.note_of(org, "org.renamed")).await }
    })
    .await;
    let lines = f.store.audit_oldest(org, &AuditFilter::default(), 2, 100).await.unwrap();
    assert_eq!(lines.len(), 16);
    // Each tells the value that it found, not one that its caller saw.
    let mut name = "Acme".to_owned();
    for line in lines {
        let changes: serde_json::Value = serde_json::from_str(&line.changes).unwrap();
        assert_eq!(changes[0]["old"], *name, "line {}", line.seq);
        changes[0]["new"].as_str().unwrap().clone_into(&mut name);
    }
    assert_eq!(verdict(f, org).await, Ok(()));
}

pub async fn whatever_is_done_to_the_rows_shows(f: &Fixture) {
    let org = organization(f, 0).await;
    for n in 1..=4 {
        f.store.rename_org(org, &format!("name {n}"), at(n), &f.note_of(org, "org.renamed")).await.unwrap();
    }
    let of = |statement: &str| statement.replace("$org", &format!("'{org}'"));
    for (damage, repair) in [
        (
            "UPDATE audit_log SET action = 'org.created' WHERE org_id = $org AND seq = 3",
            "UPDATE audit_log SET action = 'org.renamed' WHERE org_id = $org AND seq = 3",
        ),
        (
            "UPDATE audit_log SET seq = 99 WHERE org_id = $org AND seq = 2",
            "UPDATE audit_log SET seq = 2 WHERE org_id = $org AND seq = 99",
        ),
        (
            "UPDATE audit_log SET seq = 0 WHERE org_id = $org AND seq = 1",
            "UPDATE audit_log SET seq = 1 WHERE org_id = $org AND seq = 0",
        ),
        (
            "UPDATE audit_heads SET seq = 4 WHERE org_id = $org",
            "UPDATE audit_heads SET seq = 5 WHERE org_id = $org",
        ),
        (
            "UPDATE audit_log SET org_id = 'org_x' WHERE org_id = $org AND seq = 5",
            "UPDATE audit_log SET org_id = $org WHERE org_id = 'org_x'",
        ),
    ] {
        assert_eq!(verdict(f, org).await, Ok(()));
        f.raw.run(&of(damage)).await;
        assert!(verdict(f, org).await.is_err(), "not seen: {damage}");
        f.raw.run(&of(repair)).await;
    }
    assert_eq!(verdict(f, org).await, Ok(()));
    // The last line with its head's number and hash put back: only the MAC tells.
    f.raw.run(&of("DELETE FROM audit_log WHERE org_id = $org AND seq = 5")).await;
    f.raw
        .run(&of(
            "UPDATE audit_heads SET seq = 4, hash = (SELECT hash FROM audit_log WHERE org_id = $org AND seq = 4)
             WHERE org_id = $org",
        ))
        .await;
    assert_eq!(verdict(f, org).await, Err(Broken::Head(4)));
}

pub async fn lines_are_found_by_what_they_are_about(f: &Fixture) {
    let org = organization(f, 0).await;
    for n in 1..=3 {
        f.store.rename_org(org, &format!("name {n}"), at(n), &f.note_of(org, "org.renamed")).await.unwrap();
    }
    let newest = async |filter: &AuditFilter, before| {
        let lines = f.store.audit_newest(org, filter, before, 2).await.unwrap();
        lines.iter().map(|line| line.seq).collect::<Vec<_>>()
    };
    let all = AuditFilter::default();
    assert_eq!(newest(&all, None).await, [4, 3]);
    let third = f.store.audit_newest(org, &all, None, 2).await.unwrap()[1].id.parse().unwrap();
    assert_eq!(newest(&all, Some(third)).await, [2, 1]);
    let action = AuditFilter { action: Some("org.created".into()), ..all.clone() };
    assert_eq!(newest(&action, None).await, [1]);
    let span = AuditFilter { from: Some(at(2)), to: Some(at(3)), ..all.clone() };
    assert_eq!(newest(&span, None).await, [3]);
    let by = AuditFilter { actor: Some("cli".into()), ..all.clone() };
    assert_eq!(newest(&by, None).await, [4, 3]);
    let nobody = AuditFilter { actor: Some("system".into()), ..all.clone() };
    assert!(newest(&nobody, None).await.is_empty());
    let target = AuditFilter { target: Some("another".into()), ..all };
    assert!(newest(&target, None).await.is_empty());
}

pub async fn an_application_whose_grace_has_passed_is_erased_with_all_its_rows(f: &Fixture) {
    use rift_mfa::clock::{Chance as _, OsChance};
    use rift_mfa::domain::secret::ApiKey;
    use rift_mfa::domain::tenant::{ApiKeyRecord, Mode, Scope};

    // Every table of the schema that has rows of applications.
    let columns = f.raw.tables_with("app_id").await;
    let kept = ["audit_log"];
    let known: Vec<String> =
        rift_mfa::store::ERASED_WITH_AN_APPLICATION.iter().map(|&name| name.into()).collect();
    let missing: Vec<_> =
        columns.iter().filter(|name| !known.contains(name) && !kept.contains(&name.as_str())).collect();
    assert!(missing.is_empty(), "rows that would stay: {missing:?}");

    let org = organization(f, 0).await;
    let note = f.note_of(org, "app.changed");
    let mut apps = Vec::new();
    for (name, second) in [("Gone", 1), ("Stays", 2)] {
        let app = Application {
            id: id(at(second)),
            org,
            name: name.into(),
            settings: Settings::default(),
            created_at: at(second),
            deletion: None,
        };
        f.store.create_app(&app, None, &note).await.unwrap();
        let key = ApiKey::generate(Mode::Test, &mut *OsChance.rng());
        let scope = Scope { app: app.id, mode: Mode::Test };
        let record = ApiKeyRecord {
            id: id(at(second)),
            scope,
            name: String::new(),
            hint: key.hint(),
            created_at: at(second),
            expires_at: None,
            revoked_at: None,
            last_used_at: None,
        };
        f.store.create_key(&record, &key.hash(), None, &note).await.unwrap();
        let mut own = f.clone();
        own.scope = scope;
        for n in 0..3 {
            own.started(&own.user(&format!("u{n}")), "123456", 3).await;
        }
        apps.push(app.id);
    }
    let rows = async |app: rift_mfa::domain::id::AppId| {
        let mut count = 0;
        for table in rift_mfa::store::ERASED_WITH_AN_APPLICATION {
            count += f.raw.count(table, &format!("app_id = '{app}'")).await;
        }
        count
    };
    let (gone, stays) = (apps[0], apps[1]);
    let before = rows(stays).await;
    assert_eq!(rows(gone).await, before);
    assert!(before >= 10, "{before} rows");

    assert!(f.store.begin_to_erase_app(at(99)).await.unwrap().is_none(), "nothing is deleted");
    assert_eq!(f.store.erase_app_rows(gone, 10).await.unwrap(), 0, "it was not begun");
    let deletion = Deletion { deleted_at: at(5), erased_after: at(10) };
    f.store.delete_app(gone, deletion, &note).await.unwrap();
    assert!(f.store.begin_to_erase_app(at(9)).await.unwrap().is_none(), "its grace lasts");
    let begun = f.store.begin_to_erase_app(at(10)).await.unwrap().unwrap();
    assert_eq!(begun.id, gone);
    assert!(!f.store.restore_app(gone, at(9), &note).await.unwrap(), "too late");
    let mut steps = 0;
    while f.store.erase_app_rows(gone, 2).await.unwrap() > 0 {
        steps += 1;
    }
    assert!(steps > 1, "a step takes no more than its limit");
    assert!(!f.store.erase_app(stays, at(11), &note).await.unwrap(), "it is not being erased");
    assert!(f.store.erase_app(gone, at(11), &f.note_of(org, "app.erased")).await.unwrap());
    assert!(!f.store.erase_app(gone, at(11), &note).await.unwrap(), "once");
    assert_eq!((rows(gone).await, rows(stays).await), (0, before));
    assert!(f.store.app(gone).await.unwrap().is_none());
    assert_eq!(actions(f, org).await.last().unwrap(), "app.erased");
    assert_eq!(verdict(f, org).await, Ok(()));
}

pub async fn a_deleted_application_opens_to_no_key_until_it_is_restored(f: &Fixture) {
    use rift_mfa::clock::{Chance as _, OsChance};
    use rift_mfa::domain::secret::ApiKey;
    use rift_mfa::domain::tenant::{ApiKeyRecord, Mode, Scope};

    let org = organization(f, 0).await;
    let app = Application {
        id: id(at(1)),
        org,
        name: "Shop".into(),
        settings: Settings::default(),
        created_at: at(1),
        deletion: None,
    };
    let note = f.note_of(org, "app.changed");
    f.store.create_app(&app, None, &note).await.unwrap();
    let key = ApiKey::generate(Mode::Live, &mut *OsChance.rng());
    let record = ApiKeyRecord {
        id: id(at(1)),
        scope: Scope { app: app.id, mode: Mode::Live },
        name: String::new(),
        hint: key.hint(),
        created_at: at(1),
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    };
    assert!(f.store.create_key(&record, &key.hash(), Some(1), &note).await.unwrap());
    let second = ApiKeyRecord { id: id(at(2)), ..record };
    let other = ApiKey::generate(Mode::Live, &mut *OsChance.rng());
    assert!(!f.store.create_key(&second, &other.hash(), Some(1), &note).await.unwrap(), "one is enough");

    let deletion = Deletion { deleted_at: at(5), erased_after: at(10) };
    assert!(f.store.delete_app(app.id, deletion, &note).await.unwrap());
    let later = Deletion { deleted_at: at(6), erased_after: at(99) };
    assert!(!f.store.delete_app(app.id, later, &note).await.unwrap(), "the first grace counts");
    assert!(f.store.find_key(&key.hash()).await.unwrap().is_none());
    assert_eq!(f.store.app(app.id).await.unwrap().unwrap().deletion, Some(deletion));
    assert!(!f.store.restore_app(app.id, at(10), &note).await.unwrap(), "the grace has passed");
    assert!(f.store.restore_app(app.id, at(9), &note).await.unwrap());
    assert!(f.store.find_key(&key.hash()).await.unwrap().is_some());
    assert!(!f.store.restore_app(app.id, at(9), &note).await.unwrap());
}

pub async fn an_application_is_not_removed_while_rows_of_it_are_left(f: &Fixture) {
    use rift_mfa::domain::tenant::{Mode, Scope};

    let org = organization(f, 0).await;
    let app = Application {
        id: id(at(1)),
        org,
        name: "Gone".into(),
        settings: Settings::default(),
        created_at: at(1),
        deletion: None,
    };
    let note = f.note_of(org, "app.erased");
    f.store.create_app(&app, None, &note).await.unwrap();
    let mut own = f.clone();
    own.scope = Scope { app: app.id, mode: Mode::Live };
    for n in 0..40 {
        own.started(&own.user(&format!("u{n}")), "123456", 3).await;
    }
    let deletion = Deletion { deleted_at: at(5), erased_after: at(10) };
    f.store.delete_app(app.id, deletion, &note).await.unwrap();
    f.store.begin_to_erase_app(at(10)).await.unwrap().unwrap();
    // A node whose step found only rows that another node was just removing would go on to the last one.
    assert!(!f.store.erase_app(app.id, at(11), &note).await.unwrap(), "its users are there");
    assert!(f.store.app(app.id).await.unwrap().is_some());
    // Two nodes at once: each is done only when nothing is left.
    let fixture = f.clone();
    at_once(2, move |_| {
        let f = fixture.clone();
        async move {
            while f.store.erase_app_rows(app.id, 3).await? > 0 {}
            f.store.erase_app(app.id, at(11), &f.note_of(org, "app.erased")).await
        }
    })
    .await;
    for table in rift_mfa::store::ERASED_WITH_AN_APPLICATION {
        assert_eq!(f.raw.count(table, &format!("app_id = '{}'", app.id)).await, 0, "{table}");
    }
    assert!(f.store.app(app.id).await.unwrap().is_none());
}
