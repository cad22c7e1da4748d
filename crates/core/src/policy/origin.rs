//! Stub.
use crate::model::Mode;
/// Stub.
#[derive(Debug, Default)]
pub struct OriginList(Vec<String>);
impl OriginList {
    /// Stub.
    pub fn parse(list: &[String]) -> Result<Self, String> { Ok(Self(list.to_vec())) }
    /// Stub.
    pub fn allows(&self, origin: &str, _: Mode) -> bool { self.0.iter().any(|o| o == origin) }
}
