//! Members' sign-in as rows. See [`SignInStore`] for the order in which they are taken.

mod attempts;
mod links;
mod passwords;
mod sessions;

use async_trait::async_trait;

pub use passwords::forget;

use super::{Session, SqlStore, audit, in_time, notices};
use crate::domain::access::{Member, Role};
use crate::domain::audit::Change;
use crate::domain::id::{LinkId, MemberId, OrgId, SessionId};
use crate::domain::session::TokenHash;
use crate::domain::time::Moment;
use crate::store::{
    Attempt, AuditNote, Credential, Ending, FirstOwner, HouseUser, LinkRow, NewLink, NewSession, Result,
    SessionRow, SignInStore, Told,
};

/// Writes what a change leaves: the line, with what the transaction found beside what the caller knew, and the mail.
pub async fn tell(tx: &mut dyn Session, told: &Told, found: Vec<Change>, now: Moment) -> Result<()> {
    let mut changes = told.note.line.changes.clone();
    changes.extend(found);
    audit::append(tx, &told.note.with(changes), now).await?;
    match &told.mail {
        Some(mail) => notices::queue_to(tx, told.note.line.org, mail, now).await,
        None => Ok(()),
    }
}

pub use links::insert as insert_link;

#[async_trait]
impl SignInStore for SqlStore {
    async fn reserve(&self, all: &[Attempt], now: Moment) -> Result<Option<Moment>> {
        let mut tx = self.writing().await?;
        let full = attempts::reserve(&mut *tx, all, now).await?;
        if full.is_none() {
            tx.commit().await?;
        }
        Ok(full)
    }

    async fn give_back(&self, all: &[Attempt], now: Moment) -> Result<()> {
        let mut tx = self.writing().await?;
        attempts::give_back(&mut *tx, all, now).await?;
        tx.commit().await
    }

    async fn credentials(&self, email: &str, most: i64) -> Result<Vec<Credential>> {
        in_time(async { passwords::credentials(&mut *self.reading().await?, email, most).await }).await
    }

    async fn password_hash(&self, org: OrgId, member: MemberId) -> Result<Option<Vec<u8>>> {
        in_time(async { passwords::hash(&mut *self.reading().await?, org, member).await }).await
    }

    async fn begin_session(&self, of: &Credential, new: &NewSession, now: Moment) -> Result<bool> {
        let mut tx = self.writing().await?;
        let begun = sessions::begin(&mut *tx, of, new, now).await?;
        if begun {
            tx.commit().await?;
        }
        Ok(begun)
    }

    async fn find_session(&self, token: &TokenHash, now: Moment) -> Result<Option<SessionRow>> {
        in_time(async { sessions::find(&mut *self.reading().await?, token, now).await }).await
    }

    async fn see_session(&self, org: OrgId, id: SessionId, before: Moment, now: Moment) -> Result<()> {
        let mut tx = self.writing().await?;
        sessions::see(&mut *tx, org, id, before, now).await?;
        tx.commit().await
    }

    async fn finish_session(
        &self,
        half: &SessionRow,
        token: &TokenHash,
        now: Moment,
        note: &AuditNote,
    ) -> Result<bool> {
        let mut tx = self.writing().await?;
        let finished = sessions::finish(&mut *tx, half, token, now, note).await?;
        if finished {
            tx.commit().await?;
        }
        Ok(finished)
    }

    async fn confirm_session(&self, full: &SessionRow, now: Moment) -> Result<bool> {
        let mut tx = self.writing().await?;
        let confirmed = sessions::confirm(&mut *tx, full, now).await?;
        tx.commit().await?;
        Ok(confirmed)
    }

    async fn sessions(&self, org: OrgId, member: MemberId, now: Moment) -> Result<Vec<SessionRow>> {
        in_time(async { sessions::of_member(&mut *self.reading().await?, org, member, now).await }).await
    }

    async fn end_sessions(
        &self,
        org: OrgId,
        member: MemberId,
        which: Ending,
        now: Moment,
        told: Option<&Told>,
    ) -> Result<u64> {
        let mut tx = self.writing().await?;
        let ended = sessions::end(&mut *tx, org, member, which, now, told).await?;
        tx.commit().await?;
        Ok(ended)
    }

    async fn change_password(
        &self,
        full: &SessionRow,
        old: &[u8],
        new: &[u8],
        now: Moment,
        told: &Told,
    ) -> Result<bool> {
        let mut tx = self.writing().await?;
        let changed = passwords::change(&mut *tx, full, old, new, now, told).await?;
        if changed {
            tx.commit().await?;
        }
        Ok(changed)
    }

    async fn make_link(&self, new: &NewLink, roles: &[Role], now: Moment, told: &Told) -> Result<bool> {
        let mut tx = self.writing().await?;
        let made = links::make(&mut *tx, new, roles, now, told).await?;
        if made {
            tx.commit().await?;
        }
        Ok(made)
    }

    async fn find_link(&self, id: LinkId, now: Moment) -> Result<Option<LinkRow>> {
        in_time(async { links::find(&mut *self.reading().await?, id, now).await }).await
    }

    async fn accept_invitation(
        &self,
        link: &LinkRow,
        name: &str,
        hash: &[u8],
        new: &NewSession,
        now: Moment,
        note: &AuditNote,
    ) -> Result<bool> {
        let mut tx = self.writing().await?;
        let accepted = links::accept_invitation(&mut *tx, link, (name, hash), new, now, note).await?;
        if accepted {
            tx.commit().await?;
        }
        Ok(accepted)
    }

    async fn accept_first_start(
        &self,
        link: &LinkRow,
        owner: &Member,
        hash: &[u8],
        new: &NewSession,
        now: Moment,
        note: &AuditNote,
    ) -> Result<FirstOwner> {
        let mut tx = self.writing().await?;
        let first = links::accept_first_start(&mut *tx, link, owner, hash, (new, now), note).await?;
        if first == FirstOwner::Made {
            tx.commit().await?;
        }
        Ok(first)
    }

    async fn reset_password(&self, link: &LinkRow, hash: &[u8], now: Moment, told: &Told) -> Result<bool> {
        let mut tx = self.writing().await?;
        let reset = links::reset_password(&mut *tx, link, hash, now, told).await?;
        if reset {
            tx.commit().await?;
        }
        Ok(reset)
    }

    async fn reset_factors(
        &self,
        org: OrgId,
        member: MemberId,
        house: &HouseUser,
        roles: &[Role],
        now: Moment,
        told: &Told,
    ) -> Result<bool> {
        let mut tx = self.writing().await?;
        let reset = passwords::reset_factors(&mut *tx, org, member, house, roles, now, told).await?;
        if reset {
            tx.commit().await?;
        }
        Ok(reset)
    }
}
