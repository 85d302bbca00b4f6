//! The words of the API as people read them.

use crate::domain::challenge::{MfaType, Status};

/// A Type.
#[must_use]
pub fn kind(kind: MfaType) -> &'static str {
    match kind {
        MfaType::Email => "E-mail",
        MfaType::Sms => "SMS",
        MfaType::Whatsapp => "WhatsApp",
        MfaType::Phone => "Call",
        MfaType::App => "App",
        MfaType::Dual => "E-mail and SMS",
        MfaType::Hsm => "Security key",
        MfaType::Backup => "Backup code",
    }
}

/// What a record of the log is: a challenge of its Type, a set of backup codes, or a notice.
#[must_use]
pub fn record(object: &str, of: MfaType) -> &'static str {
    match object {
        "mfa.backup" => "Backup codes",
        "mfa.notice" => "Notice",
        _ => kind(of),
    }
}

/// A channel, or the method of a check.
#[must_use]
pub fn channel(channel: &str) -> &str {
    match channel {
        "email" => "E-mail",
        "sms" => "SMS",
        "whatsapp" => "WhatsApp",
        "voice" => "Call",
        "totp" => "App",
        "webauthn" => "Security key",
        "backup_code" => "Backup code",
        other => other,
    }
}

/// How a status looks: good, bad, waiting, or over.
#[must_use]
pub fn tone(status: Status) -> &'static str {
    match status {
        Status::Approved | Status::Enrolled | Status::Issued => "ok",
        Status::Exhausted | Status::Failed => "bad",
        Status::Pending | Status::Enrolling => "on",
        Status::Expired => "warn",
        Status::Superseded | Status::Canceled => "",
    }
}

/// What a status means.
#[must_use]
pub fn status(status: Status) -> &'static str {
    match status {
        Status::Pending => "It waits for its code.",
        Status::Enrolling => "The new factor waits for its first right code.",
        Status::Approved => "The user was verified.",
        Status::Enrolled => "The new factor is confirmed.",
        Status::Expired => "Its life ended before a right code came.",
        Status::Exhausted => "All its guesses were wrong.",
        Status::Superseded => "A newer one took its place.",
        Status::Canceled => "Your back-end ended it.",
        Status::Issued => "The backup codes were handed over and are valid.",
        Status::Failed => "The backup codes could not be handed over; the older set stays.",
    }
}

/// What came of a check, and how it looks.
#[must_use]
pub fn check(result: &str) -> (&'static str, &'static str) {
    match result {
        "approved" => ("The code was right.", "ok"),
        "enrolled" => ("The first code was right: the factor is confirmed.", "ok"),
        "invalid_code" => ("The code was wrong.", "bad"),
        "code_expired" => ("The code's life had ended.", "bad"),
        "code_already_used" => ("The code had been used before; a code works once.", "bad"),
        "no_pending_code" => ("Nothing waited for a code any more.", "bad"),
        "not_enrolled" => ("The user had no such factor.", "bad"),
        "wrong_challenge" => ("The key answered no challenge that waited.", "bad"),
        "wrong_origin" => ("The key was asked on a page that is not in `webauthn.origins`.", "bad"),
        "wrong_rp_id" => ("The key signed for another domain.", "bad"),
        "wrong_type" => ("A key was made where one was to be used, or the other way round.", "bad"),
        "user_not_present" => ("Nobody touched the key.", "bad"),
        "user_not_verified" => ("The key asked for no PIN, finger or face, and must.", "bad"),
        "unknown_key" | "wrong_user_handle" => ("The key is not this user's.", "bad"),
        "wrong_signature" => ("The key's signature does not fit.", "bad"),
        "sign_count_fell" => ("The key's counter has not risen: there may be a copy of it.", "bad"),
        "key_taken" => ("The key is enrolled already, for this user or another.", "bad"),
        "wrong_answer" => ("The key's answer is not what WebAuthn asks for.", "bad"),
        _ => ("The check failed.", "bad"),
    }
}

/// How a message stands, and how that looks.
#[must_use]
pub fn delivery(status: &str) -> (&'static str, &'static str) {
    match status {
        "queued" => ("It waits to be sent.", ""),
        "held" => ("It stands by, should the channel before it fail.", ""),
        "sent" => ("A provider took it.", "ok"),
        "delivered" => ("It arrived, as the provider reports.", "ok"),
        "undelivered" => ("It did not arrive, as the provider reports.", "bad"),
        "failed" => ("It was not sent.", "bad"),
        "expired" => ("It was not sent: its code's life ended first.", "warn"),
        "skipped" => ("It stood by and was not needed.", ""),
        _ => ("", ""),
    }
}

/// Why a message was not sent, where the reason is a word of ours.
#[must_use]
pub fn reason(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "superseded" => "A newer code took its place.",
        "canceled" => "The challenge was ended.",
        "approved" => "The user was verified before it was sent.",
        "exhausted" => "The guesses were spent before it was sent.",
        "passed_over" => "The next channel was sent.",
        "no_provider" => "No provider carries this channel.",
        _ => return None,
    })
}

/// A limit, by the name of its setting.
#[must_use]
pub fn limit(name: &str) -> &str {
    match name {
        "sends.cooldown" => "Pause since the last message",
        "sends.per_10_minutes" => "Messages in 10 minutes",
        "sends.unapproved_per_day" => "Unapproved messages in a day",
        "sends.per_day" => "Messages in a day",
        "starts.per_10_minutes" => "Starts in 10 minutes",
        "phone.sends_per_hour" => "Messages to the country in an hour",
        other => other,
    }
}
