//! The connection to Keystile: HTTP/1.1, over TLS or not. Redirects are not followed.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::errors::ConfigurationError;

type Body = Full<Bytes>;

/// Keeps connections, and opens new ones.
#[derive(Clone)]
pub(crate) enum Connection {
    Plain(Client<HttpConnector, Body>),
    Tls(Client<HttpsConnector<HttpConnector>, Body>),
}

/// Why nothing came back. It says no more, because what the network says may repeat the request.
pub(crate) struct Broken;

impl Connection {
    /// Whoever is asked in the clear needs no certificates of the system.
    pub(crate) fn to(base: &str) -> Result<Self, ConfigurationError> {
        let mut builder = Client::builder(TokioExecutor::new());
        builder.pool_timer(TokioTimer::new());
        let mut plain = HttpConnector::new();
        // A question is one small packet, which must not wait for another.
        plain.set_nodelay(true);
        if !base.starts_with("https:") {
            return Ok(Self::Plain(builder.build(plain)));
        }
        plain.enforce_http(false);
        let primitives = rustls::crypto::ring::default_provider();
        let tls = HttpsConnectorBuilder::new().with_provider_and_native_roots(primitives);
        let tls = tls.map_err(|error| {
            let message = "the system's certificates cannot be read, so that https is not possible";
            ConfigurationError::new(format!("{message}: {error}"))
        })?;
        let connector = tls.https_only().enable_http1().wrap_connector(plain);
        Ok(Self::Tls(builder.build(connector)))
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Result<Response<Incoming>, Broken> {
        let answer = match self {
            Self::Plain(client) => client.request(request).await,
            Self::Tls(client) => client.request(request).await,
        };
        answer.map_err(|_| Broken)
    }
}

/// The address of an installation, without a slash at its end.
pub(crate) fn check_url(name: &str, address: &str) -> Result<String, ConfigurationError> {
    let wrong = |what: &str| Err(ConfigurationError::new(format!("{name} {what}")));
    if address.is_empty() {
        return wrong("is missing: where does Keystile listen?");
    }
    let parsed: Option<http::Uri> = address.parse().ok();
    let known = parsed.filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")));
    let Some(authority) = known.as_ref().and_then(http::Uri::authority) else {
        return wrong("is not an address such as https://keys.example.com");
    };
    if authority.as_str().contains('@') || address.contains(['?', '#']) {
        return wrong("is scheme, host, port and path alone: no user, query or fragment");
    }
    if authority.host().is_empty() {
        return wrong("is not an address such as https://keys.example.com");
    }
    Ok(address.trim_end_matches('/').to_owned())
}
