//! How long a message waits when every provider said "later".

use std::time::Duration;

use rand::{CryptoRng, RngExt};

const FIRST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_mins(1);

/// 2 s, doubled each round up to a minute, with up to a fifth more or less; never less than a provider asked for.
pub(super) fn pause(rounds: u32, asked_for: Option<Duration>, rng: &mut dyn CryptoRng) -> Duration {
    let base = FIRST.saturating_mul(2_u32.saturating_pow(rounds.min(10))).min(LONGEST);
    base.mul_f64(rng.random_range(0.8..1.2)).max(asked_for.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn pauses_grow_to_a_minute_and_honour_the_provider() {
        let mut rng = StdRng::seed_from_u64(1);
        for (rounds, seconds) in [(0, 2.0), (1, 4.0), (4, 32.0), (5, 60.0), (u32::MAX, 60.0)] {
            let pause = pause(rounds, None, &mut rng).as_secs_f64();
            assert!((seconds * 0.8..=seconds * 1.2).contains(&pause), "{rounds}: {pause}");
        }
        assert_eq!(pause(0, Some(Duration::from_secs(90)), &mut rng), Duration::from_secs(90));
    }
}
