//! The stand-in finds what it is there to find.

use serde_json::{Value, json};

use crate::standin::{Answer, StandIn};

const ACCOUNT: &str = "AC00000000000000000000000000000000";

/// Posts a form as Twilio's SMS want it, changed in one place.
async fn post(server: &StandIn, form: &[(&str, &str)]) -> reqwest::StatusCode {
    let url = format!("{}/2010-04-01/Accounts/{ACCOUNT}/Messages.json", server.base_url);
    let request = reqwest::Client::new().post(url).basic_auth(ACCOUNT, Some("t")).form(form);
    request.send().await.unwrap().status()
}

#[tokio::test]
async fn a_right_form_passes_and_a_wrong_one_is_told() {
    let server = StandIn::twilio().await;
    let right = [("To", "+15005550006"), ("From", "+15005550009"), ("Body", "314159")];
    assert_eq!(post(&server, &right).await, 201);
    assert_eq!(server.violations(), Vec::<String>::new());
    assert_eq!(server.last().text("Body"), "314159");
    assert_eq!(server.last().basic().unwrap().0, ACCOUNT);
    for (form, wanted) in [
        (vec![("Body", "x")], ": \"To\" is a required property"),
        (vec![("To", "+1"), ("Bdy", "x")], "/Bdy: is foreign"),
        (vec![("To", "+1"), ("To", "+2")], "/To: stands there twice"),
        (
            vec![("To", "+1"), ("ValidityPeriod", "long")],
            "/ValidityPeriod: \"long\" is not of type \"integer\"",
        ),
        (vec![("To", "+1"), ("RiskCheck", "maybe")], "/RiskCheck: \"maybe\" is not one of"),
        (vec![("To", "+1"), ("ContentSid", "HX1")], "/ContentSid: \"HX1\" is shorter than 34 characters"),
        (vec![("To", "+1"), ("StatusCallback", "nowhere")], "/StatusCallback: \"nowhere\" is not a \"uri\""),
    ] {
        post(&server, &form).await;
        let found = server.violations();
        assert!(found.iter().any(|violation| violation.starts_with(wanted)), "{wanted}: {found:?}");
    }
    let typed =
        [("To", "+1"), ("ValidityPeriod", "60"), ("MediaUrl", "https://a.example"), ("SmartEncoded", "true")];
    post(&server, &typed).await;
    let wanted =
        json!({"To": "+1", "ValidityPeriod": 60, "MediaUrl": ["https://a.example"], "SmartEncoded": true});
    assert_eq!(server.last().body, wanted);
}

#[tokio::test]
async fn the_way_to_the_operation_is_judged_too() {
    let server = StandIn::twilio().await;
    let client = reqwest::Client::new();
    let base = format!("{}/2010-04-01/Accounts/{ACCOUNT}", server.base_url);
    let form = [("To", "+15005550006")];
    for (request, wanted) in [
        (
            client.post(format!("{base}/Message.json")).basic_auth("a", Some("b")).form(&form),
            "there is no path",
        ),
        (client.put(format!("{base}/Messages.json")).basic_auth("a", Some("b")).form(&form), "takes no PUT"),
        (client.post(format!("{base}/Messages.json")).form(&form), "header authorization does not fit"),
        (client.post(format!("{base}/Messages.json")).bearer_auth("a").form(&form), "header authorization"),
        (client.post(format!("{base}/Messages.json")).basic_auth("a", Some("b")).json(&form), "content-type"),
        (
            client.post(format!("{base}/Messages.json?x=1")).basic_auth("a", Some("b")).form(&form),
            "query x is foreign",
        ),
        (
            client.post(format!("{base}1/Messages.json")).basic_auth("a", Some("b")).form(&form),
            "path AccountSid",
        ),
    ] {
        request.send().await.unwrap();
        let found = server.violations();
        assert!(!found.is_empty() && found.iter().all(|w| w.contains(wanted)), "{wanted}: {found:?}");
    }
}

#[tokio::test]
async fn a_json_body_is_judged_by_its_schema() {
    let server = StandIn::meta().await;
    let client = reqwest::Client::new();
    let url = format!("{}/v21.0/1234/messages", server.base_url);
    let right = json!({
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": "15005550006", "type": "template",
        "template": {"name": "code", "language": {"code": "en"}},
    });
    client.post(&url).bearer_auth("EAAB").json(&right).send().await.unwrap();
    assert_eq!(server.violations(), Vec::<String>::new());
    for (at, value, wanted) in [
        ("/to", json!(15), "/to: 15 is not of type \"string\""),
        ("/template/nmae", json!("x"), "/template/nmae: is foreign"),
        ("/template/language", json!({}), "/template/language: \"code\" is a required property"),
        ("/recipient_type", json!("nobody"), "/recipient_type: \"nobody\" is not one of"),
    ] {
        let mut body: Value = right.clone();
        let (parent, name) = at.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[name] = value;
        client.post(&url).bearer_auth("EAAB").json(&body).send().await.unwrap();
        let found = server.violations();
        assert!(found.len() == 1 && found[0].starts_with(wanted), "{wanted}: {found:?}");
    }
    client.post(&url).header("authorization", "EAAB").json(&right).send().await.unwrap();
    assert_eq!(server.violations().len(), 2, "the header's pattern and the scheme");
}

#[tokio::test]
async fn every_description_is_understood_and_its_success_is_valid() {
    let client = reqwest::Client::new();
    let sms = StandIn::vonage_sms().await;
    let form = [("api_key", "abcd1234"), ("api_secret", "secret"), ("from", "Acme"), ("to", "15005550006")];
    let answer = client.post(format!("{}/sms/json", sms.base_url)).form(&form).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let voice = StandIn::vonage_voice().await;
    let ncco = json!([{"action": "talk", "text": "x"}]);
    let body =
        json!({"to": [{"type": "phone", "number": "15005550006"}], "ncco": ncco, "random_from_number": true});
    let url = format!("{}/v1/calls", voice.base_url);
    let answer = client.post(&url).bearer_auth("a.b.c").json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    client.post(&url).bearer_auth("a.b.c").json(&json!({"to": []})).send().await.unwrap();
    assert!(!voice.violations().is_empty());
}

#[tokio::test]
async fn it_fails_in_every_way_of_a_network() {
    let server = StandIn::bare().await;
    let client = reqwest::Client::builder().timeout(std::time::Duration::from_millis(200)).build().unwrap();
    for (answer, timeout) in
        [(Answer::Hang, true), (Answer::Drop, false), (Answer::Half, false), (Answer::Trickle, true)]
    {
        server.next(answer);
        let ended = match client.post(&server.base_url).body("x").send().await {
            Ok(answer) => answer.bytes().await.map(drop),
            Err(error) => Err(error),
        };
        assert_eq!(ended.unwrap_err().is_timeout(), timeout);
    }
    server.next(Answer::With(429, &[("retry-after", "7")], "{}".into()));
    let answer = client.post(&server.base_url).body("x").send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (429, "7"));
}

#[tokio::test]
async fn it_holds_an_answer_back_until_it_is_told() {
    let server = StandIn::bare().await;
    let (release, held) = tokio::sync::watch::channel(false);
    server.otherwise(move |_| Answer::Hold(held.clone()));
    let client = reqwest::Client::new();
    let asked = tokio::spawn(client.post(&server.base_url).body("x").send());
    server.count().wait_for(|count| *count == 1).await.unwrap();
    assert!(!asked.is_finished());
    release.send_replace(true);
    assert_eq!(asked.await.unwrap().unwrap().status(), 200);
}
