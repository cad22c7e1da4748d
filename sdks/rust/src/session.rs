//! Session tokens, checked offline by the installation's public keys.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::connection::check_url;
use crate::errors::{ConfigurationError, Error, SessionTokenCode, SessionTokenError};
use crate::jwks::PublicKeys;

const LONGEST_TOKEN: usize = 2048;
/// In seconds.
const LONGEST_LIFE: i64 = 900;
/// Characters of a signature.
const SIGNATURE: usize = 86;
/// The four bits that 64 bytes leave over in the last digit are zero (RFC 4648, section 3.5): a token
/// has one writing.
const SIGNATURE_ENDS: [char; 4] = ['A', 'Q', 'g', 'w'];

type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How session tokens are checked.
#[derive(Clone)]
#[must_use]
pub struct SessionConfig {
    issuer: String,
    product: String,
    jwks_url: Option<String>,
    leeway: Duration,
    cache_for: Duration,
    timeout: Duration,
    now: Now,
}

impl SessionConfig {
    /// `issuer` is the `--public-url` of the installation, which tokens name as their issuer;
    /// `product` is the product's slug, which they name as their audience.
    pub fn new(issuer: impl Into<String>, product: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            product: product.into(),
            jwks_url: None,
            leeway: Duration::from_secs(5),
            cache_for: Duration::from_secs(300),
            timeout: Duration::from_secs(2),
            now: Arc::new(system_time),
        }
    }

    /// Where the public keys are. Default: `/.well-known/jwks.json` below the issuer.
    pub fn jwks_url(mut self, url: impl Into<String>) -> Self {
        self.jwks_url = Some(url.into());
        self
    }

    /// By how much clocks may differ, at most a minute. Default 5 s.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// For how long the public keys are kept, at most five minutes, which is the default.
    pub fn cache_for(mut self, cache_for: Duration) -> Self {
        self.cache_for = cache_for;
        self
    }

    /// How long fetching the public keys may take. Default 2 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// What time it is. Default: the system's.
    pub fn now(mut self, now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.now = Arc::new(now);
        self
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one clock, where none is handed over"
)]
fn system_time() -> Timestamp {
    Timestamp::try_from(std::time::SystemTime::now()).unwrap_or_default()
}

impl fmt::Debug for SessionConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionConfig({}, {})", self.issuer, self.product)
    }
}

/// What a session token says.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SessionClaims {
    /// The installation.
    pub issuer: String,
    /// The product.
    pub audience: String,
    /// The visitor's id, `vis_…`.
    pub visitor: String,
    /// The session's id, `ses_…`.
    pub session: String,
    /// When it was made.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// What the session may do.
    pub scopes: Vec<String>,
    /// The page it was made for, if it was made for one.
    pub origin: Option<String>,
    /// The id of the key it was made with.
    pub key_id: String,
    /// That key's value, which is public.
    pub publishable_key: String,
    /// The customer's id.
    pub organization: String,
    /// The environment's id.
    pub environment: String,
}

/// Checks session tokens offline, by the installation's public keys: it needs no operator key, and
/// asks Keystile once in five minutes. A clone shares what was fetched.
///
/// Whoever checks offline does not hear of a revoke: such a token lives out its few minutes. Ask
/// [`Client::verify`](crate::Client::verify) where that matters.
#[derive(Clone)]
pub struct SessionTokens {
    config: Arc<SessionConfig>,
    keys: Arc<PublicKeys>,
}

impl SessionTokens {
    /// Puts a checker together. Nothing is fetched yet.
    ///
    /// # Errors
    ///
    /// When an address or a bound cannot be right.
    pub fn new(mut config: SessionConfig) -> Result<Self, ConfigurationError> {
        config.issuer = check_url("issuer", &config.issuer)?;
        let jwks = match &config.jwks_url {
            Some(url) => check_url("jwks_url", url)?,
            None => format!("{}/.well-known/jwks.json", config.issuer),
        };
        if config.product.is_empty() {
            let message = "product is missing: tokens name it as their audience";
            return Err(ConfigurationError::new(message));
        }
        let (minute, minutes) = (Duration::from_secs(60), Duration::from_secs(300));
        if config.leeway > minute || config.cache_for > minutes || config.timeout.is_zero() {
            let message = "leeway is at most a minute, cache_for at most five, timeout above 0";
            return Err(ConfigurationError::new(message));
        }
        let keys = PublicKeys::new(jwks, config.timeout, config.cache_for)?;
        Ok(Self {
            config: Arc::new(config),
            keys: Arc::new(keys),
        })
    }

