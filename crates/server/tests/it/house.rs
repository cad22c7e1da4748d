//! A server of its own for every test: in a directory of its own, on a port of its own.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use keystile_core::key::{PlainKey, Random, mint};
use keystile_core::model::{Kind, Mode};
use keystile_server::background::Background;
use keystile_server::config::{Limits, Settings};
use keystile_server::installation::Installation;
use keystile_server::{App, OsRandom, Running, installation, start, take_bootstrap_key};
use keystile_store::Clock;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A running server with the four sample products.
pub(crate) struct House {
    // First, so that the server has stopped before its directory goes.
    running: Option<Running>,
    pub(crate) app: Arc<App>,
    background: Option<Background>,
    pub(crate) address: SocketAddr,
    pub(crate) operator: String,
    directory: Arc<TempDir>,
}

/// One answer, read to its end.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) text: String,
}

/// A customer's production environment.
#[derive(Debug, Clone)]
pub(crate) struct Customer {
    pub(crate) organization: String,
    pub(crate) project: String,
    pub(crate) environments: Vec<(String, String)>,
    pub(crate) created: Value,
}

impl Reply {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|why| panic!("{why}: {} {}", self.status, self.text))
    }

    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The stable word of a problem or verdict.
    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The same reply, which must have this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }
}

/// A fresh operator key.
pub(crate) fn operator_key() -> PlainKey {
    let brand = "keystile".parse().unwrap();
    mint(Kind::Secret, Some(&brand), Mode::Live, &OsRandom).unwrap()
}

pub(crate) fn settings(data: &Path) -> Settings {
    Settings {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        public_listen: None,
        public_url: None,
        data: data.to_owned(),
        tls: None,
        behind_proxy: false,
        trusted_proxies: vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()],
        demo: false,
        limits: Limits::default(),
    }
}

impl House {
    /// An empty installation with a bootstrap key.
    pub(crate) async fn new() -> Self {
        Self::with(|_| ()).await
    }

    /// The same with other settings.
    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let directory = Arc::new(tempfile::tempdir().unwrap());
        let key = operator_key();
        let mut settings = settings(&directory.path().join("data"));
        change(&mut settings);
        Self::open(directory, settings, &key).await
    }

    /// An installation in this directory with another clock and random source.
    pub(crate) async fn around(
        directory: &Arc<TempDir>,
        key: &PlainKey,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Self {
        let settings = settings(&directory.path().join("data"));
        let opened = installation::open_with(settings, None, clock, random).await;
        Self::serve(Arc::clone(directory), opened.unwrap(), key).await
    }

    async fn open(directory: Arc<TempDir>, settings: Settings, key: &PlainKey) -> Self {
        let opened = installation::open(settings, None).await.unwrap();
        Self::serve(directory, opened, key).await
    }

    async fn serve(directory: Arc<TempDir>, opened: Installation, key: &PlainKey) -> Self {
        let app = opened.app;
        take_bootstrap_key(&app, key.reveal()).await.unwrap();
        let running = start(Arc::clone(&app)).await.unwrap();
        let address = running.address;
        let operator = key.reveal().to_owned();
        Self {
            running: Some(running),
            background: Some(opened.background),
            app,
            address,
            operator,
            directory,
        }
    }

    /// With the manifests of the four sample systems applied.
    pub(crate) async fn furnished() -> Self {
        let house = Self::new().await;
        house.furnish();
        house
    }

    /// Applies the manifests of the four sample systems.
    pub(crate) fn furnish(&self) {
        for system in keystile_core::manifest::System::ALL {
            let manifest = keystile_core::manifest::starter(Some(system));
            self.apply(system.as_str(), manifest).expect(201);
        }
    }

    /// The data directory.
    pub(crate) fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// Where the public listener is.
    pub(crate) fn public_address(&self) -> Option<SocketAddr> {
        self.running
            .as_ref()
            .and_then(|running| running.public_address)
    }

    /// Stops, and opens the same data directory again.
    pub(crate) async fn restarted(self) -> Self {
        let (directory, operator) = self.closed().await;
        let settings = settings(&directory.path().join("data"));
        Self::open(directory, settings, &PlainKey::new(operator)).await
    }

    /// Stops; what is left is the directory and the operator key.
    async fn closed(mut self) -> (Arc<TempDir>, String) {
        if let Some(running) = self.running.take() {
            assert!(running.stop().await);
        }
        if let Some(background) = self.background.take() {
            background.end().await;
        }
        let Self {
            app,
            operator,
            directory,
            ..
        } = self;
        // Connections that end a moment later still hold it.
        let alive = Arc::downgrade(&app);
        drop(app);
        while alive.strong_count() > 0 {
            tokio::task::yield_now().await;
        }
        (directory, operator)
    }

    /// Stops and gives its directory back.
    pub(crate) async fn shut(self) {
        let _ = self.closed().await;
    }

    /// Stops as SIGTERM does; whether everything under way was finished.
    pub(crate) async fn stop(mut self) -> bool {
        match self.running.take() {
            Some(running) => running.stop().await,
            None => true,
        }
    }

    /// Applies a manifest.
    pub(crate) fn apply(&self, product: &str, manifest: &str) -> Reply {
        let path = format!("/v1/products/{product}");
        self.send(
            "PUT",
            &path,
            &[("content-type", "application/toml")],
            manifest,
        )
    }

    /// A call with the operator key.
    pub(crate) fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], "")
    }

    /// A call with the operator key and a JSON body.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(
            "POST",
            path,
            &[("content-type", "application/json")],
            &body.to_string(),
        )
    }

    /// A call with the operator key and a JSON body.
    pub(crate) fn patch(&self, path: &str, body: &Value) -> Reply {
        self.send(
            "PATCH",
            path,
            &[("content-type", "application/json")],
            &body.to_string(),
        )
    }

    /// A call with the operator key.
    pub(crate) fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", path, &[], "")
    }

    /// A call with the operator key and other headers.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Reply {
        let bearer = format!("Bearer {}", self.operator);
        let mut all = vec![("authorization", bearer.as_str())];
        all.extend_from_slice(headers);
        request(self.address, method, path, &all, body)
    }

    /// Creates a customer of a product, with its project.
    pub(crate) fn customer(&self, product: &str, name: &str) -> Customer {
        let body = json!({ "product": product, "name": name });
        let mut created = self.post("/v1/organizations", &body).expect(201).json();
        let organization = text(&created["organization"]["id"]);
        let project = match created["projects"].get(0) {
            Some(project) => project.clone(),
            None => {
                let path = format!("/v1/organizations/{organization}/projects");
                self.post(&path, &json!({ "name": "Main" }))
                    .expect(201)
                    .json()
            }
        };
        let environments = project["environments"].as_array().unwrap().iter();
        let environments = environments
            .map(|one| (text(&one["name"]), text(&one["id"])))
            .collect();
        created["project"] = project.clone();
        Customer {
            organization,
            project: text(&project["project"]["id"]),
            environments,
            created,
        }
    }

    /// Creates a key; gives its id and value.
    pub(crate) fn key(&self, environment: &str, kind: &str, name: &str) -> (String, String) {
        self.key_with(environment, &json!({ "kind": kind, "name": name }))
    }

    /// Creates a key from a whole body; gives its id and value.
    pub(crate) fn key_with(&self, environment: &str, body: &Value) -> (String, String) {
        let path = format!("/v1/environments/{environment}/keys");
        let created = self.post(&path, body).expect(201).json();
        let secret = created["secret"]
            .as_str()
            .or(created["key"]["value"].as_str());
        (text(&created["key"]["id"]), secret.unwrap().to_owned())
    }

    /// Asks whether a key is good for an operation in production.
    pub(crate) fn verify(&self, product: &str, key: &str, operation: &str) -> Value {
        let body = json!({
            "key": key, "product": product, "environment": "production", "operation": operation,
        });
        self.post("/v1/keys/verify", &body).expect(200).json()
    }
}

