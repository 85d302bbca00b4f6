//! Which methods there are. The one place that names them all.

use super::app::AppCode;
use super::email::EmailCode;
use super::later::Later;
use super::{Method, backup};
use crate::domain::challenge::MfaType;

/// Every Type of the API with its method.
pub struct Registry {
    methods: Vec<Box<dyn Method>>,
}

impl Registry {
    /// The methods of this version.
    #[must_use]
    pub fn new() -> Self {
        let later = [MfaType::Sms, MfaType::Whatsapp, MfaType::Phone, MfaType::Dual, MfaType::Hsm];
        let mut methods: Vec<Box<dyn Method>> =
            vec![Box::new(EmailCode), Box::new(AppCode), Box::new(backup::BackupCodes)];
        for kind in later {
            methods.push(Box::new(Later(kind)));
        }
        Self { methods }
    }

    /// The method of a Type.
    #[must_use]
    pub fn get(&self, kind: MfaType) -> Option<&dyn Method> {
        self.methods.iter().find(|method| method.kind() == kind).map(AsRef::as_ref)
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_its_method() {
        let registry = Registry::new();
        for kind in MfaType::ALL {
            assert!(registry.get(*kind).is_some(), "{kind}");
        }
        let built = MfaType::ALL.iter().filter(|kind| registry.get(**kind).unwrap().is_built());
        assert_eq!(built.copied().collect::<Vec<_>>(), [MfaType::Email, MfaType::App, MfaType::Backup]);
    }
}
