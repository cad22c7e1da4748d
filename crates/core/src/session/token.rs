//! Making tokens and reading them: the compact form of a JWS (RFC 7515 §7.1) after `st_`.

use std::borrow::Cow;

use base64ct::{Base64UrlUnpadded, Encoding};

use super::claims::Claims;
use super::{LIFETIME_MAX_SECONDS, PREFIX, Session, SessionError, TOKEN_MAX_BYTES};
use crate::key::{PlainKey, SigningKey};
use crate::model::{EnvironmentId, KeyId, OrganizationId, SessionId, Slug, Timestamp, VisitorId};

/// A session that is to be made.
#[derive(Debug, Clone)]
pub struct NewSession<'a> {
    /// Its identifier.
    pub id: SessionId,
    /// The visitor it is for.
    pub visitor: VisitorId,
    /// The key it is made with.
    pub key: KeyId,
    /// The value of that key.
    pub value: &'a str,
    /// The product of that key.
    pub product: &'a Slug,
    /// The customer that key belongs to.
    pub organization: OrganizationId,
    /// The environment that owns that key.
    pub environment: EnvironmentId,
    /// The origin of the page it is for.
    pub origin: Option<&'a str>,
    /// The scopes that the key has now, with one space between.
    pub scope: String,
    /// The time.
    pub now: Timestamp,
    /// How long it lasts, in seconds: 1 to [`LIFETIME_MAX_SECONDS`].
    pub lifetime_seconds: u32,
    /// When the key itself expires, which no session outlives.
    pub key_expires_at: Option<Timestamp>,
}

/// Signs a token, and says when it ends. `None` when it would be longer than
/// [`TOKEN_MAX_BYTES`], which only a key with a great many scopes makes it.
///
/// `issuer` is the base address of the installation. Times in tokens are whole seconds (RFC 7519
/// §2), so a session ends up to a second before its lifetime would.
#[must_use]
pub fn issue(
    new: &NewSession<'_>,
    issuer: &str,
    signer: &SigningKey,
) -> Option<(PlainKey, Timestamp)> {
    let iat = new.now.millis().div_euclid(1000);
    let wanted = iat + i64::from(new.lifetime_seconds.clamp(1, LIFETIME_MAX_SECONDS));
    let key_ends = new.key_expires_at.map_or(i64::MAX, |end| {
        end.millis().saturating_add(999).div_euclid(1000)
    });
    let exp = wanted.min(key_ends.max(iat + 1));
    let claims = Claims {
        iss: Cow::Borrowed(issuer),
        aud: Cow::Borrowed(new.product.as_str()),
        sub: new.visitor,
        jti: new.id,
        iat,
        exp,
        scope: Cow::Borrowed(&new.scope),
        origin: new.origin.map(Cow::Borrowed),
        key: new.key,
        publishable_key: Cow::Borrowed(new.value),
        organization: new.organization,
        environment: new.environment,
    };
    let claims = serde_json::to_vec(&claims).ok()?;
    let token = sign(&claims, signer);
    let fits = token.reveal().len() <= TOKEN_MAX_BYTES;
    fits.then(|| (token, Timestamp::from_millis(exp * 1000)))
}

fn sign(claims: &[u8], signer: &SigningKey) -> PlainKey {
    let claims = Base64UrlUnpadded::encode_string(claims);
    let message = format!("{}.{claims}", signer.header());
    let signature = Base64UrlUnpadded::encode_string(&signer.sign(message.as_bytes()));
    PlainKey::new(format!("{PREFIX}{message}.{signature}"))
}

