//! The middleware: a `tower` layer that lets a call through to a service when its key is good, and
//! answers it otherwise.

use std::error::Error as StdError;
use std::fmt;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderName, Request, Response};
use http_body_util::{Either, Full};
use tower_layer::Layer;
use tower_service::Service;

use crate::client::Client;
use crate::credential::{find_credential, origin_of};
use crate::errors::{ConfigurationError, Error};
use crate::problem::refusal;
use crate::question::{Asked, Question};
use crate::verdict::{Verdict, Verified};

/// The body of an answer: a refusal's, or that of the guarded service.
pub type ProtectBody<B> = Either<Full<Bytes>, B>;

type From<T> = Arc<dyn Fn(&Parts) -> T + Send + Sync>;
type Tell = Arc<dyn Fn(&Parts, &Error) + Send + Sync>;
type Failure = Box<dyn StdError + Send + Sync>;

/// Guards services: a `tower` [`Layer`] for every service that takes `http` requests, such as those
/// of axum, hyper and tonic. Whose call it is stands in the request's extensions, as [`Verified`].
///
/// How it is made says what is asked. A call that cannot be decided is answered with 503.
#[derive(Clone)]
#[must_use]
pub struct Protect {
    client: Client,
    ask: Ask,
    cost: Option<From<Result<u64, Failure>>>,
    reserve: bool,
    idempotency_key: Option<From<Option<String>>>,
    ip: Option<From<Option<IpAddr>>>,
    credential_headers: Vec<HeaderName>,
    realm: String,
    on_error: Tell,
}

/// What is asked about each request.
#[derive(Clone)]
enum Ask {
    /// Method and path, as they came: the manifest's templates match them raw.
    Request,
    Operation(From<String>),
    Scopes(Vec<String>),
    AuthenticateOnly,
}

impl Protect {
    /// Asks about the method and the path of each request, as an operation of the manifest.
    pub fn new(client: Client) -> Self {
        Self::asking(client, Ask::Request)
    }

    /// Asks about the operation that is found in a request, such as `POST /v1/events`.
    pub fn operation(
        client: Client,
        find: impl Fn(&Parts) -> String + Send + Sync + 'static,
    ) -> Self {
        Self::asking(client, Ask::Operation(Arc::new(find)))
    }

    /// Asks for scopes, all together; then no credits are spent.
    pub fn scopes<S: Into<String>>(client: Client, scopes: impl IntoIterator<Item = S>) -> Self {
        let scopes = scopes.into_iter().map(Into::into).collect();
        Self::asking(client, Ask::Scopes(scopes))
    }

    /// Asks only whose key it is.
    pub fn authenticate_only(client: Client) -> Self {
        Self::asking(client, Ask::AuthenticateOnly)
    }

    fn asking(client: Client, ask: Ask) -> Self {
        Self {
            client,
            ask,
            cost: None,
            reserve: false,
            idempotency_key: None,
            ip: None,
            credential_headers: vec![AUTHORIZATION, HeaderName::from_static("x-api-key")],
            realm: "api".into(),
            on_error: Arc::new(|_, error| tracing::error!("keystile: {error}")),
        }
    }

    /// What a call costs, where the manifest allows a range. A call whose cost cannot be told is
    /// not let in.
    pub fn cost<E: Into<Failure>>(
        mut self,
        find: impl Fn(&Parts) -> Result<u64, E> + Send + Sync + 'static,
    ) -> Self {
        self.cost = Some(Arc::new(move |request| find(request).map_err(Into::into)));
        self
    }

    /// Only sets the cost aside: settle or release it when it is known.
    pub fn reserve(mut self) -> Self {
        self.reserve = true;
        self
    }

    /// By what a repetition of a call is known, so that it is charged once.
    pub fn idempotency_key(
        mut self,
        find: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.idempotency_key = Some(Arc::new(find));
        self
    }

    /// Finds the client's address. It is not asked for unless you say how, because only you know
    /// which proxy stands before you: `X-Forwarded-For` can be written by anybody.
    pub fn ip(mut self, find: impl Fn(&Parts) -> Option<IpAddr> + Send + Sync + 'static) -> Self {
        self.ip = Some(Arc::new(find));
        self
    }

