//! A manifest that has been checked, in the form in which the engine reads it.
//!
//! Holding [`Rules`] means that every name in them exists and every pair of operations is settled.
//! What is read for every request takes no memory; the rest is kept as people will see it.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::file::{Every, Reveal};
use super::grammar;
use super::operation::OperationTable;
use super::place::{BaseUrl, Place, Places};
use super::scope::{ScopeId, ScopeSet};
use crate::key::Brand;
use crate::model::{ForeignDigest, Kind, Mode, RateLimit, Slug};

/// The checked rules of one product.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Rules {
    /// Its short name.
    pub slug: Slug,
    /// What people call it.
    pub name: Box<str>,
    /// The word in the middle of its keys.
    pub brand: Option<Brand>,
    /// The headers in which a key may stand: lower case, at least one.
    pub credential_headers: Box<[Box<str>]>,
    /// Whether a verify must name an operation.
    pub require_operation: bool,
    /// Where the product explains its keys.
    pub docs_url: Option<Box<str>>,
    /// What customers see.
    pub console: ConsoleRules,
    /// The project that every organization comes with.
    pub auto_project: Option<Box<str>>,
    /// Whether customers may add environments, which are always test.
    pub custom_environments: bool,
    /// The environments of every project, in the order of the manifest; at least one.
    pub environments: Box<[EnvironmentRules]>,
    /// What is sold, the default first; may be empty.
    pub plans: Box<[PlanRules]>,
    /// Test credits that every organization receives once.
    pub test_grant: u64,
    /// Remaining credits at which the owner is told, from high to low.
    pub credit_thresholds: Arc<[u64]>,
    /// After so many seconds a reservation runs out by itself.
    pub reservation_seconds: u32,
    /// Keys of other systems that go on working.
    pub foreign_formats: Box<[ForeignFormat]>,
    /// Whether anything beside keys themselves says how often they may be used.
    pub(crate) is_limited: bool,
    /// Which request needs what.
    pub operations: OperationTable,
    pub(super) publishable: KindRules,
    pub(super) secret: KindRules,
    pub(super) scopes: ScopeTable,
    pub(super) places: Places,
}

/// What customers see on their page of keys.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ConsoleRules {
    /// The title of the page.
    pub page_title: Box<str>,
    /// The way to it through the menu.
    pub menu: Box<[Box<str>]>,
    /// What a publishable key is called.
    pub publishable_name: Box<str>,
    /// What a secret key is called.
    pub secret_name: Box<str>,
}

/// One environment that every project has.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EnvironmentRules {
    /// Its name.
    pub name: Box<str>,
    /// Live for `production`, test for every other.
    pub mode: Mode,
    /// Where it is reached, in canonical form and in the order of the manifest.
    pub base_urls: Box<[BaseUrl]>,
    /// How often all keys in one such environment together may be used.
    pub rate_limit: Option<RateLimit>,
}

/// What holds for all keys of one kind.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct KindRules {
    /// `false`: the manifest has no section for this kind. None can be made, and those from before
    /// can do nothing.
    pub offered: bool,
    /// What a key may do that lists no scopes itself.
    pub default_scopes: ScopeSet,
    /// How many may be active in one environment; `None` is any number.
    pub max_active: Option<u32>,
    /// The environments that are created together with such a key.
    pub auto_create: Box<[Box<str>]>,
    /// After so many seconds without use a key stands out; `None` is never.
    pub idle_after_seconds: Option<u64>,
    /// Whether a secret can be shown again; means nothing for publishable keys, which are public.
    pub reveal: Reveal,
    /// Whether it is refused when it comes from a web page; `false` for publishable keys.
    pub refuse_in_browser: bool,
    /// How often one key (of a publishable one: each visitor) may be used, unless the key says
    /// otherwise.
    pub rate_limit: Option<RateLimit>,
    /// Publishable only: how often all visitors together may use one key.
    pub total_rate_limit: Option<RateLimit>,
}

/// What a customer is sold.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PlanRules {
    /// Its name.
    pub name: Box<str>,
    /// How often all keys of an organization together may be used.
    pub rate_limit: Option<RateLimit>,
    /// How many active keys an organization may have; `None` is any number.
    pub max_active_keys: Option<u32>,
    /// Credits that come again with every period.
    pub credits: Option<RecurringCredits>,
}

/// Credits that come again with every period of the calendar, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecurringCredits {
    /// How many live credits.
    pub live: u64,
    /// How many test credits.
    pub test: u64,
    /// How often.
    pub every: Every,
}

/// Keys of another system that go on working.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ForeignFormat {
    /// How they begin.
    pub prefix: Box<str>,
    /// Which kind they are imported as.
    pub kind: Kind,
    /// Which mode they are imported as.
    pub mode: Mode,
    /// What the other system kept of them, and so what is kept of them here.
    pub digest: ForeignDigest,
}

/// One scope, as people see it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ScopeRules {
    /// Its name.
    pub name: Box<str>,
    /// What it allows.
    pub description: Box<str>,
    /// Whether a publishable key may hold it.
    pub publishable: bool,
}

/// A scope that a key cannot list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeProblem {
    /// Its position in the list.
    pub index: usize,
    /// What is wrong and what to do about it.
    pub message: String,
}

impl fmt::Display for ScopeProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ScopeProblem {}

/// All scopes of a product, by number and by name.
#[derive(Debug, Clone, Default)]
pub(super) struct ScopeTable {
    pub(super) entries: Vec<ScopeRules>,
    pub(super) by_name: HashMap<Box<str>, ScopeId>,
    pub(super) publishable: ScopeSet,
    pub(super) all: ScopeSet,
}

