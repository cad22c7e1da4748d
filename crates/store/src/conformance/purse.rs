//! An account to try credits with.

use std::sync::Arc;

use keystile_core::credit::{
    AccountId, Change, Charged, Refusal, Remember, SpendOrder, Spent, Unchanged,
};
use keystile_core::model::{
    Action, Grant, GrantId, KeyId, Mode, OrganizationId, Record, SpendCaps, SpendId, Timestamp,
};

use super::sample::{START, change, commit, set_up};
use crate::{Asked, Balances, Changed, Committed, Listed, Page, Store, Write};

/// A grant of so many live credits, which never ends, for an organization.
#[must_use]
pub fn grant(number: u128, organization: OrganizationId, amount: u64) -> Grant {
    Grant {
        id: GrantId::from_u128(number),
        organization,
        mode: Mode::Live,
        amount,
        reason: format!("Grant {number}"),
        occasion: None,
        expires_at: None,
        created_at: START,
        created_by: "operator key_00000000000000000000000007".into(),
        voided_at: None,
        seq: 0,
    }
}

/// A change that makes these grants.
#[must_use]
pub fn granting(grants: &[Grant]) -> crate::Change {
    let writes = grants.iter().cloned().map(Record::Grant);
    change(Action::CreditsGranted, writes.map(Write::Insert).collect())
}

/// An account of a store, with a key that spends from it.
#[derive(Clone)]
pub struct Purse<'a> {
    /// The store.
    pub store: &'a dyn Store,
    /// Whose credits.
    pub account: AccountId,
    /// The key.
    pub key: KeyId,
}

impl<'a> Purse<'a> {
    /// The live account of the first organization of an empty store, with so many credits.
    pub async fn filled(store: &'a dyn Store, amount: u64) -> Self {
        let owners = set_up(store).await;
        let purse = Self::of(store, owners.organization.id);
        if amount > 0 {
            purse.give(grant(1, owners.organization.id, amount)).await;
        }
        purse
    }

    /// The live account of an organization.
    #[must_use]
    pub fn of(store: &'a dyn Store, organization: OrganizationId) -> Self {
        let account = AccountId {
            organization,
            mode: Mode::Live,
        };
        Self {
            store,
            account,
            key: KeyId::from_u128(10),
        }
    }

    /// The same account, by another key.
    #[must_use]
    pub fn by(&self, key: u128) -> Self {
        Self {
            key: KeyId::from_u128(key),
            ..self.clone()
        }
    }

    /// The account of the other mode.
    #[must_use]
    pub fn in_test(&self) -> Self {
        let mut other = self.clone();
        other.account.mode = Mode::Test;
        other
    }

    /// Makes a grant.
    pub async fn give(&self, grant: Grant) -> Committed {
        commit(self.store, granting(&[grant])).await
    }

    /// Declares a grant void.
    pub async fn void(&self, number: u128, at: Timestamp) {
        let found = self.store.grant(GrantId::from_u128(number)).await;
        let mut grant = found.unwrap().expect("there is such a grant");
        let replaces = grant.seq;
        grant.voided_at = Some(at);
        let record = Record::Grant(grant);
        let write = Write::Update { record, replaces };
        commit(self.store, change(Action::GrantVoided, vec![write])).await;
    }

    /// A call that costs so much.
    #[must_use]
    pub fn order(&self, amount: u64) -> SpendOrder {
        SpendOrder {
            account: self.account,
            key: self.key,
            amount,
            caps: None,
            reserve_millis: None,
            operation: Some("POST /v1/analyses".into()),
            remember: None,
            thresholds: Arc::from([]),
        }
    }

    /// The same, under an idempotency key.
    #[must_use]
    pub fn named(&self, amount: u64, name: &str) -> SpendOrder {
        SpendOrder {
            remember: Some(self.name(amount, name)),
            ..self.order(amount)
        }
    }

    /// How a call is known again.
    #[must_use]
    pub fn name(&self, cost: u64, name: &str) -> Remember {
        let asked = Asked {
            key: self.key,
            operation: "POST /v1/analyses",
            cost,
            reserve: false,
        };
        self.store.remember(self.account, name, &asked)
    }

    /// The same, only set aside for so long.
    #[must_use]
    pub fn reserving(&self, amount: u64, millis: i64) -> SpendOrder {
        SpendOrder {
            reserve_millis: Some(millis),
            ..self.order(amount)
        }
    }

    /// The same, as far as the key's caps allow.
    #[must_use]
    pub fn capped(&self, amount: u64, caps: [Option<u64>; 3]) -> SpendOrder {
        SpendOrder {
            caps: SpendCaps::from_parts(caps),
            ..self.order(amount)
        }
    }

    /// Asks for a charge.
    pub async fn ask(&self, order: SpendOrder) -> Result<Spent, Refusal> {
        self.store
            .spend(Arc::new(order))
            .await
            .expect("it is decided")
    }

    /// Charges a call.
    pub async fn spend(&self, amount: u64) -> Spent {
        self.ask(self.order(amount)).await.expect("it is paid for")
    }

    /// Sets credits aside.
    pub async fn reserve(&self, amount: u64, millis: i64) -> SpendId {
        let spent = self.ask(self.reserving(amount, millis)).await;
        spent.expect("it is set aside").spend
    }

    /// Changes what became of a charge.
    pub async fn change(&self, spend: SpendId, change: Change) -> Result<Changed, Unchanged> {
        let changed = self.store.change_charge(spend, change).await;
        changed.expect("it is decided").expect("there is a charge")
    }

    /// Gives so much of a charge back.
    pub async fn refund(&self, spend: SpendId, amount: u64) -> Result<Changed, Unchanged> {
        let amount = Some(amount);
        self.change(spend, Change::Refund { amount }).await
    }

    /// A charge as it stands.
    pub async fn charged(&self, spend: SpendId) -> Charged {
        let found = self.store.charged(spend).await;
        found.expect("it is known").expect("there is a charge")
    }

    /// What the account holds; it adds up.
    pub async fn balances(&self) -> Balances {
        let balances = self.store.balances(self.account).await;
        let balances = balances.expect("it is known");
        let Balances {
            granted,
            spent,
            reserved,
            expired,
            remaining,
        } = balances;
        assert_eq!(spent + reserved + expired + remaining, granted);
        balances
    }

    /// What is left.
    pub async fn remaining(&self) -> u64 {
        self.balances().await.remaining
    }

    /// What is left of which grant, by its number, in the order in which it is spent.
    pub async fn left(&self) -> Vec<(u128, u64)> {
        let left = self.store.left(self.account).await.expect("it is known");
        let each = left.iter().map(|one| (one.grant.as_u128(), one.remaining));
        each.collect()
    }

    /// What the key has spent: of the day, of the month, in all.
    pub async fn spent_by_key(&self) -> [u64; 3] {
        let spent = self.store.spent_by(self.key).await;
        spent.expect("it is known")
    }

    /// All entries, newest first, read in pages of three.
    pub async fn entries(&self) -> Vec<Listed> {
        let mut all: Vec<Listed> = Vec::new();
        loop {
            let before = all.last().map(|one| one.place);
            let page = Page { before, limit: 3 };
            let some = self.store.entries(self.account, page).await;
            let some = some.expect("they are listed");
            if some.is_empty() {
                return all;
            }
            all.extend(some);
        }
    }
}
