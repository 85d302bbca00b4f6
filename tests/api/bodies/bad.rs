//! Bodies that are refused: each with its status and code, and none of them sends or spends anything.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use crate::harness::{Answer, TestApp, on_both};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
const LIMIT: usize = 64 * 1024;

async fn send(app: &TestApp, path: &str, content_type: Option<&str>, body: impl Into<Body>) -> Answer {
    let mut request =
        Request::builder().method("POST").uri(path).header("authorization", format!("Bearer {}", app.key));
    if let Some(content_type) = content_type {
        request = request.header("content-type", content_type);
    }
    app.send(request.body(body.into()).unwrap()).await
}

/// A valid form of exactly `size` bytes, but for a Reference that is too long.
fn of_size(size: usize) -> String {
    let begin = "User=jane@example.com&Type=EMAIL&Reference=";
    format!("{begin}{}", "r".repeat(size - begin.len()))
}

async fn nothing_was_sent(app: &TestApp) {
    let list = app.get("/v1/mfa").await.ok();
    assert_eq!(list["data"], json!([]));
    let inbox = app.get("/v1/test/inbox?User=jane@example.com").await.ok();
    assert_eq!(inbox["data"], json!([]));
}

on_both! {
    async fn size_is_looked_at_before_anything_is_read(app: TestApp) {
        send(&app, "/v1/mfa", Some(FORM), of_size(LIMIT)).await.fails(400, "invalid_reference");
        send(&app, "/v1/mfa", Some(FORM), of_size(LIMIT + 1)).await.fails(413, "body_too_large");
        for path in ["/v1/mfa", "/v1/mfa/verify", "/v1/mfa/backup", "/v1/mfa/unlock"] {
            send(&app, path, Some("text/plain"), vec![0xff; LIMIT + 1]).await.fails(413, "body_too_large");
        }
        // In pieces and without a length the same holds.
        let pieces = (0..=LIMIT / 1024).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 1024]));
        let body = Body::from_stream(futures_util::stream::iter(pieces));
        send(&app, "/v1/mfa", Some(FORM), body).await.fails(413, "body_too_large");
        nothing_was_sent(&app).await;
    }

    async fn what_is_not_text_or_not_json_is_invalid(app: TestApp) {
        send(&app, "/v1/mfa", Some(FORM), "").await.fails(400, "missing_parameter");
        for (content_type, body) in [
            (JSON, b"".as_slice()),
            (JSON, b"{"),
            (JSON, b"{\"User\": \"jane@example.com\", \"Type\": \"EMAIL\""),
            (JSON, b"{\"User\": \"jane@example.com\", \"Type\": \"EMAIL\"} x"),
            (JSON, b"{\"User\": \"jane@example.com\", \"Type\": \"EMAIL\"}{}"),
            (JSON, b"{'User': 'jane@example.com'}"),
            (JSON, b"{\"User\": \"jane@example.com\", \"Type\": \"EMAIL\",}"),
            (JSON, b"[]"),
            (JSON, b"[{\"User\": \"jane@example.com\", \"Type\": \"EMAIL\"}]"),
            (JSON, b"null"),
            (JSON, b"\"User\""),
            (JSON, b"{\"User\": \"\xff\"}"),
            (JSON, b"{\"User\": \"\\ud800\"}"),
            (JSON, b"User=jane@example.com, Type=EMAIL"),
            (JSON, b"{\"User\": [\"jane@example.com\"], \"Type\": \"EMAIL\"}"),
            (JSON, b"{\"User\": {\"a\": \"b\"}, \"Type\": \"EMAIL\"}"),
            (JSON, b"{\"User\": 5, \"Type\": \"EMAIL\"}"),
            (JSON, b"{\"User\": 5.5e300, \"Type\": \"EMAIL\"}"),
            (JSON, b"{\"User\": null, \"Type\": \"EMAIL\"}"),
            (JSON, b"{\"User\": true, \"Type\": \"EMAIL\"}"),
            (FORM, b"User=jane@example.com&Type=EMAIL&Reference=\xff"),
            (FORM, b"User=jane@example.com, Type=EMAIL, Reference=\xff"),
            (FORM, b"User=jane%FF@example.com&Type=EMAIL"),
            (FORM, b"User=jane@example.com&Type=EMAIL&Reference=%"),
            (FORM, b"User=jane@example.com&Type=EMAIL&Reference=%4"),
            (FORM, b"User=jane@example.com&Type=EMAIL&Reference=%zz"),
        ] {
            let answer = send(&app, "/v1/mfa", Some(content_type), body).await;
            assert_eq!(
                (answer.status.as_u16(), answer.code()), (400, "invalid_body"),
                "{content_type} {} {:#}", String::from_utf8_lossy(body), answer.body
            );
        }
        // A number is not a code: leading zeros would be lost.
        let number = r#"{"User": "jane@example.com", "Type": "EMAIL", "Code": 123456}"#;
        let answer = send(&app, "/v1/mfa/verify", Some(JSON), number).await;
        answer.fails(400, "invalid_body");
        assert_eq!(answer.body["error"]["param"], "Code");
        nothing_was_sent(&app).await;
    }

    async fn deep_json_is_refused_and_the_service_lives_on(app: TestApp) {
        let deep = |depth: usize| format!("{{\"User\": {}", "[".repeat(depth));
        let objects = format!("{{\"Code\": {}", "{\"a\":".repeat(13_000));
        send(&app, "/v1/mfa", Some(JSON), "[".repeat(100_000)).await.fails(413, "body_too_large");
        send(&app, "/v1/mfa", Some(JSON), "[".repeat(LIMIT)).await.fails(400, "invalid_body");
        send(&app, "/v1/mfa", Some(JSON), deep(LIMIT - 9)).await.fails(400, "invalid_body");
        send(&app, "/v1/mfa/verify", Some(JSON), objects).await.fails(400, "invalid_body");
        let closed = format!("{{\"User\": {}{}}}", "[".repeat(32_000), "]".repeat(32_000));
        send(&app, "/v1/mfa", Some(JSON), closed).await.fails(400, "invalid_body");
        app.post("/v1/mfa", "User=jane@example.com, Type=EMAIL").await.ok();
    }

    async fn a_field_twice_is_a_duplicate_in_any_case(app: TestApp) {
        for (content_type, body) in [
            (FORM, "User=jane@example.com&User=jane@example.com&Type=EMAIL"),
            (FORM, "User=jane@example.com&Type=EMAIL&user=eve@example.com"),
            (FORM, "User=jane@example.com, Type=EMAIL, USER=eve@example.com"),
            (FORM, "User=jane@example.com&User=&Type=EMAIL"),
            (JSON, r#"{"User": "jane@example.com", "Type": "EMAIL", "User": "eve@example.com"}"#),
            (JSON, r#"{"User": "jane@example.com", "Type": "EMAIL", "uSer": "jane@example.com"}"#),
        ] {
            let answer = send(&app, "/v1/mfa", Some(content_type), body).await;
            answer.fails(400, "duplicate_parameter");
            assert_eq!(answer.body["error"]["param"], "User", "{body}");
        }
        nothing_was_sent(&app).await;
        app.get("/v1/test/inbox?User=jane@example.com&user=eve@example.com").await.fails(400, "duplicate_parameter");
    }

    async fn an_unknown_field_is_named_with_the_nearest_known_one(app: TestApp) {
        for (content_type, body, param, nearest) in [
            (FORM, "Usr=jane@example.com&Type=EMAIL", "Usr", "User"),
            (FORM, "User=jane@example.com, Tipe=EMAIL", "Tipe", "Type"),
            (FORM, "User=jane@example.com, Type=EMAIL, Refrence=1", "Refrence", "Reference"),
            (JSON, r#"{"User": "jane@example.com", "Type": "EMAIL", "Lokale": "en"}"#, "Lokale", "Locale"),
        ] {
            let answer = send(&app, "/v1/mfa", Some(content_type), body).await;
            answer.fails(400, "unknown_parameter");
            assert_eq!(answer.body["error"]["param"], param, "{body}");
            assert!(answer.body["error"]["fix"].as_str().unwrap().contains(nearest), "{body} {:#}", answer.body);
        }
        app.get("/v1/mfa?Uzer=jane@example.com").await.fails(400, "unknown_parameter");
        nothing_was_sent(&app).await;
    }

    async fn nobody_chooses_a_code(app: TestApp) {
        for path in ["/v1/mfa", "/v1/mfa/backup"] {
            for (content_type, body) in [
                (FORM, "User=jane@example.com, Type=EMAIL, Code=123456"),
                (FORM, "User=jane%40example.com&Type=EMAIL&code=123456"),
                (JSON, r#"{"User": "jane@example.com", "Type": "EMAIL", "Code": "123456"}"#),
                (JSON, r#"{"User": "jane@example.com", "Type": "EMAIL", "Code": {"a": 1}}"#),
            ] {
                let answer = send(&app, path, Some(content_type), body).await;
                answer.fails(400, "code_not_allowed");
                assert!(!answer.body.to_string().contains("123456"));
            }
        }
        nothing_was_sent(&app).await;
    }

    async fn a_user_is_one_plain_address(app: TestApp) {
        for user in [
            "jane@example.com\r\nBcc: eve@example.com",
            "jane@example.com\n",
            "jane@example.com\r",
            "jane\0@example.com",
            "jane@example.com\0",
            "jane@example.com,eve@example.com",
            "jane@example.com, eve@example.com",
            "jane@example.com;eve@example.com",
            "jane@example.com eve@example.com",
            "\"jane\"@example.com",
            "\"jane@example.com\"@example.com",
            "Jane <jane@example.com>",
        ] {
            for path in ["/v1/mfa", "/v1/mfa/backup"] {
                let answer = app.post_json(path, &json!({ "User": user, "Type": "EMAIL" })).await;
                assert_eq!((answer.status.as_u16(), answer.code()), (400, "invalid_email"), "{user:?}");
                assert_eq!(answer.body["error"]["param"], "User");
                let escaped = serde_urlencoded::to_string([("User", user), ("Type", "EMAIL")]).unwrap();
                app.post(path, &escaped).await.fails(400, "invalid_email");
            }
            let verify = json!({ "User": user, "Type": "EMAIL", "Code": "123456" });
            app.post_json("/v1/mfa/verify", &verify).await.fails(400, "invalid_email");
        }
        for body in ["User=jane@example.com,eve@example.com, Type=EMAIL", "User=jane@example.com, eve@example.com, Type=EMAIL"] {
            app.post("/v1/mfa", body).await.fails(400, "invalid_email");
        }
        nothing_was_sent(&app).await;
        let eve = app.get("/v1/test/inbox?User=eve@example.com").await.ok();
        assert_eq!(eve["data"], json!([]));
    }

    async fn only_two_content_types_are_read(app: TestApp) {
        let body = "User=jane@example.com, Type=EMAIL";
        for content_type in [
            None,
            Some("text/plain"),
            Some("multipart/form-data; boundary=x"),
            Some("application/xml"),
            Some("application/jsonx"),
            Some("application/x-www-form-urlencoded; charset=latin1"),
            Some("application/json; charset=utf-16"),
        ] {
            let answer = send(&app, "/v1/mfa", content_type, body).await;
            assert_eq!((answer.status.as_u16(), answer.code()), (415, "unsupported_media_type"), "{content_type:?}");
        }
        nothing_was_sent(&app).await;
        send(&app, "/v1/mfa", Some("Application/X-WWW-Form-Urlencoded; charset=UTF-8"), body).await.ok();
    }

    async fn a_code_is_taken_exactly_and_a_wrong_form_costs_nothing(app: TestApp) {
        let code = app.start_email("jane@example.com").await;
        let long = format!("{code}0");
        let spaced = format!(" {code}");
        let full_width: String = code.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect();
        let forms = ["12345", &long, &spaced, &format!("{code} "), &format!("{code}\n"), &format!("{code}\0"), &full_width, "abcdef"];
        for code in forms.into_iter().cycle().take(24) {
            let answer = app.post_json("/v1/mfa/verify", &json!({ "User": "jane@example.com", "Type": "EMAIL", "Code": code })).await;
            assert_eq!((answer.status.as_u16(), answer.code()), (400, "invalid_code_format"), "{code:?}");
        }
        let verified = app.verify("jane@example.com", "EMAIL", &code).await.ok();
        assert_eq!(verified["status"], "approved");
    }
}
