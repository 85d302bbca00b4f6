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

    async fn unknown_paths_and_wrong_verbs_are_told_in_json(app: TestApp) {
        app.get("/v1/nothing").await.fails(404, "not_found");
        let wrong_verb = app.delete("/v1/mfa/verify").await;
        wrong_verb.fails(405, "method_not_allowed");
        assert_eq!(wrong_verb.headers["allow"], "POST");
        assert!(wrong_verb.headers["request-id"].to_str().unwrap().starts_with("req_"));
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
