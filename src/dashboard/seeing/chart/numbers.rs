//! How numbers are written: whole ones with commas, long ones short where there is little room.

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// How many.
    Count,
    /// Of a hundred.
    Percent,
    /// Milliseconds.
    Millis,
}

impl Unit {
    /// A value by itself.
    #[must_use]
    pub fn told(self, value: Option<i64>) -> String {
        match (self, value) {
            (_, None) => "–".to_owned(),
            (Self::Count, Some(value)) => count(value),
            (Self::Percent, Some(value)) => format!("{value}%"),
            (Self::Millis, Some(value)) => millis(value),
        }
    }

    /// A value beside an axis.
    #[must_use]
    pub fn short(self, value: i64) -> String {
        match self {
            _ if value == 0 => "0".to_owned(),
            Self::Count => short(value),
            Self::Percent => format!("{value}%"),
            Self::Millis => millis(value),
        }
    }
}

/// `1,234,567`.
#[must_use]
pub fn count(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = if value < 0 { "-".to_owned() } else { String::new() };
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `950`, `1.5k`, `20k`, `3M`.
fn short(value: i64) -> String {
    for (unit, letter) in [(1_000_000_000, 'G'), (1_000_000, 'M'), (1_000, 'k')] {
        if value >= unit {
            let tenths = value / (unit / 10);
            return match tenths % 10 {
                0 => format!("{}{letter}", tenths / 10),
                tenth => format!("{}.{tenth}{letter}", tenths / 10),
            };
        }
    }
    value.to_string()
}

/// `180 ms`, `1.2 s`, `300 s`.
fn millis(value: i64) -> String {
    match value {
        ..1_000 => format!("{value} ms"),
        1_000..10_000 if value % 1_000 >= 100 => format!("{}.{} s", value / 1_000, value % 1_000 / 100),
        _ => format!("{} s", value / 1_000),
    }
}

/// A part of a whole in per cent, rounded, and never more than a hundred: an answer may come in the span after its question's.
/// None where there is no whole. What is not all of it is not called a hundred, and what is anything is not called zero.
#[must_use]
pub fn share(part: i64, whole: i64) -> Option<i64> {
    if whole <= 0 {
        return None;
    }
    let rounded = (i128::from(part.max(0)) * 200 + i128::from(whole)) / (2 * i128::from(whole));
    let least = i128::from(part > 0);
    let most = if part < whole { 99 } else { 100 };
    i64::try_from(rounded.clamp(least, most)).ok()
}

/// The same as a text.
#[must_use]
pub fn percent(part: i64, whole: i64) -> String {
    Unit::Percent.told(share(part, whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_commas() {
        for (value, text) in [
            (0, "0"),
            (7, "7"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
            (-1_000, "-1,000"),
            (i64::MAX, "9,223,372,036,854,775,807"),
        ] {
            assert_eq!(count(value), text);
        }
    }

    #[test]
    fn there_is_little_room_beside_an_axis() {
        for (unit, value, text) in [
            (Unit::Count, 0, "0"),
            (Unit::Count, 999, "999"),
            (Unit::Count, 1_000, "1k"),
            (Unit::Count, 1_500, "1.5k"),
            (Unit::Count, 20_000, "20k"),
            (Unit::Count, 500_000, "500k"),
            (Unit::Count, 1_000_000, "1M"),
            (Unit::Count, 2_500_000_000, "2.5G"),
            (Unit::Percent, 50, "50%"),
            (Unit::Millis, 0, "0"),
            (Unit::Millis, 200, "200 ms"),
            (Unit::Millis, 1_000, "1 s"),
            (Unit::Millis, 2_500, "2.5 s"),
            (Unit::Millis, 200_000, "200 s"),
        ] {
            assert_eq!(unit.short(value), text);
        }
    }

    #[test]
    fn a_share_is_of_a_hundred() {
        for (part, whole, of_hundred) in [
            (0, 0, None),
            (1, 0, None),
            (0, 9, Some(0)),
            (1, 3, Some(33)),
            (2, 3, Some(67)),
            (9, 9, Some(100)),
            (12, 9, Some(100)),
            (1, 1_000_000, Some(1)),
            (999_999, 1_000_000, Some(99)),
            (i64::MAX, i64::MAX, Some(100)),
        ] {
            assert_eq!(share(part, whole), of_hundred, "{part} of {whole}");
        }
        assert_eq!(percent(1, 0), "–");
    }
}
