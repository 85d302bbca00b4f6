//! Whatever bytes come, the answer is 400 or 401, and what has the wrong form costs nothing.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::super::{lock_at_first_failure, trace};
use super::{JANE, check, configured, enrolled, start};
use crate::harness::authenticator::{Scene, SoftKey, b64, unb64};
use crate::harness::{TestApp, on_both};

/// The parts of an answer that hold bytes.
const PARTS: [&str; 5] =
    ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];

/// Draws `n` values.
fn draw<S: Strategy>(n: usize, strategy: &S) -> Vec<S::Value> {
    let mut runner = TestRunner::deterministic();
    (0..n).map(|_| strategy.new_tree(&mut runner).expect("a value").current()).collect()
}

/// The same answer with one part changed.
fn changed(answer: &Value, part: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Option<Value> {
    let old = unb64(answer["response"].get(part)?);
    let mut answer = answer.clone();
    answer["response"][part] = json!(b64(&change(old)));
    Some(answer)
}

/// Makes a changed answer; none where the answer has no such part.
type Forge = Box<dyn Fn(&Value) -> Option<Value>>;

/// Truncated, flipped and random parts, given until the attempts run out, each time anew.
async fn fuzz(app: &TestApp, fresh: impl AsyncFn() -> Value) {
    let cuts = draw(20, &(0..5_usize, any::<prop::sample::Index>()));
    let flips = draw(50, &(0..5_usize, any::<prop::sample::Index>(), 1..=255_u8));
    let noise = draw(20, &(0..5_usize, vec(any::<u8>(), 0..200)));
    let mut answer = fresh().await;
    let mut given = 0;
    let mut forged: Vec<Forge> = Vec::new();
    for (part, at) in cuts {
        forged.push(Box::new(move |answer| {
            changed(answer, PARTS[part], |bytes| bytes[..at.index(bytes.len())].to_vec())
        }));
    }
    for (part, at, by) in flips {
        forged.push(Box::new(move |answer| {
            changed(answer, PARTS[part], |mut bytes| {
                let at = at.index(bytes.len());
                bytes[at] ^= by;
                bytes
            })
        }));
    }
    for (part, bytes) in noise {
        forged.push(Box::new(move |answer| changed(answer, PARTS[part], |_| bytes.clone())));
    }
    for forge in forged {
        if given % 4 == 0 {
            app.post("/v1/mfa/unlock", &format!("User={JANE}")).await.ok();
            app.advance(60);
            answer = fresh().await;
        }
        let Some(forged) = forge(&answer) else { continue };
        // A part that nobody signs may be changed: the statement of a new key's own data beside it, say.
        if forged["response"] != answer["response"] {
            let told = check(app, JANE, &forged).await;
            let known = matches!(
                (told.status.as_u16(), told.code()),
                (200, "")
                    | (400, "invalid_code_format")
                    | (401, "invalid_code" | "code_already_used" | "no_pending_code" | "not_enrolled")
            );
            assert!(known, "{forged} {:#}", told.body);
            if told.status == 200 {
                assert!(forged["response"].get("attestationObject").is_some(), "a forged sign-in: {forged}");
                let factors = app.get(&format!("/v1/mfa/factors?User={JANE}")).await.ok();
                for factor in factors["data"].as_array().unwrap() {
                    app.delete(&format!("/v1/mfa/factors/{}", factor["id"].as_str().unwrap())).await.ok();
                }
                given = 0;
                answer = fresh().await;
                continue;
            }
        }
        given += 1;
    }
}

on_both! {
    async fn what_has_the_wrong_form_costs_no_attempt(app: TestApp) {
        configured(&app).await;
        let mut key = enrolled(&app, JANE).await;
        lock_at_first_failure(&app).await;
        let asked = start(&app, JANE).await;
        let right = key.get(&asked["public_key"], &Scene::default());
        let without = |path: &[&str]| {
            let mut answer = right.clone();
            let (last, way) = path.split_last().unwrap();
            let of = way.iter().fold(&mut answer, |at, step| &mut at[*step]);
            of.as_object_mut().unwrap().remove(*last);
            answer
        };
        let with = |change: &dyn Fn(&mut Value)| {
            let mut answer = right.clone();
            change(&mut answer);
            answer
        };
        for wrong in [
            json!("123456"),
            json!("{}"),
            json!({}),
            json!("{\"response\":"),
            json!("[1]"),
            without(&["id"]),
            without(&["rawId"]),
            without(&["type"]),
            without(&["response"]),
            without(&["response", "signature"]),
            without(&["response", "clientDataJSON"]),
            without(&["response", "authenticatorData"]),
            with(&|answer| answer["type"] = json!("password")),
            with(&|answer| answer["id"] = json!("AAAA")),
            with(&|answer| answer["rawId"] = json!("not base64!")),
            with(&|answer| answer["response"]["signature"] = json!(7)),
            with(&|answer| answer["response"]["clientDataJSON"] = json!(b64(b"no json"))),
            with(&|answer| answer["response"]["clientDataJSON"] = json!(b64(b"{}"))),
            with(&|answer| answer["response"]["authenticatorData"] = json!(b64(&[0; 36]))),
            with(&|answer| answer["response"]["attestationObject"] = json!(b64(&[0xA3, 0x63]))),
        ] {
            check(&app, JANE, &wrong).await.fails(400, "invalid_code_format");
        }
        assert_eq!(trace(&app, &asked["id"]).await["checks"], json!([]));
        assert_eq!(check(&app, JANE, &right).await.ok()["status"], "approved");
    }

    async fn no_bytes_of_a_sign_in_bring_the_service_down(app: TestApp) {
        configured(&app).await;
        let key = enrolled(&app, JANE).await;
        fuzz(&app, async || {
            let asked = start(&app, JANE).await;
            key.get_at(&asked["public_key"], &Scene::default(), 9)
        })
        .await;
    }

    async fn no_bytes_of_an_enrolment_bring_the_service_down(app: TestApp) {
        configured(&app).await;
        for u2f in [false, true] {
            fuzz(&app, async || {
                let asked = start(&app, JANE).await;
                SoftKey::new(&asked["public_key"]).create(&asked["public_key"], &Scene { u2f, ..Scene::default() })
            })
            .await;
        }
    }

    async fn a_key_of_another_curve_or_none_is_refused(app: TestApp) {
        configured(&app).await;
        for (at, byte) in [(2, 3), (2, 1), (4, 0x27), (4, 0x38), (6, 2), (6, 9), (0, 0xA4)] {
            let asked = start(&app, JANE).await;
            let key = SoftKey::new(&asked["public_key"]);
            let mut forged = key.create(&asked["public_key"], &Scene::default());
            let mut object = unb64(&forged["response"]["attestationObject"]);
            // The COSE key begins with {1: 2, 3: -7, -1: 1}.
            let cose = object.windows(7).position(|bytes| bytes == [0xA5, 1, 2, 3, 0x26, 0x20, 1]).unwrap();
            object[cose + at] = byte;
            forged["response"]["attestationObject"] = json!(b64(&object));
            let told = check(&app, JANE, &forged).await;
            assert!(matches!(told.code(), "invalid_code_format" | "invalid_code"), "{:#}", told.body);
            app.post("/v1/mfa/unlock", &format!("User={JANE}")).await.ok();
        }
        assert_eq!(app.get(&format!("/v1/mfa/factors?User={JANE}")).await.ok()["data"], json!([]));
    }
}