impl Rules {
    /// What holds for all keys of that kind.
    #[must_use]
    pub fn kind(&self, kind: Kind) -> &KindRules {
        match kind {
            Kind::Publishable => &self.publishable,
            Kind::Secret => &self.secret,
        }
    }

    /// What a key of that kind is called, in the singular.
    #[must_use]
    pub fn kind_name(&self, kind: Kind) -> &str {
        match kind {
            Kind::Publishable => &self.console.publishable_name,
            Kind::Secret => &self.console.secret_name,
        }
    }

    /// The number of the scope of that name.
    #[must_use]
    pub fn scope_id(&self, name: &str) -> Option<ScopeId> {
        self.scopes.by_name.get(name).copied()
    }

    /// The name of a scope; empty when the number comes from another manifest.
    #[must_use]
    pub fn scope_name(&self, scope: ScopeId) -> &str {
        self.scopes
            .entries
            .get(usize::from(scope.index()))
            .map_or("", |entry| &entry.name)
    }

    /// All scopes in the order of the manifest.
    #[must_use]
    pub fn scopes(&self) -> &[ScopeRules] {
        &self.scopes.entries
    }

    /// The names of the scopes of a set, in the order of the manifest.
    pub fn scope_names(&self, set: ScopeSet) -> impl Iterator<Item = &str> {
        set.iter().map(|scope| self.scope_name(scope))
    }

    /// The scopes that a publishable key may hold.
    #[must_use]
    pub fn publishable_scopes(&self) -> ScopeSet {
        self.scopes.publishable
    }

    /// Every scope there is.
    #[must_use]
    pub fn all_scopes(&self) -> ScopeSet {
        self.scopes.all
    }

    /// The most that a key of that kind can ever hold.
    #[must_use]
    pub fn grantable_scopes(&self, kind: Kind) -> ScopeSet {
        match kind {
            _ if !self.kind(kind).offered => ScopeSet::EMPTY,
            Kind::Publishable => self.scopes.publishable,
            Kind::Secret => self.scopes.all,
        }
    }

    /// Checks the scopes that a new key is to list; `*` is every scope, for secret keys only.
    ///
    /// # Errors
    /// The first one that does not exist or that this kind may not hold.
    pub fn compile_scopes(&self, kind: Kind, names: &[String]) -> Result<ScopeSet, ScopeProblem> {
        let mut set = ScopeSet::EMPTY;
        for (index, name) in names.iter().enumerate() {
            let found = self.scopes.grant(kind, name);
            let granted = found.map_err(|message| ScopeProblem { index, message })?;
            set = set.union(&granted);
        }
        Ok(set.intersection(&self.grantable_scopes(kind)))
    }

    /// What the scopes that a key lists mean now: names that are no longer known, or that this
    /// kind may no longer hold, are left out.
    #[must_use]
    pub fn resolve_scopes(&self, kind: Kind, names: &[String]) -> ScopeSet {
        let known = names
            .iter()
            .filter_map(|name| self.scopes.grant(kind, name).ok());
        let set = known.fold(ScopeSet::EMPTY, |set, granted| set.union(&granted));
        set.intersection(&self.grantable_scopes(kind))
    }

    /// Whether any call may cost credits.
    #[must_use]
    pub fn has_costs(&self) -> bool {
        let mut operations = self.operations.as_slice().iter();
        operations.any(|operation| operation.max_cost > 0)
    }

    /// The environment of that name, with its position.
    #[must_use]
    pub fn environment(&self, name: &str) -> Option<(usize, &EnvironmentRules)> {
        self.environments
            .iter()
            .enumerate()
            .find(|(_, entry)| &*entry.name == name)
    }

    /// The environment that a request is for, by its host (with or without port) and its raw
    /// target. `None` when no base URL claims them, and when they have no single meaning.
    #[must_use]
    pub fn environment_at<'a>(&self, host: &str, target: &'a str) -> Option<Place<'a>> {
        self.places.find(host, target)
    }

    /// Every base URL of the product, to be compared with those of other products.
    pub fn base_urls(&self) -> impl Iterator<Item = &BaseUrl> {
        self.environments
            .iter()
            .flat_map(|environment| environment.base_urls.iter())
    }

    /// The plan of that name.
    #[must_use]
    pub fn plan(&self, name: &str) -> Option<&PlanRules> {
        self.plans.iter().find(|plan| &*plan.name == name)
    }

    /// The plan of organizations that name none.
    #[must_use]
    pub fn default_plan(&self) -> Option<&PlanRules> {
        self.plans.first()
    }

    /// The foreign format that a text begins like; of several, the one with the longest prefix.
    #[must_use]
    pub fn foreign_format(&self, text: &str) -> Option<&ForeignFormat> {
        let fits = self
            .foreign_formats
            .iter()
            .filter(|format| text.starts_with(&*format.prefix));
        fits.max_by_key(|format| format.prefix.len())
    }
}

impl ScopeTable {
    /// What a name in a list of scopes grants to a key of that kind.
    pub(super) fn grant(&self, kind: Kind, name: &str) -> Result<ScopeSet, String> {
        if name == "*" {
            return match kind {
                Kind::Secret => Ok(self.all),
                Kind::Publishable => {
                    Err("a publishable key cannot hold `*`: list the scopes it may hold".to_owned())
                }
            };
        }
        let known = || self.entries.iter().map(|entry| &*entry.name);
        let Some(&scope) = self.by_name.get(name) else {
            let shown: String = name.chars().take(64).collect();
            return Err(format!(
                "there is no scope `{shown}`{}",
                grammar::hint(name, known())
            ));
        };
        if kind == Kind::Publishable && !self.publishable.contains(scope) {
            return Err(format!(
                "`{name}` is not marked `publishable`, so a publishable key cannot hold it"
            ));
        }
        Ok(ScopeSet::from_iter([scope]))
    }
}
