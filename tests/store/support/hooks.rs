//! Webhooks of tests: endpoints, what is claimed for them, and what a call came to.

use rift_mfa::domain::id::WebhookId;
use rift_mfa::domain::notice::{Notice, WebhookDisabled};
use rift_mfa::domain::tenant::Scope;
use rift_mfa::domain::webhook::{Disabled, HookAttempt, Wanted, Webhook};
use rift_mfa::store::{ClaimedHook, HookNext, HookRecorded, WebhookMade};

use super::{Fixture, at, id, lease, sealed};

impl Fixture {
    /// An endpoint that wants these kinds, not kept yet.
    pub fn hook_of(&self, scope: Scope, wanted: &[&str]) -> Webhook {
        Webhook {
            id: id(at(0)),
            scope,
            url: "https://hooks.example.com/".into(),
            wanted: Wanted::parse(wanted.iter().copied()).unwrap(),
            description: String::new(),
            disabled: None,
            failing_since: None,
            created_at: at(0),
        }
    }

    /// An endpoint that wants these kinds.
    pub async fn hook(&self, wanted: &[&str]) -> Webhook {
        let hook = self.hook_of(self.scope, wanted);
        let made = self.store.create_webhook(&hook, &sealed("secrets"), &self.note()).await.unwrap();
        assert_eq!(made, WebhookMade::Yes);
        hook
    }

    /// What a node claims for an endpoint.
    pub async fn claim_hooks(&self, of: WebhookId, token: &str, second: i64, most: i64) -> Vec<ClaimedHook> {
        self.store.claim_hooks(at(second), &lease(token, second + 30), &[(of, most)]).await.unwrap()
    }

    /// Records what a call came to.
    pub async fn record_hook(&self, hook: &ClaimedHook, next: &HookNext, second: i64) -> HookRecorded {
        let delivered = matches!(next, HookNext::Delivered);
        let attempt = HookAttempt {
            started_at: at(second - 1),
            ended_at: at(second),
            result: if delivered { "delivered" } else { "retry" }.into(),
            http_status: Some(if delivered { 204 } else { 500 }),
            reason: (!delivered).then(|| "http_500".into()),
        };
        self.store.record_hook(hook, &attempt, next, at(second)).await.unwrap()
    }

    pub async fn disable_hook(&self, hook: &Webhook, reason: Disabled, second: i64) -> bool {
        let notice = Notice::WebhookDisabled(WebhookDisabled {
            app: "Acme".into(),
            app_id: hook.scope.app.to_string(),
            mode: hook.scope.mode.to_string(),
            webhook: hook.id.to_string(),
            host: "hooks.example.com".into(),
            reason: reason.as_str().into(),
        });
        self.store
            .disable_webhook(hook.scope, hook.id, &hook.url, reason, &notice, at(second), &self.note())
            .await
            .unwrap()
    }

    /// Endpoint, kind and status of each delivery, in order.
    pub async fn hook_rows(&self, of: WebhookId) -> Vec<String> {
        let sql = format!(
            "SELECT kind || ' ' || status FROM webhook_deliveries WHERE endpoint_id = '{of}' ORDER BY created_at, kind"
        );
        self.raw.texts(&sql).await.into_iter().flatten().collect()
    }
}
