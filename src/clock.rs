//! Floor 0: time and chance as parameters. Nothing else in the crate asks the machine for either; `clippy.toml` holds
//! that.

use std::time::Duration;

use rand::CryptoRng;

use crate::domain::time::Moment;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now, to the millisecond.
    fn now(&self) -> Moment;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> Moment {
        let since_epoch =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Moment::from_millis(0).plus(since_epoch)
    }
}

/// Gives randomness fit for keys and codes.
pub trait Chance: Send + Sync {
    /// A generator for the work at hand. It is not kept across an `.await`.
    fn rng(&self) -> Box<dyn CryptoRng>;
}

/// The thread's generator, seeded by the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsChance;

impl Chance for OsChance {
    #[expect(clippy::disallowed_methods, reason = "the one place that makes a generator")]
    fn rng(&self) -> Box<dyn CryptoRng> {
        Box::new(rand::rng())
    }
}

#[cfg(feature = "test-clock")]
pub use settable::{FakeClock, SeededChance};

#[cfg(feature = "test-clock")]
mod settable {
    use std::sync::atomic::{AtomicI64, Ordering};
    use std::sync::{Mutex, PoisonError};
    use std::time::Duration;

    use rand::rngs::StdRng;
    use rand::{CryptoRng, SeedableRng};

    use super::{Chance, Clock};
    use crate::domain::time::Moment;

    /// A clock that stands still until a test moves it.
    #[derive(Debug)]
    pub struct FakeClock(AtomicI64);

    impl FakeClock {
        /// Begins at 2026-11-24T12:00:00Z.
        #[must_use]
        pub const fn new() -> Self {
            Self(AtomicI64::new(1_795_521_600_000))
        }

        /// Moves on by `span`.
        pub fn advance(&self, span: Duration) {
            self.0.fetch_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
        }
    }

    impl Default for FakeClock {
        fn default() -> Self {
            Self::new()
        }
    }

    impl Clock for FakeClock {
        fn now(&self) -> Moment {
            Moment::from_millis(self.0.load(Ordering::SeqCst))
        }
    }

    /// Randomness that repeats: for tests whose snapshots hold codes.
    #[derive(Debug)]
    pub struct SeededChance(Mutex<StdRng>);

    impl SeededChance {
        /// Two with one seed give the same.
        #[must_use]
        pub fn new(seed: u64) -> Self {
            Self(Mutex::new(StdRng::seed_from_u64(seed)))
        }
    }

    impl Chance for SeededChance {
        fn rng(&self) -> Box<dyn CryptoRng> {
            let mut parent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Box::new(StdRng::from_rng(&mut *parent))
        }
    }
}
