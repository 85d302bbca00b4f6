//! Usage figures: messages and checks of known hours, and the figures as short lines.

use rift_mfa::domain::challenge::MfaType;
use rift_mfa::domain::message::Channel;
use rift_mfa::domain::tenant::Scope;
use rift_mfa::domain::time::Moment;
use rift_mfa::domain::usage::By;
use rift_mfa::store::{
    AttemptRecord, ClaimedMessage, Next, StartCode, Started, UsageQuery, UsageRow, UserRef,
};

use super::{Fixture, at, lease};

/// A text message that a user was sent.
pub struct Text {
    pub message: ClaimedMessage,
}

impl Fixture {
    /// Starts a code by SMS to a number of a country; its message waits at `node-a`.
    pub async fn texted(&self, user: &UserRef, country: &str, code: &str, seconds: i64) -> Text {
        let mut start = self.start(user, code, seconds);
        start.challenge.kind = MfaType::Sms;
        start.challenge.country = Some(country.into());
        start.messages[0].channel = Channel::Sms;
        start.messages[0].country = Some(country.into());
        let outcome = self.store.start_code(self.scope, &start, None).await.unwrap();
        assert!(matches!(outcome, Started::Started { .. }), "{outcome:?}");
        Text { message: self.claimed(&start) }
    }

    /// The first message of a start as its own node holds it.
    pub fn claimed(&self, start: &StartCode) -> ClaimedMessage {
        let message = &start.messages[0];
        ClaimedMessage {
            scope: self.scope,
            id: message.id,
            challenge: start.challenge.id,
            to: message.to,
            channel: message.channel,
            payload: message.payload.clone(),
            lease: lease("node-a", 0),
            tries: 0,
            created_at: start.now,
            expires_at: message.expires_at,
            step: message.step,
            wait: message.wait,
        }
    }

    /// Hands a message over so many milliseconds after its start, under the provider's id `SM1`.
    pub async fn handed_over(&self, message: &ClaimedMessage, took: i64) {
        let at = Moment::from_millis(message.created_at.millis() + took);
        let attempt = AttemptRecord {
            provider: "twilio".into(),
            own: false,
            result: "sent",
            reason: None,
            detail: None,
            provider_id: Some("SM1".into()),
            started_at: message.created_at,
            ended_at: at,
        };
        let next = Next::Sent { inbox: None };
        self.store.record_attempt(message, Some(&attempt), &next, at).await.unwrap();
    }

    /// Closes every hour that is due; says how many.
    pub async fn close_hours(&self, seconds: i64) -> usize {
        let mut closed = 0;
        while self.store.close_hour(at(seconds)).await.unwrap().is_some() {
            closed += 1;
        }
        closed
    }

    /// The figures, a line a row: begins, channel, country, sends, handed over, failed, verified, failures, buckets.
    pub async fn usage(&self, scope: Scope, from: i64, to: i64, by: By) -> Vec<String> {
        let query = UsageQuery { from: at(from), to: at(to), by, by_channel: true, by_country: true };
        self.store.usage(scope, &query).await.unwrap().iter().map(told).collect()
    }
}

pub fn told(row: &UsageRow) -> String {
    let figures = &row.figures;
    let timings = figures.timings.map(|count| count.to_string()).join("");
    format!(
        "{} {} {} {} {} {} {} {} {timings}",
        row.at.to_string().trim_end_matches(":00:00Z"),
        row.channel.as_deref().unwrap_or("-"),
        row.country.as_deref().unwrap_or("-"),
        figures.sends,
        figures.handed_over,
        figures.failed,
        figures.verifications,
        figures.failures
    )
}
