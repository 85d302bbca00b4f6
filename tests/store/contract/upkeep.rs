//! Upkeep: migrations, data keys, re-sealing, and the sweep.

use rift_mfa::clock::{Chance as _, OsChance};
use rift_mfa::keyring::{DataKey, SealedTable};
use rift_mfa::store::{ClaimRequest, Disposition, InboxOf, Remember, Swept, Ticket};

use crate::support::{DAY, Fixture, HOUR, MINUTE, at, at_once, sealed};

pub async fn a_migrated_database_is_migrated_once(f: &Fixture) {
    assert!(f.store.is_migrated().await.unwrap());
    let before = f.raw.texts("SELECT description FROM _sqlx_migrations").await;
    f.store.migrate().await.unwrap();
    assert_eq!(f.raw.texts("SELECT description FROM _sqlx_migrations").await, before);
    f.raw.run("DELETE FROM _sqlx_migrations").await;
    assert!(!f.store.is_migrated().await.unwrap());
}

pub async fn the_databases_clock_goes(f: &Fixture) {
    let first = f.store.database_time().await.unwrap();
    assert!((2020..2100).contains(&(1970 + first.seconds() / 31_557_600)), "{first} is no time of ours");
    assert!(f.store.database_time().await.unwrap() >= first);
}

pub async fn a_data_key_is_made_once_and_rewrapped_once(f: &Fixture) {
    let key = |root: &str, text: &str| rift_mfa::keyring::Sealed { key: root.into(), ..sealed(text) };
    assert!(f.store.data_key(DataKey::Canary).await.unwrap().is_none());
    let fixture = f.clone();
    at_once(10, move |n| {
        let f = fixture.clone();
        async move { f.store.offer_data_keys(&[(DataKey::Canary, sealed(&format!("node {n}")))]).await }
    })
    .await;
    let kept = f.store.data_key(DataKey::Canary).await.unwrap().unwrap();
    f.store.offer_data_keys(&[(DataKey::Canary, key("root-1", "late"))]).await.unwrap();
    let again = f.store.data_key(DataKey::Canary).await.unwrap().unwrap();
    assert_eq!((again.key, again.bytes), (kept.key.clone(), kept.bytes.clone()), "the first offer stays");
    assert!(f.store.data_key(DataKey::UserIndex).await.unwrap().is_none(), "each has its row");
    assert!(!f.store.is_empty().await.unwrap());

    let new = key("root-2", "rewrapped");
    let stranger = key("root-1", "never was");
    assert!(!f.store.rewrap_data_key(DataKey::Canary, &stranger, &new).await.unwrap());
    assert!(!f.store.rewrap_data_key(DataKey::UserIndex, &kept, &new).await.unwrap());
    assert!(f.store.rewrap_data_key(DataKey::Canary, &kept, &new).await.unwrap());
    assert!(!f.store.rewrap_data_key(DataKey::Canary, &kept, &key("root-3", "late")).await.unwrap());
    let stored = f.store.data_key(DataKey::Canary).await.unwrap().unwrap();
    assert_eq!((stored.key.as_str(), stored.bytes.as_slice()), ("root-2", &b"rewrapped"[..]));
}

/// Puts one sealed value into each table that holds some.
async fn one_of_each(f: &Fixture) {
    let jane = f.user("jane");
    f.enrolling(&jane, None, 0).await;
    let mut start = f.start(&jane, "111111", 0);
    let mut delivered = f.message(&jane, 1);
    delivered.disposition = Disposition::Inbox(sealed("inbox"));
    start.messages.push(delivered);
    let ticket = Ticket { key: [0xA7; 32], token: "mine".into() };
    let claim = ClaimRequest { ticket: ticket.clone(), body: [1; 32], claimed_until: at(30), now: at(0) };
    f.store.claim(f.scope, &claim).await.unwrap();
    let remember = Remember { ticket: &ticket, enrolment: None, answer: &|_| Some(sealed("answer")) };
    f.store.start_code(f.scope, &start, Some(remember)).await.unwrap();
    f.ceremony_of(&jane, 0, 5 * MINUTE).await;
    f.hook(&["*"]).await;
}

