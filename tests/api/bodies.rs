//! Bodies: what the product page prints works as it is printed, and its fields mean the same in every encoding.

use serde_json::{Map, Value, json};

use crate::harness::{Answer, TestApp, on_both, post};

#[path = "bodies/bad.rs"]
mod bad;
#[path = "bodies/order.rs"]
mod order;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Encoding {
    /// The page's own, as `curl -d` sends it.
    Comma,
    Form,
    Json,
}

impl Encoding {
    fn content_type(self) -> &'static str {
        if self == Self::Json { "application/json" } else { "application/x-www-form-urlencoded" }
    }

    fn write(self, fields: &[(&str, &str)]) -> String {
        match self {
            Self::Comma => {
                let pairs: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
                pairs.join(", ")
            }
            Self::Form => serde_urlencoded::to_string(fields).unwrap(),
            Self::Json => {
                let object: Map<_, _> =
                    fields.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
                Value::Object(object).to_string()
            }
        }
    }
}

/// Sends the fields with the key in the braces that the page prints around it.
async fn say(app: &TestApp, encoding: Encoding, path: &str, fields: &[(&str, &str)]) -> Answer {
    let key = format!("{{{}}}", app.key);
    let body = encoding.write(fields);
    app.send_until_served(|| post(path, &key, encoding.content_type(), &body)).await
}

