//! The fields of each kind of account, and the object that they become. Pure. What the values must be is the service's to say.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use crate::dashboard::frame::Given;
use crate::domain::message::Channel;
use crate::domain::own_provider::KeptProvider;

/// How a value is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// A line that is shown again.
    Line,
    /// A line that is not shown of what is kept, and is when it was just typed: no secret, but nobody else's business.
    Own,
    /// A secret: never shown.
    Secret,
    /// Several lines that are not shown again.
    SecretLines,
    /// One of these: the value and its words.
    Choice(&'static [(&'static str, &'static str)]),
}

/// One field.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name in the object, except for those of a mail server.
    pub name: &'static str,
    /// How it is typed.
    pub control: Control,
    /// What stands in it as an example.
    pub example: &'static str,
    /// What it is, as a sentence.
    pub help: &'static str,
    /// Whether it must be there.
    pub needed: bool,
}

/// A field as it is shown.
pub struct Shown {
    /// The field.
    pub field: Field,
    /// Its label.
    pub label: &'static str,
    /// Its value, where that is shown.
    pub value: String,
    /// Whether a value is kept that is not shown.
    pub is_set: bool,
}

const fn field(
    name: &'static str,
    control: Control,
    example: &'static str,
    help: &'static str,
    needed: bool,
) -> Field {
    Field { name, control, example, help, needed }
}

use Control::{Choice, Line, Own, Secret, SecretLines};

const SMTP: &[Field] = &[
    field("host", Own, "smtp.example.com", "The server's name.", true),
    field(
        "security",
        Choice(&[("smtp", "STARTTLS, port 587"), ("smtps", "TLS from the start, port 465")]),
        "",
        "",
        true,
    ),
    field("port", Own, "587", "Where it is not the usual one.", false),
    field("user", Own, "postmaster@example.com", "Where the server asks for one.", false),
    field("password", Secret, "", "", false),
    field("from", Line, "Acme <no-reply@example.com>", "Who sends, as users see it.", true),
];

const TWILIO: &[Field] = &[
    field("account_sid", Own, "AC0123…", "From Twilio's console.", true),
    field("auth_token", Secret, "", "From Twilio's console.", true),
    field("from", Line, "+15005550006", "The sender's number; for SMS also a short code or a name.", false),
];

const TWILIO_SERVICE: Field =
    field("messaging_service_sid", Own, "MG0123…", "In place of a number: a messaging service.", false);

const TWILIO_WHATSAPP: &[Field] = &[
    field("content_sid", Line, "HX0123…", "The approved template for a code.", false),
    field("action_content_sid", Line, "HX0123…", "The one for a code with an action.", false),
    field("backup_content_sid", Line, "HX0123…", "The one for backup codes.", false),
];

const VONAGE_SMS: &[Field] = &[
    field("api_key", Own, "", "From the dashboard at Vonage.", true),
    field("api_secret", Secret, "", "From the dashboard at Vonage.", true),
    field("from", Line, "Acme", "The sender: a number, or a name of up to 11 letters and digits.", true),
    field("signature_secret", Secret, "", "With it delivery reports are believed.", false),
    field(
        "signature_method",
        Choice(&[("", "SHA-256 HMAC"), ("sha512", "SHA-512 HMAC")]),
        "",
        "As in the account's settings.",
        false,
    ),
];

const VONAGE_VOICE: &[Field] = &[
    field("application_id", Own, "", "The id of the Voice application at Vonage.", true),
    field(
        "private_key",
        SecretLines,
        "-----BEGIN PRIVATE KEY-----",
        "The application's private key, in PEM form.",
        true,
    ),
    field("from", Line, "+15005550006", "The number that calls.", true),
    field("signature_secret", Secret, "", "With it delivery reports are believed.", false),
];

const META: &[Field] = &[
    field(
        "phone_number_id",
        Own,
        "106540352242922",
        "From WhatsApp > API setup; not the number itself.",
        true,
    ),
    field("access_token", Secret, "", "A system user's token.", true),
    field("template", Line, "login_code", "The approved authentication template for a code.", true),
    field("button", Choice(&[("", "has a button with the code"), ("false", "has none")]), "", "", false),
    field("action_template", Line, "login_action", "The template for a code with an action.", false),
    field("backup_template", Line, "login_backup", "The template for backup codes.", false),
    field("language", Line, "en_US", "The language of all templates; without one the message's own.", false),
    field("version", Line, "v23.0", "The version of the Graph API.", false),
];

