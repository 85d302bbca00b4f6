//! Bytes as hexadecimal text, and back.

/// Bytes as text in small letters.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;

    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The bytes of such a text, in letters of either case; `None` for another one.
#[must_use]
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|letter| letter.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    digits?.chunks(2).map(|pair| <[u8; 2]>::try_from(pair).ok().map(|[high, low]| high << 4 | low)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_read_back_and_nothing_else_does() {
        let bytes = [0, 1, 0x9f, 0xa0, 0xff];
        assert_eq!(hex(&bytes), "00019fa0ff");
        for text in ["00019fa0ff", "00019FA0FF"] {
            assert_eq!(unhex(text).as_deref(), Some(&bytes[..]));
        }
        assert_eq!(unhex("").as_deref(), Some(&[][..]));
        for text in ["0", "0g", "+1", " 1", "é1"] {
            assert_eq!(unhex(text), None, "{text}");
        }
    }
}
