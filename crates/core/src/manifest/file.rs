//! The manifest as people write it: one struct a section, every default in sight.
//!
//! Nothing here is checked beyond its shape. The words of the comments become the descriptions of
//! the JSON Schema that editors show, so they speak to whoever writes the file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{ForeignDigest, Kind, Mode};

/// A product's rules in one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Keystile manifest")]
pub struct Manifest {
    /// What is sold, and how its keys travel.
    pub product: ProductSection,
    /// What customers see on their page of keys.
    #[serde(default)]
    pub console: ConsoleSection,
    /// What every customer comes with.
    #[serde(default)]
    pub organizations: OrganizationsSection,
    /// The environments of every project. `production` is live, every other name is test.
    #[serde(default)]
    pub environments: Vec<EnvironmentEntry>,
    /// The two kinds of key. A kind without a section cannot be made, and its keys can do nothing.
    #[serde(default)]
    pub keys: KeysSection,
    /// Everything a key can be allowed to do, at most 256.
    #[serde(default)]
    pub scopes: Vec<ScopeEntry>,
    /// Which request needs which scope.
    #[serde(default)]
    pub operations: Vec<OperationEntry>,
    /// What customers are sold; the first is the default.
    #[serde(default)]
    pub plans: Vec<PlanEntry>,
    /// Credits that come without a plan.
    #[serde(default)]
    pub credits: CreditsSection,
    /// Keys that another system made and that are to go on working.
    #[serde(default)]
    pub foreign_formats: Vec<ForeignFormatEntry>,
}

/// What is sold, and how its keys travel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductSection {
    /// Short name, used in addresses: lower-case letters, digits and hyphens, a letter first.
    pub slug: String,
    /// What people call it.
    pub name: String,
    /// A word in the middle of every key (`sk_BRAND_live_…`), so that scanners know whose key it
    /// is: 2 to 8 lower-case letters and digits, a letter first. Empty for none.
    #[serde(default)]
    pub brand: String,
    /// The request headers in which a key may stand.
    #[serde(default = "default_credential_headers")]
    pub credential_headers: Vec<String>,
    /// `true`: a verify must name an operation; a scope alone is not enough.
    #[serde(default)]
    pub require_operation: bool,
    /// Where the product explains its keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub docs_url: Option<String>,
}

fn default_credential_headers() -> Vec<String> {
    vec!["authorization".to_owned(), "x-api-key".to_owned()]
}

/// What customers see on their page of keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ConsoleSection {
    /// The title of the page.
    pub page_title: String,
    /// The way to it through the menu, one word a level.
    pub menu: Vec<String>,
    /// What the two kinds are called.
    pub kind_names: KindNames,
}

impl Default for ConsoleSection {
    fn default() -> Self {
        Self {
            page_title: "API Keys".to_owned(),
            menu: vec!["API Keys".to_owned()],
            kind_names: KindNames::default(),
        }
    }
}

/// What the two kinds are called, in the singular.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct KindNames {
    /// The kind that stands in web pages and apps.
    pub publishable: String,
    /// The kind that only servers know.
    pub secret: String,
}

impl Default for KindNames {
    fn default() -> Self {
        Self {
            publishable: "Publishable Key".to_owned(),
            secret: "Secret Key".to_owned(),
        }
    }
}

/// What every customer comes with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OrganizationsSection {
    /// A name: every organization is created with a project called so. Empty for none.
    pub auto_project: String,
    /// `true`: customers may add environments of their own; those are always test.
    pub custom_environments: bool,
}

/// One environment that every project has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentEntry {
    /// `production` is live; any other name is test.
    pub name: String,
    /// Host and path prefix of the APIs of this environment; operations match what follows.
    #[serde(default)]
    pub base_urls: Vec<String>,
    /// How often all keys in one such environment together may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimitEntry>,
}

/// The two kinds of key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeysSection {
    /// Keys that may stand in web pages and apps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publishable: Option<PublishableSection>,
    /// Keys that only servers know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretSection>,
}

/// Keys that may stand in web pages and apps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PublishableSection {
    /// Environments that are created together with a key of this kind.
    pub auto_create: Vec<String>,
    /// How many may be active in one environment. Absent: any number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub max_active: Option<u32>,
    /// What a key may do that lists no scopes itself. Absent: every scope marked `publishable`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// A key unused for so long stands out as one to revoke: a number and `s`, `m`, `h` or `d`.
    /// Empty for never.
    pub idle_after: String,
    /// How often one visitor (address or session) may use one key, unless the key says otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimitEntry>,
    /// How often all visitors together may use one key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_rate_limit: Option<RateLimitEntry>,
}

impl Default for PublishableSection {
    fn default() -> Self {
        Self {
            auto_create: Vec::new(),
            max_active: None,
            scopes: None,
            idle_after: "90d".to_owned(),
            rate_limit: None,
            total_rate_limit: None,
        }
    }
}