const HTTP: &[Field] = &[
    field(
        "url",
        Own,
        "https://gateway.example.com/send",
        "Where messages are posted, over https. It may be a template.",
        true,
    ),
    field("secret", Secret, "", "Signs each request. `openssl rand -base64 32` makes one.", true),
    field("method", Choice(&[("", "POST"), ("PUT", "PUT"), ("GET", "GET")]), "", "", false),
    field("content_type", Line, "application/json", "The body's type.", false),
    field("headers", SecretLines, "X-Api-Key: …", "One a line, name and value; at most 20.", false),
    field(
        "body",
        SecretLines,
        "",
        "A template of the body. Without one it is a JSON object with all that there is to say.",
        false,
    ),
];

/// The kinds that serve a channel.
#[must_use]
pub const fn kinds(channel: Channel) -> &'static [&'static str] {
    match channel {
        Channel::Email => &["smtp", "http"],
        Channel::Sms | Channel::Voice => &["twilio", "vonage", "http"],
        Channel::Whatsapp => &["meta", "twilio", "http"],
    }
}

/// A kind's name for people.
#[must_use]
pub fn kind_name(kind: &str) -> &'static str {
    match kind {
        "smtp" => "Mail server (SMTP)",
        "twilio" => "Twilio",
        "vonage" => "Vonage",
        "meta" => "Meta (WhatsApp Cloud API)",
        "http" => "HTTP gateway",
        _ => "Unknown",
    }
}

/// A field's label, also of what is shown of an account.
#[must_use]
pub fn label(name: &str) -> &str {
    match name {
        "host" => "Server",
        "security" => "Encryption",
        "port" => "Port",
        "user" => "User",
        "password" => "Password",
        "from" => "Sender",
        "account_sid" => "Account SID",
        "auth_token" => "Auth token",
        "messaging_service_sid" => "Messaging service SID",
        "content_sid" => "Template (content SID)",
        "backup_content_sid" | "backup_template" => "Template for backup codes",
        "api_key" => "API key",
        "api_secret" => "API secret",
        "signature_secret" => "Signature secret",
        "signature_method" => "Signature method",
        "application_id" => "Application id",
        "private_key" => "Private key",
        "phone_number_id" => "Phone number id",
        "access_token" => "Access token",
        "template" => "Template",
        "button" => "The template",
        "action_content_sid" | "action_template" => "Template with an action",
        "language" => "Language",
        "version" => "Version",
        "url" => "Address",
        "origin" => "Host",
        "secret" => "Secret",
        "method" => "Method",
        "content_type" => "Content type",
        "headers" => "Headers",
        "body" => "Body",
        "reports" => "Delivery reports",
        other => other,
    }
}

/// The fields of a kind on a channel; none for what is no kind of it.
#[must_use]
pub fn fields(channel: Channel, kind: &str) -> Vec<Field> {
    match kind {
        _ if !kinds(channel).contains(&kind) => Vec::new(),
        "smtp" => SMTP.to_vec(),
        "twilio" => {
            let more: &[Field] = if channel == Channel::Whatsapp { TWILIO_WHATSAPP } else { &[] };
            let service = (channel != Channel::Voice).then_some(TWILIO_SERVICE);
            TWILIO.iter().copied().chain(service).chain(more.iter().copied()).collect()
        }
        "vonage" if channel == Channel::Voice => VONAGE_VOICE.to_vec(),
        "vonage" => VONAGE_SMS.to_vec(),
        "meta" => META.to_vec(),
        "http" => HTTP.to_vec(),
        _ => Vec::new(),
    }
}

/// Fields that together are the address of a mail server.
const SERVER: [&str; 5] = ["host", "security", "port", "user", "password"];

