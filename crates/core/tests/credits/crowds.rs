//! More that ends at once than one group has room for.

use std::sync::Arc;

use keystile_core::credit::{AccountId, Book, Group, MAX_ENTRIES, Refusal, SpendOrder};
use keystile_core::model::{GrantId, KeyId, Mode, OrganizationId, Timestamp};

const OPEN: u64 = 70_000;

fn order(account: AccountId, amount: u64, reserve_millis: Option<i64>) -> SpendOrder {
    SpendOrder {
        account,
        key: KeyId::from_u128(1),
        amount,
        caps: None,
        reserve_millis,
        operation: None,
        remember: None,
        thresholds: Arc::from([10, 20]),
    }
}

#[test]
fn what_ends_at_once_is_written_in_as_many_groups_as_it_needs_before_anything_is_spent() {
    let account = AccountId {
        organization: OrganizationId::from_u128(1),
        mode: Mode::Live,
    };
    let mut book = Book::new(10);
    let mut number = 0;
    let mut group = |millis: i64| {
        number += 1;
        let at = Timestamp::from_millis(1_795_003_200_000 + millis);
        Group { number, at }
    };
    let mut draft = book.begin(group(0));
    let all = (GrantId::from_u128(1), OPEN);
    draft.grant(account, all, None, false).unwrap();
    draft.keep();
    let (mut open, mut full) = (0, 0);
    while open < OPEN {
        let mut draft = book.begin(group(0));
        while open < OPEN {
            let Some(asked) = draft.spend(&order(account, 1, Some(1000))) else {
                full += 1;
                break;
            };
            asked.unwrap();
            open += 1;
        }
        assert!(draft.entries().len() <= MAX_ENTRIES);
        draft.keep();
    }
    assert_eq!(full, 1, "a group that is full says so");
    let mut draft = book.begin(group(999));
    let refused = draft.spend(&order(account, 1, None));
    assert!(matches!(
        refused,
        Some(Err(Refusal::Exhausted { remaining: 0, .. }))
    ));
    drop(draft);
    let mut draft = book.begin(group(1000));
    let later = draft.spend(&order(account, OPEN, None));
    assert_eq!(
        later, None,
        "the account waits until all of that is written"
    );
    assert!(draft.entries().len() <= MAX_ENTRIES);
    draft.keep();
    assert!(book.account(account).unwrap().adds_up());
    let mut draft = book.begin(group(1000));
    let spent = draft.spend(&order(account, OPEN, None)).unwrap().unwrap();
    assert_eq!(spent.remaining, 0);
    draft.keep();
    let account = book.account(account).unwrap();
    assert!(account.adds_up() && account.reservations.is_empty());
    assert_eq!((account.sums.spent, account.sums.reserved), (OPEN, 0));
}
