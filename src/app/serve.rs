//! Running a node: start in order, listen, end in order.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::node::{Node, NodeParts};
use super::open::{Mode, open};
use super::own::Workshop;
use super::pulse::Pulse;
use super::{AppError, greeting, providers, telemetry};
use crate::clock::{Chance, Clock, OsChance, SystemClock};
use crate::config::{Backend, Config};
use crate::http;
use crate::http::serve::{Refusal, ServeLimits};
use crate::service::Service;

/// Runs until SIGTERM or SIGINT; then requests and messages under way end.
pub async fn serve(config: Config) -> Result<(), AppError> {
    // First of all: a signal that comes while the node starts ends it in order, too.
    let mut signals = Signals::hear()?;
    telemetry::start_logs(&config)?;
    let figures = telemetry::start_figures()?;
    // A port that is taken is told before anything is made.
    drop(bind("http.listen", config.http.listen).await?);
    drop(bind("http.ops_listen", config.http.ops_listen).await?);
    let built = providers::build(&config)?;
    let webhooks = providers::webhooks(&config)?;
    // Another node's migration may take long; whoever ends this one need not wait for it.
    let opened = tokio::select! {
        opened = open(&config, Mode::Serve) => opened?,
        () = signals.one() => return Ok(()),
    };
    // Only now, once the schema is made: whoever can connect is answered.
    let public = bind("http.listen", config.http.listen).await?;
    let private = bind("http.ops_listen", config.http.ops_listen).await?;

    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let chance: Arc<dyn Chance> = Arc::new(OsChance);
    let in_step = Arc::new(AtomicBool::new(true));
    let pulse = Arc::new(Pulse {
        store: Arc::clone(&opened.store),
        vault: Arc::clone(&opened.vault),
        clock: Arc::clone(&clock),
        ring_file: config.keyring.file.clone(),
        in_step: Arc::clone(&in_step),
    });
    pulse.check_and_tell().await;

    let embedded = config.database.backend == Backend::Sqlite;
    let greeting = if embedded && opened.store.orgs().await?.is_empty() {
        let demo = greeting::make_demo(
            Arc::clone(&opened.store),
            Arc::clone(&opened.vault),
            Arc::clone(&clock),
            Arc::clone(&chance),
        )
        .await?;
        greeting::first(&config, &demo)
    } else {
        greeting::later(&config, &opened.store.apps(None).await?)
    };

    let own = Workshop::of(&config, &webhooks.guard, &clock);
    let node = Node::build(NodeParts {
        store: Arc::clone(&opened.store),
        vault: opened.vault,
        clock,
        chance,
        providers: built,
        webhooks,
        own: Arc::new(own),
        public_url: config.http.public_url.as_str().trim_end_matches('/').to_owned(),
        lease: config.courier.lease,
        concurrency: config.courier.concurrency,
        requests_per_key: config.limits.requests_per_key,
        in_step,
    });
    let (stop, stopped) = watch::channel(false);
    let (stop_courier, courier_stopped) = watch::channel(false);
    let (service, courier) = node.start_courier(courier_stopped);
    let tasks = service.tasks();
    let upkeep = tokio::spawn(Arc::clone(&pulse).run(Arc::clone(&service)));
    // The metadata of phone numbers takes a moment to load; the first request that needs it should not wait.
    tokio::task::spawn_blocking(|| phonenumber::parse(None, "+14155552671").is_ok());

    let limits = |connections| ServeLimits { connections, header_timeout: Duration::from_secs(10) };
    let ops = tokio::spawn(http::serve::serve(
        private,
        http::ops_router(pulse, figures),
        limits(100),
        refusing(&service),
        until(stopped.clone()),
    ));
    let api = tokio::spawn(http::serve::serve(
        public,
        super::site::site_behind(Arc::clone(&service), config.http.trusted_proxies.into()),
        limits(config.limits.connections),
        refusing(&service),
        until(stopped),
    ));
    say(&greeting);
    tracing::info!(listen = %config.http.listen, ops = %config.http.ops_listen, "listening");

    signals.one().await;
    tracing::info!("stopping: requests and messages under way end, within 30 s");
    let _ = stop.send(true);
    let ended = async {
        // Requests first, then what they left running, then the messages of both.
        let _ = api.await;
        tasks.close();
        tasks.wait().await;
        let _ = stop_courier.send(true);
        let _ = courier.await;
        let _ = ops.await;
    };
    if tokio::time::timeout(Duration::from_secs(30), ended).await.is_err() {
        tracing::warn!("not all ended in time; leased messages go on at their lease's end");
    }
    upkeep.abort();
    // A database that hangs must not keep the process.
    let _ = tokio::time::timeout(Duration::from_secs(3), async {
        service.write_last_used().await;
        opened.store.close().await;
    })
    .await;
    Ok(())
}

/// The greeting is for the person at the terminal; a pipe that was closed is no reason to stop.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

async fn bind(setting: &str, address: SocketAddr) -> Result<TcpListener, AppError> {
    TcpListener::bind(address).await.map_err(|error| {
        AppError::Configuration(format!(
            "{setting}: cannot listen on {address}: {error}. Choose another address or end what uses it."
        ))
    })
}

fn refusing(service: &Arc<Service>) -> impl Fn() -> Refusal + Send + use<> {
    let service = Arc::clone(service);
    move || http::refusal(&service)
}

async fn until(mut stopped: watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stop| *stop).await;
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn hear() -> Result<Self, AppError> {
        let hear = |kind| {
            signal(kind).map_err(|error| AppError::Failed(format!("signals cannot be heard: {error}")))
        };
        Ok(Self { terminate: hear(SignalKind::terminate())?, interrupt: hear(SignalKind::interrupt())? })
    }

    async fn one(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