impl Customer {
    /// The id of an environment.
    pub(crate) fn environment(&self, name: &str) -> &str {
        let found = self.environments.iter().find(|(known, _)| known == name);
        &found.unwrap().1
    }

    /// The automatic key of that kind in an environment.
    pub(crate) fn automatic(&self, environment: &str, kind: &str) -> Value {
        let environments = self.created["project"]["environments"].as_array().unwrap();
        let here = environments
            .iter()
            .find(|one| one["name"] == environment)
            .unwrap();
        let keys = here["keys"].as_array().unwrap();
        keys.iter()
            .find(|key| key["kind"] == kind)
            .cloned()
            .unwrap_or_default()
    }
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// One request on a connection of its own.
pub(crate) fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Reply {
    let mut message = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\n");
    for (name, value) in headers {
        message.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() || method == "POST" {
        message.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    message.push_str("connection: close\r\n\r\n");
    message.push_str(body);
    raw(address, message.as_bytes())
}

/// Any bytes on a connection of their own, and what came back before it was closed.
pub(crate) fn raw(address: SocketAddr, message: &[u8]) -> Reply {
    let mut stream = TcpStream::connect(address).unwrap();
    // The server may answer and close before it has read everything.
    let _ = stream.write_all(message);
    read_reply(&mut stream)
}

/// Reads until the other side closes.
pub(crate) fn read_reply(stream: &mut TcpStream) -> Reply {
    let mut bytes = Vec::new();
    let mut buffer = [0_u8; 16 << 10];
    while let Ok(count) = stream.read(&mut buffer) {
        if count == 0 {
            break;
        }
        bytes.extend_from_slice(&buffer[..count]);
    }
    let all = String::from_utf8_lossy(&bytes).into_owned();
    let (head, text) = all.split_once("\r\n\r\n").unwrap_or((&all, ""));
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|word| word.parse().ok())
        .unwrap_or(0);
    Reply {
        status,
        head: head.to_owned(),
        text: text.to_owned(),
    }
}
