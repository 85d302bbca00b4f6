//! The house: the settings of the reserved application whose users' factors are the members'.

use url::{Host, Url};

use crate::domain::challenge::MfaType;
use crate::domain::policy::Settings;

/// Authenticator apps, and security keys where the dashboard's address can be a relying party.
pub(in crate::service) fn settings(public_url: &str) -> Settings {
    let mut settings = Settings::default();
    settings.switch(MfaType::App, true);
    let Some((host, origin)) = place(public_url) else { return settings };
    let mut with_keys = settings.clone();
    with_keys.switch(MfaType::Hsm, true);
    let party =
        with_keys.set("webauthn.rp_id", &host).and_then(|()| with_keys.set("webauthn.origins", &origin));
    if let Err(error) = party.and_then(|()| with_keys.agree()) {
        tracing::warn!(%error, "http.public_url: members cannot use security keys here");
        return settings;
    }
    with_keys
}

/// Host and origin of an address, where the host is a name.
fn place(public_url: &str) -> Option<(String, String)> {
    let url = Url::parse(public_url).ok()?;
    match url.host()? {
        Host::Domain(host) => Some((host.to_owned(), url.origin().ascii_serialization())),
        Host::Ipv4(_) | Host::Ipv6(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn security_keys_need_a_name_and_a_secure_origin() {
        for (url, rp_id) in [
            ("https://mfa.example.com", Some("mfa.example.com")),
            ("https://mfa.example.com:8443/below", Some("mfa.example.com")),
            ("http://localhost:8080", Some("localhost")),
            ("http://127.0.0.1:8080", None),
            ("http://[::1]:8080", None),
            ("http://mfa.example.com", None),
            ("https://com", None),
            ("nonsense", None),
        ] {
            let settings = settings(url);
            assert!(settings.allows(MfaType::App), "{url}");
            assert_eq!(settings.webauthn_rp_id(), rp_id, "{url}");
            assert_eq!(settings.allows(MfaType::Hsm), rp_id.is_some(), "{url}");
        }
        let origins = settings("https://mfa.example.com:8443/below").webauthn_origins().to_vec();
        assert_eq!(origins, ["https://mfa.example.com:8443"]);
    }
}
