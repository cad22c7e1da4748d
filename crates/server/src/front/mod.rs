//! The front door: listening, limits of size and time, and the way to the right room.
//!
//! It knows HTTP/1.1 and no rule about keys. What it hands on has one meaning: one Host, one
//! length, a body of bounded size that arrived in bounded time.

mod connection;
mod cors;
mod lane;
mod listen;
mod operate;
mod own_key;
mod patient;
mod read;
mod respond;
mod route;
mod sessions;

pub use listen::{CONTROL_SOCKET, Running, StartError, start};
pub(crate) use route::call_in_process;

/// Which of the doors a listener shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Surface {
    /// Everything: there is no public listener beside it.
    Whole,
    /// What browsers and the holders of keys need.
    Public,
    /// The control socket: whoever can open it has the machine.
    Control,
}
