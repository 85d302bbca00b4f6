//! What happened to a challenge, put in the order of time.

use crate::dashboard::seeing::times::{Stamp, after};
use crate::dashboard::seeing::words;
use crate::domain::challenge::Status;
use crate::domain::time::Moment;
use crate::service::answers::{AttemptView, CheckView, DeliveryView, TraceView};

/// A dot on the line.
pub struct Step {
    /// When.
    pub at: Stamp,
    /// How long after the beginning.
    pub after: String,
    /// `ok`, `bad`, `warn` or nothing.
    pub tone: &'static str,
    /// What happened.
    pub title: String,
    /// More about it, each a line.
    pub lines: Vec<String>,
    /// Names and values.
    pub facts: Vec<(&'static str, String)>,
    /// Limits that were looked at.
    pub limits: Vec<Limit>,
}

/// A limit that was looked at.
pub struct Limit {
    /// Its words.
    pub words: String,
    /// What was used of it, of what may be.
    pub used: u64,
    /// How much may be.
    pub most: u64,
}

/// All steps of a trace.
pub fn of(trace: &TraceView, now: Moment) -> Vec<Step> {
    let begin = trace.challenge.created_at.0;
    let mut steps = vec![(begin, started(trace))];
    for delivery in &trace.deliveries {
        steps.extend(messages(delivery));
    }
    steps.extend(trace.checks.iter().map(check));
    steps.extend(end(trace, now));
    // What happens in one millisecond stays in the order in which it is told.
    steps.sort_by_key(|(at, _)| *at);
    let dated = |(at, bare): (Moment, Bare)| Step {
        at: Stamp::of(at, now),
        after: after(begin, at),
        tone: bare.tone,
        title: bare.title,
        lines: bare.lines,
        facts: bare.facts,
        limits: bare.limits,
    };
    steps.into_iter().map(dated).collect()
}

/// A step without its time.
#[derive(Default)]
struct Bare {
    tone: &'static str,
    title: String,
    lines: Vec<String>,
    facts: Vec<(&'static str, String)>,
    limits: Vec<Limit>,
}

fn started(trace: &TraceView) -> Bare {
    let mut facts = Vec::new();
    if let Some(asker) = &trace.asked_by {
        let who = if asker.key == "dashboard" { "a member, at the dashboard" } else { asker.key.as_str() };
        facts.push(("Asked by", who.to_owned()));
        facts.extend(asker.address.clone().map(|address| ("From", address)));
        facts.push(("Request", asker.request_id.clone()));
    }
    let limits = trace.limits.iter().map(|limit| Limit {
        words: words::limit(&limit.limit).to_owned(),
        used: limit.used,
        most: limit.most,
    });
    let one_shot = trace.challenge.expires_at.is_some_and(|end| end.0 <= trace.challenge.created_at.0);
    let title = if one_shot {
        "Checked without a start".to_owned()
    } else {
        format!("Started: {}", words::record(trace.challenge.object, trace.challenge.kind))
    };
    Bare { title, facts, limits: limits.collect(), ..Bare::default() }
}

/// A message: how it was queued, each try, what its provider reported, and its end where no try was it.
fn messages(delivery: &DeliveryView) -> Vec<(Moment, Bare)> {
    let name = words::channel(&delivery.channel).to_owned();
    let mut facts = vec![("To", delivery.to.clone())];
    facts.extend(delivery.segments.map(|parts| ("Parts", parts.to_string())));
    let title = match delivery.status.as_str() {
        "held" | "skipped" => format!("{name}: stands by"),
        _ => format!("{name}: queued"),
    };
    let mut steps = vec![(delivery.created_at.0, Bare { title, facts, ..Bare::default() })];
    steps.extend(delivery.attempts.iter().map(|attempt| tried(&name, attempt)));
    let (meaning, tone) = words::delivery(&delivery.status);
    let reason = delivery
        .reason
        .iter()
        .map(|reason| words::reason(reason).map_or_else(|| format!("Reason: {reason}"), str::to_owned));
    let ended = Bare {
        tone,
        title: format!("{name}: {}", delivery.status),
        lines: std::iter::once(meaning.to_owned()).filter(|words| !words.is_empty()).chain(reason).collect(),
        ..Bare::default()
    };
    // Where a provider took it, its try has told so.
    let told = delivery.status == "sent" && delivery.attempts.iter().any(|attempt| attempt.status == "sent");
    let ended_at = delivery.reported_at.or(delivery.ended_at.filter(|_| !told));
    steps.extend(ended_at.map(|at| (at.0, ended)));
    steps
}

fn tried(channel: &str, attempt: &AttemptView) -> (Moment, Bare) {
    let took = attempt.ended_at.0.millis().saturating_sub(attempt.started_at.0.millis());
    let (tone, words) = match attempt.status.as_str() {
        "sent" => ("ok", "took it"),
        "retry" => ("warn", "could not take it now"),
        "refused" => ("bad", "refused it"),
        other => ("", other),
    };
    let mut facts = vec![("Took", crate::dashboard::seeing::chart::Unit::Millis.told(Some(took)))];
    facts.extend(attempt.reason.clone().map(|reason| ("Reason", reason)));
    facts.extend(attempt.provider_id.clone().map(|id| ("Its id there", id)));
    let title = format!("{channel}: {} {words}", attempt.provider);
    (
        attempt.ended_at.0,
        Bare { tone, title, lines: attempt.detail.iter().cloned().collect(), facts, ..Bare::default() },
    )
}

fn check(check: &CheckView) -> (Moment, Bare) {
    let (meaning, tone) = words::check(&check.result);
    let title = format!("Check: {}", check.result.replace('_', " "));
    (check.at.0, Bare { tone, title, lines: vec![meaning.to_owned()], ..Bare::default() })
}

/// The end, where no check has told it.
fn end(trace: &TraceView, now: Moment) -> Option<(Moment, Bare)> {
    let challenge = &trace.challenge;
    let told = |at: Moment| {
        let title = format!("Ended: {}", challenge.status);
        let lines = vec![words::status(challenge.status).to_owned()];
        Some((at, Bare { tone: words::tone(challenge.status), title, lines, ..Bare::default() }))
    };
    let last = trace
        .checks
        .iter()
        .map(|check| check.at.0)
        .chain(
            trace
                .deliveries
                .iter()
                .flat_map(|delivery| [Some(delivery.created_at.0), delivery.ended_at.map(|at| at.0)])
                .flatten(),
        )
        .max()
        .unwrap_or(challenge.created_at.0);
    match challenge.status {
        Status::Expired => told(challenge.expires_at?.0.min(now)),
        Status::Exhausted | Status::Superseded | Status::Canceled | Status::Failed | Status::Issued => {
            told(last)
        }
        Status::Pending | Status::Enrolling | Status::Approved | Status::Enrolled => None,
    }
}
