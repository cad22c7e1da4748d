//! `keystile serve`: opening, listening, and stopping without losing anything.

use std::sync::Arc;

use std::io::IsTerminal;

use keystile_server::{App, installation, start, take_bootstrap_key};
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::args::{Global, LogForm, Serve};
use crate::commands::people::tell_setup_link;
use crate::output::{Failed, heading, line};
use crate::{demo, settings};

/// Runs until it is told to stop.
pub(crate) async fn run(global: &Global, serve: &Serve) -> Result<(), Failed> {
    leave_no_core();
    let mut global = global.clone();
    if serve.demo && global.said_data {
        let message =
            "--demo has a data directory of its own, which is thrown away: leave out --data";
        return Err(Failed::new(message));
    }
    let demo_directory = serve.demo.then(demo::directory).transpose()?;
    if let Some(directory) = &demo_directory {
        global.data = directory.path().join("data");
    }
    let chosen = settings::choose(&global, serve)?;
    begin_log(chosen.log, serve.demo);
    settings::tell(&chosen, &global);
    let listen_twice = chosen.settings.public_listen;
    let given = settings::master_key(&global)?;
    let opened = installation::open(chosen.settings, given).await;
    let opened = opened.map_err(|why| Failed::new(why.to_string()))?;
    let app = opened.app;
    take_bootstrap(&app).await?;
    let running = start(Arc::clone(&app))
        .await
        .map_err(|why| Failed::new(why.to_string()))?;
    // Whoever reads that it listens may tell it to stop at once.
    let stop = stop_signals()?;
    heading(&format!("Keystile listens on http://{}", running.address));
    if let (Some(_), Some(public)) = (listen_twice, running.public_address) {
        line(&format!("what browsers need is on http://{public}"));
    }
    if let Some(path) = opened.new_master_key.filter(|_| !serve.demo) {
        line(&format!(
            "made the master key {}: keep a copy elsewhere,",
            path.display()
        ));
        line("because without it no key can be verified and every one must be reissued");
    }
    let link = setup_link(&app).await;
    if let Some(link) = link {
        tell_setup_link(&link);
    }
    if serve.demo {
        demo::tell(&global.data, running.address).await?;
    }
    wait_for(stop).await;
    line("stopping: what is under way is finished");
    let finished = running.stop().await;
    opened.background.end().await;
    app.end_with_process();
    if finished {
        line("stopped");
        return Ok(());
    }
    Err(Failed::new("some requests did not finish in time"))
}

/// Whatever keeps it from being made does not keep keys from being verified.
async fn setup_link(app: &App) -> Option<String> {
    match keystile_server::setup_link(app).await {
        Ok(link) => link,
        Err(reason) => {
            tracing::warn!(
                reason,
                "no set-up link for the console; `keystile people setup-link` makes one"
            );
            None
        }
    }
}

async fn take_bootstrap(app: &App) -> Result<(), Failed> {
    let Some(key) = settings::bootstrap_key()? else {
        return Ok(());
    };
    let taken = take_bootstrap_key(app, &key).await;
    taken.map_err(|why| Failed::new(format!("KEYSTILE_BOOTSTRAP_KEY: {why}")))
}

fn stop_signals() -> Result<[Signal; 2], Failed> {
    let failed = |why: std::io::Error| Failed::new(format!("signals cannot be heard: {why}"));
    let hear = |kind| signal(kind).map_err(failed);
    Ok([
        hear(SignalKind::terminate())?,
        hear(SignalKind::interrupt())?,
    ])
}

async fn wait_for([mut terminate, mut interrupt]: [Signal; 2]) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// Secrets pass through this process's memory, so it leaves no image of it behind.
fn leave_no_core() {
    let nothing = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let _ = setrlimit(Resource::Core, nothing);
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

fn begin_log(form: Option<LogForm>, demo: bool) {
    let terminal = std::io::stderr().is_terminal();
    let form = form.unwrap_or(if terminal {
        LogForm::Text
    } else {
        LogForm::Json
    });
    let level = if demo {
        tracing::Level::WARN
    } else {
        tracing::Level::INFO
    };
    let log = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr);
    // It can only fail when there is a log already.
    let _ = match form {
        LogForm::Text => log.with_ansi(terminal).try_init(),
        LogForm::Json => log.json().flatten_event(true).try_init(),
    };
}
