//! The names of the API's fields: how they are written, where each belongs, and which one a misspelt name meant.

/// A field that some call of the API knows, in a body or in a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The person: an address, a number, a pair of both, or an opaque id.
    User,
    /// The method: EMAIL, SMS, APP and so on.
    Type,
    /// The code that the person gave.
    Code,
    /// The id of one challenge.
    Id,
    /// What the code is for.
    Action,
    /// The caller's own name for the request.
    Reference,
    /// The id of an earlier approved verification.
    Proof,
    /// The user that a set of backup codes is for.
    For,
    /// The language of the message.
    Locale,
    /// The label of an account or a key.
    Name,
    /// Whether a further factor is enrolled.
    Enroll,
    /// A list's filter.
    Status,
    /// The length of a list's page.
    Limit,
    /// The id after which a list's page starts.
    StartingAfter,
}

/// A suggestion further away than this is a guess, and guesses cost the reader more than none.
const NEAR: usize = 3;

/// Longer names are neither echoed nor compared.
const LONGEST_NAME: usize = 40;

impl Field {
    /// Every field, in the order of the reference.
    pub const ALL: [Self; 14] = [
        Self::User,
        Self::Type,
        Self::Code,
        Self::Id,
        Self::Action,
        Self::Reference,
        Self::Proof,
        Self::For,
        Self::Locale,
        Self::Name,
        Self::Enroll,
        Self::Status,
        Self::Limit,
        Self::StartingAfter,
    ];

    /// The name as the reference writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Type => "Type",
            Self::Code => "Code",
            Self::Id => "Id",
            Self::Action => "Action",
            Self::Reference => "Reference",
            Self::Proof => "Proof",
            Self::For => "For",
            Self::Locale => "Locale",
            Self::Name => "Name",
            Self::Enroll => "Enroll",
            Self::Status => "status",
            Self::Limit => "limit",
            Self::StartingAfter => "starting_after",
        }
    }

    /// The field of that name, matched without ASCII case.
    #[must_use]
    pub fn known(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name().eq_ignore_ascii_case(name))
    }

    /// The calls that take the field, in words for a `fix`.
    pub(super) fn home(self) -> &'static str {
        match self {
            Self::User => "the calls that are about one user",
            Self::Type | Self::Reference => {
                "POST /v1/mfa, /v1/mfa/verify and /v1/mfa/backup, and as a filter to GET /v1/mfa"
            }
            Self::Code | Self::Id => "POST /v1/mfa/verify",
            Self::Action => "POST /v1/mfa and POST /v1/mfa/verify",
            Self::Proof | Self::Name | Self::Enroll => "POST /v1/mfa with Type=APP or Type=HSM",
            Self::For => "POST /v1/mfa/backup",
            Self::Locale => "POST /v1/mfa and POST /v1/mfa/backup",
            Self::Status => "GET /v1/mfa, as a filter",
            Self::Limit | Self::StartingAfter => "the query of a list",
        }
    }

    /// Whether the value is prose of the caller's, in which a comma and an equals sign mean nothing.
    pub(super) fn is_prose(self) -> bool {
        matches!(self, Self::Action | Self::Reference | Self::Name)
    }
}

/// The one of `candidates` that `name` most likely meant: at most three edits away, and fewer edits than either
/// name has characters.
pub(super) fn nearest(name: &str, candidates: &[Field]) -> Option<Field> {
    if name.len() > LONGEST_NAME {
        return None;
    }
    candidates
        .iter()
        .map(|&field| (distance(name, field.name()), field))
        .filter(|&(edits, field)| edits <= NEAR && edits < name.len().min(field.name().len()))
        .min_by_key(|&(edits, _)| edits)
        .map(|(_, field)| field)
}

/// The same among plain names.
pub(in crate::http) fn nearest_name(name: &str, candidates: &[&'static str]) -> Option<&'static str> {
    if name.len() > LONGEST_NAME {
        return None;
    }
    let near = candidates.iter().map(|candidate| (distance(name, candidate), *candidate));
    near.filter(|(edits, candidate)| *edits <= NEAR && *edits < name.len().min(candidate.len()))
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// A caller's name as far as it may be shown again: short, plain, and starting like a name; a code that was put
/// where a name belongs starts with a digit.
pub(in crate::http) fn echoable(name: &str) -> Option<String> {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'));
    let starts = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    (plain && starts && name.len() <= LONGEST_NAME).then(|| name.to_owned())
}

/// Levenshtein's distance in bytes, without ASCII case, with one row of the table.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (above, wanted) in left.bytes().enumerate() {
        let (mut diagonal, mut before) = (above, above + 1);
        if let Some(first) = row.first_mut() {
            *first = before;
        }
        for (cell, found) in row.iter_mut().skip(1).zip(right.bytes()) {
            let change = usize::from(!wanted.eq_ignore_ascii_case(&found));
            before = (diagonal + change).min(*cell + 1).min(before + 1);
            diagonal = std::mem::replace(cell, before);
        }
    }
    row.last().copied().unwrap_or_default()
}
