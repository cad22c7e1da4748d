//! From a reason to what stands on the wire: the one table for every door.

use http::StatusCode;
use keystile_core::decision::{Code, DenyReason};
use keystile_core::model::Timestamp;
use keystile_core::session::SessionError;

/// How a code is answered by the doors that answer by status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wire {
    /// The status.
    pub(crate) status: StatusCode,
    /// The `error` of RFC 6750 §3.1 in `WWW-Authenticate`; `None` is the bare challenge.
    pub(crate) oauth: Option<&'static str>,
    /// The code that gateways show: they do not tell malformed and unknown keys apart, so that
    /// nobody learns which keys exist.
    pub(crate) shown: Code,
}

/// The table of the contract, §4.
pub(crate) const fn wire(code: Code) -> Wire {
    let (status, oauth) = match code {
        Code::Ok => (StatusCode::OK, None),
        Code::MissingCredential => (StatusCode::UNAUTHORIZED, None),
        Code::ConflictingCredentials => (StatusCode::BAD_REQUEST, Some("invalid_request")),
        Code::MalformedKey
        | Code::UnknownKey
        | Code::InvalidSession
        | Code::RevokedKey
        | Code::ExpiredKey
        | Code::DisabledKey => (StatusCode::UNAUTHORIZED, Some("invalid_token")),
        Code::OrganizationSuspended
        | Code::UnknownHost
        | Code::WrongEnvironment
        | Code::SecretKeyInBrowser
        | Code::OriginNotAllowed
        | Code::IpNotAllowed
        | Code::UnknownOperation => (StatusCode::FORBIDDEN, None),
        Code::RateLimited => (StatusCode::TOO_MANY_REQUESTS, None),
        Code::SpendCapReached | Code::CreditsExhausted => (StatusCode::PAYMENT_REQUIRED, None),
        Code::IdempotencyConflict => (StatusCode::CONFLICT, None),
        Code::InsufficientScope => (StatusCode::FORBIDDEN, Some("insufficient_scope")),
        Code::Undecided | Code::SpendUnknown => (StatusCode::SERVICE_UNAVAILABLE, None),
    };
    let shown = match code {
        Code::MalformedKey | Code::InvalidSession => Code::UnknownKey,
        other => other,
    };
    Wire {
        status,
        oauth,
        shown,
    }
}

/// Since when a key does not work, for reasons that have such a time.
pub(crate) const fn since(reason: DenyReason) -> Option<Timestamp> {
    match reason {
        DenyReason::RevokedKey { since } | DenyReason::DisabledKey { since } => since,
        DenyReason::ExpiredKey { since }
        | DenyReason::InvalidSession(SessionError::Expired { since }) => Some(since),
        _ => None,
    }
}

/// The value of `WWW-Authenticate` (RFC 6750 §3) for an answer by status.
pub(crate) fn challenge(realm: &str, reason: DenyReason, missing: Option<&str>) -> String {
    let wire = wire(reason.code());
    let mut value = format!("Bearer realm=\"{realm}\"");
    if let Some(error) = wire.oauth {
        value.push_str(&format!(", error=\"{error}\""));
        value.push_str(&format!(", error_description=\"{}\"", description(reason)));
    }
    if let Some(scope) = missing {
        value.push_str(&format!(", scope=\"{scope}\""));
    }
    value
}

fn description(reason: DenyReason) -> String {
    let message = match wire(reason.code()).shown {
        Code::UnknownKey => DenyReason::UnknownKey.message(),
        _ => reason.message(),
    };
    let plain = message.replace('"', "'");
    let shown = wire(reason.code()).shown == reason.code();
    match since(reason).filter(|_| shown) {
        Some(since) => format!("{plain}, since {since}"),
        None => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keystile_core::key::KeyFormatError;

    #[test]
    fn k05_malformed_and_unknown_keys_look_the_same_outside() {
        let malformed = DenyReason::MalformedKey(KeyFormatError::Checksum);
        let unknown = DenyReason::UnknownKey;
        assert_eq!(wire(malformed.code()), wire(unknown.code()));
        let since = "2026-11-21T09:30:00Z".parse().unwrap();
        let ended = DenyReason::InvalidSession(SessionError::Expired { since });
        assert_eq!(wire(ended.code()), wire(unknown.code()));
        for other in [malformed, ended] {
            assert_eq!(challenge("p", other, None), challenge("p", unknown, None));
        }
    }

    #[test]
    fn only_ok_is_a_success() {
        for code in Code::ALL {
            assert_eq!(wire(code).status.is_success(), code == Code::Ok, "{code}");
        }
    }

    #[test]
    fn k01_a_missing_key_gets_the_bare_challenge() {
        let bare = challenge("keepem", DenyReason::MissingCredential, None);
        assert_eq!(bare, "Bearer realm=\"keepem\"");
    }

    #[test]
    fn whoever_presents_a_dead_key_is_told_since_when() {
        let since = Some("2026-11-21T09:30:00Z".parse().unwrap());
        let told = challenge("keepem", DenyReason::RevokedKey { since }, None);
        assert!(told.contains("since 2026-11-21T09:30:00.000Z"), "{told}");
    }
}
