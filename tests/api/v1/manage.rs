//! /v1/manage: what an organization's key may look at and change.

use axum::body::Body;
use axum::http::Request;
use rift_mfa::domain::id::OrgId;
use rift_mfa::service::Access;
use serde_json::Value;

use crate::harness::{Answer, TestApp, send};

#[path = "manage/apps.rs"]
mod apps;
#[path = "manage/audit.rs"]
mod audit;
#[path = "manage/by_hand.rs"]
mod by_hand;
#[path = "manage/history.rs"]
mod history;
#[path = "manage/keys.rs"]
mod keys;
#[path = "manage/members.rs"]
mod members;
#[path = "manage/providers.rs"]
mod providers;
#[path = "manage/routes.rs"]
mod routes;
#[path = "manage/script.rs"]
mod script;
#[path = "manage/settings.rs"]
mod settings;
#[path = "manage/templates.rs"]
mod templates;
#[path = "manage/usage.rs"]
mod usage;
#[path = "manage/users.rs"]
mod users;
#[path = "manage/webhooks.rs"]
mod webhooks;

/// An organization with a key of its own.
pub struct Owner {
    pub org: OrgId,
    pub key: String,
}

impl TestApp {
    /// A key of the organization whose applications the tests use.
    pub async fn owner(&self, scopes: &str) -> Owner {
        let org = self.tenants.app(self.one.app).await.unwrap().org;
        self.key_of(org, scopes).await
    }

    /// A key of another organization.
    pub async fn stranger(&self) -> Owner {
        use rift_mfa::domain::tenant::Plan;

        let org = self.tenants.create_org("Elsewhere", Plan::Enterprise).await.unwrap();
        self.key_of(org.id, "all").await
    }

    async fn key_of(&self, org: OrgId, scopes: &str) -> Owner {
        let access = Access::new(self.desk.clone());
        let new = access.create_key(org, "tests", scopes.parse().unwrap(), None).await.unwrap();
        Owner { org, key: new.key.reveal().to_owned() }
    }

    pub async fn manage(&self, key: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/json")
            .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))
            .unwrap();
        send(self.router(), request).await
    }

    pub async fn shown(&self, key: &str, path: &str) -> Value {
        self.manage(key, "GET", path, None).await.ok()
    }
}
