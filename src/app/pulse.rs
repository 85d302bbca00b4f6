//! What a node looks after by itself: whether its clock agrees with the database's, what has outlived its use, and whether
//! the key ring was rotated.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use tokio::task::JoinSet;

use super::ring;
use crate::clock::{Clock, OsChance};
use crate::domain::audit::By;
use crate::http::Readiness;
use crate::keyring::Vault;
use crate::service::{Desk, Service, Tenants};
use crate::store::Store;

/// How far the clocks may be apart.
const SKEW: Duration = Duration::from_secs(2);

/// Rows of a kind that one sweep removes; small, so that it does not show.
const SWEEP: i64 = 500;

/// Sweeps in a row, once a minute.
const SWEEPS: usize = 500;

/// Hours whose usage is counted in a row, once a minute; more of them wait after an outage.
const HOURS: usize = 100;

/// The node's own upkeep.
pub(super) struct Pulse {
    pub(super) store: Arc<dyn Store>,
    pub(super) vault: Arc<Vault>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ring_file: PathBuf,
    /// The clock agrees with the database's; the service and the courier stop while it does not.
    pub(super) in_step: Arc<AtomicBool>,
}

impl Pulse {
    /// Compares the clocks. The database's answer lies between the two readings of our own.
    async fn check_clock(&self) -> Result<(), String> {
        let before = self.clock.now();
        let theirs = self.store.database_time().await.map_err(|error| error.to_string())?;
        let after = self.clock.now();
        let apart = after.until(theirs).max(theirs.until(before));
        if apart > SKEW {
            return Err(format!("it is {} ms from the database's; set it by NTP", apart.as_millis()));
        }
        Ok(())
    }

    pub(super) async fn check_and_tell(&self) {
        match self.check_clock().await {
            Ok(()) => {
                if !self.in_step.swap(true, Ordering::SeqCst) {
                    tracing::info!("the clock agrees with the database's again");
                }
            }
            // A database that does not answer fails its own requests; it says nothing about the clock.
            Err(problem) if problem.contains("NTP") => {
                self.in_step.store(false, Ordering::SeqCst);
                tracing::error!(%problem, "the clock is wrong; requests are answered 503");
            }
            Err(problem) => tracing::warn!(%problem, "the clocks could not be compared"),
        }
    }

    /// Runs until it is dropped.
    pub(super) async fn run(self: Arc<Self>, service: Arc<Service>) {
        // Whatever was put there since the start is loaded with the first look.
        let mut ring_time = None;
        let mut every = tokio::time::interval(Duration::from_secs(2));
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut sweeping = JoinSet::new();
        let mut round: u32 = 0;
        loop {
            every.tick().await;
            self.check_and_tell().await;
            self.reload_ring(&mut ring_time);
            // In a task of its own: clock and key ring are looked after while it lasts. One at a time.
            if round.is_multiple_of(30) && sweeping.is_empty() {
                let (pulse, service) = (Arc::clone(&self), Arc::clone(&service));
                sweeping.spawn(async move {
                    service.write_last_used().await;
                    pulse.close_hours().await;
                    pulse.sweep().await;
                    pulse.erase_deleted().await;
                });
            }
            while sweeping.try_join_next().is_some() {}
            round = round.wrapping_add(1);
        }
    }

    /// Counts what the hours that have ended came to. First, so that a sweep takes nothing that is yet to be counted.
    async fn close_hours(&self) {
        for _ in 0..HOURS {
            // A clock that is ahead would close hours that are not over.
            if !self.in_step.load(Ordering::SeqCst) {
                return;
            }
            match self.store.close_hour(self.clock.now()).await {
                Ok(Some(hour)) => tracing::debug!(%hour, "usage was counted"),
                Ok(None) => return,
                Err(error) => {
                    tracing::warn!(%error, "usage was not counted; it is tried again in a minute");
                    return;
                }
            }
        }
    }

    async fn sweep(&self) {
        // Small steps until nothing is left, so that a sweep keeps up with any load and never shows in it.
        for _ in 0..SWEEPS {
            match self.store.sweep(self.clock.now(), SWEEP).await {
                Ok(swept) if swept.more => tracing::debug!(rows = swept.rows, "swept, and more is left"),
                Ok(_) => return,
                Err(error) => {
                    tracing::warn!(%error, "nothing was swept");
                    return;
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Deleted applications whose grace has passed.
    async fn erase_deleted(&self) {
        let (store, vault, clock) = (self.store.clone(), self.vault.clone(), self.clock.clone());
        let tenants = Tenants::new(Desk::new(store, vault, clock, Arc::new(OsChance), By::system()));
        for _ in 0..SWEEPS {
            // A clock that is ahead would end a grace too early.
            if !self.in_step.load(Ordering::SeqCst) {
                return;
            }
            match tenants.erase_deleted(SWEEP).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(%error, "a deleted application was not erased; it is tried again in a minute");
                    return;
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn reload_ring(&self, known: &mut Option<SystemTime>) {
        let now = modified(&self.ring_file);
        if now.is_none() || now == *known {
            return;
        }
        match ring::read(&self.ring_file) {
            Ok(ring) => {
                let before = self.vault.primary();
                self.vault.replace_ring(&ring);
                *known = now;
                if self.vault.primary() == before {
                    return;
                }
                tracing::info!(primary = %self.vault.primary(), "the key ring was loaded anew");
            }
            Err(error) => {
                tracing::error!(%error, "the key ring changed and cannot be loaded; the old one stays");
            }
        }
    }
}

fn modified(path: &std::path::Path) -> Option<SystemTime> {
    path.metadata().and_then(|data| data.modified()).ok()
}

#[async_trait]
impl Readiness for Pulse {
    async fn checks(&self) -> Vec<(&'static str, Result<(), String>)> {
        let migrated = match self.store.is_migrated().await {
            Ok(true) => Ok(()),
            Ok(false) => Err("the schema is not this version's; run `rift-mfa migrate`".into()),
            Err(error) => Err(error.to_string()),
        };
        let database = self.store.database_time().await.map(|_| ()).map_err(|error| error.to_string());
        let clock = if database.is_ok() { self.check_clock().await } else { Ok(()) };
        vec![("database", database), ("migrations", migrated), ("clock", clock)]
    }

    async fn gauges(&self) {
        let (open, idle) = self.store.connections();
        metrics::gauge!("rift_database_connections", "state" => "open").set(f64::from(open));
        metrics::gauge!("rift_database_connections", "state" => "idle")
            .set(f64::from(u32::try_from(idle).unwrap_or(u32::MAX)));
        let now = self.clock.now();
        if let Ok((depth, age)) = self.store.outbox_depth(now).await {
            metrics::gauge!("rift_outbox_depth").set(gauge(depth));
            metrics::gauge!("rift_outbox_age_seconds").set(gauge(age) / 1000.0);
        }
    }
}

fn gauge(value: i64) -> f64 {
    i32::try_from(value).map_or(f64::MAX, f64::from)
}
