//! What roles may do through the dashboard, to members above all.

use rift_mfa::domain::access::Role;
use rift_mfa::domain::tenant::Mode;
use rift_mfa::service::manage::MemberFields;
use serde_json::json;

use super::{PASSWORD, code_of};
use crate::harness::on_both;

const PATH: &str = "/v1/manage/members";

fn role(role: Role) -> MemberFields {
    MemberFields { role: Some(role), name: None }
}

on_both! {
    async fn nobody_touches_a_role_that_can_more_than_he_can(app: TestApp) {
        let (jane, owner) = app.jane().await;
        let org = app.org().await;
        let (bob, admin) = app.person(org, "bob@example.com", Role::Admin).await;
        let (eve, developer) = app.person(org, "eve@example.com", Role::Developer).await;
        let (jane_id, bob_id, eve_id) = (jane.member.id.to_string(), bob.member.id.to_string(), eve.member.id.to_string());

        let as_admin = app.service.manage_as(&app.full(&admin).await);
        assert_eq!(as_admin.roles(), [Role::Admin, Role::Developer, Role::Viewer]);
        assert_eq!(code_of(as_admin.add_member("x@example.com", Role::Owner, "").await), "scope all");
        assert_eq!(code_of(as_admin.change_member(&bob_id, role(Role::Owner)).await), "scope all");
        assert_eq!(code_of(as_admin.change_member(&jane_id, role(Role::Viewer)).await), "scope all");
        assert_eq!(code_of(as_admin.change_member(&jane_id, MemberFields { role: None, name: Some("x".into()) }).await), "scope all");
        assert_eq!(code_of(as_admin.remove_member(&jane_id).await), "scope all");
        assert_eq!(code_of(as_admin.reset_member_factors(&jane_id).await), "scope all");
        assert_eq!(code_of(as_admin.end_member_sessions(&jane_id, None).await), "scope all");
        assert!(app.lives(&owner).await);
        assert_eq!(code_of(as_admin.create_org_key("x", "all".parse().unwrap(), None).await), "scope all");
        assert_eq!(code_of(as_admin.add_member("x@example.com", Role::Admin, "").await), "ok");
        assert_eq!(code_of(as_admin.change_member(&eve_id, role(Role::Viewer)).await), "ok");

        // What changes is so at once, in the session that is there.
        let full = app.full(&developer).await;
        assert_eq!(full.member().role, Role::Viewer);
        let as_viewer = app.service.manage_as(&full);
        assert_eq!(code_of(as_viewer.add_member("y@example.com", Role::Developer, "").await), "scope apps:write");
        assert_eq!(code_of(as_admin.remove_member(&eve_id).await), "ok");
        assert!(!app.lives(&developer).await);
        let lines = app.lines(org, "member.removed").await;
        assert_eq!((lines[0].actor_kind.as_str(), lines[0].actor_id.as_deref()), ("member", Some(bob_id.as_str())));
    }

    async fn developers_touch_test_keys_only(app: TestApp) {
        let org = app.org().await;
        let (_, token) = app.person(org, "eve@example.com", Role::Developer).await;
        let manage = app.service.manage_as(&app.full(&token).await);
        let id = app.one.app.to_string();
        assert_eq!(code_of(manage.create_api_key(&id, Mode::Live, "x", None).await), "LiveKeys");
        assert_eq!(code_of(manage.create_api_key(&id, Mode::Test, "x", None).await), "ok");
        for key in app.tenants.keys(Some(app.one.app)).await.unwrap() {
            let live = key.scope.mode == Mode::Live;
            let (roll, revoke) = if live { ("LiveKeys", "LiveKeys") } else { ("ok", "ok") };
            let id_of = key.id.to_string();
            assert_eq!(code_of(manage.roll_api_key(&id, &id_of, std::time::Duration::from_hours(1)).await), roll);
            assert_eq!(code_of(manage.revoke_api_key(&id, &id_of).await), revoke);
        }
    }

    async fn the_scope_of_members_alone_makes_no_owner(app: TestApp) {
        let key = app.owner("members:write").await.key;
        for (role, scope) in [("owner", "all"), ("admin", "org:read"), ("viewer", "org:read")] {
            let body = json!({"email": "x@example.com", "role": role});
            let answer = app.manage(&key, "POST", PATH, Some(&body)).await;
            answer.fails(403, "scope_required");
            assert!(answer.body["error"]["message"].as_str().unwrap().contains(scope), "{:#}", answer.body);
        }
        let (jane, token) = app.jane().await;
        let one = format!("{PATH}/{}", jane.member.id);
        app.manage(&key, "PATCH", &one, Some(&json!({"name": "x"}))).await.fails(403, "scope_required");
        app.manage(&key, "DELETE", &one, None).await.fails(403, "scope_required");
        assert!(app.lives(&token).await);
        let all = app.owner("all").await.key;
        app.manage(&all, "PATCH", &one, Some(&json!({"name": "x"}))).await.ok();
    }

    async fn a_lost_second_factor_is_reset_by_who_may(app: TestApp) {
        let (_, owner) = app.jane().await;
        let org = app.org().await;
        let (bob, theirs) = app.person(org, "bob@example.com", Role::Admin).await;
        let manage = app.service.manage_as(&app.full(&owner).await);
        let id = bob.member.id.to_string();
        assert_eq!(manage.member_sessions(&id).await.unwrap().len(), 1);
        manage.reset_member_factors(&id).await.unwrap();
        assert!(!app.lives(&theirs).await);
        let half = app.begin(&bob).await;
        assert!(!half.second().is_set_up(), "a new one is to be set up");
        let code = app.totp(&bob.secret, 0);
        let old = app.service.sign_in().second_code(&half, &code).await;
        assert!(!matches!(old, Ok(rift_mfa::service::sign_in::SecondStep::On(_))), "{old:?}");
        let app_of_bob = app.service.sign_in().enrol_app(&half, "").await.unwrap();
        let code = app.totp(&app_of_bob.secret, 0);
        app.service.sign_in().confirm_app(&half, &app_of_bob.id, &code).await.unwrap();
        assert_eq!(app.lines(org, "member.factors_reset").await.len(), 1);
    }

    async fn invitations_to_one_address_are_few(app: TestApp) {
        let (_, owner) = app.jane().await;
        let manage = app.service.manage_as(&app.full(&owner).await);
        let made = manage.add_member("new@example.com", Role::Viewer, "").await.unwrap();
        let id = serde_json::to_value(&made).unwrap()["id"].as_str().unwrap().to_owned();
        assert_eq!(code_of(manage.add_member("new@example.com", Role::Viewer, "").await), "already_exists");
        for _ in 0..4 {
            assert_eq!(code_of(manage.invite_again(&id).await), "ok");
        }
        assert_eq!(code_of(manage.invite_again(&id).await), "TooManySends");
        assert_eq!(code_of(manage.remove_member(&id).await), "ok");
        assert_eq!(code_of(manage.add_member("new@example.com", Role::Viewer, "").await), "TooManySends");
        app.advance(86_400);
        assert_eq!(code_of(manage.add_member("new@example.com", Role::Viewer, "").await), "ok");
    }

    async fn the_house_is_nobodys_application(app: TestApp) {
        let (jane, _) = app.jane().await;
        let house = rift_mfa::domain::tenant::Scope::HOUSE.app.to_string();
        let key = app.owner("all").await.key;
        app.manage(&key, "GET", &format!("/v1/manage/apps/{house}"), None).await.fails(404, "not_found");
        let users = format!("/v1/manage/users?app={house}&mode=live&user={}", jane.member.id);
        app.manage(&key, "GET", &users, None).await.fails(404, "not_found");
        // A tenant's user of that name is another one.
        let answer = app.verify(&jane.member.id.to_string(), "APP", &app.totp(&jane.secret, 0)).await;
        answer.fails(401, "not_enrolled");
        assert!(matches!(app.password(&jane.email, PASSWORD).await, rift_mfa::service::sign_in::PasswordStep::On(_)));
    }
}
