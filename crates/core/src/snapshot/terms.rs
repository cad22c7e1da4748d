//! What decides about a key that was found, read at the moment of the decision.

use super::brief::Brief;
use super::cards::{Ends, NEVER};
use super::environments::Named;
use super::grants::{Grant, Lists, ListsGuard};
use super::index::{Found, Index};
use super::node::ProductNode;
use super::state::StateBits;
use crate::manifest::{Rules, ScopeSet};
use crate::model::{Kind, Mode, Timestamp};
use crate::policy::{IpList, OriginList};

/// How a key stands by its own state and that of what it belongs to, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// A row that it rests on is not as Keystile wrote it.
    Untrusted,
    /// Ended for good.
    Revoked {
        /// Since when, where that is known.
        since: Option<Timestamp>,
    },
    /// Its time is over.
    Expired {
        /// Since when.
        since: Timestamp,
    },
    /// It, its project or its environment is switched off.
    Disabled {
        /// Since when, where that is known.
        since: Option<Timestamp>,
    },
    /// Its organization is suspended.
    Suspended,
    /// Nothing is wrong with it.
    Good,
}

/// What decides about a key. Most of it stands in one word of the index and close to it; more is
/// read only of keys with an end or with lists.
#[derive(Debug)]
pub struct Terms<'i> {
    brief: Brief,
    named: &'i Named,
    above: StateBits,
    grant: &'i Grant,
    ends: Ends,
    lists: Option<ListsGuard>,
}

impl<'i> Terms<'i> {
    /// The terms of a key as they are now; `None` when the index was changed since it was found,
    /// and whoever asks will ask again.
    #[must_use]
    pub fn of(index: &'i Index, found: &Found) -> Option<Self> {
        let brief = found.value.brief;
        let (above, named) = index.environments.state(brief.environment())?;
        let grant = index.grants.get(brief.grant())?;
        let ends = match brief.has_ends() {
            true => index.cards.ends(found.value.card)?,
            false => Ends::NONE,
        };
        let lists = match grant.has_lists() {
            // That there are none means that they are being changed, not that there is no limit.
            true => Some(
                index
                    .grants
                    .lists(brief.grant())
                    .filter(|lists| lists.is_some())?,
            ),
            false => None,
        };
        Some(Self {
            brief,
            named,
            above,
            grant,
            ends,
            lists,
        })
    }

    /// Who may hold it.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.brief.kind()
    }

    /// Live or test.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.brief.mode()
    }

    /// Whether it is a key of that product.
    #[must_use]
    pub fn belongs_to(&self, product: &ProductNode) -> bool {
        product.is(&self.named.product)
    }

    /// The name of its environment.
    #[must_use]
    pub fn environment_name(&self) -> &'i str {
        &self.named.name
    }

    /// Whether it is confined to a part of the product.
    pub(super) fn is_bound(&self) -> bool {
        self.grant.is_bound()
    }

    /// The scopes it has under `rules`.
    #[must_use]
    pub fn scopes(&self, rules: &Rules) -> ScopeSet {
        self.grant.scopes(self.kind(), rules)
    }

    /// The origins it is confined to.
    #[must_use]
    pub fn allowed_origins(&self) -> Option<&OriginList> {
        self.lists()?.origins.as_ref()
    }

    /// The addresses it is confined to.
    #[must_use]
    pub fn allowed_ips(&self) -> Option<&IpList> {
        self.lists()?.ips.as_ref()
    }

    fn lists(&self) -> Option<&Lists> {
        self.lists.as_ref()?.as_deref()
    }

    /// How it stands at `now`; at the very millisecond of an end it has ended.
    #[must_use]
    pub fn standing(&self, now: Timestamp) -> Standing {
        let (above, ends) = (self.above, self.ends);
        if !(self.brief.sound() && above.sound() && self.named.product.is_sound()) {
            Standing::Untrusted
        } else if ends.ends_at <= now {
            Standing::Revoked {
                since: Some(ends.ends_at),
            }
        } else if above.deleted() {
            Standing::Revoked { since: None }
        } else if ends.expires_at <= now {
            Standing::Expired {
                since: ends.expires_at,
            }
        } else if ends.disabled_at != NEVER {
            Standing::Disabled {
                since: Some(ends.disabled_at),
            }
        } else if !above.enabled() {
            Standing::Disabled { since: None }
        } else if above.suspended() {
            Standing::Suspended
        } else {
            Standing::Good
        }
    }
}
