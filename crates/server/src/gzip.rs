//! Sending text in fewer bytes (gzip, RFC 1952), where nothing secret is in it.

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, header};

/// The same in fewer bytes.
pub(crate) fn packed(text: &[u8], how: Compression) -> Bytes {
    use std::io::Write;
    let mut encoder = GzEncoder::new(Vec::with_capacity(text.len() / 4), how);
    // Memory takes everything.
    let _ = encoder.write_all(text);
    encoder.finish().unwrap_or_default().into()
}

/// Whether a browser takes it so.
pub(crate) fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT_ENCODING);
    let accepted = accepted
        .and_then(|accepted| accepted.to_str().ok())
        .unwrap_or_default();
    let mut all = accepted.split(',');
    all.any(|one| one.trim().eq_ignore_ascii_case("gzip"))
}