    /// The headers that carry keys, as in the manifest. Default: `authorization` and `x-api-key`.
    pub fn credential_headers(mut self, names: impl IntoIterator<Item = HeaderName>) -> Self {
        self.credential_headers = names.into_iter().collect();
        self
    }

    /// What `WWW-Authenticate` calls your API. Default `api`.
    pub fn realm(mut self, realm: impl Into<String>) -> Self {
        self.realm = realm.into();
        self
    }

    /// Is told why nothing could be decided. It changes nothing: the client gets 503. Default: a
    /// line of `tracing`.
    pub fn on_error(mut self, tell: impl Fn(&Parts, &Error) + Send + Sync + 'static) -> Self {
        self.on_error = Arc::new(tell);
        self
    }

    async fn admit(&self, request: &Parts) -> Result<Verified, Response<Bytes>> {
        let prefixes = self.client.foreign_prefixes();
        let verdict = match find_credential(request, &self.credential_headers, prefixes) {
            Ok(key) => self.judge(request, key).await,
            Err(refused) => *refused,
        };
        match verdict.verified {
            Some(verified) => Ok(verified),
            None => Err(refusal(&verdict, &self.realm)),
        }
    }

    async fn judge(&self, request: &Parts, key: String) -> Verdict {
        let verdict = match self.question(request, key) {
            // Clients choose it in many APIs, so one that cannot be is their mistake.
            Ok(question) if !has_good_idempotency_key(&question) => Ok(Verdict::refused(
                "invalid_idempotency_key",
                "an idempotency key has 1 to 255 characters",
            )),
            Ok(question) => self.client.verify(question).await,
            Err(error) => Err(error),
        };
        verdict.unwrap_or_else(|error| {
            (self.on_error)(request, &error);
            let message = "it could not be decided whether the key is good; try again later";
            Verdict::refused("undecided", message)
        })
    }

    fn question(&self, request: &Parts, key: String) -> Result<Question, Error> {
        let origin = origin_of(&request.headers, &key);
        let mut question = Question::new(
            key,
            match &self.ask {
                Ask::Request => {
                    Asked::Operation(format!("{} {}", request.method, request.uri.path()))
                }
                Ask::Operation(find) => Asked::Operation(find(request)),
                Ask::Scopes(scopes) => Asked::Scopes(scopes.clone()),
                Ask::AuthenticateOnly => Asked::AuthenticateOnly(true),
            },
        );
        question.origin = origin;
        question.reserve = self.reserve;
        question.ip = self.ip.as_ref().and_then(|find| find(request));
        question.idempotency_key = self.idempotency_key.as_ref().and_then(|find| find(request));
        let cost = self.cost.as_ref().map(|find| find(request)).transpose();
        question.cost = cost.map_err(|error| {
            let message = format!("what the call costs could not be told: {error}");
            ConfigurationError::new(message)
        })?;
        Ok(question)
    }
}

fn has_good_idempotency_key(question: &Question) -> bool {
    let key = question.idempotency_key.as_deref();
    key.is_none_or(|key| (1..=255).contains(&key.chars().count()))
}

impl fmt::Debug for Protect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Protect({:?})", self.client)
    }
}

impl<S> Layer<S> for Protect {
    type Service = Protected<S>;

    fn layer(&self, inner: S) -> Self::Service {
        let guard = Arc::new(self.clone());
        Protected { guard, inner }
    }
}

/// A service behind [`Protect`].
#[derive(Debug, Clone)]
pub struct Protected<S> {
    guard: Arc<Protect>,
    inner: S,
}

impl<S, A, B> Service<Request<A>> for Protected<S>
where
    S: Service<Request<A>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    A: Send + 'static,
{
    type Response = Response<ProtectBody<B>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let guard = Arc::clone(&self.guard);
        // The one that said that it is ready is called; its clone need not be.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            match guard.admit(&parts).await {
                Ok(verified) => {
                    parts.extensions.insert(verified);
                    let answer = inner.call(Request::from_parts(parts, body)).await?;
                    Ok(answer.map(Either::Right))
                }
                Err(refused) => Ok(refused.map(|body| Either::Left(Full::new(body)))),
            }
        })
    }
}
