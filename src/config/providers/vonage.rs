//! `kind = "vonage"`: an account for text messages, or an application for calls. Opens no connection.

use std::sync::Arc;

use ring::signature::RsaKeyPair;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::address::{base_url, is_out_of_reach};
use super::entry::Entry;

/// Text messages by Vonage.
#[derive(Clone, Debug)]
pub struct VonageSms {
    /// The account's key.
    pub api_key: SecretString,
    /// The account's secret.
    pub api_secret: SecretString,
    /// The sender: a number, or a name of up to 11 letters and digits.
    pub from: String,
    /// The API's address, without its path.
    pub base_url: String,
    /// The secret that reports are signed with; none are asked for without it.
    pub signature_secret: Option<SecretString>,
    /// How they are signed.
    pub signature_method: SignatureMethod,
}

/// Calls by Vonage.
#[derive(Clone, Debug)]
pub struct VonageVoice {
    /// The Voice application's id.
    pub application_id: String,
    /// Its private key.
    pub private_key: Arc<RsaKeyPair>,
    /// The number that calls.
    pub from: String,
    /// The API's address, without its path.
    pub base_url: String,
    /// The secret that reports are signed with; none are asked for without it.
    pub signature_secret: Option<SecretString>,
}

/// The account's setting at Vonage, "signature method".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureMethod {
    /// "SHA-256 HMAC".
    Sha256,
    /// "SHA-512 HMAC".
    Sha512,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSms {
    api_key: Option<SecretString>,
    api_secret: Option<SecretString>,
    from: Option<String>,
    base_url: Option<String>,
    signature_secret: Option<SecretString>,
    signature_method: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawVoice {
    application_id: Option<String>,
    private_key: Option<SecretString>,
    from: Option<String>,
    base_url: Option<String>,
    signature_secret: Option<SecretString>,
}

impl VonageSms {
    pub(super) fn read<E: Entry>(mut entry: E) -> Result<Self, E::Fault> {
        let raw: RawSms = entry.settings()?;
        let api_key =
            secret(&entry, "api_key", raw.api_key, "the account's key, from the dashboard at Vonage")?;
        let api_secret = secret(
            &entry,
            "api_secret",
            raw.api_secret,
            "the account's secret, from the dashboard at Vonage",
        )?;
        let from = raw.from.unwrap_or_default();
        if from.is_empty() {
            let problem = "is missing; give the sender: a number like +15005550006, or a name like Acme";
            return Err(entry.fault("from", problem));
        }
        if !is_number(&from) && !is_name(&from) {
            let problem = "is no sender; write a number like +15005550006, or a name of up to 11 letters, digits and blanks";
            return Err(entry.fault("from", problem));
        }
        let signature_method = match raw.signature_method.as_deref() {
            None | Some("sha256") => SignatureMethod::Sha256,
            Some("sha512") => SignatureMethod::Sha512,
            Some(_) => {
                let problem = "is none that is believed; choose SHA-256 HMAC or SHA-512 HMAC in the account's settings \
                               at Vonage, and write \"sha256\" or \"sha512\" here";
                return Err(entry.fault("signature_method", problem));
            }
        };
        Ok(Self {
            api_key,
            api_secret,
            from,
            base_url: base_url(&entry, raw.base_url, "https://rest.nexmo.com")?,
            signature_secret: signature_secret(&entry, raw.signature_secret)?,
            signature_method,
        })
    }
}

impl VonageVoice {
    pub(super) fn read<E: Entry>(mut entry: E) -> Result<Self, E::Fault> {
        let raw: RawVoice = entry.settings()?;
        let application_id = raw.application_id.filter(|id| !id.is_empty()).ok_or_else(|| {
            entry.fault("application_id", "is missing; give the id of the Voice application at Vonage")
        })?;
        let key = secret(
            &entry,
            "private_key",
            raw.private_key,
            "the Voice application's private key, in PEM form",
        )?;
        let private_key =
            key_pair(key.expose_secret()).map_err(|problem| entry.fault("private_key", problem))?;
        let from = raw.from.unwrap_or_default();
        if !is_number(&from) {
            let problem = if from.is_empty() {
                "is missing; give the number that calls, like +15005550006"
            } else {
                "is no number; write the number that calls like +15005550006"
            };
            return Err(entry.fault("from", problem));
        }
        Ok(Self {
            application_id,
            private_key: Arc::new(private_key),
            from,
            base_url: base_url(&entry, raw.base_url, "https://api.nexmo.com")?,
            signature_secret: signature_secret(&entry, raw.signature_secret)?,
        })
    }
}

impl VonageSms {
    /// Where reports shall be posted to, if any are believed and can arrive.
    #[must_use]
    pub fn callback(&self, public_url: &Url) -> Option<String> {
        callback(&self.base_url, self.signature_secret.is_some(), public_url)
    }
}

impl VonageVoice {
    /// Where reports shall be posted to, if any are believed and can arrive.
    #[must_use]
    pub fn callback(&self, public_url: &Url) -> Option<String> {
        callback(&self.base_url, self.signature_secret.is_some(), public_url)
    }
}

/// Our address for reports. Vonage itself cannot reach this machine by a name or a number that it has at home; a stand-in
/// can.
fn callback(base_url: &str, believed: bool, public_url: &Url) -> Option<String> {
    let host = Url::parse(base_url).ok().and_then(|url| url.host_str().map(str::to_owned))?;
    let vonage_itself = host.ends_with(".nexmo.com") || host.ends_with(".vonage.com");
    let mut url = public_url.clone();
    url.set_path("/v1/providers/vonage/status");
    (believed && !(vonage_itself && is_out_of_reach(public_url))).then(|| url.into())
}

fn secret<E: Entry>(
    entry: &E,
    name: &str,
    given: Option<SecretString>,
    what: &str,
) -> Result<SecretString, E::Fault> {
    given
        .filter(|secret| !secret.expose_secret().is_empty())
        .ok_or_else(|| entry.fault(name, format_args!("is missing; give {what}{}", entry.or_by_file(name))))
}

fn signature_secret<E: Entry>(
    entry: &E,
    given: Option<SecretString>,
) -> Result<Option<SecretString>, E::Fault> {
    match given {
        Some(secret) if secret.expose_secret().is_empty() => {
            let problem = "is empty; copy it from the account's settings at Vonage, or remove it";
            Err(entry.fault("signature_secret", problem))
        }
        given => Ok(given),
    }
}

/// E.164, with or without the plus.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// A sender's name, or a short code.
fn is_name(text: &str) -> bool {
    (1..=11).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b' ')
}

/// Reads the key as Vonage gives it (PKCS#8), or in the older form (PKCS#1). No error quotes any of it.
fn key_pair(pem: &str) -> Result<RsaKeyPair, &'static str> {
    // In an environment variable the lines are often joined by `\n`, written out.
    let pem = pem.replace("\\n", "\n");
    match PrivateKeyDer::from_pem_slice(pem.as_bytes()) {
        Ok(PrivateKeyDer::Pkcs8(der)) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).ok(),
        Ok(PrivateKeyDer::Pkcs1(der)) => RsaKeyPair::from_der(der.secret_pkcs1_der()).ok(),
        _ => None,
    }
    .ok_or(
        "is no RSA key of 2048 to 4096 bits in PEM form, which begins with -----BEGIN PRIVATE KEY-----; download it from the \
         Voice application at Vonage, and name its file with private_key_file. \
         `openssl pkcs8 -topk8 -nocrypt -in OLD.pem -out NEW.pem` brings another form into this one",
    )
}
