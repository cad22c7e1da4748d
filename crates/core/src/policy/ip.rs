//! Stub.
/// Stub.
#[derive(Debug, Default)]
pub struct IpList(Vec<ipnet::IpNet>);
impl IpList {
    /// Stub.
    pub fn parse(list: &[String]) -> Result<Self, String> { list.iter().map(|t| t.parse::<ipnet::IpNet>().map_err(|e| e.to_string())).collect::<Result<_,_>>().map(Self) }
    /// Stub.
    pub fn allows(&self, ip: std::net::IpAddr) -> bool { self.0.iter().any(|n| n.contains(&ip)) }
}
