//! Changes of one provider in a list: the others, and what is not given anew, stay as they are kept. A form does not hold
//! secrets, so it cannot put a list whole.

use serde_json::{Map, Value};

use super::lists::{OwnLists, OwnProvidersError, Result};
use crate::domain::id::AppId;
use crate::domain::message::Channel;
use crate::domain::own_provider::{KeptProvider, ProviderFault, ProviderList};

/// A change of a list. `version` is that of the list that was looked at.
pub enum ListEdit {
    /// One more at its end; the first one makes the list.
    Add(Map<String, Value>),
    /// Another one at a place.
    Replace {
        /// The place.
        at: usize,
        /// The new one.
        provider: Map<String, Value>,
        /// Settings that it has from the old one, unless it brings its own.
        keep: Vec<String>,
        /// See [`ListEdit`].
        version: i64,
    },
    /// One less. The last one removes the list.
    Remove {
        /// The place.
        at: usize,
        /// See [`ListEdit`].
        version: i64,
    },
    /// One changes places with the one before it.
    Raise {
        /// The place.
        at: usize,
        /// See [`ListEdit`].
        version: i64,
    },
}

/// Tries of a change that another one came before.
const TRIES: usize = 5;

impl OwnLists {
    /// What is kept of a list's providers, and its version.
    pub async fn kept(&self, app: AppId, channel: Channel) -> Result<(Vec<KeptProvider>, i64)> {
        let (list, version) = self.opened(app, channel).await?;
        Ok((list.kept(), version))
    }

    /// Changes one provider of a list. Who comes between two who change it is never undone unseen: one more is put behind
    /// what stands there by then, and all else was about the list that was looked at.
    pub async fn edit(&self, app: AppId, channel: Channel, edit: ListEdit) -> Result<()> {
        for _ in 0..TRIES {
            let (old, over) = match self.opened(app, channel).await {
                Ok((list, version)) => (list, Some(version)),
                Err(OwnProvidersError::NotFound(_)) if matches!(edit, ListEdit::Add(_)) => {
                    (ProviderList::new(Value::Array(Vec::new())), None)
                }
                Err(error) => return Err(error),
            };
            if edit.looked_at().is_some_and(|version| over != Some(version)) {
                return Err(OwnProvidersError::Changed);
            }
            let new = edited(&old, &edit)?;
            if self.change(app, channel, over, &new).await.map_err(without_place)? {
                return Ok(());
            }
        }
        Err(OwnProvidersError::Changed)
    }
}

impl ListEdit {
    /// The version of the list that this is about.
    const fn looked_at(&self) -> Option<i64> {
        match self {
            Self::Add(_) => None,
            Self::Replace { version, .. } | Self::Remove { version, .. } | Self::Raise { version, .. } => {
                Some(*version)
            }
        }
    }
}

fn edited(old: &ProviderList, edit: &ListEdit) -> Result<ProviderList> {
    match edit {
        ListEdit::Add(provider) => Ok(old.with(Value::Object(provider.clone()))),
        ListEdit::Replace { at, provider, keep, .. } => placed(old.replaced(*at, provider.clone(), keep)?),
        ListEdit::Remove { at, .. } => placed(old.without(*at)),
        ListEdit::Raise { at, .. } => placed(old.raised(*at)),
    }
}

fn placed(list: Option<ProviderList>) -> Result<ProviderList> {
    list.ok_or(OwnProvidersError::NotFound("provider"))
}

/// A form shows one provider: `providers[1].from` is its field `from`.
fn without_place(error: OwnProvidersError) -> OwnProvidersError {
    match error {
        OwnProvidersError::Fault(ProviderFault { field, problem }) => {
            let name = field.split_once("].").map_or(field.as_str(), |(_, name)| name).to_owned();
            ProviderFault { field: name, problem }.into()
        }
        other => other,
    }
}
