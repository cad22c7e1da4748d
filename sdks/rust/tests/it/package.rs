//! What users get: the archive is built, unpacked, depended on by an empty project, and its README
//! holds there.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, LazyLock};

use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::installation::{root, shared};
use crate::middleware::{WORKSPACE, bearer, call};

static PROJECT: LazyLock<Project> = LazyLock::new(Project::built);

/// An empty project that has the SDK from its archive, built where this test was, so that what both
/// depend on is built once.
struct Project {
    app: PathBuf,
    archived: Vec<String>,
    manifest: String,
}

/// The features that this test has too, and the profile.
const MANIFEST: &str = r#"[package]
name = "keystile-sdk-guarded"
version = "0.0.0"
edition = "2024"

[dependencies]
axum = { version = "0.8", default-features = false, features = ["http1", "json", "tokio"] }
bytes = "1"
http = "1"
http-body-util = "0.1"
keystile-sdk = { path = "sdk" }
serde_json = "1"
tokio = { version = "1", features = ["rt-multi-thread", "net", "time", "sync", "signal", "macros", "io-util", "fs"] }
tower-layer = "0.3"

[profile.dev]
debug = "line-tables-only"

[workspace]
"#;

impl Project {
    fn built() -> Self {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("keystile-sdk-guarded");
        let _ = fs::remove_dir_all(&place);
        fs::create_dir_all(&place).unwrap();
        let target = target();
        let package = [
            "package",
            "--package",
            "keystile-sdk",
            "--no-verify",
            "--allow-dirty",
        ];
        run(cargo(&root(), &target).args(package));
        let named = concat!("keystile-sdk-", env!("CARGO_PKG_VERSION"));
        let archive = target.join("package").join(format!("{named}.crate"));
        // All files of an archive are equally old, so cargo would not see that they have changed.
        run(Command::new("tar")
            .arg("xzmf")
            .arg(&archive)
            .current_dir(&place));
        let unpacked = place.join("sdk");
        fs::rename(place.join(named), &unpacked).unwrap();

        let examples = examples();
        fs::create_dir(place.join("src")).unwrap();
        let write = |name: &str, text: &str| fs::write(place.join(name), text).unwrap();
        write("Cargo.toml", MANIFEST);
        write("src/main.rs", &examples[0]);
        write("src/lib.rs", &as_modules(&examples[1..]));
        fs::copy(root().join("Cargo.lock"), place.join("Cargo.lock")).unwrap();
        run(cargo(&place, &target).arg("build"));
        Self {
            app: target.join("debug/keystile-sdk-guarded"),
            archived: files(&unpacked),
            manifest: fs::read_to_string(unpacked.join("Cargo.toml")).unwrap(),
        }
    }
}

