//! The express lane: whole, plainly written requests to the doors that are asked all the time are
//! read and answered here.
//!
//! What costs most about a verify is HTTP, so these few requests get the shortest way there is
//! from socket to socket. It knows one way to write them (HTTP/1.1, one length, all of the head in
//! one piece); at the first that is anything else, the connection, with all that was read of it, is
//! hyper's from there on. So the lane decides nothing about what HTTP allows, and whatever it does
//! not understand is understood as ever.

mod head;
mod resumed;
mod wait;
mod write;

use bytes::{Bytes, BytesMut};
use http::request::Parts;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};

use self::head::{Door, Expected};
pub(super) use self::resumed::Resumed;
use self::wait::{Arrived, Wait};
use self::write::Writer;
use super::connection::Peer;
use super::listen::Shared;
use super::route::{Ruled, gateway, refused, request, subrequest, verdict};
use super::{read, respond};
use crate::app::App;
use crate::request_id::RequestName;
use crate::verify::{self, Gate, LastAsker, UnpaidGate, Verdict};

/// So much is read at once; a batch is longer, and waited for.
const READ_BYTES: usize = 8 << 10;

/// Memory beyond this is given back after the request that needed it.
const KEPT_BYTES: usize = 64 << 10;

/// What became of a request, before anything was waited for.
enum Answered {
    /// Its answer is written.
    Written {
        /// Whether the connection goes on.
        goes_on: bool,
    },
    /// It is to be paid first.
    Unpaid(Box<RequestName>, Box<ToPay>),
}

/// What is to be paid.
enum ToPay {
    Verdict(Ruled),
    Gate(UnpaidGate),
}

/// One connection in the lane.
struct Lane<'c, S> {
    app: &'c App,
    peer: Peer,
    last: &'c LastAsker,
    stream: S,
    wait: Wait,
    /// What is read goes here.
    buffer: BytesMut,
    /// The head of the request at hand. It is cleared and filled anew, so that its memory lasts.
    parts: Parts,
    writer: Writer,
}

/// Serves a connection for as long as all that comes is for the lane. Gives it back for hyper at
/// the first other request, nothing of which is lost; `None` when it has ended.
pub(super) async fn serve<S>(
    stream: S,
    peer: Peer,
    shared: &Shared,
    last: &LastAsker,
) -> Option<Resumed<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut lane = Lane {
        app: &shared.app,
        peer,
        last,
        stream,
        wait: Wait::new(shared.stop.clone(), shared.app.settings.limits.arrival),
        buffer: BytesMut::new(),
        parts: http::Request::new(()).into_parts().0,
        writer: Writer::default(),
    };
    let left = lane.run().await;
    if left.is_none() {
        let _ = lane.stream.shutdown().await;
    }
    left.map(|read| Resumed::new(read, lane.stream))
}

