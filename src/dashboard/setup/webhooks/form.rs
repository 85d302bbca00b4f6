//! The fields of an endpoint, and its kinds of events with what they tell.

use crate::dashboard::frame::{Given, Trouble};
use crate::domain::event::EventKind;
use crate::domain::webhook::MOST_DESCRIPTION;

/// What is typed of an endpoint.
#[derive(Default)]
pub struct Form {
    pub url: String,
    pub description: String,
    pub events: Vec<String>,
}

/// A kind of event as a box to tick.
pub struct Choice {
    pub kind: &'static str,
    pub about: &'static str,
    pub chosen: bool,
}

impl Form {
    /// As typed. All kinds at once are `*`, which takes in those that later versions add.
    pub fn typed(form: &Given) -> Self {
        let events = if form.text("which") == "all" {
            vec!["*".to_owned()]
        } else {
            form.all("event").into_iter().map(str::to_owned).collect()
        };
        Self { url: form.text("url").to_owned(), description: form.text("description").to_owned(), events }
    }

    /// What the service does not look at.
    pub fn check(&self) -> Result<(), Trouble> {
        let description = &self.description;
        if description.chars().count() > MOST_DESCRIPTION || description.chars().any(char::is_control) {
            let message = format!("A description has at most {MOST_DESCRIPTION} characters, on one line.");
            return Err(Trouble::new("description", message));
        }
        Ok(())
    }

    /// Whether every kind is wanted; so it is where nothing was chosen yet.
    pub fn all(&self) -> bool {
        self.events.is_empty() || self.events.iter().any(|event| event == "*")
    }

    /// The boxes.
    pub fn choices(&self) -> Vec<Choice> {
        let choice = |kind: EventKind| Choice {
            kind: kind.as_str(),
            about: about(kind.as_str()),
            chosen: self.events.iter().any(|event| event == kind.as_str()),
        };
        EventKind::PUBLIC.into_iter().map(choice).collect()
    }
}

fn about(kind: &str) -> &'static str {
    match kind {
        "challenge.approved" => "a user was verified",
        "challenge.failed" => "a challenge's attempts are spent",
        "challenge.expired" => "a challenge ended before it was decided",
        "delivery.failed" => "a message will not arrive",
        "user.locked" => "a user is locked",
        "factor.enrolled" => "an app or a security key was confirmed",
        "factor.removed" => "one was removed",
        "backup.regenerated" => "a new set of backup codes is valid",
        "backup.low" => "3 or fewer backup codes are left",
        _ => "",
    }
}

/// What to do about the reason of a delivery.
pub fn hint(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "timeout" => "Answer within 10 s: take the event, and work on it later.",
        "connection_failed" => "Nobody listens there, or the certificate is not valid for the host.",
        "unknown_host" => "The name has no address.",
        "address_not_allowed" => "The name leads to an address that is not public.",
        "https_required" => "The address must start with https://.",
        "redirect" => "Give the address to which the endpoint redirects.",
        "gone" => "The endpoint answered 410, so it was switched off.",
        "endpoint_disabled" => "The endpoint was off before its turn.",
        "expired" => "The event is more than 24 h old. Replay it once the endpoint works.",
        "event_erased" => "The event is gone: its user was erased, or it is more than 30 days old.",
        "unreadable" => "The service cannot read the endpoint's secret. Tell the operator, or roll it.",
        other if other.starts_with("http_") => "The endpoint answered with this status.",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_explained_and_all_of_them_are_a_star() {
        assert!(Form::default().choices().iter().all(|choice| !choice.about.is_empty() && !choice.chosen));
        let all = Form::typed(&Given::parse(b"url=https%3A%2F%2Fa.example&which=all&event=user.locked"));
        assert_eq!((all.events.as_slice(), all.all()), (["*".to_owned()].as_slice(), true));
        let some = Form::typed(&Given::parse(b"which=some&event=user.locked&event=backup.low"));
        assert_eq!(some.choices().iter().filter(|choice| choice.chosen).count(), 2);
        assert!(!some.all());
    }

    #[test]
    fn a_description_is_one_short_line() {
        let form = |description: &str| Form { description: description.to_owned(), ..Form::default() };
        assert!(form(&"x".repeat(200)).check().is_ok());
        assert!(form(&"x".repeat(201)).check().is_err() && form("a\nb").check().is_err());
    }
}
