//! Mails of the service to the members of a tenant: what they tell, in words. No secret of the tenant's and no end user may
//! enter one.

mod member;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::id::LinkId;
use super::message::{Channel, Envelope};
use super::webhook::Disabled;
pub use member::{MemberNotice, When};

/// How long a mail is tried.
pub const LIFE: Duration = Duration::from_hours(24);

/// What a mail tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A webhook was switched off by the service.
    WebhookDisabled(WebhookDisabled),
    /// Something about one member's own sign-in.
    Member(MemberNotice),
}

/// A mail that is to be queued.
pub type NewNotice = Notice;

/// See [`Notice::WebhookDisabled`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookDisabled {
    /// The application's name.
    pub app: String,
    /// Its id.
    pub app_id: String,
    /// `test` or `live`.
    pub mode: String,
    /// The webhook's id.
    pub webhook: String,
    /// The host that it calls: a path may hold a secret.
    pub host: String,
    /// See [`Disabled::as_str`].
    pub reason: String,
}

impl Notice {
    /// The name of its kind in rows.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::WebhookDisabled(_) => "webhook.disabled",
            Self::Member(about) => about.kind(),
        }
    }

    /// The rest of it in rows, as JSON.
    #[must_use]
    pub fn data(&self) -> String {
        match self {
            Self::WebhookDisabled(about) => serde_json::to_string(about).unwrap_or_default(),
            Self::Member(about) => serde_json::to_string(about).unwrap_or_default(),
        }
    }

    /// The notice of a row; `None` where this version cannot read it.
    #[must_use]
    pub fn read(kind: &str, data: &str) -> Option<Self> {
        match kind {
            "webhook.disabled" => serde_json::from_str(data).ok().map(Self::WebhookDisabled),
            _ if kind.starts_with("member.") => serde_json::from_str(data).ok().map(Self::Member),
            _ => None,
        }
    }

    /// The mail to one member; `url` makes the whole address of a link.
    #[must_use]
    pub fn mail(&self, to: &str, url: &dyn Fn(LinkId) -> String) -> Envelope {
        match self {
            Self::WebhookDisabled(about) => about.mail(to),
            Self::Member(about) => about.mail(to, url),
        }
    }
}

impl WebhookDisabled {
    fn mail(&self, to: &str) -> Envelope {
        let Self { app, app_id, mode, webhook, host, reason } = self;
        let why = if reason == Disabled::Gone.as_str() {
            "It answered 410 (Gone), which says that it is no longer in use."
        } else {
            "Every call to it has failed for three days."
        };
        let text = format!(
            "The webhook {webhook} of {app} ({app_id}, {mode}) calls {host}. It was switched off.\n\n{why}\n\n\
             No event is sent to it now. Once it works again, switch it on, and ask for what it missed:\n\n  \
             PATCH /v1/manage/apps/{app_id}/webhooks/{webhook}        {{\"enabled\": true}}\n  \
             POST  /v1/manage/apps/{app_id}/webhooks/{webhook}/replay {{\"since\": \"…\"}}\n\n\
             You get this mail because you are an owner or an admin of this organization.\n"
        );
        let mut mail = Envelope::plain(Channel::Email, to, text);
        mail.subject = format!("A webhook of {app} was switched off");
        mail.app.clone_from(app);
        mail
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(reason: &str) -> Notice {
        Notice::WebhookDisabled(WebhookDisabled {
            app: "Acme".into(),
            app_id: "app_1".into(),
            mode: "live".into(),
            webhook: "whk_1".into(),
            host: "hooks.example.com".into(),
            reason: reason.into(),
        })
    }

    #[test]
    fn a_notice_is_read_back_and_says_why_and_what_to_do() {
        for (reason, why) in [("gone", "410 (Gone)"), ("failing", "three days")] {
            let notice = notice(reason);
            assert_eq!(Notice::read(notice.kind(), &notice.data()), Some(notice.clone()));
            let mail = notice.mail("owner@example.com", &|id| id.to_string());
            assert_eq!((mail.to.as_str(), mail.channel), ("owner@example.com", Channel::Email));
            assert_eq!(mail.subject, "A webhook of Acme was switched off");
            for part in [why, "whk_1", "hooks.example.com", "{\"enabled\": true}"] {
                assert!(mail.text.contains(part), "{part}: {}", mail.text);
            }
        }
        assert_eq!(Notice::read("else", "{}"), None);
    }

    #[test]
    fn a_row_holds_a_links_id_and_the_mail_its_address() {
        let link = LinkId::first_of(crate::domain::time::Moment::from_millis(1));
        let when = || When { at: "2026-11-25T20:00:00Z".into(), address: Some("203.0.113.7".into()) };
        let org = || "Acme https://evil.example".to_owned();
        for notice in [
            MemberNotice::Invited { org: org(), role: "viewer".into(), link },
            MemberNotice::ResetAsked { org: org(), link },
            MemberNotice::PasswordChanged { org: org(), when: when() },
            MemberNotice::FactorAdded { org: org(), factor: "A security key".into(), when: when() },
            MemberNotice::FactorRemoved { org: org(), when: when() },
            MemberNotice::BackupCodesMade { org: org(), when: when() },
            MemberNotice::FactorsReset { org: org(), when: when() },
        ] {
            let notice = Notice::Member(notice);
            assert_eq!(Notice::read(notice.kind(), &notice.data()), Some(notice.clone()));
            assert!(!notice.data().contains("https://mfa"), "{}", notice.data());
            let mail = notice.mail("jane@example.com", &|id| format!("https://mfa.example/{id}.MAC"));
            let has_link = mail.text.contains(&format!("https://mfa.example/{link}.MAC"));
            let wants_link = matches!(notice.kind(), "member.invited" | "member.reset_asked");
            assert_eq!(has_link, wants_link, "{}", mail.text);
            assert!(!mail.text.contains("://evil") && !mail.subject.contains("://"), "{}", mail.text);
            assert!(
                has_link || mail.text.contains("at 2026-11-25T20:00:00Z from 203.0.113.7"),
                "{}",
                mail.text
            );
        }
    }
}
