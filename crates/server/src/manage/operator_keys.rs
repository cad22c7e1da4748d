//! Operator keys: those of the operator's own programs, for the doors of Keystile itself.

use keystile_core::key::{KeyDigest, KeyFormatError, ParsedKey, PlainKey};
use keystile_core::manifest::Rules;
use keystile_core::model::{
    Action, Binding, EnvironmentId, KeyId, Kind, Mode, Record, Slug, Timestamp,
};
use keystile_store::Write;
use serde_json::json;

use super::field::Fields;
use super::keys::Rights;
use super::minting::{Minted, brand_of};
use super::work::{Failure, Work};
use crate::problem::Problem;

/// What a new operator key shall be.
#[derive(Debug, Clone)]
pub(crate) struct NewOperatorKey {
    pub(crate) name: String,
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) product: Option<Slug>,
    pub(crate) environment: Option<String>,
    pub(crate) expires_at: Option<Timestamp>,
    /// A value that is given rather than made: the bootstrap key.
    pub(crate) value: Option<PlainKey>,
}

/// Creates an operator key. Nobody grants a scope that they lack.
pub(crate) async fn create_operator_key(
    work: &Work<'_>,
    environment: EnvironmentId,
    new: &NewOperatorKey,
) -> Result<Minted, Problem> {
    work.must_be_unbound()?;
    work.attempt(async || {
        let slug: Slug = Slug::operator();
        let (rules, guard) = work.rules(&slug).await?;
        let mut fields = Fields::default();
        fields.name("/name", &new.name);
        let mut rights = Rights {
            scopes: new.scopes.clone(),
            expires_at: new.expires_at,
            ..Rights::default()
        };
        rights.check((Kind::Secret, Mode::Live), &rules, work.now(), &mut fields);
        let binding = binding(work, new, &mut fields).await?;
        fields.finish()?;
        let granted = match &rights.scopes {
            Some(listed) => rules.resolve_scopes(Kind::Secret, listed),
            None => rules.kind(Kind::Secret).default_scopes,
        };
        if !work.caller.holds(&granted) {
            let detail = "an operator key cannot grant scopes that it does not hold itself";
            return Err(Problem::forbidden("insufficient_scope", detail).into());
        }
        let (kind, mode) = (Kind::Secret, Mode::Live);
        let mut minted = match &new.value {
            None => work.new_key(environment, kind, mode, &new.name, &rules)?,
            Some(value) => {
                let id = KeyId::new(work.now(), work.fresh()?);
                let value = work.value_of(id, kind, value.clone(), &rules)?;
                work.key_with(id, environment, (kind, mode), &new.name, value)
            }
        };
        rights.put_into(&mut minted.key);
        minted.key.binding = binding;
        let details = json!({ "name": new.name, "bound_to": new.product, "operator_key": true });
        let mut change = work.change(Action::KeyCreated, details);
        change.product = Some(slug);
        change.guards.push(guard);
        change
            .writes
            .push(Write::Insert(Record::Key(Box::new(minted.key.clone()))));
        change.idempotency = work.remember(&minted.key.id);
        minted.key.seq = work.commit(change).await?.seq;
        Ok(minted)
    })
    .await
}

async fn binding(
    work: &Work<'_>,
    new: &NewOperatorKey,
    fields: &mut Fields,
) -> Result<Option<Binding>, Failure> {
    let Some(product) = &new.product else {
        if new.environment.is_some() {
            fields.wrong(
                "/environment",
                "an environment needs its product: name both",
            );
        }
        return Ok(None);
    };
    let known = if product.is_operator() {
        None
    } else {
        work.app.store.product(product).await?
    };
    let Some(known) = known else {
        fields.wrong("/product", "there is no product of this name");
        return Ok(None);
    };
    let rules = super::work::rules_of(&known)?;
    let unknown = |name: &&String| rules.environment(name).is_none() && !rules.custom_environments;
    if new.environment.as_ref().filter(unknown).is_some() {
        fields.wrong(
            "/environment",
            "the product has no environment of this name",
        );
    }
    Ok(Some(Binding {
        product: product.clone(),
        environment: new.environment.clone(),
    }))
}

/// Whether a text can be the bootstrap key: a well-formed live secret key of the operator's brand.
pub(super) fn check_bootstrap(text: &str, rules: &Rules) -> Result<PlainKey, KeyFormatError> {
    let parsed = ParsedKey::parse(text)?;
    if parsed.kind != Kind::Secret {
        return Err(KeyFormatError::Prefix);
    }
    if parsed.mode != Mode::Live {
        return Err(KeyFormatError::Mode);
    }
    if parsed.brand != brand_of(rules) {
        return Err(KeyFormatError::Brand);
    }
    Ok(PlainKey::new(text.to_owned()))
}

/// Whether the index has a value with this digest already.
pub(super) fn is_known(work: &Work<'_>, digest: &KeyDigest) -> bool {
    work.app.engine.index().find(digest).is_some()
}
