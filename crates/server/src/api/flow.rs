//! The body of an answer: mostly whole; long ones are made while they are read, so that they take
//! little memory however long they are.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::mpsc;

use crate::problem::Problem;

/// How many pieces are made before the first of them is read.
const AHEAD: usize = 1;

/// What is sent.
#[derive(Debug)]
pub(crate) enum Body {
    /// All of it.
    Whole(Bytes),
    /// Piece by piece. One that ends with an error is cut off, so nobody takes it for whole.
    Flowing(mpsc::Receiver<Result<Bytes, Broken>>),
}

/// The rest cannot be made.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the rest of the answer could not be made")]
pub(crate) struct Broken;

/// Where the pieces of a body go.
#[derive(Debug)]
pub(crate) struct Pieces(mpsc::Sender<Result<Bytes, Broken>>);

/// Whoever asked has gone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gone;

impl Body {
    /// A body that is made while it is read.
    pub(crate) fn flowing() -> (Pieces, Self) {
        let (pieces, body) = mpsc::channel(AHEAD);
        (Pieces(pieces), Self::Flowing(body))
    }

    /// All of it, where it is there as a whole.
    pub(crate) fn whole(&self) -> Option<&Bytes> {
        match self {
            Self::Whole(bytes) => Some(bytes),
            Self::Flowing(_) => None,
        }
    }
}

impl Pieces {
    /// Sends a piece, once there is room for it.
    pub(crate) async fn send(&self, piece: Vec<u8>) -> Result<(), Gone> {
        let sent = self.0.send(Ok(piece.into())).await;
        sent.map_err(|_| Gone)
    }

    /// Cuts the answer off.
    pub(crate) async fn cut_off(self, why: &Problem) {
        let private = why.private.as_deref().unwrap_or_default();
        tracing::warn!(code = why.code, private, "a long answer was cut off");
        // Whoever has gone need not know.
        let _ = self.0.send(Err(Broken)).await;
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::Whole(Bytes::new())
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Whole(bytes.into())
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        match self.get_mut() {
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => {
                let bytes = std::mem::take(bytes);
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Self::Flowing(pieces) => {
                let piece = pieces.poll_recv(context);
                piece.map(|piece| piece.map(|piece| piece.map(Frame::data)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.whole().is_some_and(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        let length = self
            .whole()
            .and_then(|bytes| u64::try_from(bytes.len()).ok());
        length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
