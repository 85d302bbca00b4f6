//! What the dashboard does besides the API: the test inbox, and an application tried without a key.

use rift_mfa::domain::id::ChallengeId;
use rift_mfa::domain::tenant::Mode;
use rift_mfa::service::manage::{InboxEntry, Manage, NamedUser, Told};
use rift_mfa::service::{ServiceError, StartFields, VerifyFields};

use super::Owner;
use crate::harness::{TestApp, on_both};

impl TestApp {
    /// What the owner of a key manages.
    pub async fn managing(&self, owner: &Owner) -> Manage {
        let request = self.service.request_id();
        let manager = self.service.org_keys().authenticate(&owner.key, None, request).await.unwrap();
        self.service.manage(&manager)
    }
}

fn start(user: &str, kind: &str) -> StartFields {
    StartFields { user: Some(user.into()), kind: Some(kind.into()), ..StartFields::default() }
}

fn verify(user: &str, kind: &str, code: &str) -> VerifyFields {
    VerifyFields {
        user: Some(user.into()),
        kind: Some(kind.into()),
        code: Some(code.into()),
        ..VerifyFields::default()
    }
}

fn named(app: &str, user: &str) -> NamedUser {
    NamedUser { app: app.into(), mode: Mode::Test, user: user.into() }
}

async fn factor_of(app: &TestApp, user: &str) -> String {
    let list = app.get(&format!("/v1/mfa/factors?User={user}")).await.ok();
    list["data"][0]["id"].as_str().expect("a factor").to_owned()
}

fn newest(entries: Vec<InboxEntry>) -> InboxEntry {
    entries.into_iter().next().expect("a message")
}

