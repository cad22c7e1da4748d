//! The lists of keys, each worked out once however many keys have the same.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::grants::{Grants, Lists};
use crate::manifest::Rules;
use crate::model::{Binding, Key, Kind, Slug, TextList};
use crate::policy::{IpList, OriginList};

/// The policies of a product's keys, by the numbers of what they grant.
#[derive(Debug)]
pub(super) struct Policies {
    /// Those of keys without lists, publishable and secret.
    plain: [u32; 2],
    listed: Mutex<HashMap<PolicySource, u32>>,
    grants: Arc<Grants>,
}

impl Policies {
    pub(super) fn new(grants: Arc<Grants>, rules: &Rules) -> Self {
        let plain = [Kind::Publishable, Kind::Secret]
            .map(|kind| PolicySource::plain(kind).compile(&grants, rules));
        Self {
            plain,
            listed: Mutex::default(),
            grants,
        }
    }

    /// The policy for these lists, which has one user more now.
    pub(super) fn hold(&self, source: PolicySource, rules: impl FnOnce() -> Arc<Rules>) -> u32 {
        if source.is_plain() {
            let [publishable, secret] = self.plain;
            let number = if source.kind == Kind::Publishable {
                publishable
            } else {
                secret
            };
            self.grants.hold(number);
            return number;
        }
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = listed.get(&source) {
            self.grants.hold(*number);
            return *number;
        }
        // Lists that no key has any more must not pile up, however often keys get new ones.
        if listed.len() == listed.capacity() {
            self.forget_unused(&mut listed);
            // As many may come as there are, before all are looked at again.
            let living = listed.len();
            listed.reserve(living);
        }
        let number = source.compile(&self.grants, &rules());
        listed.insert(source, number);
        number
    }

    /// Works out all of them under new rules, and forgets those that no key has any more.
    pub(super) fn resolve(&self, rules: &Rules) {
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        self.forget_unused(&mut listed);
        for (source, number) in &*listed {
            source.resolve(&self.grants, *number, rules);
        }
    }

    fn forget_unused(&self, listed: &mut HashMap<PolicySource, u32>) {
        let unused = listed.extract_if(|_, number| !self.grants.is_used(*number));
        unused.for_each(|(_, number)| self.grants.give_back(number));
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

    /// Takes a grant for these lists. Those that do not read (nothing here wrote them) admit
    /// nobody, rather than everybody.
    fn compile(&self, grants: &Grants, rules: &Rules) -> u32 {
        let origins = self.origins.as_ref().map(|list| OriginList::stored(list));
        let ips = self.ips.as_ref();
        let binding = self.binding.clone();
        let lists = Lists {
            origins,
            ips: ips.map(|list| IpList::parse(list).unwrap_or_default()),
            binding: binding.map(|(product, environment)| Binding {
                product,
                environment,
            }),
        };
        let number = grants.take(self.scopes.is_some(), lists);
        self.resolve(grants, number, rules);
        number
    }

    /// Works out which scopes the listed names are under these rules.
    fn resolve(&self, grants: &Grants, number: u32, rules: &Rules) {
        if let (Some(listed), Some(grant)) = (&self.scopes, grants.get(number)) {
            grant.set_scopes(rules.resolve_scopes(self.kind, listed));
        }
    }

    fn is_plain(&self) -> bool {
        self.scopes.is_none()
            && self.origins.is_none()
            && self.ips.is_none()
            && self.binding.is_none()
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
        let kept = policies.hold(with(0), || Arc::clone(&rules));
        for number in 1..10_000 {
            let gone = policies.hold(with(number), || Arc::clone(&rules));
            policies.grants.release(gone);
        }
        let known = policies.listed.lock().unwrap().len();
        assert!(known < 100, "{known}");
        assert_eq!(policies.hold(with(0), || Arc::clone(&rules)), kept);
        assert!(policies.grants.get(200).is_none(), "numbers are used again");
    }
}
