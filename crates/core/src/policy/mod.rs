//! Whether a key is good for a call: hosts, web origins and address ranges, and the checks in
//! their order.

mod evaluate;
pub mod host;
mod ip;
mod origin;

pub use evaluate::{CHECKS, Case, Destination};
pub use ip::IpList;
pub use origin::OriginList;