    /// Checks signature, issuer, audience, time and origin, and says what the token says.
    ///
    /// `origin` is the `Origin` header of the request; a token that was made for a page is refused
    /// without it.
    ///
    /// # Errors
    ///
    /// [`Error::SessionToken`] when the token is not good here and now; another one when the public
    /// keys cannot be had.
    pub async fn verify(&self, text: &str, origin: Option<&str>) -> Result<SessionClaims, Error> {
        let message = "this is not a session token: it is st_ and three parts in base64url";
        let malformed = |message| SessionTokenError::new(SessionTokenCode::Malformed, message);
        let parts = Parts::read(text).ok_or_else(|| malformed(message))?;
        let header = decode::<Header>(parts.header).filter(Header::is_ours);
        let message = "the token's header is none that Keystile writes";
        let header = header.ok_or_else(|| malformed(message))?;
        let key = self.keys.named(&header.kid, &*self.config.now).await?;
        if !parts.is_signed_by(&key) {
            let message = "the signature does not fit the token";
            return Err(SessionTokenError::new(SessionTokenCode::BadSignature, message).into());
        }
        let message = "the claims are not those of a session";
        let claims = decode::<Claims>(parts.claims).and_then(Claims::checked);
        let claims = claims.ok_or_else(|| malformed(message))?;
        self.judge(&claims, origin)?;
        Ok(claims)
    }

    fn judge(&self, claims: &SessionClaims, origin: Option<&str>) -> Result<(), Error> {
        let (config, now) = (&self.config, (self.config.now)());
        let told = format!(
            "the token was made by {}, not by {}",
            claims.issuer, config.issuer
        );
        let refuse = |code, message: String| Err(SessionTokenError::new(code, message).into());
        let ends = claims.expires_at.saturating_add(config.leeway);
        let begins = claims.issued_at.saturating_sub(config.leeway);
        if claims.issuer != config.issuer {
            return refuse(SessionTokenCode::WrongIssuer, told);
        }
        if claims.audience != config.product {
            let (named, product) = (&claims.audience, &config.product);
            let told = format!("the token is for the product {named}, not for {product}");
            return refuse(SessionTokenCode::WrongAudience, told);
        }
        if ends.is_ok_and(|ends| now >= ends) {
            let told = format!("the session ended at {}", claims.expires_at);
            return refuse(SessionTokenCode::Expired, told);
        }
        if begins.is_ok_and(|begins| now < begins) {
            let told = "the token was made in the future: compare the clocks of this machine and \
                        of Keystile";
            return refuse(SessionTokenCode::NotYetValid, told.into());
        }
        let from = match (&claims.origin, origin) {
            (Some(page), Some(origin)) if page != origin => "comes from another page",
            (Some(_), None) => "has no Origin",
            _ => return Ok(()),
        };
        let page = claims.origin.as_deref().unwrap_or_default();
        let told = format!("the token was made for {page}, and the request {from}");
        refuse(SessionTokenCode::WrongOrigin, told)
    }
}

impl fmt::Debug for SessionTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionTokens({:?})", self.config)
    }
}

/// The parts of a token, none of them decoded.
struct Parts<'a> {
    signed: &'a str,
    header: &'a str,
    claims: &'a str,
    signature: &'a str,
}

impl<'a> Parts<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let (signed, signature) = text.strip_prefix("st_")?.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let is_part = |part: &str| {
            let is_digit = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
            !part.is_empty() && part.bytes().all(is_digit)
        };
        let is_token = text.len() <= LONGEST_TOKEN
            && signature.len() == SIGNATURE
            && signature.ends_with(SIGNATURE_ENDS)
            && [header, claims, signature].into_iter().all(is_part);
        is_token.then_some(Self {
            signed,
            header,
            claims,
            signature,
        })
    }

    fn is_signed_by(&self, key: &[u8]) -> bool {
        let key = ring::signature::UnparsedPublicKey::new(&ring::signature::ED25519, key);
        let signature = Base64UrlUnpadded::decode_vec(self.signature);
        signature.is_ok_and(|signature| key.verify(self.signed.as_bytes(), &signature).is_ok())
    }
}

pub(crate) fn looks_like_token(text: &str) -> bool {
    Parts::read(text).is_some()
}

fn decode<T: DeserializeOwned>(part: &str) -> Option<T> {
    let raw = Base64UrlUnpadded::decode_vec(part).ok()?;
    serde_json::from_slice(&raw).ok()
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
    crit: Option<Value>,
}

impl Header {
    fn is_ours(&self) -> bool {
        self.alg == "EdDSA" && !self.kid.is_empty() && self.crit.is_none()
    }
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    jti: String,
    iat: i64,
    exp: i64,
    scope: String,
    origin: Option<String>,
    key: String,
    publishable_key: String,
    organization: String,
    environment: String,
}

impl Claims {
    fn checked(self) -> Option<SessionClaims> {
        let is_short = self.exp.checked_sub(self.iat)? <= LONGEST_LIFE;
        is_short.then_some(())?;
        Some(SessionClaims {
            issued_at: Timestamp::from_second(self.iat).ok()?,
            expires_at: Timestamp::from_second(self.exp).ok()?,
            issuer: self.iss,
            audience: self.aud,
            visitor: self.sub,
            session: self.jti,
            scopes: self.scope.split_whitespace().map(str::to_owned).collect(),
            origin: self.origin,
            key_id: self.key,
            publishable_key: self.publishable_key,
            organization: self.organization,
            environment: self.environment,
        })
    }
}
