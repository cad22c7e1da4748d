//! The store's behaviour on a real file, and what it does when that file is not what it was.

mod backup;
mod bench;
mod conformance;
mod crashes;
mod damage;
mod directory;
mod faults;
mod model;
mod tampering;
mod usage_file;
mod year;
