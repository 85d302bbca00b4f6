//! What can be wrong with a body or a query, in words for the developer who sent it. No value ever enters here: it
//! may be a code or an address.

use std::fmt;

use super::Field;

/// Why a body or a query could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormError {
    /// The content type is none that is read here.
    UnsupportedMediaType {
        /// What about it is not supported.
        fault: MediaFault,
    },
    /// The bytes do not follow the encoding.
    InvalidBody {
        /// The field whose value it is, where that is known.
        param: Option<Field>,
        /// One sentence on what is wrong.
        detail: String,
        /// One sentence on what to do.
        fix: String,
    },
    /// A name was given twice; names match without case.
    Duplicate {
        /// The name, where it may be shown.
        name: Option<String>,
    },
    /// A name that this call does not take.
    Unknown {
        /// The name, where it may be shown.
        name: Option<String>,
        /// The field that was probably meant; with `elsewhere`, the field itself.
        nearest: Option<Field>,
        /// Whether another call takes it.
        elsewhere: bool,
    },
    /// `Code` in a call that makes the code itself.
    CodeNotAllowed,
}

/// What is wrong with a content type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaFault {
    /// A body came without one.
    Missing,
    /// It names a character set other than UTF-8.
    Charset,
    /// It is neither JSON nor a form.
    Type,
}

const MEDIA_FIX: &str = "Send the body as application/json or application/x-www-form-urlencoded, in UTF-8.";

impl FormError {
    /// The HTTP status: 415 or 400.
    #[must_use]
    pub fn status(&self) -> u16 {
        if matches!(self, Self::UnsupportedMediaType { .. }) { 415 } else { 400 }
    }

    /// The error's code in the API.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnsupportedMediaType { .. } => "unsupported_media_type",
            Self::InvalidBody { .. } => "invalid_body",
            Self::Duplicate { .. } => "duplicate_parameter",
            Self::Unknown { .. } => "unknown_parameter",
            Self::CodeNotAllowed => "code_not_allowed",
        }
    }

    /// The name of the field, where there is one and it may be shown.
    #[must_use]
    pub fn param(&self) -> Option<&str> {
        match self {
            Self::UnsupportedMediaType { .. } => None,
            Self::InvalidBody { param, .. } => param.map(Field::name),
            Self::Duplicate { name } | Self::Unknown { name, .. } => name.as_deref(),
            Self::CodeNotAllowed => Some(Field::Code.name()),
        }
    }

    /// What is wrong, in one sentence.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::UnsupportedMediaType { fault: MediaFault::Missing } => {
                "The request has a body but no Content-Type.".to_owned()
            }
            Self::UnsupportedMediaType { fault: MediaFault::Charset } => {
                "The Content-Type names a character set other than UTF-8.".to_owned()
            }
            Self::UnsupportedMediaType { fault: MediaFault::Type } => {
                "This Content-Type is not supported.".to_owned()
            }
            Self::InvalidBody { detail, .. } => detail.clone(),
            Self::Duplicate { name: Some(name) } => format!("{name} was given more than once."),
            Self::Duplicate { name: None } => "A field was given more than once.".to_owned(),
            Self::Unknown { name: Some(name), elsewhere: true, .. } => {
                format!("{name} is not a field of this call.")
            }
            Self::Unknown { name: Some(name), .. } => format!("{name} is not a field of this API."),
            Self::Unknown { name: None, .. } => {
                "The request has a field that this API does not know.".to_owned()
            }
            Self::CodeNotAllowed => {
                "Nobody may choose a code: a code that is chosen can be known, guessed or \
                                     intercepted before it is sent, so the service makes it at random."
                    .to_owned()
            }
        }
    }

    /// What to do about it, in one sentence.
    #[must_use]
    pub fn fix(&self) -> String {
        match self {
            Self::UnsupportedMediaType { .. } => MEDIA_FIX.to_owned(),
            Self::InvalidBody { fix, .. } => fix.clone(),
            Self::Duplicate { .. } => {
                "Give each field once; names that differ only in case are the same field.".to_owned()
            }
            Self::Unknown { nearest: Some(field), elsewhere: true, .. } => {
                format!("Leave it out here: {} belongs to {}.", field.name(), field.home())
            }
            Self::Unknown { nearest: Some(field), .. } => format!("Did you mean {}?", field.name()),
            Self::Unknown { name: None, .. } => {
                "Write each field as one of the documented names and its value, in the encoding that the \
                 Content-Type names; /docs/api lists the fields of each call."
                    .to_owned()
            }
            Self::Unknown { .. } => "Leave it out; /docs/api lists the fields of each call.".to_owned(),
            Self::CodeNotAllowed => {
                "Leave Code out here; give the code that the user received to POST /v1/mfa/verify.".to_owned()
            }
        }
    }
}

impl fmt::Display for FormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for FormError {}
