//! Where a key may be used from: hosts, web origins and address ranges, parsed and matched.

pub mod host;
