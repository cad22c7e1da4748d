//! The numbered keys that sign session tokens: Ed25519 (RFC 8032), as JOSE has it (RFC 8037).

use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::{Signature, Signer};
use sha2::{Digest, Sha256};

use super::SecretBytes;

/// A key that signs, with everything that its signatures are recognised by. Its private half is
/// wiped when it goes.
#[derive(Clone)]
pub struct SigningKey {
    version: u32,
    key: ed25519_dalek::SigningKey,
    id: Box<str>,
    header: Box<str>,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, redacted)", self.version)
    }
}

impl SigningKey {
    /// Prepares the signing key of that number.
    #[must_use]
    pub fn new(version: u32, secret: &SecretBytes) -> Self {
        let key = ed25519_dalek::SigningKey::from_bytes(secret.expose());
        let public = Base64UrlUnpadded::encode_string(key.verifying_key().as_bytes());
        // RFC 7638 §3, with the members that RFC 8037 §2 requires, in their order.
        let members = format!("{{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"{public}\"}}");
        let id = Base64UrlUnpadded::encode_string(&Sha256::digest(members));
        let header = format!("{{\"alg\":\"EdDSA\",\"kid\":\"{id}\",\"typ\":\"JWT\"}}");
        Self {
            version,
            key,
            id: id.into(),
            header: Base64UrlUnpadded::encode_string(header.as_bytes()).into(),
        }
    }

    /// Its number.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// Its name in token headers and in the set of public keys: its thumbprint (RFC 7638), so that
    /// no two keys of any installation ever have the same.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its public half, in base64url.
    #[must_use]
    pub fn public(&self) -> String {
        Base64UrlUnpadded::encode_string(self.key.verifying_key().as_bytes())
    }

    /// The one header that tokens of this key have, in base64url.
    #[must_use]
    pub fn header(&self) -> &str {
        &self.header
    }

    /// Signs a message.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }

    /// Whether a signature of a message is this key's. One message and key have no second one:
    /// signatures in another form than the canonical one are refused.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let signature = Signature::from_bytes(signature);
        let public = self.key.verifying_key();
        public.verify_strict(message, &signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_hex(hex: &str) -> Vec<u8> {
        let digits = hex.as_bytes().chunks(2);
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16);
        digits.map(|pair| byte(pair).unwrap()).collect()
    }

    /// The secret key of RFC 8032 §7.1, test 1, which RFC 8037 appendix A uses as well.
    fn of_the_rfc() -> SigningKey {
        let secret = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        SigningKey::new(1, &SecretBytes::new(from_hex(secret).try_into().unwrap()))
    }

    #[test]
    fn agrees_with_the_examples_of_rfc_8032_and_rfc_8037() {
        let key = of_the_rfc();
        let signature = "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";
        assert_eq!(key.sign(b"").to_vec(), from_hex(signature));
        assert!(key.verifies(b"", &key.sign(b"")));
        assert_eq!(key.public(), "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(key.id(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn a_signature_is_good_for_its_message_in_its_one_form() {
        let key = of_the_rfc();
        let good = key.sign(b"message");
        assert!(!key.verifies(b"massage", &good));
        for at in 0..64 {
            let mut bad = good;
            bad[at] ^= 1;
            assert!(!key.verifies(b"message", &bad), "byte {at}");
        }
        // The group's order, added to the second half, gives the same number in another form.
        let order = from_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
        let (mut other, mut carry) = (good, 0_u16);
        for (slot, add) in other[32..].iter_mut().zip(order) {
            let sum = u16::from(*slot) + u16::from(add) + carry;
            *slot = sum.to_le_bytes()[0];
            carry = sum >> 8;
        }
        assert!(!key.verifies(b"message", &other));
    }

    #[test]
    fn p06_debug_shows_nothing() {
        assert_eq!(format!("{:?}", of_the_rfc()), "SigningKey(1, redacted)");
    }
}
