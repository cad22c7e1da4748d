//! Operations about credits.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use crate::call::Call;
use crate::call::Operation;
use crate::pages::Pages;
use crate::transport::Caller;
use crate::types::{
    ChangedSpend, CreateGrant, Credits, Grant, LedgerEntry, ListGrantsQuery, ListLedgerQuery,
    OneGrant, OneSpend, RefundSpend, SettleSpend,
};
use http::Method;
use std::sync::Arc;

/// Operations about credits.
#[derive(Debug, Clone)]
pub struct CreditsResource {
    pub(crate) api: Arc<Caller>,
}

impl CreditsResource {
    /// Show an organization's credits.
    ///
    /// Exact at this moment. Accounts of deleted organizations are shown too.
    ///
    /// Needs the scope `credits:read`.
    pub fn get(&self, organization: &str) -> Call<Credits> {
        let operation = Operation::new(
            Method::GET,
            "/v1/organizations/{organization}/credits",
            &[("organization", organization)],
        );
        Call::of(&self.api, operation)
    }

    /// List everything that happened to an account.
    ///
    /// Newest first. Each entry says what it does to every sum of the account, so that all of them add up to what `getCredits` answers. With `format=csv` the whole account comes as CSV (RFC 4180), written while it is read.
    ///
    /// Needs the scope `credits:read`.
    pub fn list_ledger(&self, organization: &str, query: ListLedgerQuery) -> Pages<LedgerEntry> {
        let operation = Operation::new(
            Method::GET,
            "/v1/organizations/{organization}/ledger",
            &[("organization", organization)],
        )
        .query(query);
        Pages::of(&self.api, operation)
    }

    /// Grant credits.
    ///
    /// They can be spent when this answers. Send an `Idempotency-Key`, so that a request that is repeated grants once.
    ///
    /// Needs the scope `credits:write`.
    pub fn create_grant(&self, organization: &str, body: CreateGrant) -> Call<OneGrant> {
        let operation = Operation::new(
            Method::POST,
            "/v1/organizations/{organization}/grants",
            &[("organization", organization)],
        )
        .body(body)
        .with_idempotency_key();
        Call::of(&self.api, operation)
    }

    /// List an organization's grants.
    ///
    /// Newest first, each with what is left of it.
    ///
    /// Needs the scope `credits:read`.
    pub fn list_grants(&self, organization: &str, query: ListGrantsQuery) -> Pages<Grant> {
        let operation = Operation::new(
            Method::GET,
            "/v1/organizations/{organization}/grants",
            &[("organization", organization)],
        )
        .query(query);
        Pages::of(&self.api, operation)
    }

    /// Declare a grant void.
    ///
    /// What is left of it can be spent no more when this answers; what was spent stays spent. One that is void already stays as it is.
    ///
    /// Needs the scope `credits:write`.
    pub fn void_grant(&self, grant: &str) -> Call<OneGrant> {
        let operation =
            Operation::new(Method::POST, "/v1/grants/{grant}/void", &[("grant", grant)]);
        Call::of(&self.api, operation)
    }

    /// Show what a call was charged.
    ///
    /// As it stands now, with what was settled and refunded.
    ///
    /// Needs the scope `credits:read`.
    pub fn get_spend(&self, spend: &str) -> Call<OneSpend> {
        let operation = Operation::new(Method::GET, "/v1/spends/{spend}", &[("spend", spend)]);
        Call::of(&self.api, operation)
    }

    /// Refund a spend.
    ///
    /// Back to the grants it came from, in sum never more than was spent; what returns to a grant that has ended counts as expired. Without `amount` it may be repeated: what is refunded stays refunded once. A part that is repeated is refunded again, so look at `refunded` first; an `Idempotency-Key` is refused there.
    ///
    /// Needs the scope `keys:verify`.
    pub fn refund_spend(&self, spend: &str, body: RefundSpend) -> Call<ChangedSpend> {
        let operation = Operation::new(
            Method::POST,
            "/v1/spends/{spend}/refund",
            &[("spend", spend)],
        )
        .body(body);
        Call::of(&self.api, operation)
    }

    /// Settle a reservation.
    ///
    /// The call cost so much; the rest of what was reserved is free again. The same again changes nothing.
    ///
    /// Needs the scope `keys:verify`.
    pub fn settle_spend(&self, spend: &str, body: SettleSpend) -> Call<ChangedSpend> {
        let operation = Operation::new(
            Method::POST,
            "/v1/spends/{spend}/settle",
            &[("spend", spend)],
        )
        .body(body);
        Call::of(&self.api, operation)
    }

    /// Release a reservation.
    ///
    /// Nothing is spent; all of it is free again. The same again changes nothing.
    ///
    /// Needs the scope `keys:verify`.
    pub fn release_spend(&self, spend: &str) -> Call<ChangedSpend> {
        let operation = Operation::new(
            Method::POST,
            "/v1/spends/{spend}/release",
            &[("spend", spend)],
        );
        Call::of(&self.api, operation)
    }
}
