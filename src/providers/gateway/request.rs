//! One gateway's request: the templates, checked at the start with sample messages, and filled for each message.

use std::net::{Ipv4Addr, Ipv6Addr};

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::de::IgnoredAny;
use url::{Host, Origin, Url};

use super::template::{Bounds, Renderer, Variables};
use super::{BadSetting, GatewaySettings, Guard};
use crate::domain::message::{Channel, Envelope};
use crate::providers::guard::Blocked;

/// Headers that are not the operator's to set: the signature's, and those that the connection makes itself.
const RESERVED: [&str; 8] = [
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "upgrade",
];

/// Who wrote the settings.
#[derive(Clone, Copy)]
pub(super) enum Author<'a> {
    /// The operator, who may reach what is near and write templates as long as they stay within their fuel.
    Operator,
    /// A tenant, who may do neither.
    Tenant(&'a Guard),
}

/// The templates of one gateway.
pub(super) struct Form {
    renderer: Renderer,
    method: Method,
    url: SecretString,
    /// Where the messages go, whatever they hold.
    origin: Origin,
    headers: Vec<Header>,
    body: Option<String>,
    content_type: HeaderValue,
}

struct Header {
    /// The setting, as it was written.
    setting: String,
    name: HeaderName,
    template: SecretString,
}

