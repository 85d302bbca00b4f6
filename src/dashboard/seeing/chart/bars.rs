//! Bars that lie: each as long as its part of the longest one.

/// The length of the longest bar.
pub const BAR: i64 = 1000;

/// How long a bar is. What is anything at all is seen.
#[must_use]
pub fn bar(value: i64, most: i64) -> i64 {
    if value <= 0 {
        return 0;
    }
    let length = i128::from(value.min(most)) * i128::from(BAR) / i128::from(most.max(1));
    i64::try_from(length).unwrap_or(BAR).max(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_its_part_of_the_longest_one() {
        for (value, most, length) in [
            (0, 0, 0),
            (0, 9, 0),
            (-3, 9, 0),
            (9, 9, BAR),
            (3, 12, BAR / 4),
            (1, 1_000_000, 4),
            (i64::MAX, i64::MAX, BAR),
            (10, 5, BAR),
        ] {
            assert_eq!(bar(value, most), length, "{value} of {most}");
        }
    }
}
