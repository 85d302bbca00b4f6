//! Outcomes in a few words, so that a table of them can be read.

use rift_mfa::domain::standing::SendRefused;
use rift_mfa::store::{Checked, Claim, Started, StartedApp};

use super::second;

/// An outcome that says itself in a few words; moments are seconds of the test.
pub trait Said {
    fn said(&self) -> String;
}

pub fn say(outcome: &impl Said) -> String {
    outcome.said()
}

fn refused(refused: SendRefused) -> String {
    match refused {
        SendRefused::Cooldown { until } => format!("cooldown {}", second(until)),
        SendRefused::TooMany { until } => format!("too many {}", second(until)),
    }
}

impl Said for Started {
    fn said(&self) -> String {
        match self {
            Self::Started { resend_after } => format!("started {}", second(*resend_after)),
            Self::Locked { until } => format!("locked {}", second(*until)),
            Self::Refused(why) => refused(*why),
            Self::CountryFull { until } => format!("country full {}", second(*until)),
        }
    }
}

impl Said for StartedApp {
    fn said(&self) -> String {
        match self {
            Self::Pending => "pending".into(),
            Self::Enrolling => "enrolling".into(),
            Self::ProofRequired => "proof required".into(),
            Self::Locked { until } => format!("locked {}", second(*until)),
            Self::Refused(why) => refused(*why),
        }
    }
}

impl Said for Checked {
    fn said(&self) -> String {
        match self {
            Self::Approved(approval) => approval.status.to_string(),
            Self::Failed { failure, attempts_remaining: Some(left) } => format!("{failure} {left}"),
            Self::Failed { failure, attempts_remaining: None } => failure.to_string(),
            Self::Spent { resend_after } => format!("spent {}", second(*resend_after)),
            Self::Locked { until } => format!("locked {}", second(*until)),
            Self::ProofRequired => "proof required".into(),
            Self::Unknown => "unknown".into(),
        }
    }
}

impl Said for Claim {
    fn said(&self) -> String {
        match self {
            Self::Fresh => "fresh".into(),
            Self::InProgress => "in progress".into(),
            Self::Mismatch => "mismatch".into(),
            Self::Expired => "expired".into(),
            Self::Replay(answer) => format!("replay {}", String::from_utf8_lossy(&answer.bytes)),
        }
    }
}
