//! A real Keystile with a product and a customer, for all tests of this binary.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

use keystile_sdk::types::{ApplyManifestQuery, CreateOperatorKey, CreateOrganization, Kind};
use keystile_sdk::{Client, Config};
use serde::de::DeserializeOwned;

/// What tokens name as their issuer.
pub(crate) const ISSUER: &str = "https://keys.example.com";

/// Ends the server, and removes its directory, when whoever started it ends, however that happens.
const UNTIL_CLOSED: &str = r#""$1" serve --listen 127.0.0.1:0 --data "$2/data" --public-url "$3" &
server=$!; read -r _; kill "$server"; wait "$server"; rm -rf "$2""#;

static SHARED: LazyLock<Installation> = LazyLock::new(start);

/// A server with Datakeen and one customer.
pub(crate) struct Installation {
    pub(crate) url: String,
    pub(crate) operator_key: String,
    /// An operator key that is bound to a product and an environment, as every guide recommends.
    pub(crate) bound: String,
    pub(crate) organization: String,
    pub(crate) secret: String,
    pub(crate) publishable: String,
    pub(crate) live_secret: String,
    /// It lives as long as this process, whose end closes its input.
    _server: Child,
}

pub(crate) fn shared() -> &'static Installation {
    &SHARED
}

/// A client that may do everything. Each test has its own, as each has its own runtime.
pub(crate) fn admin() -> Client {
    let config = Config::new(&shared().url, &shared().operator_key);
    Client::new(config).unwrap()
}

/// A client as guides recommend it.
pub(crate) fn client() -> Client {
    let config = Config::new(&shared().url, &shared().bound);
    Client::new(config).unwrap()
}

/// The top of the tree.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests are told which binary they try"
)]
fn program() -> PathBuf {
    std::env::var_os("TRIED_PROGRAM").map_or_else(built, PathBuf::from)
}

/// The binary that lies where cargo puts it, beside this test.
fn built() -> PathBuf {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.join("keystile")
}

/// The vectors that all implementations share.
pub(crate) fn vectors<T: DeserializeOwned>(name: &str) -> T {
    let text = std::fs::read_to_string(root().join("conformance").join(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// A manifest of the examples.
pub(crate) async fn apply(system: &str) {
    let path = root().join("examples").join(system).join("keystile.toml");
    let manifest = std::fs::read_to_string(path).unwrap();
    let products = admin().products();
    products
        .apply(system, manifest, ApplyManifestQuery::new())
        .await
        .unwrap();
}

/// A key that has the right form and was never issued.
pub(crate) fn mint(words: &[&str]) -> String {
    let printed = Command::new(program()).arg("mint").args(words).output();
    let printed = printed.expect("build keystile first, or name it in TRIED_PROGRAM");
    String::from_utf8(printed.stdout).unwrap().trim().to_owned()
}

fn start() -> Installation {
    let directory = tempfile::tempdir().unwrap().keep();
    let operator_key = mint(&["--brand", "keystile"]);
    let mut server = Command::new("sh")
        .args(["-c", UNTIL_CLOSED, "sh"])
        .args([&program(), &directory, &PathBuf::from(ISSUER)])
        .env("KEYSTILE_BOOTSTRAP_KEY", &operator_key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let url = lines
        .find_map(|line| {
            let rest = line.unwrap().split_once("listens on ")?.1.to_owned();
            Some(rest.split_whitespace().next()?.to_owned())
        })
        .expect("the server listens");
    std::thread::spawn(move || lines.for_each(drop));
    // A runtime of its own, since tests come and go with theirs.
    let settled = std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(settle(url, operator_key, server))
    });
    settled.join().unwrap()
}

async fn settle(url: String, operator_key: String, server: Child) -> Installation {
    let admin = Client::new(Config::new(&url, &operator_key)).unwrap();
    let manifest = root().join("examples/datakeen/keystile.toml");
    let manifest = std::fs::read_to_string(manifest).unwrap();
    let query = ApplyManifestQuery::new();
    let applied = admin.products().apply("datakeen", manifest, query).await;
    applied.unwrap();
    let body = CreateOrganization::new("datakeen", "Northbank Credit");
    let created = admin.organizations().create(body).await.unwrap();
    let body = CreateOperatorKey::new("API").product("datakeen");
    let body = body.environment("test").scopes(["keys:verify"]);
    let bound = admin.installation().create_operator_key(body).await;
    let key = |environment: &str, kind: Kind| {
        let mut all = created.projects[0].environments.iter();
        let found = all.find(|found| found.name == environment).unwrap();
        let found = found.keys.iter().find(|key| key.kind == kind).unwrap();
        let secret = found
            .secret
            .as_ref()
            .map(|secret| secret.reveal().to_owned());
        secret.or_else(|| found.value.clone()).unwrap()
    };
    Installation {
        bound: bound.unwrap().secret.unwrap().reveal().to_owned(),
        organization: created.organization.id.clone(),
        secret: key("test", Kind::Secret),
        publishable: key("test", Kind::Publishable),
        live_secret: key("production", Kind::Secret),
        url,
        operator_key,
        _server: server,
    }
}
