//! Members: invited, given a role, taken out; nobody reaches above himself.

use rift_mfa::domain::access::{Member, Role};

use super::later;
use crate::dashboard::visitor::Visitor;
use crate::harness::{TestApp, on_both};

fn me(visitor: &Visitor) -> &Member {
    visitor.member.as_ref().unwrap()
}

fn page(member: &Member) -> String {
    format!("/dashboard/members/{}", member.id)
}

on_both! {
    async fn somebody_is_invited_and_invited_again(app: TestApp) {
        let mut admin = app.signed_in(Role::Admin).await;
        let list = "/dashboard/members";
        admin.get(list).await.ok().says(&["you"]).keeps_quiet_about(&["value=\"owner\""]);
        let fields = [("email", "Bob@Example.com"), ("name", "Bob"), ("role", "developer")];
        admin.post(list, &fields).await.leads_to("/dashboard/members?done=member_invited");
        admin.get(list).await.ok().says(&["Bob", "invited"]);
        admin.post(list, &fields).await.is(409).says(&["with this address", "value=\"Bob\""]);
        admin.post(list, &[("email", "bob"), ("role", "viewer")]).await.is(400).says(&["class=\"wrong\""]);
        admin.post(list, &[("email", "eve@example.com"), ("role", "owner")]).await.is(403);
        admin.post(list, &[("email", "eve@example.com"), ("role", "king")]).await.is(400).says(&["Choose one of the roles"]);
        let bob = app.store.members(app.org().await).await.unwrap().into_iter().find(|one| one.name == "Bob").unwrap();
        admin.get(&page(&bob)).await.ok().says(&["Invite again"]);
        admin.post(&format!("{}/invite", page(&bob)), &[]).await.is(303);
    }

    async fn a_role_is_changed_and_an_owners_after_a_second_look(app: TestApp) {
        let mut owner = app.signed_in(Role::Owner).await;
        let viewer = app.signed_in(Role::Viewer).await;
        let path = page(me(&viewer));
        owner.submit(&path, &[("role", "developer"), ("name", "Vi")]).await.leads_to("/dashboard/members?done=member_changed");
        let role = |app: &TestApp| {
            let (store, id) = (app.store.clone(), me(&viewer).id);
            let org = me(&viewer).org;
            async move { store.member(org, id).await.unwrap().unwrap().role }
        };
        assert_eq!(role(&app).await, Role::Developer);
        later(&app, &owner);
        owner.post(&path, &[("role", "owner"), ("name", "Vi")]).await.leads_near("/dashboard/confirm?next=");
        assert_eq!(role(&app).await, Role::Developer);
        let mut owner = app.signed_in(Role::Owner).await;
        owner.submit(&path, &[("role", "owner"), ("name", "Vi")]).await.is(303);
        assert_eq!(role(&app).await, Role::Owner);
    }

    async fn an_admin_does_nothing_to_an_owner(app: TestApp) {
        let owner = app.signed_in(Role::Owner).await;
        let mut admin = app.signed_in(Role::Admin).await;
        let path = page(me(&owner));
        assert_eq!(admin.get(&path).await.ok().forms(), 0);
        for below in ["/reset", "/remove"] {
            admin.get(&format!("{path}{below}")).await.is(403);
            admin.post(&format!("{path}{below}"), &[]).await.is(403);
        }
        admin.post(&path, &[("role", "viewer"), ("name", "")]).await.is(403);
        admin.post(&format!("{path}/sessions/end"), &[]).await.is(403);
        assert_eq!(app.store.member(me(&owner).org, me(&owner).id).await.unwrap().unwrap().role, Role::Owner);
    }

    async fn sessions_end_and_members_go(app: TestApp) {
        let mut owner = app.signed_in(Role::Owner).await;
        let mut developer = app.signed_in(Role::Developer).await;
        let path = page(me(&developer));
        developer.get("/dashboard/applications").await.ok();
        owner.get(&path).await.ok().says(&["a test", "203.0.113.7"]);
        owner.post(&format!("{path}/sessions/end"), &[]).await.leads_to(&format!("{path}?done=sessions_ended"));
        developer.get("/dashboard/applications").await.leads_near("/dashboard/sign-in");

        let mut viewer = app.signed_in(Role::Viewer).await;
        owner.submit(&format!("{}/reset", page(me(&viewer))), &[]).await.leads_to("/dashboard/members?done=member_reset");
        viewer.get("/dashboard/applications").await.leads_near("/dashboard/sign-in");
        owner.submit(&format!("{path}/remove"), &[]).await.leads_to("/dashboard/members?done=member_removed");
        owner.get(&path).await.is(404);
    }

    async fn an_organization_keeps_an_owner(app: TestApp) {
        let mut owner = app.signed_in(Role::Owner).await;
        let path = page(me(&owner));
        owner.submit(&path, &[("role", "viewer"), ("name", "")]).await.is(409).says(&["no owner any more"]);
        owner.submit(&format!("{path}/remove"), &[]).await.is(409).says(&["no owner any more"]);
    }
}
