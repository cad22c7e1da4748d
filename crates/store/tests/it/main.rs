//! The store's behaviour on a real file, and what it does when that file is not what it was.

mod backup;
mod bench;
mod conformance;
mod crashes;
mod damage;
mod directory;
mod faults;
mod faults_of_charges;
#[cfg(target_os = "linux")]
mod injected;
mod model;
mod retention;
mod sums;
mod tampering;
mod usage_file;
mod year;
