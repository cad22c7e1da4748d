//! Creating and changing keys.

use keystile_core::manifest::Rules;
use keystile_core::model::{
    Action, Effective, EnvironmentId, Key, KeyId, KeyState, Kind, Mode, Organization, RateLimit,
    Record, SpendCaps, Subject, THIS_ROW, TextList, Timestamp,
};
use keystile_core::policy::{EntryProblem, IpList, OriginList};
use keystile_store::{Guard, Write};
use serde_json::{Map, Value, json};

use super::field::Fields;
use super::minting::Minted;
use super::work::{Placed, Work, update};
use crate::app::Exposed;
use crate::problem::Problem;

/// What a new key shall be.
#[derive(Debug, Clone)]
pub(crate) struct NewKey {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) rights: Rights,
    pub(crate) metadata: Option<Map<String, Value>>,
    pub(crate) note: Option<String>,
}

/// What a key may do, and from where, and until when.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rights {
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) allowed_origins: Option<Vec<String>>,
    pub(crate) allowed_ips: Option<Vec<String>>,
    pub(crate) rate_limit: Option<RateLimit>,
    pub(crate) spend_caps: Option<SpendCaps>,
    pub(crate) expires_at: Option<Timestamp>,
}

/// What shall change; the outer `None` leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeyChange {
    pub(crate) name: Option<String>,
    pub(crate) note: Option<Option<String>>,
    pub(crate) scopes: Option<Option<Vec<String>>>,
    pub(crate) allowed_origins: Option<Option<Vec<String>>>,
    pub(crate) allowed_ips: Option<Option<Vec<String>>>,
    pub(crate) rate_limit: Option<Option<RateLimit>>,
    pub(crate) spend_caps: Option<Option<SpendCaps>>,
    pub(crate) expires_at: Option<Option<Timestamp>>,
    pub(crate) metadata: Option<Option<Map<String, Value>>>,
    pub(crate) enabled: Option<bool>,
    /// The version the caller has seen; another one is refused.
    pub(crate) expected: Option<u64>,
}

impl Rights {
    /// Checks everything against the rules, and brings lists into their one canonical form.
    pub(super) fn check(
        &mut self,
        (kind, mode): (Kind, Mode),
        rules: &Rules,
        now: Timestamp,
        fields: &mut Fields,
    ) {
        if let Some(scopes) = &self.scopes
            && let Err(problem) = rules.compile_scopes(kind, scopes)
        {
            fields.wrong(format!("/scopes/{}", problem.index), problem.message);
        }
        if let Some(origins) = &mut self.allowed_origins {
            match OriginList::check(origins, mode) {
                Ok(list) => *origins = list.to_texts(),
                Err(problems) => wrong_entries(fields, "/allowed_origins", problems),
            }
        }
        if let Some(ips) = &mut self.allowed_ips {
            match IpList::parse(ips) {
                Ok(list) => *ips = list.to_texts(),
                Err(problems) => wrong_entries(fields, "/allowed_ips", problems),
            }
        }
        fields.rate_limit("/rate_limit", self.rate_limit);
        fields.spend_caps("/spend_caps", self.spend_caps);
        fields.expiry("/expires_at", self.expires_at, now);
    }

    pub(super) fn put_into(self, key: &mut Key) {
        key.scopes = self.scopes.map(TextList::from);
        key.allowed_origins = self.allowed_origins.map(TextList::from);
        key.allowed_ips = self.allowed_ips.map(TextList::from);
        key.rate_limit = self.rate_limit;
        key.spend_caps = self.spend_caps;
        key.expires_at = self.expires_at;
    }
}

fn wrong_entries(fields: &mut Fields, pointer: &str, problems: Vec<EntryProblem>) {
    for problem in problems {
        fields.wrong(format!("{pointer}/{}", problem.index), problem.message);
    }
}