/// The fields as they are shown: what was typed, what is kept and may be told, and that the rest is set. A secret is not shown
/// again, not even to who has just typed it.
#[must_use]
pub fn shown(channel: Channel, kind: &str, kept: Option<&KeptProvider>, typed: Option<&Given>) -> Vec<Shown> {
    let is_set = |name: &str| {
        // Of a mail server's address it is known that it is there, and not what is in it.
        let name = if kind == "smtp" && name == "host" { "url" } else { name };
        kept.is_some_and(|kept| kept.set.iter().any(|set| set == name))
    };
    let value = |field: &Field| match (typed, field.control) {
        (_, Secret | SecretLines) | (None, Own) => String::new(),
        (Some(typed), _) => typed.raw(field.name).to_owned(),
        (None, _) => kept.and_then(|kept| kept.told.get(field.name)).cloned().unwrap_or_default(),
    };
    fields(channel, kind)
        .into_iter()
        .map(|field| Shown {
            label: label(field.name),
            value: value(&field),
            is_set: matches!(field.control, Own | Secret | SecretLines) && is_set(field.name),
            field,
        })
        .collect()
}

/// An account as the service takes it, and what stays of the one that is kept.
type Object = (Map<String, Value>, Vec<String>);

/// A field, and what is wrong with it.
type Wrong = (&'static str, &'static str);

/// What was typed, as the service takes it, and what of the kept account stays: secrets whose fields were left empty.
///
/// # Errors
/// The field, and what is wrong with it.
pub fn object(
    channel: Channel,
    kind: &str,
    form: &Given,
    kept: Option<&KeptProvider>,
) -> Result<Object, Wrong> {
    let mut object = Map::from_iter([("kind".to_owned(), Value::from(kind))]);
    let mut keep = Vec::new();
    let is_kept = |name: &str| kept.is_some_and(|kept| kept.set.iter().any(|set| set == name));
    if kind == "smtp" {
        match server(form, is_kept("url"))? {
            Some(url) => drop(object.insert("url".to_owned(), url.into())),
            None => keep.push("url".to_owned()),
        }
    }
    for field in fields(channel, kind) {
        if kind == "smtp" && SERVER.contains(&field.name) {
            continue;
        }
        let given = form.text(field.name).replace("\r\n", "\n");
        match (given.is_empty(), field.control) {
            (true, Own | Secret | SecretLines) => keep.push(field.name.to_owned()),
            (true, _) => {}
            (false, _) if field.name == "headers" => {
                object.insert("headers".to_owned(), headers(&given)?);
            }
            (false, Choice(_)) if matches!(given.as_str(), "true" | "false") => {
                object.insert(field.name.to_owned(), Value::Bool(given == "true"));
            }
            (false, _) => drop(object.insert(field.name.to_owned(), given.into())),
        }
    }
    // A number takes the place of a messaging service.
    if kind == "twilio" && object.contains_key("from") {
        keep.retain(|name| name != "messaging_service_sid");
    }
    Ok((object, keep))
}

fn headers(text: &str) -> Result<Value, Wrong> {
    let mut headers = Map::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let Some((name, value)) = line.split_once(':') else {
            return Err(("headers", "Write one header a line, like X-Api-Key: value."));
        };
        headers.insert(name.trim().to_owned(), value.trim().into());
    }
    Ok(Value::Object(headers))
}

/// Characters that stay as they are in a user's name and password.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A mail server's address made of its fields; nothing where all of them are empty and one is kept.
fn server(form: &Given, is_kept: bool) -> Result<Option<String>, Wrong> {
    let (host, port) = (form.text("host"), form.text("port"));
    let (user, password) = (form.text("user"), form.raw("password"));
    if host.is_empty() {
        let untouched = port.is_empty() && user.is_empty() && password.is_empty();
        return if is_kept && untouched {
            Ok(None)
        } else {
            Err(("host", "Give the server's name, and with it the user and the password."))
        };
    }
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    if !host.chars().all(is_host) {
        return Err(("host", "Give a name like smtp.example.com, without smtp:// and without a path."));
    }
    if !port.is_empty() && port.parse::<u16>().is_err() {
        return Err(("port", "Give a number like 587, or leave it empty."));
    }
    let scheme = if form.text("security") == "smtps" { "smtps" } else { "smtp" };
    let port = if port.is_empty() { String::new() } else { format!(":{port}") };
    let login = match (user, password) {
        ("", "") => String::new(),
        ("", _) => return Err(("user", "There is a password without a user.")),
        (_, "") => return Err(("password", "There is a user without a password.")),
        (user, password) => {
            let encoded = |text| utf8_percent_encode(text, PLAIN).to_string();
            format!("{}:{}@", encoded(user), encoded(password))
        }
    };
    Ok(Some(format!("{scheme}://{login}{host}{port}")))
}

#[cfg(test)]
mod tests;