pub async fn sealed_values_are_found_and_put_back_under_a_new_key(f: &Fixture) {
    one_of_each(f).await;
    // Lists of providers belong to no mode and no user: see contract/own_providers.rs.
    for table in SealedTable::ALL.into_iter().filter(|table| *table != SealedTable::AppProviders) {
        assert!(
            f.store.sealed_rows(table, "root-1", 10).await.unwrap().is_empty(),
            "{table:?} is up to date"
        );
        assert!(f.store.sealed_rows(table, "primary", 0).await.unwrap().is_empty());
        let rows = f.store.sealed_rows(table, "primary", 10).await.unwrap();
        let [row] = rows.as_slice() else { panic!("{table:?} holds one value") };
        assert_eq!((row.scope, row.sealed.key.as_str()), (f.scope, "root-1"));
        // What is put back opens in the same row: the id and the user are those of the seal.
        let value = f.vault.seal(row.place(table), b"value", &mut *OsChance.rng());
        assert!(f.store.reseal(table, row, &value).await.unwrap());
        assert!(
            !f.store.reseal(table, row, &sealed("late")).await.unwrap(),
            "{table:?} has changed meanwhile"
        );
        let rows = f.store.sealed_rows(table, "primary", 10).await.unwrap();
        assert_eq!(f.vault.open(rows[0].place(table), &rows[0].sealed).unwrap().as_slice(), b"value");
        assert!(f.store.sealed_rows(table, &f.vault.primary(), 10).await.unwrap().is_empty(), "{table:?}");
    }
    let jane = f.user("jane").key;
    assert_eq!(f.store.totp_factors(f.scope, &jane, at(1)).await.unwrap()[0].secret.key, f.vault.primary());
    assert_eq!(
        f.store.inbox(f.scope, InboxOf::Users(&[jane]), at(1)).await.unwrap()[0].content.key,
        f.vault.primary()
    );
}

/// How many rows each table has, in the order of [`TABLES`].
async fn rows(f: &Fixture) -> [i64; 11] {
    let mut counts = [0; 11];
    for (count, table) in counts.iter_mut().zip(TABLES) {
        *count = f.raw.count(table, "1 = 1").await;
    }
    counts
}

const TABLES: [&str; 11] = [
    "users",
    "factors",
    "inbox",
    "idempotency",
    "challenges",
    "checks",
    "messages",
    "delivery_attempts",
    "events",
    "backup_codes",
    "webauthn_states",
];

pub async fn a_sweep_takes_what_has_had_its_time_and_nothing_else(f: &Fixture) {
    one_of_each(f).await;
    let john = f.user("john");
    f.enrolled(&john, 0).await;
    f.issued(&john, 0).await;
    f.check(f.guess(&f.user("jane"), "999999", 0)).await;
    let month = 30 * DAY;
    let start = [2, 2, 1, 1, 4, 2, 3, 1, 6, 3, 1];
    assert_eq!(rows(f).await, start);
    for (second, expected) in [
        (5 * MINUTE - 1, start),
        // A ceremony that nobody answered.
        (5 * MINUTE, [2, 2, 1, 1, 4, 2, 3, 1, 6, 3, 0]),
        (15 * MINUTE - 1, [2, 2, 1, 1, 4, 2, 3, 1, 6, 3, 0]),
        // Jane's enrolment was never confirmed; John's factor stays.
        (15 * MINUTE, [2, 1, 1, 1, 4, 2, 3, 1, 6, 3, 0]),
        (DAY - 1, [2, 1, 1, 1, 4, 2, 3, 1, 6, 3, 0]),
        // The inbox and the answers of a day.
        (DAY, [2, 1, 0, 0, 4, 2, 3, 1, 6, 3, 0]),
        (month - 1, [2, 1, 0, 0, 4, 2, 3, 1, 6, 3, 0]),
        // The traces of a month. A message that is still queued is the courier's to end; a valid set has no end.
        (month, [2, 1, 0, 0, 0, 0, 1, 0, 0, 3, 0]),
    ] {
        let before: i64 = rows(f).await.iter().sum();
        let swept = f.store.sweep(at(second), 100).await.unwrap();
        let now = rows(f).await;
        assert_eq!(now, expected, "at {second} s");
        assert_eq!(
            swept,
            Swept { rows: u64::try_from(before - now.iter().sum::<i64>()).unwrap(), more: false }
        );
    }
    assert_eq!(f.codes_left(&john).await, 3);
    assert_eq!(f.raw.count("messages", "status = 'queued' AND payload IS NOT NULL").await, 1);
}

pub async fn a_sweep_takes_no_more_than_its_limit(f: &Fixture) {
    for n in 0..7 {
        f.enrolling(&f.user(&format!("user {n}")), None, 0).await;
    }
    for (left, more) in [(4, true), (1, true), (0, false), (0, false)] {
        assert_eq!(f.store.sweep(at(HOUR), 3).await.unwrap().more, more);
        assert_eq!(f.raw.count("factors", "1 = 1").await, left);
    }
}
