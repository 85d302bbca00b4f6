//! Which methods there are. The one place that names them all.

use std::sync::Arc;

use super::Method;
use super::app::AppCode;
use super::backup::BackupCodes;
use super::dual::Dual;
use super::email::EmailCode;
use super::phone::PhoneCode;
use super::webauthn::SecurityKey;
use crate::domain::challenge::MfaType;

/// Every Type of the API with its method.
pub struct Registry {
    methods: Vec<Arc<dyn Method>>,
}

impl Registry {
    /// The methods of this version.
    #[must_use]
    pub fn new() -> Self {
        let email: Arc<dyn Method> = Arc::new(EmailCode);
        let sms: Arc<dyn Method> = Arc::new(PhoneCode::SMS);
        let dual = Dual::new(Arc::clone(&email), Arc::clone(&sms));
        let methods: Vec<Arc<dyn Method>> = vec![
            email,
            sms,
            Arc::new(PhoneCode::WHATSAPP),
            Arc::new(PhoneCode::CALL),
            Arc::new(AppCode),
            Arc::new(dual),
            Arc::new(SecurityKey),
            Arc::new(BackupCodes),
        ];
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
    }
}
