//! What a request must be before anything else looks at it, and reading its body.

use std::fmt::Display;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use bytes::Bytes;
use http::request::Parts;
use http::{StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::Body;

use crate::config::Limits;
use crate::problem::Problem;

/// Refuses what has more than one meaning: several Hosts, a target for another host than the
/// Host header's, or two ways of telling the body's length.
pub(super) fn check(parts: &Parts) -> Result<(), Problem> {
    let mut hosts = parts.headers.get_all(header::HOST).iter();
    let host = hosts.next();
    if hosts.next().is_some() {
        return Err(Problem::bad_request("there is more than one Host header"));
    }
    if host.is_none() && parts.version == http::Version::HTTP_11 {
        return Err(Problem::bad_request("there is no Host header"));
    }
    if let Some(authority) = parts.uri.authority() {
        let same = host.is_some_and(|host| {
            host.as_bytes()
                .eq_ignore_ascii_case(authority.as_str().as_bytes())
        });
        if !same {
            return Err(Problem::bad_request(
                "the target names another host than Host",
            ));
        }
    }
    let has = |name| parts.headers.contains_key(name);
    if has(header::TRANSFER_ENCODING) && has(header::CONTENT_LENGTH) {
        return Err(Problem::bad_request(
            "there are both Content-Length and Transfer-Encoding",
        ));
    }
    Ok(())
}

/// The whole body, at most `most` bytes, arrived in time.
pub(super) async fn body<B>(
    parts: &Parts,
    body: B,
    most: usize,
    limits: &Limits,
) -> Result<Bytes, Problem>
where
    B: Body<Data = Bytes, Error: Display + Into<Box<dyn std::error::Error + Send + Sync>>>,
{
    let too_large = || {
        let detail = format!("the body has more than {most} bytes");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
    };
    let announced = parts.headers.get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > most as u64) {
        return Err(too_large());
    }
    let mut reading = pin!(collect(body, most));
    // Nearly every body has come with its head: then there is nothing to wait for, nor a timer to
    // set.
    let looked = poll_fn(|context| Poll::Ready(reading.as_mut().poll(context))).await;
    let read = match looked {
        Poll::Ready(read) => read,
        Poll::Pending => tokio::time::timeout(limits.arrival, reading)
            .await
            .unwrap_or(Err(Unread::TooSlow)),
    };
    read.map_err(|why| match why {
        Unread::TooLarge => too_large(),
        Unread::CutOff => Problem::bad_request("the body did not arrive whole"),
        Unread::TooSlow => too_slow(),
    })
}

/// The answer to whoever does not send what was announced.
pub(super) fn too_slow() -> Problem {
    let detail = "the body took too long to arrive";
    Problem::new(StatusCode::REQUEST_TIMEOUT, "too_slow", detail)
}

/// Why there is no body to look at.
enum Unread {
    TooLarge,
    CutOff,
    TooSlow,
}

/// All of a body. One that comes in one piece is not copied, and a body that says it has ended is
/// not asked again.
async fn collect<B: Body<Data = Bytes>>(body: B, most: usize) -> Result<Bytes, Unread> {
    let mut body = pin!(body);
    let (mut first, mut more) = (Bytes::new(), Vec::new());
    while !body.is_end_stream() {
        let frame = match body.frame().await {
            None => break,
            Some(Err(_)) => return Err(Unread::CutOff),
            Some(Ok(frame)) => frame,
        };
        // Trailers say nothing here.
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if first.len() + more.len() + data.len() > most {
            return Err(Unread::TooLarge);
        }
        if first.is_empty() {
            first = data;
        } else {
            more.extend_from_slice(&data);
        }
    }
    if more.is_empty() {
        return Ok(first);
    }
    Ok([first.as_ref(), &more].concat().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::Full;
    use hyper::body::Frame;
    use std::pin::Pin;
    use std::task::Context;

    async fn read<B: Body<Data = Bytes>>(body: B, most: usize) -> Option<Vec<u8>> {
        collect(body, most).await.ok().map(|bytes| bytes.to_vec())
    }

    /// A body that comes in these pieces and does not say beforehand that it ends.
    struct Pieces(std::slice::Iter<'static, &'static str>);

    impl Body for Pieces {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
            let piece = self
                .0
                .next()
                .map(|text| Bytes::from_static(text.as_bytes()));
            Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
        }
    }

    fn pieces(all: &'static [&'static str]) -> Pieces {
        Pieces(all.iter())
    }

    #[tokio::test]
    async fn a_body_is_put_together_from_its_pieces() {
        assert_eq!(
            read(Full::new(Bytes::from("abc")), 3).await.unwrap(),
            b"abc"
        );
        assert_eq!(
            read(pieces(&["a", "", "bc", "d"]), 4).await.unwrap(),
            b"abcd"
        );
        assert_eq!(read(pieces(&[]), 0).await.unwrap(), b"");
    }

    #[tokio::test]
    async fn a_body_beyond_the_limit_is_refused_wherever_it_is_cut() {
        assert!(read(Full::new(Bytes::from("abcd")), 3).await.is_none());
        assert!(read(pieces(&["ab", "cd"]), 3).await.is_none());
        assert!(read(pieces(&["", "abcd"]), 3).await.is_none());
    }
}
