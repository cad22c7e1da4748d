//! What Prometheus reads: counts by door and code, never by key or person.

use std::sync::atomic::AtomicU64;

use keystile_core::decision::Code;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// A way in for verifying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// `POST /v1/keys/verify`.
    Json,
    /// `POST /v1/keys/verify_batch`.
    Batch,
    /// `GET /v1/keys/self`.
    Possession,
    /// `/gateway/nginx/…`.
    Nginx,
    /// `POST /v1/sessions`.
    Session,
}

impl Door {
    const ALL: [Self; 5] = [
        Self::Json,
        Self::Batch,
        Self::Possession,
        Self::Nginx,
        Self::Session,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Batch => "batch",
            Self::Possession => "self",
            Self::Nginx => "nginx",
            Self::Session => "session",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct VerifyLabels {
    door: &'static str,
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SignInLabels {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ManageLabels {
    operation: &'static str,
    status: u16,
}

/// All counters. Those of the hot path are reached without a look-up.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    verifies: Vec<[Counter; Code::ALL.len()]>,
    manage: Family<ManageLabels, Counter>,
    sign_ins: Family<SignInLabels, Counter>,
    /// Connections that are open.
    pub(crate) connections: Gauge,
    /// The last journal row that the index has applied.
    pub(crate) applied_seq: Gauge<u64, AtomicU64>,
    /// Rows that are refused because they are not as Keystile wrote them.
    pub(crate) refused_rows: Gauge,
    /// Signatures of session tokens that were checked; those that were before are not again.
    pub(crate) signatures_checked: Gauge<u64, AtomicU64>,
}

impl Metrics {
    /// Registers everything.
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("keystile");
        let family = Family::<VerifyLabels, Counter>::default();
        let verifies = Door::ALL
            .map(|door| {
                Code::ALL.map(|code| {
                    let labels = VerifyLabels {
                        door: door.as_str(),
                        code: code.as_str(),
                    };
                    family.get_or_create(&labels).clone()
                })
            })
            .to_vec();
        let manage = Family::<ManageLabels, Counter>::default();
        let (connections, applied_seq, refused_rows) = (
            Gauge::default(),
            Gauge::<u64, AtomicU64>::default(),
            Gauge::default(),
        );
        let signatures_checked = Gauge::<u64, AtomicU64>::default();
        registry.register(
            "session_signatures_checked",
            "Signatures of session tokens that were checked since the start",
            signatures_checked.clone(),
        );
        registry.register("verifies", "Verdicts by door and code", family);
        registry.register(
            "manage_requests",
            "Manage requests by operation",
            manage.clone(),
        );
        let sign_ins = Family::<SignInLabels, Counter>::default();
        registry.register(
            "sign_ins",
            "Sign-ins at the console by how they ended",
            sign_ins.clone(),
        );
        registry.register("connections", "Open connections", connections.clone());
        registry.register(
            "applied_seq",
            "Last applied journal row",
            applied_seq.clone(),
        );
        registry.register(
            "refused_rows",
            "Rows not as Keystile wrote them",
            refused_rows.clone(),
        );
        Self {
            registry,
            verifies,
            manage,
            sign_ins,
            connections,
            applied_seq,
            refused_rows,
            signatures_checked,
        }
    }

    /// Counts a verdict.
    pub(crate) fn verdict(&self, door: Door, code: Code) {
        let counter = self
            .verifies
            .get(door as usize)
            .and_then(|codes| codes.get(code as usize));
        counter.inspect(|counter| {
            counter.inc();
        });
    }

    /// Counts a manage request.
    pub(crate) fn managed(&self, operation: &'static str, status: u16) {
        self.manage
            .get_or_create(&ManageLabels { operation, status })
            .inc();
    }

    /// Counts how a sign-in ended.
    pub(crate) fn signed_in(&self, outcome: &'static str) {
        self.sign_ins.get_or_create(&SignInLabels { outcome }).inc();
    }

    /// Everything in the text format.
    pub(crate) fn render(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = prometheus_client::encoding::text::encode(&mut text, &self.registry);
        text
    }
}
