//! `/embed/`: the files that pages of customers load.

use std::io::Read as _;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

use base64ct::{Base64, Encoding};
use serde_json::Value;
use sha2::{Digest, Sha384};

use crate::house::{House, Reply, request};

/// What is published of version 1.0.0. These bytes never change: pages name their hashes. A change
/// to the embed raises its version, and this one keeps its files.
const PUBLISHED: [(&str, &str); 3] = [
    (
        "loader.js",
        "sha384-yxjkqtIBLeRI7ZOOZwsJfMsEbsLQSEpZCJ0yBpHKS117LbODZu0mpBGT/HGbc5t0",
    ),
    (
        "loader.mjs",
        "sha384-pXuCfIFos0+CQSsZuGECxt9IjWUIta6EKT6W0LaWe15qOcNKV9N94n68TZPf9ue3",
    ),
    (
        "frame.mjs",
        "sha384-PrCwiDjXzXSyc7+0nkU1TYmPkFoAqCp/DB3wjAFKASlPpN7BMIHjiEEn8pDV28xX",
    ),
];
const NAMES: [&str; 7] = [
    "loader.js",
    "loader.mjs",
    "frame.mjs",
    "loader.d.ts",
    "loader.d.mts",
    "frame.d.ts",
    "frame.d.mts",
];

