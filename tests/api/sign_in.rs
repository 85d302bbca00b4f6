//! Members' sign-in, by its use cases: what comes in, what does not, and what a half session cannot do.

#[path = "sign_in/links.rs"]
mod links;
#[path = "sign_in/manage.rs"]
mod manage;
#[path = "sign_in/password.rs"]
mod password;
#[path = "sign_in/second.rs"]
mod second;
#[path = "sign_in/sessions.rs"]
mod sessions;

use rift_mfa::domain::access::{Member, Role};
use rift_mfa::domain::contact::Email;
use rift_mfa::domain::id::OrgId;
use rift_mfa::domain::password::Password;
use rift_mfa::domain::session::SessionToken;
use rift_mfa::service::sign_in::{
    AcceptFields, EnrolStep, From, HalfSession, PasswordStep, SecondStep, Session, SignedIn,
};
use rift_mfa::service::{Access, ServiceError};

use crate::harness::TestApp;

pub const PASSWORD: &str = "correct horse battery staple";
pub const OTHER: &str = "seven quiet lanterns drift";

/// A request from that address.
pub fn from(address: &str) -> From {
    From {
        address: Some(address.parse().expect("an address")),
        agent: "Firefox".into(),
        request: rift_mfa::domain::id::RequestId::reserved(1),
    }
}

pub fn here() -> From {
    from("203.0.113.7")
}

pub fn secret(text: &str) -> Password {
    Password::new(text)
}

/// A member who has a password and an authenticator app.
pub struct Person {
    pub email: String,
    pub member: Member,
    pub secret: String,
}

impl TestApp {
    pub fn access(&self) -> Access {
        Access::new(self.desk.clone())
    }

    /// The token of an invitation.
    pub async fn invited(&self, org: OrgId, email: &str, role: Role) -> (Member, String) {
        let email = Email::parse(email).expect("an address");
        let invited = self.access().add_member(org, &email, role, "Jane", true).await.expect("a member");
        (invited.member, invited.link.reveal())
    }

    pub async fn accept(&self, link: &str, password: &str) -> Result<SessionToken, ServiceError> {
        let fields = AcceptFields { email: None, name: "Jane".into(), password: secret(password) };
        self.service.sign_in().accept(link, fields, &here()).await
    }

    pub async fn half(&self, token: &SessionToken) -> HalfSession {
        match self.service.sign_in().session(token, &here()).await.expect("a look-up") {
            Some(Session::Half(half)) => half,
            other => panic!("a half session is expected: {other:?}"),
        }
    }

    pub async fn full(&self, token: &SessionToken) -> SignedIn {
        match self.service.sign_in().session(token, &here()).await.expect("a look-up") {
            Some(Session::Full(full)) => full,
            other => panic!("a full session is expected: {other:?}"),
        }
    }

    pub async fn lives(&self, token: &SessionToken) -> bool {
        self.service.sign_in().session(token, &here()).await.expect("a look-up").is_some()
    }

    /// A member of the organization who has come in, and the session.
    pub async fn person(&self, org: OrgId, email: &str, role: Role) -> (Person, SessionToken) {
        let (member, link) = self.invited(org, email, role).await;
        let half = self.half(&self.accept(&link, PASSWORD).await.expect("a half session")).await;
        let sign_in = self.service.sign_in();
        let app = sign_in.enrol_app(&half, "Phone").await.expect("an enrolment");
        let code = self.totp(&app.secret, 0);
        let EnrolStep::On(token) = sign_in.confirm_app(&half, &app.id, &code).await.expect("a factor") else {
            panic!("the first factor signs in");
        };
        self.advance(30);
        (Person { email: email.to_owned(), member, secret: app.secret }, token)
    }

    pub async fn jane(&self) -> (Person, SessionToken) {
        let org = self.org().await;
        self.person(org, "jane@example.com", Role::Owner).await
    }

    pub async fn password(&self, email: &str, password: &str) -> PasswordStep {
        let step = self.service.sign_in().with_password(email, &secret(password), None, &here()).await;
        step.expect("an answer")
    }

    /// The password of a person is right: a half session.
    pub async fn begin(&self, person: &Person) -> HalfSession {
        match self.password(&person.email, PASSWORD).await {
            PasswordStep::On(token) => self.half(&token).await,
            other => panic!("a half session is expected: {other:?}"),
        }
    }

    /// Password and app of a person; moves on to the next step.
    pub async fn come_in(&self, person: &Person) -> SessionToken {
        let half = self.begin(person).await;
        let code = self.totp(&person.secret, 0);
        let step = self.service.sign_in().second_code(&half, &code).await.expect("an answer");
        self.advance(30);
        match step {
            SecondStep::On(token) => token,
            SecondStep::Wrong(failed) => panic!("{failed:?}"),
        }
    }

    /// What of the audit log of an organization has this action.
    pub async fn lines(&self, org: OrgId, action: &str) -> Vec<rift_mfa::domain::audit::Entry> {
        let filter = rift_mfa::store::AuditFilter { action: Some(action.into()), ..Default::default() };
        self.store.audit_oldest(org, &filter, 0, 99).await.expect("lines")
    }

    /// What runs by itself is done.
    pub async fn settled(&self) {
        let tasks = self.service.tasks();
        tasks.close();
        tasks.wait().await;
        tasks.reopen();
    }
}

pub fn code_of<T>(result: Result<T, ServiceError>) -> String {
    match result {
        Ok(_) => "ok".into(),
        Err(ServiceError::Field(field)) => format!("{} {}", field.code, field.param),
        Err(ServiceError::Conflict { code, .. }) => code.into(),
        Err(ServiceError::ScopeRequired(scope)) => format!("scope {scope}"),
        Err(error) => format!("{error:?}").split([' ', '(']).next().unwrap_or_default().to_owned(),
    }
}
