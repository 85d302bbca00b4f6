//! A provider that answers as the test says and keeps what it was given.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use rift_mfa::domain::message::{Channel, Envelope};
use rift_mfa::providers::{Outcome, Provider};

/// What a provider was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    pub message: String,
    pub channel: Channel,
    pub to: String,
    pub text: String,
    pub code: Option<String>,
    pub backup_codes: Vec<String>,
}

/// Takes every message, unless the test says otherwise.
pub struct Scripted {
    name: &'static str,
    next: Mutex<VecDeque<Outcome>>,
    always: Mutex<Option<Outcome>>,
    given: Mutex<Vec<Given>>,
}

impl Scripted {
    pub fn new(name: &'static str) -> Arc<Self> {
        Arc::new(Self { name, next: Mutex::default(), always: Mutex::default(), given: Mutex::default() })
    }

    /// The next message ends so.
    pub fn then(&self, outcome: Outcome) {
        self.next.lock().unwrap().push_back(outcome);
    }

    /// Every message ends so, until it is said otherwise.
    pub fn always(&self, outcome: Option<Outcome>) {
        *self.always.lock().unwrap() = outcome;
    }

    pub fn given(&self) -> Vec<Given> {
        self.given.lock().unwrap().clone()
    }

    /// The code of the newest message.
    pub fn code(&self) -> String {
        self.given().last().and_then(|given| given.code.clone()).expect("a message with a code")
    }
}

#[async_trait]
impl Provider for Scripted {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn send(&self, message_id: &str, envelope: &Envelope) -> Outcome {
        self.given.lock().unwrap().push(Given {
            message: message_id.to_owned(),
            channel: envelope.channel,
            to: envelope.to.clone(),
            text: envelope.text.clone(),
            code: envelope.code.clone(),
            backup_codes: envelope.backup_codes.clone(),
        });
        let scripted = self.next.lock().unwrap().pop_front();
        scripted
            .or_else(|| self.always.lock().unwrap().clone())
            .unwrap_or_else(|| Outcome::Sent { id: Some(format!("{}-{message_id}", self.name)) })
    }
}
