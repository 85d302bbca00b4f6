//! The fields of a query or a form (application/x-www-form-urlencoded), as they came.

use crate::domain::tenant::Mode;

/// Fields by their names. A name may come more than once, as boxes that are ticked do.
#[derive(Clone, Default)]
pub struct Given(Vec<(String, String)>);

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A form may hold a password or a contact: only names are told.
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl Given {
    /// Reads a query or a body. Bytes that are no UTF-8 become replacement characters, which no field takes.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(bytes).into_owned().collect())
    }

    /// A field as it came; empty when it is absent.
    #[must_use]
    pub fn raw(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }

    /// A field without the blanks around it; empty when it is absent.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// The same, or nothing where it is empty.
    #[must_use]
    pub fn some(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// Each value of a field.
    #[must_use]
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(given, _)| given == name).map(|(_, value)| value.trim()).collect()
    }

    /// Whether a field is there, as a box is that was ticked.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// The mode that the page is about. Test is what a newcomer means.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.text("mode").parse().unwrap_or(Mode::Test)
    }

    fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_trimmed_and_more_than_once() {
        let given = Given::parse(b"name=+Acme%20Shop+&kind=a&kind=b&empty=&mode=live");
        assert_eq!((given.raw("name"), given.text("name")), (" Acme Shop ", "Acme Shop"));
        assert_eq!(given.all("kind"), ["a", "b"]);
        assert_eq!((given.some("empty"), given.some("none"), given.has("empty")), (None, None, true));
        assert_eq!((given.mode(), Given::parse(b"mode=else").mode()), (Mode::Live, Mode::Test));
        assert!(!format!("{:?}", Given::parse(b"password=hunter2")).contains("hunter2"));
    }
}
