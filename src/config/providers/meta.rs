//! `kind = "meta"`: WhatsApp through Meta's Cloud API. Opens no connection.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use toml::Value;

use super::address::base_url;
use super::entry::Entry;

/// A number of a WhatsApp business account.
#[derive(Clone, Debug)]
pub struct Meta {
    /// The number's id; safe to stand in a path.
    pub phone_number_id: String,
    /// The token; never empty.
    pub access_token: SecretString,
    /// The authentication template for a code.
    pub template: String,
    /// Whether that template has a button with the code.
    pub button: bool,
    /// The template for a code with an Action.
    pub action_template: Option<String>,
    /// The template for backup codes.
    pub backup_template: Option<String>,
    /// The language of all templates; none: the message's.
    pub language: Option<String>,
    /// The version of the Graph API.
    pub version: String,
    /// Where the API is; without a slash at its end.
    pub base_url: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    phone_number_id: Option<String>,
    access_token: Option<SecretString>,
    template: Option<String>,
    button: Option<Value>,
    action_template: Option<String>,
    backup_template: Option<String>,
    language: Option<String>,
    version: Option<String>,
    base_url: Option<String>,
}

impl Meta {
    pub(super) fn read<E: Entry>(mut entry: E) -> Result<Self, E::Fault> {
        let raw: Raw = entry.settings()?;
        let phone_number_id = raw.phone_number_id.ok_or_else(|| {
            entry.fault("phone_number_id", "is missing; give the sender's phone number ID, not the number")
        })?;
        if !is_plain(&phone_number_id) {
            let problem = "is no phone number ID; copy it from WhatsApp > API setup, like 106540352242922";
            return Err(entry.fault("phone_number_id", problem));
        }
        let access_token =
            raw.access_token.filter(|token| !token.expose_secret().trim().is_empty()).ok_or_else(|| {
                let file = entry.or_by_file("access_token");
                entry.fault("access_token", format_args!("is missing; give a system user's token{file}"))
            })?;
        let template = raw.template.ok_or_else(|| {
            entry
                .fault("template", "is missing; name an approved authentication template that takes the code")
        })?;
        let named = [
            ("template", Some(&template)),
            ("action_template", raw.action_template.as_ref()),
            ("backup_template", raw.backup_template.as_ref()),
        ];
        for (name, template) in named {
            if template.is_some_and(|template| !is_template(template)) {
                let problem = "is no template's name; it has lower-case letters, digits and underscores";
                return Err(entry.fault(name, problem));
            }
        }
        if raw.language.as_deref().is_some_and(|language| !is_plain(language)) {
            return Err(entry.fault("language", "is no language; write it as Meta does, like en_US"));
        }
        let button = match raw.button {
            None => true,
            Some(Value::Boolean(button)) => button,
            // From the environment everything is a text.
            Some(Value::String(text)) if text == "true" || text == "false" => text == "true",
            Some(_) => return Err(entry.fault("button", "must be true or false")),
        };
        let version = raw.version.unwrap_or_else(|| "v23.0".to_owned());
        if !is_version(&version) {
            return Err(entry.fault("version", "is no version of the Graph API; write it like v23.0"));
        }
        Ok(Self {
            phone_number_id,
            access_token,
            template,
            button,
            action_template: raw.action_template,
            backup_template: raw.backup_template,
            language: raw.language,
            version,
            base_url: base_url(&entry, raw.base_url, "https://graph.facebook.com")?,
        })
    }
}

fn is_plain(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
}

fn is_template(text: &str) -> bool {
    (1..=512).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn is_version(text: &str) -> bool {
    let digits = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    text.strip_prefix('v')
        .and_then(|text| text.split_once('.'))
        .is_some_and(|(major, minor)| digits(major) && digits(minor))
}
