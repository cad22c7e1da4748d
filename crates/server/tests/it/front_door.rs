//! Requests that are strange as HTTP: limits of size and time, and whatever has two meanings.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;

use crate::house::{House, Reply, raw, read_reply, request};

const GET: &str = "GET /v1/products HTTP/1.1\r\nhost: h\r\n";

fn send(house: &House, lines: &str) -> Reply {
    let message = format!(
        "{lines}authorization: Bearer {}\r\nconnection: close\r\n\r\n",
        house.operator
    );
    raw(house.address, message.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn h02_two_hosts_or_none_are_refused() {
    let house = House::new().await;
    send(&house, GET).expect(200);
    send(
        &house,
        "GET /v1/products HTTP/1.1\r\nhost: a\r\nhost: b\r\n",
    )
    .expect(400);
    send(&house, "GET /v1/products HTTP/1.1\r\n").expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn h03_a_target_for_another_host_is_refused() {
    let house = House::new().await;
    send(&house, "GET http://h/v1/products HTTP/1.1\r\nhost: h\r\n").expect(200);
    send(
        &house,
        "GET http://other/v1/products HTTP/1.1\r\nhost: h\r\n",
    )
    .expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn h04_h05_two_ways_of_telling_the_length_are_refused() {
    let house = House::new().await;
    let post = "POST /v1/keys/verify HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\n";
    let lengths = [
        "content-length: 2\r\ncontent-length: 3\r\n",
        "content-length: -1\r\n",
        "content-length: +2\r\n",
        "content-length: 2, 3\r\n",
        "content-length: 0x2\r\n",
    ];
    for length in lengths {
        let reply = send(&house, &format!("{post}{length}"));
        assert!(
            (400..500).contains(&reply.status),
            "{length}: {}",
            reply.status
        );
    }
}

/// RFC 9112 §6.3 lets a server read such a body by its chunks, as long as nothing that follows on
/// the connection is taken for a request.
#[tokio::test(flavor = "multi_thread")]
async fn h04_a_request_hidden_behind_two_lengths_is_never_read() {
    let house = House::new().await;
    for (first, second) in [
        ("content-length: 6", "transfer-encoding: chunked"),
        ("transfer-encoding: chunked", "content-length: 6"),
    ] {
        let message = format!(
            "POST /v1/keys/verify HTTP/1.1\r\nhost: h\r\n{first}\r\n{second}\r\n\r\n0\r\n\r\n\
             GET /livez HTTP/1.1\r\nhost: h\r\n\r\n"
        );
        let reply = raw(house.address, message.as_bytes()).expect(401);
        assert_eq!(reply.header("connection"), Some("close"), "{first}");
        assert!(!reply.text.contains("live"), "{first}: {}", reply.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h07_h08_broken_lines_are_refused_or_gain_nothing() {
    let house = House::new().await;
    let broken = [
        "GET /v1/products HTTP/1.1\r\nhost: h\r\nx-a: 1\r\n folded\r\n",
        "GET /v1/products HTTP/1.1\r\nhost: h\r\nx-a : 1\r\n",
        "GET /v1/products HTTP/1.1\r\nhost: h\r\nx-a: 1\rx-b: 2\r\n",
        "GET /v1/products HTTP/1.1\r\nhost: h\r\nx-a: \0\r\n",
    ];
    for lines in broken {
        send(&house, lines).expect(400);
    }
    // A bare line feed ends a line for every proxy in front of us, too: what follows is a header
    // like any other, so a second credential in it is a conflict and no way in.
    let injected = format!("{GET}x-a: 1\nauthorization: Bearer sk_live_x\r\n");
    send(&house, &injected).expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn h09_h10_too_many_or_too_long_headers_are_refused() {
    let house = House::new().await;
    let many: String = (0..101).map(|n| format!("x-{n}: 1\r\n")).collect();
    send(&house, &format!("{GET}{many}")).expect(431);
    let long = "a".repeat(300 << 10);
    let reply = send(&house, &format!("{GET}x-long: {long}\r\n"));
    assert_eq!(reply.status, 431);
    let long = "a".repeat(17 << 10);
    send(&house, &format!("{GET}x-long: {long}\r\n")).expect(431);
}

#[tokio::test(flavor = "multi_thread")]
async fn h13_whoever_speaks_http_2_is_turned_away_cleanly() {
    let house = House::new().await;
    let settings = b"\0\0\0\x04\0\0\0\0\0";
    let continuation = b"\0\0\x01\x09\0\0\0\0\x01a".repeat(1000);
    let reset = b"\0\0\x04\x03\0\0\0\0\x01\0\0\0\x08".repeat(1000);
    for frames in [&[][..], settings, &continuation, &reset] {
        let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
        let reply = raw(house.address, &[preface.as_slice(), frames].concat());
        assert!([0, 400, 505].contains(&reply.status), "{}", reply.head);
    }
    request(house.address, "GET", "/livez", &[], "").expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn h12_other_methods_are_refused_with_those_that_are_taken() {
    let house = House::new().await;
    for method in ["TRACE", "CONNECT", "get", "BREW", "DELETE"] {
        for path in ["/v1/products", "/v1/keys/verify", "/v1/keys/self", "/livez"] {
            let reply = send(
                &house,
                &format!("{method} {path} HTTP/1.1\r\nhost: h\r\nx-e: echo-me\r\n"),
            );
            // CONNECT has no path at all, which is refused before.
            let refused = reply.status == 405 || (method == "CONNECT" && reply.status == 400);
            assert!(refused, "{method} {path}: {}", reply.status);
            assert!(!reply.text.contains("echo-me"));
            if reply.status == 405 {
                assert!(reply.header("allow").is_some(), "{method} {path}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h14_slow_headers_and_slow_bodies_are_cut_off() {
    let house = House::with(|settings| {
        settings.limits.arrival = Duration::from_millis(200);
    })
    .await;
    let mut headers = TcpStream::connect(house.address).unwrap();
    headers
        .write_all(b"GET /v1/products HTTP/1.1\r\nhost: h\r\nx-slow: ")
        .unwrap();
    let mut body = TcpStream::connect(house.address).unwrap();
    let head = format!(
        "POST /v1/keys/verify HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: 100\r\n\r\n{{",
        house.operator
    );
    body.write_all(head.as_bytes()).unwrap();
    let mut idle = TcpStream::connect(house.address).unwrap();
    // Each read ends only because the server closes.
    let mut nothing = Vec::new();
    let _ = headers.read_to_end(&mut nothing);
    assert!(nothing.is_empty() || nothing.starts_with(b"HTTP/1.1 408"));
    read_reply(&mut body).expect(408);
    let _ = idle.read_to_end(&mut nothing);
}

#[tokio::test(flavor = "multi_thread")]
async fn h14_one_address_cannot_take_every_connection() {
    let house = House::with(|settings| {
        settings.trusted_proxies = Vec::new();
        settings.limits.connections_per_peer = 3;
    })
    .await;
    let held: Vec<_> = (0..3)
        .map(|_| {
            let mut stream = TcpStream::connect(house.address).unwrap();
            stream
                .write_all(b"GET /livez HTTP/1.1\r\nhost: h\r\n\r\n")
                .unwrap();
            let mut first = [0_u8; 12];
            stream.read_exact(&mut first).unwrap();
            stream
        })
        .collect();
    let refused = request(house.address, "GET", "/livez", &[], "");
    assert_eq!(
        refused.status, 0,
        "a fourth connection is closed without an answer"
    );
    drop(held);
}

#[tokio::test(flavor = "multi_thread")]
async fn h15_whoever_waits_to_send_is_refused_before_the_body() {
    let house = House::new().await;
    let message = "POST /v1/keys/verify HTTP/1.1\r\nhost: h\r\nauthorization: Bearer nothing\r\n\
                   content-type: application/json\r\nexpect: 100-continue\r\n\
                   content-length: 1000\r\nconnection: close\r\n\r\n";
    let reply = raw(house.address, message.as_bytes()).expect(401);
    assert!(!reply.head.contains("100 Continue"));
}

#[tokio::test(flavor = "multi_thread")]
async fn h18_a_request_id_is_kept_only_when_it_is_short_and_plain() {
    let house = House::new().await;
    let id = |sent: &str| {
        let reply = house.send("GET", "/v1/products", &[("x-request-id", sent)], "");
        reply.header("x-request-id").unwrap().to_owned()
    };
    assert_eq!(id("trace-1"), "trace-1");
    assert!(id(&"a".repeat(2048)).starts_with("req_"));
    assert!(id("a b").starts_with("req_"));
}

#[tokio::test(flavor = "multi_thread")]
async fn h19_h20_answers_are_never_stored_compressed_or_partial() {
    let house = House::new().await;
    let headers = [
        ("accept-encoding", "gzip, br"),
        ("if-none-match", "*"),
        ("if-modified-since", "Sat, 21 Nov 2099 00:00:00 GMT"),
        ("range", "bytes=0-1"),
    ];
    let reply = house.send("GET", "/v1/products", &headers, "").expect(200);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("content-encoding"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a05_bodies_have_a_limit_and_no_encoding() {
    let house = House::new().await;
    let large = json!({ "name": "a".repeat(100 << 10), "product": "keepem" });
    house.post("/v1/organizations", &large).expect(413);
    let headers = [
        ("content-type", "application/json"),
        ("content-encoding", "gzip"),
    ];
    house
        .send("POST", "/v1/organizations", &headers, "{}")
        .expect(415);
    let endless = format!(
        "POST /v1/organizations HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n{}",
        house.operator,
        "8000\r\n".to_owned()
            + &"a".repeat(0x8000)
            + "\r\n8000\r\n"
            + &"a".repeat(0x8000)
            + "\r\n"
            + "8000\r\n"
            + &"a".repeat(0x8000)
            + "\r\n"
    );
    raw(house.address, endless.as_bytes()).expect(413);
}

#[tokio::test(flavor = "multi_thread")]
async fn a22_a_method_override_is_ignored() {
    let house = House::new().await;
    let reply = house.send(
        "GET",
        "/v1/products",
        &[("x-http-method-override", "DELETE")],
        "",
    );
    assert_eq!(reply.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn c06_no_page_elsewhere_is_let_in() {
    let house = House::new().await;
    let reply = house.send(
        "GET",
        "/v1/products",
        &[("origin", "https://evil.example")],
        "",
    );
    assert_eq!(reply.code(), "secret_key_in_browser");
    assert!(!reply.head.to_ascii_lowercase().contains("access-control"));
}

#[tokio::test(flavor = "multi_thread")]
async fn g12_health_is_told_in_two_words() {
    let house = House::new().await;
    let live = request(house.address, "GET", "/livez", &[], "").expect(200);
    let ready = request(house.address, "GET", "/readyz", &[], "").expect(200);
    assert_eq!((live.text.as_str(), ready.text.as_str()), ("live", "ready"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_listener_shows_only_what_holders_of_keys_need() {
    let house = House::with(|settings| {
        settings.public_listen = Some("127.0.0.1:0".parse().unwrap());
    })
    .await;
    let public = house.public_address().unwrap();
    request(public, "GET", "/livez", &[], "").expect(200);
    request(public, "GET", "/v1/keys/self", &[], "").expect(401);
    let bearer = format!("Bearer {}", house.operator);
    let operator = [("authorization", bearer.as_str())];
    for path in [
        "/v1/keys",
        "/metrics",
        "/docs",
        "/openapi.json",
        "/gateway/nginx/keepem",
        "/readyz",
    ] {
        request(public, "GET", path, &operator, "").expect(404);
    }
    request(public, "POST", "/v1/keys/verify", &operator, "{}").expect(404);
}
