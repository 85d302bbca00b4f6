//! Mails to members of a tenant: sent by the operator's own mail providers, whatever mode they are about.

use std::time::Duration;

use super::{Courier, backoff};
use crate::domain::id::{Id, Notice as NoticeKind};
use crate::domain::message::Channel;
use crate::providers::Outcome;
use crate::store::{ClaimedNotice, Lease, NoticeNext, StoreError};

/// Mails that one claim takes.
const CLAIM: i64 = 16;

/// A provider's time for one mail.
const LONGEST: Duration = Duration::from_secs(10);

/// How long a mail waits that no provider took, at the longest.
const PAUSE: Duration = Duration::from_mins(10);

impl Courier {
    /// Sends the mails that are due.
    pub async fn send_notices(&self) -> Result<(), StoreError> {
        let now = self.parts.clock.now();
        let token = Id::<NoticeKind>::new(now, &mut *self.parts.chance.rng()).to_string();
        // Long enough for all of them, one after the other, at each provider.
        let lease = Lease { token, until: now.plus(Duration::from_mins(10)) };
        for notice in self.parts.store.claim_notices(now, &lease, CLAIM).await? {
            let next = self.send_notice(&notice).await;
            let now = self.parts.clock.now();
            self.parts.store.record_notice(&notice, &next, now).await?;
        }
        Ok(())
    }

    async fn send_notice(&self, claimed: &ClaimedNotice) -> NoticeNext {
        let Some(notice) = &claimed.notice else { return NoticeNext::Failed("unreadable".to_owned()) };
        let mail = notice.mail(&claimed.email);
        let id = claimed.id.to_string();
        let mut last = "no_provider".to_owned();
        for slot in self.live.get(&Channel::Email).map(Vec::as_slice).unwrap_or_default() {
            let sent = tokio::time::timeout(LONGEST, slot.provider.send(&id, &mail)).await;
            match sent {
                Ok(Outcome::Sent { .. }) => return NoticeNext::Sent,
                Ok(Outcome::Refused { reason }) => return NoticeNext::Failed(reason.code),
                Ok(Outcome::Retry { reason, .. } | Outcome::Declined { reason }) => last = reason.code,
                Err(_) => "timeout".clone_into(&mut last),
            }
        }
        let now = self.parts.clock.now();
        let pause = backoff::pause(claimed.tries.saturating_add(3), None, &mut *self.parts.chance.rng());
        let at = now.plus(pause.saturating_mul(claimed.tries.clamp(1, 10)).min(PAUSE));
        if at < claimed.expires_at { NoticeNext::Again(at) } else { NoticeNext::Failed(last) }
    }
}
