//! Sessions: listed, ended, and gone with time.

use rift_mfa::domain::access::Role;
use rift_mfa::domain::session::SessionToken;
use rift_mfa::service::sign_in::Session;

use super::{code_of, from, here};
use crate::harness::on_both;

on_both! {
    async fn a_member_sees_and_ends_sessions(app: TestApp) {
        let (jane, token) = app.jane().await;
        let other = app.come_in(&jane).await;
        let half = app.begin(&jane).await;
        let full = app.full(&token).await;
        let sign_in = app.service.sign_in();
        let listed = sign_in.sessions(&full).await.unwrap();
        assert_eq!(listed.iter().map(|one| one.current).collect::<Vec<_>>(), [false, true], "half ones are none");
        assert_eq!((listed[0].address.as_deref(), listed[0].agent.as_str()), (Some("203.0.113.7"), "Firefox"));
        sign_in.end_session(&full, &listed[0].id).await.unwrap();
        assert!(!app.lives(&other).await && app.lives(&token).await);
        assert_eq!(code_of(sign_in.end_session(&full, &listed[0].id).await), "NotFound");
        assert_eq!(code_of(sign_in.end_session(&full, "ses_x").await), "NotFound");

        // Nobody ends another member's.
        let (_, theirs) = app.person(app.org().await, "bob@example.com", Role::Admin).await;
        let id = app.full(&theirs).await.session().to_string();
        assert_eq!(code_of(sign_in.end_session(&full, &id).await), "NotFound");
        assert!(app.lives(&theirs).await);

        assert_eq!(sign_in.end_other_sessions(&full).await.unwrap(), 1, "the half one");
        let code = app.totp(&jane.secret, 0);
        assert_eq!(code_of(sign_in.second_code(&half, &code).await), "NotFound");
        sign_in.sign_out(&Session::Full(full)).await.unwrap();
        assert!(!app.lives(&token).await);
        assert_eq!(app.lines(app.org().await, "member.signed_out").await.len(), 1);
    }

    async fn a_session_ends_after_an_hour_alone_and_after_a_day_in_all(app: TestApp) {
        let (jane, token) = app.jane().await;
        for _ in 0..3 {
            app.advance(3_500);
            assert!(app.lives(&token).await);
        }
        app.advance(3_600);
        assert!(!app.lives(&token).await);
        let token = app.come_in(&jane).await;
        for _ in 0..28 {
            app.advance(3_000);
            assert!(app.lives(&token).await);
        }
        app.advance(2_400);
        assert!(!app.lives(&token).await);
        let half = app.begin(&jane).await;
        app.advance(600);
        let code = app.totp(&jane.secret, 0);
        assert_eq!(code_of(app.service.sign_in().second_code(&half, &code).await), "NotFound");
    }

    async fn a_token_is_one_of_the_services_own(app: TestApp) {
        let (_, token) = app.jane().await;
        let sign_in = app.service.sign_in();
        for text in ["A".repeat(43), token.reveal().to_lowercase(), token.reveal().chars().rev().collect()] {
            let Some(foreign) = SessionToken::parse(&text) else { panic!("{text}") };
            assert!(sign_in.session(&foreign, &here()).await.unwrap().is_none());
        }
        // Another address is no reason to end one.
        assert!(sign_in.session(&token, &from("198.51.100.9")).await.unwrap().is_some());
    }
}
