//! Challenges and deliveries of the organization's applications.

use super::answers::{List, ListedDeliveryView};
use super::{Manage, PAGE};
use crate::domain::challenge::{MfaType, Status};
use crate::domain::contact::User;
use crate::domain::id::{Id, Kind};
use crate::domain::message::Channel;
use crate::domain::tenant::{Mode, Scope};
use crate::domain::time::Moment;
use crate::service::answers::{ChallengeView, TraceView};
use crate::service::error::{Result, ServiceError};
use crate::service::fields::{field, looked_for};
use crate::service::users::not_a_user;
use crate::store::{DeliveryFilter, ListFilter};

/// What every list of an application's past takes.
pub struct Page {
    /// `mode`.
    pub mode: Mode,
    /// `created_after`.
    pub created_after: Option<Moment>,
    /// `created_before`.
    pub created_before: Option<Moment>,
    /// `limit`.
    pub limit: Option<i64>,
    /// `starting_after`.
    pub starting_after: Option<String>,
}

impl Page {
    fn limit(&self) -> i64 {
        self.limit.unwrap_or(PAGE)
    }

    fn starting_after<K: Kind>(&self) -> Result<Option<Id<K>>> {
        let parsed = self.starting_after.as_deref().map(|text| {
            text.parse().map_err(|_| {
                let fix = "Send the id of the last one of the page before.".to_owned();
                field("invalid_value", "starting_after", "`starting_after` is not an id of this list.", fix)
                    .into()
            })
        });
        parsed.transpose()
    }
}

/// The filters of challenges.
pub struct ChallengeFields {
    /// The page.
    pub page: Page,
    /// `user`.
    pub user: Option<String>,
    /// `type`.
    pub kind: Option<MfaType>,
    /// `status`.
    pub status: Option<Status>,
    /// `reference`.
    pub reference: Option<String>,
}

/// The filters of deliveries.
pub struct DeliveryFields {
    /// The page.
    pub page: Page,
    /// `channel`.
    pub channel: Option<Channel>,
    /// `status`.
    pub status: Option<&'static str>,
    /// `provider`.
    pub provider: Option<String>,
}

impl Manage {
    /// Challenges, newest first.
    pub async fn challenges(&self, app: &str, fields: &ChallengeFields) -> Result<List<ChallengeView>> {
        let (page, now) = (&fields.page, self.desk.now());
        let scope = Scope { app: self.own_app(app).await?.id, mode: page.mode };
        let user =
            fields.user.as_deref().map(|text| User::parse_any(text).map_err(not_a_user)).transpose()?;
        let filter = ListFilter {
            user: user.map(|user| self.desk.vault.user_key(scope, &user)),
            kind: fields.kind,
            status: fields.status,
            reference: looked_for(fields.reference.as_deref(), "reference")?,
            created_after: page.created_after,
            created_before: page.created_before,
            starting_after: page.starting_after()?,
            limit: page.limit(),
        };
        let found = self.desk.store.list(scope, &filter, now).await?;
        let live = scope.mode == Mode::Live;
        Ok(cut(page.limit(), found.iter().map(|record| ChallengeView::of(record, live, now))))
    }

    /// A challenge and all that happened to it.
    pub async fn challenge(&self, app: &str, mode: Mode, id: &str) -> Result<TraceView> {
        let scope = Scope { app: self.own_app(app).await?.id, mode };
        let id = id.parse().map_err(|_| ServiceError::NotFound)?;
        let trace = self.desk.store.trace(scope, id).await?.ok_or(ServiceError::NotFound)?;
        Ok(TraceView::of(trace, mode == Mode::Live, self.desk.now()))
    }

    /// Messages with their tries, newest first.
    pub async fn deliveries(&self, app: &str, fields: &DeliveryFields) -> Result<List<ListedDeliveryView>> {
        let page = &fields.page;
        let scope = Scope { app: self.own_app(app).await?.id, mode: page.mode };
        let filter = DeliveryFilter {
            channel: fields.channel,
            status: fields.status.map(str::to_owned),
            provider: looked_for(fields.provider.as_deref(), "provider")?,
            created_after: page.created_after,
            created_before: page.created_before,
            starting_after: page.starting_after()?,
            limit: page.limit(),
        };
        let found = self.desk.store.deliveries(scope, &filter).await?;
        let live = scope.mode == Mode::Live;
        Ok(cut(page.limit(), found.into_iter().map(|listed| ListedDeliveryView::of(listed, live))))
    }
}

/// A page, of which one more than its limit was read.
fn cut<T>(limit: i64, found: impl Iterator<Item = T>) -> List<T> {
    let mut data: Vec<T> = found.collect();
    let page = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = data.len() > page;
    data.truncate(page);
    List { data, has_more }
}
