//! Twilio's reports about messages that its stand-in took, signed as Twilio signs them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use crate::lab::{self, Node};
use crate::standin::Request;

/// Twilio's signature (<https://www.twilio.com/docs/usage/security#validating-requests>).
fn signature(token: &str, url: &str, fields: &[(&str, &str)]) -> String {
    let mut fields = fields.to_vec();
    fields.sort_unstable();
    let text = fields.iter().fold(url.to_owned(), |text, (name, value)| text + name + value);
    let mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).unwrap().chain_update(text);
    STANDARD.encode(mac.finalize().into_bytes())
}

/// Tells a node what became of the `n`th message of a stand-in of Twilio.
pub async fn report(node: &Node, request: &Request, n: usize, status: &str, token: &str) -> u16 {
    let url = request.text("StatusCallback").to_owned();
    let path = url.strip_prefix(lab::PUBLIC_URL).expect("the public address");
    let sid = format!("SM{n:032x}");
    let fields = [
        ("AccountSid", lab::ACCOUNT),
        ("ErrorCode", if status == "undelivered" { "30003" } else { "" }),
        ("MessageSid", &sid),
        ("MessageStatus", status),
        ("To", request.text("To")),
    ];
    node.post_form(path, &fields, ("x-twilio-signature", &signature(token, &url, &fields))).await
}
