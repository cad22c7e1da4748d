//! What decides about a key that was found, read at the moment of the decision.

use super::entry::{Brief, Ends, KeyEntry, NEVER};
use super::grants::Grant;
use super::index::{Found, Index};
use super::node::ProductNode;
use super::state::{Shelf, StateBits};
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

/// What decides about a key. Most of it stands in one word of the index and close to it; only for
/// keys with an end or with lists the entry is read.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    brief: Brief,
    entry: &'a KeyEntry,
    shelf: &'a Shelf,
    above: StateBits,
    grant: &'a Grant,
}

impl<'a> Terms<'a> {
    /// The terms of a key as they are now; `None` when the index was changed since it was found,
    /// and whoever asks will ask again.
    #[must_use]
    pub fn of(index: &'a Index, found: &'a Found) -> Option<Self> {
        let brief = found.brief();
        let shelf = index.shelves.shelf(brief.place())?;
        Some(Self {
            brief,
            entry: found,
            shelf,
            above: shelf.read(brief.place()),
            grant: index.grants.get(brief.grant())?,
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
        product.is(&self.shelf.named.product)
    }

    /// The name of its environment.
    #[must_use]
    pub fn environment_name(&self) -> &'a str {
        &self.shelf.named.name
    }

    /// The scopes it has under `rules`.
    #[must_use]
    pub fn scopes(&self, rules: &Rules) -> ScopeSet {
        self.grant.scopes(self.kind(), rules)
    }

    /// The origins it is confined to.
    #[must_use]
    pub fn allowed_origins(&self) -> Option<&'a OriginList> {
        let listed = self.grant.lists_origins();
        listed.then(|| self.entry.policy().origins.as_ref())?
    }

    /// The addresses it is confined to.
    #[must_use]
    pub fn allowed_ips(&self) -> Option<&'a IpList> {
        let listed = self.grant.lists_ips();
        listed.then(|| self.entry.policy().ips.as_ref())?
    }

    /// How it stands at `now`; at the very millisecond of an end it has ended.
    #[must_use]
    pub fn standing(&self, now: Timestamp) -> Standing {
        let above = self.above;
        let ends = if self.brief.has_ends() {
            self.entry.ends()
        } else {
            Ends::NONE
        };
        if !(self.brief.sound() && above.sound() && self.shelf.named.product.is_sound()) {
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
