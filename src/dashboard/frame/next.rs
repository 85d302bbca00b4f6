//! Where a visitor goes on after signing in or confirming: to a page of this dashboard and to no other place.

use std::fmt;

use axum::http::Method;
use axum::http::header::REFERER;
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use url::Url;

/// A page of the dashboard: path and query. It has no host, so that nobody is sent to another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next(String);

/// A host that cannot be one: what a given text is judged against.
const NOWHERE: &str = "http://nowhere.invalid";

impl Next {
    /// The text as a browser would understand it on one of our pages, where it stays within the dashboard.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let base = Url::parse(NOWHERE).ok()?;
        let url = base.join(text).ok()?;
        let path = url.path();
        let inside = path == "/dashboard" || path.starts_with("/dashboard/");
        // What a browser and this parser might read in two ways is not taken at all.
        let plain = text.starts_with("/dashboard") && !text.contains(['\\', '\r', '\n', '\t']);
        (url.origin() == base.origin() && url.username().is_empty() && inside && plain)
            .then(|| Self(url.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))))
    }

    /// The same; the first page where the text names none.
    #[must_use]
    pub fn or_home(text: &str) -> Self {
        Self::parse(text).unwrap_or_else(|| Self("/dashboard".to_owned()))
    }

    /// Where a visitor who was sent away comes back to: the page that was asked for, or the one whose form was sent.
    #[must_use]
    pub fn after(parts: &Parts) -> Self {
        let own = parts.uri.path_and_query().map_or("", PathAndQuery::as_str);
        if parts.method == Method::GET || parts.method == Method::HEAD {
            return Self::or_home(own);
        }
        // The address of a form may be no page; the page is told by the browser, as far as it is one of ours.
        let shown = parts.headers.get(REFERER).and_then(|referrer| Url::parse(referrer.to_str().ok()?).ok());
        let shown = shown.and_then(|url| {
            Self::parse(
                &url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path())),
            )
        });
        shown.unwrap_or_else(|| Self::or_home(own))
    }

    /// Path and query.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As the value of a field in a query.
    #[must_use]
    pub fn encoded(&self) -> String {
        url::form_urlencoded::byte_serialize(self.0.as_bytes()).collect()
    }
}

impl fmt::Display for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_the_dashboard_are_taken_with_their_query() {
        for text in ["/dashboard", "/dashboard/applications/app_1/log?mode=live&type=SMS"] {
            assert_eq!(Next::parse(text).map(|next| next.to_string()).as_deref(), Some(text));
        }
        assert_eq!(Next::parse("/dashboard/log?a=1#part").unwrap().as_str(), "/dashboard/log?a=1");
    }

    #[test]
    fn a_form_leads_back_to_its_page() {
        let after = |method: &str, referrer: Option<&str>| {
            let mut request =
                axum::http::Request::builder().method(method).uri("/dashboard/keys/key_1/revoke?a=1");
            if let Some(referrer) = referrer {
                request = request.header(REFERER, referrer);
            }
            Next::after(&request.body(()).unwrap().into_parts().0).to_string()
        };
        let own = "/dashboard/keys/key_1/revoke?a=1";
        assert_eq!(after("GET", Some("https://mfa.example.com/dashboard/log")), own);
        assert_eq!(after("POST", Some("https://mfa.example.com/dashboard/keys?b=2")), "/dashboard/keys?b=2");
        for none in [None, Some("https://evil.example/"), Some("//"), Some("https://mfa.example.com/docs")] {
            assert_eq!(after("POST", none), own, "{none:?}");
        }
    }

    #[test]
    fn no_other_place_is() {
        let places = [
            "",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example/dashboard",
            "https:/evil.example",
            "//evil.example/dashboard",
            "/dashboard/../../evil",
            "/dashboard/..//evil.example",
            "/dashboard\\..\\..\\evil",
            "/dashboardevil",
            "/docs",
            "dashboard",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/dashboard\r\nSet-Cookie: a=b",
            "http://nowhere.invalid@evil.example/dashboard",
        ];
        for text in places {
            assert_eq!(Next::parse(text), None, "{text:?}");
            assert_eq!(Next::or_home(text).as_str(), "/dashboard");
        }
    }
}
