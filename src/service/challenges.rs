//! Reading and ending challenges; factors; unlock.

use super::answers::{ChallengeList, ChallengeView, FactorList, FactorRemoved, Time, TraceView, Unlocked};
use super::error::{Result, ServiceError};
use super::fields::{contact_error, field, parse_type, reference, required};
use super::users::{Users, factor_views};
use super::{Caller, Service};
use crate::domain::audit::By;
use crate::domain::challenge::{MfaType, Status};
use crate::domain::contact::User;
use crate::domain::tenant::Mode;
use crate::store::ListFilter;

/// The filters of a list, as they came.
#[derive(Default)]
pub struct ListFields {
    /// `User`.
    pub user: Option<String>,
    /// `Type`.
    pub kind: Option<String>,
    /// `status`.
    pub status: Option<String>,
    /// `Reference`.
    pub reference: Option<String>,
    /// `limit`, 1 to 100; 10 where it is absent.
    pub limit: Option<String>,
    /// `starting_after`.
    pub starting_after: Option<String>,
}

/// A page of challenges.
pub type ListPage = ChallengeList;

const PAGE: i64 = 10;
const LONGEST_PAGE: i64 = 100;

impl Service {
    fn livemode(caller: &Caller) -> bool {
        caller.scope().mode == Mode::Live
    }

    fn any_user(text: Option<&str>) -> Result<User> {
        let text = required(text, "User")?;
        User::parse_any(text).map_err(|error| contact_error(error, "User").into())
    }

    /// A challenge and all that happened to it.
    pub async fn trace(&self, caller: &Caller, id: &str) -> Result<TraceView> {
        let id = id.parse().map_err(|_| ServiceError::NotFound)?;
        let trace = self.store().trace(caller.scope(), id).await?.ok_or(ServiceError::NotFound)?;
        Ok(TraceView::of(trace, Self::livemode(caller), self.now()))
    }

    /// Ends a waiting challenge and shows it. One that has ended is shown as it is.
    pub async fn cancel(&self, caller: &Caller, id: &str) -> Result<TraceView> {
        let challenge = id.parse().map_err(|_| ServiceError::NotFound)?;
        self.store().cancel(caller.scope(), challenge, self.now()).await?.ok_or(ServiceError::NotFound)?;
        self.trace(caller, id).await
    }

    /// Challenges, newest first.
    pub async fn list(&self, caller: &Caller, given: ListFields) -> Result<ListPage> {
        let user = given.user.as_deref().map(|text| Self::any_user(Some(text))).transpose()?;
        let kind = given.kind.as_deref().map(|text| parse_type(text, MfaType::ALL)).transpose()?;
        let status = given
            .status
            .as_deref()
            .map(|text| {
                text.parse::<Status>().map_err(|expected| {
                    field(
                        "invalid_status",
                        "status",
                        "status is not one that a challenge has.",
                        format!("{expected}."),
                    )
                })
            })
            .transpose()?;
        let limit = match given.limit.as_deref() {
            None => PAGE,
            Some(text) => {
                text.parse().ok().filter(|limit| (1..=LONGEST_PAGE).contains(limit)).ok_or_else(|| {
                    field(
                        "invalid_limit",
                        "limit",
                        "limit is out of bounds.",
                        "Send a whole number from 1 to 100.".to_owned(),
                    )
                })?
            }
        };
        let starting_after = given
            .starting_after
            .as_deref()
            .map(|text| {
                text.parse().map_err(|_| {
                    let fix = "Send the id of the last challenge of the page before.".to_owned();
                    field(
                        "invalid_starting_after",
                        "starting_after",
                        "starting_after is not a challenge's id.",
                        fix,
                    )
                })
            })
            .transpose()?;
        let filter = ListFilter {
            user: user.map(|user| self.vault().user_key(caller.scope(), &user)),
            kind,
            status,
            reference: reference(given.reference.as_deref())?,
            created_after: None,
            created_before: None,
            starting_after,
            limit,
        };
        let now = self.now();
        let found = self.store().list(caller.scope(), &filter, now).await?;
        let page = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = found.len() > page;
        let livemode = Self::livemode(caller);
        let data = found.iter().take(page).map(|record| ChallengeView::of(record, livemode, now)).collect();
        Ok(ChallengeList { data, has_more })
    }

    /// What a user has; empty for one that is not known.
    pub async fn factors(&self, caller: &Caller, user: Option<&str>) -> Result<FactorList> {
        let user = Self::any_user(user)?;
        let user = self.user_ref(caller, &user);
        let summary = self.store().summary(caller.scope(), &user, self.now()).await?;
        Ok(FactorList {
            object: "mfa.factors",
            backup_codes_remaining: summary.backup_codes_remaining,
            locked_until: summary.locked_until.map(Time),
            data: factor_views(self.vault(), caller.scope(), &user.key, summary)?,
        })
    }

    /// Removes a factor.
    pub async fn remove_factor(&self, caller: &Caller, by: By, id: &str) -> Result<FactorRemoved> {
        Users::new(self.desk(by)).remove_factor(caller.org(), caller.scope(), id).await
    }

    /// Lifts a lock and clears the failures.
    pub async fn unlock(&self, caller: &Caller, by: By, user: Option<&str>) -> Result<Unlocked> {
        let user = Self::any_user(user)?;
        let known = self.user_ref(caller, &user);
        Users::new(self.desk(by)).unlock_known(caller.org(), caller.scope(), &known).await?;
        Ok(Unlocked { object: "mfa.unlock", user: user.canonical() })
    }
}
