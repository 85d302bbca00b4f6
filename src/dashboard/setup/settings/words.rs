//! What the settings are called on the page, and which belong together.

/// A group: its heading, what it is about, the settings in it.
type Named = (&'static str, &'static str, &'static [&'static str]);

/// Settings that have pages of their own: methods, countries, security keys.
pub const OWN_PAGES: [&str; 3] = ["methods.", "countries", "webauthn."];

/// The groups, in the order in which they stand on the page.
pub const GROUPS: &[Named] = &[
    (
        "Codes",
        "The one-time codes that are sent by e-mail, SMS, WhatsApp and phone. Limits can only be made stricter than they are.",
        &["code.length", "code.ttl", "code.attempts", "dual.require"],
    ),
    (
        "Language",
        "Messages are in the language that a request names; this one is for the others.",
        &["locale"],
    ),
    (
        "SMS",
        "What a phone does with the code, and what happens when no delivery report arrives.",
        &["sms.domain", "sms.fallback", "sms.fallback_after"],
    ),
    (
        "Locks",
        "A user who fails too often is locked: first for a while, then for long. Security keys and backup codes still work.",
        &["lock.failures", "lock.time", "lock.hard_failures", "lock.hard_time"],
    ),
    (
        "Messages to one user",
        "Whoever asks for one code after the other is slowed down, so that nobody is flooded on your bill.",
        &[
            "sends.cooldown",
            "sends.per_10_minutes",
            "sends.unapproved_per_day",
            "sends.per_day",
            "starts.per_10_minutes",
        ],
    ),
    (
        "Messages by phone",
        "A ceiling for SMS, WhatsApp and calls in live mode. It stops those who earn money with numbers that you pay for.",
        &["phone.sends_per_hour"],
    ),
    (
        "Backup codes",
        "The set that a user keeps for the day on which the phone is lost.",
        &["backup.count", "backup.length"],
    ),
    ("Failures", "What your back-end is told about a check that failed.", &["uniform_failures"]),
];

/// A setting's name for people.
#[must_use]
pub fn label(key: &'static str) -> &'static str {
    match key {
        "code.length" => "Digits of a code",
        "code.ttl" => "Valid for",
        "code.attempts" => "Wrong guesses",
        "dual.require" => "DUAL asks for",
        "locale" => "Language",
        "sms.domain" => "Domain of the code",
        "sms.fallback" => "When the SMS does not arrive",
        "sms.fallback_after" => "Wait for a report",
        "lock.failures" => "Failures until a lock",
        "lock.hard_failures" => "Failures until a long lock",
        "lock.time" | "lock.hard_time" => "It lasts",
        "sends.cooldown" => "Pause between messages",
        "sends.per_10_minutes" => "Messages in 10 minutes",
        "sends.unapproved_per_day" => "Unverified messages a day",
        "sends.per_day" => "Messages a day",
        "starts.per_10_minutes" => "Starts in 10 minutes",
        "phone.sends_per_hour" => "Messages to one country in an hour",
        "backup.count" => "Codes in a set",
        "backup.length" => "Characters of a code",
        "uniform_failures" => "Answer all failures alike",
        other => other,
    }
}

/// The values of a setting that has only a few, with what they mean.
#[must_use]
pub fn choices(key: &str) -> Option<&'static [(&'static str, &'static str)]> {
    match key {
        "dual.require" => Some(&[("either", "either code"), ("both", "both codes")]),
        "sms.fallback" => Some(&[
            ("", "nothing more is tried"),
            ("whatsapp", "WhatsApp"),
            ("voice", "a call"),
            ("whatsapp,voice", "WhatsApp, then a call"),
            ("voice,whatsapp", "a call, then WhatsApp"),
        ]),
        "webauthn.user_verification" => Some(&[("preferred", "preferred"), ("required", "required")]),
        _ => None,
    }
}
