//! Calling a Keystile: over the network, over the control socket, or in this very process.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
pub use http::Method;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

use crate::app::App;
use crate::front::call_in_process;

/// Which Keystile, and how to reach it.
pub enum Client {
    /// A server elsewhere, by host and port, with an operator key.
    Remote {
        /// `host:port`, plain HTTP.
        address: String,
        /// The operator key.
        key: String,
    },
    /// The server that holds the data directory, through its control socket.
    Local(PathBuf),
    /// No server runs: this process has the data directory itself.
    InProcess(Arc<App>),
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The status.
    pub status: StatusCode,
    /// The JSON; null when there was none.
    pub body: Value,
}

/// A body to send.
#[derive(Debug, Clone)]
pub enum Sent {
    /// Nothing.
    Nothing,
    /// JSON.
    Json(Value),
    /// TOML.
    Toml(String),
}

/// The other side did not answer.
#[derive(Debug, thiserror::Error)]
#[error("{server} does not answer: {why}")]
pub struct NoAnswer {
    /// Who was asked.
    pub server: String,
    /// What went wrong.
    pub why: String,
}

impl Client {
    /// Makes one request.
    ///
    /// # Errors
    /// When there is no answer at all; an answer that says no is an answer.
    pub async fn call(&self, method: Method, path: &str, sent: Sent) -> Result<Answered, NoAnswer> {
        let failed = |why: String| NoAnswer {
            server: self.name(),
            why,
        };
        let request = self
            .request(method, path, sent)
            .map_err(|why| failed(why.to_string()))?;
        let answered = match self {
            Self::InProcess(app) => {
                let reply = call_in_process(app, request).await;
                let status = reply.status();
                let body = reply.into_body().collect().await;
                body.map(|body| (status, body.to_bytes()))
                    .map_err(|why| why.to_string())
            }
            Self::Local(socket) => match UnixStream::connect(socket).await {
                Ok(stream) => exchange(stream, request).await,
                Err(why) => Err(why.to_string()),
            },
            Self::Remote { address, .. } => match TcpStream::connect(address).await {
                Ok(stream) => exchange(stream, request).await,
                Err(why) => Err(why.to_string()),
            },
        };
        let (status, body) = answered.map_err(failed)?;
        Ok(Answered {
            status,
            body: serde_json::from_slice(&body).unwrap_or_default(),
        })
    }

    fn name(&self) -> String {
        match self {
            Self::Remote { address, .. } => format!("http://{address}"),
            Self::Local(socket) => socket.display().to_string(),
            Self::InProcess(_) => "this process".to_owned(),
        }
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        sent: Sent,
    ) -> Result<Request<Full<Bytes>>, http::Error> {
        let (kind, body) = match sent {
            Sent::Nothing => (None, String::new()),
            Sent::Json(value) => (Some("application/json"), value.to_string()),
            Sent::Toml(text) => (Some("application/toml"), text),
        };
        let host = match self {
            Self::Remote { address, .. } => address.as_str(),
            _ => "localhost",
        };
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, host);
        request = request.header(header::USER_AGENT, "keystile-cli");
        if let Some(kind) = kind {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        if let Self::Remote { key, .. } = self {
            request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
        }
        request.body(Full::new(Bytes::from(body)))
    }
}

async fn exchange<S>(
    stream: S,
    request: Request<Full<Bytes>>,
) -> Result<(StatusCode, Bytes), String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let shaken = http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = shaken.map_err(|why| why.to_string())?;
    let driving = tokio::spawn(connection);
    let reply = sender
        .send_request(request)
        .await
        .map_err(|why| why.to_string())?;
    let status = reply.status();
    let body = reply
        .into_body()
        .collect()
        .await
        .map_err(|why| why.to_string())?;
    driving.abort();
    Ok((status, body.to_bytes()))
}
