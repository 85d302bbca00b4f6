//! Links: the first start, invitations, a forgotten password; and the mails that carry them.

use std::sync::Arc;

use rift_mfa::domain::access::Role;
use rift_mfa::domain::link::LinkKind;
use rift_mfa::domain::tenant::Plan;
use rift_mfa::service::sign_in::{AcceptFields, PasswordStep};

use super::{OTHER, PASSWORD, code_of, from, here, secret};
use crate::harness::scripted::Scripted;
use crate::harness::{PUBLIC_URL, TestApp, on_both};

fn with_mail(app: TestApp, mail: &Arc<Scripted>) -> TestApp {
    app.with_mail(vec![Arc::<Scripted>::clone(mail)])
}

/// The texts that were mailed since the last look.
async fn mailed(app: &TestApp, mail: &Scripted, seen: &mut usize) -> Vec<String> {
    app.settled().await;
    app.courier().send_notices().await.unwrap();
    let given = mail.given();
    let new = given.iter().skip(*seen).map(|given| given.text.clone()).collect();
    *seen = given.len();
    new
}

fn link_in(text: &str) -> String {
    let start = format!("{PUBLIC_URL}/dashboard/link/");
    let line = text.lines().find(|line| line.starts_with(&start)).expect("a link in the mail");
    line.trim_start_matches(&start).to_owned()
}

