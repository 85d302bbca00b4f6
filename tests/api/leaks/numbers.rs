//! The same for numbers: texts, calls and pairs, through providers that speak HTTP.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::IntoResponse;
use axum::response::Response;
use rift_mfa::clock::SystemClock;
use rift_mfa::domain::message::Channel;
use rift_mfa::providers::Provider;
use rift_mfa::providers::gateway::{Gateway, GatewaySettings};
use rift_mfa::providers::twilio::{Route, Sender, Twilio, TwilioSettings};

use super::Secrets;
use crate::harness::TestApp;

/// A server on this machine that keeps what it is sent and says yes, or no to one number.
#[derive(Clone, Default)]
pub(super) struct Sink(Arc<Mutex<Vec<String>>>);

const REFUSED: &str = "4915112340003";

async fn take(State(sink): State<Sink>, request: Request) -> Response {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let body = axum::body::to_bytes(request.into_body(), 100_000).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    let refused = body.contains(REFUSED);
    sink.0.lock().unwrap().push(format!("{query} {body}"));
    if refused {
        // The provider's own words often repeat the number.
        let words =
            format!(r#"{{"code": 21211, "message": "The number +{REFUSED} is not valid.", "status": 400}}"#);
        return (axum::http::StatusCode::BAD_REQUEST, words).into_response();
    }
    (axum::http::StatusCode::CREATED, r#"{"sid": "SM00000000000000000000000000000001", "id": "g-1"}"#)
        .into_response()
}

impl Sink {
    async fn start(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(take).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        url
    }

    /// The code in the newest request that has one: ten digits.
    fn code(&self) -> String {
        let requests = self.0.lock().unwrap();
        let is_code = |word: &&str| word.len() == 10 && word.bytes().all(|b| b.is_ascii_digit());
        let mut newest = requests.iter().rev();
        newest
            .find_map(|request| request.split(|c: char| !c.is_ascii_digit()).find(is_code).map(str::to_owned))
            .expect("a code in a request")
    }
}

/// Texts by Twilio, calls by a gateway whose address holds the number.
pub(super) async fn providers(sink: &Sink, secrets: &mut Secrets) -> Vec<(Channel, Arc<dyn Provider>)> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    secrets.add("an auth token", "twilio-token-leak-4731");
    secrets.add("a gateway's secret", "gateway-secret-leak-4732");
    let base_url = sink.start().await;
    let twilio = Twilio::new(TwilioSettings {
        account_sid: "AC00000000000000000000000000000000".into(),
        auth_token: "twilio-token-leak-4731".to_owned().into(),
        route: Route::Sms(Sender::Number("+15005550006".into())),
        base_url: base_url.clone(),
        callback: None,
        timeout: Duration::from_secs(5),
    });
    let gateway = Gateway::new(
        GatewaySettings {
            channel: Channel::Voice,
            url: format!("{base_url}/call?to={{{{ to|urlencode }}}}").into(),
            secret: "gateway-secret-leak-4732".to_owned().into(),
            method: "POST".into(),
            headers: BTreeMap::new(),
            body: None,
            content_type: "application/json".into(),
            timeout: Duration::from_secs(5),
        },
        Arc::new(SystemClock),
    );
    vec![(Channel::Sms, Arc::new(twilio.unwrap())), (Channel::Voice, Arc::new(gateway.unwrap()))]
}

/// A text that is taken, one that is refused, a call, and a pair; in live mode.
pub(super) async fn live(app: &mut TestApp, sink: &Sink, secrets: &mut Secrets) {
    app.key.clone_from(&app.one.live_key);
    app.set(&[("countries", "*")]).await;
    for (number, kind) in [("+4915112340001", "SMS"), ("+4915112340002", "PHONE"), ("+4915112340003", "SMS")]
    {
        secrets.add("a number", number);
        secrets.add("a number without its plus", &number[1..]);
        app.post("/v1/mfa", &format!("User={number}, Type={kind}, Action=Wire 4733 EUR to Eve")).await.ok();
        app.deliver().await;
    }
    secrets.add("an action", "Wire 4733 EUR to Eve");
    let pair = "pair.leak-4734@leak.example:+4915112340004";
    secrets.add("a pair", pair);
    app.post("/v1/mfa", &format!("User={pair}, Type=DUAL")).await.ok();
    app.deliver().await;
    let code = sink.code();
    secrets.add("a texted code", &code);
    app.verify(pair, "DUAL", &code).await.ok();
}
