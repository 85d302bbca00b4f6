//! Hosts that tenants name lead to public addresses only, whatever their names resolve to.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rift_mfa::app::{BaseUrls, Workshop};
use rift_mfa::courier::Providers;
use rift_mfa::domain::message::Channel;
use rift_mfa::providers::guard::{Guard, Lookup};
use serde_json::{Value, json};

use super::tries;
use crate::harness::{PUBLIC_URL, on_both};
use crate::smtp::SmtpSink;
use crate::standin::StandIn;

/// Names that lead where their owner wants.
struct Rebound;

#[async_trait]
impl Lookup for Rebound {
    async fn addresses(&self, host: &str) -> std::io::Result<Vec<IpAddr>> {
        let address = match host {
            "loopback.example" => "127.0.0.1",
            "metadata.example" => "169.254.169.254",
            "private.example" => "10.0.0.1",
            "mapped.example" => "::ffff:127.0.0.1",
            _ => return Err(std::io::ErrorKind::NotFound.into()),
        };
        Ok(vec![address.parse().unwrap()])
    }
}

fn smtp(host: &str, port: u16) -> Value {
    json!({"kind": "smtp", "url": format!("smtp://{host}:{port}"), "from": "a@acme.example"})
}

fn http(host: &str, port: u16) -> Value {
    super::http(&format!("https://{host}:{port}/"))
}

on_both! {
    async fn a_name_that_leads_inside_is_not_connected_to(app: TestApp) {
        let (sink, server) = (SmtpSink::start().await, StandIn::bare().await);
        let port = |url: &str| url.rsplit(':').next().unwrap().split('?').next().unwrap().parse::<u16>().unwrap();
        let (smtp_port, http_port) = (port(&sink.url("", "")), port(&server.base_url));
        let guard = Guard::with_lookup(&[], Arc::new(Rebound));
        let url = PUBLIC_URL.parse().unwrap();
        let own = Workshop::new(url, Duration::from_secs(5), guard, app.clock.clone(), BaseUrls::default());
        let mut app = app.with_factory(Providers::new(), Vec::new(), Arc::new(own));
        let hosts = ["loopback.example", "metadata.example", "private.example", "mapped.example"];
        for (n, host) in hosts.into_iter().enumerate() {
            let list = json!([smtp(host, smtp_port), http(host, http_port)]);
            app.put_own(app.one.app, Channel::Email, list).await;
            let started = app.post("/v1/mfa", &format!("User=jane{n}@example.com, Type=EMAIL")).await.ok();
            app.deliver().await;
            let trace = app.get(&format!("/v1/mfa/{}", started["id"].as_str().unwrap())).await.ok();
            let refused = |kind: &str| (kind.to_owned(), "retry".to_owned(), "address_not_allowed".to_owned());
            assert_eq!(tries(&trace["deliveries"][0]), [refused("smtp"), refused("http")], "{host}");
        }
        assert_eq!((sink.connections(), server.requests().len()), (0, 0));
    }

    async fn an_address_that_leads_inside_is_not_taken(app: TestApp) {
        let app = app.with_own(Providers::new(), Vec::new(), BaseUrls::default());
        let lists = app.own_lists();
        for host in ["169.254.169.254", "10.1.2.3", "192.168.0.1", "[::1]", "[fd00::1]", "[::ffff:10.0.0.1]", "0.0.0.0"] {
            for entry in [smtp(host, 587), http(host, 443)] {
                let error = lists.put(app.one.app, Channel::Email, &super::list(json!([entry]))).await.unwrap_err();
                let wanted = "providers[0].url: names an address that is private, local or reserved; give a public one";
                assert_eq!(error.to_string(), wanted, "{host}");
            }
        }
        // This node's operator allows loopback, under TLS and without; nothing else comes by that.
        for entry in [smtp("127.0.0.1", 587), http("127.0.0.1", 443), super::http("http://127.0.0.1:8080/")] {
            lists.put(app.one.app, Channel::Email, &super::list(json!([entry]))).await.unwrap();
        }
    }
}
