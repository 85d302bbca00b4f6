//! A node that is told to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use rift_mfa::clock::Clock as _;
use rift_mfa::domain::message::{Channel, Envelope};
use rift_mfa::providers::{Outcome, Provider};
use rift_mfa::store::Lease;
use tokio::sync::{mpsc, watch};

use crate::harness::on_both;
use crate::harness::scripted::Scripted;

/// Takes every message, and stops its node with the first one.
struct Stopping {
    stop: watch::Sender<bool>,
    taken: AtomicUsize,
}

#[async_trait]
impl Provider for Stopping {
    fn name(&self) -> &'static str {
        "stopping"
    }

    async fn send(&self, _: &str, _: &Envelope) -> Outcome {
        self.taken.fetch_add(1, Ordering::SeqCst);
        let _ = self.stop.send(true);
        Outcome::Sent { id: None }
    }
}

on_both! {
    async fn a_node_that_stops_sends_what_it_holds_and_takes_nothing_more(app: TestApp) {
        const BACKLOG: usize = 260;
        let app = app.with_channels(&[(Channel::Email, &[&Scripted::new("dead")])], Vec::new());
        for n in 0..BACKLOG {
            app.post("/v1/mfa", &format!("User=user{n}@example.com, Type=EMAIL")).await.ok();
        }
        // The node that queued them is gone.
        app.advance(31);
        let (stop, stopped) = watch::channel(false);
        let provider = Arc::new(Stopping { stop, taken: AtomicUsize::new(0) });
        let mail: Arc<dyn Provider> = provider.clone();
        let other = app.other_node(vec![mail]).await;
        let (_queue, queued) = mpsc::channel(1);
        let run = other.courier().run(queued, stopped);
        tokio::time::timeout(Duration::from_mins(1), run).await.expect("the courier ends");
        let taken = provider.taken.load(Ordering::SeqCst);
        assert!((1..BACKLOG).contains(&taken), "{taken} of {BACKLOG} were sent by a node that was told to stop");
        // What it claimed it has sent: nothing waits for the end of a lease.
        let now = app.clock.now();
        let rest = Lease { token: "rest".into(), until: now.plus(Duration::from_secs(30)) };
        let rest = app.store.claim_messages(now, &rest, &Channel::ALL, 1_000).await.unwrap();
        assert_eq!(rest.len(), BACKLOG - taken);
    }
}
