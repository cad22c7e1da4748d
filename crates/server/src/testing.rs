//! What tests inside this crate share: an installation of their own, a clock that is moved by hand,
//! and calls without a socket.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use bytes::Bytes;
use http_body_util::Full;
use keystile_core::model::Timestamp;
use keystile_store::Clock;
use serde_json::Value;

use crate::OsRandom;
use crate::app::App;
use crate::background::Background;
use crate::config::{Limits, Settings};
use crate::front::call_in_process;
use crate::installation;

/// A clock that is moved by hand.
#[derive(Debug)]
pub(crate) struct Hand(AtomicI64);

impl Hand {
    /// It stands at noon of a day on which this build can run.
    pub(crate) fn new() -> Arc<Self> {
        let start: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        Arc::new(Self(AtomicI64::new(start.millis())))
    }

    pub(crate) fn wait(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::Relaxed);
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// Settings with which nothing listens yet.
pub(crate) fn settings(data: &Path) -> Settings {
    Settings {
        listen: std::net::SocketAddr::from(([127, 0, 0, 1], 0)),
        public_listen: None,
        public_url: None,
        data: data.to_owned(),
        tls: None,
        behind_proxy: false,
        trusted_proxies: Vec::new(),
        demo: false,
        limits: Limits::default(),
    }
}

/// A new installation.
pub(crate) async fn installed(settings: Settings, clock: Arc<dyn Clock>) -> (Arc<App>, Background) {
    let opened = installation::open_with(settings, None, clock, Arc::new(OsRandom));
    let opened = opened.await.unwrap();
    (opened.app, opened.background)
}

/// What the API answers to somebody on the machine; a body that is put is a manifest.
pub(crate) async fn call(app: &Arc<App>, method: &str, path: &str, body: &str) -> Value {
    let kind = match method {
        "PUT" => "application/toml",
        _ => "application/json",
    };
    let request = http::Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost")
        .header("content-type", kind)
        .body(Full::new(Bytes::from(body.to_owned())));
    let reply = call_in_process(app, request.unwrap()).await;
    assert!(reply.status().is_success(), "{path}: {:?}", reply.body());
    serde_json::from_slice(reply.body().whole().unwrap()).unwrap()
}