on_both! {
    async fn the_first_owner_comes_in_by_the_first_starts_link(app: TestApp) {
        let org = app.tenants.create_org("Demo", Plan::Free).await.unwrap().id;
        let link = app.access().first_link(org).await.unwrap().unwrap().reveal();
        let sign_in = app.service.sign_in();
        let view = sign_in.link(&link).await.unwrap().unwrap();
        assert_eq!((view.kind, view.org_name.as_str(), view.role), (LinkKind::FirstStart, "Demo", Role::Owner));
        let accept = async |email: &str, password: &str| {
            let fields = AcceptFields { email: Some(email.into()), name: "Jane".into(), password: secret(password) };
            sign_in.accept(&link, fields, &here()).await
        };
        assert_eq!(code_of(accept("nobody", PASSWORD).await), "invalid_email email");
        assert_eq!(code_of(accept("Jane@example.com", "jane@example.com").await), "invalid_value password");
        assert_eq!(code_of(accept("Jane@example.com", "password123").await), "invalid_value password");
        // To look at it, or to fail, uses nothing up.
        let token = accept("Jane@example.com", PASSWORD).await.unwrap();
        let half = app.half(&token).await;
        assert_eq!((half.member().email.as_str(), half.member().role), ("jane@example.com", Role::Owner));
        assert!(!half.second().is_set_up());
        assert_eq!(code_of(accept("other@example.com", PASSWORD).await), "NotFound");
        assert!(sign_in.link(&link).await.unwrap().is_none());
        assert!(app.access().first_link(org).await.unwrap().is_none(), "somebody has come in");
        let added = app.lines(org, "member.added").await;
        assert_eq!((added.len(), added[0].actor_kind.as_str()), (1, "member"));
    }

    async fn a_link_is_the_services_own_and_dies(app: TestApp) {
        let org = app.org().await;
        let (member, link) = app.invited(org, "new@example.com", Role::Viewer).await;
        let sign_in = app.service.sign_in();
        let (id, mac) = link.split_once('.').unwrap();
        let forged = [
            id.to_owned(),
            format!("{id}."),
            format!("{id}.{}", "A".repeat(43)),
            format!("{}.{mac}", id.replace("lnk_0", "lnk_1")),
            format!("{link}A"),
            String::new(),
        ];
        for text in forged {
            assert!(sign_in.link(&text).await.unwrap().is_none(), "{text}");
            assert_eq!(code_of(app.accept(&text, PASSWORD).await), "NotFound", "{text}");
            assert_eq!(code_of(sign_in.reset(&text, &secret(PASSWORD), &here()).await), "NotFound", "{text}");
        }
        // It does what it is for.
        assert_eq!(code_of(sign_in.reset(&link, &secret(PASSWORD), &here()).await), "NotFound");
        let fresh = app.access().invite_again(org, member.id, &Role::ALL, true).await.unwrap().link.reveal();
        assert_eq!(code_of(app.accept(&link, PASSWORD).await), "NotFound", "a fresh one was made");
        app.advance(7 * 86_400 - 1);
        assert!(sign_in.link(&fresh).await.unwrap().is_some());
        app.advance(1);
        assert_eq!(code_of(app.accept(&fresh, PASSWORD).await), "NotFound");
    }

    async fn a_link_that_is_used_twice_at_once_works_once(app: TestApp) {
        let (_, link) = app.invited(app.org().await, "new@example.com", Role::Viewer).await;
        let mut tasks = Vec::new();
        for _ in 0..4 {
            let (service, link) = (Arc::clone(&app.service), link.clone());
            tasks.push(tokio::spawn(async move {
                let fields = AcceptFields { email: None, name: String::new(), password: secret(PASSWORD) };
                service.sign_in().accept(&link, fields, &here()).await
            }));
        }
        let mut accepted = 0;
        for task in tasks {
            accepted += u32::from(task.await.unwrap().is_ok());
        }
        assert_eq!(accepted, 1);
    }

    async fn a_forgotten_password_is_reset_by_mail_and_all_sessions_end(app: TestApp) {
        let mail = Scripted::new("mail");
        let app = with_mail(app, &mail);
        let mut seen = 0;
        let (jane, token) = app.jane().await;
        let first = mailed(&app, &mail, &mut seen).await;
        assert_eq!(first.len(), 2, "the invitation and the new factor");
        let half = app.begin(&jane).await;
        let sign_in = app.service.sign_in();
        // The same answer for everybody; nobody is mailed who is not there.
        for email in ["nobody@example.com", "no address", "JANE@example.com"] {
            sign_in.forgot(email, &here()).await.unwrap();
        }
        let texts = mailed(&app, &mail, &mut seen).await;
        let [text] = texts.as_slice() else { panic!("one mail: {texts:?}") };
        let link = link_in(text);
        assert_eq!(sign_in.link(&link).await.unwrap().unwrap().kind, LinkKind::Reset);
        assert_eq!(code_of(app.accept(&link, OTHER).await), "NotFound", "a reset invites nobody");
        assert_eq!(code_of(sign_in.reset(&link, &secret("password123"), &here()).await), "invalid_value password");
        assert_eq!(code_of(sign_in.reset(&link, &secret(OTHER), &here()).await), "ok");
        assert_eq!(code_of(sign_in.reset(&link, &secret(PASSWORD), &here()).await), "NotFound");
        assert!(!app.lives(&token).await);
        let code = app.totp(&jane.secret, 0);
        assert_eq!(code_of(sign_in.second_code(&half, &code).await), "NotFound", "the half one, too");
        assert!(matches!(app.password(&jane.email, PASSWORD).await, PasswordStep::Wrong));
        let PasswordStep::On(token) = app.password(&jane.email, OTHER).await else { panic!("the new one") };
        assert!(app.half(&token).await.second().is_set_up(), "the second factor stays");
        let told = mailed(&app, &mail, &mut seen).await;
        assert!(told.len() == 1 && told[0].contains("password was changed") && told[0].contains("203.0.113.7"), "{told:?}");
    }

    async fn resets_are_few_and_the_last_one_counts(app: TestApp) {
        let mail = Scripted::new("mail");
        let app = with_mail(app, &mail);
        let mut seen = 0;
        let (jane, _) = app.jane().await;
        mailed(&app, &mail, &mut seen).await;
        let sign_in = app.service.sign_in();
        for n in 0..5 {
            sign_in.forgot(&jane.email, &from(&format!("192.0.2.{n}"))).await.unwrap();
            app.settled().await;
        }
        let texts = mailed(&app, &mail, &mut seen).await;
        assert_eq!(texts.len(), 3, "three an hour");
        let links: Vec<_> = texts.iter().map(|text| link_in(text)).collect();
        let mut usable = 0;
        for link in &links {
            usable += u32::from(sign_in.link(link).await.unwrap().is_some());
        }
        assert_eq!(usable, 1, "a new one kills the older");
        app.advance(30 * 60);
        for link in &links {
            assert!(sign_in.link(link).await.unwrap().is_none(), "half an hour has passed");
        }
    }

    async fn a_mail_that_waited_for_a_day_is_not_sent(app: TestApp) {
        let mail = Scripted::new("mail");
        let app = with_mail(app, &mail);
        let mut seen = 0;
        app.invited(app.org().await, "new@example.com", Role::Viewer).await;
        app.advance(86_400);
        assert_eq!(mailed(&app, &mail, &mut seen).await, Vec::<String>::new());
    }

    async fn nothing_in_the_database_is_a_link_a_token_or_a_password(app: TestApp) {
        let (jane, token) = app.jane().await;
        let sign_in = app.service.sign_in();
        let codes = sign_in.new_backup_codes(&app.full(&token).await).await.unwrap();
        let (_, link) = app.invited(app.org().await, "new@example.com", Role::Viewer).await;
        sign_in.forgot(&jane.email, &here()).await.unwrap();
        app.settled().await;
        let Some(folder) = app.folder() else { return };
        let mac = link.split_once('.').unwrap().1;
        for file in std::fs::read_dir(folder).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            for secret in [token.reveal(), mac, PASSWORD, &codes[0], &jane.secret] {
                let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!found, "a secret of {} characters stands in the database", secret.len());
            }
        }
    }
}