/// A request, ready to be signed.
pub(super) struct Filled {
    pub(super) method: Method,
    pub(super) url: String,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Form {
    /// Checks the templates, and that they make requests of a code and of a set of backup codes.
    pub(super) fn new(settings: GatewaySettings, author: Author<'_>) -> Result<Self, BadSetting> {
        let method = match settings.method.to_ascii_uppercase().as_str() {
            "POST" => Method::POST,
            "PUT" => Method::PUT,
            "PATCH" => Method::PATCH,
            "GET" => Method::GET,
            _ => return Err(BadSetting::new("method", "is none of POST, PUT, PATCH and GET")),
        };
        let content_type = HeaderValue::from_str(&settings.content_type).ok().filter(|kind| !kind.is_empty());
        let content_type = content_type.ok_or_else(|| {
            BadSetting::new("content_type", "is no content type; write it like application/json")
        })?;
        let headers: Vec<_> = settings.headers.into_iter().map(header).collect::<Result<_, _>>()?;
        let renderer = Renderer::new(match author {
            Author::Operator => Bounds::Fuel,
            Author::Tenant(_) => Bounds::Plain,
        });
        let mut form = Self {
            renderer,
            method,
            url: settings.url,
            origin: Origin::new_opaque(),
            headers,
            body: settings.body,
            content_type,
        };
        form.check_names()?;
        form.origin = form.try_url(&sample(settings.channel, false), author)?;
        for sample in [sample(settings.channel, false), sample(settings.channel, true)] {
            form.try_with(&sample, author)?;
        }
        Ok(form)
    }

    /// That each template is one, and says only what there is.
    fn check_names(&self) -> Result<(), BadSetting> {
        let names = |setting: &str, template: &str| {
            self.renderer.names(template).map_err(|problem| BadSetting::new(setting, problem))
        };
        let mut said = names("url", self.url.expose_secret())?;
        for header in &self.headers {
            said.extend(names(&header.setting, header.template.expose_secret())?);
        }
        if let Some(body) = &self.body {
            if self.method == Method::GET {
                return Err(BadSetting::new("body", "is set, but GET carries none; remove it, or use POST"));
            }
            names("body", body)?;
        }
        let says_code = ["text", "html", "code"].iter().any(|name| said.contains(*name));
        if self.method == Method::GET && !(said.contains("to") && says_code) {
            let problem = "must hold the message, since GET has no body: add {{ to|urlencode }} and {{ text|urlencode }}";
            return Err(BadSetting::new("url", problem));
        }
        Ok(())
    }

    fn try_url(&self, sample: &Envelope, author: Author<'_>) -> Result<Origin, BadSetting> {
        let url = self
            .renderer
            .render(self.url.expose_secret(), &Variables::of(SAMPLE_ID, sample))
            .and_then(|text| address(&text, &sample.to, author).map_err(str::to_owned))
            .map_err(|problem| BadSetting::new("url", problem))?;
        Ok(url.origin())
    }

    fn try_with(&self, sample: &Envelope, author: Author<'_>) -> Result<(), BadSetting> {
        if self.try_url(sample, author)? != self.origin {
            return Err(BadSetting::new(
                "url",
                "has a variable in its host; a message may not say where it goes",
            ));
        }
        let variables = Variables::of(SAMPLE_ID, sample);
        for Header { setting, template, .. } in &self.headers {
            let value = self
                .renderer
                .render(template.expose_secret(), &variables)
                .map_err(|problem| BadSetting::new(setting, problem))?;
            if header_value(&value).is_none() {
                let problem = "does not stay on one line; put the variable through the filter urlencode";
                return Err(BadSetting::new(setting, problem));
            }
        }
        if let Some(template) = &self.body {
            let body = self
                .renderer
                .render(template, &variables)
                .map_err(|problem| BadSetting::new("body", problem))?;
            if self.is_json() && serde_json::from_str::<IgnoredAny>(&body).is_err() {
                let problem = "makes no JSON; write each variable without quotes and through the filter tojson, \
                               like {\"to\": {{ to|tojson }}}, or set content_type";
                return Err(BadSetting::new("body", problem));
            }
            // In a form & begins a field: an Action could add a recipient of its own.
            let bare = [Some(sample.to.as_str()), Some(&sample.text), sample.action.as_deref()];
            let bare =
                bare.into_iter().flatten().chain(sample.app.contains('&').then_some(sample.app.as_str()));
            if self.is_form() && bare.into_iter().any(|value| body.contains(value)) {
                let problem = "has a variable as it is; in a form put each through the filter urlencode, \
                               like to={{ to|urlencode }}";
                return Err(BadSetting::new("body", problem));
            }
        }
        Ok(())
    }

    /// Scheme, host and port.
    pub(super) fn origin(&self) -> String {
        self.origin.ascii_serialization()
    }

    /// The content type without its parameters.
    fn kind(&self) -> String {
        let kind = self.content_type.to_str().unwrap_or_default().to_ascii_lowercase();
        kind.split(';').next().unwrap_or_default().trim().to_owned()
    }

    fn is_json(&self) -> bool {
        let kind = self.kind();
        kind == "application/json" || kind.ends_with("+json")
    }

    fn is_form(&self) -> bool {
        self.kind() == "application/x-www-form-urlencoded"
    }

    /// The request for one message. `None` if the templates make no request of it: a line break in a header, an
    /// address elsewhere.
    pub(super) fn fill(&self, message_id: &str, envelope: &Envelope) -> Option<Filled> {
        let variables = Variables::of(message_id, envelope);
        let url = self.renderer.render(self.url.expose_secret(), &variables).ok()?;
        if has_gaps(&url) || Url::parse(&url).ok()?.origin() != self.origin {
            return None;
        }
        let mut headers = HeaderMap::new();
        for Header { name, template, .. } in &self.headers {
            let value = self.renderer.render(template.expose_secret(), &variables).ok()?;
            headers.append(name.clone(), header_value(&value)?);
        }
        let body = match &self.body {
            _ if self.method == Method::GET => String::new(),
            Some(template) => self.renderer.render(template, &variables).ok()?,
            None => serde_json::to_string(&variables).ok()?,
        };
        if self.method != Method::GET {
            headers.insert(CONTENT_TYPE, self.content_type.clone());
        }
        Some(Filled { method: self.method.clone(), url, headers, body })
    }
}

fn header((given, template): (String, SecretString)) -> Result<Header, BadSetting> {
    let setting = format!("headers.{given}");
    let name = HeaderName::from_bytes(given.as_bytes())
        .map_err(|_| BadSetting::new(&setting, "is no name of a header; use letters, digits and dashes"))?;
    if name == CONTENT_TYPE {
        return Err(BadSetting::new(setting, "has a setting of its own; write content_type"));
    }
    if RESERVED.contains(&name.as_str()) {
        return Err(BadSetting::new(setting, "is made by the service itself; remove it"));
    }
    Ok(Header { setting, name, template })
}

/// The value of a header, if it is one line. It may hold a credential or a number, so it is marked as sensitive.
fn header_value(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_bytes(text.as_bytes()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Blanks and control characters: what `Url` would quietly drop or encode.
fn has_gaps(url: &str) -> bool {
    url.chars().any(|letter| letter.is_whitespace() || letter.is_control())
}

/// An address that messages may go to.
fn address(text: &str, sample_to: &str, author: Author<'_>) -> Result<Url, &'static str> {
    if has_gaps(text) {
        return Err("has a blank or a line break in it; put each variable through the filter urlencode");
    }
    let url = Url::parse(text).map_err(|_| "is no URL; write it like https://gateway.example.com/send")?;
    let host = url.host().ok_or("has no host; write it like https://gateway.example.com/send")?;
    let in_the_clear = "must start with https://: codes and numbers would cross the net in the clear";
    match (author, url.scheme()) {
        (Author::Tenant(guard), "http" | "https") => match guard.check(&url) {
            Ok(_) => {}
            Err(Blocked::Plain) => return Err(in_the_clear),
            Err(Blocked::Address | Blocked::Unknown) => {
                return Err("names an address that is private, local or reserved; give a public one");
            }
        },
        (Author::Operator, "https") => {}
        (Author::Operator, "http") if stays_near(&host) => {}
        (Author::Operator, "http") => return Err(in_the_clear),
        _ => return Err("must start with https://"),
    }
    if url.query().is_some_and(|query| query.contains(sample_to)) {
        return Err("has {{ to }} in its query as it is, where + reads as a blank; write {{ to|urlencode }}");
    }
    if sample_to.contains('@') && text.contains(sample_to) {
        return Err("has {{ to }} as it is, and an address may hold ? and #; write {{ to|urlencode }}");
    }
    Ok(url)
}

/// This machine, or a name without a dot: a neighbour on a private network, such as a service of the same
/// docker-compose file. No public name is without a dot.
fn stays_near(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => !name.contains('.') || name.ends_with(".localhost"),
        Host::Ipv4(ip) => Ipv4Addr::is_loopback(ip),
        Host::Ipv6(ip) => Ipv6Addr::is_loopback(ip),
    }
}

const SAMPLE_ID: &str = "msg_01jd0000000000000000000000";

/// A message with everything in it that a template can stumble over.
fn sample(channel: Channel, backup: bool) -> Envelope {
    let (to, other) = match channel {
        Channel::Email => ("jane+mfa@example.com", "joe+mfa@example.org"),
        Channel::Sms | Channel::Whatsapp | Channel::Voice => ("+4915112345678", "+14155552671"),
    };
    let mut envelope = Envelope::plain(
        channel,
        if backup { other } else { to },
        "\"Acme\" & Söhne: 031415\n\n@acme.example #031415",
    );
    if channel == Channel::Email {
        envelope.subject = "Your \"Acme\" & Söhne code".into();
        envelope.html = Some("<p class=\"code\">\n031415</p>".to_owned());
    }
    if backup {
        envelope.app = "Other".into();
        envelope.locale = "de".into();
        envelope.backup_codes = vec!["0-7KQ2M-9XD4-TPBW".to_owned(), "1-7KQ2M-9XD4-TPBW".to_owned()];
    } else {
        envelope.app = "\"Acme\" & Söhne".into();
        envelope.code = Some("031415".to_owned());
        envelope.action = Some("Pay \"12 EUR\" & go".to_owned());
    }
    envelope
}

#[cfg(test)]
mod tests;
