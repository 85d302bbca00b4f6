//! Providers of applications' own, and whose reports count for what.

use rift_mfa::clock::{Chance as _, OsChance};
use rift_mfa::domain::id::AppId;
use rift_mfa::domain::message::Channel;
use rift_mfa::domain::policy::Settings;
use rift_mfa::domain::tenant::{Application, Mode, Organization, Plan, Scope};
use rift_mfa::store::{AttemptRecord, DeliveryReport, NewOwnProviders, Next, ReportTaken, ShownProviders};

use crate::support::{Fixture, at, at_once, id, lease, sealed};

async fn application(f: &Fixture, second: i64) -> AppId {
    let created_at = at(second);
    let org = Organization { id: id(created_at), name: "Acme".into(), plan: Plan::Free, created_at };
    f.store.create_org(&org, &f.note()).await.unwrap();
    let app = Application {
        id: id(created_at),
        org: org.id,
        name: "Shop".into(),
        settings: Settings::default(),
        created_at,
        deletion: None,
    };
    f.store.create_app(&app, None, &f.note()).await.unwrap();
    app.id
}

fn list(channel: Channel, text: &str, version: i64) -> NewOwnProviders {
    NewOwnProviders {
        channel,
        list: sealed(text),
        shown: format!("[\"{text}\"]"),
        version,
        updated_at: at(version),
    }
}

async fn put(f: &Fixture, app: AppId, list: &NewOwnProviders) {
    f.store.put_own_providers(app, list, &f.note()).await.unwrap();
}

async fn shown(f: &Fixture, app: AppId) -> Vec<(Channel, String, i64)> {
    let told = |list: ShownProviders| {
        assert_eq!(list.updated_at, at(list.version));
        (list.channel, list.shown, list.version)
    };
    f.store.own_providers(app).await.unwrap().into_iter().map(told).collect()
}

pub async fn a_list_is_kept_in_the_place_of_an_older_one(f: &Fixture) {
    let (app, other) = (application(f, 0).await, application(f, 1).await);
    assert!(shown(f, app).await.is_empty());
    assert!(f.store.sealed_providers(app, Channel::Sms).await.unwrap().is_none());
    for list in [list(Channel::Sms, "old", 1), list(Channel::Email, "mail", 2), list(Channel::Sms, "new", 3)]
    {
        put(f, app, &list).await;
    }
    put(f, other, &list(Channel::Sms, "theirs", 4)).await;
    assert_eq!(
        shown(f, app).await,
        [(Channel::Email, "[\"mail\"]".to_owned(), 2), (Channel::Sms, "[\"new\"]".to_owned(), 3)]
    );
    let mut versions = f.store.own_versions(app).await.unwrap();
    versions.sort_unstable();
    assert_eq!(versions, [(Channel::Email, 2), (Channel::Sms, 3)]);
    let kept = f.store.sealed_providers(app, Channel::Sms).await.unwrap().unwrap();
    assert_eq!(
        (kept.list.key.as_str(), kept.list.bytes.as_slice(), kept.version),
        ("root-1", &b"new"[..], 3)
    );
    assert!(
        f.store.put_own_providers(id(at(9)), &list(Channel::Sms, "x", 9), &f.note()).await.is_err(),
        "it needs an application"
    );
}

pub async fn a_removed_list_is_gone_and_no_other(f: &Fixture) {
    let (app, other) = (application(f, 0).await, application(f, 1).await);
    for (app, channel) in [(app, Channel::Sms), (app, Channel::Voice), (other, Channel::Sms)] {
        put(f, app, &list(channel, "x", 1)).await;
    }
    assert!(f.store.remove_own_providers(app, Channel::Sms, at(2), &f.note()).await.unwrap());
    assert!(!f.store.remove_own_providers(app, Channel::Sms, at(2), &f.note()).await.unwrap(), "once");
    assert_eq!(f.store.own_versions(app).await.unwrap(), [(Channel::Voice, 1)]);
    assert_eq!(f.store.own_versions(other).await.unwrap(), [(Channel::Sms, 1)]);
}

