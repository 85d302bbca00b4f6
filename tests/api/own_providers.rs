//! Applications that send through accounts of their own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rift_mfa::app::BaseUrls;
use rift_mfa::courier::Providers;
use rift_mfa::domain::id::AppId;
use rift_mfa::domain::message::Channel;
use rift_mfa::domain::own_provider::ProviderList;
use rift_mfa::keyring::Sealed;
use rift_mfa::providers::Provider;
use rift_mfa::store::NewOwnProviders;
use serde_json::{Value, json};

use crate::harness::scripted::Scripted;
use crate::harness::{Answer, TestApp, on_both};
use crate::standin::{self, StandIn};

#[path = "own_providers/guard.rs"]
mod guard;
#[path = "own_providers/lists.rs"]
mod lists;
#[path = "own_providers/reports.rs"]
mod reports;

pub const NUMBER: &str = "+14155552671";
pub const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";

/// An entry of a list, with a token of its own.
pub fn twilio(token: &str) -> Value {
    json!({"kind": "twilio", "account_sid": ACCOUNT, "auth_token": token, "from": "+15005550006"})
}

pub fn http(url: &str) -> Value {
    json!({"kind": "http", "url": url, "secret": "a-secret-of-the-gateway"})
}

/// A node whose operator has one provider for text messages, and a stand-in of Twilio for its tenants' accounts.
pub struct Two {
    pub app: TestApp,
    pub operator: Arc<Scripted>,
    pub server: StandIn,
}

pub async fn two(app: TestApp) -> Two {
    let (operator, server) = (Scripted::new("twilio"), StandIn::twilio().await);
    let provider: Arc<dyn Provider> = operator.clone();
    let base_urls = BaseUrls { twilio: Some(server.base_url.clone()), ..BaseUrls::default() };
    let app = app.with_own(Providers::from([(Channel::Sms, vec![provider])]), Vec::new(), base_urls);
    for tenant in [app.one.app, app.other.app] {
        let changes = [("countries", "*"), ("phone.sends_per_hour", "1000000")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()));
        app.tenants.set(tenant, &changes).await.unwrap();
    }
    app.service.keys().forget();
    Two { app, operator, server }
}

impl Two {
    /// A code by SMS, delivered; the challenge's id.
    pub async fn sent(&mut self, key: &str, number: &str) -> String {
        let started = self.started(key, number).await.ok();
        self.app.deliver().await;
        started["id"].as_str().unwrap().to_owned()
    }

    pub async fn started(&self, key: &str, number: &str) -> Answer {
        self.app.post_as(key, "/v1/mfa", &format!("User={number}, Type=SMS")).await
    }

    pub async fn delivery(&self, key: &str, id: &str) -> Value {
        self.app.get_as(key, &format!("/v1/mfa/{id}")).await.ok()["deliveries"][0].clone()
    }

    /// The tokens that the stand-in was called with, in order.
    fn tokens(&self) -> Vec<String> {
        self.server.requests().iter().map(|request| request.basic().unwrap().1).collect()
    }

    fn keys(&self) -> (String, String) {
        (self.app.one.live_key.clone(), self.app.other.live_key.clone())
    }
}

/// Provider, status and reason of each try.
pub fn tries(delivery: &Value) -> Vec<(String, String, String)> {
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let tries = delivery["attempts"].as_array().unwrap();
    tries.iter().map(|row| (text(row, "provider"), text(row, "status"), text(row, "reason"))).collect()
}

fn number(n: usize) -> String {
    format!("+1415555{:04}", 2000 + n)
}

