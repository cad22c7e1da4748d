//! Reaching a Keystile, whichever way there is.

use keystile_server::background::Background;
use keystile_server::client::{Client, Method, Sent};
use keystile_server::{CONTROL_SOCKET, installation};
use serde_json::Value;

use crate::args::Global;
use crate::output::Failed;
use crate::settings;

/// A Keystile that can be asked.
pub(crate) struct Keystile {
    client: Client,
    /// With no server running: what keeps this process's own installation going.
    _background: Option<Background>,
}

impl Keystile {
    /// The server that is named, or that holds the data directory, or this process.
    pub(crate) async fn reach(global: &Global) -> Result<Self, Failed> {
        if let Some(address) = &global.server {
            let address = address
                .trim_start_matches("http://")
                .trim_end_matches('/')
                .to_owned();
            return Ok(Self::served(Client::Remote {
                address,
                key: settings::operator_key()?,
            }));
        }
        let socket = global.data.join(CONTROL_SOCKET);
        if std::os::unix::net::UnixStream::connect(&socket).is_ok() {
            return Ok(Self::served(Client::Local(socket)));
        }
        let given = settings::master_key(global)?;
        let opened = installation::open(settings::offline(&global.data), given).await;
        let opened = opened.map_err(|why| Failed::new(why.to_string()))?;
        Ok(Self {
            client: Client::InProcess(opened.app),
            _background: Some(opened.background),
        })
    }

    fn served(client: Client) -> Self {
        Self {
            client,
            _background: None,
        }
    }

    /// The server of the demo, by its control socket.
    pub(crate) fn at(data: &std::path::Path) -> Self {
        Self::served(Client::Local(data.join(CONTROL_SOCKET)))
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value, Failed> {
        self.call(Method::GET, path, Sent::Nothing).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Result<Value, Failed> {
        self.call(Method::POST, path, Sent::Json(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Result<Value, Failed> {
        self.call(Method::PATCH, path, Sent::Json(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<Value, Failed> {
        self.call(Method::DELETE, path, Sent::Nothing).await
    }

    pub(crate) async fn put_toml(&self, path: &str, body: String) -> Result<Value, Failed> {
        self.call(Method::PUT, path, Sent::Toml(body)).await
    }

    async fn call(&self, method: Method, path: &str, sent: Sent) -> Result<Value, Failed> {
        let answered = self.client.call(method, path, sent).await;
        let answered = answered.map_err(|why| Failed::new(why.to_string()))?;
        if answered.status.is_success() {
            return Ok(answered.body);
        }
        Err(Failed::answer(&answered.body))
    }
}

/// A value as a part of a path or query.
pub(crate) fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    text.bytes()
        .map(|b| {
            if plain(b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect()
}

/// A query of the parameters that are given.
pub(crate) fn query(parameters: &[(&str, Option<&str>)]) -> String {
    let given = parameters
        .iter()
        .filter_map(|(name, value)| value.map(|value| format!("{name}={}", encoded(value))));
    let joined = given.collect::<Vec<_>>().join("&");
    if joined.is_empty() {
        joined
    } else {
        format!("?{joined}")
    }
}
