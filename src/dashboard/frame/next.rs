//! Where a visitor goes on after signing in or confirming: to a page of this dashboard and to no other place.

use std::fmt;

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
