//! A decision that tells of every check.

use super::Introspection;
use crate::decision::DenyReason;

/// A decision with every check's own result.
#[derive(Debug)]
pub struct Explanation<'i> {
    /// The decision.
    pub decision: Introspection<'i>,
    /// Each check's name, and why it fails if it does.
    pub checks: Vec<(&'static str, Option<DenyReason>)>,
}

impl<'i> Explanation<'i> {
    pub(super) fn stopped(at: &'static str, decision: Introspection<'i>) -> Self {
        let checks = vec![(at, decision.verdict.err())];
        Self { decision, checks }
    }
}
