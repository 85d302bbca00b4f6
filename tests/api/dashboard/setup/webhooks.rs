//! Webhooks: made, changed, tried, replayed, rolled, removed; each in its mode.

use rift_mfa::domain::access::Role;
use rift_mfa::domain::tenant::Mode;

use crate::harness::on_both;
use crate::receiver::{Receiver, Reply};

fn secret(page: &crate::dashboard::visitor::Page) -> String {
    page.between("aria-label=\"The secret\">", "<")
}

on_both! {
    async fn an_endpoint_is_made_changed_rolled_and_removed(app: TestApp) {
        let mut owner = app.signed_in(Role::Owner).await;
        let list = app.at("/webhooks");
        owner.get(&format!("{list}?mode=live")).await.ok().says(&["No endpoint in live mode"]);
        let fields = [("url", "https://hooks.example.com/mfa"), ("which", "some"), ("event", "user.locked"), ("description", "Back office")];
        let made = owner.post(&format!("{list}?mode=live"), &fields).await.ok();
        let first = secret(&made);
        assert!(first.starts_with("whsec_"), "{first}");
        owner.get(&format!("{list}?mode=live")).await.ok().says(&["Back office", "user.locked"]).keeps_quiet_about(&[&first]);
        owner.get(&list).await.ok().says(&["No endpoint in test mode"]);
        let hook = app.store.webhooks(app.one.app, Some(Mode::Live)).await.unwrap().remove(0);
        let one = format!("{list}/{}", hook.id);
        owner.get(&one).await.leads_to(&format!("{one}?mode=live"));
        let live = format!("{one}?mode=live");
        owner.get(&live).await.ok().says(&["Nothing was sent yet"]).keeps_quiet_about(&[&first]);

        owner.post(&live, &[("url", "ftp://x"), ("which", "all"), ("description", "Mine")]).await.is(400).says(&["id=\"wrong-url\"", "ftp://x", "Mine"]);
        owner.post(&live, &[("url", "https://hooks.example.com/2"), ("which", "some")]).await.is(400).says(&["id=\"wrong-events\""]);
        owner.post(&live, &[("url", "https://hooks.example.com/2"), ("which", "all"), ("description", "")]).await.leads_to(&format!("{live}&done=saved"));
        owner.post(&format!("{one}/enabled?mode=live"), &[("on", "false")]).await.is(303);
        owner.get(&live).await.ok().says(&["It is off", "Switch on"]);
        owner.post(&format!("{one}/test?mode=live"), &[]).await.is(409).says(&["is disabled"]);
        owner.post(&format!("{one}/enabled?mode=live"), &[("on", "true")]).await.is(303);

        let rolled = owner.submit(&format!("{one}/roll?mode=live"), &[("grace", "24h")]).await.ok();
        rolled.says(&["two signatures"]);
        assert_ne!(secret(&rolled), first);
        owner.post(&format!("{one}/roll?mode=live"), &[("grace", "30d")]).await.is(400).says(&["Choose one of the times"]);
        owner.submit(&format!("{one}/remove?mode=live"), &[]).await.leads_to(&format!("{list}?mode=live&done=webhook_removed"));
        owner.get(&live).await.is(404);
    }

    async fn a_test_event_is_sent_shown_and_sent_again(app: TestApp) {
        let receiver = Receiver::start(|_, _| Reply::Status(500)).await;
        let mut owner = app.signed_in(Role::Owner).await;
        let list = app.at("/webhooks");
        owner.post(&list, &[("url", &receiver.url), ("which", "all")]).await.ok();
        let hook = app.store.webhooks(app.one.app, None).await.unwrap().remove(0);
        let one = format!("{list}/{}", hook.id);
        owner.post(&format!("{one}/test"), &[]).await.leads_to(&format!("{one}?done=webhook_tested#deliveries"));
        owner.get(&one).await.ok().says(&["webhook.test", "pending"]);
        app.courier().call_due().await.unwrap();
        let page = owner.get(&one).await.ok();
        page.says(&["answered 500", "1 try", "Tried next at"]);
        let delivery = page.field("delivery").unwrap();
        owner.post(&format!("{one}/replay"), &[("delivery", &delivery)]).await.leads_near(&one);
        owner.post(&format!("{one}/replay"), &[("since", "2020-01-01T00:00")]).await.leads_near(&one);
        owner.post(&format!("{one}/replay"), &[("since", "yesterday")]).await.is(400).says(&["id=\"wrong-since\""]);
        owner.get(&format!("{one}?status=delivered")).await.ok().says(&["None of these"]);
    }
}