/// Creates a key. Its secret is in the answer and nowhere else.
pub(crate) async fn create_key(
    work: &Work<'_>,
    environment: EnvironmentId,
    new: &NewKey,
) -> Result<Minted, Problem> {
    work.attempt(async || {
        let (environment, _, organization) = work.environment(environment).await?;
        work.must_not_be_built_in(&environment.product)?;
        let (rules, guard) = work.rules(&environment.product).await?;
        let mut fields = Fields::default();
        fields.name("/name", &new.name);
        fields.note("/note", new.note.as_deref());
        if !rules.kind(new.kind).offered {
            fields.wrong("/kind", format!("the product has no {} keys", new.kind));
        }
        let mut rights = new.rights.clone();
        rights.check(
            (new.kind, environment.mode),
            &rules,
            work.now(),
            &mut fields,
        );
        let metadata = fields.metadata("/metadata", new.metadata.clone());
        fields.finish()?;

        let mut minted = work.new_key(
            environment.id,
            new.kind,
            environment.mode,
            &new.name,
            &rules,
        )?;
        rights.put_into(&mut minted.key);
        minted.key.metadata = metadata;
        minted.key.note.clone_from(&new.note);

        let details =
            json!({ "name": new.name, "kind": new.kind, "environment": environment.name });
        let mut change = work.change(Action::KeyCreated, details);
        change.product = Some(environment.product.clone());
        change.organization = Some(organization.id);
        change.guards.push(guard);
        change.guards.push(Guard::Unchanged(
            Subject::Environment(environment.id),
            environment.seq,
        ));
        change
            .guards
            .extend(limits(&rules, &organization, &minted.key));
        change
            .writes
            .push(Write::Insert(Record::Key(Box::new(minted.key.clone()))));
        change.idempotency = work.remember(&minted.key.id);
        minted.key.seq = work.commit(change).await?.seq;
        Ok(minted)
    })
    .await
}

/// How many keys there may be, by the manifest and by the plan.
pub(super) fn limits(rules: &Rules, organization: &Organization, key: &Key) -> Vec<Guard> {
    let plan = match &organization.plan {
        Some(name) => rules.plan(name),
        None => rules.default_plan(),
    };
    let of_kind = rules
        .kind(key.kind)
        .max_active
        .map(|at_most| Guard::KeysInEnvironment {
            environment: key.environment,
            kind: key.kind,
            at_most,
        });
    let of_plan =
        plan.and_then(|plan| plan.max_active_keys)
            .map(|at_most| Guard::KeysInOrganization {
                organization: organization.id,
                at_most,
            });
    of_kind.into_iter().chain(of_plan).collect()
}

/// Changes a key. What takes rights away is in force everywhere when this returns.
pub(crate) async fn update_key(
    work: &Work<'_>,
    id: KeyId,
    wanted: &KeyChange,
) -> Result<(Placed, Option<Effective>), Problem> {
    work.attempt(async || {
        let mut placed = work.key(id).await?;
        let before = placed.key.clone();
        if wanted.expected.is_some_and(|version| version != before.seq) {
            let detail = format!("{id} has changed since you read it; read it again");
            let status = http::StatusCode::PRECONDITION_FAILED;
            return Err(Problem::new(status, "changed_meanwhile", detail).into());
        }
        if before.state(work.now()) == KeyState::Revoked {
            let detail = "a revoked key cannot be changed; create a new one";
            return Err(Problem::conflict("key_is_revoked", detail).into());
        }
        let (rules, guard) = work.rules(&placed.environment.product).await?;
        apply(work, &mut placed.key, wanted, &rules)?;
        if placed.key == before {
            let effective = work.effective(before.narrowed_seq).await?;
            return Ok((placed, effective));
        }
        let narrows = narrows(&before, &placed.key);
        if narrows {
            placed.key.narrowed_seq = Some(THIS_ROW);
        }
        let details =
            json!({ "name": placed.key.name, "fields": changed_fields(&before, &placed.key) });
        let mut change = work.change(Action::KeyUpdated, details);
        change.product = Some(placed.environment.product.clone());
        change.organization = Some(placed.organization.id);
        change.guards.push(guard);
        if !before.enabled && placed.key.enabled || before.expires_at != placed.key.expires_at {
            change
                .guards
                .extend(limits(&rules, &placed.organization, &placed.key));
        }
        change.writes.push(update(
            Record::Key(Box::new(placed.key.clone())),
            before.seq,
        ));
        let effective = if narrows {
            Some(work.narrow(change).await?)
        } else {
            placed.key.seq = work.commit(change).await?.seq;
            None
        };
        if let Some(effective) = effective {
            placed.key.seq = effective.seq;
            placed.key.narrowed_seq = Some(effective.seq);
        }
        Ok((placed, effective))
    })
    .await
}

