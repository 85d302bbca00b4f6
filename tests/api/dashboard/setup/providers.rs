//! Accounts of an application's own: secrets go in and do not come out; a test says what the provider answered.

use rift_mfa::app::BaseUrls;
use rift_mfa::courier::Providers;
use rift_mfa::domain::access::Role;
use rift_mfa::domain::message::Channel;

use crate::harness::on_both;
use crate::standin::StandIn;

const SECRETS: [&str; 2] = ["hidden-token-7001", "hidden-token-7002"];

fn twilio(token: &str) -> Vec<(&str, &str)> {
    vec![
        ("account_sid", "AC0123456789abcdef0123456789abcdef"),
        ("auth_token", token),
        ("from", "+15005550006"),
    ]
}

on_both! {
    async fn an_account_is_added_changed_tried_and_removed(app: TestApp) {
        let server = StandIn::twilio().await;
        let base_urls = BaseUrls { twilio: Some(server.base_url.clone()), ..BaseUrls::default() };
        let app = app.with_own(Providers::new(), Vec::new(), base_urls);
        let mut owner = app.signed_in(Role::Owner).await;
        let list = app.at("/providers");
        owner.get(&list).await.ok().says(&["nobody yet", "Twilio"]);
        owner.submit(&format!("{list}/sms/new/twilio"), &twilio(SECRETS[0])).await.leads_to(&format!("{list}?done=saved#sms"));
        let page = owner.get(&list).await.ok();
        page.says(&["your own", "AC0123…", "+15005550006"]).keeps_quiet_about(&SECRETS);

        // The token's field is left empty: the one that is there stays.
        let one = format!("{list}/sms/0");
        let page = owner.get(&one).await.ok();
        page.says(&["set</span>"]).keeps_quiet_about(&SECRETS);
        let version = page.field("version").unwrap();
        let change = [("version", version.as_str()), ("from", "+15005550007")];
        owner.post(&one, &change).await.leads_to(&format!("{list}?done=saved#sms"));
        owner.post(&one, &change).await.is(412).says(&["meanwhile"]);
        let tested = owner.post(&format!("{one}/test"), &[("to", "+14155552671")]).await.ok();
        tested.says(&["The provider took the message", "+14155552671"]).keeps_quiet_about(&SECRETS);
        assert_eq!(server.last().basic().unwrap().1, SECRETS[0]);
        let version = owner.get(&one).await.ok().field("version").unwrap();
        owner.post(&one, &[("version", &version), ("from", "+15005550007"), ("auth_token", SECRETS[1])]).await.is(303);
        server.next_json(401, &serde_json::json!({"code": 20003, "message": "Authenticate", "status": 401}));
        let tested = owner.post(&format!("{one}/test"), &[("to", "+14155552671")]).await.ok();
        tested.says(&["alert "]).keeps_quiet_about(&["took the message"]);
        assert_eq!(server.last().basic().unwrap().1, SECRETS[1]);
        owner.post(&format!("{one}/test"), &[("to", "jane")]).await.is(400).says(&["class=\"wrong\"", "value=\"jane\""]);

        owner.submit(&format!("{list}/sms/new/twilio"), &twilio(SECRETS[1])).await.is(303);
        owner.get(&list).await.ok().says(&["They are tried in this order", "Try it earlier"]);
        owner.post(&format!("{list}/sms/1/raise"), &[]).await.is(303);
        let lists = app.own_lists().list(app.one.app).await.unwrap();
        let first = lists[0].shown.find("+15005550006").unwrap();
        assert!(first < lists[0].shown.find("+15005550007").unwrap(), "{}", lists[0].shown);
        for _ in 0..2 {
            let page = owner.get(&format!("{list}/sms/0/remove")).await.ok();
            let version = page.field("version").unwrap();
            owner.post(&format!("{list}/sms/0/remove"), &[("version", &version)]).await.is(303);
        }
        assert!(app.own_lists().list(app.one.app).await.unwrap().is_empty());
    }

    async fn what_is_wrong_with_an_account_stands_beside_its_field(app: TestApp) {
        let app = app.with_own(Providers::new(), Vec::new(), BaseUrls::default());
        let mut owner = app.signed_in(Role::Owner).await;
        let new = app.at("/providers/sms/new/twilio");
        let page = owner.submit(&new, &[("account_sid", "AC1"), ("auth_token", SECRETS[0]), ("from", "no number at all")]).await.is(400);
        page.says(&["id=\"wrong-from\"", "value=\"no number at all\"", "value=\"AC1\""]).keeps_quiet_about(&SECRETS);
        let mail = app.at("/providers/email/new/smtp");
        let fields = [("host", "127.0.0.9"), ("security", "smtp"), ("user", "me"), ("password", SECRETS[1]), ("from", "nobody")];
        owner.submit(&mail, &fields).await.is(400).says(&["id=\"wrong-from\"", "value=\"127.0.0.9\""]).keeps_quiet_about(&SECRETS);
        owner.submit(&mail, &[("from", "a@example.com")]).await.is(400).says(&["id=\"wrong-host\""]);
        for absent in ["/providers/sms/new/smtp", "/providers/sms/new/console", "/providers/fax/new/http", "/providers/sms/7"] {
            owner.get(&app.at(absent)).await.is(404);
        }
        assert!(app.own_lists().list(app.one.app).await.unwrap().iter().all(|list| list.channel != Channel::Sms));
    }
}
