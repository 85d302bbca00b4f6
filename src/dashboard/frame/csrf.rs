//! Requests that a page of ours did not send are not acted upon.
//!
//! Twice: by the headers `Sec-Fetch-Site` and `Origin` (the layer [`origins`]), and by a token in each form, made from a secret in a
//! cookie that another site can neither read nor set.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tower_http::csrf::{CsrfLayer, ProtectionError};
use url::Url;

use super::PageError;

/// The form's field.
pub const FIELD: &str = "csrf";

/// The token of the forms that one secret is shown.
#[must_use]
pub fn token(secret: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(b"rift-form-1\0");
    hash.update(secret.as_bytes());
    URL_SAFE_NO_PAD.encode(hash.finalize())
}

/// Whether a form came with the token of this secret.
#[must_use]
pub fn fits(secret: &str, given: &str) -> bool {
    token(secret).as_bytes().ct_eq(given.as_bytes()).into()
}

/// The layer that refuses what another origin sends: 403.
pub fn origins(public_url: &str) -> CsrfLayer<fn(ProtectionError) -> Response> {
    let refused: fn(ProtectionError) -> Response =
        |_| PageError::status(StatusCode::FORBIDDEN, "This form was sent from another site.").into_response();
    let layer = CsrfLayer::new();
    // Behind a proxy the host that is asked for may be another one than people see.
    let layer = match Url::parse(public_url) {
        Ok(url) => layer.clone().add_trusted_origin(url.origin().ascii_serialization()).unwrap_or(layer),
        Err(_) => layer,
    };
    layer.with_rejection_response(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_fits_its_secret_only() {
        let one = token("secret");
        assert!(fits("secret", &one));
        for wrong in ["", "secret", &token("other"), &one[1..]] {
            assert!(!fits("secret", wrong), "{wrong}");
        }
    }
}
