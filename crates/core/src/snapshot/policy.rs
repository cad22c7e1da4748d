//! The lists of keys, each kept once however many keys have the same.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::grants::{Grants, Lists, OwnGrant};
use crate::manifest::Rules;
use crate::model::{Binding, Key, Kind, Slug, TextList};
use crate::policy::{IpList, OriginList};

/// The policies of a product's keys.
#[derive(Debug)]
pub(super) struct Policies {
    /// Those of keys without lists, publishable and secret.
    plain: [Arc<Policy>; 2],
    listed: Mutex<HashMap<PolicySource, Weak<Policy>>>,
    grants: Arc<Grants>,
}

impl Policies {
    pub(super) fn new(grants: Arc<Grants>, rules: &Rules) -> Self {
        let plain = [Kind::Publishable, Kind::Secret]
            .map(|kind| Arc::new(Policy::compile(PolicySource::plain(kind), &grants, rules)));
        Self {
            plain,
            listed: Mutex::default(),
            grants,
        }
    }

    /// The policy for these lists.
    pub(super) fn get(
        &self,
        source: PolicySource,
        rules: impl FnOnce() -> Arc<Rules>,
    ) -> Arc<Policy> {
        if source.is_plain() {
            let [publishable, secret] = &self.plain;
            let policy = if source.kind == Kind::Publishable {
                publishable
            } else {
                secret
            };
            return Arc::clone(policy);
        }
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(policy) = listed.get(&source).and_then(Weak::upgrade) {
            return policy;
        }
        // Lists that no key has any more must not pile up, however often keys get new ones.
        if listed.len() == listed.capacity() {
            listed.retain(|_, policy| policy.strong_count() > 0);
            // As many may come as there are, before all are looked at again.
            let living = listed.len();
            listed.reserve(living);
        }
        let policy = Arc::new(Policy::compile(source.clone(), &self.grants, &rules()));
        listed.insert(source, Arc::downgrade(&policy));
        policy
    }

    /// Works out all of them under new rules, and forgets those that no key has any more.
    pub(super) fn resolve(&self, rules: &Rules) {
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        listed.retain(|_, policy| policy.strong_count() > 0);
        for policy in listed.values().filter_map(Weak::upgrade) {
            policy.resolve(rules);
        }
    }
}

/// The lists of a key, as its record has them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct PolicySource {
    pub(super) kind: Kind,
    pub(super) scopes: Option<TextList>,
    pub(super) origins: Option<TextList>,
    pub(super) ips: Option<TextList>,
    pub(super) binding: Option<(Slug, Option<String>)>,
}

impl PolicySource {
    pub(super) fn of(key: &Key) -> Self {
        Self {
            kind: key.kind,
            scopes: key.scopes.clone(),
            origins: key.allowed_origins.clone(),
            ips: key.allowed_ips.clone(),
            binding: key
                .binding
                .clone()
                .map(|bound| (bound.product, bound.environment)),
        }
    }

    fn plain(kind: Kind) -> Self {
        Self {
            kind,
            scopes: None,
            origins: None,
            ips: None,
            binding: None,
        }
    }

    fn is_plain(&self) -> bool {
        self.scopes.is_none()
            && self.origins.is_none()
            && self.ips.is_none()
            && self.binding.is_none()
    }
}

/// What a key's own lists allow. Thousands of keys share one.
#[derive(Debug)]
pub(super) struct Policy {
    source: PolicySource,
    grant: OwnGrant,
    pub(super) origins: Option<OriginList>,
    pub(super) ips: Option<IpList>,
    pub(super) binding: Option<Binding>,
}

impl Policy {
    /// Lists that do not read (nothing here wrote them) admit nobody, rather than everybody.
    fn compile(source: PolicySource, grants: &Arc<Grants>, rules: &Rules) -> Self {
        let origins = source.origins.as_ref().map(|list| OriginList::stored(list));
        let ips = source
            .ips
            .as_ref()
            .map(|list| IpList::parse(list).unwrap_or_default());
        let binding = source.binding.clone();
        let binding = binding.map(|(product, environment)| Binding {
            product,
            environment,
        });
        let lists = Lists {
            scopes: source.scopes.is_some(),
            origins: origins.is_some(),
            ips: ips.is_some(),
        };
        let policy = Self {
            source,
            grant: grants.take(lists),
            origins,
            ips,
            binding,
        };
        policy.resolve(rules);
        policy
    }

    /// Works out which scopes the listed names are under these rules.
    fn resolve(&self, rules: &Rules) {
        if let Some(listed) = &self.source.scopes {
            let resolved = rules.resolve_scopes(self.source.kind, listed);
            self.grant.set_scopes(resolved);
        }
    }

    /// The number of what it grants.
    pub(super) fn grant(&self) -> u32 {
        self.grant.number()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_that_no_key_has_any_more_do_not_pile_up() {
        let rules = Arc::new(Rules::operator().unwrap());
        let policies = Policies::new(Arc::default(), &rules);
        let with = |number: u32| PolicySource {
            ips: Some(vec![format!("2001:db8::{number:x}")].into()),
            ..PolicySource::plain(Kind::Secret)
        };
        let kept = policies.get(with(0), || Arc::clone(&rules));
        for number in 1..10_000 {
            policies.get(with(number), || Arc::clone(&rules));
        }
        let known = policies.listed.lock().unwrap().len();
        assert!(known < 100, "{known}");
        let same = policies.get(with(0), || Arc::clone(&rules));
        assert!(Arc::ptr_eq(&kept, &same));
    }
}
