//! The fields of a request, checked one by one, with a sentence for each mistake.

use super::error::{FieldError, Result, ServiceError};
use super::{Caller, Service};
use crate::domain::challenge::MfaType;
use crate::domain::contact::{ContactError, Expected, User};
use crate::domain::policy::parse_locale;
use crate::domain::tenant::Scope;
use crate::keyring::Vault;
use crate::methods::Method;
use crate::store::UserRef;

pub(super) fn field(
    code: &'static str,
    param: &'static str,
    message: impl Into<String>,
    fix: impl Into<Option<String>>,
) -> FieldError {
    FieldError { code, param: param.into(), message: message.into(), fix: fix.into() }
}

/// A field that must be there.
pub(super) fn required<'a>(value: Option<&'a str>, param: &'static str) -> Result<&'a str> {
    value.filter(|text| !text.is_empty()).ok_or_else(|| {
        field("missing_parameter", param, format!("{param} is missing."), format!("Add the field {param}."))
            .into()
    })
}

/// The field `Type`, for a call that takes `allowed`.
pub(super) fn parse_type(text: &str, allowed: &[MfaType]) -> Result<MfaType> {
    let kind = text.parse::<MfaType>().ok().filter(|kind| allowed.contains(kind));
    kind.ok_or_else(|| {
        let names = allowed.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
        field("invalid_type", "Type", "Type is not one that this call takes.", format!("Use one of {names}."))
            .into()
    })
}

/// A contact that is not one, as the error of its field.
pub(super) fn contact_error(error: ContactError, param: &'static str) -> FieldError {
    let (code, form) = match error.expected {
        Expected::Email => ("invalid_email", "Send one plain address, such as jane@example.com."),
        Expected::Phone => ("invalid_phone_number", "Send the number as E.164, such as +4915112345678."),
        Expected::User => ("invalid_user", "See the field User in the documentation of this Type."),
    };
    let fix = error.suggestion.map_or_else(|| form.to_owned(), |guess| format!("Did you mean {guess}?"));
    field(code, param, error.message, fix)
}

/// A text that rows are looked for by. No row holds a control character, and a database may refuse to be asked for one.
pub(super) fn looked_for(value: Option<&str>, param: &'static str) -> Result<Option<String>> {
    match value {
        Some(text) if text.chars().any(char::is_control) => {
            let message = format!("`{param}` has a control character in it, which nothing that is kept has.");
            Err(field("invalid_value", param, message, "Send it without.".to_owned()).into())
        }
        value => Ok(value.map(str::to_owned)),
    }
}

/// An optional text of at most `max` characters without control characters.
pub(super) fn text(
    value: Option<&str>,
    param: &'static str,
    code: &'static str,
    max: usize,
) -> Result<Option<String>> {
    let Some(value) = value.filter(|text| !text.is_empty()) else { return Ok(None) };
    if value.chars().count() > max {
        let message = format!("{param} is longer than {max} characters.");
        return Err(field(code, param, message, format!("Shorten it to {max} characters.")).into());
    }
    if value.chars().any(char::is_control) {
        let message = format!("{param} holds a control character.");
        return Err(field(code, param, message, "Send one line of plain text.".to_owned()).into());
    }
    Ok(Some(value.to_owned()))
}

pub(super) fn reference(value: Option<&str>) -> Result<Option<String>> {
    text(value, "Reference", "invalid_reference", 128)
}

/// The field `Action`, for a method that can bind a code to it.
pub(super) fn action(value: Option<&str>, method: &dyn Method) -> Result<Option<String>> {
    let action = text(value, "Action", "invalid_action", 140)?;
    if action.is_some() && !method.takes_action() {
        return Err(action_not_supported(method.kind()).into());
    }
    Ok(action)
}

pub(super) fn action_not_supported(kind: MfaType) -> FieldError {
    field(
        "action_not_supported",
        "Action",
        format!(
            "A code of Type={kind} cannot be bound to an Action: it is made without knowing what it is for."
        ),
        "Leave Action out, or use a Type that sends a code.".to_owned(),
    )
}

pub(super) fn not_supported(param: &'static str, kind: MfaType) -> ServiceError {
    field(
        "parameter_not_supported",
        param,
        format!("{param} has no meaning with Type={kind}."),
        format!("Leave {param} out; it belongs to Type=APP and Type=HSM."),
    )
    .into()
}

/// The field `Enroll`: a JSON boolean, or its word in any case.
pub(super) fn enroll(value: Option<&str>) -> Result<bool> {
    match value.map(str::to_ascii_lowercase).as_deref() {
        None | Some("" | "false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => {
            let fix = "Send true, or leave Enroll out.".to_owned();
            Err(field("invalid_enroll", "Enroll", "Enroll is neither true nor false.", fix).into())
        }
    }
}

pub(super) fn locale(value: Option<&str>, caller: &Caller) -> Result<String> {
    let Some(value) = value.filter(|text| !text.is_empty()) else {
        return Ok(caller.settings().locale().to_owned());
    };
    parse_locale(value).ok_or_else(|| {
        field(
            "invalid_locale",
            "Locale",
            "Locale is not a language tag.",
            "Send a BCP 47 tag, such as en or pt-BR.".to_owned(),
        )
        .into()
    })
}

/// A user as the store knows one.
pub(super) fn user_ref(vault: &Vault, scope: Scope, user: &User) -> UserRef {
    let of = |user: &User| UserRef::new(vault.user_key(scope, user), user.masked());
    let mut known = of(user);
    if let User::Dual(email, phone) = user {
        known.contacts = vec![of(&User::Email(email.clone())), of(&User::Phone(phone.clone()))];
    }
    known
}

impl Service {
    pub(super) fn method(&self, kind: MfaType) -> Result<&dyn Method> {
        self.registry.get(kind).ok_or_else(|| ServiceError::Internal(format!("no method for {kind}")))
    }

    /// Plan first, then the tenant's switch.
    pub(super) fn allowed(&self, caller: &Caller, method: &dyn Method) -> Result<()> {
        let kind = method.kind();
        if let Some(plan) = method.needs_plan().filter(|plan| caller.plan() != *plan) {
            return Err(ServiceError::PlanRequired { kind, plan });
        }
        if caller.settings().allows(kind) {
            return Ok(());
        }
        let app = caller.scope().app;
        Err(ServiceError::MethodDisabled {
            kind,
            settings_url: format!("{}/dashboard/applications/{app}/methods", self.public_url()),
            command: format!("rift-mfa app set {app} methods.{}=on", kind.as_str().to_lowercase()),
        })
    }

    /// Whether the tenant has set what a start of this method needs.
    pub(super) fn configured(caller: &Caller, method: &dyn Method) -> Result<()> {
        match method.lacks(caller.settings()) {
            [] => Ok(()),
            settings => Err(ServiceError::MethodNotConfigured {
                kind: method.kind(),
                settings,
                app: caller.scope().app,
            }),
        }
    }

    pub(super) fn user_ref(&self, caller: &Caller, user: &User) -> UserRef {
        user_ref(self.vault(), caller.scope(), user)
    }

    pub(super) fn is_magic(caller: &Caller, user: &User) -> bool {
        caller.scope().mode == crate::domain::tenant::Mode::Test
            && crate::domain::sandbox::magic(user).is_some()
    }
}
