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

impl OwnLists {
    /// What is kept of a list's providers, and its version.
    pub async fn kept(&self, app: AppId, channel: Channel) -> Result<(Vec<KeptProvider>, i64)> {
        let (list, version) = self.opened(app, channel).await?;
        Ok((list.kept(), version))
    }

    /// Changes one provider of a list.
    pub async fn edit(&self, app: AppId, channel: Channel, edit: ListEdit) -> Result<()> {
        let new = match edit {
            ListEdit::Add(provider) => {
                let old = match self.opened(app, channel).await {
                    Ok((list, _)) => list,
                    Err(OwnProvidersError::NotFound(_)) => ProviderList::new(Value::Array(Vec::new())),
                    Err(error) => return Err(error),
                };
                old.with(Value::Object(provider))
            }
            ListEdit::Replace { at, provider, keep, version } => {
                placed(self.looked_at(app, channel, version).await?.replaced(at, provider, &keep))?
            }
            ListEdit::Remove { at, version } => {
                placed(self.looked_at(app, channel, version).await?.without(at))?
            }
            ListEdit::Raise { at, version } => {
                placed(self.looked_at(app, channel, version).await?.raised(at))?
            }
        };
        if new.is_empty() {
            self.remove(app, channel).await?;
        } else {
            self.put(app, channel, &new).await.map_err(without_place)?;
        }
        Ok(())
    }

    async fn looked_at(&self, app: AppId, channel: Channel, version: i64) -> Result<ProviderList> {
        let (list, own) = self.opened(app, channel).await?;
        if own == version { Ok(list) } else { Err(OwnProvidersError::Changed) }
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
