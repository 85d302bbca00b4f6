//! Mails to members of a tenant: sent by the operator's own mail providers, whatever mode they are about.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;

use super::{Courier, backoff, stopped};
use crate::domain::id::{Id, Notice as NoticeKind};
use crate::domain::message::Channel;
use crate::providers::Outcome;
use crate::store::{ClaimedNotice, Lease, NoticeNext, StoreError};

/// A provider's time for one mail.
const LONGEST: Duration = Duration::from_secs(10);

/// How long a mail waits that no provider took, at the longest.
const PAUSE: Duration = Duration::from_mins(10);

impl Courier {
    /// Runs until `stop` says so, and then until the mail under way is done. A loop of its own: providers that hang delay mails
    /// to members and nothing else.
    pub(super) async fn run_notices(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut every = tokio::time::interval(super::POLL);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stopped(&mut stop) => return,
                _ = every.tick() => {}
            }
            while self.parts.in_step.load(Ordering::SeqCst) && !*stop.borrow() {
                match self.send_next_notice().await {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => {
                        tracing::warn!(%error, "mails to members could not be sent; the next look tries again");
                        break;
                    }
                }
            }
        }
    }

    /// Sends the mails that are due. For tests, which have no loop running.
    #[cfg(feature = "test-clock")]
    pub async fn send_notices(&self) -> Result<(), StoreError> {
        while self.send_next_notice().await? {}
        Ok(())
    }

    /// Sends one mail that is due. `false`: there was none. One at a time, so that no lease runs out behind others.
    async fn send_next_notice(&self) -> Result<bool, StoreError> {
        let now = self.parts.clock.now();
        let token = Id::<NoticeKind>::new(now, &mut *self.parts.chance.rng()).to_string();
        // Long enough for it at each provider.
        let lease = Lease { token, until: now.plus(Duration::from_mins(10)) };
        let claimed = self.parts.store.claim_notices(now, &lease, 1).await?;
        for notice in &claimed {
            let next = self.send_notice(notice).await;
            let now = self.parts.clock.now();
            self.parts.store.record_notice(notice, &next, now).await?;
        }
        Ok(!claimed.is_empty())
    }

    async fn send_notice(&self, claimed: &ClaimedNotice) -> NoticeNext {
        let Some(notice) = &claimed.notice else { return NoticeNext::Failed("unreadable".to_owned()) };
        // No node was there for its whole life: what it tells is old, and its link dead.
        if claimed.expires_at <= self.parts.clock.now() {
            return NoticeNext::Failed("expired".to_owned());
        }
        let url = |id| self.parts.vault.link(id).url(&self.parts.public_url);
        let mail = notice.mail(&claimed.email, &url);
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