/// Where cargo builds: this test lies in `debug/deps` of it.
fn target() -> PathBuf {
    let this = std::env::current_exe().unwrap();
    this.ancestors().nth(3).unwrap().to_owned()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a cargo says things that another must not hear"
)]
fn cargo(place: &Path, target: &Path) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(place).env("CARGO_TARGET_DIR", target);
    // What it says of this package would make build scripts of others run anew.
    for (name, _) in std::env::vars_os() {
        let is_of = |about: &str| name.to_string_lossy().starts_with(about);
        if is_of("CARGO_PKG_") || is_of("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    // Whatever is needed was fetched for this test.
    cargo.env("CARGO_NET_OFFLINE", "true");
    cargo
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {told}");
}

/// The Rust in the README.
fn examples() -> Vec<String> {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let blocks = readme.split("\n```rust\n").skip(1);
    let examples = blocks.map(|block| block.split("\n```\n").next().unwrap().to_owned());
    examples.collect()
}

/// Each in a module of its own, with the imports of the first.
fn as_modules(examples: &[String]) -> String {
    let mut all = "//! The examples.\n#![allow(dead_code, unused_imports)]\n".to_owned();
    for (at, example) in examples.iter().enumerate() {
        let imports = "use keystile_sdk::{Client, Protect, Verified};";
        let _ = writeln!(all, "mod example{at} {{\n{imports}\n{example}\n}}");
    }
    all
}

fn files(place: &Path) -> Vec<String> {
    let entries = fs::read_dir(place).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

/// The README's first example, running.
struct App {
    process: Child,
    address: String,
}

impl App {
    fn start(server: &str, environment: &[(&str, &Path)]) -> Self {
        let mut process = Command::new(&PROJECT.app)
            .env("ADDRESS", "127.0.0.1:0")
            .env("KEYSTILE_SERVER", server)
            .env("KEYSTILE_KEY", &shared().bound)
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut lines = BufReader::new(process.stdout.take().unwrap());
        lines.read_line(&mut line).unwrap();
        let address = line.trim().rsplit(' ').next().unwrap().to_owned();
        Self { process, address }
    }
}

impl Drop for App {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
#[ignore = "builds the archive, and an app with it"]
async fn the_first_example_of_the_readme_guards_an_api() {
    let app = App::start(&shared().url, &[]);
    let told = call(&app.address, WORKSPACE, &[&bearer(&shared().publishable)]).await;
    assert_eq!(told.status, 200);
    assert_eq!(told.json["organization"], *shared().organization);
    let told = call(&app.address, WORKSPACE, &[]).await;
    assert_eq!(
        (told.status, &told.json["code"]),
        (401, &"missing_credential".into())
    );
}

#[test]
#[ignore = "builds the archive, and an app with it"]
fn the_archive_has_what_users_need_and_brings_nothing_of_the_server() {
    assert!(
        examples().len() >= 6,
        "every example compiles in the project"
    );
    let wanted = [
        ".cargo_vcs_info.json",
        "Cargo.lock",
        "Cargo.toml",
        "Cargo.toml.orig",
        "LICENSE",
        "README.md",
        "src",
    ];
    let archived = PROJECT
        .archived
        .iter()
        .filter(|name| !wanted.contains(&name.as_str()));
    assert_eq!(archived.count(), 0, "{:?}", PROJECT.archived);
    for other in [
        "keystile-core",
        "keystile-store",
        "keystile-server",
        "path = \"../",
    ] {
        assert!(!PROJECT.manifest.contains(other), "{other}");
    }
}

/// Speaks TLS before the server, with a certificate that an authority of our own gave it; its
/// address.
async fn secured(place: &TempDir) -> String {
    let openssl = |arguments: &str| {
        let arguments = arguments.split(' ');
        run(Command::new("openssl")
            .args(arguments)
            .current_dir(place.path()));
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
    let authority = "-keyout ca.key -out ca.pem -subj /CN=authority";
    openssl(&format!("req -x509 {key} {authority}"));
    let server = "-keyout key.pem -out cert.pem -subj /CN=server -CA ca.pem -CAkey ca.key";
    let names = "-addext subjectAltName=DNS:localhost -addext basicConstraints=CA:FALSE";
    openssl(&format!("req -x509 {key} {server} {names}"));
    let read = |name: &str| fs::read(place.path().join(name)).unwrap();
    let certificate = CertificateDer::from_pem_slice(&read("cert.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(&read("key.pem")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(passed_on(acceptor.clone(), stream));
        }
    });
    format!("https://localhost:{port}")
}

async fn passed_on(acceptor: TlsAcceptor, stream: TcpStream) -> std::io::Result<()> {
    let mut secured = acceptor.accept(stream).await?;
    let address = shared().url.trim_start_matches("http://");
    let mut plain = TcpStream::connect(address).await?;
    tokio::io::copy_bidirectional(&mut secured, &mut plain).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs openssl, and builds an app with the archive"]
async fn https_is_spoken_with_whom_the_system_trusts_and_nobody_else() {
    let place = tempfile::tempdir().unwrap();
    let url = secured(&place).await;
    let authority = place.path().join("ca.pem");
    let trusting = [("SSL_CERT_FILE", authority.as_path())];
    for (environment, status) in [(&trusting[..], 200), (&[], 503)] {
        let app = App::start(&url, environment);
        let told = call(&app.address, WORKSPACE, &[&bearer(&shared().publishable)]).await;
        assert_eq!(told.status, status, "{}", told.json);
    }
}
