//! HMAC-SHA-256 (RFC 2104) under one key, for messages that are hashed by the million.
//!
//! What both of its hashes make of the key is worked out once, and the message goes to the
//! compression function where it stands: a short one costs two SHA-256 blocks and nothing else.

use sha2::block_api::compress256;
use zeroize::Zeroizing;

const BLOCK: usize = 64;

/// Where the length stands in the last block.
const LENGTH_AT: usize = BLOCK - 8;

type State = [u32; 8];

/// The state that SHA-256 begins with (FIPS 180-4 §5.3.3).
const BEGIN: State = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// A key, ready to authenticate messages.
#[derive(Clone)]
pub(super) struct Mac {
    inner: State,
    outer: State,
}

impl Mac {
    /// Prepares a key.
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self {
            inner: after_key(key, 0x36),
            outer: after_key(key, 0x5c),
        }
    }

    /// The HMAC of a message.
    #[inline]
    pub(super) fn of(&self, message: &[u8]) -> [u8; 32] {
        let (blocks, rest) = message.as_chunks();
        let mut state = self.inner;
        if !blocks.is_empty() {
            compress256(&mut state, blocks);
        }
        let inner = finish(state, rest, message.len());
        finish(self.outer, &inner, inner.len())
    }

    /// The HMAC of a message that comes in parts; they are copied together.
    pub(super) fn of_parts(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.of(&parts.concat())
    }
}

/// The state after HMAC's first block: the key, padded with zeros, against a constant.
fn after_key(key: &[u8; 32], pad: u8) -> State {
    let mut block = Zeroizing::new([pad; BLOCK]);
    for (byte, key) in block.iter_mut().zip(key) {
        *byte ^= key;
    }
    let mut state = BEGIN;
    compress256(&mut state, &[*block]);
    state
}

/// The hash of what led to `state` and the rest of a message, which is shorter than a block. The
/// message came after one block, and is padded as FIPS 180-4 §5.1.1 says.
#[inline]
fn finish(mut state: State, rest: &[u8], length: usize) -> [u8; 32] {
    let bits = u64::try_from((BLOCK + length) * 8).unwrap_or(u64::MAX);
    let mut last = [[0; BLOCK]; 2];
    let padded = last.as_flattened_mut();
    if let Some((content, [end, ..])) = padded.split_at_mut_checked(rest.len()) {
        content.copy_from_slice(rest);
        *end = 0x80;
    }
    let blocks = 1 + usize::from(rest.len() >= LENGTH_AT);
    if let Some(block) = last.get_mut(blocks - 1)
        && let Some(slot) = block.last_chunk_mut()
    {
        *slot = bits.to_be_bytes();
    }
    compress256(&mut state, last.get(..blocks).unwrap_or_default());
    to_bytes(state)
}

fn to_bytes(state: State) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (slot, word) in bytes.as_chunks_mut().0.iter_mut().zip(state) {
        *slot = word.to_be_bytes();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use hmac::{Hmac, KeyInit, Mac as _};
    use sha2::Sha256;

    use super::*;

    fn plain(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
        let mut plain: Hmac<Sha256> = Hmac::new_from_slice(key).unwrap();
        plain.update(message);
        plain.finalize().into_bytes().into()
    }

    #[test]
    fn messages_of_any_length_give_what_plain_hmac_gives() {
        let key = std::array::from_fn(|at| u8::try_from(at * 7).unwrap());
        let mac = Mac::new(&key);
        let message: Vec<u8> = (0..=255).cycle().take(300).collect();
        for length in 0..=300 {
            let message = &message[..length];
            assert_eq!(mac.of(message), plain(&key, message), "{length} bytes");
        }
    }

    #[test]
    fn parts_give_what_the_whole_gives() {
        let mac = Mac::new(&[0xa5; 32]);
        let message = [0x3c; 200];
        for cut in 0..=200 {
            let (first, second) = message.split_at(cut);
            assert_eq!(mac.of_parts(&[first, &[], second]), mac.of(&message));
        }
    }
}
