//! Members who are signed in already. A password's hash takes long and is no matter of most tests: it is passed by, through the
//! store. The way that members themselves go is tried in the tests of sign-in.

use rift_mfa::clock::{Chance as _, Clock as _, OsChance};
use rift_mfa::domain::access::{Member, Role};
use rift_mfa::domain::audit::{By, Line};
use rift_mfa::domain::id::{Id, Kind, OrgId};
use rift_mfa::domain::link::LinkKind;
use rift_mfa::domain::session::SessionToken;
use rift_mfa::store::{AuditNote, Made, NewLink, NewSession, Told};

use super::visitor::{SESSION, Visitor};
use crate::harness::TestApp;

impl TestApp {
    /// The organization whose applications the tests use.
    pub async fn org(&self) -> OrgId {
        self.tenants.app(self.one.app).await.unwrap().org
    }

    /// A member of that organization with a full session, who showed a second factor just now.
    pub async fn signed_in(&self, role: Role) -> Visitor {
        self.signed_in_at(self.org().await, role).await
    }

    /// A member of another organization: an owner, who sees nothing of the tests' one.
    pub async fn signed_in_elsewhere(&self) -> Visitor {
        let org = self.tenants.create_org("Elsewhere", rift_mfa::domain::tenant::Plan::Enterprise).await;
        self.signed_in_at(org.unwrap().id, Role::Owner).await
    }

    /// A member of an organization with a full session.
    pub async fn signed_in_at(&self, org: OrgId, role: Role) -> Visitor {
        let mut visitor = self.half_signed_in_at(org, role).await;
        let half = SessionToken::parse(visitor.cookie(SESSION).unwrap()).unwrap();
        let now = self.clock.now();
        let row = self.store.find_session(&half.hash(), now).await.unwrap().expect("a half session");
        let token = SessionToken::generate(&mut *OsChance.rng());
        let note = self.note_for(org).await;
        assert!(self.store.finish_session(&row, &token.hash(), now, &note).await.unwrap());
        visitor.set_cookie(SESSION, Some(token.reveal()));
        visitor
    }

    /// A member whose password was right, and who has no second factor yet.
    pub async fn half_signed_in(&self, role: Role) -> Visitor {
        self.half_signed_in_at(self.org().await, role).await
    }

    async fn half_signed_in_at(&self, org: OrgId, role: Role) -> Visitor {
        let now = self.clock.now();
        let id = self.fresh();
        let email = format!("{}-{id}@example.com", role.as_str());
        let (name, created_at) = (String::new(), now);
        let member = Member { id, org, email, name, role, active: false, created_at };
        let link = NewLink { id: self.fresh(), kind: LinkKind::Invitation, org, member: Some(member.id) };
        let note = self.note_for(org).await;
        let told = Told { note: note.clone(), mail: None };
        assert_eq!(self.store.add_member(&member, Some(&link), 500, &told).await.unwrap(), Made::Yes);
        let link = self.store.find_link(link.id, now).await.unwrap().expect("a link");
        let token = SessionToken::generate(&mut *OsChance.rng());
        let new = NewSession {
            id: self.fresh(),
            token: token.hash(),
            address: Some("203.0.113.7".into()),
            agent: "a test".into(),
        };
        // No password fits this hash.
        let hash = b"none";
        assert!(self.store.accept_invitation(&link, "Jane", hash, &new, now, &note).await.unwrap());
        let mut visitor = self.visitor();
        visitor.set_cookie(SESSION, Some(token.reveal()));
        visitor.member = Some(Member { active: true, name: "Jane".into(), ..member });
        visitor
    }

    fn fresh<K: Kind>(&self) -> Id<K> {
        Id::new(self.clock.now(), &mut *OsChance.rng())
    }

    async fn note_for(&self, org: OrgId) -> AuditNote {
        let note = self.note().await;
        let line = Line { org, by: By::cli(), ..note.line.clone() };
        AuditNote { line, ..note }
    }
}