on_both! {
    async fn each_application_sends_through_its_own_account_and_the_others_through_the_operators(app: TestApp) {
        let mut two = two(app).await;
        let (one, other) = two.keys();
        two.sent(&one, &number(0)).await;
        two.sent(&other, &number(0)).await;
        assert_eq!((two.operator.given().len(), two.tokens().len()), (2, 0));

        two.app.put_own(two.app.one.app, Channel::Sms, json!([twilio("token-of-one")])).await;
        let id = two.sent(&one, &number(1)).await;
        two.sent(&other, &number(1)).await;
        assert_eq!((two.operator.given().len(), two.tokens()), (3, vec!["token-of-one".to_owned()]));
        let told = two.delivery(&one, &id).await;
        assert_eq!((&told["status"], tries(&told)), (&json!("sent"), vec![("twilio".into(), "sent".into(), String::new())]));
        let callback = format!("https://mfa.example/v1/providers/twilio/status/{}?message=", two.app.one.app);
        assert!(two.server.last().text("StatusCallback").starts_with(&callback), "{:?}", two.server.last());

        // Two accounts at once.
        two.app.put_own(two.app.other.app, Channel::Sms, json!([twilio("token-of-other")])).await;
        for n in 2..4 {
            two.started(&one, &number(n)).await.ok();
            two.started(&other, &number(n)).await.ok();
        }
        assert_eq!(two.app.deliver().await, 4);
        assert_eq!(two.tokens()[1..], ["token-of-one", "token-of-other", "token-of-one", "token-of-other"]);
        assert_eq!(two.operator.given().len(), 3);
        // Test mode sends nothing, whatever is configured.
        two.app.post_as(&two.app.one.test_key, "/v1/mfa", &format!("User={NUMBER}, Type=SMS")).await.ok();
        two.app.deliver().await;
        assert_eq!((two.operator.given().len(), two.tokens().len()), (3, 5));

        assert!(two.app.remove_own(two.app.one.app, Channel::Sms).await);
        assert!(!two.app.remove_own(two.app.one.app, Channel::Sms).await, "once");
        two.sent(&one, &number(5)).await;
        two.sent(&other, &number(5)).await;
        assert_eq!((two.operator.given().len(), two.tokens().len()), (4, 6));
    }

    async fn a_change_holds_within_a_second_on_a_node_that_was_told_nothing(app: TestApp) {
        let mut two = two(app).await;
        let (one, _) = two.keys();
        two.sent(&one, &number(0)).await;
        assert_eq!(two.operator.given().len(), 1);
        let (mut n, mut seen) = (1, 0);
        for token in [Some("first"), Some("second"), None] {
            // Past the cache of this node, as another node would do it.
            let lists = two.app.own_lists();
            match token {
                Some(token) => drop(lists.put(two.app.one.app, Channel::Sms, &list(json!([twilio(token)]))).await.unwrap()),
                None => assert!(lists.remove(two.app.one.app, Channel::Sms).await.unwrap()),
            }
            let at = Instant::now();
            let operators = two.operator.given().len();
            loop {
                let asked = at.elapsed();
                two.sent(&one, &number(n)).await;
                n += 1;
                let new = match token {
                    Some(token) => two.tokens().last().is_some_and(|last| last == token),
                    None => two.operator.given().len() > operators,
                };
                if new {
                    break;
                }
                assert!(asked < Duration::from_secs(1), "{token:?} does not hold after {asked:?}");
            }
            seen += 1;
        }
        assert_eq!(seen, 3);
    }

    async fn an_own_list_opens_a_channel_that_the_operator_has_not(app: TestApp) {
        let server = StandIn::bare().await;
        let app = app.with_own(Providers::new(), Vec::new(), BaseUrls::default());
        let mail = "User=jane@example.com, Type=EMAIL";
        let refused = app.post("/v1/mfa", mail).await;
        refused.fails(503, "provider_not_configured");
        app.put_own(app.one.app, Channel::Email, json!([http(&format!("{}/mail", server.base_url))])).await;
        let mut app = app;
        app.post("/v1/mfa", mail).await.ok();
        app.deliver().await;
        assert_eq!(server.last().text("to"), "jane@example.com");
        app.post_as(&app.other.live_key, "/v1/mfa", mail).await.fails(503, "provider_not_configured");
        app.post("/v1/mfa", &format!("User={NUMBER}, Type=PHONE")).await.fails(403, "destination_blocked");
        app.remove_own(app.one.app, Channel::Email).await;
        app.post("/v1/mfa", "User=joe@example.com, Type=EMAIL").await.fails(503, "provider_not_configured");
    }

    async fn a_list_that_cannot_be_used_sends_nothing_through_the_operators(app: TestApp) {
        let mut two = two(app).await;
        let (one, other) = two.keys();
        let good = two.app.put_own(two.app.one.app, Channel::Sms, json!([twilio("token-of-one")])).await;
        let sealed = two.app.store.sealed_providers(two.app.one.app, Channel::Sms).await.unwrap().unwrap().list;
        let empty = two.app.put_own(two.app.other.app, Channel::Sms, json!([twilio("x")])).await;
        let of_other = two.app.store.sealed_providers(two.app.other.app, Channel::Sms).await.unwrap().unwrap().list;
        let mut damaged = sealed.clone();
        *damaged.bytes.last_mut().unwrap() ^= 1;
        // Damaged, moved from another application, and sealed by a ring that nobody has.
        let lost = Sealed { key: "root-of-nobody".into(), ..sealed };
        for (n, (list, reason)) in
            [(damaged, "own_providers_unusable"), (of_other, "own_providers_unusable"), (lost, "")].into_iter().enumerate()
        {
            let version = i64::try_from(n).unwrap() + 1;
            let row = NewOwnProviders {
                channel: Channel::Sms, list, shown: good.shown.clone(), version, updated_at: empty.updated_at,
            };
            put_raw(&two.app, two.app.one.app, &row).await;
            let id = two.sent(&one, &number(n)).await;
            let told = two.delivery(&one, &id).await;
            let expected = if reason.is_empty() { vec![] } else { vec![("own".to_owned(), "retry".to_owned(), reason.to_owned())] };
            assert_eq!((&told["status"], tries(&told)), (&json!("queued"), expected));
            // It is tried again, and at its end it is told.
            for _ in 0..3 {
                two.app.advance(60);
                two.app.deliver().await;
            }
            two.app.advance(300);
            two.app.deliver().await;
            assert_eq!(two.delivery(&one, &id).await["status"], "expired");
        }
        assert!(two.operator.given().is_empty() && two.server.requests().is_empty());
        // Put anew, it works again; the neighbour never noticed.
        two.app.put_own(two.app.one.app, Channel::Sms, json!([twilio("token-of-one")])).await;
        two.sent(&one, &number(8)).await;
        two.sent(&other, &number(8)).await;
        assert_eq!(two.tokens(), ["token-of-one", "x"]);
    }

    async fn a_list_that_hangs_holds_a_few_messages_and_delays_nobody_elses(app: TestApp) {
        let two = two(app).await;
        let (one, other) = two.keys();
        let (release, held) = tokio::sync::watch::channel(false);
        let server = StandIn::bare().await;
        server.otherwise(move |_| standin::Answer::Hold(held.clone()));
        two.app.put_own(two.app.one.app, Channel::Sms, json!([http(&server.base_url)])).await;
        for n in 0..70 {
            two.started(&one, &number(n)).await.ok();
        }
        for n in 0..3 {
            two.started(&other, &number(n)).await.ok();
        }
        // At the end of their leases one node takes all of them at once.
        two.app.advance(31);
        let mut under_way = two.app.deliver_at_once(100).await;
        let mut ended = 0;
        // The three of the neighbour, and what is more than a list may hold.
        while ended < 9 {
            tokio::time::timeout(Duration::from_secs(30), under_way.join_next()).await.unwrap().unwrap().unwrap();
            ended += 1;
        }
        assert_eq!((ended, two.operator.given().len(), under_way.len()), (9, 3, 64));
        // Of those that are held sixteen are asked for at once.
        tokio::time::timeout(Duration::from_secs(30), server.count().wait_for(|asked| *asked >= 16)).await.unwrap().unwrap();
        assert_eq!(server.requests().len(), 16);
        release.send_replace(true);
        under_way.join_all().await;
        assert_eq!(server.requests().len(), 64);
        // The rest comes again, and is told of.
        let put_off = two.app.get_as(&one, "/v1/mfa?limit=100").await.ok();
        let mut reasons = Vec::new();
        for row in put_off["data"].as_array().unwrap() {
            let told = two.delivery(&one, row["id"].as_str().unwrap()).await;
            reasons.extend(tries(&told).into_iter().filter(|(provider, ..)| provider == "own"));
        }
        assert_eq!(reasons, vec![("own".to_owned(), "retry".to_owned(), "busy".to_owned()); 6]);
    }

    async fn the_own_providers_stand_in_their_order_and_are_skipped_when_they_fail(app: TestApp) {
        let mut two = two(app).await;
        let (one, _) = two.keys();
        let (first, second) = (StandIn::bare().await, StandIn::bare().await);
        first.otherwise(|_| standin::Answer::With(503, &[], String::new()));
        let list = json!([http(&first.base_url), http(&second.base_url), twilio("last")]);
        two.app.put_own(two.app.one.app, Channel::Sms, list.clone()).await;
        for n in 0..7 {
            let id = two.sent(&one, &number(n)).await;
            let told = two.delivery(&one, &id).await;
            let retry = ("http".to_owned(), "retry".to_owned(), "http_503".to_owned());
            let sent = ("http".to_owned(), "sent".to_owned(), String::new());
            // After five messages in a row the first one is left alone.
            assert_eq!(tries(&told), if n < 5 { vec![retry, sent] } else { vec![sent] }, "{n}");
        }
        assert_eq!((first.requests().len(), second.requests().len()), (5, 7));
        // The same list again changes nothing: the record of its providers stays.
        let before = two.app.own_lists().one(two.app.one.app, Channel::Sms).await.unwrap();
        let again = two.app.put_own(two.app.one.app, Channel::Sms, list).await;
        assert_eq!(again, before);
        two.sent(&one, &number(7)).await;
        assert_eq!((first.requests().len(), second.requests().len()), (5, 8));
        assert!(two.operator.given().is_empty());
    }
}

pub fn list(given: Value) -> ProviderList {
    ProviderList::new(given)
}

/// A row past the desk.
async fn put_raw(app: &TestApp, of: AppId, row: &NewOwnProviders) {
    app.store.put_own_providers(of, row, &app.note().await).await.unwrap();
    app.forget_own();
}