on_both! {
    async fn an_application_is_tried_without_a_key(app: TestApp) {
        let owner = app.owner("all").await;
        let (manage, id) = (app.managing(&owner).await, app.one.app.to_string());
        let started = manage.try_start(&app.service, &id, start("jane@example.com", "EMAIL")).await.unwrap();
        assert_eq!((&started["status"], &started["livemode"]), (&"pending".into(), &false.into()));

        let message = newest(manage.inbox(&id, None).await.unwrap());
        assert_eq!((message.to.as_str(), message.masked.as_deref()), ("jane@example.com", Some("j•••@example.com")));
        assert_eq!(message.challenge.map(|id| id.to_string()).as_deref(), started["id"].as_str());
        let code = message.code.clone().expect("a code");
        assert!(message.subject.is_some() && message.text.contains(&code) && message.html.unwrap().contains(&code));
        let wrong = if code == "000000" { "000001" } else { "000000" };
        let failed = manage.try_verify(&app.service, &id, verify("jane@example.com", "EMAIL", wrong)).await;
        assert!(matches!(failed, Err(ServiceError::Failed(..))));
        let verified = manage.try_verify(&app.service, &id, verify("jane@example.com", "EMAIL", &code)).await.unwrap();
        assert_eq!(verified["status"], "approved");
        // It is a challenge of test mode like any other one.
        let trace = app.get(&format!("/v1/mfa/{}", started["id"].as_str().unwrap())).await.ok();
        assert_eq!(trace["checks"].as_array().unwrap().len(), 2);
    }

    async fn trying_keeps_to_the_settings_and_to_the_own_organization(app: TestApp) {
        let (owner, stranger) = (app.owner("all").await, app.stranger().await);
        let id = app.one.app.to_string();
        let theirs = app.managing(&stranger).await;
        let absent = [
            theirs.try_start(&app.service, &id, start("jane@example.com", "EMAIL")).await.err(),
            theirs.try_verify(&app.service, &id, verify("jane@example.com", "EMAIL", "123456")).await.err(),
            theirs.inbox(&id, None).await.err(),
            theirs.inbox_message(&id, "msg_0").await.err(),
        ];
        assert!(absent.iter().all(|error| matches!(error, Some(ServiceError::NotFound))));

        let manage = app.managing(&owner).await;
        app.set(&[("methods.sms", "off")]).await;
        let off = manage.try_start(&app.service, &id, start("+14155552671", "SMS")).await;
        assert!(matches!(off, Err(ServiceError::MethodDisabled { .. })));
        app.tenants.delete_app(app.one.app).await.unwrap();
        let deleted = manage.try_start(&app.service, &id, start("jane@example.com", "EMAIL")).await;
        assert!(matches!(deleted, Err(ServiceError::Conflict { code: "app_deleted", .. })));
    }

    async fn the_inbox_is_shown_whole_by_user_and_by_message(app: TestApp) {
        let manage = app.managing(&app.owner("all").await).await;
        let (id, other) = (app.one.app.to_string(), app.other.app.to_string());
        for number in 0..51 {
            app.start_email(&format!("user-{number}@example.com")).await;
            app.advance(1);
        }
        let all = manage.inbox(&id, None).await.unwrap();
        assert_eq!((all.len(), all[0].to.as_str(), all[49].to.as_str()), (50, "user-50@example.com", "user-1@example.com"));
        let one = manage.inbox(&id, Some(" User-7@Example.com ")).await.unwrap();
        assert_eq!(one.iter().map(|entry| entry.to.as_str()).collect::<Vec<_>>(), ["user-7@example.com"]);
        assert!(manage.inbox(&id, Some("nobody@example.com")).await.unwrap().is_empty());
        let bad = manage.inbox(&id, Some("jane@")).await;
        assert!(matches!(bad, Err(ServiceError::Field(field)) if field.param == "user"));

        let message = all[3].id.to_string();
        assert_eq!(manage.inbox_message(&id, &message).await.unwrap().to, "user-47@example.com");
        for (app_id, message) in [(&other, message.as_str()), (&id, "msg_0"), (&id, &all[3].challenge.unwrap().to_string())] {
            let absent = manage.inbox_message(app_id, message).await;
            assert!(matches!(absent, Err(ServiceError::NotFound)), "{message}");
        }
        assert!(manage.inbox(&other, None).await.unwrap().is_empty());
        app.advance(24 * 3600);
        assert!(manage.inbox(&id, None).await.unwrap().is_empty());
    }

    async fn a_set_of_backup_codes_stands_in_the_inbox_as_a_set(app: TestApp) {
        let manage = app.managing(&app.owner("all").await).await;
        app.post("/v1/mfa/backup", "User=jane@example.com, Type=EMAIL").await.ok();
        let entry = newest(manage.inbox(&app.one.app.to_string(), Some("jane@example.com")).await.unwrap());
        assert_eq!((entry.code.as_deref(), entry.backup_codes.len()), (None, 10));
        assert!(entry.challenge.is_some_and(|id: ChallengeId| id.to_string().starts_with("mfa_")));
        assert!(!format!("{entry:?}").contains("jane"));
    }

    async fn a_removed_factor_is_told_to_its_user_by_mail(app: TestApp) {
        let manage = app.managing(&app.owner("all").await).await;
        let id = app.one.app.to_string();
        app.enrol("jane@example.com").await;
        let factor = factor_of(&app, "jane@example.com").await;
        // What waits of the user's own is not touched by it.
        let code = app.start_email("jane@example.com").await;
        app.set(&[("locale", "de")]).await;
        app.advance(1);
        let gone = manage.remove_factor_and_tell(&app.service, &named(&id, " Jane@Example.com"), &factor).await.unwrap();
        assert_eq!(gone.id.to_string(), factor);
        let Told::ByMail { to, record } = gone.told else { panic!("{:?}", gone.told) };
        assert_eq!(to, "j•••@example.com");
        let mail = newest(manage.inbox(&id, None).await.unwrap());
        assert_eq!((mail.to.as_str(), mail.challenge, mail.code.as_deref()), ("jane@example.com", Some(record), None));
        assert_eq!(mail.subject.as_deref(), Some("Acme Shop: Eine Anmeldemethode wurde entfernt"));
        assert!(mail.text.contains("Authenticator-App") && mail.html.unwrap().contains("Authenticator-App"));

        let trace = app.get(&format!("/v1/mfa/{record}")).await.ok();
        assert_eq!((&trace["object"], &trace["type"], &trace["status"]), (&"mfa.notice".into(), &"APP".into(), &"issued".into()));
        assert_eq!((&trace["factor"], &trace["deliveries"][0]["status"]), (&factor.as_str().into(), &"delivered".into()));
        app.verify("jane@example.com", "EMAIL", &code).await.ok();
        app.verify("jane@example.com", "APP", "123456").await.fails(401, "not_enrolled");
        let again = manage.remove_factor_and_tell(&app.service, &named(&id, "jane@example.com"), &factor).await;
        assert!(matches!(again, Err(ServiceError::NotFound)), "once");
        if let Some(folder) = app.folder() {
            for file in std::fs::read_dir(folder).unwrap() {
                let bytes = std::fs::read(file.unwrap().path()).unwrap();
                assert!(!bytes.windows(16).any(|part| part == b"jane@example.com"), "a stolen database holds no address");
            }
        }
    }

    async fn a_factor_is_removed_under_its_own_user_only(app: TestApp) {
        let (owner, stranger) = (app.owner("all").await, app.stranger().await);
        let (manage, theirs) = (app.managing(&owner).await, app.managing(&stranger).await);
        let (id, other) = (app.one.app.to_string(), app.other.app.to_string());
        app.enrol("jane@example.com").await;
        app.enrol("john@example.com").await;
        let factor = factor_of(&app, "jane@example.com").await;
        for (manage, app_id, user) in [
            (&manage, &id, "john@example.com"), (&manage, &id, "nobody@example.com"),
            (&manage, &other, "jane@example.com"), (&theirs, &id, "jane@example.com"),
        ] {
            let absent = manage.remove_factor_and_tell(&app.service, &named(app_id, user), &factor).await;
            assert!(matches!(absent, Err(ServiceError::NotFound)), "{user}");
        }
        let live = NamedUser { mode: Mode::Live, ..named(&id, "jane@example.com") };
        assert!(matches!(manage.remove_factor_and_tell(&app.service, &live, &factor).await, Err(ServiceError::NotFound)));
        assert_eq!(factor_of(&app, "jane@example.com").await, factor);
        assert!(manage.inbox(&id, None).await.unwrap().is_empty(), "nobody was told of nothing");
    }

    async fn who_has_no_address_is_not_told_and_that_is_said(app: TestApp) {
        let manage = app.managing(&app.owner("all").await).await;
        let id = app.one.app.to_string();
        app.enrol("usr_4711").await;
        let factor = factor_of(&app, "usr_4711").await;
        let gone = manage.remove_factor_and_tell(&app.service, &named(&id, "usr_4711"), &factor).await.unwrap();
        assert_eq!(gone.told, Told::NoAddress);
        // In live mode this node has no provider for mail.
        let live = app.one.live_key.clone();
        let started = app.post_as(&live, "/v1/mfa", "User=jane@example.com, Type=APP").await.ok();
        let code = app.totp(started["secret"].as_str().unwrap(), 0);
        app.post_as(&live, "/v1/mfa/verify", &format!("User=jane@example.com, Type=APP, Code={code}")).await.ok();
        let list = app.get_as(&live, "/v1/mfa/factors?User=jane@example.com").await.ok();
        let factor = list["data"][0]["id"].as_str().unwrap();
        let named = NamedUser { mode: Mode::Live, ..named(&id, "jane@example.com") };
        let gone = manage.remove_factor_and_tell(&app.service, &named, factor).await.unwrap();
        assert_eq!(gone.told, Told::NoProvider);
    }
}
