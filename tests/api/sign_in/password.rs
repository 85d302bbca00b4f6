//! Address and password: attempts, enumeration, an address in two organizations, a change.

use rift_mfa::domain::access::Role;
use rift_mfa::domain::tenant::Plan;
use rift_mfa::service::sign_in::PasswordStep;

use super::{OTHER, PASSWORD, code_of, from, here, secret};
use crate::harness::on_both;

on_both! {
    async fn only_the_right_password_of_an_active_member_begins(app: TestApp) {
        let (jane, _) = app.jane().await;
        let (invited, _) = app.invited(app.org().await, "new@example.com", Role::Admin).await;
        for (email, password) in [
            (jane.email.as_str(), OTHER),
            (jane.email.as_str(), ""),
            (jane.email.as_str(), "Correct horse battery staple"),
            (invited.email.as_str(), PASSWORD),
            ("nobody@example.com", PASSWORD),
            ("no address at all", PASSWORD),
            ("ja\0ne@example.com", PASSWORD),
            ("", ""),
        ] {
            assert!(matches!(app.password(email, password).await, PasswordStep::Wrong), "{email} {password}");
        }
        assert!(matches!(app.password(" Jane@Example.COM ", PASSWORD).await, PasswordStep::On(_)));
    }

    async fn attempts_are_bounded_by_account_and_address(app: TestApp) {
        let (jane, _) = app.jane().await;
        let sign_in = app.service.sign_in();
        let attempt = async |email: &str, password: &str, address: &str| {
            let step = sign_in.with_password(email, &secret(password), None, &from(address)).await.unwrap();
            match step {
                PasswordStep::Wrong => "wrong".to_owned(),
                PasswordStep::TooMany { retry_after } => format!("wait {retry_after}"),
                PasswordStep::On(_) => "on".to_owned(),
                PasswordStep::Choose(_) => "choose".to_owned(),
            }
        };
        // What was right counts nowhere.
        for _ in 0..12 {
            assert_eq!(attempt(&jane.email, PASSWORD, "192.0.2.1").await, "on");
        }
        for _ in 0..10 {
            assert_eq!(attempt(&jane.email, OTHER, "192.0.2.1").await, "wrong");
        }
        // From here on not even the right one is looked at, and not from there alone.
        assert_eq!(attempt(&jane.email, PASSWORD, "192.0.2.1").await, "wait 900");
        assert_eq!(attempt(&jane.email, PASSWORD, "192.0.2.2").await, "on");
        // Whoever has an IPv6 network is one.
        for n in 0..10 {
            assert_eq!(attempt("nobody@example.com", OTHER, &format!("2001:db8::{n}")).await, "wrong");
        }
        assert_eq!(attempt("nobody@example.com", OTHER, "2001:db8::ffff").await, "wait 900");
        app.advance(900);
        assert_eq!(attempt(&jane.email, PASSWORD, "192.0.2.1").await, "on");
    }

    async fn fifty_wrong_ones_from_everywhere_close_an_account_for_an_hour(app: TestApp) {
        let (jane, _) = app.jane().await;
        let sign_in = app.service.sign_in();
        let attempt = async |n: u8| {
            let place = from(&format!("192.0.2.{n}"));
            sign_in.with_password(&jane.email, &secret(OTHER), None, &place).await.unwrap()
        };
        for n in 0..50 {
            assert!(matches!(attempt(n).await, PasswordStep::Wrong), "{n}");
        }
        assert!(matches!(attempt(99).await, PasswordStep::TooMany { .. }));
        assert!(matches!(app.password("nobody@example.com", OTHER).await, PasswordStep::Wrong));
    }

    async fn an_address_in_two_organizations_is_two_members(app: TestApp) {
        let (jane, _) = app.jane().await;
        let elsewhere = app.tenants.create_org("Elsewhere", Plan::Free).await.unwrap().id;
        let (_, link) = app.invited(elsewhere, &jane.email, Role::Viewer).await;
        app.accept(&link, OTHER).await.unwrap();
        // Different passwords: each opens its own organization and nothing of the other.
        let PasswordStep::On(token) = app.password(&jane.email, OTHER).await else { panic!("one fits") };
        let half = app.half(&token).await;
        assert_eq!((half.member().org, half.org_name()), (elsewhere, "Elsewhere"));
        assert!(!half.second().is_set_up(), "the factor of the one is not the other's");
        assert_eq!(app.begin(&jane).await.member().org, app.org().await);

        // The same password: the person says which.
        let link = app.access().reset_link(elsewhere, half.member().id).await.unwrap().link.reveal();
        app.service.sign_in().reset(&link, &secret(PASSWORD), &here()).await.unwrap();
        let PasswordStep::Choose(choice) = app.password(&jane.email, PASSWORD).await else { panic!("two fit") };
        assert_eq!(choice.len(), 2);
        for (org, name) in choice {
            let sign_in = app.service.sign_in();
            let chosen = sign_in.with_password(&jane.email, &secret(PASSWORD), Some(org), &here()).await;
            let PasswordStep::On(token) = chosen.unwrap() else { panic!("{name}") };
            assert_eq!(app.half(&token).await.member().org, org);
            let wrong = sign_in.with_password(&jane.email, &secret(OTHER), Some(org), &here()).await;
            assert!(matches!(wrong.unwrap(), PasswordStep::Wrong));
        }
    }

    async fn who_has_a_member_with_somebodys_address_guesses_no_more_than_others(app: TestApp) {
        let (jane, _) = app.jane().await;
        let elsewhere = app.tenants.create_org("Elsewhere", Plan::Free).await.unwrap().id;
        let (_, link) = app.invited(elsewhere, &jane.email, Role::Owner).await;
        app.accept(&link, OTHER).await.unwrap();
        let sign_in = app.service.sign_in();
        let attempt = async |org, address: &str| {
            sign_in.with_password(&jane.email, &secret(OTHER), org, &from(address)).await.unwrap()
        };
        // The own password, which is tried on the other member, too: right, and a guess.
        for n in 0..10 {
            assert!(matches!(attempt(None, "192.0.2.1").await, PasswordStep::On(_)), "{n}");
        }
        assert!(matches!(attempt(None, "192.0.2.1").await, PasswordStep::TooMany { .. }));
        // Where one says which member it is, nothing of the other is tried.
        for n in 0..12 {
            assert!(matches!(attempt(Some(elsewhere), "192.0.2.2").await, PasswordStep::On(_)), "{n}");
        }
    }

    async fn a_password_is_changed_by_who_knows_the_old_one(app: TestApp) {
        let (jane, token) = app.jane().await;
        let other = app.come_in(&jane).await;
        let full = app.full(&token).await;
        let sign_in = app.service.sign_in();
        let change = async |old: &str, new: &str| {
            code_of(sign_in.change_password(&full, &secret(old), &secret(new)).await)
        };
        assert_eq!(change(OTHER, OTHER).await, "invalid_value old");
        assert_eq!(change(PASSWORD, PASSWORD).await, "invalid_value password");
        assert_eq!(change(PASSWORD, "jane.jane.jane").await, "invalid_value password");
        assert_eq!(change(PASSWORD, "short").await, "invalid_value password");
        assert!(app.lives(&other).await);
        assert_eq!(change(PASSWORD, OTHER).await, "ok");
        assert!(app.lives(&token).await && !app.lives(&other).await);
        assert!(matches!(app.password(&jane.email, PASSWORD).await, PasswordStep::Wrong));
        assert!(matches!(app.password(&jane.email, OTHER).await, PasswordStep::On(_)));
        // Guesses at the old one are counted as at the sign-in.
        for _ in 0..8 {
            assert_eq!(change(PASSWORD, "blue kettles sing at noon").await, "invalid_value old");
        }
        assert_eq!(change(OTHER, "blue kettles sing at noon").await, "Locked");
        let lines = app.lines(app.org().await, "member.password_changed").await;
        assert_eq!(lines.len(), 1);
        assert_eq!((lines[0].actor_kind.as_str(), lines[0].actor_name.as_deref()), ("member", Some("jane@example.com")));
    }
}
