//! The measure of what HTTP itself costs: a bare hyper server that reads the same requests as
//! Keystile and answers the same bytes, without deciding anything.
//!
//! `bare FILE` answers every request as `FILE` says: status and headers, an empty line, the body.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};

/// Hyper writes these itself.
const WRITTEN: [&str; 3] = ["date", "content-length", "connection"];

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let file = std::env::args().nth(1).expect("the file with the answer");
    let answer = read(&std::fs::read_to_string(file).expect("the answer"));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    println!(
        "listens on http://{}",
        listener.local_addr().expect("an address")
    );
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        tokio::spawn(serve(stream, answer.clone()));
    }
}

async fn serve(stream: TcpStream, (headers, body): (HeaderMap, Bytes)) {
    let service = service_fn(|request: Request<Incoming>| {
        let mut response = Response::new(Full::new(body.clone()));
        *response.headers_mut() = headers.clone();
        async move {
            let _ = request.into_body().collect().await;
            Ok::<_, Infallible>(response)
        }
    });
    let mut connection = http1::Builder::new();
    connection.timer(TokioTimer::new());
    let _ = connection
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

fn read(text: &str) -> (HeaderMap, Bytes) {
    let (head, body) = text.split_once("\r\n\r\n").expect("an empty line");
    let mut headers = HeaderMap::new();
    for (name, value) in head.lines().filter_map(|line| line.split_once(": ")) {
        if !WRITTEN.contains(&name.to_ascii_lowercase().as_str()) {
            let name: HeaderName = name.parse().expect("a name");
            headers.append(name, HeaderValue::from_str(value).expect("a value"));
        }
    }
    (headers, Bytes::copy_from_slice(body.as_bytes()))
}
