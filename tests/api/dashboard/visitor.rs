//! A browser without a screen: it keeps cookies, and sends forms with the token that a page showed to it.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use axum::http::request::Builder;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use rift_mfa::domain::access::Member;
use tower::ServiceExt;

use crate::harness::{PUBLIC_URL, TestApp};

/// The cookie that holds a session.
pub const SESSION: &str = "__Host-rift-session";

/// Where a page is, what it holds, and what came with it.
#[derive(Debug)]
pub struct Page {
    pub path: String,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub html: String,
}

impl Page {
    /// Where a redirect leads to; nothing for a page.
    pub fn location(&self) -> &str {
        self.header("location")
    }

    /// A header; nothing where it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a header of ASCII"))
    }

    /// The page, which must be one.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.status, StatusCode::OK, "{} {}\n{}", self.path, self.location(), self.html);
        self
    }

    /// A status other than 200.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{} {}\n{}", self.path, self.location(), self.html);
        self
    }

    /// A redirect to there.
    #[track_caller]
    pub fn leads_to(self, path: &str) -> Self {
        assert_eq!((self.status.as_u16(), self.location()), (303, path), "{}\n{}", self.path, self.html);
        self
    }

    /// The page says all of this, somewhere.
    #[track_caller]
    pub fn says(&self, words: &[&str]) -> &Self {
        for words in words {
            assert!(self.html.contains(words), "`{words}` is not on {}:\n{}", self.path, self.html);
        }
        self
    }

    /// The page says none of this.
    #[track_caller]
    pub fn keeps_quiet_about(&self, words: &[&str]) -> &Self {
        for words in words {
            assert!(!self.html.contains(words), "`{words}` is on {}:\n{}", self.path, self.html);
        }
        self
    }

    /// What stands between two marks, the first time.
    #[track_caller]
    pub fn between(&self, before: &str, after: &str) -> String {
        let (_, rest) = self.html.split_once(before).unwrap_or_else(|| {
            panic!("`{before}` is not on {}:\n{}", self.path, self.html);
        });
        rest.split(after).next().unwrap_or_default().to_owned()
    }

    /// The value of a field of a form: `name` and `value` of one input, in this order.
    pub fn field(&self, name: &str) -> Option<String> {
        let (_, rest) = self.html.split_once(&format!("name=\"{name}\""))?;
        let tag = rest.split('>').next()?;
        let (_, value) = tag.split_once("value=\"")?;
        Some(value.split('"').next()?.to_owned())
    }
}

/// Somebody at the dashboard.
pub struct Visitor {
    router: Router,
    cookies: BTreeMap<String, String>,
    /// The token of the last page that had a form.
    csrf: String,
    /// The `Set-Cookie` headers so far, as they came.
    pub set_cookies: Vec<String>,
    /// The member, for one that [`TestApp::signed_in`] made.
    pub member: Option<Member>,
}

impl TestApp {
    /// Somebody who has no session.
    pub fn visitor(&self) -> Visitor {
        Visitor {
            router: self.router(),
            cookies: BTreeMap::new(),
            csrf: String::new(),
            set_cookies: Vec::new(),
            member: None,
        }
    }
}

impl Visitor {
    /// Looks at a page.
    pub async fn get(&mut self, path: &str) -> Page {
        let request = self.request("GET", path).header("sec-fetch-site", "same-origin");
        self.send(path, request.body(Body::empty()).expect("a request")).await
    }

    /// Looks at a page as a page does that follows what happens.
    pub async fn look_by_itself(&mut self, path: &str) -> Page {
        let request =
            self.request("GET", path).header("sec-fetch-site", "same-origin").header("rift-live", "1");
        self.send(path, request.body(Body::empty()).expect("a request")).await
    }

    /// Sends a form to `path` with the token of the last page that had one; where none was seen, the page at `path` or the
    /// member's own is looked at first.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        if self.csrf.is_empty() {
            self.get(path).await;
        }
        if self.csrf.is_empty() {
            self.get("/dashboard/account").await;
        }
        let mut fields = fields.to_vec();
        let csrf = self.csrf.clone();
        fields.push(("csrf", &csrf));
        self.post_as_it_is(path, &fields, Some("same-origin"), Some(PUBLIC_URL)).await
    }

    /// Looks at the page at `path` and sends its form back to it.
    pub async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.get(path).await.ok();
        self.post(path, fields).await
    }

    /// Sends a form with these fields and headers and nothing of its own.
    pub async fn post_as_it_is(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        site: Option<&str>,
        origin: Option<&str>,
    ) -> Page {
        let mut request =
            self.request("POST", path).header("content-type", "application/x-www-form-urlencoded");
        for (name, value) in [("sec-fetch-site", site), ("origin", origin)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let body = serde_urlencoded::to_string(fields).expect("a form");
        self.send(path, request.body(Body::from(body)).expect("a request")).await
    }

    /// Sends any request with this visitor's cookies.
    pub async fn ask(&mut self, method: &str, path: &str) -> Page {
        let request = self.request(method, path).body(Body::empty()).expect("a request");
        self.send(path, request).await
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    /// Puts a cookie in, or takes it out.
    pub fn set_cookie(&mut self, name: &str, value: Option<&str>) {
        self.csrf.clear();
        match value {
            Some(value) => self.cookies.insert(name.to_owned(), value.to_owned()),
            None => self.cookies.remove(name),
        };
    }

    /// The token of the last page that had a form.
    pub fn csrf(&self) -> &str {
        &self.csrf
    }

    fn request(&self, method: &str, path: &str) -> Builder {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "mfa.example")
            .header("user-agent", "a test");
        if !self.cookies.is_empty() {
            let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("cookie", pairs.join("; "));
        }
        request
    }

    async fn send(&mut self, path: &str, request: Request<Body>) -> Page {
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        let html = String::from_utf8(bytes.to_vec()).expect("text");
        for set in parts.headers.get_all("set-cookie") {
            self.keep(set.to_str().expect("a cookie of ASCII"));
        }
        let page = Page { path: path.to_owned(), status: parts.status, headers: parts.headers, html };
        if let Some(token) = page.field("csrf") {
            self.csrf = token;
        }
        page
    }

    /// Keeps a cookie as a browser would; one that is over is dropped.
    fn keep(&mut self, set: &str) {
        self.set_cookies.push(set.to_owned());
        let (pair, attributes) = set.split_once(';').unwrap_or((set, ""));
        let (name, value) = pair.split_once('=').expect("a cookie has a value");
        if attributes.to_ascii_lowercase().contains("max-age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        if name == SESSION {
            // Forms are tied to the session: those of the old one are worth nothing now.
            self.csrf.clear();
        }
    }
}
