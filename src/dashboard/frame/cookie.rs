//! The two cookies. Both are `__Host-` ones (RFC 6265bis §4.1.3.2): of this host alone, over TLS alone (or on localhost), for every path.

use axum::http::HeaderMap;
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::domain::session::SessionToken;
use crate::service::Service;

/// Holds the session's token.
const SESSION: &str = "__Host-rift-session";
/// Ties a form to the browser that it was shown to, where nobody is signed in.
const FORM: &str = "__Host-rift-form";

/// The length of the value of [`FORM`]: 32 random bytes in base64url.
const FORM_LENGTH: usize = 43;

/// The cookies of a request, and what of them the answer changes.
#[derive(Clone)]
pub struct Cookies(CookieJar);

impl Cookies {
    /// Those that came.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        Self(CookieJar::from_headers(headers))
    }

    /// The session's token, where there is one.
    #[must_use]
    pub fn session(&self) -> Option<SessionToken> {
        SessionToken::parse(self.0.get(SESSION)?.value())
    }

    /// Sets a new session's token in the place of the old one.
    #[must_use]
    pub fn with_session(self, token: &SessionToken) -> Self {
        let cookie = made(SESSION, token.reveal().to_owned(), SameSite::Lax);
        Self(self.0.add(cookie))
    }

    /// Drops the session's token.
    #[must_use]
    pub fn without_session(self) -> Self {
        let mut gone = made(SESSION, String::new(), SameSite::Lax);
        gone.make_removal();
        Self(self.0.add(gone))
    }

    /// What ties forms to this browser, where there is one.
    #[must_use]
    pub fn form(&self) -> Option<&str> {
        Some(self.0.get(FORM)?.value()).filter(|value| {
            value.len() == FORM_LENGTH
                && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        })
    }

    /// The same, made where there is none.
    #[must_use]
    pub fn with_form(self, service: &Service) -> (Self, String) {
        if let Some(known) = self.form().map(str::to_owned) {
            return (self, known);
        }
        let value = URL_SAFE_NO_PAD.encode(service.random_bytes());
        let cookie = made(FORM, value.clone(), SameSite::Strict);
        (Self(self.0.add(cookie)), value)
    }

    /// For an answer.
    pub fn into_jar(self) -> CookieJar {
        self.0
    }
}

fn made(name: &'static str, value: String, same_site: SameSite) -> Cookie<'static> {
    Cookie::build((name, value)).path("/").secure(true).http_only(true).same_site(same_site).build()
}
