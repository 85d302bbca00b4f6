//! What is posted: an event in the form that the contract has.

use serde_json::{Value, json};

use crate::domain::id::EventId;
use crate::domain::tenant::{Mode, Scope};
use crate::domain::time::Moment;

/// An event as the log keeps it.
#[derive(Clone, Debug)]
pub struct Told {
    /// Its id.
    pub id: EventId,
    /// Application and mode.
    pub scope: Scope,
    /// Its kind.
    pub kind: String,
    /// The masked contact of the user whom it is about; empty where it is about none.
    pub masked: String,
    /// What it is about, as JSON.
    pub data: String,
    /// When it happened.
    pub at: Moment,
}

/// The body of the request. The same event makes the same bytes each time.
#[must_use]
pub fn payload(event: &Told) -> String {
    let mut data: Value = serde_json::from_str(&event.data).unwrap_or_else(|_| json!({}));
    if let Some(fields) = data.as_object_mut().filter(|_| !event.masked.is_empty()) {
        fields.insert("user".to_owned(), Value::String(event.masked.clone()));
    }
    json!({
        "id": event.id,
        "object": "event",
        "type": event.kind,
        "timestamp": event.at.to_string(),
        "livemode": event.scope.mode == Mode::Live,
        "app": event.scope.app,
        "data": data,
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn the_form_is_that_of_the_contract() {
        let at = Moment::from_millis(1_795_521_600_000);
        let mut rng = StdRng::seed_from_u64(1);
        let (id, app) = (EventId::new(at, &mut rng), crate::domain::id::AppId::new(at, &mut rng));
        let event = Told {
            id,
            scope: Scope { app, mode: Mode::Live },
            kind: "challenge.approved".into(),
            masked: "j•••@example.com".into(),
            data: r#"{"challenge":"mfa_1","type":"EMAIL"}"#.into(),
            at,
        };
        let read: Value = serde_json::from_str(&payload(&event)).unwrap();
        assert_eq!(
            read,
            json!({
                "id": id, "object": "event", "type": "challenge.approved", "timestamp": "2026-11-24T12:00:00Z",
                "livemode": true, "app": app,
                "data": {"challenge": "mfa_1", "type": "EMAIL", "user": "j•••@example.com"},
            })
        );
        assert_eq!(payload(&event), payload(&event));
        let about_none = Told { masked: String::new(), data: "{}".into(), ..event };
        let read: Value = serde_json::from_str(&payload(&about_none)).unwrap();
        assert_eq!(read["data"], json!({}));
    }
}
