//! What is put, what is shown of it, and what a test of it tells.

use rift_mfa::domain::message::Channel;
use rift_mfa::service::{OwnProvidersError, Tried};
use rift_mfa::store::AuditFilter;
use serde_json::{Value, json};

use super::{NUMBER, http, list, twilio, two};
use crate::harness::on_both;
use crate::standin::{Answer, StandIn};

const SECRETS: [&str; 6] = [
    "own-token-leak-5001",
    "own-password-leak-5002",
    "own-secret-leak-5003",
    "own-header-leak-5004",
    "own-path-leak-5005",
    "own-sealed-leak-5006",
];

fn mail() -> Value {
    json!([
        {"kind": "smtp", "url": "smtps://sender%40acme.example:own-password-leak-5002@mail.example:465",
         "from": "Acme <no-reply@acme.example>"},
        {"kind": "http", "url": "https://gateway.example:8443/own-path-leak-5005", "secret": "own-secret-leak-5003",
         "headers": {"X-Key": "own-header-leak-5004"}, "method": "put"},
    ])
}

on_both! {
    async fn what_is_put_is_never_readable_again(app: TestApp) {
        let two = two(app).await;
        let (app, lists) = (two.app.one.app, two.app.own_lists());
        let shown = lists.put(app, Channel::Email, &list(mail())).await.unwrap();
        let seen: Value = serde_json::from_str(&shown.shown).unwrap();
        assert_eq!(
            seen,
            json!([
                {"kind": "smtp", "host": "mail.example", "port": 465, "user": "sender…", "from": "Acme <no-reply@acme.example>"},
                {"kind": "http", "origin": "https://gateway.example:8443", "method": "PUT", "headers": ["X-Key"],
                 "content_type": "application/json"},
            ])
        );
        let sms = json!([twilio("own-token-leak-5001"), {"kind": "vonage", "api_key": "abcdef12",
            "api_secret": "own-secret-leak-5003", "from": "Acme", "signature_secret": "own-sealed-leak-5006"}]);
        let shown = lists.put(app, Channel::Sms, &list(sms)).await.unwrap();
        let seen: Value = serde_json::from_str(&shown.shown).unwrap();
        assert_eq!(
            seen,
            json!([
                {"kind": "twilio", "account_sid": "AC0123…", "from": "+15005550006"},
                {"kind": "vonage", "api_key": "ab…", "from": "Acme", "reports": true},
            ])
        );
        let all = lists.list(app).await.unwrap();
        assert_eq!(all.iter().map(|list| list.channel).collect::<Vec<_>>(), [Channel::Email, Channel::Sms]);
        assert!(matches!(lists.one(app, Channel::Voice).await, Err(OwnProvidersError::NotFound(_))));

        let org = two.app.store.app(app).await.unwrap().unwrap().org;
        let log = two.app.store.audit_newest(org, &AuditFilter::default(), None, 100).await.unwrap();
        let lines: Vec<_> = log.iter().filter(|line| line.action.starts_with("providers.")).collect();
        assert_eq!(lines.len(), 2);
        assert_eq!((lines[0].target_kind.as_str(), lines[0].target.as_str()), ("providers", "sms"));
        let mut places = vec![format!("{all:?}{log:?}").into_bytes()];
        if let Some(folder) = two.app.folder() {
            for file in std::fs::read_dir(folder).unwrap() {
                places.push(std::fs::read(file.unwrap().path()).unwrap());
            }
            assert!(places.len() > 2, "the database's files");
        }
        for place in places {
            for secret in SECRETS {
                let found = place.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!found, "{secret} is readable");
            }
        }
    }

    async fn a_wrong_list_is_refused_whole_and_its_field_named(app: TestApp) {
        let two = two(app).await;
        let (app, lists) = (two.app.one.app, two.app.own_lists());
        two.app.put_own(app, Channel::Sms, json!([twilio("good")])).await;
        let before = two.app.store.sealed_providers(app, Channel::Sms).await.unwrap().unwrap();
        let with = |name: &str, value: Value| {
            let mut entry = twilio("hunter2-secret");
            entry[name] = value;
            json!([twilio("good"), entry])
        };
        let template = |body: &str| {
            let mut entry = http("https://gateway.example/");
            entry["body"] = json!(body);
            json!([entry])
        };
        for (given, wanted) in [
            (json!([]), "providers: must be a list of 1 to 5 providers"),
            (with("auth_token", json!("")), "providers[1].auth_token: is missing; give the account's token"),
            (with("account_sid", json!("A/../B")), "providers[1].account_sid: is no account's SID"),
            (with("base_url", json!("https://evil.example")), "providers[1].base_url: is the operator's to set"),
            (with("kind", json!("console")), "providers[1].kind: `console` is no kind for this channel"),
            (with("kind", json!("meta")), "providers[1].kind: `meta` is no kind for this channel"),
            (json!([http("http://93.184.216.34/")]), "providers[0].url: must start with https://"),
            (json!([http("https://169.254.169.254/latest")]), "providers[0].url: names an address that is private"),
            (json!([http("https://10.0.0.1/")]), "providers[0].url: names an address that is private"),
            (template("{{ to }}"), "providers[0].body: makes no JSON"),
            (template("{% for a in backup_codes %}{% endfor %}"), "providers[0].body: has a statement other than"),
        ] {
            let Err(OwnProvidersError::Fault(fault)) = lists.put(app, Channel::Sms, &list(given)).await else {
                panic!("taken: {wanted}")
            };
            assert!(fault.to_string().starts_with(wanted), "{fault}");
            assert!(!fault.to_string().contains("hunter2"), "{fault}");
        }
        let after = two.app.store.sealed_providers(app, Channel::Sms).await.unwrap().unwrap();
        assert_eq!((after.version, after.list.bytes), (before.version, before.list.bytes), "nothing was changed");
        let nobody = rift_mfa::domain::id::Id::new(rift_mfa::domain::time::Moment::from_millis(0), &mut *rng());
        let put = lists.put(nobody, Channel::Sms, &list(json!([twilio("x")]))).await;
        assert!(matches!(put, Err(OwnProvidersError::NotFound(_))));
    }

    async fn the_same_list_again_writes_nothing(app: TestApp) {
        let two = two(app).await;
        let (app, lists) = (two.app.one.app, two.app.own_lists());
        let first = lists.put(app, Channel::Sms, &list(json!([twilio("good")]))).await.unwrap();
        two.app.advance(5);
        let again = lists.put(app, Channel::Sms, &list(json!([twilio("good")]))).await.unwrap();
        assert_eq!(again, first);
        let other = lists.put(app, Channel::Sms, &list(json!([twilio("rolled")]))).await.unwrap();
        assert_eq!(other.shown, first.shown, "the token is in nothing that is shown");
        assert!(other.version != first.version && other.updated_at != first.updated_at);
        let org = two.app.store.app(app).await.unwrap().unwrap().org;
        let filter = AuditFilter { action: Some("providers.set".into()), ..AuditFilter::default() };
        assert_eq!(two.app.store.audit_newest(org, &filter, None, 100).await.unwrap().len(), 2);
    }

    async fn a_test_says_what_each_provider_answered(app: TestApp) {
        let two = two(app).await;
        let (app, lists) = (two.app.one.app, two.app.own_lists());
        assert!(matches!(lists.test(app, Channel::Sms, None, NUMBER).await, Err(OwnProvidersError::NotFound(_))));
        let (first, second) = (StandIn::bare().await, StandIn::bare().await);
        first.next(Answer::With(403, &[], "we do not know +14155552671".into()));
        let entries = json!([http(&first.base_url), http(&second.base_url), twilio("not-needed")]);
        two.app.put_own(app, Channel::Sms, entries).await;
        let tried = |provider, result, reason: Option<&str>, detail: Option<&str>| Tried {
            provider,
            result,
            reason: reason.map(str::to_owned),
            detail: detail.map(str::to_owned),
        };
        assert_eq!(
            lists.test(app, Channel::Sms, None, NUMBER).await.unwrap(),
            [
                tried("http", "retry", Some("authentication_failed"), Some("The provider did not accept our credentials.")),
                tried("http", "sent", None, None),
                tried("twilio", "not_tried", None, None),
            ]
        );
        let sample = second.last();
        assert_eq!((sample.text("to"), sample.text("code")), (NUMBER, "123456"));
        assert!(sample.text("text").contains("Acme Shop") && two.operator.given().is_empty());
        for to in ["", "jane@example.com", "4155552671", "+1 415 555 2671"] {
            let Err(OwnProvidersError::Contact(error)) = lists.test(app, Channel::Sms, None, to).await else { panic!("{to}") };
            assert_eq!((error.code, &*error.param), ("invalid_phone_number", "to"));
        }
        assert_eq!((first.requests().len(), second.requests().len()), (1, 1));
        // Its code is nobody's.
        two.app.verify(NUMBER, "SMS", "123456").await.fails(401, "no_pending_code");
    }
}

fn rng() -> Box<dyn rand::CryptoRng> {
    use rift_mfa::clock::{Chance, OsChance};

    OsChance.rng()
}
