//! The pages for people, and the document that they show.

use axum::body::Body;
use axum::http::Request;
use base64::Engine as _;
use sha2::Digest as _;

use crate::harness::on_both;

on_both! {
    async fn the_elements_are_served_with_their_hash(app: TestApp) {
        let served = app.send(Request::get("/elements.js").body(Body::empty()).unwrap()).await;
        let module = include_str!("../../elements/dist/rift-elements.js");
        assert_eq!((served.status.as_u16(), served.body.as_str()), (200, Some(module)));
        let header = |name: &str| served.headers[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), "text/javascript; charset=utf-8");
        assert_eq!((header("access-control-allow-origin"), header("x-content-type-options")), ("*".into(), "nosniff".into()));
        let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha384::digest(module));
        assert_eq!(header("etag"), format!("\"sha384-{hash}\""));
        let again = Request::get("/elements.js").header("if-none-match", header("etag")).body(Body::empty()).unwrap();
        let again = app.send(again).await;
        assert_eq!((again.status.as_u16(), again.body.as_str()), (304, Some("")));
    }

    async fn every_link_of_the_guides_leads_somewhere(app: TestApp) {
        let mut pages = std::collections::BTreeMap::new();
        for path in ["/docs", "/docs/manage", "/docs/webhooks", "/docs/templates", "/docs/dashboard"] {
            let page = app.send(Request::get(path).body(Body::empty()).unwrap()).await;
            assert_eq!(page.status.as_u16(), 200, "{path}");
            pages.insert(path, page.body.as_str().unwrap().to_owned());
        }
        let mut links = 0;
        for (path, page) in &pages {
            for link in page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
                if link.starts_with("https://") || link == "/openapi.json" || link == "/docs/api" || link == "/" {
                    continue;
                }
                let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
                let target = if file.is_empty() { page } else {
                    pages.get(file).unwrap_or_else(|| panic!("{path} links to {link}"))
                };
                let there = anchor.is_empty() || target.contains(&format!("id=\"{anchor}\""));
                assert!(there, "{path} links to {link}, and there is no such place");
                links += 1;
            }
        }
        assert!(links > 50, "{links}");
    }

    async fn unknown_paths_and_wrong_verbs_are_told_in_json(app: TestApp) {
        app.get("/v1/nothing").await.fails(404, "not_found");
        let wrong_verb = app.delete("/v1/mfa/verify").await;
        wrong_verb.fails(405, "method_not_allowed");
        assert_eq!(wrong_verb.headers["allow"], "POST");
        assert!(wrong_verb.headers["request-id"].to_str().unwrap().starts_with("req_"));
    }
}

#[test]
fn each_operation_of_the_document_has_a_name_of_its_own() {
    let document = serde_json::to_value(rift_mfa::http::openapi()).unwrap();
    let mut names = std::collections::BTreeSet::new();
    for (path, verbs) in document["paths"].as_object().unwrap() {
        for (verb, operation) in verbs.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap_or_else(|| panic!("{verb} {path} has none"));
            assert!(names.insert(name.to_owned()), "{verb} {path}: {name} is taken");
        }
    }
}

/// The document in docs/ is the one that the code makes. `UPDATE_OPENAPI=1` writes it anew.
#[test]
fn openapi_document_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json");
    let made = rift_mfa::http::openapi().to_pretty_json().unwrap() + "\n";
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(path, &made).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        kept == made,
        "docs/openapi.json is not what the code makes; run `just openapi` and look at the difference"
    );
}