/// Keys that only servers know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SecretSection {
    /// Environments that are created together with a key of this kind; only with
    /// `reveal = "recoverable"`, because nobody is there to see a secret that is shown once.
    pub auto_create: Vec<String>,
    /// How many may be active in one environment. Absent: any number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub max_active: Option<u32>,
    /// What a key may do that lists no scopes itself; `*` is every scope there is.
    pub scopes: Vec<String>,
    /// Whether a secret can be shown again.
    pub reveal: Reveal,
    /// A key unused for so long stands out as one to revoke: a number and `s`, `m`, `h` or `d`.
    /// Empty for never.
    pub idle_after: String,
    /// `true`: a secret key that comes from a web page is refused.
    pub refuse_in_browser: bool,
    /// How often one key may be used, unless the key says otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimitEntry>,
}

impl Default for SecretSection {
    fn default() -> Self {
        Self {
            auto_create: Vec::new(),
            max_active: None,
            scopes: vec!["*".to_owned()],
            reveal: Reveal::Once,
            idle_after: "90d".to_owned(),
            refuse_in_browser: true,
            rate_limit: None,
        }
    }
}

/// Whether a secret can be shown again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Reveal {
    /// Shown when it is made and never again; only a digest is kept.
    #[default]
    Once,
    /// Kept sealed; every later look is written into the audit log.
    Recoverable,
}

/// Something a key can be allowed to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScopeEntry {
    /// Such as `chat:send`: lower-case letters, digits and `_ . : -`, a letter first.
    pub name: String,
    /// What it allows, for people.
    #[serde(default)]
    pub description: String,
    /// `true`: a publishable key may hold it.
    #[serde(default)]
    pub publishable: bool,
}

/// Which request needs which scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OperationEntry {
    /// Method and path, such as `POST /v1/events/{event}/messages`; `{…}` stands for any one
    /// segment.
    #[serde(rename = "match")]
    pub matches: String,
    /// The scope a key needs for it.
    pub scope: String,
    /// How many credits it costs.
    #[serde(default)]
    pub cost: u32,
    /// The most credits that whoever verifies may name as the cost of one call, for calls that do
    /// not all cost the same; more than `cost`, which is then the least, and what a call costs for
    /// which none is named. Absent: every call costs exactly `cost`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub max_cost: Option<u32>,
    /// `true`: it may cost credits although anyone who reads a web page can spend them.
    #[serde(default)]
    pub public_cost: bool,
    /// How often one key may do it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimitEntry>,
}

/// So many calls in so long a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateLimitEntry {
    /// How many calls.
    #[schemars(range(min = 1))]
    pub limit: u32,
    /// In how long: a number and `s`, `m`, `h` or `d`.
    pub period: String,
}

/// What a customer is sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanEntry {
    /// Such as `free`: lower-case letters, digits, `_` and `-`, a letter first.
    pub name: String,
    /// How many active keys an organization may have. Absent: any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub max_active_keys: Option<u32>,
    /// How often all keys of an organization together may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimitEntry>,
    /// Credits that come again with every period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credits: Option<PlanCredits>,
}

/// Credits that come again with every period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanCredits {
    /// How many live credits.
    #[serde(default)]
    #[schemars(range(max = 1_000_000_000_000_u64))]
    pub live: u64,
    /// How many test credits.
    #[serde(default)]
    #[schemars(range(max = 1_000_000_000_000_u64))]
    pub test: u64,
    /// How often.
    pub every: Every,
}

/// A period of the calendar, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Every {
    /// From midnight to midnight.
    Day,
    /// From Monday to Monday.
    Week,
    /// From the first to the first.
    Month,
    /// From New Year to New Year.
    Year,
}

/// Credits that come without a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CreditsSection {
    /// Test credits that every organization receives once, when it is created.
    #[schemars(range(max = 1_000_000_000_000_u64))]
    pub test_grant: u64,
    /// When the credits that remain reach one of these numbers or fall below it, the owner is told.
    #[schemars(inner(range(max = 1_000_000_000_000_u64)))]
    pub thresholds: Vec<u64>,
    /// How long credits stay reserved for a call whose cost is known only afterwards, unless they
    /// are settled or released before: a number and `s`, `m`, `h` or `d`, from 1s to 7d.
    pub reservation: String,
}

impl Default for CreditsSection {
    fn default() -> Self {
        Self {
            test_grant: 0,
            thresholds: Vec::new(),
            reservation: "15m".to_owned(),
        }
    }
}

/// Keys that another system made and that are to go on working.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForeignFormatEntry {
    /// How such keys begin.
    pub prefix: String,
    /// Which kind they are imported as.
    pub kind: Kind,
    /// Which mode they are imported as.
    pub mode: Mode,
    /// Which digests of them the other system can hand over.
    #[serde(default)]
    pub digest: ForeignDigest,
}
