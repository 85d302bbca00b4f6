//! Which texts a plain SMS can carry: GSM 03.38, the default alphabet and its extension table.

/// The default alphabet, without the escape that leads into the extension table.
const DEFAULT: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
    ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// The extension table: each of these takes the room of two.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// Whether the text has a character that only the other alphabet, UCS-2, can carry.
pub(super) fn needs_unicode(text: &str) -> bool {
    !text.chars().all(|letter| DEFAULT.contains(letter) || EXTENSION.contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alphabet_is_gsm_03_38() {
        // 128 places, one of them the escape.
        assert_eq!(DEFAULT.chars().count(), 127);
        assert_eq!(EXTENSION.chars().count(), 10);
        for plain in
            ["", "Acme: 314159\n@acme.example #314159", "Für Ørsted: Ñ à è ß", "10 € [a|b] {c} ~^\\", "ΔΦΓ"]
        {
            assert!(!needs_unicode(plain), "{plain}");
        }
        for wide in ["ç", "á", "Ваш код", "コード", "ok 👍", "„Code“", "tab\t", "a\u{a0}b", "`"]
        {
            assert!(needs_unicode(wide), "{wide}");
        }
    }
}
