//! The axis of values: from zero to a round number, in steps of 1, 2 or 5 times a power of ten.

use super::numbers::Unit;

/// An axis has at most so many steps.
const STEPS: i64 = 4;

/// From zero to the top.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    unit: Unit,
    step: i64,
    top: i64,
}

impl Axis {
    /// One that holds a value. Of what is in per cent it is always the same, so that charts can be compared.
    #[must_use]
    pub fn of(unit: Unit, highest: i64) -> Self {
        if unit == Unit::Percent {
            return Self { unit, step: 50, top: 100 };
        }
        let highest = highest.max(1);
        let step = round_step(highest);
        let steps = highest.div_euclid(step) + i64::from(highest.rem_euclid(step) > 0);
        Self { unit, step, top: step.saturating_mul(steps) }
    }

    /// Where a value is, measured from the top of a box that is so high.
    #[must_use]
    pub fn place(&self, value: i64, height: i64) -> i64 {
        let value = i128::from(value.clamp(0, self.top));
        let up = (value * i128::from(height) + i128::from(self.top) / 2) / i128::from(self.top);
        height - i64::try_from(up).unwrap_or(height)
    }

    fn values(&self) -> impl Iterator<Item = i64> {
        let (step, steps) = (self.step, self.top / self.step);
        (0..=steps).rev().map(move |nth| nth * step)
    }

    /// The labels, from the top.
    #[must_use]
    pub fn labels(&self) -> Vec<String> {
        self.values().map(|value| self.unit.short(value)).collect()
    }

    /// Where the lines are, from the top of a box that is so high.
    #[must_use]
    pub fn places(&self, height: i64) -> Vec<i64> {
        self.values().map(|value| self.place(value, height)).collect()
    }
}

/// The least of 1, 2, 5, 10, 20, 50 … of which so many hold the value.
fn round_step(highest: i64) -> i64 {
    let mut power: i64 = 1;
    loop {
        for factor in [1, 2, 5] {
            let step = power.saturating_mul(factor);
            if step.saturating_mul(STEPS) >= highest {
                return step;
            }
        }
        power = power.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_is_round_and_holds_the_value() {
        for (highest, step, top) in [
            (-5, 1, 1),
            (0, 1, 1),
            (1, 1, 1),
            (3, 1, 3),
            (4, 1, 4),
            (5, 2, 6),
            (9, 5, 10),
            (17, 5, 20),
            (21, 10, 30),
            (99, 50, 100),
            (101, 50, 150),
            (1_000_000, 500_000, 1_000_000),
            (1_000_001, 500_000, 1_500_000),
        ] {
            let axis = Axis::of(Unit::Count, highest);
            assert_eq!((axis.step, axis.top), (step, top), "{highest}");
            assert!(axis.labels().len() <= 5);
        }
        assert!(Axis::of(Unit::Count, i64::MAX).top >= i64::MAX / 2, "what nobody has is drawn all the same");
    }

    #[test]
    fn per_cent_go_to_a_hundred() {
        for highest in [0, 3, 100] {
            assert_eq!(Axis::of(Unit::Percent, highest).labels(), ["100%", "50%", "0"]);
        }
    }

    #[test]
    fn places_go_from_the_bottom_to_the_top() {
        let axis = Axis::of(Unit::Count, 4);
        assert_eq!(axis.places(200), [0, 50, 100, 150, 200]);
        for (value, place) in [(-1, 200), (0, 200), (1, 150), (3, 50), (4, 0), (40, 0)] {
            assert_eq!(axis.place(value, 200), place, "{value}");
        }
        assert_eq!(Axis::of(Unit::Count, i64::MAX).place(i64::MAX, 200), 0);
    }
}
