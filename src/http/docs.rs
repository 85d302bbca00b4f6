//! The pages for people: a word of welcome, the guide, and the reference. Nothing on them comes from another host.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::service::Service;

/// The guides that are served, by the last part of their path; the first one is `/docs` itself.
const GUIDES: [(&str, &str, &str); 5] = [
    ("", "Rift MFA: the guide", include_str!("../../docs/api.md")),
    ("manage", "Rift MFA: the management API", include_str!("../../docs/manage.md")),
    ("webhooks", "Rift MFA: webhooks", include_str!("../../docs/webhooks.md")),
    ("dashboard", "Rift MFA: the dashboard", include_str!("../../docs/dashboard.md")),
    ("templates", "Rift MFA: the words of messages", include_str!("../../docs/templates.md")),
];

/// What the guides call each other, and where that is here.
const FILES: [(&str, &str); 6] = [
    ("api.md", "/docs"),
    ("manage.md", "/docs/manage"),
    ("webhooks.md", "/docs/webhooks"),
    ("dashboard.md", "/docs/dashboard"),
    ("templates.md", "/docs/templates"),
    ("openapi.json", "/openapi.json"),
];

const PAGE: &str = include_str!("../../templates/page.html");
const WELCOME: &str = include_str!("../../templates/welcome.html");

static GUIDE_PAGES: LazyLock<[String; 5]> =
    LazyLock::new(|| GUIDES.map(|(_, title, text)| page(title, &rendered(text))));

/// A guide as HTML: links between guides lead to their pages, and each heading can be linked to by its words.
fn rendered(text: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_HEADING_ATTRIBUTES;
    let mut events: Vec<Event<'_>> = Parser::new_ext(text, options).collect();
    let mut heading = None;
    let mut words = String::new();
    let mut ids = Vec::new();
    for (at, event) in events.iter().enumerate() {
        match event {
            Event::Start(Tag::Heading { id: None, .. }) => heading = Some(at),
            Event::Text(text) | Event::Code(text) if heading.is_some() => words.push_str(text),
            Event::End(TagEnd::Heading(_)) => {
                ids.extend(heading.take().map(|at| (at, anchor(&words))));
                words.clear();
            }
            _ => {}
        }
    }
    for (at, anchor) in ids {
        if let Some(Event::Start(Tag::Heading { id, .. })) = events.get_mut(at) {
            *id = Some(anchor.into());
        }
    }
    for event in &mut events {
        if let Event::Start(Tag::Link { dest_url, .. }) = event
            && let Some(here) = moved(dest_url)
        {
            *dest_url = here.into();
        }
    }
    let mut body = String::new();
    html::push_html(&mut body, events.into_iter());
    body
}

/// A heading's words as an anchor, as code hosts make them.
fn anchor(words: &str) -> String {
    let kept = words.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
    kept.map(|letter| if letter == ' ' { '-' } else { letter.to_ascii_lowercase() }).collect()
}

/// Where a link to a file of the guides leads here.
fn moved(link: &str) -> Option<String> {
    let (file, anchor) = link.split_once('#').map_or((link, None), |(file, anchor)| (file, Some(anchor)));
    let (_, here) = FILES.iter().find(|(name, _)| *name == file)?;
    Some(anchor.map_or_else(|| (*here).to_owned(), |anchor| format!("{here}#{anchor}")))
}

static WELCOME_PAGE: LazyLock<String> = LazyLock::new(|| page("Rift MFA", WELCOME));

static DOCUMENT: LazyLock<String> = LazyLock::new(|| super::openapi().to_json().unwrap_or_default());

fn page(title: &str, body: &str) -> String {
    PAGE.replace("{{title}}", title).replace("{{body}}", body)
}

fn html_page(text: &'static str) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'",
        ),
        (CACHE_CONTROL, "public, max-age=300"),
    ];
    (headers, text).into_response()
}

/// GET /
pub(super) async fn welcome() -> Response {
    html_page(&WELCOME_PAGE)
}

/// GET /docs and /docs/{name}
pub(super) fn guides() -> Router<Arc<Service>> {
    GUIDES.iter().enumerate().fold(Router::new(), |router, (at, (name, _, _))| {
        let path = if name.is_empty() { "/docs".to_owned() } else { format!("/docs/{name}") };
        router.route(
            &path,
            get(move || async move { html_page(GUIDE_PAGES.get(at).map_or("", String::as_str)) }),
        )
    })
}

/// GET /openapi.json
pub(super) async fn openapi_json() -> Response {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=300")];
    (headers, DOCUMENT.as_str()).into_response()
}

/// GET /docs/api: the OpenAPI document, shown.
pub(super) fn reference() -> Router<Arc<Service>> {
    let config = Config::new(["/openapi.json"])
        .use_base_layout()
        .try_it_out_enabled(true)
        .persist_authorization(false);
    SwaggerUi::new("/docs/api").config(config).into()
}