pub async fn lists_put_at_once_are_one(f: &Fixture) {
    let app = application(f, 0).await;
    let (store, note) = (f.store.clone(), f.note());
    at_once(8, move |n| {
        let (store, note) = (store.clone(), note.clone());
        let new = list(Channel::Voice, &format!("n{n}"), i64::try_from(n).unwrap());
        async move { store.put_own_providers(app, &new, &note).await }
    })
    .await;
    let [(_, text, version)] = shown(f, app).await.try_into().unwrap();
    let kept = f.store.sealed_providers(app, Channel::Voice).await.unwrap().unwrap();
    assert_eq!((text, kept.version), (format!("[\"n{version}\"]"), version), "one list, whole");
    assert_eq!(kept.list.bytes, format!("n{version}").into_bytes());
}

pub async fn a_list_is_changed_only_over_the_one_that_was_looked_at(f: &Fixture) {
    let app = application(f, 0).await;
    let change = async |over: Option<i64>, new: Option<NewOwnProviders>| {
        f.store.change_own_providers(app, Channel::Sms, over, new.as_ref(), at(9), &f.note()).await.unwrap()
    };
    let lines = || f.raw.count("audit_log", "1 = 1");
    let before = lines().await;
    assert!(!change(Some(1), Some(list(Channel::Sms, "x", 1))).await, "there is none yet");
    assert!(!change(Some(1), None).await);
    assert!(change(None, Some(list(Channel::Sms, "x", 1))).await);
    assert!(!change(None, Some(list(Channel::Sms, "y", 2))).await, "there is one by now");
    assert!(!change(Some(7), Some(list(Channel::Sms, "y", 2))).await && !change(Some(7), None).await);
    assert_eq!(shown(f, app).await, [(Channel::Sms, "[\"x\"]".to_owned(), 1)]);
    assert!(change(Some(1), Some(list(Channel::Sms, "y", 2))).await);
    assert_eq!(shown(f, app).await, [(Channel::Sms, "[\"y\"]".to_owned(), 2)]);
    assert_eq!(lines().await, before + 2, "what did nothing leaves no line");
    // All at once over the same one: it is one of them.
    let (store, note) = (f.store.clone(), f.note());
    let done = at_once(8, move |n| {
        let (store, note) = (store.clone(), note.clone());
        let new = list(Channel::Sms, "z", 10 + i64::try_from(n).unwrap());
        async move { store.change_own_providers(app, Channel::Sms, Some(2), Some(&new), at(9), &note).await }
    })
    .await;
    assert_eq!(done.into_iter().filter(|done| *done).count(), 1);
    let version = shown(f, app).await[0].2;
    assert!(change(Some(version), None).await);
    assert!(shown(f, app).await.is_empty());
}

pub async fn a_change_of_a_list_leaves_a_line_and_nothing_else_does(f: &Fixture) {
    let app = application(f, 0).await;
    let lines = || f.raw.count("audit_log", "1 = 1");
    let before = lines().await;
    put(f, app, &list(Channel::Sms, "x", 1)).await;
    assert_eq!(lines().await, before + 1);
    assert!(!f.store.remove_own_providers(app, Channel::Email, at(2), &f.note()).await.unwrap());
    assert_eq!(lines().await, before + 1);
    assert!(f.store.remove_own_providers(app, Channel::Sms, at(2), &f.note()).await.unwrap());
    assert_eq!(lines().await, before + 2);
}

/// A live message of this application that went out through `twilio`, or is about to.
async fn message(f: &Fixture, app: AppId, own: bool, sid: Option<&str>) -> rift_mfa::domain::id::MessageId {
    let f = Fixture { scope: Scope { app, mode: Mode::Live }, ..f.clone() };
    // A user of its own, whom no limit keeps back.
    let user = f.user(id::<rift_mfa::domain::id::Message>(at(0)).to_string().trim_start_matches("msg_"));
    let start = f.start(&user, "111111", 0);
    let message = start.messages[0].id;
    f.store.start_code(f.scope, &start, None).await.unwrap();
    let [claimed] = f
        .store
        .claim_messages(at(20), &lease("node-b", 40), &Channel::ALL, 10)
        .await
        .unwrap()
        .try_into()
        .unwrap();
    if let Some(sid) = sid {
        let attempt = AttemptRecord {
            provider: "twilio".into(),
            own,
            result: "sent",
            reason: None,
            detail: None,
            provider_id: Some(sid.to_owned()),
            started_at: at(20),
            ended_at: at(21),
        };
        assert!(
            f.store
                .record_attempt(&claimed, Some(&attempt), &Next::Sent { inbox: None }, at(21))
                .await
                .unwrap()
        );
    }
    message
}

