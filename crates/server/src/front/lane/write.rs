//! Writing answers as HTTP/1.1 (RFC 9112).

use std::io::Write;

use bytes::Buf;
use http::{StatusCode, header};
use keystile_core::model::Timestamp;
use tokio::io::{AsyncWrite, AsyncWriteExt};

use crate::front::respond::Reply;
use crate::verify::Told;

/// What goes out next, in memory that lasts.
#[derive(Debug, Default)]
pub(super) struct Writer {
    out: Vec<u8>,
    /// A body that is not copied behind its head.
    body: Vec<u8>,
    date: Date,
}

/// From so many bytes on, a body goes out from where it was made.
const LONG: usize = 4 << 10;

impl Writer {
    /// Sends it. A single piece takes the shorter way through the system.
    pub(super) async fn send(&self, to: &mut (impl AsyncWrite + Unpin)) -> std::io::Result<()> {
        if self.body.is_empty() {
            to.write_all(&self.out).await?;
        } else {
            to.write_all_buf(&mut self.out.chain(&*self.body)).await?;
        }
        to.flush().await
    }

    /// Forgets what was sent, and memory beyond `most` bytes.
    pub(super) fn clear(&mut self, most: usize) {
        self.out.clear();
        self.out.shrink_to(most);
        self.body = Vec::new();
    }

    /// 200 with a verdict.
    pub(super) fn verdict(&mut self, json: Vec<u8>, request_id: &str, now: Timestamp) {
        let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
                     cache-control: no-store\r\nx-request-id: ";
        self.out.extend_from_slice(head);
        self.out.extend_from_slice(request_id.as_bytes());
        self.out.extend_from_slice(b"\r\n");
        self.end(json.len(), now);
        if json.len() < LONG {
            self.out.extend_from_slice(&json);
        } else {
            self.body = json;
        }
    }

    /// What a gateway is told.
    pub(super) fn told(&mut self, told: &Told, now: Timestamp) {
        self.status(told.status);
        self.out.extend_from_slice(&told.lines);
        self.end(0, now);
    }

    /// Any answer; whether the connection goes on after it.
    pub(super) fn reply(&mut self, reply: &Reply, now: Timestamp) -> bool {
        self.status(reply.status());
        for (name, value) in reply.headers() {
            self.out.extend_from_slice(name.as_str().as_bytes());
            self.out.extend_from_slice(b": ");
            self.out.extend_from_slice(value.as_bytes());
            self.out.extend_from_slice(b"\r\n");
        }
        // The doors of the lane answer with whole bodies.
        let body = reply.body().whole();
        let body: &[u8] = body.map_or(b"", |body| body);
        self.end(body.len(), now);
        self.out.extend_from_slice(body);
        let connection = reply.headers().get(header::CONNECTION);
        connection.is_none_or(|connection| connection != "close")
    }

    fn status(&mut self, status: StatusCode) {
        if status == StatusCode::OK {
            self.out.extend_from_slice(b"HTTP/1.1 200 OK\r\n");
            return;
        }
        let reason = status.canonical_reason().unwrap_or_default();
        self.out.extend_from_slice(b"HTTP/1.1 ");
        self.out.extend_from_slice(status.as_str().as_bytes());
        self.out.push(b' ');
        self.out.extend_from_slice(reason.as_bytes());
        self.out.extend_from_slice(b"\r\n");
    }

    /// What the heads of all answers end with; the body has so many bytes.
    fn end(&mut self, body: usize, now: Timestamp) {
        self.out.extend_from_slice(b"content-length: ");
        // Writing to memory cannot fail.
        let _ = write!(self.out, "{body}");
        self.out.extend_from_slice(b"\r\ndate: ");
        self.out.extend_from_slice(self.date.at(now));
        self.out.extend_from_slice(b"\r\n\r\n");
    }
}

/// The `Date` header (RFC 9110 §6.6.1), which changes once a second.
#[derive(Debug, Default)]
struct Date {
    second: i64,
    text: String,
}

impl Date {
    fn at(&mut self, now: Timestamp) -> &[u8] {
        let second = now.millis().div_euclid(1000);
        if second != self.second || self.text.is_empty() {
            let printer = jiff::fmt::rfc2822::DateTimePrinter::new();
            let time = jiff::Timestamp::from_second(second).unwrap_or_default();
            self.text = printer
                .timestamp_to_rfc9110_string(&time)
                .unwrap_or_default();
            self.second = second;
        }
        self.text.as_bytes()
    }
}
