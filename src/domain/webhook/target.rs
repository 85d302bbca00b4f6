//! Where a tenant's events go: the form of the address. Whether it may be connected to is found when it is.

use url::Url;

/// The longest address, in bytes of its normal form.
const MOST_BYTES: usize = 2_000;

/// An address for webhooks, in its normal form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookUrl(Url);

impl HookUrl {
    /// Reads an address; `http:` only where the operator named networks to which that is allowed.
    ///
    /// # Errors
    /// What is wrong, as the end of a sentence that begins with the field's name.
    pub fn parse(text: &str, plain: bool) -> Result<Self, &'static str> {
        const SHAPE: &str = "is no URL; write it like https://hooks.example.com/mfa";
        if text.len() > MOST_BYTES {
            return Err("is too long; 2000 characters at most");
        }
        if text.chars().any(|letter| letter.is_whitespace() || letter.is_control()) {
            return Err("has a blank in it; write %20 where one is meant");
        }
        let url = Url::parse(text).map_err(|_| SHAPE)?;
        match url.scheme() {
            "https" => {}
            "http" if plain => {}
            _ => return Err("must start with https://"),
        }
        if url.host().is_none() {
            return Err(SHAPE);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("carries a user or a password; the signature shows who calls");
        }
        if url.fragment().is_some() {
            return Err("carries a fragment; remove # and what follows it");
        }
        if url.as_str().len() > MOST_BYTES {
            return Err("is too long; 2000 characters at most");
        }
        Ok(Self(url))
    }

    /// The address.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_their_normal_form() {
        for (given, wanted) in [
            ("https://Hooks.Example.com", "https://hooks.example.com/"),
            ("https://hooks.example.com:443/a?b=c%20d", "https://hooks.example.com/a?b=c%20d"),
            ("https://hooks.example.com:8443/", "https://hooks.example.com:8443/"),
            ("https://bücher.example/x", "https://xn--bcher-kva.example/x"),
            ("https://0x7f.1/", "https://127.0.0.1/"),
            ("https://[2606:4700::1]/", "https://[2606:4700::1]/"),
        ] {
            assert_eq!(HookUrl::parse(given, false).unwrap().url().as_str(), wanted);
        }
    }

    #[test]
    fn other_forms_are_refused() {
        let long = format!("https://hooks.example.com/{}", "a".repeat(2_000));
        for bad in [
            "",
            "hooks.example.com",
            "http://hooks.example.com/",
            "ftp://hooks.example.com/",
            "https://",
            "https://user@hooks.example.com/",
            "https://:secret@hooks.example.com/",
            "https://hooks.example.com/#a",
            "https://hooks.example.com/a b",
            " https://hooks.example.com/",
            "https://hooks.example.com/\n",
            "file:///etc/passwd",
            "data:text/plain,a",
            &long,
        ] {
            assert!(HookUrl::parse(bad, false).is_err(), "{bad}");
        }
        assert!(HookUrl::parse("http://127.0.0.1:9999/", true).is_ok());
        assert!(HookUrl::parse("ftp://127.0.0.1/", true).is_err());
    }
}