async fn status(f: &Fixture, message: rift_mfa::domain::id::MessageId) -> String {
    f.raw.text(&format!("SELECT status FROM messages WHERE id = '{message}'")).await.unwrap()
}

pub async fn a_report_counts_for_what_went_through_the_credentials_that_signed_it(f: &Fixture) {
    let (app, other) = (application(f, 0).await, application(f, 1).await);
    for (own, signer, taken) in [
        (true, Some(app), ReportTaken::Taken),
        (true, Some(other), ReportTaken::Unknown),
        (true, None, ReportTaken::Unknown),
        (false, None, ReportTaken::Taken),
        (false, Some(app), ReportTaken::Unknown),
        (false, Some(other), ReportTaken::Unknown),
    ] {
        for by_our_id in [false, true] {
            let sid = format!("SM{}", id::<rift_mfa::domain::id::Message>(at(0)));
            let message = message(f, app, own, Some(&sid)).await;
            for delivered in [false, true] {
                let report = DeliveryReport {
                    provider: "twilio",
                    own: signer,
                    provider_id: &sid,
                    message: by_our_id.then_some(message),
                    delivered,
                    reason: None,
                };
                assert_eq!(f.store.record_report(&report, at(30)).await.unwrap(), taken, "{own} {signer:?}");
                let expected = match (taken, delivered) {
                    (ReportTaken::Taken, true) => "delivered",
                    (ReportTaken::Taken, false) => "undelivered",
                    _ => "sent",
                };
                assert_eq!(status(f, message).await, expected);
            }
        }
    }
}

pub async fn a_report_before_its_record_counts_by_the_list_that_there_is(f: &Fixture) {
    let (app, other) = (application(f, 0).await, application(f, 1).await);
    put(f, other, &list(Channel::Email, "x", 1)).await;
    let report = |message, own| DeliveryReport {
        provider: "twilio",
        own,
        provider_id: "SM1",
        message: Some(message),
        delivered: true,
        reason: None,
    };
    // Without a list of its own: the operator's report counts, the application's does not.
    let first = message(f, app, false, None).await;
    for own in [Some(app), Some(other)] {
        assert_eq!(f.store.record_report(&report(first, own), at(30)).await.unwrap(), ReportTaken::Unknown);
    }
    assert_eq!(f.store.record_report(&report(first, None), at(30)).await.unwrap(), ReportTaken::Taken);
    // With one: the other way round.
    put(f, app, &list(Channel::Email, "x", 2)).await;
    let second = message(f, app, true, None).await;
    for own in [None, Some(other)] {
        assert_eq!(f.store.record_report(&report(second, own), at(30)).await.unwrap(), ReportTaken::Unknown);
    }
    assert_eq!(status(f, second).await, "queued");
    assert_eq!(f.store.record_report(&report(second, Some(app)), at(30)).await.unwrap(), ReportTaken::Taken);
    assert_eq!(status(f, second).await, "delivered");
}

pub async fn a_sealed_list_is_found_and_put_back_under_a_new_key(f: &Fixture) {
    use rift_mfa::keyring::SealedTable;

    let app = application(f, 0).await;
    put(f, app, &list(Channel::Sms, "x", 1)).await;
    let table = SealedTable::AppProviders;
    let rows = f.store.sealed_rows(table, "root-2", 10).await.unwrap();
    let [row] = rows.as_slice() else { panic!("one list") };
    let place = row.place(table);
    assert_eq!((place.scope, place.user, place.id), (Scope { app, mode: Mode::Live }, None, "sms"));
    let new = f.vault.seal(place, b"y", &mut *OsChance.rng());
    assert!(f.store.reseal(table, row, &new).await.unwrap());
    assert!(!f.store.reseal(table, row, &new).await.unwrap(), "it has changed meanwhile");
    let kept = f.store.sealed_providers(app, Channel::Sms).await.unwrap().unwrap();
    assert_eq!(f.vault.open(place, &kept.list).unwrap().as_slice(), b"y");
    assert_eq!(kept.version, 1, "the list is the same");
    assert!(f.store.sealed_rows(table, &f.vault.primary(), 10).await.unwrap().is_empty());
}
