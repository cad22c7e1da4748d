//! `Idempotency-Key`: a creating request that is repeated creates nothing anew.

use keystile_store::{Idempotency, StoredIdempotency};
use sha2::{Digest, Sha256};

use super::Call;
use crate::app::{App, Caller};
use crate::hexadecimal::hexadecimal;
use crate::manage::Work;
use crate::problem::Problem;

const LONGEST: usize = 255;
const REMEMBERED_MILLIS: i64 = 24 * 3600 * 1000;

/// What a request's key leads to.
pub(super) enum Begun<'a> {
    /// Nothing has been done with it: go on, and remember this.
    Anew(Work<'a>),
    /// It was done: answer from these ids.
    Before(String),
}

impl Call {
    /// Looks the request's key up.
    pub(super) async fn begin(&self) -> Result<Begun<'_>, Problem> {
        let Some(idempotency) = self.idempotency()? else {
            return Ok(Begun::Anew(self.work()));
        };
        let (scope, key) = (&idempotency.scope, &idempotency.key);
        if let Some(known) = self.app.store.idempotent(scope, key).await? {
            return same_request(&idempotency, known).map(Begun::Before);
        }
        let mut request = self.request();
        request.idempotency = Some(idempotency);
        Ok(Begun::Anew(Work::new(&self.app, &self.caller, request)))
    }

    fn idempotency(&self) -> Result<Option<Idempotency>, Problem> {
        let mut values = self.headers.get_all("idempotency-key").iter();
        let Some(value) = values.next() else {
            return Ok(None);
        };
        let key = value.to_str().unwrap_or_default();
        let is_plain = key.bytes().all(|byte| byte.is_ascii_graphic());
        if values.next().is_some() || key.is_empty() || key.len() > LONGEST || !is_plain {
            let detail = format!(
                "Idempotency-Key comes once and has 1 to {LONGEST} visible ASCII characters"
            );
            return Err(Problem::bad_request(detail));
        }
        let mut hash = Sha256::new();
        for part in [self.operation.as_bytes(), self.path.as_bytes(), &self.body] {
            hash.update(u64::try_from(part.len()).unwrap_or(0).to_be_bytes());
            hash.update(part);
        }
        let fingerprint = hash.finalize().into();
        Ok(Some(remembered(&self.app, &self.caller, key, fingerprint)))
    }
}

/// What is remembered of a request, so that it is done once. What a client calls it is not kept: it
/// may be anything, even a key.
pub(crate) fn remembered(
    app: &App,
    caller: &Caller,
    name: &str,
    fingerprint: [u8; 32],
) -> Idempotency {
    Idempotency {
        scope: caller.scope(),
        key: hexadecimal(&Sha256::digest(name)),
        fingerprint,
        outcome: String::new(),
        expires_at: app.now().plus_millis(REMEMBERED_MILLIS),
    }
}

fn same_request(asked: &Idempotency, known: StoredIdempotency) -> Result<String, Problem> {
    if asked.fingerprint == known.fingerprint {
        return Ok(known.outcome);
    }
    Err(Problem::new(
        http::StatusCode::UNPROCESSABLE_ENTITY,
        "idempotency_key_reused",
        "this Idempotency-Key was used for another request; take a new one",
    ))
}
