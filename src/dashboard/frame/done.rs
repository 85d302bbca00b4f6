//! What was done, told on the page that comes after it. The address carries a word of this list and nothing else.

const DONE: &[(&str, &str)] = &[
    ("saved", "Saved."),
    ("unchanged", "Nothing was changed."),
    ("created", "Created."),
    ("removed", "Removed."),
    ("renamed", "Renamed."),
    ("sent", "Sent."),
    ("app_created", "The application was made."),
    (
        "app_deleted",
        "The application is deleted. Its keys have stopped working; it can be restored for 7 days.",
    ),
    ("app_restored", "The application is restored."),
    ("key_revoked", "The key is revoked."),
    ("template_reset", "The built-in words are used again."),
    ("webhook_removed", "The webhook is removed."),
    ("webhook_tested", "A test event is on its way."),
    ("replayed", "The events are on their way again."),
    ("provider_removed", "The account is removed; the operator's is used."),
    ("member_invited", "The invitation is on its way by mail."),
    ("member_changed", "The member is changed."),
    ("member_removed", "The member is removed, and signed out everywhere."),
    ("member_reset", "The member's second factors are removed; new ones are set up at the next sign-in."),
    ("sessions_ended", "The sessions are ended."),
    ("session_ended", "The session is ended."),
    ("password_changed", "The password is changed. Other sessions are ended."),
    ("password_reset", "The password is changed. Sign in with it."),
    ("factor_added", "The factor is set up."),
    ("factor_removed", "The factor is removed."),
    ("user_locked", "The user is locked."),
    ("user_unlocked", "The user is unlocked."),
    ("user_erased", "All that was kept of the user is erased."),
    ("signed_out", "You are signed out."),
    ("confirmed", "Confirmed."),
];

/// The sentence of a word.
pub fn sentence(word: &str) -> Option<&'static str> {
    DONE.iter().find(|(known, _)| *known == word).map(|(_, sentence)| *sentence)
}