fn apply(work: &Work<'_>, key: &mut Key, wanted: &KeyChange, rules: &Rules) -> Result<(), Problem> {
    let mut fields = Fields::default();
    if let Some(name) = &wanted.name {
        fields.name("/name", name);
        key.name.clone_from(name);
    }
    if let Some(note) = &wanted.note {
        fields.note("/note", note.as_deref());
        key.note.clone_from(note);
    }
    // What stays as it is is not checked again: it was right when it was set.
    let mut rights = Rights {
        scopes: wanted.scopes.clone().flatten(),
        allowed_origins: wanted.allowed_origins.clone().flatten(),
        allowed_ips: wanted.allowed_ips.clone().flatten(),
        rate_limit: wanted.rate_limit.flatten(),
        spend_caps: wanted.spend_caps.flatten(),
        expires_at: wanted.expires_at.flatten(),
    };
    rights.check((key.kind, key.mode), rules, work.now(), &mut fields);
    if wanted.scopes.is_some() {
        key.scopes = rights.scopes.map(TextList::from);
    }
    if wanted.allowed_origins.is_some() {
        key.allowed_origins = rights.allowed_origins.map(TextList::from);
    }
    if wanted.allowed_ips.is_some() {
        key.allowed_ips = rights.allowed_ips.map(TextList::from);
    }
    if wanted.rate_limit.is_some() {
        key.rate_limit = rights.rate_limit;
    }
    if wanted.spend_caps.is_some() {
        key.spend_caps = rights.spend_caps;
    }
    if wanted.expires_at.is_some() {
        key.expires_at = rights.expires_at;
    }
    if let Some(metadata) = &wanted.metadata {
        key.metadata = fields.metadata("/metadata", metadata.clone());
    }
    if let Some(enabled) = wanted.enabled.filter(|enabled| *enabled != key.enabled) {
        key.enabled = enabled;
        key.disabled_at = (!enabled).then(|| work.now());
    }
    fields.finish()
}

/// Whether a change may take a right away. Only what surely does not is left out.
fn narrows(before: &Key, after: &Key) -> bool {
    let bounds = before.scopes != after.scopes
        || before.allowed_origins != after.allowed_origins
        || before.allowed_ips != after.allowed_ips
        || (before.rate_limit != after.rate_limit && after.rate_limit.is_some())
        || SpendCaps::narrows(before.spend_caps, after.spend_caps);
    let end = |key: &Key| key.expires_at.map_or(i64::MAX, Timestamp::millis);
    bounds || end(after) < end(before) || (before.enabled && !after.enabled)
}

fn changed_fields(before: &Key, after: &Key) -> Vec<&'static str> {
    let fields = [
        ("name", before.name != after.name),
        ("note", before.note != after.note),
        ("scopes", before.scopes != after.scopes),
        (
            "allowed_origins",
            before.allowed_origins != after.allowed_origins,
        ),
        ("allowed_ips", before.allowed_ips != after.allowed_ips),
        ("rate_limit", before.rate_limit != after.rate_limit),
        ("spend_caps", before.spend_caps != after.spend_caps),
        ("expires_at", before.expires_at != after.expires_at),
        ("metadata", before.metadata != after.metadata),
        ("enabled", before.enabled != after.enabled),
    ];
    fields
        .into_iter()
        .filter(|(_, changed)| *changed)
        .map(|(name, _)| name)
        .collect()
}

/// Marks a secret key whose value came from a web page; whether it still has that value and was not
/// marked before.
pub(crate) async fn mark_key_exposed(work: &Work<'_>, exposed: &Exposed) -> Result<bool, Problem> {
    work.attempt(async || {
        let mut placed = work.key(exposed.key).await?;
        let before = placed.key.seq;
        if placed.key.exposed_at.is_some() || !exposed.is(&placed.key.digest) {
            return Ok(false);
        }
        placed.key.exposed_at = Some(work.now());
        let mut change = work.change(Action::KeyExposed, json!({ "name": placed.key.name }));
        change.product = Some(placed.environment.product);
        change.organization = Some(placed.organization.id);
        let record = Record::Key(Box::new(placed.key));
        change.writes.push(update(record, before));
        work.commit(change).await?;
        Ok(true)
    })
    .await
}
