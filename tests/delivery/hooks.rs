//! Webhooks from outside: real nodes, real receivers on this machine, which the operator allowed.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::lab::{self, Hooked, Lab, Node, reaches, ticks};
use crate::receiver::{Call, Receiver, Reply};

/// Loopback is allowed, and failures are tried again at once.
pub const SETTINGS: &str = "[webhooks]\nallowed_networks = [\"127.0.0.1/32\"]\nretry_pauses = [\"1s\", \"1s\", \"1s\", \"1s\", \"1h\"]\n";

async fn world(settings: &str) -> (Arc<Node>, Hooked) {
    let lab = Lab::sqlite(settings);
    let tenant = lab.hooked();
    (Node::start(&lab).await, tenant)
}

/// A verification that is approved: the challenge's id.
async fn approved(node: &Node, tenant: &Hooked, n: usize) -> String {
    let user = format!("jane{n}@test.rift.dev");
    node.sent(&tenant.key, &user, "EMAIL").await;
    let told = node.verify(&tenant.key, &user, "EMAIL", "424242").await;
    told.ok()["id"].as_str().unwrap().to_owned()
}

/// What `standardwebhooks`, from the Python Package Index, says of a call, with this secret: `ok`, or its error.
async fn judged(secret: &str, call: &Call) -> String {
    const VERIFY: &str = "
import json, sys
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
given = json.load(sys.stdin)
try:
    Webhook(given['secret']).verify(given['body'], given['headers'])
    print('ok')
except WebhookVerificationError as error:
    print(error)
";
    let python = concat!(env!("CARGO_MANIFEST_DIR"), "/target/standardwebhooks/bin/python");
    let given = json!({"secret": secret, "body": call.body, "headers": call.headers}).to_string();
    let judged = tokio::task::spawn_blocking(move || {
        use std::io::Write as _;
        use std::process::{Command, Stdio};

        let mut child = Command::new(python)
            .args(["-c", VERIFY])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("PyPI's standardwebhooks: run script/webhook-verifier, which installs it under target/");
        child.stdin.take().unwrap().write_all(given.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    });
    let output = judged.await.unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_fails_three_times_gets_the_same_event_a_fourth_time() {
    let receiver = Receiver::start(|n, _| Reply::Status([500, 503, 404, 204][n.min(3)])).await;
    let (node, tenant) = world(SETTINGS).await;
    let hook = tenant.hook(&node, &receiver.url, &["challenge.approved"]).await;
    let challenge = approved(&node, &tenant, 1).await;
    let delivery = tenant.delivery_when(&node, &hook, |delivery| delivery["status"] == "delivered").await;
    let results: Vec<_> =
        delivery["attempts"].as_array().unwrap().iter().map(|one| one["http_status"].clone()).collect();
    assert_eq!(results, [500, 503, 404, 204]);
    let calls = receiver.calls();
    assert_eq!(calls.len(), 4);
    for call in &calls {
        assert_eq!(call.body, calls[0].body, "a repetition is told by its bytes, too");
        assert_eq!(call.header("webhook-id"), delivery["event"].as_str().unwrap());
        assert_eq!(judged(&hook.secret, call).await, "ok");
    }
    let event = calls[0].event();
    assert_eq!((&event["id"], &event["type"]), (&delivery["event"], &json!("challenge.approved")));
    assert_eq!((&event["livemode"], &event["app"]), (&json!(false), &json!(tenant.app)));
    let told =
        json!({"challenge": challenge, "type": "EMAIL", "method": "email", "user": event["data"]["user"]});
    assert_eq!(event["data"], told);
    assert!(!calls[0].body.contains("jane1@"), "a contact: {}", calls[0].body);
    let other = tenant.hook(&node, &receiver.url, &["user.locked"]).await;
    assert_ne!(judged(&other.secret, &calls[0]).await, "ok", "another secret fits, too");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_hangs_delays_no_other() {
    let hanging = Receiver::start(|_, _| Reply::Hang).await;
    let quick = Receiver::start(|_, _| Reply::Status(200)).await;
    let (node, tenant) = world(SETTINGS).await;
    let stuck = tenant.hook(&node, &hanging.url, &["*"]).await;
    for n in 0..12 {
        approved(&node, &tenant, n).await;
    }
    reaches(hanging.count(), 1).await;
    let quick_hook = tenant.hook(&node, &quick.url, &["*"]).await;
    for n in 12..24 {
        approved(&node, &tenant, n).await;
    }
    reaches(quick.count(), 12).await;
    tenant.all_when(&node, &quick_hook, |all| all.iter().all(|one| one["status"] == "delivered")).await;
    // A call has 10 s; eight places are all that it takes.
    assert!(hanging.calls().len() <= 16, "{}", hanging.calls().len());
    let timed_out = |one: &Value| one["attempts"][0]["reason"] == "timeout";
    tenant.all_when(&node, &stuck, |all| all.iter().any(timed_out)).await;
    // A node that is told to end does not wait for it for ever.
    node.terminate();
    assert!(node.ended().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_a_failure_and_is_not_followed() {
    let target = Receiver::start(|_, _| Reply::Status(200)).await;
    let to = target.url.clone();
    let receiver = Receiver::start(move |_, _| Reply::Redirect(to.clone())).await;
    let (node, tenant) = world(SETTINGS).await;
    let hook = tenant.hook(&node, &receiver.url, &["*"]).await;
    approved(&node, &tenant, 1).await;
    reaches(receiver.count(), 2).await;
    let delivery = tenant.delivery_when(&node, &hook, |one| one["attempts"][1]["reason"] == "redirect").await;
    assert_eq!(delivery["attempts"][0]["http_status"], 302);
    assert_eq!(target.connections(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_not_read_and_its_status_counts() {
    const FLOOD: usize = 1 << 30;
    let receiver = Receiver::start(|n, _| Reply::Flood([500, 200][n.min(1)], FLOOD)).await;
    let (node, tenant) = world(SETTINGS).await;
    let hook = tenant.hook(&node, &receiver.url, &["*"]).await;
    approved(&node, &tenant, 1).await;
    let delivery = tenant.delivery_when(&node, &hook, |one| one["status"] == "delivered").await;
    let tries = delivery["attempts"].as_array().unwrap();
    assert_eq!((&tries[0]["reason"], &tries[1]["http_status"]), (&json!("http_500"), &json!(200)));
    // What the sockets on both sides hold, and no more.
    for sent in receiver.floods() {
        assert!(sent < 32 << 20, "{sent} bytes were taken");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_gone_is_disabled_at_once() {
    let receiver = Receiver::start(|_, _| Reply::Status(410)).await;
    let (node, tenant) = world(SETTINGS).await;
    let hook = tenant.hook(&node, &receiver.url, &["*"]).await;
    approved(&node, &tenant, 1).await;
    let mut look = ticks(20);
    let shown = loop {
        look.tick().await;
        let shown = tenant.get(&node, &format!("/{}", hook.id)).await;
        if shown["status"] == "disabled" {
            break shown;
        }
    };
    assert_eq!(shown["disabled_reason"], "gone");
    approved(&node, &tenant, 2).await;
    let told = tenant.post(&node, &format!("/{}/test", hook.id), &json!({})).await;
    told.fails(409, "not_active");
    assert_eq!(receiver.calls().len(), 1);
    let log = tenant.manage(&node, "GET", "/v1/manage/audit?action=webhook.disabled", None).await.ok();
    assert_eq!(
        (&log["data"][0]["actor"]["type"], &log["data"][0]["target"]["id"]),
        (&json!("system"), &json!(hook.id))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolled_secret_signs_beside_the_new_one() {
    let receiver = Receiver::start(|_, _| Reply::Status(200)).await;
    let (node, tenant) = world(SETTINGS).await;
    let hook = tenant.hook(&node, &receiver.url, &["*"]).await;
    let roll = format!("/{}/roll", hook.id);
    let second = tenant.post(&node, &roll, &json!({"grace": "1h"})).await.ok()["secret"].clone();
    let told = tenant.post(&node, &format!("/{}/test", hook.id), &json!({})).await;
    assert_eq!(told.status, 202);
    reaches(receiver.count(), 1).await;
    let call = receiver.calls()[0].clone();
    assert_eq!(call.header("webhook-signature").split(' ').count(), 2);
    assert_eq!(call.event()["type"], "webhook.test");
    for secret in [hook.secret.as_str(), second.as_str().unwrap()] {
        assert_eq!(judged(secret, &call).await, "ok");
    }
    let third = tenant.post(&node, &roll, &json!({"grace": 0})).await.ok()["secret"].clone();
    approved(&node, &tenant, 1).await;
    reaches(receiver.count(), 2).await;
    let call = receiver.calls()[1].clone();
    assert_eq!(call.header("webhook-signature").split(' ').count(), 1);
    assert_eq!(judged(third.as_str().unwrap(), &call).await, "ok");
    for secret in [hook.secret.as_str(), second.as_str().unwrap()] {
        assert_ne!(judged(secret, &call).await, "ok");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_exception_nothing_reaches_this_machine() {
    let receiver = Receiver::start(|_, _| Reply::Status(200)).await;
    let (node, tenant) = world("[webhooks]\nretry_pauses = [\"1s\"]\n").await;
    for url in [
        receiver.url.clone(),
        receiver.url.replace("http:", "https:"),
        format!("https://0x7f.1:{}/", receiver.port),
        format!("https://[::1]:{}/", receiver.port),
        "https://10.0.0.1/".to_owned(),
        "https://169.254.169.254/latest/meta-data".to_owned(),
        format!("http://localhost:{}/", receiver.port),
    ] {
        let body = json!({"mode": "test", "url": url, "events": ["*"]});
        tenant.post(&node, "", &body).await.fails(400, "invalid_url");
    }
    // A name shows where it leads when it is called.
    let hook = tenant.hook(&node, &format!("https://localhost:{}/", receiver.port), &["*"]).await;
    approved(&node, &tenant, 1).await;
    let refused = |one: &Value| one["attempts"][1]["reason"] == "address_not_allowed";
    tenant.delivery_when(&node, &hook, refused).await;
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_event_is_lost_whatever_is_killed() {
    let seed = std::env::var("RIFT_LAB_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| {
        use std::hash::{BuildHasher, Hasher};
        std::hash::RandomState::new().build_hasher().finish()
    });
    println!("RIFT_LAB_SEED={seed}");
    let mut rng = <rand::rngs::StdRng as rand::SeedableRng>::seed_from_u64(seed);
    let receiver = Receiver::start(|n, _| Reply::Status(if n % 7 == 3 { 500 } else { 200 })).await;
    // The lease of a call that died with its node ends soon.
    let lab = Lab::postgres(&format!("{SETTINGS}[courier]\nlease = \"5s\"\n"));
    let tenant = lab.hooked();
    let nodes = [Node::start(&lab).await, Node::start(&lab).await];
    let hook = tenant.hook(&nodes[0], &receiver.url, &["challenge.approved"]).await;
    let rounds = if lab::full() { 30 } else { 4 };
    let mut approved = Vec::new();
    for round in 0..rounds {
        let (one, other) = (&nodes[round % 2], &nodes[(round + 1) % 2]);
        let clients: Vec<_> = (0..10)
            .map(|n| {
                let (node, key) = (Arc::clone(one), tenant.key.clone());
                tokio::spawn(async move {
                    let user = format!("jane{round}x{n}@test.rift.dev");
                    let start = json!({"User": user, "Type": "EMAIL"});
                    let started = node.ask("POST", "/v1/mfa", &key, Some(&start), None).await?;
                    let id = started.body["id"].as_str()?.to_owned();
                    let check = json!({"User": user, "Type": "EMAIL", "Code": "424242"});
                    // Whether the answer comes or not: the trace tells what was decided.
                    let _ = node.ask("POST", "/v1/mfa/verify", &key, Some(&check), None).await;
                    Some(id)
                })
            })
            .collect();
        let after = rand::RngExt::random_range(&mut rng, 0..400);
        tokio::time::sleep(Duration::from_millis(after)).await;
        one.kill().await;
        for client in clients {
            let Some(id) = client.await.unwrap() else { continue };
            if other.trace(&tenant.key, &id).await["status"] == "approved" {
                approved.push(id);
            }
        }
        one.restart().await;
    }
    println!("{} approved", approved.len());
    let delivered =
        |all: &[Value]| all.len() >= approved.len() && all.iter().all(|one| one["status"] == "delivered");
    tenant.all_when(&nodes[0], &hook, delivered).await;
    let mut told: Vec<(String, String)> = receiver
        .calls()
        .iter()
        .map(|call| {
            (
                call.event()["data"]["challenge"].as_str().unwrap().to_owned(),
                call.header("webhook-id").to_owned(),
            )
        })
        .collect();
    told.sort();
    told.dedup();
    let mut challenges: Vec<String> = told.into_iter().map(|(challenge, _)| challenge).collect();
    let all = challenges.len();
    challenges.dedup();
    assert_eq!(challenges.len(), all, "RIFT_LAB_SEED={seed}: two events of one approval");
    approved.sort();
    assert!(approved.iter().all(|id| challenges.contains(id)), "RIFT_LAB_SEED={seed}: an event was lost");
}
