//! Which relying party an application may be: a domain of its own that covers each of its origins.
//!
//! A browser refuses the rest (WebAuthn Level 3 §5.1.3, §5.1.4.1; HTML, "is a registrable domain suffix of or is equal
//! to"), so a mistake is told when it is made and not when a user stands before it.

use url::{Host, Url};

use super::table::SettingError;

const RP_ID: &str = "webauthn.rp_id";
const ORIGINS: &str = "webauthn.origins";

/// Checks a relying party's id and its origins; what is not set fits everything.
pub(super) fn check(rp_id: &str, origins: &[String]) -> Result<(), SettingError> {
    if rp_id.is_empty() {
        return Ok(());
    }
    let no = |why: String| Err(SettingError::Disagree { one: RP_ID, other: ORIGINS, why });
    if rp_id != "localhost" {
        if !matches!(Host::parse(rp_id), Ok(Host::Domain(_))) {
            return no(format!("{rp_id} is an IP address; a relying party is a domain name or localhost"));
        }
        if psl::domain_str(rp_id).is_none() {
            return no(format!(
                "{rp_id} is a public suffix, under which anybody may have a domain; use your own, such as shop.{rp_id}"
            ));
        }
    }
    match origins.iter().find(|origin| !covers(rp_id, origin)) {
        None => Ok(()),
        Some(origin) => no(format!(
            "{rp_id} is neither the host of {origin} nor a domain above it, so a browser there refuses it"
        )),
    }
}

fn covers(rp_id: &str, origin: &str) -> bool {
    let Ok(url) = Url::parse(origin) else { return false };
    let Some(host) = url.host_str() else { return false };
    host == rp_id || host.strip_suffix(rp_id).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(rp_id: &str, origins: &[&str]) -> bool {
        let origins: Vec<String> = origins.iter().map(|origin| (*origin).to_owned()).collect();
        check(rp_id, &origins).is_ok()
    }

    #[test]
    fn a_relying_party_is_the_host_or_a_registrable_domain_above_it() {
        for (rp_id, origin) in [
            ("example.com", "https://example.com"),
            ("example.com", "https://login.example.com"),
            ("example.com", "https://login.example.com:8443"),
            ("login.example.com", "https://login.example.com"),
            ("example.co.uk", "https://a.b.example.co.uk"),
            ("acme.github.io", "https://acme.github.io"),
            ("localhost", "http://localhost:3000"),
        ] {
            assert!(fits(rp_id, &[origin]), "{rp_id} {origin}");
        }
        for (rp_id, origin) in [
            ("example.com", "https://badexample.com"),
            ("example.com", "https://example.org"),
            ("login.example.com", "https://example.com"),
            ("com", "https://example.com"),
            ("co.uk", "https://example.co.uk"),
            ("github.io", "https://acme.github.io"),
            ("127.0.0.1", "https://127.0.0.1"),
            ("0.0.1", "https://127.0.0.1"),
            ("localhost", "https://example.com"),
        ] {
            assert!(!fits(rp_id, &[origin]), "{rp_id} {origin} was taken");
        }
        assert!(!fits("example.com", &["https://example.com", "https://example.org"]));
    }

    #[test]
    fn what_is_not_set_fits_and_what_is_set_alone_is_looked_at() {
        assert!(fits("", &["https://example.com"]) && fits("example.com", &[]));
        assert!(!fits("com", &[]) && !fits("10.0.0.1", &[]));
    }

    #[test]
    fn the_error_names_both_settings() {
        let said = check("example.com", &["https://example.org".into()]).unwrap_err().to_string();
        assert!(said.contains("webauthn.rp_id") && said.contains("webauthn.origins"), "{said}");
        assert!(said.contains("https://example.org"), "{said}");
    }
}