/// An answer without what is new each time.
fn plain(answer: &Answer) -> (u16, Value) {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields.iter_mut() {
                    let fresh = ["id", "request_id", "factor", "qr_code", "secret", "otpauth_uri", "user"];
                    if fresh.contains(&name.as_str()) || name.ends_with("_at") || name.ends_with("_after") {
                        *value = Value::from("…");
                    } else {
                        strip(value);
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut body = answer.body.clone();
    strip(&mut body);
    (answer.status.as_u16(), body)
}

/// Everything the page does for e-mail, an app and backup codes, by one user of each kind.
async fn walk(app: &TestApp, encoding: Encoding) -> Vec<(u16, Value)> {
    let email = format!("jane+{encoding:?}@example.com").to_lowercase();
    let contact = format!("contact-{encoding:?}");
    let mut answers = Vec::new();

    // Send MFA Code via Email; Verify an MFA Code sent via Email.
    answers.push(say(app, encoding, "/v1/mfa", &[("User", &email), ("Type", "EMAIL")]).await);
    let code = app.last_code(&email.replace('+', "%2B")).await;
    let wrong = if code == "111111" { "222222" } else { "111111" };
    for code in [wrong, &code] {
        let fields = [("User", email.as_str()), ("Type", "EMAIL"), ("Code", code)];
        answers.push(say(app, encoding, "/v1/mfa/verify", &fields).await);
    }

    // The Authenticator App: a QR code, then its first code, then a code without a start.
    answers.push(say(app, encoding, "/v1/mfa", &[("User", &contact), ("Type", "APP")]).await);
    let secret = answers.last().unwrap().body["secret"].as_str().unwrap().to_owned();
    for offset in [0, 1] {
        let code = app.totp(&secret, offset);
        let fields = [("User", contact.as_str()), ("Type", "APP"), ("Code", &code)];
        answers.push(say(app, encoding, "/v1/mfa/verify", &fields).await);
    }

    // Generate Backup Codes, via Email; one of them in place of a code.
    app.advance(30);
    answers.push(say(app, encoding, "/v1/mfa/backup", &[("User", &email), ("Type", "EMAIL")]).await);
    let backup = app.backup_codes(&email.replace('+', "%2B")).await;
    assert_eq!(backup.len(), 10);
    let fields = [("User", email.as_str()), ("Type", "EMAIL"), ("Code", &backup[3])];
    answers.push(say(app, encoding, "/v1/mfa/verify", &fields).await);

    // The fields that the page does not print.
    let fields =
        [("User", email.as_str()), ("Type", "EMAIL"), ("Action", "Pay 12 EUR, to Bob"), ("Reference", "s=1")];
    app.advance(30);
    answers.push(say(app, encoding, "/v1/mfa", &fields).await);
    answers.iter().map(plain).collect()
}

on_both! {
    async fn what_the_page_prints_works_in_every_encoding(app: TestApp) {
        let [comma, form, json] = [
            walk(&app, Encoding::Comma).await,
            walk(&app, Encoding::Form).await,
            walk(&app, Encoding::Json).await,
        ];
        let statuses: Vec<_> = comma.iter().map(|(status, _)| *status).collect();
        assert_eq!(statuses, [200, 401, 200, 200, 200, 200, 200, 200, 200], "{comma:#?}");
        assert_eq!(comma[1].1["error"]["code"], "invalid_code");
        assert_eq!((&comma[4].1["status"], &comma[5].1["status"]), (&json!("enrolled"), &json!("approved")));
        assert_eq!(comma[7].1["method"], "backup_code");
        assert_eq!(comma, form);
        assert_eq!(comma, json);
    }

    /// `curl -d "User=YOUR_USERS_EMAIL, Type=EMAIL"`, byte for byte.
    async fn the_pages_own_lines_work(app: TestApp) {
        let key = format!("{{{}}}", app.key);
        let form = "application/x-www-form-urlencoded";
        app.send(post("/v1/mfa", &key, form, "User=jane@example.com, Type=EMAIL")).await.ok();
        let code = app.last_code("jane@example.com").await;
        let verified = format!("User=jane@example.com, Type=EMAIL, Code={code}");
        let verified = app.send(post("/v1/mfa/verify", &key, form, &verified)).await.ok();
        assert_eq!(verified["status"], "approved");
        let backup = || post("/v1/mfa/backup", &key, form, "User=jane@example.com, Type=EMAIL");
        let issued = app.send_until_served(backup).await.ok();
        assert_eq!((&issued["object"], &issued["count"]), (&json!("mfa.backup"), &json!(10)));
        app.send(post("/v1/mfa", &key, form, "User=+14155552671, Type=SMS")).await.ok();
        let code = app.last_code("+14155552671").await;
        let verified = format!("User=+14155552671, Type=PHONE, Code={code}");
        let verified = app.send(post("/v1/mfa/verify", &key, form, &verified)).await.ok();
        assert_eq!((&verified["status"], &verified["method"]), (&json!("approved"), &json!("sms")));
        let backup = || post("/v1/mfa/backup", &key, form, "User=+14155552671, Type=SMS");
        let issued = app.send_until_served(backup).await.ok();
        assert_eq!(issued["deliveries"][0]["channel"], "sms");
        let pair = "kim@example.com:+14155552672";
        app.send(post("/v1/mfa", &key, form, &format!("User={pair}, Type=DUAL"))).await.ok();
        let code = app.last_code("+14155552672").await;
        let verified = format!("User={pair}, Type=DUAL, Code={code}");
        let verified = app.send(post("/v1/mfa/verify", &key, form, &verified)).await.ok();
        assert_eq!(verified["status"], "approved");
        let enrolling = app.send(post("/v1/mfa", &key, form, "User=jane@example.com, Type=APP")).await.ok();
        assert_eq!(enrolling["status"], "enrolling");
        let code = app.totp(enrolling["secret"].as_str().unwrap(), 0);
        let enrolled = format!("User=jane@example.com, Type=APP, Code={code}");
        let enrolled = app.send(post("/v1/mfa/verify", &key, form, &enrolled)).await.ok();
        assert_eq!(enrolled["status"], "enrolled");
    }

    async fn a_plus_in_user_stays_and_an_escaped_space_does_not_pass(app: TestApp) {
        for (at, body) in
            ["User=a+b@example.com, Type=EMAIL", "User=a+b@example.com&Type=EMAIL", "User=a%2Bb%40example.com&Type=EMAIL"]
                .into_iter()
                .enumerate()
        {
            let started = app.post("/v1/mfa", body).await.ok();
            assert_eq!(started["user"], "a+b@example.com", "{body}");
            // All three are one user: a start for another one would bring no cooldown.
            app.post("/v1/mfa", "User=a+b@example.com, Type=EMAIL").await.fails(429, "resend_cooldown");
            for query in ["a+b@example.com", "a%2Bb%40example.com"] {
                let inbox = app.get(&format!("/v1/test/inbox?User={query}")).await.ok();
                assert_eq!(inbox["data"].as_array().unwrap().len(), at + 1, "{query}");
            }
            app.advance(31);
        }
        app.post("/v1/mfa", "User=a%20b@example.com&Type=EMAIL").await.fails(400, "invalid_email");
        app.get("/v1/test/inbox?User=a%20b@example.com").await.fails(400, "invalid_email");
    }

    async fn names_and_types_match_without_case_and_in_any_order(app: TestApp) {
        for body in [
            "type=email, user=jane@example.com",
            "TYPE=Email&USER=jane%40example.com",
            r#"{"tYpE": "eMAIL", "uSER": "jane@example.com"}"#,
            "User=jane@example.com,Type=EMAIL",
            "User=jane@example.com, Type=EMAIL\r\n",
        ] {
            let content_type =
                if body.starts_with('{') { "application/json; charset=utf-8" } else { "application/x-www-form-urlencoded" };
            let started = app.send(post("/v1/mfa", &app.key, content_type, body)).await.ok();
            assert_eq!((&started["type"], &started["user"]), (&json!("EMAIL"), &json!("jane@example.com")), "{body}");
            // An hour on: the limit of a few messages in ten minutes is no matter here.
            app.advance(3600);
        }
    }
}