impl<S: AsyncRead + AsyncWrite + Unpin> Lane<'_, S> {
    /// Answers one request after the other; gives what was read of the first that is not for here.
    async fn run(&mut self) -> Option<Bytes> {
        let mut here = Bytes::new();
        loop {
            if here.is_empty() {
                self.buffer.reserve(READ_BYTES);
                match self.wait.more(&mut self.stream, &mut self.buffer).await {
                    Arrived::Some => here = self.buffer.split().freeze(),
                    Arrived::Ended | Arrived::Late | Arrived::Stopping => return None,
                }
            }
            let limits = &self.app.settings.limits;
            let Some(expected) = head::look(&here, &mut self.parts, limits) else {
                self.parts.headers.clear();
                return Some(here);
            };
            if here.len() < expected.bytes() {
                here = match self.rest(here, &expected).await {
                    (here, Arrived::Some) => here,
                    (here, Arrived::Stopping) => return Some(here),
                    (_, Arrived::Ended) => return None,
                    (here, Arrived::Late) => {
                        head::look(&here, &mut self.parts, limits);
                        self.too_slow();
                        let _ = self.write().await;
                        return None;
                    }
                };
                continue;
            }
            let mut request = here.split_to(expected.bytes());
            let body = request.split_off(expected.head);
            let goes_on = match self.answer(expected.door, &body) {
                Answered::Written { goes_on } => goes_on,
                Answered::Unpaid(name, unpaid) => {
                    // Boxed, so that what every request awaits stays small.
                    Box::pin(self.pay(*name, *unpaid, &body)).await
                }
            };
            self.parts.headers.clear();
            drop((request, body));
            if self.write().await.is_err() || !goes_on {
                return None;
            }
        }
    }

    /// Waits for the rest of a body.
    async fn rest(&mut self, here: Bytes, expected: &Expected) -> (Bytes, Arrived) {
        self.parts.headers.clear();
        self.buffer.reserve(expected.bytes());
        self.buffer.extend_from_slice(&here);
        drop(here);
        let mut arrived = Arrived::Some;
        self.wait.begin();
        while arrived == Arrived::Some && self.buffer.len() < expected.bytes() {
            arrived = self.wait.again(&mut self.stream, &mut self.buffer).await;
        }
        (self.buffer.split().freeze(), arrived)
    }

    /// Answers the request at hand, as far as that needs no waiting.
    fn answer(&mut self, door: Door, body: &Bytes) -> Answered {
        let now = self.app.now();
        let name = self.app.request_ids.name(&self.parts.headers, now);
        let caller = (self.peer.surface, self.last);
        let parts = &self.parts;
        let verdict = |verify| verdict(self.app, caller, parts, body, &name, verify);
        let answered = match door {
            Door::One => verdict(verify::verify_one),
            Door::Batch => verdict(verify::verify_batch),
            Door::Gateway => match gateway(self.app, self.peer, parts, &name) {
                Ok(Gate::Told(told)) => {
                    self.writer.told(&told, now);
                    return Answered::Written { goes_on: true };
                }
                Ok(Gate::Unpaid(unpaid)) => {
                    return Answered::Unpaid(Box::new(name), Box::new(ToPay::Gate(unpaid)));
                }
                Err(problem) => Err(problem),
            },
        };
        let goes_on = match answered {
            Ok(Ruled {
                verdict: Verdict::Made(json),
                ..
            }) => {
                self.writer.verdict(json, name.as_str(), now);
                true
            }
            Ok(unpaid) => {
                return Answered::Unpaid(Box::new(name), Box::new(ToPay::Verdict(unpaid)));
            }
            Err(problem) => self.writer.reply(&refused(&problem, &name), now),
        };
        Answered::Written { goes_on }
    }

    /// Pays for the request at hand and answers it; whether the connection goes on.
    async fn pay(&mut self, name: RequestName, unpaid: ToPay, body: &Bytes) -> bool {
        let app = self.app;
        let ruled = match unpaid {
            ToPay::Gate(unpaid) => {
                let asked = subrequest(self.peer, &self.parts, &name);
                let told = unpaid.pay(app, &asked).await;
                self.writer.told(&told, app.now());
                return true;
            }
            ToPay::Verdict(ruled) => ruled,
        };
        let paid = match ruled.verdict {
            Verdict::Made(json) => Ok(json),
            Verdict::Unpaid(unpaid) => {
                let headers = &self.parts.headers;
                let request = request(&ruled.entitled, headers, body, ruled.now);
                unpaid.pay(app, request).await
            }
        };
        match paid {
            Ok(json) => {
                self.writer.verdict(json, name.as_str(), app.now());
                true
            }
            Err(problem) => self.writer.reply(&refused(&problem, &name), app.now()),
        }
    }

    fn too_slow(&mut self) {
        let now = self.app.now();
        let name = self.app.request_ids.name(&self.parts.headers, now);
        let reply = respond::problem(&read::too_slow(), name.as_str());
        self.writer.reply(&reply, now);
    }

    async fn write(&mut self) -> std::io::Result<()> {
        self.writer.send(&mut self.stream).await?;
        self.writer.clear(KEPT_BYTES);
        if self.buffer.capacity() > KEPT_BYTES {
            self.buffer = BytesMut::new();
        }
        Ok(())
    }
}