/// Reads a token that one of `signers` has signed for `issuer`. Whether its time is over is not
/// asked here.
///
/// The header is compared, never read: what is not, byte for byte, the header that one of the
/// signing keys has is refused, so there is no other algorithm, no unknown key and nothing
/// critical to be understood.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn open(text: &str, signers: &[SigningKey], issuer: &str) -> Result<Session, SessionError> {
    if text.len() > TOKEN_MAX_BYTES {
        return Err(SessionError::TooLong);
    }
    let token = text.strip_prefix(PREFIX).ok_or(SessionError::Form)?;
    let (message, signature) = token.rsplit_once('.').ok_or(SessionError::Form)?;
    let (header, claims) = message.split_once('.').ok_or(SessionError::Form)?;
    if claims.contains('.') {
        return Err(SessionError::Form);
    }
    let mut room = [0; 64];
    let signature: &[u8; 64] = Base64UrlUnpadded::decode(signature, &mut room)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(SessionError::Form)?;
    let signer = signers.iter().find(|signer| signer.header() == header);
    let signer = signer.ok_or(SessionError::Signer)?;
    if !signer.verifies(message.as_bytes(), signature) {
        return Err(SessionError::Signature);
    }
    let claims = Base64UrlUnpadded::decode_vec(claims).map_err(|_| SessionError::Form)?;
    let claims: Claims<'_> = serde_json::from_slice(&claims).map_err(|_| SessionError::Claims)?;
    if claims.iss != issuer {
        return Err(SessionError::Issuer);
    }
    Ok(Session {
        id: claims.jti,
        visitor: claims.sub,
        key: claims.key,
        ends_at: claims.ends_at().ok_or(SessionError::Claims)?,
        value: claims.publishable_key.into(),
        product: claims.aud.into(),
        origin: claims.origin.map(Into::into),
        scope: claims.scope.into(),
        signer: signer.version(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::SecretBytes;
    use proptest::prelude::*;

    const ISSUER: &str = "https://keys.example.com";

    fn signer(version: u32) -> SigningKey {
        let seed = u8::try_from(version).unwrap();
        SigningKey::new(version, &SecretBytes::new([seed; 32]))
    }

    fn new_session() -> NewSession<'static> {
        static PRODUCT: std::sync::LazyLock<Slug> =
            std::sync::LazyLock::new(|| "keepem".parse().unwrap());
        NewSession {
            id: SessionId::from_u128(1),
            visitor: VisitorId::from_u128(2),
            key: KeyId::from_u128(3),
            value: "pk_live_x",
            product: &PRODUCT,
            organization: OrganizationId::from_u128(4),
            environment: EnvironmentId::from_u128(5),
            origin: Some("https://shop.example"),
            scope: "chat:send events:read_public".to_owned(),
            now: Timestamp::from_millis(1_800_000_000_500),
            lifetime_seconds: 300,
            key_expires_at: None,
        }
    }

    fn good() -> String {
        let (token, _) = issue(&new_session(), ISSUER, &signer(1)).unwrap();
        token.reveal().to_owned()
    }

    fn error(text: &str) -> SessionError {
        open(text, &[signer(1)], ISSUER).unwrap_err()
    }

    /// A token of these very claims, as only we could sign it.
    fn of_claims(claims: &str) -> String {
        sign(claims.as_bytes(), &signer(1)).reveal().to_owned()
    }

    /// A token of this very header, signed by our key.
    fn of_header(header: &str) -> String {
        let parts = good();
        let claims = parts.split('.').nth(1).unwrap();
        let message = format!(
            "{}.{claims}",
            Base64UrlUnpadded::encode_string(header.as_bytes())
        );
        let signature = signer(1).sign(message.as_bytes());
        let signature = Base64UrlUnpadded::encode_string(&signature);
        format!("st_{message}.{signature}")
    }

    fn claims_of(token: &str) -> String {
        let claims = token.split('.').nth(1).unwrap();
        String::from_utf8(Base64UrlUnpadded::decode_vec(claims).unwrap()).unwrap()
    }

    #[test]
    fn a_token_reads_back_as_what_it_was_made_of() {
        let session = open(&good(), &[signer(2), signer(1)], ISSUER).unwrap();
        assert_eq!(session.id(), SessionId::from_u128(1));
        assert_eq!(session.visitor(), VisitorId::from_u128(2));
        assert_eq!(session.key(), KeyId::from_u128(3));
        assert_eq!(session.value(), "pk_live_x");
        assert_eq!(session.product(), "keepem");
        assert_eq!(session.origin(), Some("https://shop.example"));
        assert_eq!(session.ends_at().millis(), 1_800_000_300_000);
        assert_eq!(session.signer(), 1);
    }

    #[test]
    fn a_session_never_outlives_its_key_nor_a_quarter_of_an_hour() {
        let ends = |change: fn(&mut NewSession<'_>)| {
            let mut new = new_session();
            change(&mut new);
            let (token, ends) = issue(&new, ISSUER, &signer(1)).unwrap();
            let read = open(token.reveal(), &[signer(1)], ISSUER).unwrap();
            assert_eq!(read.ends_at(), ends);
            ends.millis() - 1_800_000_000_000
        };
        assert_eq!(ends(|new| new.lifetime_seconds = 60), 60_000);
        assert_eq!(ends(|new| new.lifetime_seconds = 86_400), 900_000);
        assert_eq!(ends(|new| new.lifetime_seconds = 0), 1_000);
        let soon = |new: &mut NewSession<'_>| {
            new.key_expires_at = Some(Timestamp::from_millis(1_800_000_010_100));
        };
        assert_eq!(ends(soon), 11_000);
        let now = |new: &mut NewSession<'_>| {
            new.key_expires_at = Some(Timestamp::from_millis(1_800_000_000_000));
        };
        assert_eq!(ends(now), 1_000);
        let late =
            |new: &mut NewSession<'_>| new.key_expires_at = Some(Timestamp::from_millis(i64::MAX));
        assert_eq!(ends(late), 300_000);
    }

    #[test]
    fn k04_a_token_that_was_changed_anywhere_is_refused() {
        let good = good();
        for at in 0..good.len() {
            for put in ['A', 'B', '_', '.', '=', ' '] {
                let mut bad = good.clone();
                bad.replace_range(at..=at, &put.to_string());
                if bad != good {
                    assert!(open(&bad, &[signer(1)], ISSUER).is_err(), "{put} at {at}");
                }
            }
        }
    }

    #[test]
    fn k09_a_token_has_one_form_and_nothing_before_or_behind_it() {
        let good = good();
        for bad in [
            format!("{good} "),
            format!(" {good}"),
            format!("{good}."),
            format!("{good}.e30"),
            format!("{good}="),
            format!("{good}=="),
            format!("{good}\0"),
            good.replace("st_", "ST_"),
            good.replace('.', ".."),
            good.replacen("st_", "", 1),
            good.rsplit_once('.').unwrap().0.to_owned(),
            "st_".to_owned(),
            "st_..".to_owned(),
        ] {
            assert!(open(&bad, &[signer(1)], ISSUER).is_err(), "{bad}");
        }
        // The last digit of a signature has four bits that mean nothing: they must be zero.
        let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let same: Vec<_> = digits
            .chars()
            .filter(|last| {
                let other = format!("{}{last}", &good[..good.len() - 1]);
                open(&other, &[signer(1)], ISSUER).is_ok()
            })
            .collect();
        assert_eq!(same.len(), 1);
    }

    #[test]
    fn k02_a_token_beyond_two_kibibytes_is_neither_made_nor_read() {
        assert_eq!(
            error(&format!("st_{}", "a".repeat(2046))),
            SessionError::TooLong
        );
        let mut new = new_session();
        new.scope = "a:b ".repeat(400);
        assert!(issue(&new, ISSUER, &signer(1)).is_none());
    }

    #[test]
    fn another_header_is_refused_whatever_it_says_even_when_it_is_signed() {
        let kid = signer(1).id().to_owned();
        let unknown = signer(2).id().to_owned();
        for header in [
            format!(r#"{{"alg":"none","kid":"{kid}","typ":"JWT"}}"#),
            format!(r#"{{"alg":"HS256","kid":"{kid}","typ":"JWT"}}"#),
            format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"JWT"}}"#),
            format!(r#"{{"alg":"EdDSA","kid":"{unknown}","typ":"JWT"}}"#),
            r#"{"alg":"EdDSA","typ":"JWT"}"#.to_owned(),
            format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":"JWT","crit":["b64"]}}"#),
            format!(r#"{{"alg":"EdDSA","alg":"EdDSA","kid":"{kid}","typ":"JWT"}}"#),
            format!(r#"{{"alg":"EdDSA", "kid":"{kid}","typ":"JWT"}}"#),
            format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":"JWT","jwk":{{}}}}"#),
            String::new(),
        ] {
            assert_eq!(error(&of_header(&header)), SessionError::Signer, "{header}");
        }
        let ours = format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":"JWT"}}"#);
        assert!(open(&of_header(&ours), &[signer(1)], ISSUER).is_ok());
    }

    #[test]
    fn a02_claims_that_are_not_a_sessions_are_refused_even_when_they_are_signed() {
        let good = claims_of(&good());
        assert!(open(&of_claims(&good), &[signer(1)], ISSUER).is_ok());
        for bad in [
            good.replacen('{', r#"{"aud":"keepem","#, 1),
            good.replacen('{', r#"{"exp":1800000300,"#, 1),
            good.replacen("1800000300", "1800001000", 1),
            good.replacen("1800000300", "1800000000", 1),
            good.replacen("1800000300", "9223372036854775807", 1),
            good.replacen("1800000300", "\"1800000300\"", 1),
            good.replacen("ses_", "key_", 1),
            good.replacen("\"aud\"", "\"audience\"", 1),
            format!("{good}{good}"),
            format!("{good} x"),
            "{}".to_owned(),
            "[]".to_owned(),
            "null".to_owned(),
            "[".repeat(500),
        ] {
            assert_eq!(error(&of_claims(&bad)), SessionError::Claims, "{bad}");
        }
        let later = good.replacen('{', r#"{"later":true,"#, 1);
        assert!(open(&of_claims(&later), &[signer(1)], ISSUER).is_ok());
    }

    #[test]
    fn g03_a_token_of_another_installation_is_refused() {
        let (foreign, _) = issue(&new_session(), ISSUER, &signer(2)).unwrap();
        assert_eq!(error(foreign.reveal()), SessionError::Signer);
        // A copy of the database has our signing keys, and another address.
        let (copy, _) = issue(&new_session(), "https://staging.example.com", &signer(1)).unwrap();
        assert_eq!(error(copy.reveal()), SessionError::Issuer);
    }

    proptest! {
        #[test]
        fn texts_shaped_like_tokens_do_not_panic(text in "st_[A-Za-z0-9_=-]{0,40}\\.[A-Za-z0-9_=-]{0,40}\\.[A-Za-z0-9_=-]{0,90}") {
            prop_assert!(open(&text, &[signer(1)], ISSUER).is_err());
        }

        #[test]
        fn reading_never_panics(text in "\\PC{0,200}") {
            prop_assert!(open(&text, &[signer(1)], ISSUER).is_err());
        }
    }
}
