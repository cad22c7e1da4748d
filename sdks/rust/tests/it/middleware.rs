//! The middleware, in front of axum and of any other service.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::{Extension, Json, Router};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use keystile_sdk::types::{CreateOrganization, Kind, SessionRequest};
use keystile_sdk::{Client, Config, Protect, Verified};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tower_layer::Layer;
use tower_service::Service;

use crate::fake::{Fake, Reply, Seen, config, nobody, say, with};
use crate::installation::{admin, client, mint, shared};
use crate::verify::ANALYSIS;

pub(crate) const WORKSPACE: &str = "GET /v1/workspace";

/// An app whose handler says whose call it is; its address.
async fn guarded(protect: Protect) -> String {
    async fn handler(Extension(verified): Extension<Verified>) -> Json<Value> {
        let spend = verified.spend.map(|spend| spend.id);
        Json(json!({ "organization": verified.organization.id, "spend": spend }))
    }
    let app = Router::new().fallback(handler).layer(protect);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// What an app answered.
pub(crate) struct Told {
    pub(crate) status: u16,
    head: String,
    pub(crate) json: Value,
}

impl Told {
    fn header(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut found = fields.filter(|(found, _)| found.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value)
    }

    fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }
}

/// Sends headers exactly as given, twice if they are there twice.
pub(crate) async fn call(address: &str, line: &str, headers: &[&str]) -> Told {
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let headers: String = headers
        .iter()
        .map(|header| format!("{header}\r\n"))
        .collect();
    let request = format!(
        "{line} HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\nConnection: close\r\n{headers}\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let json = serde_json::from_str(body).unwrap();
    let head = head.to_owned();
    Told { status, head, json }
}

pub(crate) fn bearer(key: &str) -> String {
    format!("Authorization: Bearer {key}")
}

#[track_caller]
fn refused(told: &Told, status: u16, code: &str) {
    assert_eq!((told.status, told.code()), (status, code), "{}", told.json);
}

#[tokio::test]
async fn a_good_key_is_let_in_and_the_handler_knows_whose_it_is() {
    let app = guarded(Protect::new(client())).await;
    let told = call(&app, WORKSPACE, &[&bearer(&shared().publishable)]).await;
    assert_eq!(told.status, 200);
    assert_eq!(told.json["organization"], *shared().organization);
    let secret = bearer(&shared().secret);
    let charged = call(&app, "POST /v1/analyses?x=1", &[&secret]).await;
    let spend = charged.json["spend"].as_str().unwrap();
    let body = keystile_sdk::types::RefundSpend::new();
    admin().credits().refund_spend(spend, body).await.unwrap();
    refused(
        &call(&app, "GET /v1/nothing", &[&secret]).await,
        403,
        "unknown_operation",
    );
    refused(
        &call(&app, "GET /v1/x/../workspace", &[&secret]).await,
        403,
        "unknown_operation",
    );
}

#[tokio::test]
async fn the_key_is_read_as_every_door_reads_it() {
    let app = guarded(Protect::new(client())).await;
    let (key, secret) = (&shared().publishable, &shared().secret);
    let own = format!("X-API-Key: {key}");
    let conflict = (400, "conflicting_credentials");
    let rows: [(Vec<String>, (u16, &str)); 13] = [
        (vec![format!("Authorization: bEaReR {key}")], (200, "")),
        (vec![own.clone()], (200, "")),
        (vec![bearer("eyJ.x.y"), own.clone()], (200, "")),
        (vec![], (401, "missing_credential")),
        (
            vec!["Authorization: Basic eDp5".into()],
            (401, "missing_credential"),
        ),
        (vec![bearer("eyJ.x.y")], (401, "malformed_key")),
        (vec!["X-API-Key: ".into()], (401, "malformed_key")),
        (vec![format!("X-API-Key: ü{key}")], (401, "malformed_key")),
        (vec![bearer(key), own.clone()], conflict),
        (vec![bearer(key), format!("X-API-Key: {secret}")], conflict),
        (vec![bearer(key), bearer(key)], conflict),
        (vec![own.clone(), own.clone()], conflict),
        (vec![bearer(&format!("{key}, Bearer {key}"))], conflict),
    ];
    for (headers, wanted) in rows {
        let headers: Vec<_> = headers.iter().map(String::as_str).collect();
        let told = call(&app, WORKSPACE, &headers).await;
        assert_eq!((told.status, told.code()), wanted, "{}", told.json);
    }
    let named = Protect::new(client()).credential_headers([http::HeaderName::from_static("x-key")]);
    let app = guarded(named).await;
    let told = call(&app, WORKSPACE, &[&format!("X-Key: {key}"), &own]).await;
    assert_eq!(told.status, 200);
    refused(
        &call(&app, WORKSPACE, &[&own]).await,
        401,
        "missing_credential",
    );
}

#[tokio::test]
async fn refusals_are_problems_that_say_what_to_do_and_never_repeat_the_key() {
    let app = guarded(Protect::new(client()).realm("Data\"keen")).await;
    let none = call(&app, WORKSPACE, &[]).await;
    assert_eq!(
        none.header("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(
        none.header("www-authenticate"),
        Some("Bearer realm=\"Data'keen\"")
    );
    assert_eq!(none.header("cache-control"), Some("no-store"));
    assert_eq!(none.json["type"], "about:blank");
    assert_eq!(
        (&none.json["title"], &none.json["status"]),
        (&json!("Unauthorized"), &json!(401))
    );
    let unknown = mint(&["--mode", "test"]);
    let stranger = call(&app, WORKSPACE, &[&bearer(&unknown)]).await;
    refused(&stranger, 401, "unknown_key");
    let why = r#"error="invalid_token", error_description="there is no such key""#;
    assert!(stranger.header("www-authenticate").unwrap().contains(why));
    let preview = format!("{}********", &shared().secret[..12]);
    let preview = call(&app, WORKSPACE, &[&bearer(&preview)]).await;
    assert!(
        preview.json["detail"]
            .as_str()
            .unwrap()
            .contains("masked preview")
    );
    let lacking = call(&app, "POST /v1/journeys", &[&bearer(&shared().publishable)]).await;
    let challenge = lacking.header("www-authenticate").unwrap();
    assert!(challenge.contains(r#"scope="journeys:create""#));
    assert_eq!(lacking.json["missing_scope"], "journeys:create");
    for told in [&stranger, &lacking] {
        let all = format!("{} {}", told.head, told.json);
        assert!(!all.contains(&unknown[20..]) && !all.contains(&shared().publishable[20..]));
    }
}

#[tokio::test]
async fn a_key_in_the_url_is_refused_with_the_reason() {
    let app = guarded(Protect::new(client())).await;
    let (secret, key) = (&shared().secret, bearer(&shared().publishable));
    let told = call(&app, &format!("{WORKSPACE}?api_key={secret}"), &[]).await;
    refused(&told, 401, "missing_credential");
    let detail = told.json["detail"].as_str().unwrap();
    assert!(detail.contains("in the URL, where it is never read"));
    assert!(!told.json.to_string().contains(&secret[20..]));
    for escaped in [
        secret.replacen('_', "%5F", 1),
        format!("a{secret}b"),
        format!("%zz{secret}"),
    ] {
        let told = call(&app, &format!("{WORKSPACE}/{escaped}"), &[&key]).await;
        refused(&told, 400, "conflicting_credentials");
    }
    let token = admin()
        .sessions()
        .create(&shared().publishable, SessionRequest::new())
        .await;
    let token = token.unwrap().token;
    for target in [
        format!("?token={}", token.reveal()),
        format!("/x.{}", token.reveal()),
    ] {
        let told = call(&app, &format!("{WORKSPACE}{target}"), &[]).await;
        assert!(
            told.json["detail"].as_str().unwrap().contains("in the URL"),
            "{target}"
        );
    }
    let other = secret.replace("sk_", "xk_");
    let told = call(&app, &format!("{WORKSPACE}?q={other}"), &[&key]).await;
    assert_eq!(told.status, 200);
}

#[tokio::test]
async fn the_page_is_passed_on_and_a_browser_has_no_secret_key() {
    let app = guarded(Protect::new(client())).await;
    let (line, secret) = ("GET /v1/analyses/1", bearer(&shared().secret));
    for header in [
        "Origin: https://shop.example",
        "Sec-Fetch-Site: same-origin",
        "Origin: null",
    ] {
        let told = call(&app, line, &[&secret, header]).await;
        refused(&told, 403, "secret_key_in_browser");
    }
    let referer = "Referer: https://docs.example/x";
    let told = call(&app, line, &[&secret, referer, "Sec-Fetch-Mode: cors"]).await;
    assert_eq!(told.status, 200);
}

#[tokio::test]
async fn whatever_cannot_be_decided_is_503_and_never_lets_anybody_in() {
    let garbage = Fake::saying(say(200, r#"{"valid":true}"#));
    let silent = Fake::saying(Reply::Silence);
    let hurried = config(&silent.url).timeout(Duration::from_millis(20));
    let unknown = Config::new(&shared().url, mint(&["--brand", "keystile"]));
    let key = bearer(&shared().publishable);
    for client in [
        with(&nobody()),
        Client::new(hurried).unwrap(),
        with(&garbage.url),
        Client::new(unknown).unwrap(),
    ] {
        let failures = Arc::new(Mutex::new(Vec::new()));
        let tell = Arc::clone(&failures);
        let protect = Protect::new(client);
        let protect = protect.on_error(move |_, error| tell.lock().unwrap().push(error.clone()));
        let told = call(&guarded(protect).await, WORKSPACE, &[&key]).await;
        refused(&told, 503, "undecided");
        assert_eq!(told.header("retry-after"), Some("1"));
        assert_eq!(failures.lock().unwrap().len(), 1);
    }
    let priceless = Protect::new(client()).cost(|_| Err::<u64, _>("no price"));
    let told = call(&guarded(priceless).await, WORKSPACE, &[&key]).await;
    refused(&told, 503, "undecided");
}

#[tokio::test]
async fn an_idempotency_key_that_cannot_be_is_the_clients_mistake() {
    for chosen in [String::new(), "x".repeat(256)] {
        let protect = Protect::new(client());
        let protect = protect.idempotency_key(move |_| Some(chosen.clone()));
        let key = bearer(&shared().publishable);
        let told = call(&guarded(protect).await, WORKSPACE, &[&key]).await;
        refused(&told, 400, "invalid_idempotency_key");
    }
}

#[tokio::test]
async fn what_the_app_says_is_asked() {
    let answer = r#"{"valid":false,"code":"rate_limited","message":"wait",
        "rate_limit":{"limit":9,"remaining":0,"reset_seconds":7}}"#;
    let asked = Fake::saying(say(200, answer));
    let client = Client::new(Config::new(&asked.url, &shared().operator_key)).unwrap();
    let protect = Protect::operation(client.clone(), |_| ANALYSIS.into())
        .cost(|_| Ok::<_, Infallible>(3))
        .reserve()
        .idempotency_key(|_| Some("job-1".into()))
        .ip(|_| "192.0.2.1".parse().ok());
    let key = bearer(&shared().publishable);
    let (referer, forged) = (
        "Referer: https://shop.example/page?x",
        "X-Forwarded-For: 6.6.6.6",
    );
    let told = call(&guarded(protect).await, WORKSPACE, &[&key, referer, forged]).await;
    assert_eq!((told.status, told.header("retry-after")), (429, Some("7")));
    assert_eq!(told.header("ratelimit"), Some("\"keystile\";r=0;t=7"));
    let scopes = Protect::scopes(client.clone(), ["a", "b"]);
    call(&guarded(scopes).await, WORKSPACE, &[&key, forged]).await;
    let who = Protect::authenticate_only(client);
    call(&guarded(who).await, WORKSPACE, &[&key]).await;
    let key = &shared().publishable;
    let bodies: Vec<_> = asked.seen().iter().map(Seen::json).collect();
    let first = json!({
        "key": key, "operation": ANALYSIS, "origin": "https://shop.example", "ip": "192.0.2.1",
        "cost": 3, "reserve": true, "idempotency_key": "job-1",
    });
    assert_eq!(bodies[0], first);
    assert_eq!(bodies[1], json!({ "key": key, "scope": ["a", "b"] }));
    assert_eq!(bodies[2], json!({ "key": key, "authenticate_only": true }));
}

#[tokio::test]
async fn a_code_that_is_not_known_refuses() {
    let answer = r#"{"valid":false,"code":"moon_phase","message":"not tonight"}"#;
    let asked = Fake::saying(say(200, answer));
    let app = guarded(Protect::new(with(&asked.url))).await;
    let told = call(&app, WORKSPACE, &[&bearer(&shared().publishable)]).await;
    refused(&told, 403, "moon_phase");
}

#[tokio::test]
async fn a_revoked_key_is_refused_in_the_next_request() {
    let app = guarded(Protect::new(client())).await;
    let body = CreateOrganization::new("datakeen", "Revoked");
    let created = admin().organizations().create(body).await.unwrap();
    let mut environments = created.projects[0].environments.iter();
    let test = environments.find(|found| found.name == "test").unwrap();
    let is_public = |kind: &Kind| *kind == Kind::Publishable;
    let key = test.keys.iter().find(|key| is_public(&key.kind)).unwrap();
    let credential = bearer(key.value.as_ref().unwrap());
    assert_eq!(call(&app, WORKSPACE, &[&credential]).await.status, 200);
    admin().keys().revoke(&key.id).await.unwrap();
    let told = call(&app, WORKSPACE, &[&credential]).await;
    refused(&told, 401, "revoked_key");
    assert!(told.json["detail"].as_str().unwrap().contains("since 2"));
}

/// A service as hyper and tonic have them, that is ready only once it was asked whether it is.
#[derive(Default)]
struct Echo {
    is_ready: bool,
}

impl Clone for Echo {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Service<Request<Full<Bytes>>> for Echo {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        assert!(self.is_ready);
        assert!(request.extensions().get::<Verified>().is_some());
        Box::pin(async { Ok(Response::new(request.into_body())) })
    }
}

#[tokio::test]
async fn any_service_of_http_requests_can_be_guarded() {
    let mut service = Protect::new(client()).layer(Echo::default());
    for (key, status) in [(&shared().publishable, 200), (&shared().live_secret, 403)] {
        let ready = std::future::poll_fn(|context| service.poll_ready(context));
        ready.await.unwrap();
        let request = Request::get("https://api.datakeen.example/v1/workspace")
            .header("x-api-key", key)
            .body(Full::from("hello"))
            .unwrap();
        let answer = service.call(request).await.unwrap();
        assert_eq!(answer.status(), status);
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body == "hello", status == 200);
    }
}
