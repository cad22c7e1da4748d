//! Looking for parts of secrets.

use std::collections::HashSet;
use std::path::Path;

use super::Canaries;

/// So many characters in a row give a secret away.
const PART: usize = 8;

/// The digits of a master key are only sixteen, so that eight of them stand anywhere by chance.
const HEX_PART: usize = 12;

/// The parts of everything that must not be seen.
pub(super) struct Traces {
    parts: Parts,
    master: Parts,
    /// Parts of a publishable key, which may be seen.
    public: Parts,
}

/// Texts of one length.
struct Parts {
    length: usize,
    all: HashSet<Vec<u8>>,
    /// Whether any begins with these two bytes: nearly everything ends here, and fast.
    begins: Vec<bool>,
}

impl Parts {
    fn new(length: usize, all: HashSet<Vec<u8>>) -> Self {
        let mut begins = vec![false; 1 << 16];
        for part in &all {
            begins[first_two(part)] = true;
        }
        Self {
            length,
            all,
            begins,
        }
    }

    fn found(&self, bytes: &[u8]) -> Option<usize> {
        let mut windows = bytes.windows(self.length);
        windows.position(|part| self.begins[first_two(part)] && self.all.contains(part))
    }
}

fn first_two(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

impl Traces {
    pub(super) fn of(canaries: &Canaries) -> Self {
        let master = std::fs::read(canaries.data().join("master.key")).unwrap();
        let master = master.trim_ascii();
        assert_eq!(master.len(), 64);
        let mut parts: HashSet<_> = canaries
            .secrets
            .iter()
            .chain(&canaries.foreign)
            .flat_map(|secret| windows(random_of(secret), PART))
            .collect();
        parts.extend(windows(&raw(master), PART));
        let signatures = canaries.tokens.iter().map(|token| {
            let (_, signature) = token.rsplit_once('.').unwrap();
            signature.as_bytes()
        });
        parts.extend(signatures.flat_map(|signature| windows(signature, PART)));
        Self {
            parts: Parts::new(PART, parts),
            master: Parts::new(HEX_PART, windows(master, HEX_PART).collect()),
            public: Parts::new(
                PART,
                windows(random_of(&canaries.publishable), PART).collect(),
            ),
        }
    }

    /// Fails when a part of a secret is in there.
    #[track_caller]
    pub(super) fn none_in(&self, place: &str, bytes: &[u8]) {
        let found = self.parts.found(bytes).or_else(|| self.master.found(bytes));
        if let Some(at) = found {
            let around = &bytes[at.saturating_sub(120)..(at + 60).min(bytes.len())];
            let around = String::from_utf8_lossy(around);
            panic!("{place} has a part of a secret at {at}: {around}");
        }
    }

    /// The database, its log and its backup, as they lie on the disk of a running server.
    pub(super) fn none_in_files(&self, canaries: &Canaries, backup: &Path) {
        self.none_in_tree(&canaries.data(), &canaries.directory.path().join("log"));
        self.none_in("the backup", &std::fs::read(backup).unwrap());
        let database = std::fs::read(canaries.data().join("keystile.sqlite")).unwrap();
        let log = std::fs::read(canaries.data().join("keystile.sqlite-wal")).unwrap();
        let is_there = |bytes: &[u8]| self.public.found(bytes).is_some();
        assert!(
            is_there(&database) || is_there(&log),
            "not even a publishable key is found: this looks in the wrong place"
        );
    }

    /// Everything in the data directory but the master key's own file, and the log.
    pub(super) fn none_in_tree(&self, data: &Path, log: &Path) {
        let mut seen = 0;
        for entry in std::fs::read_dir(data).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type().unwrap().is_file() && name != "master.key" {
                seen += 1;
                self.none_in(&name, &std::fs::read(entry.path()).unwrap());
            }
        }
        assert!(seen > 0, "there is no database");
        let log = std::fs::read(log).unwrap();
        assert!(log.len() > 10_000, "the log is too short to prove anything");
        self.none_in("the log", &log);
    }
}

fn random_of(key: &str) -> &[u8] {
    &key.as_bytes()[key.len() - 38..]
}

fn windows(bytes: &[u8], length: usize) -> impl Iterator<Item = Vec<u8>> {
    bytes.windows(length).map(<[u8]>::to_vec)
}

/// What hexadecimal digits stand for.
fn raw(hex: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap() as u8;
    hex.chunks(2)
        .map(|two| digit(two[0]) << 4 | digit(two[1]))
        .collect()
}