fn get(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Reply {
    request(address, "GET", path, headers, "")
}

fn hash(text: &str) -> String {
    format!("sha384-{}", Base64::encode_string(&Sha384::digest(text)))
}

/// The address that stands in a file.
fn home(text: &str) -> &str {
    let (_, rest) = text.split_once("HOME=\"").unwrap();
    rest.split('"').next().unwrap()
}

async fn house_at(url: &str) -> House {
    let url = url.to_owned();
    House::with(|settings| {
        settings.public_url = Some(url);
        settings.public_listen = Some("127.0.0.1:0".parse().unwrap());
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn i5_pages_of_any_origin_may_load_the_embed_from_both_listeners() {
    let house = house_at("https://keys.example.com").await;
    for address in [house.address, house.public_address().unwrap()] {
        for (path, kept) in [("v1", "public, max-age=300"), ("v1.0.0", "immutable")] {
            for name in NAMES {
                let path = format!("/embed/{path}/{name}");
                let reply = get(address, &path, &[("origin", "https://shop.example")]).expect(200);
                let cache = reply.header("cache-control").unwrap();
                assert!(cache.contains(kept), "{path}: {cache}");
                assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
                let policy = reply.header("cross-origin-resource-policy");
                assert_eq!(policy, Some("cross-origin"), "{path}");
                assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
                assert_eq!(reply.header("vary"), Some("accept-encoding"));
                let media = reply.header("content-type").unwrap();
                let expected = match name.contains(".d.") {
                    true => "text/plain; charset=utf-8",
                    false => "text/javascript; charset=utf-8",
                };
                assert_eq!(media, expected, "{path}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn i5_the_public_address_is_written_into_the_file_whatever_host_is_asked() {
    let house = house_at("https://keys.example.com").await;
    for name in ["loader.js", "loader.mjs"] {
        let path = format!("/embed/v1/{name}");
        let told = [
            ("x-forwarded-host", "evil.example"),
            ("origin", "https://evil.example"),
        ];
        let text = get(house.public_address().unwrap(), &path, &told)
            .expect(200)
            .text;
        assert_eq!(home(&text), "https://keys.example.com");
        let pinned = get(house.address, &format!("/embed/v1.0.0/{name}"), &[]).expect(200);
        assert_eq!(
            home(&pinned.text),
            "",
            "a pinned file is the same everywhere"
        );
    }
    // For trying things out, this machine's own address does.
    let local = House::new().await;
    let text = get(local.address, "/embed/v1/loader.js", &[])
        .expect(200)
        .text;
    assert_eq!(home(&text), format!("http://{}", local.address));
    // Behind a proxy nobody knows it: then data-api must say it.
    let unknown = House::with(|settings| settings.behind_proxy = true).await;
    let text = get(unknown.address, "/embed/v1/loader.js", &[])
        .expect(200)
        .text;
    assert_eq!(home(&text), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn pinned_files_never_change_and_their_hashes_are_published() {
    let house = house_at("https://keys.example.com").await;
    let other = house_at("https://other.example.com").await;
    let reply = get(house.address, "/embed/v1/integrity.json", &[]).expect(200);
    assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    let told = reply.json();
    assert_eq!(told["version"], "1.0.0");
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/embed.md");
    let docs = std::fs::read_to_string(docs).unwrap();
    for (name, published) in PUBLISHED {
        let file = &told["files"][name];
        let path = file["path"].as_str().unwrap();
        assert_eq!(path, format!("/embed/v1.0.0/{name}"));
        let text = get(house.address, path, &[]).expect(200).text;
        assert_eq!(file["integrity"], hash(&text));
        assert_eq!(file["integrity"], published, "{name}: raise the version");
        assert!(
            docs.contains(published),
            "docs/embed.md: {name}: {published}"
        );
        assert_eq!(get(other.address, path, &[]).expect(200).text, text);
        assert!(
            text.is_ascii(),
            "a copy on a host without a charset stays whole"
        );
    }
    assert_eq!(told["files"].as_object().unwrap().len(), PUBLISHED.len());
}

/// The bytes of a packed answer.
fn packed(address: SocketAddr, path: &str) -> Vec<u8> {
    use std::io::Write as _;
    let mut stream = TcpStream::connect(address).unwrap();
    let asked = format!(
        "GET {path} HTTP/1.1\r\nhost: x\r\naccept-encoding: br, gzip\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(asked.as_bytes()).unwrap();
    let mut all = Vec::new();
    stream.read_to_end(&mut all).unwrap();
    let end = all.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&all[..end]).to_ascii_lowercase();
    assert!(head.contains("content-encoding: gzip"), "{head}");
    all.split_off(end + 4)
}

#[tokio::test(flavor = "multi_thread")]
async fn i5_what_a_page_loads_is_under_four_kilobytes() {
    let house = house_at("https://a-rather-long-name.keys.example.com").await;
    for name in ["loader.js", "loader.mjs", "frame.mjs"] {
        for version in ["v1", "v1.0.0"] {
            let path = format!("/embed/{version}/{name}");
            let bytes = packed(house.address, &path);
            assert!(bytes.len() < 4096, "{path}: {} bytes", bytes.len());
            let mut plain = String::new();
            let mut reader = flate2::read::GzDecoder::new(bytes.as_slice());
            reader.read_to_string(&mut plain).unwrap();
            assert_eq!(plain, get(house.address, &path, &[]).expect(200).text);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_still_good_is_not_sent_again() {
    let house = house_at("https://keys.example.com").await;
    let path = "/embed/v1/loader.js";
    let tag = |headers: &[(&str, &str)]| {
        let reply = get(house.address, path, headers).expect(200);
        reply.header("etag").unwrap().to_owned()
    };
    let (plain, gzip) = (tag(&[]), tag(&[("accept-encoding", "gzip")]));
    assert_ne!(plain, gzip, "two ways of writing it are two things");
    let weak = format!("\"other\", W/{plain}");
    for known in [plain.as_str(), gzip.as_str(), weak.as_str(), "*"] {
        let reply = get(house.address, path, &[("if-none-match", known)]).expect(304);
        assert_eq!(reply.text, "");
        assert_eq!(reply.header("etag"), Some(plain.as_str()));
        assert_eq!(reply.header("vary"), Some("accept-encoding"));
        assert!(reply.header("cache-control").is_some());
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    }
    get(house.address, path, &[("if-none-match", "\"other\"")]).expect(200);
    let other = house_at("https://other.example.com").await;
    let reply = get(other.address, path, &[("if-none-match", &plain)]).expect(200);
    assert_eq!(home(&reply.text), "https://other.example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn h12_files_are_read_and_nothing_else_lies_there() {
    let house = House::new().await;
    let whole = get(house.address, "/embed/v1/loader.js?v=2", &[]).expect(200);
    let head = request(house.address, "HEAD", "/embed/v1/loader.js", &[], "").expect(200);
    assert_eq!(head.text, "");
    let length = whole.text.len().to_string();
    assert_eq!(head.header("content-length"), Some(length.as_str()));
    assert_eq!(head.header("etag"), whole.header("etag"));
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        let reply = request(house.address, method, "/embed/v1/loader.js", &[], "").expect(405);
        assert_eq!(reply.header("allow"), Some("GET, HEAD"));
        assert_eq!(reply.code(), "method_not_allowed");
    }
    for path in [
        "/embed/",
        "/embed/v1",
        "/embed/v1/",
        "/embed/v1/session.js",
        "/embed/v1.0.0/integrity.json",
        "/embed/v2/loader.js",
        "/embed/v1/../v1/loader.js",
        "/embed/v1/%6coader.js",
    ] {
        assert_eq!(
            get(house.address, path, &[]).expect(404).code(),
            "not_found"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn types_lie_beside_the_modules_under_both_names() {
    let house = House::new().await;
    for (module, types) in [("loader", "mount(options"), ("frame", "connect(options")] {
        let reply = get(house.address, &format!("/embed/v1/{module}.mjs"), &[]).expect(200);
        let place = format!("./{module}.d.ts");
        assert_eq!(reply.header("x-typescript-types"), Some(place.as_str()));
        let texts = ["d.ts", "d.mts"].map(|end| {
            let path = format!("/embed/v1.0.0/{module}.{end}");
            get(house.address, &path, &[]).expect(200).text
        });
        assert!(texts[0].contains(types));
        assert_eq!(texts[0], texts[1]);
    }
    let told: Value = get(house.address, "/embed/v1/integrity.json", &[]).json();
    assert!(told["files"]["loader.js"]["gzip_bytes"].as_u64().unwrap() < 4096);
}
