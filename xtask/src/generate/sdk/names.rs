//! What things are called in the SDKs: where an operation stands, and case.

/// Operations that are written by hand, because they are what an SDK is for.
const BY_HAND: [&str; 2] = ["verifyKey", "verifyKeys"];

/// Operations whose name does not follow from their tag.
const SPECIAL: [(&str, &str, &str); 8] = [
    ("listEnvironmentKeys", "Keys", "listInEnvironment"),
    ("retireKeyValue", "Keys", "retire"),
    ("createOrGetOrganization", "Organizations", "createOrGet"),
    ("getKeyUsage", "Keys", "usage"),
    ("applyManifest", "Products", "apply"),
    ("getOwnKey", "OwnKey", "get"),
    ("revokeOwnKey", "OwnKey", "revoke"),
    ("getSigningKeys", "Sessions", "signingKeys"),
];

/// The resource and the method of an operation; `None` when it is written by hand.
///
/// `createKey` of `Keys` is `keys.create`: the method is what is left of the operation's name
/// without its resource, and what the API calls a change is an update, as in every SDK.
pub(super) fn place(operation: &str, tag: &str) -> Option<(String, String)> {
    if BY_HAND.contains(&operation) {
        return None;
    }
    if let Some((_, resource, method)) = SPECIAL.iter().find(|(id, _, _)| *id == operation) {
        return Some(((*resource).to_owned(), (*method).to_owned()));
    }
    let noun = tag.strip_suffix('s').unwrap_or(tag);
    let method = [tag, noun]
        .iter()
        .find_map(|noun| operation.strip_suffix(noun))
        .unwrap_or(operation);
    let method = if method == "change" { "update" } else { method };
    Some((tag.to_owned(), method.to_owned()))
}

/// `OwnKey` → `own_key`, `listInEnvironment` → `list_in_environment`.
pub(super) fn snake(text: &str) -> String {
    let mut out = String::new();
    for (at, c) in text.chars().enumerate() {
        if c.is_ascii_uppercase() && at > 0 {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// `own_key` → `OwnKey`; other signs part words too.
pub(super) fn pascal(text: &str) -> String {
    let words = text.split(['_', '-', '.', ':']);
    words
        .map(|word| {
            let mut chars = word.chars();
            let first = chars.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(chars).collect::<String>()
        })
        .collect()
}

/// `OwnKey` → `ownKey`.
pub(super) fn camel(text: &str) -> String {
    let text = pascal(text);
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(chars).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_stand_where_one_looks_for_them() {
        let placed =
            |id, tag| place(id, tag).map(|(resource, method)| format!("{resource}.{method}"));
        assert_eq!(placed("createKey", "Keys").as_deref(), Some("Keys.create"));
        assert_eq!(placed("listKeys", "Keys").as_deref(), Some("Keys.list"));
        assert_eq!(
            placed("changeProject", "Projects").as_deref(),
            Some("Projects.update")
        );
        assert_eq!(
            placed("refundSpend", "Credits").as_deref(),
            Some("Credits.refundSpend")
        );
        assert_eq!(placed("verifyKey", "Verify"), None);
    }

    #[test]
    fn names_change_their_case() {
        assert_eq!(snake("listInEnvironment"), "list_in_environment");
        assert_eq!(pascal("period_seconds"), "PeriodSeconds");
        assert_eq!(camel("OwnKey"), "ownKey");
    }
}
