//! Keys as rows and rows as keys, column by column.

use keystile_core::key::KeyDigest;
use keystile_core::model::{
    Binding, EnvironmentId, ForeignDigest, Key, KeyId, RateLimit, Record, SpendCaps,
};

use super::columns::{Columns, Unreadable, Values};
use super::known::KnownLists;
use super::rows::{foreign, kind, mode};

pub(super) fn key(columns: &mut Columns<'_>, known: &mut KnownLists) -> Result<Record, Unreadable> {
    Ok(Record::Key(Box::new(Key {
        id: KeyId::from_bytes(columns.array()?),
        environment: EnvironmentId::from_bytes(columns.array()?),
        kind: kind(columns)?,
        mode: mode(columns)?,
        name: columns.text()?,
        note: columns.maybe_text()?,
        scopes: columns.maybe_list(known)?,
        allowed_origins: columns.maybe_list(known)?,
        allowed_ips: columns.maybe_list(known)?,
        rate_limit: rate_limit(columns)?,
        spend_caps: spend_caps(columns)?,
        metadata: columns.maybe_text()?,
        binding: binding(columns)?,
        expires_at: columns.maybe_time()?,
        enabled: columns.flag()?,
        disabled_at: columns.maybe_time()?,
        revoked_at: columns.maybe_time()?,
        deleted_at: columns.maybe_time()?,
        created_at: columns.time()?,
        created_by: columns.text()?,
        rotated_at: columns.maybe_time()?,
        exposed_at: columns.maybe_time()?,
        digest: KeyDigest::from_bytes(columns.array()?),
        pepper: columns.number()?,
        foreign: foreign(columns)?,
        start: columns.text()?,
        value: columns.maybe_text()?,
        sealed: columns.maybe_bytes()?,
        narrowed_seq: columns.maybe_number()?,
        seq: columns.number()?,
    })))
}

/// Half a limit is never written; it reads as none, and the row's MAC fails.
fn rate_limit(columns: &mut Columns<'_>) -> Result<Option<RateLimit>, Unreadable> {
    let both = columns.maybe_number()?.zip(columns.maybe_number()?);
    Ok(both.map(|(limit, period_seconds)| RateLimit {
        limit,
        period_seconds,
    }))
}

fn spend_caps(columns: &mut Columns<'_>) -> Result<Option<SpendCaps>, Unreadable> {
    Ok(SpendCaps::from_parts([
        columns.maybe_number()?,
        columns.maybe_number()?,
        columns.maybe_number()?,
    ]))
}

/// An environment without its product is never written; it reads as none, and the row's MAC fails.
fn binding(columns: &mut Columns<'_>) -> Result<Option<Binding>, Unreadable> {
    let product = columns.maybe_word("a slug", |text| text.parse().ok())?;
    let environment = columns.maybe_text()?;
    Ok(product.map(|product| Binding {
        product,
        environment,
    }))
}

pub(super) fn key_values<'a>(row: &'a Key, out: &mut Values<'a>) {
    let rate = row.rate_limit;
    let binding = row.binding.as_ref();
    out.id(row.id.to_bytes());
    out.id(row.environment.to_bytes());
    out.text(row.kind.as_str());
    out.text(row.mode.as_str());
    out.text(&row.name);
    out.maybe_text(row.note.as_deref());
    out.maybe_list(row.scopes.as_deref());
    out.maybe_list(row.allowed_origins.as_deref());
    out.maybe_list(row.allowed_ips.as_deref());
    out.maybe_number(rate.map(|rate| u64::from(rate.limit)));
    out.maybe_number(rate.map(|rate| u64::from(rate.period_seconds)));
    for cap in SpendCaps::parts(row.spend_caps) {
        out.maybe_number(cap);
    }
    out.maybe_text(row.metadata.as_deref());
    out.maybe_text(binding.map(|bound| bound.product.as_str()));
    out.maybe_text(binding.and_then(|bound| bound.environment.as_deref()));
    out.maybe_time(row.expires_at);
    out.flag(row.enabled);
    out.maybe_time(row.disabled_at);
    out.maybe_time(row.revoked_at);
    out.maybe_time(row.deleted_at);
    out.time(row.created_at);
    out.text(&row.created_by);
    out.maybe_time(row.rotated_at);
    out.maybe_time(row.exposed_at);
    out.bytes(row.digest.as_bytes());
    out.number(u64::from(row.pepper));
    out.maybe_text(row.foreign.map(ForeignDigest::as_str));
    out.text(&row.start);
    out.maybe_text(row.value.as_deref());
    out.maybe_bytes(row.sealed.as_deref());
    out.maybe_number(row.narrowed_seq);
}
