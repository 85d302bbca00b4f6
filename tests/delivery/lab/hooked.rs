//! A tenant that sets webhooks up over the management API.

use serde_json::{Value, json};
use tokio::time::Instant;

use super::{Lab, Node, PATIENCE, Told, ticks};

/// An organization with an application, a test key of it, and an organization key.
pub struct Hooked {
    pub app: String,
    /// A test key.
    pub key: String,
    org_key: String,
}

/// A webhook in test mode.
pub struct Hook {
    pub id: String,
    pub secret: String,
}

impl Lab {
    pub fn hooked(&self) -> Hooked {
        let org = self.place.json(&["org", "create", "Acme"])["id"].as_str().unwrap().to_owned();
        let app = self.place.json(&["app", "create", "Shop", "--org", &org, "--enable", "EMAIL,APP"]);
        let app = app["id"].as_str().unwrap().to_owned();
        let key = self.place.key(&app);
        let org_key = self.place.json(&["key", "create", "--org", &org, "--scopes", "all", "--name", "test"]);
        Hooked { app, key, org_key: org_key["secret"].as_str().unwrap().to_owned() }
    }
}

impl Hooked {
    /// A call of the management API.
    pub async fn manage(&self, node: &Node, method: &str, path: &str, body: Option<&Value>) -> Told {
        node.ask(method, path, &self.org_key, body, None).await.expect("an answer")
    }

    /// A GET below the application's webhooks.
    pub async fn get(&self, node: &Node, rest: &str) -> Value {
        let path = format!("/v1/manage/apps/{}/webhooks{rest}", self.app);
        self.manage(node, "GET", &path, None).await.ok()
    }

    /// A POST below the application's webhooks.
    pub async fn post(&self, node: &Node, rest: &str, body: &Value) -> Told {
        let path = format!("/v1/manage/apps/{}/webhooks{rest}", self.app);
        self.manage(node, "POST", &path, Some(body)).await
    }

    /// A webhook for these events.
    pub async fn hook(&self, node: &Node, url: &str, events: &[&str]) -> Hook {
        let told = self.post(node, "", &json!({"mode": "test", "url": url, "events": events})).await;
        assert_eq!(told.status, 201, "{:#}", told.body);
        let text = |name: &str| told.body[name].as_str().unwrap().to_owned();
        Hook { id: text("id"), secret: text("secret") }
    }

    /// All deliveries, once this holds of them.
    pub async fn all_when(&self, node: &Node, hook: &Hook, holds: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let (mut look, begun) = (ticks(50), Instant::now());
        loop {
            look.tick().await;
            let mut all: Vec<Value> = Vec::new();
            loop {
                let after =
                    all.last().map(|last| format!("&starting_after={}", last["id"].as_str().unwrap()));
                let rest = format!("/{}/deliveries?limit=100{}", hook.id, after.unwrap_or_default());
                let mut page = self.get(node, &rest).await;
                all.append(page["data"].as_array_mut().unwrap());
                if page["has_more"] == false {
                    break;
                }
            }
            if holds(&all) {
                return all;
            }
            assert!(begun.elapsed() < PATIENCE, "{all:#?}\n{}", node.said());
        }
    }

    /// The only delivery, once this holds of it.
    pub async fn delivery_when(&self, node: &Node, hook: &Hook, holds: impl Fn(&Value) -> bool) -> Value {
        let all = self.all_when(node, hook, |all| all.len() == 1 && holds(&all[0])).await;
        all[0].clone()
    }
}
